"""Replenishment: what should be ordered for a location, by which rules, and what is on order."""
