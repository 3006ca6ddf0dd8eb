"""The state table of cycle counts, and taking hold of one to change it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final

from cycle_counts.models import BatchState, CountBatch
from inventory import transitions
from warehouses.refusals import NotFound

__all__ = ["ALLOWED", "OPEN", "Condition", "not_found", "require_state", "require_version", "seize"]

DRAFT, COUNTING, REVIEW = BatchState.DRAFT, BatchState.COUNTING, BatchState.REVIEW
RESOLVED, CANCELLED = BatchState.RESOLVED, BatchState.CANCELLED

#: Into which states each leads.
ALLOWED: Final[Mapping[str, tuple[BatchState, ...]]] = {
    DRAFT: (COUNTING, CANCELLED),
    COUNTING: (REVIEW, CANCELLED),
    REVIEW: (RESOLVED, CANCELLED),
    RESOLVED: (),
    CANCELLED: (),
}
#: In which something is still to be done with it.
OPEN: Final = (DRAFT, COUNTING, REVIEW)

#: Looks at the locked batch and may refuse, as If-Match does.
Condition = Callable[[CountBatch], None]


def seize(
    batch: CountBatch,
    *,
    authorize: Condition,
    states: Collection[str],
    condition: Condition | None = None,
) -> CountBatch:
    """The batch with its warehouse, as it is now and until the caller's transaction ends, if it is in one of `states`.

    Of two who act on it at once, the second waits here and then sees what the first has made of it. `authorize`
    refuses before it is told in which state the batch is. Raises NotFound `CYCLE_COUNT_NOT_FOUND`, Conflict
    `INVALID_TRANSITION`, and what the two functions raise.
    """
    rows = CountBatch.objects.select_for_update(of=("self",), no_key=True)
    rows = rows.select_related("warehouse", "planned_by", "submitted_by", "recount_of")
    locked = rows.filter(pk=batch.pk, organization=batch.organization_id).first()
    if locked is None:
        raise not_found()
    authorize(locked)
    require_state(locked, states)
    if condition is not None:
        condition(locked)
    return locked


def require_state(batch: CountBatch, states: Collection[str]) -> None:
    """Raise Conflict `INVALID_TRANSITION` unless the batch is in one of `states`.

    It says in which state the batch is, what that allows, and who brought it there, when and why.
    """
    if batch.state not in states:
        state = BatchState(batch.state)
        raise transitions.refuse_state(batch, state=state, words=state.value, leads_to=ALLOWED[state])


def require_version(expected: int | None) -> Condition:
    """What a body's `version` asks of the locked batch. Raises Conflict `VERSION_CONFLICT`, with the current one.

    It does not say who changed it last: each count makes a version, and is no line of the history.
    """
    return transitions.require_version(expected, tells_who=False)


def not_found() -> NotFound:
    return NotFound("CYCLE_COUNT_NOT_FOUND", "There is no such cycle count.")
