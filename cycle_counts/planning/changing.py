"""Changing what a batch is called, when it is due, who counts it, and how strictly."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import TypedDict

from django.utils import timezone

from cycle_counts.models import BatchState, CountBatch
from cycle_counts.notifications import tell_assigned
from cycle_counts.planning.permission import blindness_for, require_assignees, tolerance_for
from cycle_counts.preferences import settings_of
from cycle_counts.rights import counter
from cycle_counts.states import OPEN, Condition, require_state, seize
from cycle_counts.tolerances import Tolerance, tolerance_of
from inventory import history
from warehouses.access import Access
from warehouses.models import User
from warehouses.records import validate

__all__ = ["BatchChanges", "update_batch"]


class BatchChanges(TypedDict, total=False):
    """What is to change. `is_blind` can in a draft only, `tolerance` until the count is submitted."""

    name: str
    due_on: date | None
    note: str
    is_blind: bool
    tolerance: Tolerance
    assignees: Collection[User]


def update_batch(
    *, access: Access, batch: CountBatch, changes: BatchChanges, condition: Condition | None = None
) -> CountBatch:
    """Change an open batch. Where nothing differs from what is there, nothing is written.

    Needs `inventory.cyclecount` there, and a transaction of the caller's. Locks the batch; a constant number of
    statements, whatever the number of lines and counters.

    Raises Conflict `INVALID_TRANSITION`, NotFound `CYCLE_COUNT_NOT_FOUND`, Forbidden `PERMISSION_DENIED`,
    `BLIND_REQUIRED`, RuleBroken `ASSIGNEE_MAY_NOT_COUNT`, InvalidInput `INVALID_INPUT`, and what `condition` raises.
    """
    locked = seize(batch, authorize=counter(access), states=OPEN, condition=condition)
    told = [*_change_words(locked, changes), *_change_rules(access, locked, changes)]
    added: list[User] = []
    if "assignees" in changes:
        counters = require_assignees(access, locked.warehouse, changes["assignees"])
        before = {user.pk: user for user in locked.assignees.all()}
        added = [user for user in counters if user.pk not in before]
        if added or len(before) != len(counters):
            told.append(f"counters {_names(before.values())} → {_names(counters)}")
            locked.assignees.set(counters)
    if not told:
        return locked
    now = timezone.now()
    locked.version += 1
    validate(locked)
    locked.save(
        update_fields=[
            *("name", "due_on", "note", "is_blind", "version"),
            *("tolerance_units", "tolerance_percent", "tolerance_value"),
        ]
    )
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=locked,
        action="edit",
        from_state=locked.state,
        to_state=locked.state,
        at=now,
        reason=history.shortened("; ".join(told)),
    )
    if added and locked.state != BatchState.REVIEW:
        tell_assigned(access=access, batch=locked, users=added, at=now)
    return locked


def _change_words(locked: CountBatch, changes: BatchChanges) -> list[str]:
    told = []
    if "name" in changes and changes["name"] != locked.name:
        told.append(f"name {locked.name or 'none'} → {changes['name'] or 'none'}")
        locked.name = changes["name"]
    if "due_on" in changes and changes["due_on"] != locked.due_on:
        told.append(f"due {locked.due_on or 'no day'} → {changes['due_on'] or 'no day'}")
        locked.due_on = changes["due_on"]
    if "note" in changes and changes["note"] != locked.note:
        told.append("note")
        locked.note = changes["note"]
    return told


def _change_rules(access: Access, locked: CountBatch, changes: BatchChanges) -> list[str]:
    told = []
    if "is_blind" in changes and changes["is_blind"] != locked.is_blind:
        require_state(locked, (BatchState.DRAFT,))
        settings = settings_of(access.organization)
        locked.is_blind = blindness_for(access, locked.warehouse, changes["is_blind"], settings)
        told.append("blind" if locked.is_blind else "not blind")
    standing = tolerance_of(locked)
    if "tolerance" in changes and changes["tolerance"] != standing:
        require_state(locked, (BatchState.DRAFT, BatchState.COUNTING))
        wanted = tolerance_for(access, locked.warehouse, changes["tolerance"], standing)
        locked.tolerance_units = wanted.units
        locked.tolerance_percent = wanted.percent
        locked.tolerance_value = wanted.value
        told.append(f"tolerance {_words(standing)} → {_words(wanted)}")
    return told


def _names(users: Collection[User]) -> str:
    return ", ".join(sorted(user.email for user in users)) or "nobody"


def _words(tolerance: Tolerance) -> str:
    parts = []
    if tolerance.units is not None:
        parts.append(f"{tolerance.units:,} units")
    if tolerance.percent is not None:
        parts.append(f"{_plain(tolerance.percent)} %")
    if tolerance.value is not None:
        parts.append(f"{_plain(tolerance.value)} in value")
    return " and ".join(parts) or "none"


def _plain(number: Decimal) -> str:
    return f"{number:f}".rstrip("0").rstrip(".") if "." in f"{number:f}" else f"{number:f}"
