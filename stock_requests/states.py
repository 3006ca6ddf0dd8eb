"""The state table of stock requests, and taking hold of one to change it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final

from inventory import transitions
from stock_requests.models import RequestState, StockRequest
from warehouses.refusals import Conflict, NotFound

__all__ = [
    "ALLOWED",
    "EDITABLE",
    "Condition",
    "lock",
    "not_found",
    "refuse_state",
    "require_state",
    "require_version",
    "seize",
]

DRAFT, SUBMITTED, APPROVED = RequestState.DRAFT, RequestState.SUBMITTED, RequestState.APPROVED
PICKING, FULFILLED = RequestState.PICKING, RequestState.FULFILLED
REJECTED, CANCELLED = RequestState.REJECTED, RequestState.CANCELLED

#: Into which states each leads. `approved → submitted`, `rejected → submitted` and `submitted → draft` roll back.
ALLOWED: Final[Mapping[str, tuple[RequestState, ...]]] = {
    DRAFT: (SUBMITTED, CANCELLED),
    SUBMITTED: (APPROVED, REJECTED, DRAFT, CANCELLED),
    APPROVED: (PICKING, SUBMITTED, CANCELLED),
    PICKING: (FULFILLED,),
    REJECTED: (SUBMITTED,),
    FULFILLED: (),
    CANCELLED: (),
}
#: In which its fields and lines can be changed.
EDITABLE: Final = (DRAFT, SUBMITTED)

#: Looks at the locked request and may refuse, as If-Match does.
Condition = Callable[[StockRequest], None]

_RELATED: Final = (
    "from_warehouse",
    "to_warehouse",
    "to_room",
    "department",
    "category",
    "requested_by",
    "submitted_by",
)


def seize(
    request: StockRequest,
    *,
    authorize: Condition,
    states: Collection[str],
    condition: Condition | None = None,
) -> StockRequest:
    """The request as it is now and until the caller's transaction ends, if it is in one of `states`.

    Of two who act on it at once, the second waits here and then sees what the first has made of it. `authorize`
    refuses before it is told in which state the request is. Raises NotFound `STOCK_REQUEST_NOT_FOUND`, Conflict
    `INVALID_TRANSITION`, and what the two functions raise; the state comes before `condition`: whoever is late learns
    who was faster.
    """
    locked = lock(request)
    authorize(locked)
    require_state(locked, states)
    if condition is not None:
        condition(locked)
    return locked


def lock(request: StockRequest) -> StockRequest:
    """The request as it is now and until the caller's transaction ends. Raises NotFound `STOCK_REQUEST_NOT_FOUND`."""
    rows = StockRequest.objects.select_for_update(of=("self",), no_key=True).select_related(*_RELATED)
    locked = rows.filter(pk=request.pk, organization=request.organization_id, deleted_at__isnull=True).first()
    if locked is None:
        raise not_found()
    return locked


def require_state(request: StockRequest, states: Collection[str]) -> None:
    """Raise Conflict `INVALID_TRANSITION` unless the request is in one of `states`."""
    if request.state not in states:
        raise refuse_state(request)


def refuse_state(request: StockRequest) -> Conflict:
    """Says in which state the request is, what that allows, and who brought it there, when and why."""
    state = RequestState(request.state)
    words = state.label.lower()
    return transitions.refuse_state(request, state=state, words=words, leads_to=ALLOWED[state])


def require_version(expected: int | None) -> Condition:
    """What a body's `version` asks of the locked request. Raises Conflict `VERSION_CONFLICT`, with the current one."""
    return transitions.require_version(expected, tells_who=True)


def not_found() -> NotFound:
    return NotFound("STOCK_REQUEST_NOT_FOUND", "There is no such stock request.")
