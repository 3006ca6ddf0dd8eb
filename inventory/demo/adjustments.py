"""A correction that the examples name: units that were found on another shelf."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from inventory.adjustments import adjust
from inventory.demo.documented import WAREHOUSE_A, key_of
from inventory.ledger import Line
from inventory.models import ReasonCode, Source, StockItem
from warehouses import transactions
from warehouses.actors import SYSTEM
from warehouses.models import Bin, Organization

__all__ = ["ADJUSTMENT", "MISPLACED", "UNITS", "add_adjustments"]

#: The adjustment's id, its SKU, and how many were on the wrong shelf.
ADJUSTMENT: Final = "adj_01hx000000e008000000000009"
MISPLACED: Final = "REGEN-002"
UNITS: Final = 4


def add_adjustments(*, organization: Organization, now: datetime) -> None:
    """What there is of the SKU stays as it is: the books had four packs on the shelf beside the right one."""
    place = key_of(WAREHOUSE_A)
    items = StockItem.objects.filter(sku__code=MISPLACED, warehouse=place).select_related(
        "sku", "warehouse", "lot"
    )
    item = items.order_by("-on_hand", "pk")[0]
    shelf = Bin.objects.filter(warehouse=place, room__room_type="storage", is_default=False, is_active=True)
    where = shelf.exclude(pk=item.bin_id).order_by("-pick_sequence")[0]
    why = ReasonCode.objects.get(organization=organization, code_key="adjustment")
    common: dict[str, Any] = {"sku": item.sku, "warehouse": item.warehouse, "reason": why, "note": _NOTE}
    lines = [
        Line(**common, quantity=-UNITS, stock_item_id=item.pk, index=0),
        Line(**common, quantity=UNITS, bin=where, lot=item.lot, index=1),
    ]
    transactions.run(
        lambda: adjust(
            organization=organization,
            actor=SYSTEM,
            source=Source.ADMIN,
            lines=lines,
            note=_NOTE,
            reference="SHELF-CHECK",
            recorded_at=now,
            document_id=key_of(ADJUSTMENT),
        )
    )


_NOTE: Final = "Found on the shelf beside it"
