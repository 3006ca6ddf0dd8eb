"""Transfers and the bins that they go from and to."""
