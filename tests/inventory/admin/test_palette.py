"""The palette over all apps: what a code leads to, for whom, and that it costs the same however much there is."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cycle_counts.planning import Scope, create_batch
from inventory.models import Adjustment
from tests import factories
from tests.inventory.admin.conftest import House, _Browser
from warehouses.access import access_of_system
from warehouses.models import RequestRecord, RoleAssignment, User, Warehouse
from warehouses.transactions import run


def rows(user: User, term: str) -> list[str]:
    """What is found, as it reads: "MUG-RED Red mug 27 on hand … SKU"."""
    page = _Browser(user).get(reverse("admin:search"), {"s": term, "extended": "1"}).text
    options = re.findall(r'<a href="[^"]*"[^>]*role="option".*?</a>', page, re.DOTALL)
    words = [re.sub(r"<span class=\"material-symbols-outlined.*?</span>", "", option) for option in options]
    return [" ".join(re.sub(r"<[^>]+>", " ", option).split()) for option in words]


def opened(user: User, term: str) -> str:
    """Where a scan of the term leads; "" where it leads to a list."""
    answer: Any = _Browser(user).get(reverse("admin:search"), {"s": term, "open": "1"})
    return answer["Location"] if answer.status_code == 302 else ""


def sku_page(sku: Any) -> str:
    return reverse("admin:inventory_sku_page", args=[sku.public_id])


class TestExactCodes:
    @pytest.mark.parametrize("term", ["4006381333931", "MUG-RED", "mug-red", " MUG-RED "])
    def test_of_a_sku_open_its_page(self, house: House, term: str) -> None:
        assert opened(house.alice, term) == sku_page(house.sku)

    def test_of_a_sku_win_over_longer_ones(self, house: House) -> None:
        factories.make_sku(house.organization, "MUG-RED-2")
        assert opened(house.alice, "MUG-RED") == sku_page(house.sku)

    @pytest.mark.parametrize("term", ["A-01-1", "a-01-1", "BIN0001"])
    def test_of_a_bin_open_it(self, house: House, term: str) -> None:
        bin = factories.make_bin(house.north, "A-01-1", barcode="BIN0001")
        assert opened(house.alice, term) == reverse("admin:warehouses_bin_change", args=[bin.pk])

    def test_of_a_bin_in_two_warehouses_are_a_list(self, house: House) -> None:
        for warehouse in (house.north, house.south):
            factories.make_bin(warehouse, "A-01-1")
        assert opened(house.alice, "A-01-1") == ""
        assert [row.split(" / ")[0] for row in rows(house.alice, "A-01-1")] == ["North", "South"]

    def test_of_a_bin_and_a_sku_are_a_list(self, house: House) -> None:
        factories.make_bin(house.north, "MUG-RED")
        assert opened(house.alice, "MUG-RED") == ""

    def test_of_a_lot_open_it(self, house: House) -> None:
        lot = factories.make_lot(house.sku, "L-2031", date(2031, 5, 1))
        factories.stock(house.sku, house.north, 4, lot=lot)
        assert opened(house.alice, "l-2031") == reverse("admin:inventory_lot_change", args=[lot.pk])
        assert rows(house.alice, "L-2031")[0] == "L-2031 of MUG-RED · Red mug 4 on hand until 1 May 2031 Lot"

    def test_of_a_lot_of_two_skus_are_a_list(self, house: House) -> None:
        for sku in (house.sku, factories.make_sku(house.organization, "MUG-PINK")):
            factories.stock(sku, house.north, 4, lot=factories.make_lot(sku, "L-1"))
        assert opened(house.alice, "L-1") == ""

    @pytest.mark.parametrize("term", ["SR-00001", "sr-1"])
    def test_of_a_request_open_it(self, house: House, term: str) -> None:
        request = factories.make_request(house.north, house.south, [(house.sku, 2)])
        assert opened(house.alice, term) == reverse(
            "admin:stock_requests_stockrequest_change", args=[request.pk]
        )

    @pytest.mark.parametrize("term", ["CC-00001", "cc-1"])
    def test_of_a_count_open_it(self, house: House, term: str) -> None:
        batch = count(house, house.north)
        assert opened(house.alice, term) == reverse("admin:cycle_counts_countbatch_change", args=[batch.pk])

    def test_a_bare_number_may_be_both_and_opens_neither(self, house: House) -> None:
        factories.make_request(house.north, house.south, [(house.sku, 2)])
        count(house, house.north)
        found = rows(house.alice, "1")
        assert [row.split()[0] for row in found] == ["SR-00001", "CC-00001"]
        assert opened(house.alice, "1") == ""

    def test_public_ids_open_whatever_they_are_of(self, house: House) -> None:
        adjustment = Adjustment.objects.filter(organization=house.organization).order_by("pk")[0]
        hold = factories.hold(house.sku, house.north, 2)
        for row, name in (
            (adjustment, "inventory_adjustment"),
            (hold, "inventory_hold"),
            (house.sku, "inventory_sku"),
        ):
            assert opened(house.alice, row.public_id) == reverse(f"admin:{name}_change", args=[row.pk])
            assert opened(house.charlie, row.public_id) == ""

    def test_of_an_api_request_opens_what_was_answered(self, house: House) -> None:
        owner = factories.make_person("owner@acme.example", {house.organization: ["Owner"]})
        record = RequestRecord.objects.create(
            organization=house.organization,
            request_id="01a2015b32bc7270a0c663fc53c8fef2",
            started_at=timezone.now(),
            milliseconds=12,
            method="GET",
            path="/api/v1/inventory/MUG",
            status=404,
            code="INVENTORY_NOT_FOUND",
            actor_type="key",
            actor_name="Web shop",
        )
        page = reverse("admin:warehouses_requestrecord_change", args=[record.pk])
        assert opened(owner, record.request_id) == page
        assert rows(owner, record.request_id) == [
            "GET /api/v1/inventory/MUG Web shop 404 INVENTORY_NOT_FOUND API request"
        ]
        for somebody in (house.alice, house.vera, house.charlie):
            assert rows(somebody, record.request_id) == []

    def test_a_whole_barcode_opens_without_enter(self, house: House) -> None:
        page = reverse("admin:search")
        browser = _Browser(house.alice)
        assert "data-at-once" in browser.get(page, {"s": "4006381333931", "extended": "1"}).text
        assert "data-at-once" not in browser.get(page, {"s": "MUG-RED", "extended": "1"}).text


def count(house: House, warehouse: Warehouse) -> Any:
    access = access_of_system(house.organization)
    return run(lambda: create_batch(access=access, warehouse=warehouse, scope=Scope(skus=(house.sku,))))


class TestRows:
    def test_say_how_much_there_is_and_where(self, house: House) -> None:
        shelf = factories.make_bin(house.north, "A-01-1")
        factories.stock(house.sku, house.north, 30, bin=shelf)
        factories.reserve(house.sku, house.north, 5)
        assert rows(house.alice, "MUG")[0] == "MUG-RED Red mug 57 on hand 52 available A-01-1 SKU"

    def test_find_by_words_of_the_title(self, house: House) -> None:
        assert rows(house.alice, "mug r")[0].startswith("MUG-RED Red mug")

    def test_tell_what_can_be_done_with_the_one_that_was_found(self, house: House) -> None:
        assert "Correct MUG-RED Set or change its quantity Action" in rows(house.alice, "MUG-RED")
        assert not any(row.startswith("Correct") for row in rows(house.vera, "MUG-RED"))

    @pytest.mark.parametrize(
        ("role", "acts"),
        [
            ("Warehouse manager", ["New transfer", "New hold", "New SKU", "New stock request"]),
            ("Approver", ["New stock request"]),
            ("Viewer", []),
            ("Counter", []),
        ],
    )
    def test_actions_are_those_that_one_may_do(self, house: House, role: str, acts: list[str]) -> None:
        person = factories.make_person("x@acme.example", {house.organization: [role]})
        found = [row for row in rows(person, "new") if row.endswith(" Action")]
        assert [row.removesuffix(" Action") for row in found] == acts

    def test_pages_are_those_of_ones_own_sidebar(self, house: House) -> None:
        assert any(row.startswith("Movements") for row in rows(house.vera, "movements"))
        counter = factories.make_person("x@acme.example", {house.organization: ["Counter"]})
        assert rows(counter, "movements") == []


class TestNothing:
    def test_says_so_and_offers_to_assign_the_barcode(self, house: House) -> None:
        page = _Browser(house.alice).get(reverse("admin:search"), {"s": "4006000000", "extended": "1"}).text
        assert "No SKU, bin or request has “4006000000”." in page
        assert rows(house.alice, "4006000000") == [
            "Assign this barcode: 4006000000 From then on it finds the SKU that you choose Action"
        ]

    @pytest.mark.parametrize("who", ["vera", "bob"])
    def test_offers_it_to_nobody_who_may_not(self, house: House, who: str) -> None:
        """Bob manages one warehouse, and the catalogue is everybody's."""
        assert rows(getattr(house, who), "4006000000") == []

    def test_offers_nothing_where_something_is_found(self, house: House) -> None:
        assert not any(row.startswith("Assign") for row in rows(house.alice, "MUG"))


