"""The ledger's part of a timeline: every movement of the SKU, with the document that it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from inventory.models import Adjustment, AdjustmentKind, DocumentType, Movement, Source
from inventory.sku_page.events import Event, Part, Reach, Record
from warehouses.access import Access
from warehouses.identifiers import encode

__all__ = ["STOCK"]

#: What is told beside the reason's name, where a document of this kind says more than it.
_KINDS: Final = {
    AdjustmentKind.STATEMENT: "recorded stock",
    AdjustmentKind.RECEIPT: "receipt",
    AdjustmentKind.LOT_CORRECTION: "lot corrected",
    AdjustmentKind.CONSUMPTION: "expired stock used up",
    AdjustmentKind.COUNT: "cycle count",
}
#: Where a person works; of all else it is said.
_SCREENS: Final = frozenset({Source.ADMIN.value, Source.SYSTEM.value})


def _read(reach: Reach) -> Sequence[Event]:
    """Two queries. A walk of the index of the SKU's movements from where the reach begins."""
    rows = reach.there(Movement.objects.order_by())
    if reach.who is not None:
        rows = rows.filter(actor_type=reach.who)
    rows = rows.select_related("warehouse", "reason_code", "stock_item__bin", "stock_item__lot")
    found = reach.take(rows, "recorded_at")
    known = _adjustments(
        reach.access,
        {row.document_id for row in found if row.document_type == DocumentType.ADJUSTMENT},
    )
    return [_event(row, known.get(row.document_id)) for row in found]


def _adjustments(access: Access, keys: set[UUID]) -> dict[UUID, Any]:
    rows = Adjustment.objects.order_by().filter(organization=access.organization, pk__in=keys)
    return {row.pk: row for row in rows.select_related("reversed_by")}


def _event(movement: Movement, adjustment: Any) -> Event:
    item = movement.stock_item
    kind = DocumentType(movement.document_type)
    model = kind.model
    return Event(
        at=movement.recorded_at,
        key=movement.pk,
        prefix=Movement.prefix,
        part=STOCK.name,
        words=_words(movement, adjustment),
        place=movement.warehouse.name,
        actor_type=movement.actor_type,
        actor_name=movement.actor_name,
        why=movement.note,
        where=f"{item.bin.code}, lot {item.lot.code}" if item.lot is not None else item.bin.code,
        reference=movement.reference,
        record=Record(
            model._meta.label_lower, movement.document_id, encode(model.prefix, movement.document_id)
        ),
        warehouse_id=movement.warehouse_id,
        on_hand=movement.delta,
        after=movement.level_after,
        source=_source(adjustment),
    )


def _words(movement: Movement, adjustment: Any) -> str:
    """Such as `Sale`, `Count correction (cycle count)`, `Found (undone)`."""
    words = movement.reason_code.name
    if adjustment is None:
        return words
    if adjustment.reverses_id is not None:
        return f"{words}, undoing an earlier change"
    if hasattr(adjustment, "reversed_by"):
        return f"{words}, undone since"
    kind = _KINDS.get(AdjustmentKind(adjustment.kind), "")
    return f"{words} ({kind})" if kind and kind not in words.casefold() else words


def _source(adjustment: Any) -> str:
    if adjustment is None or adjustment.source in _SCREENS:
        return ""
    return str(Source(adjustment.source).label)


STOCK: Final = Part("stock", "Stock", "published_with_changes", read=_read)
