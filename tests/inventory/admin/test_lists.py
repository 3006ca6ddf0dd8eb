"""The lists of the back office: own rows only, found by code and barcode, at a constant number of queries."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from inventory.models import Adjustment, StockLevel
from tests import factories
from tests.inventory.admin.conftest import House

pytestmark = pytest.mark.django_db

MODELS = (
    "category",
    "product",
    "sku",
    "lot",
    "reasoncode",
    "stocklevel",
    "stockitem",
    "movement",
    "adjustment",
)
READ_ONLY = ("stocklevel", "stockitem", "movement", "adjustment")
# Session, user, organizations, access (membership and its five sources of rights), the list's views and columns, count
# and rows, and its own filters: literal, so that a query more is noticed.
QUERIES = {
    "category": 14,
    "product": 15,
    "sku": 15,
    "lot": 14,
    "reasoncode": 14,
    "stocklevel": 16,
    "stockitem": 16,
    "movement": 15,
    "adjustment": 15,
}


def fill(house: House, count: int) -> None:
    for number in range(count):
        category = factories.make_category(house.organization, f"Category {number}")
        product = factories.make_product(house.organization, f"Product {number}", category)
        sku = factories.make_sku(house.organization, f"ROW-{number}", product=product, is_lot_controlled=True)
        lot = factories.make_lot(sku, f"L{number}")
        factories.stock(sku, house.north, 5, lot=lot)
        factories.stock(sku, house.south, 5, lot=lot)


@pytest.mark.parametrize("model", MODELS)
def test_list_costs_the_same_for_one_and_three_rows(
    house: House, logged_in: type[Client], model: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    alice = logged_in(house.alice)
    fill(house, 1)
    with django_assert_num_queries(QUERIES[model]):
        assert alice.get(f"/admin/inventory/{model}/").status_code == 200
    for number in range(1, 3):
        sku = factories.make_sku(
            house.organization,
            f"MORE-{number}",
            product=factories.make_product(
                house.organization,
                f"More {number}",
                factories.make_category(house.organization, f"More {number}"),
            ),
        )
        factories.stock(sku, house.north, 5, lot=factories.make_lot(sku, f"M{number}"))
    with django_assert_num_queries(QUERIES[model]):
        assert alice.get(f"/admin/inventory/{model}/").status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_lists_show_no_other_organizations_rows(house: House, logged_in: type[Client], model: str) -> None:
    category = factories.make_category(house.other, "FOREIGN")
    product = factories.make_product(house.other, "FOREIGN", category)
    sku = factories.make_sku(house.other, "FOREIGN", title="FOREIGN", product=product)
    lot = factories.make_lot(sku, "FOREIGN")
    factories.stock(sku, house.other.default_warehouse, 3, lot=lot, note="FOREIGN")
    page = logged_in(house.alice).get(f"/admin/inventory/{model}/?q=").content.decode()
    assert "FOREIGN" not in page
    page = logged_in(house.alice).get(f"/admin/inventory/{model}/?q=FOREIGN").content.decode()
    assert "/change/" not in page.split("result_list")[-1] or "FOREIGN" not in page.replace(
        'value="FOREIGN"', ""
    )


def test_other_organizations_records_are_not_there(house: House, logged_in: type[Client]) -> None:
    alice = logged_in(house.alice)
    foreign = StockLevel.objects.get(sku=house.foreign)
    adjustment = Adjustment.objects.get(organization=house.other)
    for address in (
        f"/admin/inventory/sku/{house.foreign.pk}/change/",
        f"/admin/inventory/stocklevel/{foreign.pk}/change/",
        f"/admin/inventory/adjustment/{adjustment.pk}/change/",
        f"/admin/inventory/product/{house.foreign.product_id}/change/",
    ):
        assert alice.get(address).status_code == 404
        assert alice.post(address, {}).status_code in {403, 404}


def test_limited_person_sees_the_stock_of_one_warehouse(house: House, logged_in: type[Client]) -> None:
    bob = logged_in(house.bob)
    page = bob.get("/admin/inventory/stocklevel/").content.decode()
    assert "North" in page
    assert "South" not in page
    page = bob.get("/admin/inventory/movement/").content.decode()
    assert "South" not in page
    south = StockLevel.objects.get(sku=house.sku, warehouse=house.south)
    assert bob.get(f"/admin/inventory/stocklevel/{south.pk}/change/").status_code == 404


@pytest.mark.parametrize("model", READ_ONLY)
def test_quantities_and_movements_are_read_only(house: House, logged_in: type[Client], model: str) -> None:
    alice = logged_in(house.alice)
    factories.stock(house.sku, house.north, 1)
    assert alice.get(f"/admin/inventory/{model}/add/").status_code == 403
    from django.apps import apps

    row = apps.get_model("inventory", model).objects.filter(organization=house.organization).first()
    address = f"/admin/inventory/{model}/{row.pk}"
    assert alice.get(f"{address}/change/").status_code == 200
    assert alice.post(f"{address}/change/", {"on_hand": 999, "delta": 999}).status_code == 403
    assert alice.post(f"{address}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("term", ["mug-red", "MUG-R", "4006381333931", "red mug"])
@pytest.mark.parametrize("model", ["sku", "stocklevel", "stockitem", "movement"])
def test_stock_is_found_by_code_barcode_and_title(
    house: House, logged_in: type[Client], model: str, term: str
) -> None:
    factories.make_sku(house.organization, "PLATE", title="Plate")
    page = logged_in(house.alice).get(f"/admin/inventory/{model}/", {"q": term}).content.decode()
    assert "MUG-RED" in page
    assert "PLATE" not in page


def test_foreign_barcode_finds_nothing(house: House, logged_in: type[Client]) -> None:
    page = logged_in(house.alice).get("/admin/inventory/sku/", {"q": "5901234123457"}).content.decode()
    assert "MUG-BLUE" not in page
    assert "MUG-RED" not in page


def test_sku_with_a_code_in_other_capitals_is_refused_by_name(house: House, logged_in: type[Client]) -> None:
    form = {
        "code": "mug-red",
        "title": "Again",
        "product": house.sku.product_id,
        "base_unit": "each",
        "safety_stock": 0,
        "reorder_point": 0,
        "reorder_quantity": 0,
        "barcodes-TOTAL_FORMS": 0,
        "barcodes-INITIAL_FORMS": 0,
    }
    response = logged_in(house.alice).post("/admin/inventory/sku/add/", form)
    assert response.status_code == 200
    assert "There is a SKU with this code already" in response.content.decode()
    ok = logged_in(house.alice).post("/admin/inventory/sku/add/", form | {"code": "MUG-GREEN"})
    assert ok.status_code == 302


def test_barcode_of_another_sku_is_refused_by_name(house: House, logged_in: type[Client]) -> None:
    plate = factories.make_sku(house.organization, "PLATE")
    form = {
        "code": "PLATE",
        "title": "Plate",
        "product": plate.product_id,
        "base_unit": "each",
        "safety_stock": 0,
        "reorder_point": 0,
        "reorder_quantity": 0,
        "barcodes-TOTAL_FORMS": 1,
        "barcodes-INITIAL_FORMS": 0,
        "barcodes-0-code": "4006381333931",
        "levels-TOTAL_FORMS": 0,
        "levels-INITIAL_FORMS": 0,
    }
    alice = logged_in(house.alice)
    response = alice.post(f"/admin/inventory/sku/{plate.pk}/change/", form)
    assert response.status_code == 200
    assert "already" in response.content.decode()
    # What another organization's label says is nobody's business here.
    response = alice.post(
        f"/admin/inventory/sku/{plate.pk}/change/", form | {"barcodes-0-code": "5901234123457"}
    )
    assert response.status_code == 302
    assert plate.barcodes.get().organization == house.organization


def test_viewer_reads_but_does_not_write(house: House, logged_in: type[Client]) -> None:
    vera = logged_in(house.vera)
    assert vera.get(f"/admin/inventory/sku/{house.sku.pk}/change/").status_code == 200
    assert vera.post(f"/admin/inventory/sku/{house.sku.pk}/change/", {}).status_code == 403
    assert vera.get("/admin/inventory/sku/add/").status_code == 403


def test_reasons_that_the_product_needs_are_neither_deleted_nor_deactivated(
    house: House, logged_in: type[Client]
) -> None:
    alice = logged_in(house.alice)
    for code in ("ADJUSTMENT", "reversal"):
        reason = factories.reason(house.organization, code)
        address = f"/admin/inventory/reasoncode/{reason.pk}"
        assert alice.post(f"{address}/delete/", {"post": "yes"}).status_code == 403
        alice.post(f"{address}/change/", {"name": "Renamed"})
        alice.post(
            "/admin/inventory/reasoncode/",
            {"action": "delete_selected", "_selected_action": [str(reason.pk)], "post": "yes"},
        )
        reason.refresh_from_db()
        assert (reason.name, reason.is_active) == ("Renamed", True)
    found = factories.reason(house.organization, "found")
    assert alice.post(f"/admin/inventory/reasoncode/{found.pk}/delete/", {"post": "yes"}).status_code == 302
