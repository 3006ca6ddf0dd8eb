"""Requests that the warehouse works on: approved through the product's own door, and begun to be picked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from inventory.models import Sku
from stock_requests.decisions.approving import LineDecision, approve_request
from stock_requests.fulfilment import Fulfilled, fulfil_request, pick_request
from stock_requests.models import Department, RequestLine, StockRequest
from tests import factories
from tests.stock_requests.conftest import Ground
from warehouses import transactions
from warehouses.models import Room, Warehouse

__all__ = ["approved_request", "fulfil", "lines_of", "picking_request"]

To = Warehouse | Room | Department | None


def approved_request(
    ground: Ground,
    to: To,
    wanted: Iterable[tuple[Sku, int]],
    decisions: Sequence[LineDecision] = (),
    **fields: Any,
) -> StockRequest:
    """Made by the requester, approved by the approver as `decisions` say, or as it is."""
    request = factories.submitted_request(ground.source, to, wanted, access=ground.owner, **fields)
    if decisions:
        keys = [line.pk for line in lines_of(request)]
        decisions = [
            LineDecision(keys[each.index], each.quantity, each.reason, each.remainder, each.substitutes)
            for each in decisions
        ]
    return transactions.run(lambda: approve_request(access=ground.approver, request=request, lines=decisions))


def picking_request(
    ground: Ground,
    to: To,
    wanted: Iterable[tuple[Sku, int]],
    decisions: Sequence[LineDecision] = (),
    **fields: Any,
) -> StockRequest:
    request = approved_request(ground, to, wanted, decisions, **fields)
    return transactions.run(lambda: pick_request(access=ground.picker, request=request))


def fulfil(
    ground: Ground, request: StockRequest, *said: tuple[int, int | None] | Fulfilled, **given: Any
) -> StockRequest:
    """`said` are (the place of the line, units), or rows as they are."""
    keys = [line.pk for line in lines_of(request)]
    rows = [
        each if isinstance(each, Fulfilled) else Fulfilled(keys[each[0]], each[1], index=index)
        for index, each in enumerate(said)
    ]
    return transactions.run(
        lambda: fulfil_request(**{"access": ground.picker, "request": request, "lines": rows} | given)
    )


def lines_of(request: StockRequest) -> list[RequestLine]:
    return list(
        RequestLine.objects.filter(request=request)
        .select_related("sku", "reservation", "transfer_line")
        .order_by("position")
    )
