"""The timeline of a SKU as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final

from django.http import QueryDict

from inventory.admin.sku_timeline import asked_of, places_with
from inventory.models import Sku
from inventory.sku_page.timeline import READ, count_timeline, walk_timeline
from warehouses.access import Access
from warehouses.identifiers import decode
from warehouses.refusals import NotFound
from warehouses.tables import Table

__all__ = ["export_table"]

_COLUMNS: Final = (
    "occurred", "event", "location", "place", "actor_type", "actor", "source", "reason", "reference", "document",
    "on_hand_change", "reserved_change", "held_change", "units", "on_hand", "reserved", "held", "available",
)  # fmt: skip


def export_table(access: Access, query: QueryDict) -> Table:
    """Everything that the page shows under that query, newest first; `sku` says whose it is.

    Raises Forbidden `PERMISSION_DENIED`, NotFound `SKU_NOT_FOUND`.
    """
    access.require(READ)
    key = decode(Sku.prefix, query.get("sku"))
    rows = Sku.objects.for_organization(access.organization)
    sku = rows.filter(pk=key).first() if key is not None else None
    if sku is None:
        raise NotFound("SKU_NOT_FOUND", "There is no such SKU.")
    asked = asked_of(query, places_with(access, sku))
    given: dict[str, Any] = {
        "access": access,
        "sku": sku,
        "warehouse": asked.warehouse,
        "part": asked.part,
        "who": asked.who,
    }

    def count(limit: int | None) -> int:
        return count_timeline(**given, limit=limit)

    return Table(f"Timeline of {sku.code}", _COLUMNS, _rows(partial(walk_timeline, **given)), count)


def _rows(walk: Any) -> Iterator[Sequence[Any]]:
    for row in walk():
        event, sums = row.event, row.sums
        yield (
            event.at,
            event.words,
            event.place,
            event.where,
            event.actor_type,
            event.actor_name,
            event.source,
            event.why,
            event.reference,
            event.record.name if event.record is not None else None,
            event.on_hand,
            event.reserved,
            event.held,
            event.units,
            *((sums.on_hand, sums.reserved, sums.held, sums.available) if sums is not None else (None,) * 4),
        )
