"""Replenishment: rules, suggestions and what is on order."""
