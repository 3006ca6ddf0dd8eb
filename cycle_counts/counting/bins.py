"""Which bins of a batch somebody has seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Max

from cycle_counts.counting.counts import Visited
from cycle_counts.counting.instants import Clock
from cycle_counts.models import CountBatch, CountBin
from inventory import statements
from warehouses.refusals import NotFound, Problem, gather

__all__ = ["Visits", "find_visits", "write_visits"]


@dataclass(frozen=True, slots=True)
class Visits:
    """Of the bins that somebody says to have seen, those that nobody had; `known` are the batch's of all of them."""

    unseen: Mapping[UUID, Visited]
    known: Mapping[UUID, CountBin]


def find_visits(batch: CountBatch, visited: Sequence[Visited]) -> Visits:
    """What is new in `visited`. A query, none without bins. Raises NotFound `BIN_NOT_FOUND`, for every bad row."""
    refused = [
        _bin_not_found(batch, index)
        for index, visit in enumerate(visited)
        if visit.bin.warehouse_id != batch.warehouse_id
    ]
    if refused:
        raise gather(refused)
    # Of two visits of one bin the first.
    seen = {visit.bin.pk: visit for visit in reversed(visited)}
    if not seen:
        return Visits({}, {})
    rows = CountBin.objects.filter(batch=batch, bin__in=list(seen)).order_by()
    known = {row.bin_id: row for row in rows}
    unseen = {key: visit for key, visit in seen.items() if key not in known or known[key].visited_at is None}
    return Visits(unseen, known)


def write_visits(
    batch: CountBatch, visits: Visits, *, also: Iterable[UUID], clock: Clock, visitor: str
) -> None:
    """Write down which bins were seen; the batch leads to them from now on, and to `also`, wherever it has not yet.

    Four statements at most, none without bins.
    """
    more = set(also) - visits.known.keys() - visits.unseen.keys()
    if more:
        more -= set(CountBin.objects.filter(batch=batch, bin__in=more).values_list("bin", flat=True))
    when = {key: _instant(batch, visit, clock) for key, visit in visits.unseen.items()}
    statements.update(
        CountBin,
        ("visited_at", "visitor_name"),
        [(visits.known[key].pk, at, visitor) for key, at in when.items() if key in visits.known],
    )
    new = [*(key for key in when if key not in visits.known), *sorted(more)]
    if new:
        last = CountBin.objects.filter(batch=batch).aggregate(last=Max("position"))["last"] or 0
        statements.insert(
            CountBin,
            ("batch", "bin", "position", "visited_at", "visitor_name"),
            [
                (batch.pk, key, position, when.get(key), visitor if key in when else "")
                for position, key in enumerate(new, start=last + 1)
            ],
        )


def _instant(batch: CountBatch, visit: Visited, clock: Clock) -> datetime:
    """When it was: between the start and now, whatever another clock says."""
    at = clock.instant(visit.at) or clock.now
    return at if batch.started_at is None else max(at, batch.started_at)


def _bin_not_found(batch: CountBatch, index: int) -> NotFound:
    detail = f"{batch.warehouse.name} has no such bin."
    return NotFound("BIN_NOT_FOUND", detail, problems=[Problem("BIN_NOT_FOUND", detail, index, "visited")])
