"""What a stock request tells its subscribers: that it was submitted, approved, rejected or fulfilled."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from inventory.models import EventType, Transfer
from inventory.outbox import Draft, announce, subscriptions_of
from stock_requests.models import Priority, RequestLine, StockRequest
from stock_requests.wording import requester_of
from warehouses.access import Access
from warehouses.identifiers import encode
from warehouses.models.base import PublicModel

__all__ = ["announce_request"]

#: A body stays well below the 20 kB that receivers of webhooks count on.
_MOST_LINES: Final = 35


def announce_request(
    kind: EventType, *, access: Access, request: StockRequest, at: datetime, reason: str = ""
) -> None:
    """Write the event of what has just been done, in its transaction: the request and its lines as they are now.

    One event, for endpoints that hear of the source, of the warehouse that it goes to, or of both. One statement where
    nobody hears of it, else four, whatever the number of lines; the request comes with its places and its requester.
    """
    organization = access.organization
    subscriptions = subscriptions_of(organization)
    draft = Draft(kind, request.from_warehouse_id, {}, other_warehouse_id=request.to_warehouse_id)
    if not any(subscription.wants(draft) for subscription in subscriptions):
        return
    draft.data.update(_told(request, access.actor.name, reason))
    announce(organization=organization, drafts=[draft], occurred_at=at, subscriptions=subscriptions)


def _told(request: StockRequest, actor: str, reason: str) -> dict[str, Any]:
    lines = list(RequestLine.objects.filter(request=request.pk).select_related("sku").order_by("position"))
    return {
        "stock_request_id": request.public_id,
        "number": request.name,
        "status": request.state,
        "version": request.version,
        "from_warehouse_id": request.from_warehouse.public_id,
        "from_warehouse_name": request.from_warehouse.name,
        "to_warehouse_id": _id_of(request.to_warehouse),
        "to_warehouse_name": _name_of(request.to_warehouse),
        "to_room_id": _id_of(request.to_room),
        "to_room_name": _name_of(request.to_room),
        "to_department_id": _id_of(request.department),
        "to_department_name": _name_of(request.department),
        "priority": Priority(request.priority).word,
        "needed_by": request.needed_by.isoformat() if request.needed_by else None,
        "note": request.note or None,
        "requester": requester_of(request),
        "back_order_of_id": _key(StockRequest.prefix, request.back_order_of_id),
        "transfer_id": _key(Transfer.prefix, request.transfer_id),
        "reason": reason or None,
        "actor": actor,
        "lines": [_line(line) for line in lines[:_MOST_LINES]],
        "lines_omitted": max(len(lines) - _MOST_LINES, 0),
    }


def _line(line: RequestLine) -> dict[str, Any]:
    return {
        "id": line.public_id,
        "sku": line.sku.code,
        "requested": line.requested,
        "approved": line.approved,
        "fulfilled": line.fulfilled,
        "substituted": line.substituted,
        "back_ordered": line.back_ordered,
        "closed": line.closed,
        "remaining": line.remaining,
        "substitute_for_id": _key(RequestLine.prefix, line.substitute_for_id),
    }


def _key(prefix: str, key: Any) -> str | None:
    return None if key is None else encode(prefix, key)


def _id_of(record: PublicModel | None) -> str | None:
    return None if record is None else record.public_id


def _name_of(record: Any) -> str | None:
    return None if record is None else str(record.name)
