"""`GET /api/inventory/analytics`. What its numbers are: tests/inventory/test_analytics.py."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.models import Sku
from tests.factories import make_category, make_product, make_sku, stock
from tests.inventory.api.callers import Caller, problem_of
from tests.inventory.api.volume import make_levels, make_skus
from warehouses.models import Organization, Warehouse

pytestmark = pytest.mark.django_db

PATH = "/api/inventory/analytics"


@pytest.fixture
def api(api: Caller) -> Caller:
    """Its key has been used in this minute: noting that costs one more statement, once."""
    api.get("/nexus/api/inventory/warehouses")
    return api


@pytest.fixture
def tea(organization: Organization, warehouse: Warehouse, second: Warehouse) -> Sku:
    """Ten came ten days ago, and six were sold five days ago in one place; four are dead in the other, with cups."""
    category = make_category(organization, "Tea")
    sku = make_sku(
        organization, "TEA", product=make_product(organization, "Tea", category), unit_cost=Decimal("2.50")
    )
    now = timezone.now()
    stock(sku, warehouse, 10, recorded_at=now - timedelta(days=10), code="supplier_receipt")
    stock(sku, warehouse, -6, recorded_at=now - timedelta(days=5), code="SALE")
    stock(make_sku(organization, "CUP"), second, 4, recorded_at=now - timedelta(days=8))
    return sku


def test_the_report(api: Caller, organization: Organization, tea: Sku) -> None:
    response = api.get(PATH)
    assert response.status_code == 200, response.content
    shown = response.json()
    today = organization.today()
    cup = Sku.objects.get(code="CUP")
    days = {name: shown.pop(name) for name in ("from", "to")}
    assert days["from"] < days["to"]
    points = shown.pop("stockOverTime")
    assert [point["date"] for point in points] == [
        str(today - timedelta(days=back)) for back in range(29, -1, -1)
    ]
    assert (points[0], points[-1]) == (
        {"date": str(today - timedelta(days=29)), "units": 0, "value": 0},
        {"date": str(today), "units": 8, "value": 10},
    )
    assert {point["units"] for point in points} == {0, 10, 14, 8}
    average = sum(point["value"] for point in points) / 30
    assert shown == {
        "fromDate": str(today - timedelta(days=29)),
        "toDate": str(today),
        "timeZone": "UTC",
        "currency": "EUR",
        "locationId": None,
        "categoryId": None,
        "totals": {
            "onHand": 8, "reserved": 0, "held": 0, "available": 8, "value": 10, "skuCount": 2, "skusInStock": 2,
            "lowCount": 0, "criticalCount": 0, "outOfStockCount": 0, "skusWithoutCost": 1,
        },
        "movements": [
            {"reasonCode": "ADJUSTMENT", "name": "Manual adjustment", "unitsIn": 4, "unitsOut": 0, "count": 1},
            {"reasonCode": "SALE", "name": "Retail sale", "unitsIn": 0, "unitsOut": 6, "count": 1},
            {
                "reasonCode": "supplier_receipt", "name": "Received from a supplier", "unitsIn": 10, "unitsOut": 0,
                "count": 1,
            },
        ],
        "interval": "day",
        "turnover": {
            "unitsOut": 6, "cost": 15, "averageValue": pytest.approx(average, abs=0.01),
            "ratio": pytest.approx(15 / average, abs=0.001), "daysOfStock": pytest.approx(30 * average / 15, abs=0.1),
        },
        "topMovers": [
            {"sku": "TEA", "skuId": tea.public_id, "title": tea.title, "unitsOut": 6, "cost": 15, "onHand": 4}
        ],
        "deadStock": [
            {"sku": "CUP", "skuId": cup.public_id, "title": cup.title, "onHand": 4, "value": None, "lastOutAt": None}
        ],
    }  # fmt: skip


def test_by_location_and_category(api: Caller, tea: Sku, warehouse: Warehouse, second: Warehouse) -> None:
    category = tea.product.category
    assert category is not None
    for query, units, named in (
        (f"locationId={warehouse.public_id}", 4, (warehouse.public_id, None)),
        (f"locationId={second.public_id}", 4, (second.public_id, None)),
        (f"categoryId={category.public_id}", 4, (None, category.public_id)),
        (f"locationId={second.public_id}&categoryId={category.public_id}", 0, (second.public_id, category.public_id)),
    ):  # fmt: skip
        shown = api.get(f"{PATH}?{query}").json()
        assert (shown["totals"]["onHand"], (shown["locationId"], shown["categoryId"])) == (units, named)
        assert shown["stockOverTime"][-1]["units"] == units


def test_a_limited_caller_gets_a_report_of_theirs(
    api_with: Callable[..., Caller], tea: Sku, warehouse: Warehouse, second: Warehouse
) -> None:
    bob = api_with(["inventory.read"], warehouses=[second])
    shown = bob.get(PATH).json()
    assert shown["totals"]["onHand"] == 4
    assert "TEA" not in str(shown)
    assert problem_of(bob.get(f"{PATH}?locationId={warehouse.public_id}"))[:2] == (404, "WAREHOUSE_NOT_FOUND")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("fromDate=soon", (400, "INVALID_REQUEST", [("fromDate", "INVALID")])),
        ("toDate=2026-13-01&fromDate=x", (400, "INVALID_REQUEST", [("fromDate", "INVALID"), ("toDate", "INVALID")])),
        ("fromDate=2026-03-12T14:00:00", (400, "INVALID_REQUEST", [("fromDate", "INVALID")])),
        ("fromDate=2020-01-01", (400, "INVALID_REQUEST", [("fromDate", "INVALID_RANGE")])),
        ("fromDate=9999-12-31", (400, "INVALID_REQUEST", [("fromDate", "INVALID_RANGE")])),
        ("toDate=0001-01-01", (400, "INVALID_REQUEST", [("toDate", "INVALID_RANGE")])),
        ("locationId=wh_x", (404, "WAREHOUSE_NOT_FOUND", [("locationId", "WAREHOUSE_NOT_FOUND")])),
        ("categoryId=cat_x", (404, "CATEGORY_NOT_FOUND", [("categoryId", "CATEGORY_NOT_FOUND")])),
        ("page=1", (400, "INVALID_REQUEST", [("page", "UNKNOWN_PARAMETER")])),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named(api: Caller, query: str, expected: Any) -> None:
    assert problem_of(api.get(f"{PATH}?{query}")) == expected


def test_another_organizations_category(api: Caller, rival: Organization) -> None:
    theirs = make_category(rival, "Secret").public_id
    assert problem_of(api.get(f"{PATH}?categoryId={theirs}"))[:2] == (404, "CATEGORY_NOT_FOUND")


def test_a_year_is_told_week_by_week(api: Caller, organization: Organization, tea: Sku) -> None:
    first = organization.today() - timedelta(days=365)
    shown = api.get(f"{PATH}?fromDate={first}").json()
    assert shown["interval"] == "week"
    assert len(shown["stockOverTime"]) in {52, 53}
    assert shown["stockOverTime"][-1] == {"date": str(organization.today()), "units": 8, "value": 10}


@pytest.mark.parametrize("count", [1, 3, 200])
def test_it_costs_the_same_whatever_there_is(
    api: Caller, organization: Organization, warehouse: Warehouse, second: Warehouse, count: int
) -> None:
    make_levels(organization, make_skus(organization, 2 * count), [warehouse, second])
    for sku in Sku.objects.all()[:count]:
        stock(sku, warehouse, -1, code="SALE")
    for query, number in (("", 10), (f"?locationId={warehouse.public_id}", 11)):
        with CaptureQueriesContext(connection) as captured:
            shown = api.get(f"{PATH}{query}").json()
        assert len(captured) == number
        assert len(shown["topMovers"]) == len(shown["deadStock"]) == min(count, 10)
