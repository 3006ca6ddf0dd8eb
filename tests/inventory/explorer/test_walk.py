"""Paging both ways, in every order, over rows that are equal in it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from inventory.explorer.filters import SORTS
from inventory.explorer.walk import walk
from inventory.models import Sku, StockLevel, StockSummary
from tests import factories
from warehouses.models import Organization

pytestmark = pytest.mark.django_db

# Many that are equal: the mark of a page has to say where among them it is.
QUANTITIES = (0, 5, 5, 5, 5, 0, 40, 40, 7, 0, 5)


@pytest.fixture
def skus(organization: Organization) -> list[Sku]:
    made = []
    for number, quantity in enumerate(QUANTITIES):
        sku = factories.make_sku(organization, f"W-{number:02d}", reorder_point=20, safety_stock=6)
        factories.stock(sku, organization.default_warehouse, quantity + 1)
        if quantity == 0:
            factories.stock(sku, organization.default_warehouse, -1)
        made.append(sku)
    return made


def codes(keys: list[UUID]) -> list[str]:
    found = dict(Sku.objects.filter(pk__in=keys).values_list("pk", "code"))
    return [found[key] for key in keys]


def all_forward(rows: Any, sort: str, size: int) -> list[list[UUID]]:
    pages, after = [], ""
    while True:
        page = walk(rows, sort, size, after=after)
        pages.append(page.keys)
        after = page.after
        if not after:
            return pages


ORDERED = {
    "code": list(range(11)),
    "available": [0, 5, 9, 1, 2, 3, 4, 10, 8, 6, 7],
    "on_hand": [0, 5, 9, 1, 2, 3, 4, 10, 8, 6, 7],
    # Out of stock; critical, which is 6 or less; low, which is less than 20; normal.
    "status": [0, 5, 9, 1, 2, 3, 4, 10, 8, 6, 7],
}


@pytest.mark.parametrize("model", [StockSummary, StockLevel])
@pytest.mark.parametrize("turned", ["", "-"])
@pytest.mark.parametrize("name", SORTS)
def test_each_order_has_every_row_once_and_leads_back(
    skus: list[Sku], organization: Organization, model: Any, name: str, turned: str
) -> None:
    rows = model.objects.order_by().filter(organization=organization)
    sort = f"{turned}{name}"
    wanted = [f"W-{number:02d}" for number in ORDERED[name]]
    if turned and name == "status":
        wanted = [f"W-{number:02d}" for number in (6, 7, 8, 1, 2, 3, 4, 10, 0, 5, 9)]
    elif turned:
        wanted.reverse()
    pages = all_forward(rows, sort, 3)
    assert [code for page in pages for code in codes(page)] == wanted
    assert [len(page) for page in pages] == [3, 3, 3, 2]
    # And back, from the last page to the first.
    page = walk(rows, sort, 3, after=_mark_after(rows, sort, 3))
    back = [page.keys]
    while page.before:
        page = walk(rows, sort, 3, before=page.before)
        back.append(page.keys)
    assert back[::-1] == pages


def _mark_after(rows: Any, sort: str, pages: int) -> str:
    after = ""
    for _ in range(pages):
        after = walk(rows, sort, 3, after=after).after
    return after


def test_marks_that_are_none_lead_to_the_first_page(skus: list[Sku], organization: Organization) -> None:
    rows = StockSummary.objects.order_by().filter(organization=organization)
    for sort, mark in (
        ("available", "W-03"),
        ("available", "x:W-03"),
        ("available", f"{10**40}:W-03"),
        ("available", "5:"),
        ("status", "nonsense:W-03"),
        ("status", "low"),
    ):
        assert walk(rows, sort, 3, after=mark) == walk(rows, sort, 3), (sort, mark)
        assert walk(rows, sort, 3, before=mark) == walk(rows, sort, 3), (sort, mark)


def test_coming_back_past_the_beginning_is_the_first_page(
    skus: list[Sku], organization: Organization
) -> None:
    rows = StockSummary.objects.order_by().filter(organization=organization)
    assert walk(rows, "code", 3, before="w-02") == walk(rows, "code", 3)
    assert walk(rows, "code", 3, before="w-02").before == ""


def test_a_page_costs_a_query_and_in_the_order_of_status_four(
    skus: list[Sku], organization: Organization, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    rows = StockSummary.objects.order_by().filter(organization=organization)
    for sort, number in (("code", 1), ("available", 1), ("-on_hand", 1), ("status", 4)):
        with django_assert_num_queries(number):
            walk(rows, sort, 50)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="how PostgreSQL walks an index")
@pytest.mark.parametrize(
    ("sort", "mark"), [("code", "w-03"), ("available", "5:w-03"), ("-on_hand", "5:w-03")]
)
def test_postgresql_begins_in_the_index_at_the_mark(
    skus: list[Sku], organization: Organization, sort: str, mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not before it: among a hundred thousand SKUs without stock each page would read them all again."""
    rows = StockSummary.objects.order_by().filter(organization=organization)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    with CaptureQueriesContext(connection) as asked:
        walk(rows, sort, 3, after=mark)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {asked[0]['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index" in plan
    assert "Filter" not in plan
    assert "Sort Key" not in plan
