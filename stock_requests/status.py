"""The state that a request shall be in, and the act that brings it there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from inventory.transitions import every
from stock_requests.decisions.approving import LineDecision, approve_request, reject_request
from stock_requests.decisions.rollbacks import cancel_request, rollback_request
from stock_requests.drafting import submit_request
from stock_requests.fulfilment import Fulfilled, Picked, fulfil_request, pick_request
from stock_requests.models import Remainder, RequestState, StockRequest
from stock_requests.rights import approver, editor, warehouse_worker
from stock_requests.states import ALLOWED, Condition, lock, refuse_state, require_version
from warehouses.access import Access
from warehouses.refusals import Forbidden, InvalidInput, Problem

__all__ = ["LineQuantity", "set_status", "targets_for"]

DRAFT, SUBMITTED, APPROVED = RequestState.DRAFT, RequestState.SUBMITTED, RequestState.APPROVED
PICKING, FULFILLED = RequestState.PICKING, RequestState.FULFILLED
REJECTED, CANCELLED = RequestState.REJECTED, RequestState.CANCELLED

_Right = Callable[[Access], Condition]

#: Whose the act is that leads into each state.
_RIGHTS: Final[Mapping[RequestState, _Right]] = {
    DRAFT: editor,
    SUBMITTED: editor,
    APPROVED: approver,
    REJECTED: approver,
    PICKING: warehouse_worker,
    FULFILLED: warehouse_worker,
    CANCELLED: editor,
}


@dataclass(frozen=True, slots=True)
class LineQuantity:
    """How many units of a line are approved, picked or fulfilled, and what becomes of the rest.

    `index` is the row of the request's body, for the problems of a refusal.
    """

    line_id: UUID | None
    quantity: int
    remainder: Remainder | None = None
    reason: str = ""
    index: int = 0


def set_status(
    *,
    access: Access,
    request: StockRequest,
    status: RequestState,
    reason: str = "",
    lines: Sequence[LineQuantity] = (),
    remainder: Remainder | None = None,
    version: int | None = None,
    condition: Condition | None = None,
) -> StockRequest:
    """Bring the request into that state by the act that leads there from where it is; it may have to be repeated by
    others, as an approval is.

    `lines` say how much is approved, picked or fulfilled. Runs in the caller's transaction and locks the request.

    Raises what the act raises; Conflict `INVALID_TRANSITION` for what the state table has not, NotFound
    `STOCK_REQUEST_NOT_FOUND`, InvalidInput `INVALID_REQUEST` for lines where nothing is said of any.
    """
    now = lock(request)
    # How far picking has come is told again and again.
    if status not in ALLOWED[RequestState(now.state)] and (now.state, status) != (PICKING, PICKING):
        _right(now, status)(access)(now)
        raise refuse_state(now)
    checked = every(require_version(version), condition)
    if lines and status not in {APPROVED, PICKING, FULFILLED}:
        detail = (
            f"Quantities of lines are said of what is approved, picked or fulfilled, not of {status.value}."
        )
        problem = Problem("INVALID_REQUEST", detail, field="lines")
        raise InvalidInput("INVALID_REQUEST", detail, problems=[problem])
    step = _Step(access, request, lines, reason, remainder, checked)
    if (now.state, status) == (DRAFT, SUBMITTED):
        return step.submit()
    return _ACTS[status](step)


def targets_for(access: Access, request: StockRequest) -> list[RequestState]:
    """The states into which the caller has the right to bring the request from where it is. No query.

    Whether the request is the caller's own, and whose approval it needs, is for `verdict_on` to say.
    """
    return [
        target
        for target in ALLOWED[RequestState(request.state)]
        if _holds(_right(request, target)(access), request)
    ]


def _right(request: StockRequest, target: RequestState) -> _Right:
    if (request.state, target) == (APPROVED, SUBMITTED):
        return warehouse_worker  # an approval is taken back where the goods are
    return _RIGHTS[target]


def _holds(right: Condition, request: StockRequest) -> bool:
    try:
        right(request)
    except Forbidden:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Step:
    """One act, whichever it is, with all that any of them takes."""

    access: Access
    request: StockRequest
    lines: Sequence[LineQuantity]
    reason: str
    remainder: Remainder | None
    condition: Condition

    def submit(self) -> StockRequest:
        return submit_request(
            access=self.access, request=self.request, note=self.reason, condition=self.condition
        )

    def approve(self) -> StockRequest:
        return approve_request(
            access=self.access,
            request=self.request,
            lines=[
                LineDecision(
                    line.line_id,
                    line.quantity,
                    reason=line.reason,
                    remainder=line.remainder,
                    index=line.index,
                )
                for line in self.lines
            ],
            note=self.reason,
            remainder=self.remainder,
            reason=self.reason,
            condition=self.condition,
        )

    def pick(self) -> StockRequest:
        return pick_request(
            access=self.access,
            request=self.request,
            picked=[Picked(line.line_id, line.quantity, index=line.index) for line in self.lines],
            note=self.reason,
            condition=self.condition,
        )

    def fulfil(self) -> StockRequest:
        return fulfil_request(
            access=self.access,
            request=self.request,
            lines=[
                Fulfilled(line.line_id, line.quantity, line.remainder, line.reason, line.index)
                for line in self.lines
            ],
            remainder=self.remainder,
            reason=self.reason,
            condition=self.condition,
        )

    def reject(self) -> StockRequest:
        return reject_request(
            access=self.access, request=self.request, reason=self.reason, condition=self.condition
        )

    def cancel(self) -> StockRequest:
        return cancel_request(
            access=self.access, request=self.request, reason=self.reason, condition=self.condition
        )

    def go_back(self) -> StockRequest:
        return rollback_request(
            access=self.access, request=self.request, reason=self.reason, condition=self.condition
        )


_ACTS: Final[Mapping[RequestState, Callable[[_Step], StockRequest]]] = {
    DRAFT: _Step.go_back,
    SUBMITTED: _Step.go_back,
    APPROVED: _Step.approve,
    PICKING: _Step.pick,
    FULFILLED: _Step.fulfil,
    REJECTED: _Step.reject,
    CANCELLED: _Step.cancel,
}
