"""The states of a lot, and how it gets from one to another.

A lot is expired from the day after its last one, in the organization's time zone, whether or not the nightly task has
come to write that down: everything here asks for the state on a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django.db.models import Case, CharField, DateField, F, Q, Value, When
from django.db.models.functions import Coalesce

from inventory.models import Lot, LotState
from inventory.transitions import require_transition
from warehouses.refusals import Conflict, Problem

__all__ = [
    "TRANSITIONS",
    "days_left",
    "is_over",
    "last_day_expression",
    "require_state",
    "state_expression",
    "state_on",
]

#: state → state that it may go to → what that is called. What is expired goes back on sale in two steps, each of
#: which somebody has to mean: it is put into quarantine, and released from there.
TRANSITIONS: Final[Mapping[LotState, Mapping[LotState, str]]] = {
    LotState.ACTIVE: {LotState.QUARANTINED: "quarantine", LotState.EXPIRED: "expire"},
    LotState.QUARANTINED: {LotState.ACTIVE: "release", LotState.EXPIRED: "expire"},
    LotState.EXPIRED: {LotState.QUARANTINED: "reinstate"},
}


def is_over(expires_on: date | None, today: date) -> bool:
    """Whether the last day has passed. On that day itself the goods are still good."""
    return expires_on is not None and expires_on < today


def days_left(expires_on: date | None, today: date) -> int | None:
    """0 on the last day, negative from then on; None where there is no last day."""
    return None if expires_on is None else (expires_on - today).days


def state_on(lot: Lot, today: date) -> LotState:
    return LotState.EXPIRED if is_over(lot.expires_on, today) else LotState(lot.state)


def state_expression(today: date, path: str = "") -> Case:
    """`state_on` as an expression over rows from which `path` (such as `lot__`) leads to the lot."""
    return Case(
        When(Q(**{f"{path}expires_on__lt": today}), then=Value(LotState.EXPIRED.value)),
        default=F(f"{path}state"),
        output_field=CharField(),
    )


def last_day_expression(path: str = "") -> Coalesce:
    """The last day, the end of time where there is none: both engines sort it alike."""
    return Coalesce(f"{path}expires_on", Value(date.max), output_field=DateField())


def require_state(
    lot: Lot, *, state: LotState, target: LotState, expires_on: date | None, today: date
) -> str:
    """What it is called to bring `lot` from `state` to `target`, with the last day `expires_on`.

    Raises Conflict `INVALID_TRANSITION`, and `LOT_DAY_PASSED` where its day makes it expired whatever is said.
    """
    allowed: Mapping[Any, str] = TRANSITIONS[state]
    require_transition(
        lot, action=target.value, state=state.value, allowed=[each.value for each in TRANSITIONS[state]]
    )
    if target is not LotState.EXPIRED and is_over(expires_on, today):
        detail = f"The last day of lot {lot.code} was {expires_on:%Y-%m-%d}; if that is wrong, correct the date first."
        raise Conflict("LOT_DAY_PASSED", detail, problems=[Problem("LOT_DAY_PASSED", detail, field="state")])
    return allowed[target]
