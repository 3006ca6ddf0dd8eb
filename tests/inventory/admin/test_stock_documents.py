"""Adjustments of several lines, recorded stock and lot corrections in the back office."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inventory.models import Adjustment, Lot, Movement, StockLevel
from inventory.verification import verify
from tests import factories
from tests.inventory.admin.conftest import House
from tests.inventory.ledger.batches import by, on_hand, record

pytestmark = pytest.mark.django_db

LIST = "/admin/inventory/adjustment/"
PAGES = {name: f"{LIST}{name}/" for name in ("new", "record-stock", "correct-lot")}


def at(page: str, house: House, place: str = "north") -> str:
    return f"{PAGES[page]}?location={getattr(house, place).pk}"


def sent(house: House, *rows: dict[str, Any], reason: str = "found", **more: Any) -> dict[str, Any]:
    """What the form sends: the rows, and three that nobody filled in."""
    names = ("sku", "mode", "quantity", "bin", "lot")
    filled = [*rows, {}, {}, {}]
    values = {
        f"lines-{place}-{name}": row.get(name, "by" if name == "mode" else "")
        for place, row in enumerate(filled)
        for name in names
    }
    why = factories.reason(house.organization, reason).pk
    counts = {"lines-TOTAL_FORMS": len(filled), "lines-INITIAL_FORMS": 0}
    return {**counts, **values, "reason": why, "note": "", "reference": "", **more}


def newest() -> Adjustment:
    return Adjustment.objects.latest("created_at")


class TestNewAdjustment:
    def test_lines_are_posted_and_the_document_is_shown(self, house: House, logged_in: type[Client]) -> None:
        shelf = factories.make_bin(house.north, "A-01", barcode="BIN-A-01")
        cup = factories.make_sku(house.organization, "CUP")
        alice = logged_in(house.alice)
        response = alice.post(
            at("new", house),
            sent(
                house,
                {"sku": "4006381333931", "quantity": 5, "bin": "bin-a-01"},
                {"sku": "cup", "mode": "to", "quantity": 7},
                note="Spring",
                reference="R-1",
            ),
        )
        made = newest()
        assert (response.status_code, response["Location"]) == (302, f"{LIST}{made.pk}/change/")
        assert (made.kind, made.source, made.note, made.reference, made.actor_name, made.line_count) == (
            "adjustment", "admin", "Spring", "R-1", "alice@acme.example", 2,
        )  # fmt: skip
        assert on_hand(house.sku, house.north) == {("MAIN", None): 20, (shelf.code, None): 5}
        assert on_hand(cup, house.north) == {("MAIN", None): 7}
        page = alice.get(response["Location"]).content.decode()
        assert "North, A-01" in page
        assert "2 changes are posted" in page
        assert list(verify()) == []

    @pytest.mark.parametrize(
        ("row", "words"),
        [
            ({"sku": "NOTHING", "quantity": 1}, "There is no such SKU"),
            ({"sku": "MUG-BLUE", "quantity": 1}, "There is no such SKU"),
            ({"sku": "MUG-RED", "quantity": 1, "bin": "Z-9"}, "North has no such bin"),
            ({"sku": "MUG-RED", "quantity": 1, "lot": "L-9"}, "MUG-RED has no such lot"),
            ({"sku": "MUG-RED", "quantity": -1}, "does not fit it"),
            ({"sku": "MUG-RED", "quantity": 0}, "A change of 0 changes nothing"),
            ({"sku": "MUG-RED", "quantity": -1, "mode": "to"}, "A quantity is 0 or more"),
            ({"sku": "", "quantity": 1}, "Say which SKU"),
            ({}, "There is no line yet"),
        ],
    )
    def test_what_is_wrong_stands_beside_its_field_and_nothing_changes(
        self, house: House, logged_in: type[Client], row: dict[str, Any], words: str
    ) -> None:
        before = Movement.objects.count()
        response = logged_in(house.alice).post(at("new", house), sent(house, row))
        assert response.status_code == 422
        assert words in response.content.decode()
        assert Movement.objects.count() == before

    def test_more_lines_keep_what_was_typed(self, house: House, logged_in: type[Client]) -> None:
        data = sent(house, {"sku": "MUG-R", "quantity": 5}, more="1", note="So far")
        response = logged_in(house.alice).post(at("new", house), data)
        page = response.content.decode()
        assert response.status_code == 200
        assert 'value="MUG-R"' in page
        assert 'value="So far"' in page
        assert "Line 9" in page
        assert "There is no such SKU" not in page

    @pytest.mark.parametrize("page", ["new", "record-stock"])
    def test_sent_twice_it_is_written_once(self, house: House, logged_in: type[Client], page: str) -> None:
        alice = logged_in(house.alice)
        token = alice.get(at(page, house)).content.decode().split('name="token" value="')[1].split('"')[0]
        data = sent(house, {"sku": "MUG-RED", "quantity": 5}, token=token)
        first, second = (alice.post(at(page, house), data) for _ in range(2))
        assert first["Location"] == second["Location"]
        assert Adjustment.objects.filter(actor_name="alice@acme.example").count() == 1

    def test_the_location_is_asked_for_first(self, house: House, logged_in: type[Client]) -> None:
        factories.make_warehouse(house.organization, "Amazon", type="FBA", marketplace="x", is_readonly=True)
        alice, bob = logged_in(house.alice), logged_in(house.bob)
        page = alice.get(PAGES["new"]).content.decode()
        assert "South" in page
        assert "Amazon" not in page
        assert "South" not in bob.get(PAGES["new"]).content.decode()
        for place in (house.south.pk, house.other.default_warehouse_id, "nonsense"):
            assert bob.get(f"{PAGES['new']}?location={place}").status_code == 422

    def test_only_those_who_may_adjust(self, house: House, logged_in: type[Client]) -> None:
        for page in PAGES:
            for person in (house.vera, house.charlie):
                response = logged_in(person).post(
                    at(page, house), sent(house, {"sku": "MUG-RED", "quantity": 5})
                )
                assert response.status_code in {403, 404, 422}
        assert Movement.objects.filter(sku=house.sku).count() == 2
        assert "New adjustment" not in logged_in(house.vera).get(LIST).content.decode()
        assert "New adjustment" in logged_in(house.alice).get(LIST).content.decode()

    def test_it_costs_the_same_however_many_lines_there_are(
        self, house: House, logged_in: type[Client]
    ) -> None:
        alice = logged_in(house.alice)
        counts = []
        # The first of all looks up what is kept from then on.
        for turn, number in enumerate((1, 1, 3, 20)):
            skus = [factories.make_sku(house.organization, f"N{turn}-{place}") for place in range(number)]
            for sku in skus:
                factories.stock(sku, house.north, 1)
            rows = [{"sku": sku.code, "quantity": 1} for sku in skus]
            with CaptureQueriesContext(connection) as captured:
                assert alice.post(at("new", house), sent(house, *rows)).status_code == 302
            counts.append(len(captured))
        assert len(set(counts[1:])) == 1, counts


class TestRecordStock:
    def test_differences_are_posted_and_told(self, house: House, logged_in: type[Client]) -> None:
        cup = factories.make_sku(house.organization, "CUP")
        factories.stock(cup, house.north, 4)
        alice = logged_in(house.alice)
        page = alice.get(at("record-stock", house)).content.decode()
        audit = factories.reason(house.organization, "AUDIT").pk
        assert f'value="{audit}" selected' in page
        rows = ({"sku": "MUG-RED", "quantity": 18}, {"sku": "CUP", "quantity": 4})
        response = alice.post(at("record-stock", house), sent(house, *rows, reason="AUDIT"), follow=True)
        shown = response.content.decode()
        assert "1 of 2 lines were as the books had them" in shown
        assert "MUG-RED 20 → 18 (-2)" in shown
        assert (newest().kind, newest().line_count) == ("statement", 1)

    def test_all_as_it_should_be_is_a_document_too(self, house: House, logged_in: type[Client]) -> None:
        data = sent(house, {"sku": "MUG-RED", "quantity": 20}, reason="AUDIT")
        assert logged_in(house.bob).post(at("record-stock", house), data).status_code == 302
        made = newest()
        assert (made.kind, made.line_count) == ("statement", 0)
        assert logged_in(house.bob).get(f"{LIST}{made.pk}/change/").status_code == 200


class TestLotCorrection:
    def answers(self, **given: Any) -> dict[str, Any]:
        blank = dict.fromkeys(("bin", "from_lot", "expires_on", "note"), "")
        return {**blank, "sku": "MUG-RED", "quantity": 6, "to_lot": "L-NEW", **given}

    def test_goods_get_their_lot(self, house: House, logged_in: type[Client]) -> None:
        alice = logged_in(house.alice)
        response = alice.post(at("correct-lot", house), self.answers(expires_on="2031-04-30"), follow=True)
        assert "6 units are of lot L-NEW" in response.content.decode()
        assert on_hand(house.sku, house.north) == {("MAIN", None): 14, ("MAIN", "L-NEW"): 6}
        assert str(Lot.objects.get().expires_on) == "2031-04-30"
        assert newest().kind == "lot_correction"
        alice.post(at("correct-lot", house), self.answers(from_lot="l-new", to_lot="L-2", quantity=1))
        assert on_hand(house.sku, house.north)[("MAIN", "L-2")] == 1

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ({"sku": "NOTHING"}, "There is no such SKU"),
            ({"from_lot": "L-0"}, "has no such lot"),
            ({"bin": "Z-9"}, "North has no such bin"),
            ({"quantity": 21}, "has 20 units that can be moved"),
            (
                {"to_lot": "KNOWN", "expires_on": "2031-04-30"},
                "The lot KNOWN is known, and has no expiry date",
            ),
            ({"from_lot": "known", "to_lot": "KNOWN"}, "of the lot KNOWN already"),
        ],
    )
    def test_what_is_wrong_stands_beside_its_field_and_nothing_changes(
        self, house: House, logged_in: type[Client], given: dict[str, Any], words: str
    ) -> None:
        factories.make_lot(house.sku, "KNOWN")
        before = Movement.objects.count(), Lot.objects.count()
        response = logged_in(house.alice).post(at("correct-lot", house), self.answers(**given))
        assert response.status_code == 422
        assert words in response.content.decode()
        assert (Movement.objects.count(), Lot.objects.count()) == before


def test_a_document_shows_a_limited_person_their_own_movements(house: House, logged_in: type[Client]) -> None:
    both = record(by(house.sku, house.north, 3), by(house.sku, house.south, 4)).adjustment
    assert both is not None
    page = logged_in(house.bob).get(f"{LIST}{both.pk}/change/").content.decode()
    assert "North, MAIN" in page
    assert "South, MAIN" not in page
    assert "South, MAIN" in logged_in(house.alice).get(f"{LIST}{both.pk}/change/").content.decode()
    assert StockLevel.objects.get(warehouse=house.south).on_hand == 11
