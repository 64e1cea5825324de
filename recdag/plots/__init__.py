"""What draws: from arrays to SVG and PNG, without a table, a metric or a page."""
