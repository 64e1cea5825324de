"""Published results held against independent computations: what `recdag verify` does."""
