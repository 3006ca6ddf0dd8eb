"""Requests written straight into the database, in any state: for tests of how they are read."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from inventory.models import Sku
from stock_requests.models import RequestLine, RequestState, StockRequest
from warehouses.actors import SYSTEM
from warehouses.models import Warehouse

__all__ = ["write_line", "write_request"]

#: Far from those that requests made through the front door are given.
_numbers = itertools.count(1_000_000)


def write_request(
    from_warehouse: Warehouse,
    asked: Mapping[Sku, int] | None = None,
    *,
    state: RequestState = RequestState.SUBMITTED,
    **fields: Any,
) -> StockRequest:
    """A request for so many units of each SKU."""
    request = StockRequest.objects.create(
        organization=from_warehouse.organization,
        number=next(_numbers),
        from_warehouse=from_warehouse,
        state=state,
        **{"actor_type": SYSTEM.type, "actor_id": SYSTEM.id, "actor_name": SYSTEM.name} | fields,
    )
    for sku, quantity in (asked or {}).items():
        write_line(request, sku, quantity)
    return request


def write_line(request: StockRequest, sku: Sku, requested: int, **fields: Any) -> RequestLine:
    return RequestLine.objects.create(
        request=request, position=request.lines.count(), sku=sku, requested=requested, **fields
    )
