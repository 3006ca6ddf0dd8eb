"""What keeps a warehouse or room from being closed or removed: requests that are to take goods from it or to it."""

from __future__ import annotations

from typing import Final

from django.db.models import Q

from stock_requests.models import RequestState, StockRequest
from warehouses.models import Bin, Room, Warehouse

__all__ = ["requests_at"]

#: Somebody waits for the goods. A draft keeps no warehouse open: submitting it says what is wrong.
_WAITING: Final = (RequestState.SUBMITTED, RequestState.APPROVED, RequestState.PICKING)
_NAMED: Final = 3


def requests_at(place: Warehouse | Room | Bin) -> str | None:
    """Words for the open requests that name `place`, or None where none does. Two queries, one where there are none.

    A room is kept for drafts too: without it they would name another destination. A bin is never named.
    """
    rows = StockRequest.objects.filter(deleted_at__isnull=True).order_by("number")
    if isinstance(place, Warehouse):
        rows = rows.filter(Q(from_warehouse=place) | Q(to_warehouse=place), state__in=_WAITING)
    elif isinstance(place, Room):
        rows = rows.filter(to_room=place, state__in=(RequestState.DRAFT, *_WAITING))
    else:
        return None
    first = list(rows[: _NAMED + 1])
    if not first:
        return None
    names = ", ".join(request.name for request in first[:_NAMED])
    if len(first) > _NAMED:
        count = rows.count()
        return f"is named by {count} open stock requests ({names} and {count - _NAMED} more)"
    return f"is named by {len(first)} open stock request{'s' * (len(first) > 1)} ({names})"
