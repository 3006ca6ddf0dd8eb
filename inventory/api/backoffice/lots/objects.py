"""Lots, expired goods and destructions as they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Sum

from inventory.api.backoffice.money import price, worth
from inventory.api.backoffice.objects import history_objects
from inventory.expiry.destruction import visible_destructions
from inventory.expiry.goods import Totals, with_value
from inventory.expiry.marking import Consumed, Marked
from inventory.history import history_of
from inventory.lots.control import Verdict
from inventory.lots.states import TRANSITIONS, days_left, state_on
from inventory.models import (
    Adjustment,
    Destruction,
    DestructionLine,
    Lot,
    Sku,
    StockItem,
)
from warehouses.access import Access
from warehouses.http.instants import instant
from warehouses.http.paging import in_order
from warehouses.identifiers import encode
from warehouses.models import Bin, Warehouse

__all__ = [
    "consumed_object",
    "destruction_objects",
    "destruction_record",
    "expired_objects",
    "lot_objects",
    "lot_record",
    "marked_object",
    "totals_object",
    "verdict_object",
    "version_of",
]


def version_of(record: Lot | Destruction) -> str:
    return f"{record.pk.hex}-{record.version}"


# --- lots


def lot_objects(access: Access, keys: list[UUID]) -> list[dict[str, Any]]:
    """The lots of `keys` in their order, with their stock where the caller may look. Two queries."""
    found: Iterable[Lot] = Lot.objects.filter(pk__in=keys).select_related("sku")
    stock = access.narrow(StockItem.objects.order_by(), "inventory.read").filter(lot__in=keys)
    sums = {
        row["lot"]: row for row in stock.values("lot").annotate(units=Sum("on_hand"), on_hold=Sum("held"))
    }
    today = access.organization.today()
    return [_lot(lot, sums.get(lot.pk, {}), today) for lot in in_order(keys, found)]


def lot_record(access: Access, lot: Lot) -> dict[str, Any]:
    """With where it is, the states that it may go to, and its history. Two queries, one more for a SKU not at hand."""
    stock = access.narrow(StockItem.objects.order_by(), "inventory.read").filter(lot=lot, on_hand__gt=0)
    places = list(
        stock.order_by("warehouse__name", "warehouse")
        .values("warehouse", "warehouse__name")
        .annotate(units=Sum("on_hand"), on_hold=Sum("held"), bins=Count("bin"))
    )
    sums = {"units": sum(row["units"] for row in places), "on_hold": sum(row["on_hold"] for row in places)}
    today = access.organization.today()
    return {
        **_lot(lot, sums, today),
        "allowedStates": sorted(state.value for state in TRANSITIONS[state_on(lot, today)]),
        "stock": [
            {
                "locationId": encode(Warehouse.prefix, row["warehouse"]),
                "locationName": row["warehouse__name"],
                "bins": row["bins"],
                "onHand": row["units"],
                "held": row["on_hold"],
            }
            for row in places
        ],
        "history": history_objects(history_of([lot])[lot.pk]),
    }


def _lot(lot: Lot, sums: Mapping[str, Any], today: date) -> dict[str, Any]:
    return {
        "id": lot.public_id,
        "sku": lot.sku.code,
        "skuId": encode(Sku.prefix, lot.sku_id),
        "title": lot.sku.title,
        "code": lot.code,
        "state": state_on(lot, today).value,
        "expiresOn": lot.expires_on.isoformat() if lot.expires_on else None,
        "daysLeft": days_left(lot.expires_on, today),
        "receivedAt": instant(lot.received_at),
        "onHand": sums.get("units", 0),
        "held": sums.get("on_hold", 0),
        "version": lot.version,
    }


# --- lot control


def verdict_object(verdict: Verdict) -> dict[str, Any]:
    lot = verdict.lot
    return {
        "sku": verdict.sku.code,
        "skuId": verdict.sku.public_id,
        "title": verdict.sku.title,
        "locationId": verdict.warehouse.public_id,
        "locationName": verdict.warehouse.name,
        "lotId": lot.public_id if lot else None,
        "lotCode": lot.code if lot else None,
        "expiresOn": lot.expires_on.isoformat() if lot and lot.expires_on else None,
        "quantity": verdict.quantity,
        "available": verdict.available,
        "valid": not verdict.problems,
        "problems": [
            {
                "code": problem.code,
                "detail": problem.detail,
                "available": problem.available,
                "lotId": problem.lot.public_id if problem.lot else None,
                "lotCode": problem.lot.code if problem.lot else None,
            }
            for problem in verdict.problems
        ],
    }


# --- expired goods


def expired_objects(keys: list[UUID], today: date) -> list[dict[str, Any]]:
    """The stock items of `keys`, each of a lot, in their order. One query."""
    rows: Any = with_value(StockItem.objects.filter(pk__in=keys)).select_related(
        "sku", "warehouse", "bin__room", "lot"
    )
    return [_expired(item, item.lot, today) for item in in_order(keys, rows)]


def _expired(item: Any, lot: Lot, today: date) -> dict[str, Any]:
    return {
        "stockItemId": item.public_id,
        **_item(item),
        "roomType": item.bin.room.room_type,
        "lotId": lot.public_id,
        "lotCode": lot.code,
        "state": state_on(lot, today).value,
        "expiresOn": lot.expires_on.isoformat() if lot.expires_on else None,
        "daysLeft": days_left(lot.expires_on, today),
        "onHand": item.on_hand,
        "held": item.held,
        "unitCost": price(item.sku.unit_cost),
        "value": worth(item.value),
    }


def _item(item: StockItem) -> dict[str, Any]:
    return {
        "sku": item.sku.code,
        "skuId": item.sku.public_id,
        "title": item.sku.title,
        "locationId": item.warehouse.public_id,
        "locationName": item.warehouse.name,
        "binId": item.bin.public_id,
        "binCode": item.bin.code,
    }


def totals_object(totals: Totals) -> dict[str, Any]:
    return {
        "items": totals.items,
        "units": totals.units,
        "value": worth(totals.value),
        "unpricedUnits": totals.unpriced,
    }


def marked_object(marked: Sequence[Marked], adjustment: Adjustment | None) -> dict[str, Any]:
    return {
        "data": [
            {
                "stockItemId": each.named.item.public_id,
                **_item(each.named.item),
                "quantity": each.units,
                "outcome": each.outcome.value,
                "lotId": each.lot.public_id,
                "lotCode": each.lot.code,
            }
            for each in marked
        ],
        "adjustmentId": adjustment.public_id if adjustment else None,
    }


def consumed_object(consumed: Sequence[Consumed], adjustment: Adjustment) -> dict[str, Any]:
    return {
        "data": [
            {
                "stockItemId": each.named.item.public_id,
                **_item(each.named.item),
                "quantity": each.units,
                "onHand": each.named.item.on_hand - each.units,
            }
            for each in consumed
        ],
        "adjustmentId": adjustment.public_id,
    }


# --- destructions


def destruction_objects(access: Access, keys: list[UUID]) -> list[dict[str, Any]]:
    """The records of `keys` in their order. Two queries."""
    rows: Iterable[Destruction] = (
        visible_destructions(access).filter(pk__in=keys).select_related("warehouse", "to_bin")
    )
    counted = DestructionLine.objects.order_by().filter(destruction__in=keys).values("destruction")
    sums = {row["destruction"]: row for row in counted.annotate(units=Sum("quantity"), rows=Count("pk"))}
    return [
        _destruction(each, lines=sums[each.pk]["rows"], units=sums[each.pk]["units"])
        for each in in_order(keys, rows)
    ]


def destruction_record(destruction: Destruction) -> dict[str, Any]:
    """With its lines and its history. Two queries."""
    lines = list(destruction.lines.select_related("sku", "lot", "from_bin").order_by("position"))
    shown = _destruction(destruction, lines=len(lines), units=sum(line.quantity for line in lines))
    return {
        **shown,
        "lines": [
            {
                "sku": line.sku.code,
                "skuId": line.sku.public_id,
                "title": line.sku.title,
                "lotId": line.lot.public_id if line.lot else None,
                "lotCode": line.lot.code if line.lot else None,
                "fromBinId": line.from_bin.public_id,
                "fromBinCode": line.from_bin.code,
                "quantity": line.quantity,
            }
            for line in lines
        ],
        "history": history_objects(history_of([destruction])[destruction.pk]),
    }


def _destruction(destruction: Destruction, *, lines: int, units: int) -> dict[str, Any]:
    return {
        "id": destruction.public_id,
        "locationId": destruction.warehouse.public_id,
        "locationName": destruction.warehouse.name,
        "binId": encode(Bin.prefix, destruction.to_bin_id),
        "binCode": destruction.to_bin.code,
        "reason": destruction.reason,
        "note": destruction.note or None,
        "lineCount": lines,
        "units": units,
        "createdBy": destruction.actor_name,
        "createdAt": instant(destruction.created_at),
        "version": destruction.version,
    }
