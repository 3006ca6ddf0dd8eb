"""Stocklists: templates of stock requests."""
