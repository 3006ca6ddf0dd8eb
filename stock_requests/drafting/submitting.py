"""A draft is handed in for a decision, or thrown away."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Sum
from django.utils import timezone

from inventory import history
from inventory.models import EventType
from stock_requests.drafting.ends import Destination, require_usable
from stock_requests.events import announce_request
from stock_requests.models import RequestState, StockRequest
from stock_requests.notifications import tell_submitted
from stock_requests.rights import editor
from stock_requests.states import Condition, seize
from warehouses.access import Access
from warehouses.refusals import Problem, RuleBroken
from warehouses.who_may import person_behind

__all__ = ["delete_request", "submit_request"]


def submit_request(
    *,
    access: Access,
    request: StockRequest,
    note: str = "",
    condition: Condition | None = None,
    at: datetime | None = None,
) -> StockRequest:
    """Hand a draft in. Emits `stock_request.submitted`, and tells those who may decide.

    Needs `stockrequests.write` at either end, and a transaction of the caller's. Locks the request. `at` is the clock,
    for seeded demonstrations.

    Raises RuleBroken `NO_LINES`, `SAME_LOCATION` (its room is gone), `ROOM_HAS_NO_BIN`, Conflict `INVALID_TRANSITION`,
    `WAREHOUSE_INACTIVE`, `DEPARTMENT_INACTIVE`, Forbidden `PERMISSION_DENIED`, `READONLY_WAREHOUSE`, NotFound
    `STOCK_REQUEST_NOT_FOUND`, and what `condition` raises.
    """
    locked = seize(request, authorize=editor(access), states=(RequestState.DRAFT,), condition=condition)
    asked = locked.lines.aggregate(lines=Count("pk"), units=Sum("requested"))
    if not asked["lines"]:
        detail = f"{locked.name} asks for nothing yet: add a line first."
        raise RuleBroken("NO_LINES", detail, problems=[Problem("NO_LINES", detail, field="lines")])
    # A draft may be old: since it was made, one of its ends may have been closed.
    require_usable(locked.from_warehouse, Destination.of(locked))
    now = at or timezone.now()
    locked.state = RequestState.SUBMITTED
    locked.submitted_by_id = person_behind(access.actor)
    locked.submitted_at = now
    locked.version += 1
    locked.save(update_fields=["state", "submitted_by", "submitted_at", "version"])
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=locked,
        action="submit",
        from_state=RequestState.DRAFT,
        to_state=RequestState.SUBMITTED,
        at=now,
        quantity=asked["units"],
        reason=note,
    )
    announce_request(EventType.REQUEST_SUBMITTED, access=access, request=locked, at=now, reason=note)
    tell_submitted(access=access, request=locked, at=now, reason=note)
    return locked


def delete_request(*, access: Access, request: StockRequest, condition: Condition | None = None) -> None:
    """Throw a draft away. Nobody finds it any more; its number is not given again, and its history stays.

    Needs `stockrequests.write` at either end, and a transaction of the caller's. Locks the request. Raises Conflict
    `INVALID_TRANSITION`, Forbidden `PERMISSION_DENIED`, NotFound `STOCK_REQUEST_NOT_FOUND`, and what `condition`
    raises.
    """
    locked = seize(request, authorize=editor(access), states=(RequestState.DRAFT,), condition=condition)
    now = timezone.now()
    locked.deleted_at = now
    locked.version += 1
    locked.save(update_fields=["deleted_at", "version"])
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=locked,
        action="delete",
        from_state=RequestState.DRAFT,
        to_state=RequestState.DRAFT,
        at=now,
    )
