"""Transfers in the back office: drafted, shipped, received and cancelled with forms, by those who may."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inventory import transfers
from inventory.models import StockItem, StockLevel, Transfer
from inventory.verification import verify
from tests import factories
from tests.inventory.admin.conftest import House
from warehouses import transactions
from warehouses.access import access_of_system

pytestmark = pytest.mark.django_db

LIST = "/admin/inventory/transfer/"
ADD = f"{LIST}add/"


def draft(house: House, quantity: int = 5, **more: Any) -> Transfer:
    wanted = {"from_warehouse": house.north, "to_warehouse": house.south} | more
    line = transfers.WantedLine(house.sku, quantity)
    return transactions.run(
        lambda: transfers.create_transfer(access=access_of_system(house.organization), lines=[line], **wanted)
    )


def shipped(house: House, quantity: int = 5) -> Transfer:
    made = draft(house, quantity)
    return transactions.run(
        lambda: transfers.ship_transfer(access=access_of_system(house.organization), transfer=made)
    )


def on_hand(house: House) -> tuple[int, int]:
    levels = StockLevel.objects.filter(sku=house.sku)
    found = dict(levels.values_list("warehouse__name", "on_hand"))
    return found["North"], found["South"]


def lines(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What the form sends: the rows, and three that nobody filled in."""
    names = ("sku", "quantity", "lot", "from_bin", "to_bin")
    filled = [*rows, {}, {}, {}]
    sent = {f"lines-{place}-{name}": row.get(name, "") for place, row in enumerate(filled) for name in names}
    return {"lines-TOTAL_FORMS": len(filled), "lines-INITIAL_FORMS": 0, **sent} | {
        "reference": "",
        "expected_on": "",
        "note": "",
        **more,
    }


def ends(house: House, source: str = "north", destination: str = "south") -> str:
    return f"{ADD}?source={getattr(house, source).pk}&destination={getattr(house, destination).pk}"


