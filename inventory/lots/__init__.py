"""Lots: making, finding and changing them, and whether a line that names one could be picked."""

from inventory.lots.finding import WantedLot, expiry_differs, find_or_make_lots

__all__ = ["WantedLot", "expiry_differs", "find_or_make_lots"]
