"""Products, SKUs and categories."""
