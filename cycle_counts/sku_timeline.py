"""What was counted of a SKU, as a part of its timeline: each line of a count, as far as it may be told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import Q

from cycle_counts.blindness import shows_book
from cycle_counts.models import CountLine, LineState, RootCause
from cycle_counts.rights import COUNT
from inventory.sku_page.events import Event, Part, Reach, Record

__all__ = ["COUNTS"]


def _read(reach: Reach) -> Sequence[Event]:
    """One query. Of a batch of which the books may not be shown it is told that there is one, and no number.

    The page around it says what the books hold: what somebody has counted would say what differs.
    """
    if not reach.access.may(COUNT):
        return []
    rows = CountLine.objects.order_by().filter(
        sku=reach.sku, batch__organization=reach.access.organization, counted_at__isnull=False
    )
    for places in (reach.access.warehouse_ids(COUNT), reach.places):
        if places is not None:
            rows = rows.filter(batch__warehouse__in=places)
    if reach.who is not None:
        rows = rows.filter(Q(counter_type=reach.who))
    rows = rows.select_related("batch__warehouse", "bin", "lot")
    return [_event(line, reach) for line in reach.take(rows, "counted_at")]


def _event(line: Any, reach: Reach) -> Event:
    batch = line.batch
    is_told = shows_book(reach.access, batch)
    where = f"{line.bin.code}, lot {line.lot.code}" if line.lot is not None else line.bin.code
    return Event(
        at=line.counted_at,
        key=line.pk,
        prefix=CountLine.prefix,
        part=COUNTS.name,
        words=_words(line) if is_told else "Being counted",
        place=batch.warehouse.name,
        actor_type=line.counter_type,
        actor_name=line.counter_name,
        why=_why(line) if is_told else "",
        where=where,
        record=Record(batch._meta.label_lower, batch.pk, batch.label),
        warehouse_id=batch.warehouse_id,
        units=line.counted if is_told else None,
    )


def _words(line: Any) -> str:
    """Such as `Counted 31, 2 fewer than in the books; accepted`."""
    words = f"Counted {line.counted:,}"
    if line.variance is not None:
        more = "more" if line.variance > 0 else "fewer"
        words += (
            f", {abs(line.variance):,} {more} than in the books" if line.variance else ", as in the books"
        )
    if line.variance and line.state != LineState.COUNTED:
        words += f"; {LineState(line.state).label.lower()}"
    return words


def _why(line: Any) -> str:
    cause = str(RootCause(line.root_cause).label) if line.root_cause else ""
    return ". ".join(filter(None, (cause, line.review_note or line.note)))


COUNTS: Final = Part("counts", "Counts", "fact_check", read=_read)
