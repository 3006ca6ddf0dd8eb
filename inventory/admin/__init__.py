"""The back office over the catalogue and the ledger. Django's admin discovers this package."""

from inventory.admin import (
    adjustments,
    catalogue,
    channels,
    deliveries,
    destructions,
    expired_goods,
    holds,
    lots,
    pos_connections,
    put_away,
    replenishment,
    reservations,
    stock,
    sync_runs,
    transfers,
    webhooks,
)

__all__ = [
    "adjustments",
    "catalogue",
    "channels",
    "deliveries",
    "destructions",
    "expired_goods",
    "holds",
    "lots",
    "pos_connections",
    "put_away",
    "replenishment",
    "reservations",
    "stock",
    "sync_runs",
    "transfers",
    "webhooks",
]
