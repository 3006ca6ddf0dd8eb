"""What each request costs in statements: literal numbers, the same for 1, 3 and 500 lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Sku
from inventory.verification import verify
from stock_requests.models import StockRequest
from tests import factories
from tests.inventory.api.callers import Caller
from tests.inventory.api.volume import make_levels, make_skus
from tests.stock_requests.api.desk import PATH, done
from warehouses.models import Organization, Warehouse

SCOPES = ("stockrequests.read", "stockrequests.write", "stockrequests.approve")


def count(number: int, work: Callable[[], Any]) -> Any:
    with CaptureQueriesContext(connection) as captured:
        response = work()
    assert response.status_code < 300, response.content
    made = [query["sql"][:300] for query in captured.captured_queries]
    assert len(made) == number, f"{len(made)}\n" + "\n".join(made)
    return response.json() if response.content else None


@pytest.fixture
def source(organization: Organization) -> Warehouse:
    return Warehouse.objects.get(organization=organization)


@pytest.fixture
def destination(organization: Organization) -> Warehouse:
    return factories.make_warehouse(organization, "Clinic")


@pytest.fixture
def callers(organization: Organization, source: Warehouse, destination: Warehouse) -> tuple[Caller, Caller]:
    """One who asks and one who decides; their keys have been used in this minute: noting that is one statement more."""
    found = tuple(Caller(factories.make_key(organization, SCOPES)) for _ in range(2))
    for caller in found:
        caller.get(PATH)
    return found[0], found[1]


@pytest.fixture(params=[1, 3, 500])
def codes(request: pytest.FixtureRequest, organization: Organization, source: Warehouse) -> list[str]:
    """So many SKUs with ten or a hundred units each."""
    found = make_skus(organization, request.param)
    make_levels(organization, found, [source])
    return found


def test_from_the_draft_to_the_goods(
    callers: tuple[Caller, Caller], codes: list[str], source: Warehouse, destination: Warehouse
) -> None:
    asker, decider = callers
    body = {
        "fromLocationId": source.public_id,
        "toLocationId": destination.public_id,
        "lines": [{"sku": code, "quantity": 5} for code in codes],
    }

    shown = count(26, lambda: asker.post(PATH, body))

    path = f"{PATH}/{shown['id']}"
    rows = [{"lineId": line["id"], "quantity": 6} for line in shown["lines"]]
    count(24, lambda: asker.send("PATCH", path, {"version": 1, "lines": rows}))
    count(32, lambda: asker.post(f"{path}/submit", {}))
    rows = [{**row, "quantity": 4, "reason": "Scarce", "remainder": "back_order"} for row in rows]
    count(48, lambda: decider.post(f"{path}/approve", {"version": 3, "lines": rows, "note": "Fine"}))
    count(19, lambda: decider.get(path))
    count(11, lambda: decider.get(f"{path}/status"))
    count(10, lambda: decider.get(f"{path}/lines?limit=200"))
    count(44, lambda: decider.post(f"{path}/rollback", {"reason": "Again"}))
    count(48, lambda: decider.post(f"{path}/approve", {"lines": rows}))
    rows = [{"lineId": row["lineId"], "quantity": 3} for row in rows]
    count(26, lambda: decider.post(f"{path}/status", {"status": "picking", "lines": rows}))
    short = {"status": "fulfilled", "remainder": "closed", "reason": "Broken"}
    ended = count(69, lambda: decider.post(f"{path}/status", short))

    assert (ended["fulfilled"], ended["closed"], ended["backOrdered"]) == tuple(
        units * len(codes) for units in (3, 1, 2)
    )
    assert StockRequest.objects.filter(back_order_of__isnull=False).count() == 1
    # The stock was written past the ledger, without documents.
    assert [found for found in verify() if found.check != "movement-has-document"] == []


@pytest.mark.parametrize("number", [1, 3])
def test_lists_and_acts_of_several_requests(
    callers: tuple[Caller, Caller],
    organization: Organization,
    source: Warehouse,
    destination: Warehouse,
    number: int,
) -> None:
    asker, decider = callers
    skus = [factories.make_sku(organization, f"S-{index}") for index in range(3)]
    for sku in skus:
        factories.stock(sku, source, 100)
    lines: list[tuple[Sku, int]] = [(sku, 1) for sku in skus[:number]]
    for _ in range(number):
        found = factories.submitted_request(source, destination, lines, note="Weekly round")
    for query in ("", "?sort=-value&sku=S-0&overdue=false&search=weekly"):
        assert len(count(5, lambda query=query: asker.get(f"{PATH}{query}"))["data"]) == number  # type: ignore[misc]
    path = f"{PATH}/{found.public_id}"
    for index in range(number):
        done(asker.post(f"{path}/comment", {"text": f"{index}"}), 201)
    count(17, lambda: asker.get(path))
    count(7, lambda: asker.post(f"{path}/comment", {"text": "x"}))
    count(29, lambda: asker.post(f"{path}/lines", {"sku": "S-0", "quantity": 1}))
    count(27, lambda: decider.post(f"{path}/reject", {"reason": "x"}))
    count(35, lambda: asker.post(f"{path}/rollback", {}))
    count(27, lambda: asker.post(f"{path}/rollback", {}))
    count(7, lambda: asker.send("DELETE", path))
