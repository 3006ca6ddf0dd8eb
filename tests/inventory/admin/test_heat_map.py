"""The heat map: what each channel may be promised in each location, of one SKU, of a category, of all."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from inventory.availability import summary
from tests import factories
from tests.inventory.admin.conftest import House
from tests.inventory.channels.worlds import make_channel, make_rule

pytestmark = pytest.mark.django_db


def heat(client: Client, **query: Any) -> Any:
    return client.get(reverse("admin:inventory_channel_heat"), query)


def cells(page: Any) -> dict[str, list[tuple[str, int]]]:
    """Location → the number and the warmth of each of its cells."""
    rows = re.findall(
        r'<th scope="row"><span class="promise-code">(.*?)</span></th>(.*?)</tr>', page.text, re.DOTALL
    )
    return {
        place: [
            (number, int(step))
            for step, number in re.findall(r'class="heat heat-(\d)"><a href="[^"]*">([\d,]+)</a>', row)
        ]
        for place, row in rows
    }


def test_each_number_is_as_warm_as_it_is_large(house: House, logged_in: type[Client]) -> None:
    web, shop = make_channel(house.organization, "web"), make_channel(house.organization, "shop")
    make_rule(house.sku, house.south, shop, "excluded")
    factories.reserve(house.sku, house.north, 2)
    page = heat(logged_in(house.alice), q="mug-red")
    names = re.findall(r'<th scope="col" class="number">(.*?)</th>', page.text)
    assert names == [shop.name, web.name]
    assert cells(page) == {"North": [("18", 5), ("18", 5)], "South": [("0", 0), ("7", 2)]}
    # Nothing else is stocked, so all stock is the same map; a scanned barcode finds the SKU.
    assert cells(heat(logged_in(house.alice))) == cells(page)
    assert cells(heat(logged_in(house.alice), q="4006381333931")) == cells(page)
    sums = re.findall(r"<tfoot>.*</tfoot>", page.text, re.DOTALL)
    assert re.findall(r">([\d,]+)</td>", sums[0]) == ["18", "25"]


def test_a_number_leads_to_what_is_behind_it(house: House, logged_in: type[Client]) -> None:
    make_channel(house.organization)
    alice = logged_in(house.alice)
    for query, words in (({"q": "MUG-RED"}, "data-term="), ({}, "promise-matrix")):
        links = re.findall(r'class="heat heat-\d"><a href="([^"]*)"', heat(alice, **query).text)
        assert len(links) == 2
        for link in links:
            behind = alice.get(link.replace("&amp;", "&"))
            assert behind.status_code == 200
            assert words in behind.text


def test_a_category_is_a_map_of_its_own(house: House, logged_in: type[Client]) -> None:
    make_channel(house.organization)
    tea = factories.make_category(house.organization, "Tea")
    product = factories.make_product(house.organization, "Assam", category=tea)
    leaves = factories.make_sku(house.organization, "TEA-1", product=product)
    factories.stock(leaves, house.north, 3)
    alice = logged_in(house.alice)
    assert cells(heat(alice, category=str(tea.pk))) == {"North": [("3", 5)]}
    assert cells(heat(alice)) == {"North": [("23", 5)], "South": [("7", 2)]}


def test_only_the_locations_and_the_organization_that_one_sees(house: House, logged_in: type[Client]) -> None:
    make_channel(house.organization)
    make_channel(house.other)
    assert list(cells(heat(logged_in(house.bob)))) == ["North"]
    assert list(cells(heat(logged_in(house.bob), q="MUG-RED"))) == ["North"]
    theirs = factories.make_category(house.other, "Theirs")
    assert heat(logged_in(house.alice), category=str(theirs.pk)).status_code == 422
    page = heat(logged_in(house.charlie), q="MUG-RED")
    assert cells(page) == {}
    assert "No SKU is called" in page.text
    assert "MUG-BLUE" not in heat(logged_in(house.alice), q="MUG").text


def test_a_code_that_is_not_quite_one_offers_those_like_it(house: House, logged_in: type[Client]) -> None:
    make_channel(house.organization)
    page = heat(logged_in(house.alice), q="MUG")
    assert re.findall(r'<a href="\?q=([^"]+)"', page.text) == ["MUG-RED"]


def test_more_than_a_page_can_wait_for_is_asked_to_be_narrowed(
    house: House, logged_in: type[Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_channel(house.organization)
    alice = logged_in(house.alice)
    monkeypatch.setattr(summary, "MOST_PLACES", 2)
    assert cells(heat(alice))
    monkeypatch.setattr(summary, "MOST_PLACES", 1)
    page = heat(alice)
    assert cells(page) == {}
    assert "choose a category" in page.text
    assert cells(heat(alice, q="MUG-RED"))


@pytest.mark.parametrize("count", [1, 3])
def test_its_queries_do_not_grow(
    house: House, logged_in: type[Client], django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    for number in range(count):
        make_channel(house.organization, f"channel-{number}")
        extra = factories.make_sku(house.organization, f"MORE-{number}")
        factories.stock(extra, factories.make_warehouse(house.organization, f"Place {number}"), 4)
    alice = logged_in(house.alice)
    heat(alice)
    with django_assert_num_queries(16):
        heat(alice)
    with django_assert_num_queries(16):
        heat(alice, q="MUG-RED")
