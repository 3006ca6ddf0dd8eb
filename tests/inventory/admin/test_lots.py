"""Lots, expired goods and destructions in the back office."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inventory.models import Destruction, Lot, Movement, Sku, StateChange, StockItem
from inventory.verification import verify
from tests import factories
from tests.inventory.admin.conftest import House
from tests.inventory.expiry.goods import destruction_bin, put

pytestmark = pytest.mark.django_db

LOTS = "/admin/inventory/lot/"
EXPIRED = "/admin/inventory/stockitem/expired/"
DESTRUCTIONS = "/admin/inventory/destruction/"


def page(item: StockItem, name: str) -> str:
    return f"/admin/inventory/stockitem/{item.pk}/{name}/"


class TestLots:
    def test_one_is_made_and_changed_with_a_form(self, house: House, logged_in: type[Client]) -> None:
        alice = logged_in(house.alice)
        last = house.organization.today() + timedelta(days=9)
        answers = {
            "sku": str(house.sku.pk),
            "code": "L-1",
            "expires_on": last.isoformat(),
            "note": "Announced",
        }
        assert alice.post(f"{LOTS}add/", answers).status_code == 302
        lot = Lot.objects.get()
        assert (lot.sku, lot.code, lot.state, lot.expires_on) == (house.sku, "L-1", "active", last)
        later = last + timedelta(days=1)
        changed = alice.post(
            f"{LOTS}{lot.pk}/change/",
            {
                "code": "L-1",
                "expires_on": later.isoformat(),
                "note": "Misread",
                "stock_items-TOTAL_FORMS": "0",
                "stock_items-INITIAL_FORMS": "0",
            },
        )
        assert changed.status_code == 302
        lot.refresh_from_db()
        assert (lot.expires_on, lot.version) == (later, 2)
        shown = alice.get(f"{LOTS}{lot.pk}/change/").content.decode()
        assert "Misread" in shown
        assert "Announced" in shown

    def test_a_code_that_is_taken_is_said_beside_it(self, house: House, logged_in: type[Client]) -> None:
        factories.make_lot(house.sku, "L-1")
        answers = {"sku": str(house.sku.pk), "code": "l-1", "expires_on": "", "note": ""}
        response = logged_in(house.alice).post(f"{LOTS}add/", answers)
        assert response.status_code == 200
        assert "has a lot l-1 already" in response.content.decode()

    def test_quarantine_release_expire_reinstate(self, house: House, logged_in: type[Client]) -> None:
        alice = logged_in(house.alice)
        lot = put(house.sku, house.north, "L-1", 30).lot
        assert lot is not None
        for name, state in (
            ("quarantine", "quarantined"),
            ("release", "active"),
            ("expire", "expired"),
            ("reinstate", "quarantined"),
        ):
            address = f"{LOTS}{lot.pk}/{name}/"
            asked = alice.get(address)
            assert asked.status_code == 200
            assert "On hand" in asked.content.decode()
            lot.refresh_from_db()
            assert lot.state != state
            assert alice.post(address, {"note": f"why {name}"}).status_code == 302
            lot.refresh_from_db()
            assert lot.state == state
        assert list(StateChange.objects.filter(subject_id=lot.pk).values_list("note", flat=True)) == [
            f"why {name}" for name in ("quarantine", "release", "expire", "reinstate")
        ]

    def test_what_its_state_does_not_allow_is_not_offered_and_refused(
        self, house: House, logged_in: type[Client]
    ) -> None:
        lot = factories.make_lot(house.sku, "L-1", state="expired")
        alice = logged_in(house.alice)
        shown = alice.get(f"{LOTS}{lot.pk}/change/").content.decode()
        assert "Reinstate…" in shown
        assert "Release…" not in shown
        refused = alice.post(f"{LOTS}{lot.pk}/release/", {"note": ""})
        assert refused.status_code == 422
        assert "what can be done is" in refused.content.decode()

    def test_one_without_stock_is_deleted_and_another_is_not(
        self, house: House, logged_in: type[Client]
    ) -> None:
        alice = logged_in(house.alice)
        unused, used = factories.make_lot(house.sku, "U"), put(house.sku, house.north, "L-1", 30).lot
        assert used is not None
        assert alice.post(f"{LOTS}{unused.pk}/delete/", {"post": "yes"}).status_code == 302
        refused = alice.post(f"{LOTS}{used.pk}/delete/", {"post": "yes"}, follow=True)
        assert "cannot be deleted" in refused.content.decode()
        assert list(Lot.objects.values_list("code", flat=True)) == ["L-1"]

    def test_somebody_of_one_warehouse(self, house: House, logged_in: type[Client]) -> None:
        mine, theirs = put(house.sku, house.north, "MINE", 30), put(house.sku, house.south, "THEIRS", 30)
        both = put(house.sku, house.north, "BOTH", 30)
        put(house.sku, house.south, "BOTH", 30)
        bob = logged_in(house.bob)
        shown = bob.get(LOTS).content.decode()
        assert ("MINE" in shown, "BOTH" in shown, "THEIRS" in shown) == (True, True, False)
        assert bob.get(f"{LOTS}{theirs.lot_id}/change/").status_code == 404
        assert bob.post(f"{LOTS}{mine.lot_id}/quarantine/", {"note": ""}).status_code == 302
        refused = bob.post(f"{LOTS}{both.lot_id}/quarantine/", {"note": ""})
        assert (refused.status_code, "also in locations" in refused.content.decode()) == (422, True)
        assert list(Lot.objects.filter(state="quarantined").values_list("code", flat=True)) == ["MINE"]

    def test_who_only_looks_on_is_offered_nothing(self, house: House, logged_in: type[Client]) -> None:
        item = put(house.sku, house.north, "L-1", -1)
        vera, charlie = logged_in(house.vera), logged_in(house.charlie)
        assert "Quarantine…" not in vera.get(f"{LOTS}{item.lot_id}/change/").content.decode()
        for who, status in ((vera, 403), (charlie, 404)):
            for address in (
                f"{LOTS}{item.lot_id}/quarantine/",
                page(item, "mark-expired"),
                page(item, "mark-consumed"),
                page(item, "destroy"),
            ):
                assert who.post(address, {"note": ""}).status_code in {status, 403}
        assert charlie.get(f"{LOTS}{item.lot_id}/change/").status_code == 404
        assert "MUG-RED" not in charlie.get(EXPIRED).content.decode()
        assert Lot.objects.get().state == "active"


class TestExpiredGoods:
    def test_the_list_with_its_sums(self, house: House, logged_in: type[Client]) -> None:
        Sku.objects.update(unit_cost="2.50")
        for code, days in (("PAST", -3), ("SOON", 20), ("LATER", 200)):
            put(house.sku, house.north, code, days)
        alice = logged_in(house.alice)
        for query, found in (
            ("", {"PAST", "SOON"}),
            ("?days=0", {"PAST"}),
            ("?days=365", {"PAST", "SOON", "LATER"}),
        ):
            shown = alice.get(f"{EXPIRED}{query}").content.decode()
            assert {code for code in ("PAST", "SOON", "LATER") if code in shown} == found
            assert f"<dd>{len(found) * 10}</dd>" in shown
            assert f"<dd>{len(found) * 25}.00</dd>" in shown

    def test_somebody_of_one_warehouse_sees_what_is_there(
        self, house: House, logged_in: type[Client]
    ) -> None:
        put(house.sku, house.north, "MINE", -1)
        put(house.sku, house.south, "THEIRS", -1)
        shown = logged_in(house.bob).get(EXPIRED).content.decode()
        assert ("MINE" in shown, "THEIRS" in shown, "<dd>10</dd>" in shown) == (True, False, True)

    @pytest.mark.parametrize("count", [1, 3])
    def test_costs_the_same_whatever_the_rows(
        self, house: House, logged_in: type[Client], count: int
    ) -> None:
        for number in range(count):
            put(house.sku, house.north, f"P-{number}", -1)
        alice = logged_in(house.alice)
        for address, number in ((EXPIRED, 16), (LOTS, 14)):
            with CaptureQueriesContext(connection) as captured:
                assert alice.get(address).status_code == 200
            assert len(captured) == number, [query["sql"][:120] for query in captured.captured_queries]

    def test_units_are_marked_as_expired(self, house: House, logged_in: type[Client]) -> None:
        item = put(house.sku, house.north, "L-1", 30)
        put(house.sku, house.south, "L-1", 30)
        alice = logged_in(house.alice)
        assert alice.get(page(item, "mark-expired")).status_code == 200
        assert alice.post(page(item, "mark-expired"), {"quantity": "4", "note": "Torn"}).status_code == 302
        assert StockItem.objects.get(lot__code="L-1-EXPIRED").on_hand == 4
        wrong = alice.post(page(item, "mark-expired"), {"quantity": "7", "note": ""})
        assert (wrong.status_code, "has 6 units" in wrong.content.decode()) == (422, True)

    def test_expired_units_are_used_up(self, house: House, logged_in: type[Client]) -> None:
        past, good = put(house.sku, house.north, "PAST", -1), put(house.sku, house.north, "GOOD", 9)
        alice = logged_in(house.alice)
        assert alice.post(page(past, "mark-consumed"), {"quantity": "", "note": "Canteen"}).status_code == 302
        past.refresh_from_db()
        assert past.on_hand == 0
        refused = alice.post(page(good, "mark-consumed"), {"quantity": "1", "note": ""})
        assert (refused.status_code, "is not expired" in refused.content.decode()) == (422, True)

    def test_units_are_destroyed_and_the_record_is_printed(
        self, house: House, logged_in: type[Client]
    ) -> None:
        item = put(house.sku, house.north, "L-1", 9)
        alice = logged_in(house.alice)
        answers = {"quantity": "4", "reason": "Damaged", "note": "", "bin": ""}
        refused = alice.post(page(item, "destroy"), answers)
        assert (refused.status_code, "no room for destruction" in refused.content.decode()) == (422, True)
        shelf = destruction_bin(house.north)
        missing = alice.post(page(item, "destroy"), {**answers, "reason": ""})
        assert (missing.status_code, Destruction.objects.count()) == (422, 0)
        made = alice.post(page(item, "destroy"), {**answers, "bin": str(shelf.pk)})
        record = Destruction.objects.get()
        assert made["Location"] == f"{DESTRUCTIONS}{record.pk}/change/"
        assert Movement.objects.filter(document_type="destruction").count() == 2
        for address in (made["Location"], f"{DESTRUCTIONS}{record.pk}/print/"):
            shown = alice.get(address).content.decode()
            assert "Damaged" in shown
            assert "MUG-RED" in shown
            assert "alice@acme.example" in shown
        assert "Damaged" in alice.get(DESTRUCTIONS).content.decode()
        assert logged_in(house.charlie).get(f"{DESTRUCTIONS}{record.pk}/print/").status_code in {403, 404}
        assert list(verify()) == []

    def test_a_record_of_elsewhere_is_not_shown(self, house: House, logged_in: type[Client]) -> None:
        destruction_bin(house.south)
        item = put(house.sku, house.south, "L-1", 9)
        answers = {"quantity": "4", "reason": "Damaged", "note": "", "bin": ""}
        assert logged_in(house.alice).post(page(item, "destroy"), answers).status_code == 302
        record = Destruction.objects.get()
        bob = logged_in(house.bob)
        assert "Damaged" not in bob.get(DESTRUCTIONS).content.decode()
        assert bob.get(f"{DESTRUCTIONS}{record.pk}/change/").status_code == 404

    @pytest.mark.parametrize("count", [1, 3])
    def test_the_records_cost_the_same_whatever_their_number(
        self, house: House, logged_in: type[Client], count: int
    ) -> None:
        destruction_bin(house.north)
        alice = logged_in(house.alice)
        for number in range(count):
            item = put(house.sku, house.north, f"P-{number}", -1)
            alice.post(page(item, "destroy"), {"quantity": "1", "reason": "Old", "note": "", "bin": ""})
        alice.get(DESTRUCTIONS)  # tells of what was done
        with CaptureQueriesContext(connection) as captured:
            assert alice.get(DESTRUCTIONS).status_code == 200
        assert len(captured) == 15, [query["sql"][:120] for query in captured.captured_queries]
