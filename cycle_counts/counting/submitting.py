"""The counters are done: what is inside the tolerance is accepted, the rest is to be reviewed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from cycle_counts.models import BatchState, CountBatch, CountBin, CountLine, LineState
from cycle_counts.notifications import tell_submitted
from cycle_counts.rights import counter
from cycle_counts.states import Condition, seize
from cycle_counts.tolerances import tolerance_of
from inventory import history, statements
from warehouses.access import Access
from warehouses.refusals import RuleBroken
from warehouses.who_may import person_behind

__all__ = ["submit_batch"]


def submit_batch(
    *,
    access: Access,
    batch: CountBatch,
    note: str = "",
    condition: Condition | None = None,
    recorded_at: datetime | None = None,
) -> CountBatch:
    """Hand a batch in for review. Lines inside its tolerance are accepted; what was not counted stays not counted.

    What nobody knows the SKU of is never accepted by itself, nor is more of something that is kept by lot, of no lot.
    Tells those who review. Needs `inventory.cyclecount` in the warehouse, and a transaction of the caller's. Locks the
    batch; a constant number of statements. `recorded_at` is the clock, for seeded demonstrations.

    Raises RuleBroken `NOTHING_COUNTED`, Conflict `INVALID_TRANSITION`, Forbidden `PERMISSION_DENIED`, NotFound
    `CYCLE_COUNT_NOT_FOUND`, and what `condition` raises.
    """
    locked = seize(batch, authorize=counter(access), states=(BatchState.COUNTING,), condition=condition)
    now = recorded_at or timezone.now()
    counted, left = _progress(locked)
    _accept(locked)
    locked.state = BatchState.REVIEW
    locked.submitted_at = now
    locked.submitted_by_id = person_behind(access.actor)
    locked.version += 1
    locked.save(update_fields=["state", "submitted_at", "submitted_by", "version"])
    # How many of them differ is not said here: whoever counted may read the history.
    told = f"{counted} counted, {left} not counted"
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=locked,
        action="submit",
        from_state=BatchState.COUNTING,
        to_state=BatchState.REVIEW,
        at=now,
        reason=history.shortened(f"{told}: {note}" if note else told),
    )
    tell_submitted(access=access, batch=locked, at=now)
    return locked


def _progress(batch: CountBatch) -> tuple[int, int]:
    """How many lines were counted and how many were not. Raises RuleBroken `NOTHING_COUNTED`.

    A batch of empty bins has no line; then it is enough to have been there.
    """
    lines = CountLine.objects.filter(batch=batch).aggregate(
        counted=Count("pk", filter=Q(state=LineState.COUNTED)),
        left=Count("pk", filter=Q(state=LineState.PENDING)),
    )
    counted, left = int(lines["counted"]), int(lines["left"])
    if not counted:
        seen = CountBin.objects.filter(batch=batch, visited_at__isnull=False)
        if left or not seen.exists():
            raise RuleBroken("NOTHING_COUNTED", f"Nothing of {batch.label} has been counted yet.")
    return counted, left


def _accept(batch: CountBatch) -> None:
    tolerance = tolerance_of(batch)
    lines = CountLine.objects.filter(batch=batch, state=LineState.COUNTED, sku__isnull=False).order_by()
    # The ledger takes in nothing of no lot where goods are kept by lot.
    lines = lines.exclude(sku__is_lot_controlled=True, lot__isnull=True, lot_code="", variance__gt=0)
    within = []
    rows: Iterable[Any] = lines.values_list("pk", "variance", "expected", "unit_cost")
    for key, variance, expected, unit_cost in rows:
        if tolerance.holds(variance=variance, expected=expected, unit_cost=unit_cost):
            within.append((key, LineState.ACCEPTED.value, True))
    statements.update(CountLine, ("state", "is_within"), within)
