"""A planned count begins."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Max
from django.utils import timezone

from cycle_counts.models import BatchState, CountBatch, CountBin, CountLine
from cycle_counts.notifications import tell_started
from cycle_counts.planning import MOST_LINES, scope_of, select, write_bins, write_lines
from cycle_counts.rights import counter
from cycle_counts.states import Condition, seize
from inventory import history
from inventory.resolution import require_open
from warehouses.access import Access

__all__ = ["start_batch"]


def start_batch(
    *,
    access: Access,
    batch: CountBatch,
    condition: Condition | None = None,
    recorded_at: datetime | None = None,
) -> CountBatch:
    """Let a planned batch be counted. What has come into its scope since it was planned is counted too, at the end.

    Nothing is taken away: of what is gone there is to be counted 0. Needs `inventory.cyclecount` in the warehouse, and
    a transaction of the caller's. Locks the batch; a constant number of statements. `recorded_at` is the clock, for
    seeded demonstrations.

    Raises Forbidden `PERMISSION_DENIED`, `READONLY_WAREHOUSE`, NotFound `CYCLE_COUNT_NOT_FOUND`, Conflict
    `INVALID_TRANSITION`, `WAREHOUSE_INACTIVE`, and what `condition` raises.
    """
    locked = seize(batch, authorize=counter(access), states=(BatchState.DRAFT,), condition=condition)
    # A draft may be old: since it was made, the warehouse may have been closed.
    require_open(locked.warehouse)
    now = recorded_at or timezone.now()
    locked.organization = locked.warehouse.organization = access.organization
    added = _add_lines(locked, now.astimezone(access.organization.zone).date())
    locked.state = BatchState.COUNTING
    locked.started_at = now
    locked.version += 1
    locked.save(update_fields=["state", "started_at", "version"])
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=locked,
        action="start",
        from_state=BatchState.DRAFT,
        to_state=BatchState.COUNTING,
        at=now,
        reason=f"{added} line{'s' if added > 1 else ''} more since it was planned" if added else "",
    )
    tell_started(access=access, batch=locked, at=now)
    return locked


def _add_lines(batch: CountBatch, today: date) -> int:
    """The number of lines for what has come into the scope since; none where the scope cannot be asked for again."""
    scope = scope_of(batch)
    if scope is None:
        return 0
    found = select(warehouse=batch.warehouse, scope=scope, today=today, except_batch=batch)
    rows = CountLine.objects.filter(batch=batch).order_by()
    known = set(rows.values_list("bin", "sku", "lot"))
    lines = [line for line in found.lines if (line.bin_id, line.sku_id, line.lot_id) not in known]
    lines = lines[: max(MOST_LINES - len(known), 0)]
    if lines:
        last = rows.aggregate(last=Max("position"))["last"] or 0
        write_lines(batch, lines, first_position=last + 1)
    led = CountBin.objects.filter(batch=batch).order_by()
    led_to = set(led.values_list("bin", flat=True))
    bins = [key for key in found.bins if key not in led_to]
    if bins:
        write_bins(batch, bins, first_position=(led.aggregate(last=Max("position"))["last"] or 0) + 1)
    return len(lines)
