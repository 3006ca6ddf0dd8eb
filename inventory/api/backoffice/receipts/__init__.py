"""Receipts: goods that have come."""
