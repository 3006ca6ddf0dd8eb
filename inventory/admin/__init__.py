"""The back office over the catalogue and the ledger. Django's admin discovers this package."""

from inventory.admin import adjustments, catalogue, stock

__all__ = ["adjustments", "catalogue", "stock"]
