"""What was asked for of a SKU, as a part of its timeline: the histories of the stock requests with a line of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum

from inventory.models import StateChange
from inventory.sku_page.document_parts import told
from inventory.sku_page.events import Documents, Event, Part, Reach
from stock_requests.models import RequestLine, StockRequest
from stock_requests.rights import READ, visible_requests
from stock_requests.wording import destination_of

__all__ = ["REQUESTS"]

_WORDS: Final[Mapping[str, str]] = {
    "create": "Request drafted",
    "change": "Request changed",
    "submit": "Requested",
    "approve": "Request approved",
    "change_line": "Request line changed",
    "withdraw_approval": "Approval withdrawn",
    "delete": "Request thrown away",
    "reject": "Request rejected",
    "rollback": "Request taken back",
    "cancel": "Request cancelled",
    "pick": "Picked for a request",
    "fulfil": "Request fulfilled",
    "back_order": "Back-ordered",
}
#: From here on what was approved is what it is about.
_DECIDED: Final = frozenset({"approve", "pick", "fulfil"})


def _rows(reach: Reach) -> QuerySet[Any]:
    if not reach.access.may(READ):
        return StockRequest.objects.none()
    lines = RequestLine.objects.order_by().filter(sku=reach.sku)
    mine = lines.filter(request=OuterRef("pk")).values("request")
    rows = visible_requests(access=reach.access).filter(pk__in=lines.values("request"))
    if reach.chosen is not None:
        rows = rows.filter(Q(from_warehouse=reach.chosen) | Q(to_warehouse=reach.chosen))
    return rows.select_related("from_warehouse", "to_warehouse", "to_room", "department").annotate(
        asked_units=Subquery(mine.annotate(units=Sum("requested")).values("units")),
        approved_units=Subquery(mine.annotate(units=Sum("approved")).values("units")),
    )


def _tell(change: StateChange, row: Any) -> Event:
    words = _WORDS.get(change.action, f"Request: {change.action.replace('_', ' ')}")
    is_decided = change.action in _DECIDED and row.approved_units is not None
    return told(
        change,
        row,
        part=REQUESTS.name,
        name=row.name,
        words=words,
        place=f"{row.from_warehouse.name} → {destination_of(row)}",
        units=row.approved_units if is_decided else row.asked_units,
    )


REQUESTS: Final = Part(
    "requests",
    "Requests",
    "assignment",
    documents=Documents(StockRequest.prefix, _rows, _tell),
)
