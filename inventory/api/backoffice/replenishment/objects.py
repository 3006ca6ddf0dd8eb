"""Rules, suggestions and replenishments as they are shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from inventory.api.backoffice.objects import history_objects
from inventory.history import history_of
from inventory.inbound import outstanding
from inventory.models import Replenishment, ReplenishmentRule, ReplenishmentSource, StockLevel
from inventory.replenishment.rules import Rule, Source, find_rules
from inventory.replenishment.suggestions import Suggestion
from warehouses.http.instants import instant, instant_or_none
from warehouses.http.paging import in_order
from warehouses.models import Warehouse

__all__ = [
    "config_object",
    "config_objects",
    "replenishment_objects",
    "replenishment_record",
    "suggestion_object",
    "version_of",
]


# --- rules


def config_objects(keys: list[UUID]) -> list[dict[str, Any]]:
    """The rules of the stock levels `keys`, in their order. Two queries."""
    levels = in_order(keys, StockLevel.objects.filter(pk__in=keys).select_related("sku", "warehouse"))
    rows = find_rules(levels)
    return [config_object(level, rows.get(level.pk)) for level in levels]


def config_object(level: StockLevel, row: ReplenishmentRule | None) -> dict[str, Any]:
    rule = Rule.of(level, row)
    return {
        "sku": level.sku.code,
        "skuId": level.sku.public_id,
        "title": level.sku.title,
        "locationId": level.warehouse.public_id,
        "locationName": level.warehouse.name,
        "safetyStock": level.safety_stock,
        "reorderPoint": level.reorder_point,
        "reorderQuantity": level.reorder_quantity,
        "maximum": rule.maximum,
        "orderMultiple": rule.order_multiple,
        "leadTimeDays": rule.lead_time_days,
        "windowDays": rule.window_days,
        "source": _source(rule.source),
        "isDefault": not rule.is_set,
    }


def _source(source: Source) -> dict[str, Any] | None:
    """None where nobody has said, or where the location that was named is no more."""
    if source.type is ReplenishmentSource.TRANSFER:
        return _from_location(source.from_warehouse) if source.from_warehouse else None
    return _from_supplier(source.name) if source.name else None


def _from_location(place: Warehouse) -> dict[str, Any]:
    return {
        "type": ReplenishmentSource.TRANSFER.value,
        "name": None,
        "fromLocationId": place.public_id,
        "fromLocationName": place.name,
    }


def _from_supplier(name: str) -> dict[str, Any]:
    supplier = ReplenishmentSource.SUPPLIER.value
    return {"type": supplier, "name": name, "fromLocationId": None, "fromLocationName": None}


# --- suggestions


def suggestion_object(suggestion: Suggestion, warehouse: Warehouse) -> dict[str, Any]:
    """Every number that leads to the quantity, in the order in which they are computed."""
    rule, level, need = suggestion.rule, suggestion.level, suggestion.need
    return {
        "sku": level.sku.code,
        "skuId": level.sku.public_id,
        "title": level.sku.title,
        "locationId": warehouse.public_id,
        "locationName": warehouse.name,
        "quantity": need.quantity,
        "onHand": level.on_hand,
        "reserved": level.reserved,
        "held": level.held,
        "available": level.available,
        "onOrder": suggestion.inbound.on_order,
        "inTransit": suggestion.inbound.in_transit,
        "inbound": suggestion.inbound.total,
        "position": suggestion.position,
        "demand": suggestion.demand,
        "windowDays": rule.window_days,
        "demandPerDay": suggestion.demand_per_day,
        "leadTimeDays": rule.lead_time_days,
        "safetyStock": level.safety_stock,
        "reorderPoint": suggestion.reorder_point,
        "isReorderPointSet": level.reorder_point > 0,
        "reorderQuantity": level.reorder_quantity,
        "maximum": rule.maximum,
        "orderMultiple": rule.order_multiple,
        "basis": need.basis.value,
        "target": need.target,
        "needed": need.needed,
        "source": _source(rule.source),
    }


# --- replenishments


def version_of(replenishment: Replenishment) -> str:
    return f"{replenishment.pk.hex}-{replenishment.version}"


def replenishment_objects(keys: list[UUID]) -> list[dict[str, Any]]:
    """The replenishments of `keys`, in their order. One query."""
    rows = Replenishment.objects.filter(pk__in=keys)
    rows = rows.select_related("sku", "warehouse", "transfer_line__transfer__from_warehouse")
    return [_replenishment(row) for row in in_order(keys, rows)]


def replenishment_record(replenishment: Replenishment) -> dict[str, Any]:
    """With its history. One query."""
    changes: Iterable[Any] = history_of([replenishment])[replenishment.pk]
    return {**_replenishment(replenishment), "history": history_objects(changes)}


def _replenishment(row: Replenishment) -> dict[str, Any]:
    """SKU, location and transfer are at hand."""
    line = row.transfer_line
    transfer = line.transfer if line is not None else None
    return {
        "id": row.public_id,
        "state": row.state,
        "sku": row.sku.code,
        "skuId": row.sku.public_id,
        "title": row.sku.title,
        "locationId": row.warehouse.public_id,
        "locationName": row.warehouse.name,
        "quantity": row.quantity,
        "received": row.received,
        "inbound": outstanding(row),
        "source": _from_location(transfer.from_warehouse) if transfer else _from_supplier(row.supplier),
        "transferId": transfer.public_id if transfer else None,
        "transferState": transfer.state if transfer else None,
        "expectedOn": row.expected_on.isoformat() if row.expected_on else None,
        "referenceId": row.reference or None,
        "note": row.note or None,
        "version": row.version,
        "createdBy": row.actor_name,
        "createdAt": instant(row.created_at),
        "closedAt": instant_or_none(row.closed_at),
    }