class TestDrafting:
    def test_one_page_has_the_ends_and_the_lines(self, house: House, logged_in: type[Client]) -> None:
        alice = logged_in(house.alice)
        page = alice.get(ADD).content.decode()
        assert "Choose a location" in page
        assert "North" in page
        assert page.count('name="lines-') >= 5 * 5
        page = alice.get(ends(house)).content.decode()
        assert "North → South" in page
        assert f'value="{house.south.pk}" selected' in page
        names = re.findall(r'data-column="(\w+)"', page)
        assert names == ["sku", "from_bin", "to_bin", "quantity", "lot"]
        assert re.findall(r'name="then" value="(\w+)"', page) == ["ship", "move"]

    def test_the_ends_are_said_on_the_same_page(self, house: House, logged_in: type[Client]) -> None:
        alice = logged_in(house.alice)
        sent = lines({"sku": "MUG-RED", "quantity": 2}, source=house.north.pk, destination=house.south.pk)
        assert alice.post(ADD, sent).status_code == 302
        made = Transfer.objects.get()
        assert (made.from_warehouse, made.to_warehouse) == (house.north, house.south)
        # What the form says counts, whatever the address had filled it in with.
        assert alice.post(ends(house, "south", "north"), sent).status_code == 302
        assert {each.from_warehouse for each in Transfer.objects.all()} == {house.north}
        alone = lines({"sku": "MUG-RED", "quantity": 2, "to_bin": "MAIN"})
        page = alice.post(ends(house, "north", "north"), alone).content.decode()
        assert "Line 1: Say from which bin." in page
        response = alice.post(ADD, sent | {"destination": ""})
        page = response.content.decode()
        assert (response.status_code, 'value="MUG-RED"' in page) == (422, True)
        assert Transfer.objects.count() == 2

    def test_a_draft(self, house: House, logged_in: type[Client]) -> None:
        lot = factories.make_lot(house.sku, "L-1")
        shelf = factories.make_bin(house.south, "S-1", barcode="scan-me")
        sent = lines(
            {"sku": "mug-red", "quantity": 2},
            {"sku": "4006381333931", "quantity": 3, "lot": "l-1", "from_bin": "MAIN", "to_bin": "SCAN-ME"},
            reference="TO-1",
            expected_on="2026-03-16",
            note="why",
        )
        response = logged_in(house.alice).post(ends(house), sent)
        made = Transfer.objects.get()
        assert response["Location"] == f"{LIST}{made.pk}/change/"
        assert (made.reference, str(made.expected_on), made.note) == ("TO-1", "2026-03-16", "why")
        assert made.actor_name == "alice@acme.example"
        first, other = made.lines.order_by("position")
        assert (first.sku, first.quantity, first.lot, first.to_bin) == (house.sku, 2, None, None)
        assert (other.sku, other.lot, other.to_bin) == (house.sku, lot, shelf)
        assert other.from_bin == house.north.bins.get()

    def test_what_is_wrong_stands_beside_its_field(self, house: House, logged_in: type[Client]) -> None:
        alice = logged_in(house.alice)
        wrong = lines(
            {"sku": "NOBODY", "quantity": 1},
            {"sku": "MUG-RED", "quantity": 0},
            {"sku": "MUG-RED", "quantity": 1, "lot": "NONE"},
        )
        response = alice.post(ends(house), wrong)
        assert response.status_code == 422
        assert "greater than or equal to 1" in response.content.decode()
        wrong = lines(
            {"sku": "NOBODY", "quantity": 1},
            {"sku": "MUG-RED", "quantity": 1, "lot": "NONE", "from_bin": "X", "to_bin": "Y"},
        )
        page = alice.post(ends(house), wrong).content.decode()
        for words in (
            "There is no such SKU",
            "MUG-RED has no such lot",
            "North has no such bin",
            "South has no such bin",
        ):
            assert words in page
        assert "at least one line" in alice.post(ends(house), lines()).content.decode()
        same = alice.post(
            ends(house, "north", "north"), lines({"sku": "MUG-RED", "quantity": 1, "from_bin": "MAIN"})
        )
        assert "name two bins" in same.content.decode()
        assert not Transfer.objects.exists()

    def test_shipped_at_once(self, house: House, logged_in: type[Client]) -> None:
        sent = lines({"sku": "MUG-RED", "quantity": 2}, then="ship")
        response = logged_in(house.alice).post(ends(house), sent, follow=True)
        assert "is on its way" in response.content.decode()
        assert (Transfer.objects.get().state, on_hand(house)) == ("in_transit", (18, 7))

    def test_moved_at_once_from_bin_to_bin(self, house: House, logged_in: type[Client]) -> None:
        shelf = factories.make_bin(house.north, "A-01")
        sent = lines({"sku": "MUG-RED", "quantity": 6, "from_bin": "MAIN", "to_bin": "a-01"}, then="move")
        response = logged_in(house.alice).post(ends(house, "north", "north"), sent, follow=True)
        assert "the goods are where they belong" in response.content.decode()
        assert (Transfer.objects.get().state, on_hand(house)) == ("received", (20, 7))
        assert StockItem.objects.get(sku=house.sku, bin=shelf).on_hand == 6
        assert list(verify()) == []

    def test_what_cannot_leave_is_said_in_its_line_and_nothing_is_written(
        self, house: House, logged_in: type[Client]
    ) -> None:
        cup = factories.make_sku(house.organization, "CUP")
        factories.stock(cup, house.north, 3)
        sent = lines({}, {"sku": "MUG-RED", "quantity": 2}, {"sku": "CUP", "quantity": 4}, then="move")
        response = logged_in(house.alice).post(ends(house), sent)
        page = response.content.decode()
        assert response.status_code == 422
        assert "There is a problem in 1 cell." in page
        assert '<a href="#id_lines-2-quantity">Line 3: CUP in North has 3 available units' in page
        assert 'id="id_lines-2-quantity_error"' in page
        assert 'value="MUG-RED"' in page
        assert not Transfer.objects.exists()
        assert on_hand(house) == (20, 7)

    def test_everything_that_is_wrong_is_said_at_once(self, house: House, logged_in: type[Client]) -> None:
        wrong = lines(
            {"sku": "MUG-RED", "quantity": "many"},
            {"sku": "NOBODY", "quantity": 1},
            {"sku": "MUG-RED", "quantity": "", "from_bin": "Z-9"},
            {"sku": "", "quantity": 3},
        )
        page = logged_in(house.alice).post(ends(house), wrong).content.decode()
        said = re.findall(r'<a href="#id_(lines-\d-\w+)">([^<]+)</a>', page)
        assert said == [
            ("lines-0-quantity", "Line 1: Enter a whole number."),
            ("lines-1-sku", "Line 2: There is no such SKU."),
            ("lines-2-quantity", "Line 3: Say how many units."),
            ("lines-2-from_bin", "Line 3: North has no such bin."),
            ("lines-3-sku", "Line 4: Say which SKU."),
        ]

    def test_sent_twice_it_is_written_once(self, house: House, logged_in: type[Client]) -> None:
        alice = logged_in(house.alice)
        token = re.findall(r'name="token" value="([^"]+)"', alice.get(ends(house)).content.decode())[0]
        sent = lines({"sku": "MUG-RED", "quantity": 2}, then="ship", token=token)
        first, second = (alice.post(ends(house), sent) for _ in range(2))
        assert first["Location"] == second["Location"]
        assert (Transfer.objects.count(), on_hand(house)) == (1, (18, 7))
        # Another form with the same token, and the same form of another person, are no second sending.
        assert alice.post(ends(house), sent | {"note": "Once more"})["Location"] != first["Location"]
        boss = factories.make_person("dora@acme.example", {house.organization: ["Owner"]})
        logged_in(boss).post(ends(house), sent)
        assert (Transfer.objects.count(), on_hand(house)) == (3, (14, 7))

    def test_more_lines_without_javascript(self, house: House, logged_in: type[Client]) -> None:
        sent = lines({"sku": "MUG-RED", "quantity": "x"}, more="1")
        page = logged_in(house.alice).post(ends(house), sent).content.decode()
        assert 'name="lines-8-sku"' in page
        assert 'value="MUG-RED"' in page
        assert "Enter a whole number" not in page

    def test_another_organizations_goods_are_nowhere(self, house: House, logged_in: type[Client]) -> None:
        alice = logged_in(house.alice)
        page = alice.post(ends(house), lines({"sku": "MUG-BLUE", "quantity": 1})).content.decode()
        assert "There is no such SKU" in page
        page = alice.post(ends(house), lines({"sku": "5901234123457", "quantity": 1})).content.decode()
        assert "There is no such SKU" in page
        theirs = house.other.default_warehouse
        assert theirs is not None
        response = alice.get(f"{ADD}?source={theirs.pk}&destination={house.south.pk}")
        assert response.status_code == 422
        assert "valid choice" in response.content.decode()

    def test_who_may(self, house: House, logged_in: type[Client]) -> None:
        sent = lines({"sku": "MUG-RED", "quantity": 1})
        assert logged_in(house.vera).get(ADD).status_code == 403
        assert logged_in(house.vera).post(ends(house), sent).status_code == 403
        assert logged_in(house.bob).post(ends(house), sent).status_code == 422  # South is no choice of his
        assert logged_in(house.charlie).post(ends(house), sent).status_code == 422
        assert not Transfer.objects.exists()


