"""Fulfilling: the goods go, and of everything that was asked for it is said what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.utils import timezone

from inventory import history, statements
from inventory.models import EventType
from stock_requests.drafting import make_back_order
from stock_requests.events import announce_request
from stock_requests.fulfilment.leaving import Gone, let_go
from stock_requests.fulfilment.outcomes import Fulfilled, Outcome, back_orders_of, outcomes_of
from stock_requests.models import Remainder, RequestLine, RequestState, StockRequest
from stock_requests.notifications import tell_fulfilled
from stock_requests.rights import warehouse_worker
from stock_requests.states import Condition, seize
from warehouses.access import Access

__all__ = ["fulfil_request"]


def fulfil_request(
    *,
    access: Access,
    request: StockRequest,
    lines: Sequence[Fulfilled] = (),
    remainder: Remainder | None = None,
    reason: str = "",
    note: str = "",
    condition: Condition | None = None,
    recorded_at: datetime | None = None,
) -> StockRequest:
    """Let the goods go where the request wants them, and end it. What was reserved for it is used up or given back.

    A line that is not named is fulfilled with what was picked of it, or, where nothing was picked of any line, with
    what was approved. Of what was approved and does not go, `remainder` (the line's, else the request's) says whether
    it is back-ordered or closed, the latter with a reason. What is back-ordered, with what was when the request was
    approved, is asked for by a new request that waits for a decision. Lots are picked FEFO.

    Needs `stockrequests.write` at the source and nothing at the destination, and a transaction of the caller's. Locks
    the request, then the last number if it makes a back-order, then posts once; the same number of statements whatever
    the number of lines. `recorded_at` is the clock, for seeded demonstrations.

    Raises Conflict `INVALID_TRANSITION`, `STOCK_UNAVAILABLE`, `WAREHOUSE_INACTIVE`, `BIN_FULL`, Forbidden
    `PERMISSION_DENIED`, `READONLY_WAREHOUSE`, NotFound `STOCK_REQUEST_NOT_FOUND`, `REQUEST_LINE_NOT_FOUND`,
    InvalidInput `INVALID_QUANTITY`, `INVALID_REQUEST`, RuleBroken `MORE_THAN_APPROVED`, `REMAINDER_REQUIRED`,
    `REASON_REQUIRED`, `DUPLICATE_ROW`, `SAME_LOCATION`, `ROOM_HAS_NO_BIN`, and what `condition` raises.
    """
    locked = seize(
        request, authorize=warehouse_worker(access), states=(RequestState.PICKING,), condition=condition
    )
    asked = list(locked.lines.select_related("sku", "reservation").order_by("position"))
    outcomes = outcomes_of(asked, lines, remainder=remainder, reason=reason)
    # Before the stock is locked: whoever waits for the last number must not hold any.
    rest = back_orders_of(outcomes)
    if rest:
        make_back_order(access=access, request=locked, lines=rest, at=recorded_at or timezone.now())
    gone = let_go(access=access, request=locked, outcomes=outcomes, note=note, recorded_at=recorded_at)
    _write_lines(outcomes, gone)
    locked.state = RequestState.FULFILLED
    locked.version += 1
    locked.closed_at = gone.at
    locked.transfer = gone.transfer
    locked.save(update_fields=["state", "version", "closed_at", "transfer"])
    why = note or reason.strip()
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=locked,
        action="fulfil",
        from_state=RequestState.PICKING,
        to_state=RequestState.FULFILLED,
        at=gone.at,
        quantity=sum(outcome.quantity for outcome in outcomes),
        reason=why,
    )
    announce_request(EventType.REQUEST_FULFILLED, access=access, request=locked, at=gone.at, reason=why)
    tell_fulfilled(access=access, request=locked, at=gone.at, reason=why)
    return locked


_WRITTEN: Final = ("fulfilled", "back_ordered", "closed", "shortage_reason", "transfer_line")


def _write_lines(outcomes: Sequence[Outcome], gone: Gone) -> None:
    """Two statements with a transfer, else one."""
    carriers = {}
    if gone.transfer is not None:
        carried = gone.transfer.lines.order_by("position").values_list("pk", flat=True)
        going = [outcome.line.pk for outcome in outcomes if outcome.quantity]
        carriers = dict(zip(going, carried, strict=True))
    statements.update(
        RequestLine,
        _WRITTEN,
        [
            (
                outcome.line.pk,
                outcome.quantity,
                outcome.back_ordered,
                outcome.closed,
                outcome.reason,
                carriers.get(outcome.line.pk),
            )
            for outcome in outcomes
        ],
    )
