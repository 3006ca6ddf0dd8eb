"""What the state of a record allows, and how it is refused: one table for each kind of record.

Some tables say which acts a state allows (`require_transition`), others into which states it leads (`refuse_state`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeVar

from inventory.history import history_of
from inventory.models import Document
from warehouses.http.instants import instant
from warehouses.models.base import PublicModel
from warehouses.refusals import Conflict

__all__ = ["every", "refuse_state", "require_transition", "require_version"]

Record = TypeVar("Record", bound=Document)


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


def refuse_state(document: Document, *, state: str, words: str, leads_to: Collection[str]) -> Conflict:
    """`INVALID_TRANSITION` for a document in `state`, which is said in `words` and leads into the states `leads_to`.

    Says in which state the document is, what that allows, and who brought it there, when and why. One query.
    """
    allowed = sorted(str(target) for target in leads_to)
    extra: dict[str, Any] = {"state": str(state), "allowed": allowed}
    told = f"{document} is {words}"
    changes = [
        change for change in history_of([document])[document.pk] if change.from_state != change.to_state
    ]
    if changes:
        last = changes[-1]
        extra |= {"by": last.actor_name, "at": instant(last.created_at), "reason": last.note or None}
        told += f" since {last.actor_name} changed it at {extra['at']}"
    told += f"; what it can become is: {', '.join(allowed)}." if allowed else "; nothing more becomes of it."
    return Conflict("INVALID_TRANSITION", told, extra=extra)


def require_version(expected: int | None, *, tells_who: bool) -> Callable[[Document], None]:
    """What a body's `version` asks of the locked document; None asks nothing.

    Raises Conflict `VERSION_CONFLICT`, with the current one and, if it `tells_who`, who has changed it last, when and
    by which act: for documents of which every change is in the history.
    """

    def check(locked: Document) -> None:
        if expected is None or expected == locked.version:
            return
        extra: dict[str, Any] = {"version": locked.version}
        told = f"{locked} has changed since version {expected}: it is version {locked.version} now."
        changes = history_of([locked])[locked.pk] if tells_who else []
        if changes:
            last = changes[-1]
            extra |= {"by": last.actor_name, "at": instant(last.created_at), "action": last.action}
            told += f" {last.actor_name} changed it last. Read it again."
        raise Conflict("VERSION_CONFLICT", told, extra=extra)

    return check


def every(*conditions: Callable[[Record], None] | None) -> Callable[[Record], None]:
    """One condition of several, asked in their order; None asks nothing."""

    def check(locked: Record) -> None:
        for condition in conditions:
            if condition is not None:
                condition(locked)

    return check
