"""What tests of decisions ask again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from inventory.history import history_of
from inventory.models import Reservation, StockLevel
from inventory.verification import verify
from stock_requests.decisions.approving import approve_request
from stock_requests.models import ApprovalRule, RequestLine, RequestState, StockRequest
from tests import factories
from tests.stock_requests.conftest import Ground
from warehouses import transactions
from warehouses.access import Access, access_of_key
from warehouses.models import ApiKey, User
from warehouses.refusals import Refusal

__all__ = [
    "approve",
    "available",
    "history",
    "key_access",
    "lines_of",
    "make_rule",
    "refused",
    "reserved",
    "run",
    "sound",
    "submitted",
]


def run(act: Callable[..., Any], **arguments: Any) -> Any:
    """An act in a transaction of its own, as an edge calls it."""
    return transactions.run(lambda: act(**arguments))


def approve(access: Access, request: StockRequest, **more: Any) -> StockRequest:
    found: StockRequest = run(approve_request, access=access, request=request, **more)
    return found


def refused(kind: type[Refusal], code: str, act: Callable[..., Any], **arguments: Any) -> Refusal:
    """The refusal of an act, after which nothing has changed."""
    before = _everything()
    with pytest.raises(kind) as caught:
        run(act, **arguments)
    assert caught.value.code == code, caught.value.detail
    assert _everything() == before
    return caught.value


def submitted(ground: Ground, *quantities: int, **more: Any) -> StockRequest:
    """A request of the requester for so many of GLOVES, MASKS and SALINE, from Central to Clinic."""
    lines = list(zip(ground.skus, quantities or (10, 20, 30), strict=False))
    return factories.submitted_request(
        ground.source, ground.destination, lines, **{"access": ground.requester} | more
    )


def make_rule(ground: Ground, name: str, approvers: tuple[str, ...] = (), **fields: Any) -> ApprovalRule:
    rule = ApprovalRule.objects.create(organization=ground.organization, name=name, **fields)
    rule.approvers.set([ground.people[each] for each in approvers])
    return rule


def key_access(ground: Ground, *scopes: str, maker: User | None = None) -> Access:
    text = factories.make_key(ground.organization, scopes, created_by=maker)
    return access_of_key(ApiKey.objects.select_related("organization").get(visible_prefix=text[:16]))


def lines_of(request: StockRequest) -> list[RequestLine]:
    return list(RequestLine.objects.filter(request=request).select_related("sku").order_by("position"))


def history(request: StockRequest) -> list[tuple[Any, ...]]:
    """(action, from, to, units, reason, by) of each line."""
    return [
        (each.action, each.from_state, each.to_state, each.quantity, each.note, each.actor_name)
        for each in history_of([request])[request.pk]
    ]


def available(ground: Ground) -> list[int]:
    """What is available of GLOVES, MASKS and SALINE at the source."""
    found = dict(StockLevel.objects.filter(warehouse=ground.source).values_list("sku", "available"))
    return [found[sku.pk] for sku in ground.skus]


def reserved(request: StockRequest) -> list[tuple[str, int, str]]:
    """(SKU, open units, state) of all that was ever reserved for the request."""
    rows = Reservation.objects.filter(document_type="stock_request", document_id=request.pk)
    return list(rows.order_by("created_at", "id").values_list("sku__code", "open", "state"))


def sound() -> bool:
    """Whether `verify_stock` finds nothing."""
    return list(verify()) == []


def _everything() -> list[Any]:
    tables: list[Any] = [StockRequest, RequestLine, Reservation, StockLevel]
    rows = [sorted(table.objects.values_list(), key=str) for table in tables]
    approvals = StockRequest.objects.values_list("approvals", "approvals__withdrawn_at")
    return [*rows, sorted(approvals, key=str), RequestState.values]
