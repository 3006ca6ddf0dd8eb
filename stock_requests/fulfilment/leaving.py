"""The one posting with which goods go where the request wants them, and with which its reservations end.

To another warehouse, or a room there: a transfer, shipped at once. To a room of the source: they are moved to a bin of
it. To a department, or to whoever fetches them: they leave for good.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils import timezone

from inventory.ledger import DocumentRef, Line, Mode, post
from inventory.models import DocumentType, ReasonCode, Reservation, Transfer
from inventory.reservations import Taking, as_unavailable
from inventory.transfers import WRITE as TRANSFERS_WRITE
from inventory.transfers import WantedLine, create_transfer, ship_transfer
from stock_requests.fulfilment.bins import bins_in
from stock_requests.fulfilment.outcomes import Outcome
from stock_requests.models import StockRequest
from warehouses.access import Access
from warehouses.models import Room, Warehouse
from warehouses.refusals import Problem, Refusal, RuleBroken, readdressed

__all__ = ["Gone", "let_go"]

_HANDED_OUT: Final = "stock_request"
_MOVED: Final = "put_away"


@dataclass(frozen=True, slots=True)
class Gone:
    """When it was, and the transfer that brings the goods, if one does."""

    at: datetime
    transfer: Transfer | None = None


def let_go(
    *,
    access: Access,
    request: StockRequest,
    outcomes: Sequence[Outcome],
    note: str,
    recorded_at: datetime | None,
) -> Gone:
    """Post what `outcomes` say of the locked request, all of it or nothing; their reservations are at hand.

    Raises Conflict `STOCK_UNAVAILABLE`, `BIN_FULL`, `WAREHOUSE_INACTIVE`, Forbidden `READONLY_WAREHOUSE`, RuleBroken
    `SAME_LOCATION`, `ROOM_HAS_NO_BIN`, and as the ledger does.
    """
    document = DocumentRef(DocumentType.STOCK_REQUEST, request.pk)
    going = [outcome for outcome in outcomes if outcome.quantity]
    taking = Taking(
        access,
        document,
        _reservations(request, outcomes),
        {o.line.reservation_id: o.quantity for o in going if o.line.reservation_id is not None},
        note,
        [outcome.row for outcome in going],
    )
    goal = request.to_warehouse
    if goal is not None and going:
        if goal.pk != request.from_warehouse_id:
            return _send(access, request, goal, going, taking, recorded_at)
        if request.to_room is None:
            detail = f"The room of {goal.name} that the goods were to go to is gone."
            problem = Problem("SAME_LOCATION", detail, field="to_room")
            raise RuleBroken("SAME_LOCATION", detail, problems=[problem])
        lines = _moves(request, request.to_room, going, note)
    else:
        lines = _issues(request, going, note)
    return _post(access, document, lines, taking, recorded_at)


def _reservations(request: StockRequest, outcomes: Sequence[Outcome]) -> list[Reservation]:
    found = []
    for outcome in outcomes:
        reservation = outcome.line.reservation
        if reservation is not None:
            reservation.sku, reservation.warehouse = outcome.line.sku, request.from_warehouse
            found.append(reservation)
    return found


def _issues(request: StockRequest, going: Sequence[Outcome], note: str) -> list[Line]:
    reason = _reason(request, _HANDED_OUT) if going else None
    return [
        Line(
            sku=outcome.line.sku,
            warehouse=request.from_warehouse,
            quantity=-outcome.quantity,
            reason=reason,
            note=note,
            reference=request.name,
            is_promised=True,
            index=place,
        )
        for place, outcome in enumerate(going)
    ]


def _moves(request: StockRequest, room: Room, going: Sequence[Outcome], note: str) -> list[Line]:
    """What lies in the room already stays where it is: it is not what was asked to be brought there."""
    reason = _reason(request, _MOVED)
    shelves = bins_in(room, _wanted(going))
    return [
        Line(
            sku=outcome.line.sku,
            warehouse=request.from_warehouse,
            quantity=outcome.quantity,
            reason=reason,
            mode=Mode.MOVE,
            to_bin=shelf,
            from_outside=room,
            keeps_capacity=True,
            note=note,
            reference=request.name,
            index=place,
        )
        for place, (outcome, shelf) in enumerate(zip(going, shelves, strict=True))
    ]


def _post(
    access: Access,
    document: DocumentRef,
    lines: Sequence[Line],
    taking: Taking,
    recorded_at: datetime | None,
) -> Gone:
    every = [*lines, *taking.lines]
    if not every:
        return Gone(recorded_at or timezone.now())
    try:
        posting = post(
            organization=access.organization,
            actor=access.actor,
            lines=every,
            document=document,
            recorded_at=recorded_at,
        )
    except Refusal as refusal:
        raise readdressed(as_unavailable(refusal), taking.rows or [None]) from refusal
    taking.settle(posting)
    return Gone(posting.recorded_at)


def _send(
    access: Access,
    request: StockRequest,
    goal: Warehouse,
    going: Sequence[Outcome],
    taking: Taking,
    recorded_at: datetime | None,
) -> Gone:
    """Who may fulfil the request may send what it asks for to where it goes."""
    places = frozenset({request.from_warehouse_id, goal.pk})
    sender = Access(access.organization, access.actor, {TRANSFERS_WRITE: places})
    room = request.to_room
    shelves = bins_in(room, _wanted(going)) if room is not None else [None for _ in going]
    transfer = create_transfer(
        access=sender,
        from_warehouse=request.from_warehouse,
        to_warehouse=goal,
        lines=[
            WantedLine(outcome.line.sku, outcome.quantity, to_bin=shelf, index=place)
            for place, (outcome, shelf) in enumerate(zip(going, shelves, strict=True))
        ],
        note=taking.note,
        reference=request.name,
        expected_on=request.needed_by,
        created_at=recorded_at,
    )
    shipped = ship_transfer(
        access=sender, transfer=transfer, note=taking.note, taking=taking, recorded_at=recorded_at
    )
    if shipped.shipped_at is None:
        raise RuntimeError("A transfer that was shipped says when.")
    return Gone(shipped.shipped_at, shipped)


def _wanted(going: Sequence[Outcome]) -> list[tuple[UUID, int]]:
    return [(outcome.line.sku_id, outcome.quantity) for outcome in going]


def _reason(request: StockRequest, code: str) -> ReasonCode:
    return ReasonCode.objects.get(organization=request.organization_id, code_key=code)
