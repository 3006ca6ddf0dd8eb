"""Browsers in which the people of the small organization are logged in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from stock_requests import fulfilment
from stock_requests.decisions import approving
from stock_requests.models import RequestLine, StockRequest
from tests import factories
from tests.stock_requests.conftest import Ground
from warehouses import transactions

__all__ = ["LIST", "Pages", "approved", "page_of", "picking", "sent_lines", "submitted"]

LIST = "/admin/stock_requests/stockrequest/"

Pages = Callable[[str], Client]


@pytest.fixture
def pages(ground: Ground) -> Pages:
    """`pages("requester")`: the back office as this person sees it."""
    stranger = factories.make_organization("Rival")
    people = ground.people | {"outsider": factories.make_person("eve@rival.example", {stranger: ["Owner"]})}

    def logged_in(name: str) -> Client:
        client = Client()
        client.force_login(people[name], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return logged_in


def page_of(found: StockRequest, page: str = "change") -> str:
    return f"{LIST}{found.pk}/{page}/"


def submitted(ground: Ground, *quantities: int, **fields: Any) -> StockRequest:
    """What the requester has handed in: so many units of the first articles, for the destination."""
    lines = list(zip(ground.skus, quantities or (10,), strict=False))
    given: dict[str, Any] = {"to": ground.destination, "access": ground.requester} | fields
    return factories.submitted_request(ground.source, given.pop("to"), lines, **given)


def approved(ground: Ground, *quantities: int, **fields: Any) -> StockRequest:
    found = submitted(ground, *quantities, **fields)
    return transactions.run(lambda: approving.approve_request(access=ground.approver, request=found))


def picking(ground: Ground, *quantities: int, **fields: Any) -> StockRequest:
    found = approved(ground, *quantities, **fields)
    picked = [
        fulfilment.Picked(line.pk, line.approved or 0, index)
        for index, line in enumerate(RequestLine.objects.filter(request=found))
    ]
    return transactions.run(
        lambda: fulfilment.pick_request(access=ground.picker, request=found, picked=picked)
    )


def sent_lines(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What a form of lines sends: the rows, and as many empty ones as it has."""
    filled = [*rows, {}, {}, {}]
    sent: dict[str, Any] = {"lines-TOTAL_FORMS": len(filled), "lines-INITIAL_FORMS": 0}
    for place, row in enumerate(filled):
        for name in ("sku", "quantity", "note", "line"):
            sent[f"lines-{place}-{name}"] = row.get(name, "")
        if row.get("DELETE"):
            sent[f"lines-{place}-DELETE"] = "on"
    return sent | more
