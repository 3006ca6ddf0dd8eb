"""What keeps a warehouse, room or bin from being closed or removed: counts in it that are not done."""

from __future__ import annotations

from typing import Final

from django.db.models import Exists, OuterRef

from cycle_counts.models import CountBatch, CountBin, CountLine
from cycle_counts.states import OPEN
from warehouses.models import Bin, Room, Warehouse

__all__ = ["counts_at"]

_NAMED: Final = 3


def counts_at(place: Warehouse | Room | Bin) -> str | None:
    """Words for the open counts that lead to `place`, or None where none does. Two queries at most."""
    rows = CountBatch.objects.filter(organization=place.organization_id, state__in=OPEN).order_by("number")
    if isinstance(place, Warehouse):
        rows = rows.filter(warehouse=place)
    else:
        path = "bin__room" if isinstance(place, Room) else "bin"
        here = {"batch": OuterRef("pk"), path: place}
        # What was found lies in bins that were not planned too.
        rows = rows.filter(
            Exists(CountBin.objects.order_by().filter(**here))
            | Exists(CountLine.objects.order_by().filter(**here)),
            warehouse=place.warehouse_id,
        )
    first = list(rows[: _NAMED + 1])
    if not first:
        return None
    names = ", ".join(batch.label for batch in first[:_NAMED])
    if len(first) > _NAMED:
        count = rows.count()
        return f"is part of {count} open cycle counts ({names} and {count - _NAMED} more)"
    return f"is part of {len(first)} open cycle count{'s' * (len(first) > 1)} ({names})"
