"""Adjustments, reason codes, and what locations and products have, as they are shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, F, Max, OuterRef, Q, Subquery, Sum
from django.db.models.fields import DecimalField

from inventory.adjustments import visible_movements
from inventory.api.backoffice.money import price, worth
from inventory.formulas import StockStatus, is_low, status
from inventory.models import Adjustment, Movement, Product, ReasonCode, Sku, StockLevel
from inventory.reason_codes import BUILT_IN
from inventory.stock_documents import RESERVED_REASONS, Stated
from inventory.versions import level_version
from warehouses.access import Access
from warehouses.http.instants import instant, instant_or_none
from warehouses.http.paging import in_order
from warehouses.identifiers import encode
from warehouses.models import Bin, Room, Warehouse

__all__ = [
    "LINES_SHOWN",
    "adjustment_objects",
    "adjustment_record",
    "adjustment_version",
    "location_objects",
    "product_levels",
    "product_totals",
    "reason_objects",
    "stated_objects",
]

#: As many as a request can have. An import's document may have more.
LINES_SHOWN: Final = 500
#: Of what adding up money gives.
_MONEY: Final = DecimalField(max_digits=24, decimal_places=4)

# --- adjustments


def adjustment_version(adjustment: Adjustment) -> str:
    """All that ever changes about an adjustment is that it is reversed."""
    return f"{adjustment.pk.hex}-{2 if hasattr(adjustment, 'reversed_by') else 1}"


def adjustment_objects(keys: Sequence[UUID], *, access: Access) -> list[dict[str, Any]]:
    """The rows of adjustments, in the order of `keys`, with sums over what the caller may see. Two queries."""
    found = Adjustment.objects.filter(pk__in=keys).select_related("reason_code", "reverses", "reversed_by")
    sums: dict[UUID, list[Mapping[str, Any]]] = defaultdict(list)
    rows: Iterable[Any] = (
        visible_movements(access=access, permission="inventory.adjust")
        .filter(document_id__in=keys)
        .values("document_id", "warehouse_id", "warehouse__name")
        .annotate(
            lines=Count("pk"),
            units_in=Sum("delta", filter=Q(delta__gt=0), default=0),
            units_out=Sum("delta", filter=Q(delta__lt=0), default=0),
        )
    )
    for row in rows:
        sums[row["document_id"]].append(row)
    return [_adjustment(adjustment, sums[adjustment.pk]) for adjustment in in_order(keys, found)]


def _adjustment(adjustment: Adjustment, sums: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """`sums` has a row for each location that it touched and the caller may see."""
    reversal: Adjustment | None = getattr(adjustment, "reversed_by", None)
    places = sorted({(row["warehouse__name"], row["warehouse_id"]) for row in sums})
    return {
        "id": adjustment.public_id,
        "kind": adjustment.kind,
        "state": "reversed" if reversal is not None else "posted",
        "reasonCode": adjustment.reason_code.code if adjustment.reason_code else None,
        "note": adjustment.note or None,
        "referenceId": adjustment.reference or None,
        "source": adjustment.source,
        "locations": [
            {"locationId": encode(Warehouse.prefix, key), "locationName": name} for name, key in places
        ],
        "lineCount": sum(row["lines"] for row in sums),
        "unitsIn": sum(row["units_in"] for row in sums),
        "unitsOut": -sum(row["units_out"] for row in sums),
        "reversesId": adjustment.reverses.public_id if adjustment.reverses else None,
        "reversedById": reversal.public_id if reversal is not None else None,
        "createdBy": adjustment.actor_name,
        "createdAt": instant(adjustment.created_at),
    }


def adjustment_record(adjustment: Adjustment, *, access: Access) -> dict[str, Any]:
    """With the lines that the caller may see, in the order in which they were posted. Two queries."""
    movements = visible_movements(access=access, permission="inventory.adjust")
    movements = movements.filter(document_id=adjustment.pk)
    rows = list(
        movements.select_related(
            "sku", "warehouse", "reason_code", "stock_item__bin", "stock_item__lot"
        ).order_by("id")[:LINES_SHOWN]
    )
    sums: Iterable[Any] = movements.values("document_id", "warehouse_id", "warehouse__name").annotate(
        lines=Count("pk"),
        units_in=Sum("delta", filter=Q(delta__gt=0), default=0),
        units_out=Sum("delta", filter=Q(delta__lt=0), default=0),
    )
    return {
        **_adjustment(adjustment, list(sums)),
        "lines": [_line(row) for row in rows],
        "history": _history(adjustment),
    }


def _line(movement: Movement) -> dict[str, Any]:
    item = movement.stock_item
    return {
        "stockItemId": item.public_id,
        "sku": movement.sku.code,
        "skuId": movement.sku.public_id,
        "title": movement.sku.title,
        "locationId": movement.warehouse.public_id,
        "locationName": movement.warehouse.name,
        "binId": item.bin.public_id,
        "binCode": item.bin.code,
        "lotId": item.lot.public_id if item.lot else None,
        "lotCode": item.lot.code if item.lot else None,
        "reasonCode": movement.reason_code.code,
        "quantityBefore": movement.item_after - movement.delta,
        "quantityChange": movement.delta,
        "quantityAfter": movement.item_after,
    }


def _history(adjustment: Adjustment) -> list[dict[str, Any]]:
    """It is posted and perhaps reversed, and both are documents that say by whom."""
    posted = {"action": "post", "fromState": None, "toState": "posted", "quantity": None}
    lines = [
        {
            **posted,
            "note": adjustment.note or None,
            "by": adjustment.actor_name,
            "at": instant(adjustment.created_at),
        }
    ]
    reversal: Adjustment | None = getattr(adjustment, "reversed_by", None)
    if reversal is not None:
        undone = {"action": "reverse", "fromState": "posted", "toState": "reversed", "quantity": None}
        lines.append(
            {
                **undone,
                "note": reversal.note or None,
                "by": reversal.actor_name,
                "at": instant(reversal.created_at),
            }
        )
    return lines


def stated_objects(stated: Iterable[Stated]) -> list[dict[str, Any]]:
    """What was said to be there, line by line, also where that is what the books had."""
    return [
        {
            "sku": row.line.sku.code,
            "skuId": row.line.sku.public_id,
            "title": row.line.sku.title,
            "binId": row.line.bin.public_id if row.line.bin else None,
            "binCode": row.line.bin.code if row.line.bin else None,
            "lotId": row.line.lot.public_id if row.line.lot else None,
            "lotCode": row.line.lot.code if row.line.lot else None,
            "before": row.before,
            "after": row.after,
            "difference": row.difference,
        }
        for row in stated
    ]


def reason_objects(keys: Sequence[UUID]) -> list[dict[str, Any]]:
    """The reason codes of `keys`, in their order. One query."""
    return [
        {
            "code": reason.code,
            "name": reason.name,
            "direction": reason.direction,
            "nature": reason.nature,
            "isBuiltIn": reason.code_key in BUILT_IN,
            "isSelectable": reason.code_key not in RESERVED_REASONS,
        }
        for reason in in_order(keys, ReasonCode.objects.filter(pk__in=keys))
    ]


# --- locations

_QUANTITIES: Final = ("on_hand", "reserved", "held", "available")


def location_objects(keys: Sequence[UUID]) -> list[dict[str, Any]]:
    """What is at each location of `keys`, in their order. Five queries, each for all of them."""
    found = {place.pk: place for place in Warehouse.objects.filter(pk__in=keys)}
    levels: Iterable[Any] = (
        StockLevel.objects.order_by()
        .filter(warehouse__in=keys)
        .values("warehouse_id")
        .annotate(
            skus=Count("pk"),
            stocked=Count("pk", filter=Q(on_hand__gt=0)),
            value=Sum(F("on_hand") * F("sku__unit_cost"), output_field=_MONEY),
            **{f"sum_{name}": Sum(name) for name in _QUANTITIES},
            **{f"count_{kind.value}": Count("pk", filter=Q(status=kind.value)) for kind in StockStatus},
        )
    )
    stock = {row["warehouse_id"]: row for row in levels}
    rooms = _counts(Room, keys)
    bins = _counts(Bin, keys)
    last = _last_movements(keys)
    return [
        _location(found[key], stock.get(key), rooms.get(key, 0), bins.get(key, 0), last.get(key))
        for key in keys
        if key in found
    ]


def _counts(model: type[Room] | type[Bin], keys: Sequence[UUID]) -> dict[UUID, int]:
    rows: Any = model._default_manager.order_by().filter(warehouse__in=keys).values_list("warehouse_id")
    return dict(rows.annotate(count=Count("pk")))


def _last_movements(keys: Sequence[UUID]) -> dict[UUID, datetime | None]:
    """When something last moved at each location.

    The organization's movements are walked back from when the location's stock last changed in any way: what changed
    it was most likely a movement, and the first one that is looked at.
    """
    levels = StockLevel.objects.order_by().filter(warehouse=OuterRef("pk")).values("warehouse")
    changed = levels.annotate(changed=Max("updated_at")).values("changed")
    movements = Movement.objects.filter(
        organization=OuterRef("organization"),
        warehouse=OuterRef("pk"),
        recorded_at__lte=OuterRef("stock_changed_at"),
    ).order_by("-recorded_at", "-id")
    places: Any = Warehouse.objects.order_by().filter(pk__in=keys)
    places = places.annotate(stock_changed_at=Subquery(changed))
    return dict(
        places.annotate(last_at=Subquery(movements.values("recorded_at")[:1])).values_list("pk", "last_at")
    )


def _location(
    place: Warehouse, stock: Mapping[str, Any] | None, rooms: int, bins: int, last: datetime | None
) -> dict[str, Any]:
    def number(name: str) -> int:
        return stock[name] if stock is not None else 0

    value = stock["value"] if stock is not None else None
    return {
        "locationId": place.public_id,
        "locationName": place.name,
        "type": place.type,
        "isActive": place.is_active,
        "isReadonly": place.is_readonly,
        "roomCount": rooms,
        "binCount": bins,
        "skuCount": number("skus"),
        "skusInStock": number("stocked"),
        "onHand": number("sum_on_hand"),
        "reserved": number("sum_reserved"),
        "held": number("sum_held"),
        "available": number("sum_available"),
        "value": worth(value if value is not None else Decimal(0)),
        "lowCount": number(f"count_{StockStatus.LOW.value}"),
        "criticalCount": number(f"count_{StockStatus.CRITICAL.value}"),
        "outOfStockCount": number(f"count_{StockStatus.OUT_OF_STOCK.value}"),
        "lastMovementAt": instant_or_none(last),
    }


# --- a product


def product_totals(product: Product, *, access: Access, warehouse: Warehouse | None) -> dict[str, Any]:
    """The product with its stock over all its SKUs, at the locations that the caller may see. One query."""
    levels = _levels(access, warehouse).filter(sku__product=product)
    sums = levels.aggregate(
        value=Sum(F("on_hand") * F("sku__unit_cost"), output_field=_MONEY, default=Decimal(0)),
        **{f"sum_{name}": Sum(name, default=0) for name in _QUANTITIES},
    )
    return {
        "id": product.public_id,
        "name": product.name,
        "categoryId": product.category.public_id if product.category else None,
        "categoryName": product.category.name if product.category else None,
        "onHand": sums["sum_on_hand"],
        "reserved": sums["sum_reserved"],
        "held": sums["sum_held"],
        "available": sums["sum_available"],
        "value": worth(sums["value"]),
    }


def product_levels(
    keys: Sequence[UUID], *, access: Access, warehouse: Warehouse | None
) -> list[dict[str, Any]]:
    """SKUs in the order of `keys`, each with its stock at the locations that the caller may see. Two queries."""
    found = Sku.objects.filter(pk__in=keys)
    rows: dict[UUID, list[StockLevel]] = defaultdict(list)
    levels = _levels(access, warehouse).filter(sku__in=keys).select_related("warehouse")
    for level in levels.order_by("warehouse__name", "warehouse_id"):
        rows[level.sku_id].append(level)
    return [_sku(sku, rows[sku.pk]) for sku in in_order(keys, found)]


def _levels(access: Access, warehouse: Warehouse | None) -> Any:
    levels = access.narrow(StockLevel.objects.order_by(), "inventory.read")
    return levels if warehouse is None else levels.filter(warehouse=warehouse)


def _sku(sku: Sku, levels: Sequence[StockLevel]) -> dict[str, Any]:
    def total(name: str) -> int:
        return sum(getattr(level, name) for level in levels)

    state = status(
        available=total("available"),
        safety_stock=total("safety_stock"),
        reorder_point=total("reorder_point"),
    )
    return {
        "sku": sku.code,
        "skuId": sku.public_id,
        "title": sku.title,
        "isActive": sku.is_active,
        "isLotControlled": sku.is_lot_controlled,
        "unitCost": price(sku.unit_cost),
        "onHand": total("on_hand"),
        "reserved": total("reserved"),
        "held": total("held"),
        "available": total("available"),
        "value": worth(sku.unit_cost * total("on_hand")) if sku.unit_cost is not None else None,
        # A SKU that was never anywhere is not out of stock.
        "status": state.value if levels else None,
        "levels": [_level(level) for level in levels],
    }


def _level(level: StockLevel) -> dict[str, Any]:
    return {
        "locationId": level.warehouse.public_id,
        "locationName": level.warehouse.name,
        "onHand": level.on_hand,
        "reserved": level.reserved,
        "held": level.held,
        "available": level.available,
        "safetyStock": level.safety_stock,
        "reorderPoint": level.reorder_point,
        "reorderQuantity": level.reorder_quantity,
        "isLow": is_low(available=level.available, reorder_point=level.reorder_point),
        "status": level.status,
        "version": level_version(level.pk, level.version),
        "updatedAt": instant(level.updated_at),
    }
