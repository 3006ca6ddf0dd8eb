"""A count is called off."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from cycle_counts.models import BatchState, CountBatch
from cycle_counts.notifications import settle_batch
from cycle_counts.rights import counter, reviewer
from cycle_counts.states import OPEN, Condition, seize
from inventory import history
from warehouses.access import Access

__all__ = ["cancel_batch"]


def cancel_batch(
    *,
    access: Access,
    batch: CountBatch,
    reason: str = "",
    condition: Condition | None = None,
    recorded_at: datetime | None = None,
) -> CountBatch:
    """Call a batch off: nothing is posted, and what was counted stays written down.

    Needs `inventory.cyclecount` in the warehouse, once it is submitted the right to review, and a transaction of the
    caller's. Locks the batch. `recorded_at` is the clock, for seeded demonstrations.

    Raises Conflict `INVALID_TRANSITION`, Forbidden `PERMISSION_DENIED`, NotFound `CYCLE_COUNT_NOT_FOUND`, and what
    `condition` raises.
    """

    def authorize(locked: CountBatch) -> None:
        counter(access)(locked)
        if locked.state == BatchState.REVIEW:
            reviewer(access)(locked)

    locked = seize(batch, authorize=authorize, states=OPEN, condition=condition)
    now = recorded_at or timezone.now()
    before = BatchState(locked.state)
    locked.state = BatchState.CANCELLED
    locked.closed_at = now
    locked.version += 1
    locked.save(update_fields=["state", "closed_at", "version"])
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=locked,
        action="cancel",
        from_state=before,
        to_state=BatchState.CANCELLED,
        at=now,
        reason=history.shortened(reason),
    )
    settle_batch(access=access, batch=locked, at=now)
    return locked
