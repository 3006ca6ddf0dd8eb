"""What could not be given now, asked for again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from inventory import history
from inventory.models import EventType, Sku
from inventory.numbers import next_number
from stock_requests.drafting.lines import Kept, write_lines
from stock_requests.events import announce_request
from stock_requests.models import RequestNumber, RequestState, StockRequest
from stock_requests.notifications import tell_submitted
from warehouses.access import Access
from warehouses.identifiers import new_id

__all__ = ["make_back_order"]


def make_back_order(
    *, access: Access, request: StockRequest, lines: Sequence[tuple[Sku, int]], at: datetime
) -> StockRequest:
    """A request for the rest of one that the caller has locked: its ends, category, priority, and its requester.

    Nobody has to submit it: it waits for a decision at once. It is written down whom it comes from, by whom it was
    made, and that those who may decide are told. Locks the organization's last number; a constant number of
    statements.
    """
    made = StockRequest(
        pk=new_id(),
        organization=request.organization,
        number=next_number(RequestNumber, request.organization),
        from_warehouse=request.from_warehouse,
        to_warehouse=request.to_warehouse,
        to_room=request.to_room,
        department=request.department,
        category=request.category,
        priority=request.priority,
        needed_by=request.needed_by,
        note=f"The rest of {request.name}",
        state=RequestState.SUBMITTED,
        stocklist_id=request.stocklist_id,
        back_order_of=request,
        requested_by=request.requested_by,
        submitted_by=request.submitted_by,
        submitted_at=at,
        actor_type=request.actor_type,
        actor_id=request.actor_id,
        actor_name=request.actor_name,
        created_at=at,
    )
    made.save(force_insert=True)
    write_lines(made, [Kept(new_id(), sku.pk, quantity, "") for sku, quantity in lines])
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=made,
        action="back_order",
        to_state=RequestState.SUBMITTED,
        at=at,
        quantity=sum(quantity for _sku, quantity in lines),
        reason=made.note,
    )
    announce_request(EventType.REQUEST_SUBMITTED, access=access, request=made, at=at, reason=made.note)
    tell_submitted(access=access, request=made, at=at, reason=made.note)
    return made
