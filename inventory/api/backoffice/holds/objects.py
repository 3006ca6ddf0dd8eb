"""Holds as they are shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Prefetch

from inventory import history
from inventory.api.backoffice.objects import history_objects
from inventory.models import Hold, HoldPart, Lot, Sku, StockItem
from warehouses.http.instants import instant, instant_or_none
from warehouses.http.paging import in_order
from warehouses.identifiers import encode
from warehouses.models import Bin, Warehouse

__all__ = ["hold_objects", "hold_record", "version_of"]


def hold_objects(keys: list[UUID]) -> list[dict[str, Any]]:
    """The holds of `keys` in their order. Two queries."""
    found = Hold.objects.filter(pk__in=keys).select_related("sku", "warehouse", "bin", "lot")
    rows = found.prefetch_related(Prefetch("parts", queryset=_parts()))
    return [_hold_object(hold, hold.parts.all()) for hold in in_order(keys, rows)]


def hold_record(hold: Hold) -> dict[str, Any]:
    """With its history, from the beginning on. Two queries."""
    changes = history.history_of([hold])[hold.pk]
    return {**_hold_object(hold, _parts().filter(hold=hold)), "history": history_objects(changes)}


def version_of(hold: Hold) -> str:
    return f"{hold.pk.hex}-{hold.version}"


def _parts() -> Any:
    return HoldPart.objects.select_related("stock_item__bin", "stock_item__lot").order_by("id")


def _hold_object(hold: Hold, parts: Iterable[HoldPart]) -> dict[str, Any]:
    """A hold whose SKU, location, bin and lot are at hand. `binId`, `lotId`, `stockItemId` are what was named."""
    return {
        "id": hold.public_id,
        "state": hold.state,
        "sku": hold.sku.code,
        "skuId": encode(Sku.prefix, hold.sku_id),
        "title": hold.sku.title,
        "locationId": encode(Warehouse.prefix, hold.warehouse_id),
        "locationName": hold.warehouse.name,
        "binId": encode(Bin.prefix, hold.bin.pk) if hold.bin is not None else None,
        "binCode": hold.bin.code if hold.bin is not None else None,
        "lotId": encode(Lot.prefix, hold.lot.pk) if hold.lot is not None else None,
        "lotCode": hold.lot.code if hold.lot is not None else None,
        "stockItemId": encode(StockItem.prefix, hold.stock_item_id) if hold.stock_item_id else None,
        "quantity": hold.quantity,
        "open": hold.open,
        "reason": hold.reason,
        "referenceId": hold.reference or None,
        "parts": [_part_object(part) for part in parts],
        "closedAt": instant_or_none(hold.closed_at),
        "createdBy": hold.actor_name,
        "createdAt": instant(hold.created_at),
        "version": hold.version,
    }


def _part_object(part: HoldPart) -> dict[str, Any]:
    item = part.stock_item
    return {
        "stockItemId": encode(StockItem.prefix, item.pk),
        "binId": encode(Bin.prefix, item.bin_id),
        "binCode": item.bin.code,
        "lotId": encode(Lot.prefix, item.lot.pk) if item.lot is not None else None,
        "lotCode": item.lot.code if item.lot is not None else None,
        "quantity": part.quantity,
    }
