"""The inventory's part of the overview."""

from inventory.home.part import part

__all__ = ["part"]
