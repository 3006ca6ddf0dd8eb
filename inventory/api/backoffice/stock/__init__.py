"""Stock items, adjustments, receipts and what a location or a product has."""
