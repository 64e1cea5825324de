"""The papers: what each compares, its recipes, and its published numbers beside the reproduced ones."""
