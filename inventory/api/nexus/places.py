"""The warehouse object of nexus."""

from __future__ import annotations

from typing import Any

from warehouses.models import Warehouse

__all__ = ["warehouse_object"]


def warehouse_object(warehouse: Warehouse) -> dict[str, Any]:
    """As documented: what a warehouse does not have (an address, a marketplace, being read-only) is left out."""
    shown: dict[str, Any] = {"id": warehouse.public_id, "name": warehouse.name}
    if warehouse.address:
        shown["address"] = warehouse.address
    shown["type"] = warehouse.type
    if warehouse.marketplace:
        shown["marketplace"] = warehouse.marketplace
    shown["is_active"] = warehouse.is_active
    if warehouse.is_readonly:
        shown["is_readonly"] = True
    return shown
