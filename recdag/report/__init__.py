"""The comparison page and the tables in the terminal, made from the published results."""
