"""Labels from a list: of what is selected there and seen by the person, on the size that they chose last."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from inventory.labels.code128 import code128
from inventory.labels.qr import qr
from inventory.models import Barcode
from tests import factories
from tests.inventory.admin.conftest import House
from warehouses.models import Bin, PagePreference

pytestmark = pytest.mark.django_db

LISTS = {
    "bin": "admin:warehouses_bin_changelist",
    "sku": "admin:inventory_sku_changelist",
    "lot": "admin:inventory_lot_changelist",
    "warehouse": "admin:warehouses_warehouse_changelist",
}


def labels(client: Client, kind: str, *rows: Any, **choice: Any) -> Any:
    named = {"kind": kind, "row": [row.public_id for row in rows]}
    return client.post(reverse("admin:labels"), named | choice)


def text_of(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content
    return str(answer.content.decode())


def select(client: Client, kind: str, *rows: Any) -> Any:
    """As the button beside the selected rows sends it: second among the actions."""
    form = {"action": ["", "print_labels"], "index": "1", "_selected_action": [str(row.pk) for row in rows]}
    return client.post(reverse(LISTS[kind]), form)


@pytest.fixture
def shelves(house: House) -> list[Bin]:
    return [
        factories.make_bin(house.north, "A-03-1", pick_sequence=2, barcode="SHELF-77"),
        factories.make_bin(house.north, "A-01-1", pick_sequence=1),
    ]


def test_selected_bins_get_labels_in_the_order_of_the_walk(
    house: House, logged_in: type[Client], shelves: list[Bin]
) -> None:
    page = text_of(select(logged_in(house.alice), "bin", *shelves))
    assert page.index("A-01-1") < page.index("A-03-1")
    # What is scanned is the bin's barcode, or else its code; for people there is the code.
    assert code128("A-01-1", narrowest=0.33) in page
    assert code128("SHELF-77", narrowest=0.33) in page
    assert page.count('<svg class="code128"') == 2
    assert "2 labels on 1 sheet of A4" in page


def test_sku_has_its_barcode_and_one_without_its_code(house: House, logged_in: type[Client]) -> None:
    bare = factories.make_sku(house.organization, "PLATE", title="Plate <b>")
    page = text_of(select(logged_in(house.alice), "sku", house.sku, bare))
    assert code128("4006381333931") in page
    assert code128("PLATE") in page
    assert "Plate &lt;b&gt;" in page
    assert "1 SKU has no barcode" in page


def test_lots_and_locations_have_labels_too(house: House, logged_in: type[Client]) -> None:
    lot = factories.make_lot(house.sku, "L-2026-11")
    factories.stock(house.sku, house.north, 3, lot=lot)
    alice = logged_in(house.alice)
    assert code128("L-2026-11") in text_of(select(alice, "lot", lot))
    assert qr(house.north.public_id) in text_of(labels(alice, "warehouse", house.north, codes="qr"))


def test_size_code_and_copies_are_chosen_and_kept(house: House, logged_in: type[Client]) -> None:
    alice = logged_in(house.alice)
    page = text_of(labels(alice, "sku", house.sku, paper="100x50", codes="both", copies="3", first="1"))
    assert page.count(code128("4006381333931", narrowest=0.5)) == page.count(qr("4006381333931")) == 3
    assert "inventory/labels_100x50" in page
    assert "3 labels on 3 pieces of the roll" in page
    again = text_of(select(alice, "sku", house.sku))
    assert "labels-100x50 codes-both" in again
    assert again.count(qr("4006381333931")) == 1  # how many is asked each time
    other = text_of(select(logged_in(house.vera), "sku", house.sku))
    assert "labels-a4-3x8 codes-bars" in other
    assert PagePreference.objects.get(page="labels").user == house.alice


def test_sheet_that_was_begun_is_filled_from_there(house: House, logged_in: type[Client]) -> None:
    page = text_of(labels(logged_in(house.alice), "sku", house.sku, paper="a4-4x10", codes="bars", first="6"))
    assert page.count('class="label label-free"') == 5


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"copies": "0"}, "Enter a number from 1 to 100."),
        ({"copies": "x"}, "Enter a number from 1 to 100."),
        ({"copies": "101"}, "Enter a number from 1 to 100."),
        ({"first": "-1"}, "Enter its place on the sheet, from 1."),
        ({"paper": "letter"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_told_at_the_field(
    house: House, logged_in: type[Client], choice: dict[str, str], words: str
) -> None:
    page = text_of(labels(logged_in(house.alice), "sku", house.sku, **choice), 422)
    assert words in page
    assert code128("4006381333931") in page
    assert not PagePreference.objects.exists()


class TestOwnBarcodes:
    def test_are_given_where_there_are_none(self, house: House, logged_in: type[Client]) -> None:
        bare = factories.make_sku(house.organization, "PLATE")
        alice = logged_in(house.alice)
        offered = text_of(select(alice, "sku", house.sku, bare))
        assert "Give it barcodes of your own" in offered
        page = text_of(labels(alice, "sku", house.sku, bare, generate="1"))
        (given,) = bare.barcodes.all()
        assert given.code.startswith("29")
        assert code128(given.code) in page
        assert "1 SKU got a barcode of your own." in page
        assert "no barcode" not in page
        assert house.sku.barcodes.count() == 1

    def test_are_not_given_by_looking(self, house: House, logged_in: type[Client]) -> None:
        bare = factories.make_sku(house.organization, "PLATE")
        alice = logged_in(house.alice)
        asked = {"kind": "sku", "row": bare.public_id, "generate": "1"}
        assert text_of(alice.get(reverse("admin:labels"), asked))
        assert not bare.barcodes.exists()

    def test_are_offered_to_nobody_who_may_not(self, house: House, logged_in: type[Client]) -> None:
        bare = factories.make_sku(house.organization, "PLATE")
        for person in (house.vera, house.bob):
            client = logged_in(person)
            assert "barcodes of your own" not in text_of(select(client, "sku", bare))
            page = text_of(labels(client, "sku", bare, generate="1"))
            assert "This needs the permission" in page or "whole organization" in page
        assert not bare.barcodes.exists()


class TestWhoMay:
    def test_nothing_of_another_organization_is_printed(self, house: House, logged_in: type[Client]) -> None:
        theirs = house.other.default_warehouse
        assert theirs is not None
        shelf = factories.make_bin(theirs, "FOREIGN-1")
        lot = factories.make_lot(house.foreign, "FOREIGN-LOT")
        factories.stock(house.foreign, theirs, 1, lot=lot)
        alice = logged_in(house.alice)
        for kind, row in (("bin", shelf), ("sku", house.foreign), ("lot", lot), ("warehouse", theirs)):
            assert labels(alice, kind, row).status_code == 404
            assert select(alice, kind, row).status_code in {302, 404}
        # Beside one's own it is left out in silence.
        page = text_of(labels(alice, "sku", house.sku, house.foreign))
        assert "MUG-BLUE" not in page
        generated = labels(alice, "sku", house.sku, house.foreign, generate="1")
        assert generated.status_code == 200
        assert Barcode.objects.filter(sku=house.foreign).count() == 1

    def test_whoever_sees_one_warehouse_prints_its_bins(self, house: House, logged_in: type[Client]) -> None:
        here = factories.make_bin(house.north, "NORTH-1")
        there = factories.make_bin(house.south, "SOUTH-1")
        lot = factories.make_lot(house.sku, "SOUTH-LOT")
        factories.stock(house.sku, house.south, 1, lot=lot)
        bob = logged_in(house.bob)
        page = text_of(labels(bob, "bin", here, there))
        assert "NORTH-1" in page
        assert "SOUTH-1" not in page
        assert labels(bob, "lot", lot).status_code == 404
        assert labels(bob, "warehouse", house.south).status_code == 404

    @pytest.mark.parametrize("rows", [[], ["x"], ["sku_01h"], ["bin_01m80mp8s2ec0tn29kwyearn4f", "\x00"]])
    def test_nothing_chosen_is_said(self, house: House, logged_in: type[Client], rows: list[str]) -> None:
        answer = logged_in(house.alice).post(reverse("admin:labels"), {"kind": "sku", "row": rows})
        assert answer.status_code == 404

    def test_nobody_logged_in_is_asked_to(self, house: House, client: Client) -> None:
        assert labels(client, "sku", house.sku)["Location"].startswith("/admin/login/")

    def test_it_is_protected_from_other_sites(self, house: House) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(house.alice, backend="django.contrib.auth.backends.ModelBackend")
        assert labels(strict, "sku", house.sku).status_code == 403


def test_page_costs_the_same_for_one_and_three(
    house: House,
    logged_in: type[Client],
    shelves: list[Bin],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    alice = logged_in(house.alice)
    more = [factories.make_sku(house.organization, code, barcodes=[f"77{code}"]) for code in ("A", "B")]
    shelf = factories.make_bin(house.south, "Z-1")
    for kind, one, rest, queries in (
        ("sku", house.sku, more, 12),
        ("bin", shelves[0], [shelves[1], shelf], 11),
    ):
        with django_assert_num_queries(queries):
            labels(alice, kind, one)
        with django_assert_num_queries(queries):
            labels(alice, kind, one, *rest)


def test_list_has_the_button_beside_what_is_selected(house: House, logged_in: type[Client]) -> None:
    page = text_of(logged_in(house.alice).get(reverse(LISTS["sku"])))
    assert '<input type="hidden" name="action" value="print_labels">' in page
    assert "print_labels" not in text_of(
        logged_in(house.alice).get(reverse("admin:inventory_reasoncode_changelist"))
    )
