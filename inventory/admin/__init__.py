"""The back office over the catalogue and the ledger. Django's admin discovers this package."""

from inventory.admin import adjustments, catalogue, deliveries, pos_connections, stock, sync_runs, webhooks

__all__ = ["adjustments", "catalogue", "deliveries", "pos_connections", "stock", "sync_runs", "webhooks"]
