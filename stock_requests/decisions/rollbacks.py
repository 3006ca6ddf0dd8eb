"""One step back, and off: by what happens next, never by erasing what happened.

Each runs in the caller's transaction and locks the request first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from django.utils import timezone

from inventory import history
from inventory.ledger import DocumentRef
from inventory.models import DocumentType
from inventory.reservations import release_for
from stock_requests.drafting import withdraw_decisions
from stock_requests.models import RequestState, StockRequest
from stock_requests.notifications import tell_cancelled, tell_rolled_back
from stock_requests.rights import editor, warehouse_worker
from stock_requests.states import Condition, seize
from warehouses.access import Access

__all__ = ["ROLLED_BACK", "cancel_request", "rollback_request"]

DRAFT, SUBMITTED, APPROVED = RequestState.DRAFT, RequestState.SUBMITTED, RequestState.APPROVED
REJECTED = RequestState.REJECTED

#: One step back from each state that has one.
ROLLED_BACK: Final[Mapping[str, RequestState]] = {
    APPROVED: SUBMITTED,
    REJECTED: SUBMITTED,
    SUBMITTED: DRAFT,
}


def rollback_request(
    *, access: Access, request: StockRequest, reason: str = "", condition: Condition | None = None
) -> StockRequest:
    """Bring the request one step back: from approved or rejected to submitted, from submitted to draft.

    What was reserved is free again, to the unit; approvals are withdrawn, the lines are as they were asked for, and
    substitutes are gone, of which the history tells. To take an approval back needs `stockrequests.write` at the
    source, anything else at either end. A constant number of statements, whatever the number of lines.

    Raises Forbidden `PERMISSION_DENIED`, NotFound `STOCK_REQUEST_NOT_FOUND`, Conflict `INVALID_TRANSITION` (picking
    has begun), what `condition` raises, and as the ledger does.
    """
    locked = seize(request, authorize=_authorized(access), states=tuple(ROLLED_BACK), condition=condition)
    before = RequestState(locked.state)
    at = timezone.now()
    if before == APPROVED:
        _release(access, locked, reason)
    withdrawn = str(withdraw_decisions(locked, at=at))
    locked.state = ROLLED_BACK[before]
    locked.decided_at = None
    if locked.state == DRAFT:
        locked.submitted_by = None
        locked.submitted_at = None
    told = "; ".join(part for part in (reason, withdrawn) if part)
    _finish(access, locked, "rollback", before, at, told)
    tell_rolled_back(access=access, request=locked, at=at, reason=reason)
    return locked


def cancel_request(
    *,
    access: Access,
    request: StockRequest,
    reason: str = "",
    condition: Condition | None = None,
    recorded_at: datetime | None = None,
) -> StockRequest:
    """Call the request off, for good: a draft, or one that waits for a decision, or one that nobody picks yet.

    What was reserved is free again; what was asked for and approved stays written down. Needs `stockrequests.write` at
    either end. `recorded_at` is the clock, for seeded demonstrations.

    Raises Forbidden `PERMISSION_DENIED`, NotFound `STOCK_REQUEST_NOT_FOUND`, Conflict `INVALID_TRANSITION`, what
    `condition` raises, and as the ledger does.
    """
    locked = seize(
        request, authorize=editor(access), states=(DRAFT, SUBMITTED, APPROVED), condition=condition
    )
    before = RequestState(locked.state)
    at = recorded_at or timezone.now()
    if before == APPROVED:
        _release(access, locked, reason)
    locked.state = RequestState.CANCELLED
    locked.closed_at = at
    _finish(access, locked, "cancel", before, at, reason)
    tell_cancelled(access=access, request=locked, at=at, reason=reason)
    return locked


def _authorized(access: Access) -> Callable[[StockRequest], None]:
    def check(request: StockRequest) -> None:
        right = warehouse_worker if request.state == APPROVED else editor
        right(access)(request)

    return check


def _release(access: Access, locked: StockRequest, note: str) -> None:
    lines = locked.lines.filter(reservation__isnull=False).order_by("position")
    lines = lines.select_related("reservation__sku", "reservation__warehouse")
    release_for(
        access=access,
        document=DocumentRef(DocumentType.STOCK_REQUEST, locked.pk),
        reservations=[line.reservation for line in lines if line.reservation is not None],
        note=note,
    )


def _finish(
    access: Access, locked: StockRequest, action: str, before: RequestState, at: datetime, reason: str
) -> None:
    locked.version += 1
    locked.save(update_fields=["state", "version", "submitted_by", "submitted_at", "decided_at", "closed_at"])
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=locked,
        action=action,
        from_state=before,
        to_state=locked.state,
        at=at,
        reason=history.shortened(reason),
    )
