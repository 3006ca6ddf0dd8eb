"""Goods of lots that have expired or will, and where they are destroyed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from inventory.models import Lot, Sku, StockItem
from tests import factories
from warehouses.models import Room, RoomType, Warehouse

__all__ = ["destruction_bin", "put"]


def put(sku: Sku, warehouse: Warehouse, code: str, days: int, units: int = 10) -> StockItem:
    """Units of a lot whose last day is in so many days; negative: it has passed."""
    lot = Lot.objects.filter(sku=sku, code=code).first()
    lot = lot or factories.make_lot(sku, code, sku.organization.today() + timedelta(days=days))
    factories.stock(sku, warehouse, units, lot=lot)
    return StockItem.objects.get(lot=lot, warehouse=warehouse)


def destruction_bin(warehouse: Warehouse) -> Any:
    room = Room.objects.create(
        organization=warehouse.organization,
        warehouse=warehouse,
        name="Destruction",
        room_type=RoomType.DESTRUCTION,
        is_sellable=False,
    )
    return factories.make_bin(warehouse, "DES-1", room=room)
