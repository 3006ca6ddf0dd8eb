"""The analytics page. What its numbers are: tests/inventory/test_analytics.py."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.models import Sku
from tests import factories
from tests.inventory.admin.conftest import House

pytestmark = pytest.mark.django_db

PAGE = "/admin/inventory/stocklevel/analytics/"


def text(client: Client, query: str = "", status: int = 200) -> str:
    response = client.get(f"{PAGE}{query}")
    assert response.status_code == status
    return str(response.content.decode())


def test_figures_chart_and_tables(house: House, logged_in: type[Client]) -> None:
    Sku.objects.filter(pk=house.sku.pk).update(unit_cost=Decimal("2.50"))
    factories.stock(house.sku, house.north, -4, code="SALE")
    factories.stock(factories.make_sku(house.organization, "DUSTY", title="Dusty vase"), house.south, 3)
    page = text(logged_in(house.alice))
    for words in ("Units on hand", "57.50", "Retail sale", "Red mug", "Dusty vase", "Never", "Turned over"):
        assert words in page, words
    assert page.count("<rect ") == 30
    assert 'height="100.00"' in page


def test_by_location_category_and_days(house: House, logged_in: type[Client]) -> None:
    alice = logged_in(house.alice)
    category = factories.make_category(house.organization, "Vases")
    day = house.organization.today() - timedelta(days=3)
    assert "<dd>7</dd>" in text(alice, f"?location={house.south.pk}")
    assert "<dd>27</dd>" in text(alice)
    assert "Red mug" not in text(alice, f"?category={category.pk}")
    assert text(alice, f"?first={day}").count("<rect ") == 4
    assert "at the end of each week" in text(alice, f"?first={day - timedelta(days=200)}")
    for query in (
        "?first=2001-01-01", "?first=2999-01-01", "?last=1900-01-01", "?first=x", f"?location={house.other.pk}",
        "?location=x",
    ):  # fmt: skip
        assert "form-error" in text(alice, query, 422)


def test_a_limited_person_sees_their_warehouse(house: House, logged_in: type[Client]) -> None:
    bob = logged_in(house.bob)
    assert "<dd>20</dd>" in text(bob)
    assert "South" not in text(bob)
    assert "form-error" in text(bob, f"?location={house.south.pk}", 422)
    assert "Mug" not in text(logged_in(house.charlie)).replace("Blue mug", "")
    assert 'href="/admin/inventory/stocklevel/analytics/"' in text(bob)


def test_a_person_without_the_right_does_not(house: House, logged_in: type[Client]) -> None:
    plain = factories.make_person("nina@acme.example", {house.organization: []}, is_staff=True)
    assert logged_in(plain).get(PAGE).status_code == 403


def test_it_costs_the_same_whatever_there_is(house: House, logged_in: type[Client]) -> None:
    alice = logged_in(house.alice)
    text(alice)
    counts = set()
    for number in (1, 3, 30):
        for place in range(number):
            sku = factories.make_sku(house.organization, f"A{number}-{place}")
            factories.stock(sku, house.north, 5, recorded_at=timezone.now() - timedelta(days=2))
            factories.stock(sku, house.north, -1, code="SALE")
        with CaptureQueriesContext(connection) as captured:
            text(alice)
        counts.add(len(captured))
    assert len(counts) == 1, counts
