"""Stock requests as they are shown.

The names of both ends are part of the document; what lies in the source is not. On hand, available and on order are
therefore shown only to those who see the source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from inventory.api.backoffice.money import worth
from inventory.api.backoffice.objects import history_objects
from inventory.history import history_of
from inventory.models import Reservation, StateChange, Transfer
from stock_requests.approvals.standing import Standing, standings_of
from stock_requests.figures import Figures, figures_of
from stock_requests.models import Comment, Priority, RequestLine, Stocklist, StockRequest
from stock_requests.rights import APPROVE, READ, WRITE
from stock_requests.status import targets_for
from stock_requests.totals import Totals, totals_of
from warehouses.access import Access
from warehouses.http.instants import instant, instant_or_none
from warehouses.http.paging import in_order
from warehouses.identifiers import encode
from warehouses.models.base import PublicModel

__all__ = [
    "comment_object",
    "line_objects",
    "line_page",
    "request_object",
    "request_rows",
    "status_object",
    "version_of",
]

_ROW: Final = (
    "from_warehouse",
    "to_warehouse",
    "to_room",
    "department",
    "category",
    "requested_by",
)


def version_of(request: StockRequest) -> str:
    return f"{request.pk.hex}-{request.version}"


def request_rows(access: Access) -> Callable[[list[UUID]], list[dict[str, Any]]]:
    """What shows the requests of some keys, in their order, without their lines. Two queries."""

    def rows(keys: list[UUID]) -> list[dict[str, Any]]:
        found = StockRequest.objects.filter(pk__in=keys).select_related(*_ROW)
        totals = totals_of(keys)
        return [_row(access, request, totals[request.pk]) for request in in_order(keys, found)]

    return rows


def request_object(access: Access, request: StockRequest) -> dict[str, Any]:
    """A request with its lines, approvals, comments and history, as it is now. A constant number of queries."""
    found = _read(request)
    lines = _lines_of(found)
    comments = found.comments.prefetch_related("mentions").order_by("created_at", "pk")
    return {
        **_row(access, found, totals_of([found.pk])[found.pk]),
        "allowedTransitions": [target.value for target in targets_for(access, found)],
        "approvals": _approvals(standings_of([found])[found.pk]),
        "lines": line_objects(access, found, lines),
        "comments": [comment_object(comment) for comment in comments],
        "history": history_objects(history_of([found])[found.pk]),
    }


def status_object(access: Access, request: StockRequest) -> dict[str, Any]:
    """How far a request has come, how it came there, and where it can go. A constant number of queries."""
    changes = history_of([request])[request.pk]
    last = _last_change(changes)
    return {
        "id": request.public_id,
        "number": request.name,
        "status": request.state,
        "version": request.version,
        "allowedTransitions": [target.value for target in targets_for(access, request)],
        "by": last.actor_name if last else request.actor_name,
        "at": instant(last.created_at if last else request.created_at),
        "reason": (last.note or None) if last else None,
        "submittedAt": instant_or_none(request.submitted_at),
        "decidedAt": instant_or_none(request.decided_at),
        "closedAt": instant_or_none(request.closed_at),
        "approvals": _approvals(standings_of([request])[request.pk]),
        "history": history_objects(changes),
    }


def line_page(access: Access, request: StockRequest) -> Callable[[list[UUID]], list[dict[str, Any]]]:
    """What shows the request's lines of some keys, in their order; all lines are read, for what they ask together."""

    def rows(keys: list[UUID]) -> list[dict[str, Any]]:
        lines = _lines_of(request)
        shown = line_objects(access, request, lines)
        found = dict(zip((line.pk for line in lines), shown, strict=True))
        return [found[key] for key in keys if key in found]

    return rows


def line_objects(access: Access, request: StockRequest, lines: Sequence[RequestLine]) -> list[dict[str, Any]]:
    """The lines, which are all that the request has, in their order."""
    figures: Mapping[UUID, Figures] = figures_of(request, lines) if _sees_source(access, request) else {}
    return [_line(line, figures.get(line.pk)) for line in lines]


def comment_object(comment: Comment) -> dict[str, Any]:
    return {
        "id": comment.public_id,
        "text": comment.text,
        "mentions": sorted(user.email for user in comment.mentions.all()),
        "by": comment.actor_name,
        "at": instant(comment.created_at),
    }


