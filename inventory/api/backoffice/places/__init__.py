"""Locations with their rooms and bins."""
