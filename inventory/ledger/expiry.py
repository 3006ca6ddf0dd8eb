"""Reservations that have run out: a locked level does not count them any more, whether or not a task has come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from inventory import statements
from inventory.ledger.state import LevelState
from inventory.models import Reservation, ReservationState, StateChange
from warehouses.actors import SYSTEM
from warehouses.identifiers import new_id
from warehouses.models import Organization

__all__ = ["Expired", "close", "due"]


@dataclass(frozen=True, slots=True)
class Expired:
    """A reservation that ran out with `open` units of its level."""

    id: UUID
    level_id: UUID
    open: int
    version: int


def due(levels: Iterable[LevelState], now: datetime) -> list[Expired]:
    """What has run out of the locked `levels` by `now`; takes it off them. One query.

    Nobody else changes a reservation of a level that is locked, so its rows need no lock of their own.
    """
    by_id = {level.id: level for level in levels}
    columns: Iterable[Any] = (
        Reservation.objects.order_by("id")
        .filter(level__in=list(by_id), state=ReservationState.ACTIVE, expires_at__lte=now)
        .values_list("id", "level_id", "open", "version")
    )
    found = [Expired(*row) for row in columns]
    for expired in found:
        level = by_id[expired.level_id]
        level.reserved -= expired.open
        level.is_changed = True
    return found


_CHANGE = (
    "id organization subject_type subject_id action from_state to_state quantity note actor_type actor_id actor_name"
    " created_at"
).split()


def close(organization: Organization, expired: Sequence[Expired], now: datetime) -> None:
    """Write down that they ran out. Two statements, none where nothing did."""
    state = ReservationState.EXPIRED.value
    statements.update(
        Reservation,
        ("state", "open", "version", "closed_at"),
        [(each.id, state, 0, each.version + 1, now) for each in expired],
    )
    statements.insert(
        StateChange,
        _CHANGE,
        [
            (
                *(new_id(), organization.pk, Reservation.prefix, each.id, "expire"),
                *(ReservationState.ACTIVE.value, state, each.open, ""),
                *(SYSTEM.type.value, SYSTEM.id, SYSTEM.name, now),
            )
            for each in expired
        ],
    )
