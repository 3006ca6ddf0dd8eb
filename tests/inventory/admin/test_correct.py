"""Correcting a quantity: the one form in which the back office changes how much there is, as a page and as a dialog."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inventory.models import Adjustment, Movement, StockItem, StockLevel
from inventory.verification import verify
from tests import factories
from tests.inventory.admin.conftest import House

pytestmark = pytest.mark.django_db

LIST = "/admin/inventory/stocklevel/"
DIALOG = {"X-Correct": "1"}


def level_of(house: House, name: str = "north") -> StockLevel:
    return StockLevel.objects.get(sku=house.sku, warehouse=getattr(house, name))


def address(level: StockLevel) -> str:
    return f"{LIST}{level.pk}/correct/"


def of_item(item: StockItem) -> str:
    return f"/admin/inventory/stockitem/{item.pk}/correct/"


def of_sku(house: House) -> str:
    return f"{LIST}sku/{house.sku.pk}/correct/"


def answers(client: Client, target: str, house: House, **given: Any) -> dict[str, Any]:
    """The form as it is shown there, filled in."""
    page = client.get(target, headers=DIALOG).content.decode()
    shown = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    assert {"version", "before", "token"} <= shown.keys()
    reason = factories.reason(house.organization, given.pop("reason", "ADJUSTMENT")).pk
    return shown | {"mode": "set", "quantity": 25, "reason": reason, "note": "", "reference": ""} | given


def on_hand(house: House, name: str = "north") -> int:
    return level_of(house, name).on_hand


class TestPosting:
    def test_set_posts_the_difference_with_reason_and_person(
        self, house: House, logged_in: type[Client]
    ) -> None:
        target, alice = address(level_of(house)), logged_in(house.alice)
        sent = answers(alice, target, house, reason="cycle_count", note="Counted", reference="CC-1")
        assert alice.post(target, sent).status_code == 302
        assert on_hand(house) == 25
        movement = Movement.objects.get(note="Counted")
        assert (movement.delta, movement.level_before, movement.level_after) == (5, 20, 25)
        assert (movement.actor_type, movement.actor_name) == ("user", "alice@acme.example")
        assert (movement.reason_code.code, movement.reference) == ("cycle_count", "CC-1")
        assert list(verify()) == []

    def test_adjust_adds_to_what_is_there_whatever_others_did(
        self, house: House, logged_in: type[Client]
    ) -> None:
        target, alice = address(level_of(house)), logged_in(house.alice)
        sent = answers(alice, target, house, mode="change", quantity=-3)
        factories.stock(house.sku, house.north, -4)
        assert alice.post(target, sent).status_code == 302
        assert on_hand(house) == 13

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ({"mode": "change", "quantity": -21}, "has 20 units; 21 cannot be taken"),
            ({"quantity": -1}, "A quantity is 0 or more"),
            ({"quantity": "+4"}, "+4 is a change"),
            ({"mode": "change", "quantity": 0}, "A change of 0 changes nothing"),
            ({"mode": "change", "quantity": 5, "reason": "DAMAGE"}, "does not fit it"),
            ({"quantity": "1e3"}, "Enter a whole number"),
            ({"quantity": ""}, "Enter the number of units"),
            ({"quantity": 1_000_000_001}, "less than or equal to 1000000000"),
            ({"reason": "reversal"}, "not one of the available choices"),
            ({"bin": "Z-9"}, "North has no such bin"),
            ({"lot": "L-9"}, "MUG-RED has no such lot"),
            ({"token": "made-up"}, "This form is out of date"),
        ],
    )
    def test_what_is_refused_says_why_keeps_what_was_typed_and_changes_nothing(
        self, house: House, logged_in: type[Client], given: dict[str, Any], words: str
    ) -> None:
        target, alice = address(level_of(house)), logged_in(house.alice)
        before = Movement.objects.count()
        response = alice.post(target, answers(alice, target, house, note="My note", **given))
        page = response.content.decode()
        assert (response.status_code, words in page) == (422, True)
        assert "There is a problem" in page
        assert re.search(r"<title>\s*Error: ", page)
        assert 'value="My note"' in page
        assert Movement.objects.count() == before

    def test_a_reason_is_required(self, house: House, logged_in: type[Client]) -> None:
        target, alice = address(level_of(house)), logged_in(house.alice)
        response = alice.post(target, answers(alice, target, house) | {"reason": ""})
        assert (response.status_code, "Choose a reason." in response.content.decode()) == (422, True)
        assert on_hand(house) == 20

    def test_the_last_reason_is_remembered_for_each_person(
        self, house: House, logged_in: type[Client]
    ) -> None:
        target, alice = address(level_of(house)), logged_in(house.alice)
        assert "selected>Manual adjustment (ADJUSTMENT)" in alice.get(target).content.decode()
        alice.post(target, answers(alice, target, house, reason="cycle_count"))
        assert "selected>Cycle count (cycle_count)" in alice.get(target).content.decode()
        assert "selected>Manual adjustment (ADJUSTMENT)" in logged_in(house.bob).get(target).content.decode()

    def test_an_item_is_corrected_in_its_bin(self, house: House, logged_in: type[Client]) -> None:
        shelf = factories.make_bin(house.north, "A-01")
        factories.stock(house.sku, house.north, 9, bin=shelf)
        item, alice = StockItem.objects.get(bin=shelf), logged_in(house.alice)
        target = of_item(item)
        page = alice.get(target).content.decode()
        assert "North, bin A-01" in page
        assert 'data-before="9"' in page
        told = alice.post(target, answers(alice, target, house, quantity=2), headers=DIALOG).content.decode()
        assert "MUG-RED in North, bin A-01: 9 → 2." in told
        item.refresh_from_db()
        assert (item.on_hand, on_hand(house)) == (2, 22)

    def test_only_one_bin_or_lot_of_a_level(self, house: House, logged_in: type[Client]) -> None:
        shelf = factories.make_bin(house.north, "A-01", barcode="BIN-A-01")
        factories.stock(house.sku, house.north, 9, bin=shelf)
        target, alice = address(level_of(house)), logged_in(house.alice)
        sent = answers(alice, target, house, quantity=4, bin="bin-a-01")
        assert alice.post(target, sent).status_code == 302
        assert (StockItem.objects.get(bin=shelf).on_hand, on_hand(house)) == (4, 24)

    def test_after_saving_one_is_back_where_one_came_from(
        self, house: House, logged_in: type[Client]
    ) -> None:
        level, alice = level_of(house), logged_in(house.alice)
        target = address(level)
        came = {"Referer": f"http://testserver{LIST}?q=MUG"}
        page = alice.get(target, headers=came).content.decode()
        assert f'value="http://testserver{LIST}?q=MUG"' in page
        sent = answers(alice, target, house, back=f"{LIST}?q=MUG")
        assert alice.post(target, sent)["Location"] == f"{LIST}?q=MUG"
        sent = answers(alice, target, house, quantity=3, back="https://elsewhere.example/")
        response = alice.post(target, sent)
        assert response["Location"] == f"{LIST}{level.pk}/change/"
        page = alice.get(response["Location"]).content.decode()
        assert "MUG-RED in North: 25 → 3." in page
        assert f"/admin/inventory/adjustment/{Adjustment.objects.latest('created_at').pk}/reverse/" in page

    def test_what_is_the_same_already_writes_nothing(self, house: House, logged_in: type[Client]) -> None:
        target, alice = address(level_of(house)), logged_in(house.alice)
        told = alice.post(target, answers(alice, target, house, quantity=20), headers=DIALOG).content.decode()
        assert "Nothing changed: MUG-RED in North has 20 units." in told
        assert "data-correct-undo" not in told
        assert Adjustment.objects.filter(actor_name="alice@acme.example").count() == 0


class TestOnce:
    def test_a_form_sent_twice_acts_once_and_tells_the_same(
        self, house: House, logged_in: type[Client]
    ) -> None:
        target, alice = address(level_of(house)), logged_in(house.alice)
        sent = answers(alice, target, house, mode="change", quantity=-2)
        first, second = (alice.post(target, sent, headers=DIALOG).content.decode() for _ in range(2))
        assert on_hand(house) == 18
        for told in (first, second):
            assert "MUG-RED in North: 20 → 18." in told
            assert f"/undo/{Adjustment.objects.latest('created_at').pk}/" in told
        again = answers(alice, target, house, mode="change", quantity=-2)
        alice.post(target, again)
        assert on_hand(house) == 16

    def test_a_token_is_good_for_its_place_and_person_only(
        self, house: House, logged_in: type[Client]
    ) -> None:
        north, south = address(level_of(house)), address(level_of(house, "south"))
        alice, bob = logged_in(house.alice), logged_in(house.bob)
        token = answers(alice, north, house)["token"]
        for client, target in ((alice, south), (bob, north)):
            response = client.post(target, answers(client, target, house, token=token))
            assert response.status_code == 422
            assert token not in response.content.decode()
        assert (on_hand(house), on_hand(house, "south")) == (20, 7)


class TestConflict:
    def test_who_was_first_is_told_with_the_three_numbers(
        self, house: House, logged_in: type[Client]
    ) -> None:
        target, alice, bob = address(level_of(house)), logged_in(house.alice), logged_in(house.bob)
        sent = answers(alice, target, house, quantity=35, note="Recounted twice")
        bob.post(target, answers(bob, target, house, quantity=31))
        for headers in ({}, DIALOG):
            response = alice.post(target, sent, headers=headers)
            page = " ".join(re.sub(r"<[^>]+>", "", response.content.decode()).split())
            assert response.status_code == 409
            assert "bob@acme.example changed this 1 second ago." in page
            assert "On hand: you saw 20, it is now 31. You typed 35." in page
            assert "Use 31 Keep 35 (adjust by +4) Count again" in page
            assert "Your note is kept: “Recounted twice”." in page
        assert on_hand(house) == 31

    def test_keeping_ones_number_posts_the_difference(self, house: House, logged_in: type[Client]) -> None:
        target, alice = address(level_of(house)), logged_in(house.alice)
        sent = answers(alice, target, house, quantity=35, note="Kept")
        factories.stock(house.sku, house.north, 11)
        page = alice.post(target, sent, headers=DIALOG).content.decode()
        kept = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        assert (kept["mode"], kept["quantity"], kept["note"]) == ("change", "4", "Kept")
        told = alice.post(target, kept, headers=DIALOG).content.decode()
        assert "MUG-RED in North: 31 → 35." in told
        assert Movement.objects.get(note="Kept").delta == 4

    def test_counting_again_asks_over_what_is_there_now(self, house: House, logged_in: type[Client]) -> None:
        target, alice = address(level_of(house)), logged_in(house.alice)
        sent = answers(alice, target, house, quantity=35, note="Kept", reason="cycle_count")
        factories.stock(house.sku, house.north, 11)
        page = alice.post(target, sent, headers=DIALOG).content.decode()
        kept = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        response = alice.post(target, kept | {"again": "1"}, headers=DIALOG)
        page = response.content.decode()
        assert response.status_code == 200
        assert 'data-before="31"' in page
        assert 'value="Kept"' in page
        assert "selected>Cycle count" in page
        assert 'name="quantity" value' not in page
        assert on_hand(house) == 31

    def test_ones_own_other_window_is_called_you(self, house: House, logged_in: type[Client]) -> None:
        target, alice = address(level_of(house)), logged_in(house.alice)
        sent, other = answers(alice, target, house), answers(alice, target, house, quantity=31)
        alice.post(target, other)
        page = alice.post(target, sent, headers=DIALOG).content.decode()
        assert "You changed this 1 second ago." in page

    def test_what_did_not_change_the_units_is_no_conflict(
        self, house: House, logged_in: type[Client]
    ) -> None:
        shelf = factories.make_bin(house.north, "A-01")
        factories.stock(house.sku, house.north, 9, bin=shelf)
        item, alice = StockItem.objects.get(bin=shelf), logged_in(house.alice)
        of_level, there = address(level_of(house)), of_item(item)
        whole, part = answers(alice, of_level, house, quantity=30), answers(alice, there, house, quantity=8)
        factories.reserve(house.sku, house.north, 2)
        assert alice.post(of_level, whole).status_code == 302
        assert on_hand(house) == 30
        # One more came to the default bin: what lies on this shelf is as it was seen.
        assert alice.post(there, part).status_code == 302
        assert StockItem.objects.get(bin=shelf).on_hand == 8

    def test_a_number_about_one_bin_is_stale_with_any_change(
        self, house: House, logged_in: type[Client]
    ) -> None:
        factories.make_bin(house.north, "A-01")
        target, alice = address(level_of(house)), logged_in(house.alice)
        sent = answers(alice, target, house, quantity=4, bin="A-01")
        factories.stock(house.sku, house.north, 1)
        response = alice.post(target, sent, headers=DIALOG)
        page = " ".join(re.sub(r"<[^>]+>", "", response.content.decode()).split())
        assert response.status_code == 409
        assert "On hand: it is now 0. You typed 4." in page

    def test_the_number_of_the_level_is_not_taken_for_that_of_a_bin(
        self, house: House, logged_in: type[Client]
    ) -> None:
        shelf = factories.make_bin(house.north, "A-01")
        factories.stock(house.sku, house.north, 5, bin=shelf)
        target, alice = address(level_of(house)), logged_in(house.alice)
        sent = answers(alice, target, house, quantity=21, bin="MAIN")
        # MAIN has now as many as the whole level had: 25.
        factories.stock(house.sku, house.north, 5)
        assert alice.post(target, sent, headers=DIALOG).status_code == 409
        assert on_hand(house) == 30


class TestPromised:
    def test_fewer_than_are_promised_has_to_be_meant(self, house: House, logged_in: type[Client]) -> None:
        factories.reserve(house.sku, house.north, 12)
        target, alice = address(level_of(house)), logged_in(house.alice)
        sent = answers(alice, target, house, quantity=10)
        response = alice.post(target, sent, headers=DIALOG)
        page = response.content.decode()
        assert response.status_code == 422
        assert (
            "12 reserved: with 10 left, 2 of them would not be there. The lowest that covers them is 12."
            in page
        )
        assert '<button type="submit" name="short" value="on"' in page
        assert "Save 10 anyway" in page
        assert on_hand(house) == 20
        assert alice.post(target, sent | {"short": "on"}).status_code == 302
        assert on_hand(house) == 10

    def test_exactly_what_is_promised_is_enough(self, house: House, logged_in: type[Client]) -> None:
        factories.reserve(house.sku, house.north, 12)
        target, alice = address(level_of(house)), logged_in(house.alice)
        assert alice.post(target, answers(alice, target, house, quantity=12)).status_code == 302
        # Upwards there is nothing to warn of, even where too little was there before.
        sent = answers(alice, target, house, quantity=5) | {"short": "on"}
        alice.post(target, sent)
        assert alice.post(target, answers(alice, target, house, quantity=6)).status_code == 302
        assert on_hand(house) == 6


class TestUndo:
    def done(self, house: House, client: Client, **given: Any) -> str:
        target = address(level_of(house))
        told = client.post(target, answers(client, target, house, **given), headers=DIALOG).content.decode()
        found = re.search(r'action="([^"]+/undo/[^"]+)"', told)
        assert found is not None
        return found[1]

    def test_a_reversal_is_posted_once(self, house: House, logged_in: type[Client]) -> None:
        alice = logged_in(house.alice)
        undo = self.done(house, alice, quantity=17)
        assert alice.get(undo).status_code == 405
        for _ in range(2):
            told = alice.post(undo, headers=DIALOG)
            assert (told.status_code, "Undone: 17 → 20." in told.content.decode()) == (200, True)
        assert on_hand(house) == 20
        reversal = Adjustment.objects.latest("created_at")
        assert reversal.reverses is not None
        assert list(verify()) == []

    def test_goods_that_are_gone_are_named(self, house: House, logged_in: type[Client]) -> None:
        alice = logged_in(house.alice)
        undo = self.done(house, alice, quantity=25)
        factories.stock(house.sku, house.north, -22)
        told = alice.post(undo, headers=DIALOG)
        assert told.status_code == 409
        assert "the goods have left since" in told.content.decode()
        assert on_hand(house) == 3

    def test_it_is_for_those_who_may(self, house: House, logged_in: type[Client]) -> None:
        undo = self.done(house, logged_in(house.alice))
        assert logged_in(house.vera).post(undo).status_code == 403
        assert logged_in(house.charlie).post(undo).status_code == 404
        guarded = Client(enforce_csrf_checks=True)
        guarded.force_login(house.alice, backend="django.contrib.auth.backends.ModelBackend")
        assert guarded.post(undo).status_code == 403
        assert on_hand(house) == 25


class TestWho:
    def test_only_those_who_may_adjust_there(self, house: House, logged_in: type[Client]) -> None:
        north, south = level_of(house), level_of(house, "south")
        before = Movement.objects.count()
        alice, bob = logged_in(house.alice), logged_in(house.bob)
        form = answers(alice, address(north), house)
        assert logged_in(house.vera).post(address(north), form).status_code == 403
        assert bob.post(address(south), form).status_code in {403, 404}
        assert logged_in(house.charlie).post(address(north), form).status_code in {403, 404}
        assert Client().post(address(north), form).status_code in {302, 403}
        assert Movement.objects.count() == before
        assert bob.post(address(north), answers(bob, address(north), house)).status_code == 302
        assert Movement.objects.count() == before + 1

    def test_lists_offer_it_in_rows_that_may_be_corrected(
        self, house: House, logged_in: type[Client]
    ) -> None:
        north, south = (f'href="{address(level_of(house, name))}"' for name in ("north", "south"))
        shown = {
            person: logged_in(getattr(house, person)).get(LIST).content.decode()
            for person in ("alice", "bob", "vera")
        }
        found = {person: (north in page, south in page) for person, page in shown.items()}
        assert found == {"alice": (True, True), "bob": (True, False), "vera": (False, False)}
        item = StockItem.objects.get(warehouse=house.north, sku=house.sku)
        page = logged_in(house.alice).get("/admin/inventory/stockitem/").content.decode()
        assert f'href="{of_item(item)}"' in page

    def test_names_of_another_organization_are_unknown(self, house: House, logged_in: type[Client]) -> None:
        target, alice = address(level_of(house)), logged_in(house.alice)
        rival = house.other.default_warehouse
        assert rival is not None
        factories.make_bin(rival, "R-1")
        factories.make_lot(house.foreign, "L-R")
        for given in ({"bin": "R-1"}, {"lot": "L-R"}):
            assert alice.post(target, answers(alice, target, house, **given)).status_code == 422
        theirs = factories.reason(house.other, "ADJUSTMENT").pk
        assert alice.post(target, answers(alice, target, house) | {"reason": theirs}).status_code == 422
        assert on_hand(house) == 20


class TestOfSku:
    def test_several_warehouses_are_a_choice(self, house: House, logged_in: type[Client]) -> None:
        west = factories.make_warehouse(house.organization, "West")
        factories.make_warehouse(house.organization, "Amazon", type="FBA", marketplace="x", is_readonly=True)
        alice = logged_in(house.alice)
        page = alice.get(of_sku(house)).content.decode()
        assert [each in page for each in ("North", "South", "West", "Amazon")] == [True, True, True, False]
        assert f'href="{address(level_of(house))}"' in page
        target = f"{of_sku(house)}?warehouse={west.pk}"
        told = alice.post(target, answers(alice, target, house, quantity=3), headers=DIALOG).content.decode()
        assert "MUG-RED in West: 0 → 3." in told
        assert StockLevel.objects.get(sku=house.sku, warehouse=west).on_hand == 3

    def test_somebody_else_was_first_where_nothing_was(self, house: House, logged_in: type[Client]) -> None:
        west = factories.make_warehouse(house.organization, "West")
        alice, target = logged_in(house.alice), f"{of_sku(house)}?warehouse={west.pk}"
        sent = answers(alice, target, house, quantity=3)
        factories.stock(house.sku, west, 2)
        assert alice.post(target, sent).status_code == 409
        assert StockLevel.objects.get(sku=house.sku, warehouse=west).on_hand == 2

    def test_the_only_warehouse_is_taken(self, house: House, logged_in: type[Client]) -> None:
        bob = logged_in(house.bob)
        sent = answers(bob, of_sku(house), house, quantity=21)
        page = bob.get(of_sku(house)).content.decode()
        assert "South" not in page
        target = f"{of_sku(house)}?warehouse={house.north.pk}"
        assert f'action="{target}"' in page
        assert bob.post(target, sent).status_code == 302
        assert on_hand(house) == 21

    def test_who_may_not_sees_nothing(self, house: House, logged_in: type[Client]) -> None:
        assert logged_in(house.vera).get(of_sku(house)).status_code == 403
        assert logged_in(house.charlie).get(of_sku(house)).status_code == 404
        for place in (house.south.pk, house.other.default_warehouse_id, "nonsense"):
            assert logged_in(house.bob).get(f"{of_sku(house)}?warehouse={place}").status_code == 404


def test_the_dialog_and_the_list_cost_the_same_however_much_there_is(
    house: House, logged_in: type[Client]
) -> None:
    alice = logged_in(house.alice)
    target = address(level_of(house))
    counts = []
    for number in range(3):
        if number:
            for turn in range(3):
                shelf = factories.make_bin(house.north, f"B-{number}-{turn}")
                factories.stock(house.sku, house.north, 1, bin=shelf)
                more = factories.make_sku(house.organization, f"SKU-{number}-{turn}")
                factories.stock(more, house.north, 1)
        with CaptureQueriesContext(connection) as asked:
            alice.get(target, headers=DIALOG)
        with CaptureQueriesContext(connection) as listed:
            alice.get(LIST)
        counts.append((len(asked), len(listed)))
    assert counts[1] == counts[2]
    assert counts[1][0] == 18


def test_adjustment_is_reversed_once(house: House, logged_in: type[Client]) -> None:
    recorded = factories.stock(house.sku, house.north, 5)
    assert recorded.adjustment is not None
    target = f"/admin/inventory/adjustment/{recorded.adjustment.pk}/reverse/"
    alice = logged_in(house.alice)
    assert alice.get(target).status_code == 200
    assert on_hand(house) == 25
    assert alice.post(target).status_code == 302
    assert on_hand(house) == 20
    page = alice.post(target, follow=True).content.decode()
    assert "has been reversed already" in page
    assert Adjustment.objects.filter(reverses=recorded.adjustment).count() == 1
    assert logged_in(house.vera).post(target).status_code == 403


def test_reversal_names_goods_that_are_gone(house: House, logged_in: type[Client]) -> None:
    recorded = factories.stock(house.sku, house.north, 5)
    factories.stock(house.sku, house.north, -22)
    assert recorded.adjustment is not None
    target = f"/admin/inventory/adjustment/{recorded.adjustment.pk}/reverse/"
    page = logged_in(house.alice).post(target, follow=True).content.decode()
    assert "the goods have left since" in page
    assert on_hand(house) == 3
