"""Making a batch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from cycle_counts.models import BatchState, CountBatch, CountNumber, Origin
from cycle_counts.notifications import tell_assigned
from cycle_counts.planning.lines import MOST_LINES, PlannedLine, write_bins, write_lines
from cycle_counts.planning.permission import (
    blindness_for,
    require_assignees,
    require_planner,
    tolerance_for,
    tolerance_of_settings,
)
from cycle_counts.planning.scopes import Scope, require_scope, words_of
from cycle_counts.planning.selection import Selection, select
from cycle_counts.preferences import settings_of
from cycle_counts.tolerances import Tolerance
from inventory import history
from inventory.numbers import next_number
from warehouses.access import Access
from warehouses.identifiers import new_id
from warehouses.models import User, Warehouse
from warehouses.records import validate
from warehouses.refusals import RuleBroken
from warehouses.who_may import person_behind

__all__ = ["begun", "create_batch", "write_batch"]


def create_batch(
    *,
    access: Access,
    warehouse: Warehouse,
    scope: Scope,
    name: str = "",
    is_blind: bool | None = None,
    tolerance: Tolerance | None = None,
    assignees: Collection[User] = (),
    due_on: date | None = None,
    note: str = "",
    origin: Origin = Origin.PLANNED,
    key: UUID | None = None,
    recorded_at: datetime | None = None,
) -> CountBatch:
    """Plan a count of what the scope means now: a draft with a line for each stock item, in the order of the walk.

    Blindness and tolerance are the organization's unless they are given. Needs `inventory.cyclecount` there, and a
    transaction of the caller's. Locks the organization's last number, so that of two plans at once the second sees the
    lines of the first; a constant number of statements. `key` and `recorded_at` are for seeded demonstrations.

    Raises Forbidden `PERMISSION_DENIED`, `READONLY_WAREHOUSE`, `BLIND_REQUIRED`, NotFound `WAREHOUSE_NOT_FOUND`,
    `BIN_NOT_FOUND`, `ROOM_NOT_FOUND`, `CATEGORY_NOT_FOUND`, `INVENTORY_NOT_FOUND`, Conflict `WAREHOUSE_INACTIVE`,
    RuleBroken `NOTHING_TO_COUNT`, `TOO_MANY_LINES`, `ASSIGNEE_MAY_NOT_COUNT`, InvalidInput `INVALID_INPUT`.
    """
    require_planner(access, warehouse=warehouse, scope=scope)
    require_scope(scope, warehouse=warehouse, most=MOST_LINES)
    settings = settings_of(access.organization)
    batch = begun(
        access,
        warehouse,
        recorded_at or timezone.now(),
        name=name,
        origin=origin,
        scope=scope.as_json(),
        is_blind=blindness_for(access, warehouse, is_blind, settings),
        due_on=due_on,
        note=note,
        tolerance=tolerance_for(access, warehouse, tolerance, tolerance_of_settings(settings)),
        key=key,
    )
    validate(batch, exclude=("number",))
    counters = require_assignees(access, warehouse, assignees)
    batch.number = next_number(CountNumber, access.organization)
    today = batch.created_at.astimezone(access.organization.zone).date()
    found = select(warehouse=warehouse, scope=scope, today=today)
    _require_something(found)
    write_batch(access, batch, found.lines, found.bins, reason=words_of(batch.scope, shows_book=False))
    if counters:
        batch.assignees.add(*counters)
        tell_assigned(access=access, batch=batch, users=counters, at=batch.created_at)
    return batch


def begun(
    access: Access,
    warehouse: Warehouse,
    now: datetime,
    *,
    tolerance: Tolerance,
    key: UUID | None = None,
    **values: Any,
) -> CountBatch:
    """A draft that is not written yet, and has no number."""
    return CountBatch(
        pk=key or new_id(),
        organization=access.organization,
        warehouse=warehouse,
        state=BatchState.DRAFT,
        tolerance_units=tolerance.units,
        tolerance_percent=tolerance.percent,
        tolerance_value=tolerance.value,
        planned_by_id=person_behind(access.actor),
        actor_type=access.actor.type,
        actor_id=access.actor.id,
        actor_name=access.actor.name,
        created_at=now,
        **values,
    )


def write_batch(
    access: Access,
    batch: CountBatch,
    lines: Sequence[PlannedLine],
    bins: Sequence[UUID],
    *,
    reason: str = "",
) -> None:
    """Insert a batch that has its number, with its lines and bins, and the first line of its history."""
    batch.save(force_insert=True)
    write_lines(batch, lines)
    write_bins(batch, bins)
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=batch,
        action="create",
        to_state=batch.state,
        at=batch.created_at,
        quantity=len(lines),
        reason=history.shortened("; ".join(part for part in (reason, batch.note) if part)),
    )


def _require_something(found: Selection) -> None:
    if found.is_cut:
        detail = f"A count has at most {MOST_LINES:,} lines: narrow it, or take the first ones only."
        raise RuleBroken("TOO_MANY_LINES", detail, extra={"maximum": MOST_LINES})
    if found.is_empty:
        detail = " ".join(("There is nothing to count.", *found.reasons))
        raise RuleBroken("NOTHING_TO_COUNT", detail, extra={"reasons": list(found.reasons)})