def _read(request: StockRequest) -> StockRequest:
    found: StockRequest = StockRequest.objects.select_related(*_ROW, "submitted_by", "organization").get(
        pk=request.pk
    )
    return found


def _lines_of(request: StockRequest) -> list[RequestLine]:
    return list(request.lines.select_related("sku", "transfer_line").order_by("position"))


def _row(access: Access, request: StockRequest, totals: Totals) -> dict[str, Any]:
    return {
        "id": request.public_id,
        "number": request.name,
        "status": request.state,
        "version": request.version,
        "priority": Priority(request.priority).word,
        "neededBy": request.needed_by.isoformat() if request.needed_by else None,
        "note": request.note or None,
        **_named("fromLocation", request.from_warehouse),
        **_named("toLocation", request.to_warehouse),
        **_named("toRoom", request.to_room),
        **_named("toDepartment", request.department),
        **_named("category", request.category),
        "stocklistId": _id(Stocklist, request.stocklist_id),
        "backOrderOfId": _id(StockRequest, request.back_order_of_id),
        "transferId": _id(Transfer, request.transfer_id),
        "requester": request.requested_by.email if request.requested_by else request.actor_name,
        "createdBy": request.actor_name,
        "createdAt": instant(request.created_at),
        "submittedAt": instant_or_none(request.submitted_at),
        "decidedAt": instant_or_none(request.decided_at),
        "closedAt": instant_or_none(request.closed_at),
        "lineCount": totals.lines,
        "requested": totals.requested,
        "approved": totals.approved,
        "picked": totals.picked,
        "fulfilled": totals.fulfilled,
        "substituted": totals.substituted,
        "backOrdered": totals.back_ordered,
        "closed": totals.closed,
        "remaining": totals.remaining,
        "value": worth(totals.value),
        "currency": access.organization.currency,
    }


def _line(line: RequestLine, figures: Figures | None) -> dict[str, Any]:
    return {
        "id": line.public_id,
        "position": line.position,
        "sku": line.sku.code,
        "skuId": line.sku.public_id,
        "title": line.sku.title,
        "note": line.note or None,
        "requested": line.requested,
        "approved": line.approved,
        "picked": line.picked,
        "fulfilled": line.fulfilled,
        "received": line.transfer_line.received if line.transfer_line else None,
        "substituted": line.substituted,
        "backOrdered": line.back_ordered,
        "closed": line.closed,
        "remaining": line.remaining,
        "changeReason": line.change_reason or None,
        "shortageReason": line.shortage_reason or None,
        "substituteForId": _id(RequestLine, line.substitute_for_id),
        "reservationId": _id(Reservation, line.reservation_id),
        "onHand": figures.on_hand if figures else None,
        "available": figures.available if figures else None,
        "availableAfter": figures.after if figures else None,
        "onOrder": figures.on_order if figures else None,
        "safetyStock": figures.safety_stock if figures else None,
    }


def _approvals(standing: Standing) -> dict[str, Any]:
    return {
        "isSatisfied": standing.is_satisfied,
        "needed": standing.needed,
        "given": standing.given,
        "requirements": [
            {
                "name": requirement.name,
                "needed": requirement.needed,
                "given": list(requirement.given),
                "approvers": list(requirement.approvers),
            }
            for requirement in standing.requirements
        ],
        "approvals": [
            {
                "by": approval.actor_name,
                "onBehalfOf": sorted(user.email for user in approval.on_behalf_of.all()),
                "version": approval.version,
                "note": approval.note or None,
                "at": instant(approval.created_at),
            }
            for approval in standing.approvals
        ],
    }


def _sees_source(access: Access, request: StockRequest) -> bool:
    return any(access.covers(permission, request.from_warehouse_id) for permission in (READ, WRITE, APPROVE))


def _named(name: str, record: Any) -> dict[str, Any]:
    return {
        f"{name}Id": record.public_id if record is not None else None,
        f"{name}Name": record.name if record is not None else None,
    }


def _id(model: type[PublicModel], key: UUID | None) -> str | None:
    return encode(model.prefix, key) if key is not None else None


def _last_change(changes: Sequence[StateChange]) -> StateChange | None:
    """What brought it into the state that it is in."""
    found = [change for change in changes if change.from_state != change.to_state]
    return found[-1] if found else None
