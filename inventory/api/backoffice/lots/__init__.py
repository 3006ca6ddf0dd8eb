"""Lots, lot control and expired stock."""
