"""Put-away tasks in the back office: planned, completed and cancelled with forms, by those who may."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inventory import put_away
from inventory.models import PutAway, StockItem
from inventory.verification import verify
from tests import factories
from tests.inventory.admin.conftest import House
from warehouses import transactions
from warehouses.access import access_of_system
from warehouses.models import Bin

pytestmark = pytest.mark.django_db

LIST = "/admin/inventory/putaway/"
ADD = f"{LIST}add/"


@pytest.fixture
def shelf(house: House) -> Bin:
    return factories.make_bin(house.north, "A-1", capacity=8, barcode="scan-me")


def task(house: House, shelf: Bin, quantity: int = 5, **more: Any) -> PutAway:
    goods = [put_away.GoodsToPut(house.sku, quantity, house.north.bins.get(is_default=True), to_bin=shelf)]
    access = access_of_system(house.organization)
    return transactions.run(
        lambda: put_away.create_put_away(access=access, warehouse=house.north, goods=goods, **more)
    )


def contents(house: House) -> dict[str, int]:
    items = StockItem.objects.filter(warehouse=house.north, on_hand__gt=0)
    return dict(items.values_list("bin__code", "on_hand"))


def lines(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    names = ("sku", "quantity", "lot", "from_bin", "to_bin")
    filled = [*rows, {}, {}]
    sent = {f"lines-{place}-{name}": row.get(name, "") for place, row in enumerate(filled) for name in names}
    return {
        "lines-TOTAL_FORMS": len(filled),
        "lines-INITIAL_FORMS": 0,
        "reference": "",
        "note": "",
        **sent,
        **more,
    }


def done(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    sent = {
        f"lines-{place}-{name}": row.get(name, "")
        for place, row in enumerate(rows)
        for name in ("quantity", "to_bin")
    }
    return {"lines-TOTAL_FORMS": len(rows), "lines-INITIAL_FORMS": len(rows), "note": "", **sent, **more}


class TestPlanning:
    def test_a_task_with_a_suggested_bin_and_a_named_one(
        self, house: House, logged_in: type[Client], shelf: Bin
    ) -> None:
        alice = logged_in(house.alice)
        assert "Choose a location" in alice.get(ADD).content.decode()
        page = alice.get(f"{ADD}?location={house.north.pk}").content.decode()
        assert "From bin" in page
        other = factories.make_bin(house.north, "A-2")
        sent = lines(
            {"sku": "MUG-RED", "quantity": 3, "from_bin": "main"},
            {"sku": "4006381333931", "quantity": 2, "from_bin": "MAIN", "to_bin": "a-2"},
            reference="GR-1",
        )
        response = alice.post(f"{ADD}?location={house.north.pk}", sent)
        made = PutAway.objects.get()
        assert response["Location"] == f"{LIST}{made.pk}/change/"
        assert (made.reference, made.actor_name) == ("GR-1", "alice@acme.example")
        first, last = made.lines.order_by("position")
        assert (first.to_bin, first.is_suggested, first.quantity) == (other, True, 3)
        assert (last.to_bin, last.is_suggested, last.quantity) == (other, False, 2)
        assert contents(house) == {"MAIN": 20}

    @pytest.mark.parametrize(
        ("row", "words"),
        [
            ({"sku": "MUG-RED", "quantity": 1}, "Say from which bin"),
            (
                {"sku": "MUG-RED", "quantity": 21, "from_bin": "MAIN"},
                "has 20 units in MAIN that can be moved",
            ),
            ({"sku": "MUG-RED", "quantity": 9, "from_bin": "MAIN"}, "no bin with room for 1 of the 9"),
            ({"sku": "MUG-RED", "quantity": 1, "from_bin": "MAIN", "to_bin": "MAIN"}, "lies in MAIN already"),
            ({"sku": "MUG-RED", "quantity": 1, "from_bin": "NOWHERE"}, "North has no such bin"),
            ({"sku": "MUG-BLUE", "quantity": 1, "from_bin": "MAIN"}, "There is no such SKU"),
        ],
    )
    def test_what_is_wrong_stands_beside_its_field(
        self, house: House, logged_in: type[Client], shelf: Bin, row: dict[str, Any], words: str
    ) -> None:
        response = logged_in(house.alice).post(f"{ADD}?location={house.north.pk}", lines(row))
        assert response.status_code == 422
        assert words in response.content.decode()
        assert not PutAway.objects.exists()

    def test_who_may(self, house: House, logged_in: type[Client], shelf: Bin) -> None:
        sent = lines({"sku": "MUG-RED", "quantity": 1, "from_bin": "MAIN"})
        assert logged_in(house.vera).post(f"{ADD}?location={house.north.pk}", sent).status_code == 403
        assert logged_in(house.bob).post(f"{ADD}?location={house.south.pk}", sent).status_code == 422
        assert logged_in(house.charlie).post(f"{ADD}?location={house.north.pk}", sent).status_code == 422
        assert not PutAway.objects.exists()
        assert logged_in(house.bob).post(f"{ADD}?location={house.north.pk}", sent).status_code == 302


class TestActs:
    def test_complete_as_planned_or_otherwise(
        self, house: House, logged_in: type[Client], shelf: Bin
    ) -> None:
        factories.make_bin(house.north, "A-2", barcode="other")
        alice = logged_in(house.alice)
        made = task(house, shelf)
        page = alice.get(f"{LIST}{made.pk}/complete/").content.decode()
        assert "5 from MAIN to A-1" in page
        assert alice.post(f"{LIST}{made.pk}/complete/", done({"quantity": 5})).status_code == 302
        assert contents(house) == {"A-1": 5, "MAIN": 15}
        made = task(house, shelf)
        sent = done({"quantity": 2, "to_bin": "OTHER"}, note="the shelf was full")
        assert alice.post(f"{LIST}{made.pk}/complete/", sent).status_code == 302
        assert contents(house) == {"A-1": 5, "A-2": 2, "MAIN": 13}
        page = alice.get(f"{LIST}{made.pk}/change/").content.decode()
        assert "3 of MUG-RED in MAIN" in page
        assert "the shelf was full" in page
        assert "Complete…" not in page
        assert list(verify()) == []

    @pytest.mark.parametrize(
        ("row", "words"),
        [
            ({"quantity": 6}, "about 5 units"),
            ({"quantity": 0}, "cancel the task instead"),
            ({"quantity": ""}, "This field is required"),
            ({"quantity": 5, "to_bin": "NOWHERE"}, "North has no such bin"),
            ({"quantity": 5, "to_bin": "MAIN"}, "lies in MAIN already"),
            ({"quantity": 5}, "has room for 3 more"),
        ],
    )
    def test_a_completion_that_is_wrong(
        self, house: House, logged_in: type[Client], shelf: Bin, row: dict[str, Any], words: str
    ) -> None:
        made = task(house, shelf)
        other = factories.make_sku(house.organization, "PLATE")
        factories.stock(other, house.north, 5, bin=shelf)
        response = logged_in(house.alice).post(f"{LIST}{made.pk}/complete/", done(row))
        assert response.status_code == 422
        assert words in response.content.decode()
        made.refresh_from_db()
        assert made.state == "open"

    def test_cancel_and_twice(self, house: House, logged_in: type[Client], shelf: Bin) -> None:
        alice = logged_in(house.alice)
        made = task(house, shelf)
        assert "the goods stay where they are" in alice.get(f"{LIST}{made.pk}/cancel/").content.decode()
        assert alice.post(f"{LIST}{made.pk}/cancel/", {"note": "twice"}).status_code == 302
        response = alice.post(f"{LIST}{made.pk}/complete/", done({"quantity": 5}))
        assert (response.status_code, "is cancelled" in response.content.decode()) == (422, True)
        assert contents(house) == {"MAIN": 20}

    def test_who_may(self, house: House, logged_in: type[Client], shelf: Bin) -> None:
        made = task(house, shelf)
        vera, charlie = logged_in(house.vera), logged_in(house.charlie)
        assert "Complete…" not in vera.get(f"{LIST}{made.pk}/change/").content.decode()
        for name in ("complete", "cancel"):
            assert vera.post(f"{LIST}{made.pk}/{name}/", done({"quantity": 5})).status_code == 403
            assert charlie.post(f"{LIST}{made.pk}/{name}/", done({"quantity": 5})).status_code in {403, 404}
        assert charlie.get(f"{LIST}{made.pk}/change/").status_code == 404
        assert contents(house) == {"MAIN": 20}


class TestLists:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("q=GR-", {"GR-1", "GR-2"}),
            ("q=mug", {"GR-1", "GR-2"}),
            ("q=4006381333931", {"GR-1", "GR-2"}),
            ("q=A-1", {"GR-1", "GR-2"}),
            ("q=nothing", set()),
            ("state__exact=cancelled", {"GR-2"}),
        ],
    )
    def test_search_and_filters(
        self, house: House, logged_in: type[Client], shelf: Bin, query: str, found: set[str]
    ) -> None:
        task(house, shelf, reference="GR-1")
        other = task(house, shelf, reference="GR-2")
        access = access_of_system(house.organization)
        transactions.run(lambda: put_away.cancel_put_away(access=access, task=other))
        page = logged_in(house.alice).get(f"{LIST}?{query}").content.decode()
        assert {name for name in ("GR-1", "GR-2") if f">{name}</a>" in page} == found

    @pytest.mark.parametrize("count", [1, 3])
    def test_statements(self, house: House, logged_in: type[Client], shelf: Bin, count: int) -> None:
        alice = logged_in(house.alice)
        for _ in range(count):
            made = task(house, shelf, 1)
        for address, number in ((LIST, 17), (f"{LIST}{made.pk}/change/", 16)):
            alice.get(address)
            with CaptureQueriesContext(connection) as captured:
                assert alice.get(address).status_code == 200
            assert len(captured) == number, "\n".join(query["sql"][:150] for query in captured)