class TestActs:
    def test_the_paper_is_a_click_away_in_every_state(self, house: House, logged_in: type[Client]) -> None:
        alice = logged_in(house.alice)
        made = draft(house)
        for step in ("ship", "receive"):
            page = alice.get(f"{LIST}{made.pk}/change/").content.decode()
            assert f'href="{LIST}{made.pk}/print/"' in page
            alice.post(f"{LIST}{made.pk}/{step}/", {"note": ""})
        response = alice.get(f"{LIST}{made.pk}/print/")
        assert (response.status_code, made.public_id in response["Location"]) == (302, True)
        assert logged_in(house.charlie).get(f"{LIST}{made.pk}/print/").status_code in {403, 404}

    def test_ship_receive(self, house: House, logged_in: type[Client]) -> None:
        alice = logged_in(house.alice)
        made = draft(house)
        page = alice.get(f"{LIST}{made.pk}/change/").content.decode()
        assert "Ship…" in page
        assert "Receive…" not in page
        assert "Everything on the transfer leaves" in alice.get(f"{LIST}{made.pk}/ship/").content.decode()
        assert on_hand(house) == (20, 7)
        response = alice.post(f"{LIST}{made.pk}/ship/", {"note": "by van"})
        assert response["Location"] == f"{LIST}{made.pk}/change/"
        assert on_hand(house) == (15, 7)
        page = alice.get(f"{LIST}{made.pk}/change/").content.decode()
        assert "In transit" in page
        assert "by van" in page
        assert "Ship…" not in page
        assert "Cancel…" not in page

        made.refresh_from_db()
        page = alice.get(f"{LIST}{made.pk}/receive/").content.decode()
        assert "MUG-RED · Red mug: 5 in transit" in page
        sent = receipt(made, {"quantity": 3})
        assert alice.post(f"{LIST}{made.pk}/receive/", sent).status_code == 302
        assert on_hand(house) == (15, 10)
        made.refresh_from_db()
        sent = receipt(made, {"quantity": 1, "shortage_reason": "broken"}, is_final="on", note="the last")
        assert alice.post(f"{LIST}{made.pk}/receive/", sent).status_code == 302
        made.refresh_from_db()
        assert (made.state, on_hand(house)) == ("received", (15, 11))
        page = alice.get(f"{LIST}{made.pk}/change/").content.decode()
        assert "broken" in page
        assert "the last" in page
        assert list(verify()) == []

    def test_refusals_are_shown(self, house: House, logged_in: type[Client]) -> None:
        alice = logged_in(house.alice)
        made = draft(house, 21)
        response = alice.post(f"{LIST}{made.pk}/ship/", {"note": ""})
        assert response.status_code == 422
        assert "has 20 available units; 21 cannot be taken" in response.content.decode()
        assert alice.post(f"{LIST}{made.pk}/cancel/", {"note": "no"}).status_code == 302
        response = alice.post(f"{LIST}{made.pk}/ship/", {"note": ""})
        assert (response.status_code, "is cancelled" in response.content.decode()) == (422, True)

    @pytest.mark.parametrize(
        ("row", "final", "words"),
        [
            ({"quantity": 9}, "", "say where the 4 more come from"),
            ({"quantity": 3}, "on", "say why they never arrive"),
            ({"quantity": ""}, "on", "say why they never arrive"),
            ({"quantity": ""}, "", "at least one line"),
            ({"quantity": -1}, "", "greater than or equal to 0"),
            ({"quantity": 1, "to_bin": "NOWHERE"}, "", "has no such bin"),
            ({"quantity": 5, "to_bin": "SMALL"}, "", "has room for 2 more"),
        ],
    )
    def test_a_receipt_that_is_wrong(
        self, house: House, logged_in: type[Client], row: dict[str, Any], final: str, words: str
    ) -> None:
        factories.make_bin(house.south, "SMALL", capacity=2)
        made = shipped(house)
        response = logged_in(house.alice).post(
            f"{LIST}{made.pk}/receive/", receipt(made, row, is_final=final)
        )
        assert response.status_code == 422
        assert words in response.content.decode()
        assert on_hand(house) == (15, 7)

    def test_lot_by_lot(self, house: House, logged_in: type[Client]) -> None:
        tea = factories.make_sku(house.organization, "TEA")
        today = house.organization.today()
        for code, day in (("A", 3), ("B", 9)):
            lot = factories.make_lot(tea, code, today + timedelta(days=day))
            factories.stock(tea, house.north, 4, lot=lot)
        access = access_of_system(house.organization)
        made = transactions.run(
            lambda: transfers.create_transfer(
                access=access,
                from_warehouse=house.north,
                to_warehouse=house.south,
                lines=[transfers.WantedLine(tea, 6)],
            )
        )
        made = transactions.run(lambda: transfers.ship_transfer(access=access, transfer=made))
        alice = logged_in(house.alice)
        page = alice.get(f"{LIST}{made.pk}/receive/").content.decode()
        assert "lot A: 4 in transit" in page
        assert "lot B: 2 in transit" in page
        sent = receipt(made, {"quantity": 3, "shortage_reason": "wet"}, {"quantity": 2})
        assert alice.post(f"{LIST}{made.pk}/receive/", sent).status_code == 302
        there = StockItem.objects.filter(sku=tea, warehouse=house.south)
        assert dict(there.values_list("lot__code", "on_hand")) == {"A": 3, "B": 2}

    def test_somebody_was_faster(self, house: House, logged_in: type[Client]) -> None:
        made = shipped(house)
        sent = receipt(made, {"quantity": 5})
        alice = logged_in(house.alice)
        assert alice.post(f"{LIST}{made.pk}/receive/", receipt(made, {"quantity": 2})).status_code == 302
        response = alice.post(f"{LIST}{made.pk}/receive/", sent, follow=True)
        assert "Somebody has done something with it meanwhile" in response.content.decode()
        assert on_hand(house) == (15, 9)

    def test_one_end_each(self, house: House, logged_in: type[Client]) -> None:
        bob = logged_in(house.bob)  # manages North
        away, home = draft(house), draft(house, from_warehouse=house.south, to_warehouse=house.north)
        for made in (away, home):
            assert bob.get(f"{LIST}{made.pk}/change/").status_code == 200
        assert bob.post(f"{LIST}{home.pk}/ship/", {"note": ""}).status_code == 403
        assert bob.post(f"{LIST}{home.pk}/cancel/", {"note": ""}).status_code == 403
        assert bob.post(f"{LIST}{away.pk}/ship/", {"note": ""}).status_code == 302
        away.refresh_from_db()
        assert bob.post(f"{LIST}{away.pk}/receive/", receipt(away, {"quantity": 5})).status_code == 403
        assert "Receive…" not in bob.get(f"{LIST}{away.pk}/change/").content.decode()
        assert on_hand(house) == (15, 7)

    def test_bins_of_the_other_end(self, house: House, logged_in: type[Client]) -> None:
        shelf = factories.make_bin(house.south, "SECRET-SHELF")
        access = access_of_system(house.organization)
        made = transactions.run(
            lambda: transfers.create_transfer(
                access=access,
                from_warehouse=house.north,
                to_warehouse=house.south,
                lines=[transfers.WantedLine(house.sku, 1, to_bin=shelf)],
            )
        )
        page = f"{LIST}{made.pk}/change/"
        assert "SECRET-SHELF" in logged_in(house.alice).get(page).content.decode()
        assert "SECRET-SHELF" not in logged_in(house.bob).get(page).content.decode()

    def test_who_may(self, house: House, logged_in: type[Client]) -> None:
        made = draft(house)
        vera, charlie = logged_in(house.vera), logged_in(house.charlie)
        page = vera.get(f"{LIST}{made.pk}/change/").content.decode()
        assert "Ship…" not in page
        for name in ("ship", "receive", "cancel"):
            assert vera.post(f"{LIST}{made.pk}/{name}/", {"note": ""}).status_code == 403
            assert charlie.post(f"{LIST}{made.pk}/{name}/", {"note": ""}).status_code in {403, 404}
        assert charlie.get(f"{LIST}{made.pk}/change/").status_code == 404
        assert on_hand(house) == (20, 7)


