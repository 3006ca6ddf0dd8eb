"""The pages of one SKU's stock. What the timeline says: tests/inventory/sku_page."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from inventory.admin.sku_head import PAGE_URL
from inventory.models import Channel, Sku, StockItem, StockLevel
from tests import factories
from tests.inventory.admin.conftest import House
from warehouses.identifiers import encode, new_id

pytestmark = pytest.mark.django_db

#: Queries of each page, whatever there is to show.
STOCK, TIMELINE, PROMISE = 40, 34, 16


def address(sku: Sku, page: str = "", query: str = "") -> str:
    return f"/admin/stock/{sku.public_id}/{page}{query}"


def text(client: Client, sku: Sku, page: str = "", query: str = "", status: int = 200) -> str:
    response = client.get(address(sku, page, query))
    assert response.status_code == status
    return str(response.content.decode())


def cells(page: str, section: str) -> list[list[str]]:
    """The rows of the table in the section or region of that name, without their markup."""
    start = page.index(section)
    table = page[page.index("<table", start) : page.index("</table>", start)]
    return [
        [
            " ".join(re.sub(r"<[^>]+>", " ", cell).split())
            for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)
        ]
        for row in re.findall(r"<tr.*?</tr>", table, re.DOTALL)
    ]


def cards(page: str) -> dict[str, str]:
    found = re.findall(r'card-label">([^<]+)</span><span class="card-value">([^<]+)<', page)
    return dict(found)


def test_the_address_is_what_others_link_to(house: House) -> None:
    assert reverse(PAGE_URL, args=(house.sku.public_id,)) == address(house.sku)


def test_where_it_is_by_warehouse_room_bin_and_lot(house: House, logged_in: type[Client]) -> None:
    lot = factories.make_lot(house.sku, "L-7", date(2020, 1, 31))
    shelf = factories.make_bin(house.north, "A-01-1")
    factories.stock(house.sku, house.north, 6, bin=shelf, lot=lot)
    factories.reserve(house.sku, house.north, 4)
    factories.hold(house.sku, house.north, 2, reason="Cracked")
    page = text(logged_in(house.alice), house.sku)
    rows = cells(page, 'id="where"')
    assert [[*row[:1], *row[-6:-1]] for row in rows[1:]] == [
        ["North", "26", "4", "2", "20", "0"],
        ["A-01-1", "6", "0", "0", "6", ""],
        ["MAIN", "20", "4", "2", "14", ""],
        ["South", "7", "0", "0", "7", "0"],
        ["MAIN", "7", "0", "0", "7", ""],
    ]
    assert rows[2][2:4] == ["L-7", "31 Jan 2020 expired"]
    assert cards(page) == {
        "On hand": "33",
        "Reserved": "4",
        "Held": "2",
        "Available": "27",
        "Can be promised": "21",
        "Incoming": "0",
    }
    for words in ("Red mug", "4006381333931", "Cracked", "SO-1", "In stock"):
        assert words in page, words
    north = StockLevel.objects.get(sku=house.sku, warehouse=house.north)
    item = StockItem.objects.get(lot=lot)
    for name, key in (("sku", house.sku.pk), ("stocklevel", north.pk), ("stockitem", item.pk)):
        link = reverse(f"admin:inventory_{name}_correct", args=(key,))
        assert re.search(rf'<a href="{link}"[^>]* data-correct', page), name


def test_who_may_not_adjust_is_offered_no_correction(house: House, logged_in: type[Client]) -> None:
    assert "data-correct" not in text(logged_in(house.vera), house.sku).replace("data-correct-refresh", "")
    page = text(logged_in(house.bob), house.sku)
    level = StockLevel.objects.get(sku=house.sku, warehouse=house.north)
    assert f"/admin/inventory/stocklevel/{level.pk}/correct/" in page


def test_a_limited_person_sees_their_warehouse(house: House, logged_in: type[Client]) -> None:
    """In no figure, row, picture, choice or sum is anything of the other."""
    factories.reserve(house.sku, house.south, 3, reference="SO-SOUTH")
    factories.hold(house.sku, house.south, 1, reason="Held in the South")
    bob = logged_in(house.bob)
    page = text(bob, house.sku)
    assert cards(page)["On hand"] == "20"
    assert cards(page)["Available"] == "20"
    assert "20 on hand" in page
    for view in ("", "timeline/", "promise/"):
        shown = text(bob, house.sku, view)
        assert "south" not in shown.casefold(), view
    there = text(bob, house.sku, "timeline/", f"?warehouse={house.south.public_id}")
    assert there.count("data-part=") == 1
    assert "South" not in text(bob, house.sku, query=f"?warehouse={house.south.public_id}")
    assert cells(text(bob, house.sku, "promise/"), "Term by term")[-1][:2] == ["Can be promised", "20"]


def test_another_organization_with_the_same_code_is_apart(house: House, logged_in: type[Client]) -> None:
    twin = factories.make_sku(house.other, "MUG-RED", title="Their mug")
    factories.stock(twin, house.other.default_warehouse, 99)
    factories.reserve(twin, house.other.default_warehouse, 9, reference="SO-THEIRS")
    alice, charlie = logged_in(house.alice), logged_in(house.charlie)
    for view in ("", "timeline/", "promise/"):
        shown = text(alice, house.sku, view)
        assert "99" not in re.sub(r"<[^>]+>", " ", shown[shown.index("sku-head") :]), view
        assert "THEIRS" not in shown
        assert alice.get(address(twin, view)).status_code == 404
        assert charlie.get(address(house.sku, view)).status_code == 404
        text(charlie, twin, view)


@pytest.mark.parametrize("view", ["", "timeline/", "promise/"])
def test_what_is_not_there_and_who_may_not(house: House, logged_in: type[Client], view: str) -> None:
    alice = logged_in(house.alice)
    for name in (encode("sku", new_id()), encode("wh", house.sku.pk), "sku_x", str(house.sku.pk)):
        assert alice.get(f"/admin/stock/{name}/{view}").status_code == 404
    plain = factories.make_person("nina@acme.example", {house.organization: []}, is_staff=True)
    assert logged_in(plain).get(address(house.sku, view)).status_code == 403
    counter = factories.make_person("cora@acme.example", {house.organization: ["Counter"]})
    assert logged_in(counter).get(address(house.sku, view)).status_code == 403
    assert Client().get(address(house.sku, view)).status_code == 302


def test_what_never_was_anywhere(house: House, logged_in: type[Client]) -> None:
    new = factories.make_sku(house.organization, "NEW-1")
    alice = logged_in(house.alice)
    assert "There never was any of it" in text(alice, new)
    assert "Nothing has happened to it yet" in text(alice, new, "timeline/")
    assert "nothing to promise" in text(alice, new, "promise/")


def test_stock_over_time_with_bands_projection_and_numbers(house: House, logged_in: type[Client]) -> None:
    now = timezone.now()
    mug = factories.make_sku(house.organization, "MUG-OLD", reorder_point=30, safety_stock=10)
    factories.stock(mug, house.north, 100, recorded_at=now - timedelta(days=40))
    factories.stock(mug, house.north, -20, code="SALE", recorded_at=now - timedelta(days=20))
    factories.stock(mug, house.north, -40, code="SALE", recorded_at=now - timedelta(days=2))
    alice = logged_in(house.alice)
    page = text(alice, mug)
    # 60 were sold in 30 days: the 40 that are left last 20 days, and 10 until there are 30.
    today = house.organization.today()
    runs_out, low = today + timedelta(days=20), today + timedelta(days=5)
    assert "Up from 0 to 40 on hand in 90 days; 100 came, 60 went, 0 at the least." in page
    assert f"At 2 a day it lasts 20 days, until about {runs_out:%-d %b %Y}" in page
    assert f"it is below its reorder point from about {low:%-d %b}" in page
    assert "Reorder point 30" in page
    assert "Safety stock 10" in page
    assert "stock-chart-ahead" in page
    numbers = cells(page, "Stock over time, in numbers")
    assert len(numbers) == 91
    assert numbers[1][1:] == ["0", "0", "40"]
    assert numbers[3][1:] == ["0", "40", "40"]
    assert numbers[4][1:] == ["0", "0", "80"]
    assert numbers[41][1:] == ["100", "0", "100"]
    assert numbers[42][1:] == ["0", "0", "0"]
    assert len(cells(text(alice, mug, query="?days=30"), "in numbers")) == 31
    assert "Down from 100 to 40 on hand in 30 days" in text(alice, mug, query="?days=30")
    assert len(cells(text(alice, mug, query="?days=7000&warehouse=x"), "in numbers")) == 91
    # Where nothing was consumed nobody says when it runs out.
    assert "Nothing was consumed in the last 30 days." in text(alice, house.sku)
    assert "stock-chart-ahead" not in text(alice, house.sku)


def test_over_time_in_one_of_several_locations(house: House, logged_in: type[Client]) -> None:
    alice = logged_in(house.alice)
    assert "to 27 on hand" in text(alice, house.sku)
    assert "to 7 on hand" in text(alice, house.sku, query=f"?warehouse={house.south.public_id}")


def test_the_terms_add_up_and_lead_to_their_records(house: House, logged_in: type[Client]) -> None:
    web = Channel.objects.create(organization=house.organization, name="Web shop", code="web", buffer=3)
    StockLevel.objects.filter(sku=house.sku, warehouse=house.north).update(safety_stock=5)
    factories.reserve(house.sku, house.north, 4)
    factories.hold(house.sku, house.north, 2)
    alice = logged_in(house.alice)
    for query, atp in (("", (9, 7)), (f"?channel={web.public_id}", (6, 4)), ("?channel=x", (9, 7))):
        rows = cells(text(alice, house.sku, "promise/", query), "Term by term")
        numbers = [[int(cell.replace(",", "")) for cell in row[1:4]] for row in rows[1:]]
        assert numbers[-1] == [*atp, sum(atp)]
        assert [sum(column) for column in zip(*numbers[:-1], strict=True)] == numbers[-1]
    page = text(alice, house.sku, "promise/", f"?channel={web.public_id}")
    for link in re.findall(r'<a href="([^"]+)" class="row-link">', page):
        assert alice.get(link.replace("&amp;", "&")).status_code == 200, link
    assert f"/admin/inventory/reservation/?q=MUG-RED&amp;warehouse__id__exact={house.north.pk}" in page
    assert "13 units can be promised" not in page
    assert "10 units can be promised to Web shop now, of 21 that are neither reserved nor held" in page


def test_the_timeline_tells_who_why_and_what_was_left(house: House, logged_in: type[Client]) -> None:
    factories.stock(house.sku, house.north, -3, code="DAMAGE", note="Fell off the shelf")
    promised = factories.reserve(house.sku, house.south, 2, reference="SO-77")
    page = text(logged_in(house.alice), house.sku, "timeline/")
    rows = cells(page, "Timeline of MUG-RED")
    assert [row[1:] for row in rows[2:4]] == [
        ["bookmark_added Reserved SO-77", "South", "settings System: system", "+2 reserved", "24", "22"],
        [
            rows[3][1],
            "North MAIN",
            "settings System: system",
            "−3",
            "24",
            "24",
        ],
    ]
    assert "Fell off the shelf" in rows[3][1]
    assert f"/admin/inventory/reservation/{promised.pk}/change/" in page
    assert "This is where its history begins" in page
    for link in re.findall(r'<a href="(/admin/[^"]+)" class="row-link">', page):
        assert logged_in(house.alice).get(link).status_code == 200, link


def test_filters_pages_and_permanent_links_of_the_timeline(house: House, logged_in: type[Client]) -> None:
    alice = logged_in(house.alice)
    for number in range(60):
        factories.stock(house.sku, house.north, 1, note=f"No. {number}.")
    factories.hold(house.sku, house.south, 1)
    first = text(alice, house.sku, "timeline/")
    assert first.count("data-part=") == 50
    assert "history begins" not in first
    older = re.findall(r'href="([^"]+)" class="button-plain" rel="next"', first)[0].replace("&amp;", "&")
    second = text(alice, house.sku, "timeline/", older)
    assert second.count("data-part=") == 13
    assert "This is where its history begins" in second
    shown = re.findall(r"No\. (\d+)\.", first + second)
    assert [int(number) for number in shown] == list(range(59, -1, -1))
    newer = re.findall(r'href="([^"]+)" class="button-plain" rel="prev"', second)[0].replace("&amp;", "&")
    assert re.findall(r"No\. (\d+)\.", text(alice, house.sku, "timeline/", newer)) == shown[:49]
    # A line's own address shows it, however much has happened since.
    here = re.findall(r'<a href="([^"]+)" class="timeline-time"', second)[4].replace("&amp;", "&")
    query, _, anchor = here.partition("#")
    found = text(alice, house.sku, "timeline/", query)
    assert re.findall(r'<tr id="([^"]+)" data-row', found)[0] == anchor
    assert text(alice, house.sku, "timeline/", "?kind=holds").count("data-part=") == 1
    south = text(alice, house.sku, "timeline/", f"?warehouse={house.south.public_id}")
    assert south.count("data-part=") == 2
    assert "Nothing of that kind happened" in text(alice, house.sku, "timeline/", "?who=user")
    for nonsense in (
        "?before=x",
        "?after=1-2",
        "?at=99999999999999999-0",
        "?kind=x&who=y&warehouse=z",
        "?before=1-%00",
    ):
        assert text(alice, house.sku, "timeline/", nonsense).count("data-part=") == 50, nonsense


def test_the_timeline_is_exported_as_it_is_filtered(house: House, logged_in: type[Client]) -> None:
    factories.reserve(house.sku, house.south, 2, reference="=SO-77")
    given = {"page": "sku_timeline", "format": "csv", "query": f"sku={house.sku.public_id}"}

    def lines(client: Client, **more: str) -> list[str]:
        response: Any = client.post("/admin/exports/new/", given | more)
        assert response.status_code == 200, response
        body = b"".join(response.streaming_content) if response.streaming else response.content
        return str(body.decode("utf-8-sig")).splitlines()

    found = lines(logged_in(house.alice))
    assert found[0].startswith("occurred,event,location,place,")
    assert len(found) == 4
    assert "'=SO-77" in found[1]
    assert found[1].endswith(",0,2,0,,27,2,0,25")
    assert len(lines(logged_in(house.bob))) == 2
    assert len(lines(logged_in(house.alice), query=f"{given['query']}&kind=stock")) == 3
    theirs = logged_in(house.charlie).post("/admin/exports/new/", given)
    assert theirs.status_code != 200 or b"MUG-RED" not in theirs.content


def test_each_page_costs_the_same_whatever_there_is(house: House, logged_in: type[Client]) -> None:
    alice = logged_in(house.alice)

    def act(number: int) -> None:
        for place in (house.north, house.south):
            shelf = factories.make_bin(place, f"B-{number}")
            lot = factories.make_lot(house.sku, f"L-{number}-{place.name}")
            factories.stock(house.sku, place, 9, bin=shelf, lot=lot)
            factories.stock(house.sku, place, -1, code="SALE")
            factories.reserve(house.sku, place, 1)
            factories.hold(house.sku, place, 1)

    counts = []
    for numbers in (range(1), range(1, 3)):
        for number in numbers:
            act(number)
        found = []
        for view in ("", "timeline/", "promise/"):
            text(alice, house.sku, view)
            with CaptureQueriesContext(connection) as captured:
                text(alice, house.sku, view)
            found.append(len(captured))
        counts.append(found)
    assert counts == [[STOCK, TIMELINE, PROMISE]] * 2
