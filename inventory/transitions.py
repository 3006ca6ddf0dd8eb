"""Which acts a record's state allows: one table for each kind of record, and one refusal."""

from __future__ import annotations

from collections.abc import Collection

from warehouses.models.base import PublicModel
from warehouses.refusals import Conflict

__all__ = ["require_transition"]


def require_transition(record: PublicModel, *, action: str, state: str, allowed: Collection[str]) -> None:
    """Raise Conflict `INVALID_TRANSITION`, which lists what is allowed, unless `action` is among it."""
    if action in allowed:
        return
    can = (
        f"what can be done is: {', '.join(sorted(allowed))}"
        if allowed
        else "nothing more can be done with it"
    )
    raise Conflict(
        "INVALID_TRANSITION",
        f"{record.public_id} is {state.replace('_', ' ')}; {can}.",
        extra={"state": state, "allowed": sorted(allowed)},
    )