def receipt(made: Transfer, *rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    names = ("quantity", "to_bin", "shortage_reason", "surplus_reason")
    sent = {f"lines-{place}-{name}": row.get(name, "") for place, row in enumerate(rows) for name in names}
    return {
        "lines-TOTAL_FORMS": len(rows),
        "lines-INITIAL_FORMS": len(rows),
        "seen": made.version,
        "note": "",
        **sent,
        **more,
    }


class TestLists:
    def test_seen_by_either_end(self, house: House, logged_in: type[Client]) -> None:
        third = factories.make_warehouse(house.organization, "Third")
        draft(house, reference="OURS")
        draft(house, reference="THEIRS", from_warehouse=house.south, to_warehouse=third)
        seen = logged_in(house.bob).get(LIST).content.decode()
        assert "OURS" in seen
        assert "THEIRS" not in seen
        assert "THEIRS" in logged_in(house.alice).get(LIST).content.decode()
        assert "OURS" not in logged_in(house.charlie).get(LIST).content.decode()

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("q=TO-", {"TO-1", "TO-2"}),
            ("q=mug", {"TO-1", "TO-2"}),
            ("q=4006381333931", {"TO-1", "TO-2"}),
            ("q=5901234123457", set()),
            ("q=nothing", set()),
            ("state__exact=in_transit", {"TO-2"}),
        ],
    )
    def test_search_and_filters(
        self, house: House, logged_in: type[Client], query: str, found: set[str]
    ) -> None:
        draft(house, reference="TO-1")
        access = access_of_system(house.organization)
        other = draft(house, reference="TO-2")
        transactions.run(lambda: transfers.ship_transfer(access=access, transfer=other))
        page = logged_in(house.alice).get(f"{LIST}?{query}").content.decode()
        shown = {name for name in ("TO-1", "TO-2") if f">{name}</a>" in page}
        assert shown == found

    @pytest.mark.parametrize("count", [1, 3])
    def test_statements(self, house: House, logged_in: type[Client], count: int) -> None:
        alice = logged_in(house.alice)
        for _ in range(count):
            made = draft(house, 1)
        for address, number in ((LIST, 17), (f"{LIST}{made.pk}/change/", 17)):
            alice.get(address)
            with CaptureQueriesContext(connection) as captured:
                assert alice.get(address).status_code == 200
            assert len(captured) == number, "\n".join(query["sql"][:150] for query in captured)