class TestWhoSeesWhat:
    def test_two_organizations_with_the_same_codes_find_their_own(self, house: House) -> None:
        theirs = factories.make_sku(house.other, "MUG-RED", title="Their mug", barcodes=["4006381333931"])
        factories.stock(theirs, house.other.default_warehouse, 99)
        for term in ("MUG-RED", "4006381333931"):
            assert opened(house.alice, term) == sku_page(house.sku)
            assert opened(house.charlie, term) == sku_page(theirs)
        assert "99" not in "".join(rows(house.alice, "MUG"))
        assert "27" not in "".join(rows(house.charlie, "MUG"))

    def test_one_warehouse_is_all_that_is_summed(self, house: House) -> None:
        factories.stock(house.sku, house.south, 40, bin=factories.make_bin(house.south, "S-1"))
        assert rows(house.bob, "MUG")[0].startswith("MUG-RED Red mug 20 on hand 20 available")
        assert "S-1" not in rows(house.bob, "MUG")[0]

    def test_another_warehouses_bins_lots_requests_and_counts_are_not_there(self, house: House) -> None:
        factories.make_bin(house.south, "S-01", barcode="SOUTH01")
        lot = factories.make_lot(house.sku, "L-SOUTH")
        factories.stock(house.sku, house.south, 3, lot=lot)
        elsewhere = factories.make_warehouse(house.organization, "Elsewhere")
        factories.make_request(house.south, elsewhere, [(house.sku, 2)])
        count(house, house.south)
        for term in ("S-01", "SOUTH01", "L-SOUTH", "SR-1", "CC-1", lot.public_id):
            assert opened(house.alice, term) != "", term
            assert rows(house.bob, term) == [], term

    def test_whoever_counts_blind_finds_no_stock(self, house: House) -> None:
        counter = factories.make_person("x@acme.example", {house.organization: ["Counter"]})
        for term in ("MUG-RED", "4006381333931", "MUG", house.sku.public_id):
            assert rows(counter, term) == []

    def test_nothing_is_kept_for_whoever_loses_the_right(self, house: House) -> None:
        cache.clear()
        assert rows(house.vera, "MUG-RED")
        RoleAssignment.objects.filter(membership__user=house.vera).delete()
        assert rows(house.vera, "MUG-RED") == []


