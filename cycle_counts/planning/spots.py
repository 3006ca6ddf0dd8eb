"""Counting a bin that nobody has planned, by whoever stands before it."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from cycle_counts.models import BatchState, CountBatch, CountNumber, CountSettings, Origin
from cycle_counts.planning.making import begun, write_batch
from cycle_counts.planning.permission import require_planner, tolerance_of_settings
from cycle_counts.planning.scopes import Scope
from cycle_counts.planning.selection import select
from cycle_counts.preferences import settings_of
from inventory import history, statements
from inventory.numbers import next_number
from warehouses.access import Access
from warehouses.actors import ActorType
from warehouses.models import Bin
from warehouses.refusals import Conflict, Forbidden
from warehouses.who_may import person_behind

__all__ = ["count_bin"]


def count_bin(*, access: Access, bin: Bin, recorded_at: datetime | None = None) -> CountBatch:
    """Begin a blind count of one bin, at once; or the caller's own that is still being counted.

    Its lines are what the bin holds, also what another open batch leads to; there may be none. Needs
    `inventory.cyclecount` there, and a transaction of the caller's. Locks the organization's last number, so that a
    counter who asks twice at once begins one count; a constant number of statements. `recorded_at` is for seeded
    demonstrations.

    Raises Forbidden `PERMISSION_DENIED`, `READONLY_WAREHOUSE`, `SPOT_COUNTS_OFF`, NotFound `WAREHOUSE_NOT_FOUND`,
    Conflict `WAREHOUSE_INACTIVE`, `BIN_INACTIVE`.
    """
    warehouse = bin.warehouse
    require_planner(access, warehouse=warehouse)
    settings = settings_of(access.organization)
    _hold_numbers(access)
    there = _own(access, bin)
    if there is not None:
        return there
    _require_allowed(settings, bin)
    now = recorded_at or timezone.now()
    today = now.astimezone(access.organization.zone).date()
    scope = Scope(bins=(bin,))
    person = person_behind(access.actor)
    batch = begun(
        access,
        warehouse,
        now,
        name=f"Bin {bin.code}",
        origin=Origin.SPOT,
        scope=scope.as_json(),
        is_blind=True,
        due_on=today,
        tolerance=tolerance_of_settings(settings),
    )
    batch.number = next_number(CountNumber, access.organization)
    found = select(warehouse=warehouse, scope=scope, today=today, is_shared=True)
    write_batch(access, batch, found.lines, [bin.pk])
    if person is not None and access.actor.type == ActorType.USER:
        CountBatch.assignees.through.objects.create(countbatch=batch, user_id=person)
    _start(access, batch, now)
    return batch


def _own(access: Access, bin: Bin) -> CountBatch | None:
    rows = CountBatch.objects.filter(
        organization=access.organization,
        warehouse=bin.warehouse_id,
        origin=Origin.SPOT,
        state=BatchState.COUNTING,
        bins__bin=bin,
        actor_type=access.actor.type,
        actor_id=access.actor.id,
    )
    return rows.select_related("warehouse", "planned_by").order_by("-number").first()


def _hold_numbers(access: Access) -> None:
    """Until the transaction ends nobody else makes a batch in the organization; two statements."""
    statements.insert(CountNumber, ("organization", "last"), [(access.organization.pk, 0)], or_ignore=True)
    CountNumber.objects.select_for_update(no_key=True).get(pk=access.organization.pk)


def _require_allowed(settings: CountSettings, bin: Bin) -> None:
    if not settings.allows_spot_counts:
        raise Forbidden(
            "SPOT_COUNTS_OFF", "Here only what was planned is counted: ask for a count of this bin."
        )
    if not bin.is_active:
        raise Conflict("BIN_INACTIVE", f"The bin {bin.code} is not in use.")


def _start(access: Access, batch: CountBatch, now: datetime) -> None:
    batch.state = BatchState.COUNTING
    batch.started_at = now
    batch.version += 1
    batch.save(update_fields=["state", "started_at", "version"])
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=batch,
        action="start",
        from_state=BatchState.DRAFT,
        to_state=BatchState.COUNTING,
        at=now,
    )
