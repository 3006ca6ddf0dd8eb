"""The requests that the documentation's examples name, all of one documented SKU from the warehouse to the shop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from inventory.demo.documented import STORE, WAREHOUSE_A, key_of
from inventory.models import Sku
from stock_requests.decisions.approving import approve_request, reject_request
from stock_requests.demo.cast import APPROVER, MANAGER, Cast
from stock_requests.demo.documented import APPROVED, DOUBTFUL, DRAFT, LINES, REJECTED, SPARE, SUBMITTED
from stock_requests.drafting import Destination, WantedLine, create_request, submit_request
from stock_requests.models import StockRequest
from warehouses.models import Warehouse

__all__ = ["examples"]

#: What is done at which time.
Act = tuple[datetime, Callable[[datetime], Any]]


def examples(cast: Cast, *, now: datetime) -> Iterator[Act]:
    """What is done to bring each of them to its state."""
    asks = (
        (DRAFT, 3, 24, "The shop runs short of the large bottles"),
        (SPARE, 33, 6, "Perhaps not after all"),
        (SUBMITTED, 5, 24, "The shop runs short of the large bottles"),
        (DOUBTFUL, 7, 40, "For the summer window"),
        (REJECTED, 52, 36, "In case it gets warm"),
        (APPROVED, 8, 12, "For the weekend"),
    )
    for public_id, hours, quantity, note in asks:
        began = now - timedelta(hours=hours)
        yield began, partial(_draft, cast, public_id, quantity, note)
        if public_id in {DRAFT, SPARE}:
            continue
        yield began + timedelta(minutes=10), partial(_submit, cast, public_id)
        if public_id == REJECTED:
            reason = "The shop has 40 of them on the shelf"
            yield began + timedelta(hours=4), partial(_reject, cast, public_id, reason)
        if public_id == APPROVED:
            yield began + timedelta(hours=2), partial(_approve, cast, public_id, "With the morning van")


def _draft(cast: Cast, public_id: str, quantity: int, note: str, at: datetime) -> None:
    organization = cast.organization
    request = create_request(
        access=cast.access(MANAGER),
        from_warehouse=Warehouse.objects.get(pk=key_of(WAREHOUSE_A)),
        to=Destination(Warehouse.objects.get(pk=key_of(STORE))),
        needed_by=organization.today() + timedelta(days=8),
        note=note,
        lines=[WantedLine(Sku.objects.get(organization=organization, code="SKU-002"), quantity)],
        key=key_of(public_id),
        created_at=at,
    )
    if public_id in LINES:
        request.lines.update(id=key_of(LINES[public_id]))


def _submit(cast: Cast, public_id: str, at: datetime) -> None:
    submit_request(access=cast.access(MANAGER), request=_request(public_id), at=at)


def _approve(cast: Cast, public_id: str, note: str, at: datetime) -> None:
    approve_request(access=cast.access(APPROVER), request=_request(public_id), note=note, recorded_at=at)


def _reject(cast: Cast, public_id: str, reason: str, at: datetime) -> None:
    reject_request(access=cast.access(APPROVER), request=_request(public_id), reason=reason, recorded_at=at)


def _request(public_id: str) -> StockRequest:
    return StockRequest.objects.get(pk=key_of(public_id))