@pytest.mark.parametrize(("term", "queries"), [("MUG", 20), ("4006381333931", 15), ("SR-1", 20)])
def test_costs_the_same_with_one_row_and_three(house: House, term: str, queries: int) -> None:
    browser = _Browser(house.alice)
    found = []
    for number in range(3):
        if number:
            sku = factories.make_sku(house.organization, f"MUG-{number}")
            factories.stock(sku, house.north, 5, bin=factories.make_bin(house.north, f"MUG-{number}"))
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(reverse("admin:search"), {"s": term, "extended": "1"}).status_code == 200
        found.append(len(asked))
    assert found == [queries] * 3


def test_names_are_escaped(house: House) -> None:
    factories.make_sku(house.organization, "EVIL", title="<script>alert(1)</script>")
    page = _Browser(house.alice).get(reverse("admin:search"), {"s": "EVIL", "extended": "1"}).text
    assert "<script>" not in page


def test_without_a_script_it_is_a_page(house: House) -> None:
    page = _Browser(house.alice).get(reverse("admin:search"), {"s": "MUG"})
    assert "<main" in page.text
    assert sku_page(house.sku) in page.text


class TestAssigning:
    def test_the_offer_leads_to_a_form_with_the_code_in_it(self, house: House) -> None:
        browser = _Browser(house.alice)
        page = browser.get(reverse("admin:search"), {"s": "4006 1", "extended": "1"}).text
        link = re.search(r'href="([^"]*assign[^"]*)"', page)
        assert link is not None
        assert parse_qs(urlsplit(link[1]).query) == {"code": ["4006 1"]}
        assert 'value="4006 1"' in browser.get(link[1]).text

    def test_from_then_on_it_finds_the_sku_and_the_older_one_still_does(self, house: House) -> None:
        answer: Any = _Browser(house.alice).post(
            reverse("admin:inventory_barcode_assign"), {"code": "4006000000", "sku": "mug-red"}
        )
        assert answer["Location"] == sku_page(house.sku)
        assert opened(house.alice, "4006000000") == sku_page(house.sku)
        assert opened(house.alice, "4006381333931") == sku_page(house.sku)

    def test_one_that_belongs_to_another_sku_is_refused_at_its_field(self, house: House) -> None:
        factories.make_sku(house.organization, "MUG-PINK")
        answer = _Browser(house.alice).post(
            reverse("admin:inventory_barcode_assign"), {"code": "4006381333931", "sku": "MUG-PINK"}
        )
        assert answer.status_code == 422
        assert "belongs to MUG-RED" in answer.text
        assert 'value="MUG-PINK"' in answer.text

    @pytest.mark.parametrize("sku", ["", "NOBODY", "MUG-BLUE"])
    def test_a_sku_that_is_not_ones_own_is_none(self, house: House, sku: str) -> None:
        """MUG-BLUE is another organization's."""
        answer = _Browser(house.alice).post(
            reverse("admin:inventory_barcode_assign"), {"code": "4006000000", "sku": sku}
        )
        assert answer.status_code == 422
        assert house.foreign.barcodes.count() == 1

    @pytest.mark.parametrize("who", ["vera", "bob", "charlie"])
    def test_only_who_may_change_the_catalogue_does(self, house: House, who: str) -> None:
        user = getattr(house, who)
        factories.make_sku(house.organization, "X")
        answer = _Browser(user).post(
            reverse("admin:inventory_barcode_assign"), {"code": "4006000000", "sku": "MUG-RED"}
        )
        assert answer.status_code == (422 if who == "charlie" else 403)
        assert house.sku.barcodes.count() == 1
