"""The catalogue's pages write through the same functions as the API, and say the same refusals."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from inventory.models import Barcode, Category, Movement, Product, Sku
from tests import factories
from tests.inventory.admin.conftest import House

pytestmark = pytest.mark.django_db

ADMIN = "/admin/inventory"


def sku_form(**changes: Any) -> dict[str, Any]:
    return {
        "code": "CUP-1",
        "title": "Cup",
        "product": "",
        "is_active": "on",
        "unit_cost": "4.10",
        "unit_price": "",
        "base_unit": "each",
        "safety_stock": "1",
        "reorder_point": "2",
        "reorder_quantity": "3",
        "barcodes-TOTAL_FORMS": "0",
        "barcodes-INITIAL_FORMS": "0",
        "levels-TOTAL_FORMS": "0",
        "levels-INITIAL_FORMS": "0",
        **changes,
    }


def barcode_rows(sku: Sku, *rows: tuple[Barcode | None, str, bool]) -> dict[str, Any]:
    """Rows of the inline: what there is, what is typed, and whether it is ticked for deletion."""
    found: dict[str, Any] = {
        "barcodes-TOTAL_FORMS": str(len(rows)),
        "barcodes-INITIAL_FORMS": str(sum(known is not None for known, _, _ in rows)),
    }
    for number, (known, code, is_deleted) in enumerate(rows):
        found |= {f"barcodes-{number}-code": code, f"barcodes-{number}-sku": str(sku.pk)}
        found |= {f"barcodes-{number}-id": str(known.pk)} if known else {}
        found |= {f"barcodes-{number}-DELETE": "on"} if is_deleted else {}
    return found


def saved(browser: Client, path: str, form: dict[str, Any]) -> None:
    response = browser.post(path, form)
    assert response.status_code == 302


def refused(browser: Client, path: str, form: dict[str, Any]) -> str:
    """The page that is shown again."""
    response = browser.post(path, form)
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_sku_without_a_product_gets_one_of_its_own(house: House, logged_in: type[Client]) -> None:
    alice = logged_in(house.alice)
    new = {"barcodes-TOTAL_FORMS": "1", "barcodes-0-code": "5901234123457"}
    saved(alice, f"{ADMIN}/sku/add/", sku_form(**new))

    sku = Sku.objects.get(code="CUP-1")
    assert (sku.product.name, sku.product.organization, sku.organization) == (
        "Cup",
        house.organization,
        house.organization,
    )
    assert list(sku.barcodes.values_list("code", "organization")) == [
        ("5901234123457", house.organization.pk)
    ]


def test_barcodes_are_added_changed_and_taken_away(house: House, logged_in: type[Client]) -> None:
    sku = house.sku
    red = Barcode.objects.get(sku=sku)
    other = Barcode.objects.create(organization=house.organization, sku=sku, code="2")
    unseen = Barcode.objects.create(organization=house.organization, sku=sku, code="unseen")
    rows = barcode_rows(sku, (other, "22", False), (red, red.code, True), (None, "3", False))
    rows |= {"code": sku.code, "title": sku.title, "product": str(sku.product_id)}

    saved(logged_in(house.alice), f"{ADMIN}/sku/{sku.pk}/change/", sku_form(**rows))

    # One that came after the page was read is left alone.
    assert set(sku.barcodes.values_list("code", flat=True)) == {"22", "3", unseen.code}


def test_a_barcode_of_another_sku_is_refused(house: House, logged_in: type[Client]) -> None:
    factories.make_sku(house.organization, "OTHER", barcodes=["77"])
    rows = barcode_rows(house.sku, (None, "77", False))
    rows |= {"code": house.sku.code, "title": "New title", "product": str(house.sku.product_id)}

    page = refused(logged_in(house.alice), f"{ADMIN}/sku/{house.sku.pk}/change/", sku_form(**rows))

    assert "This barcode belongs to a SKU already" in page
    assert Sku.objects.get(pk=house.sku.pk).title == "Red mug"


def test_lot_control_waits_for_the_stock_to_be_in_lots(house: House, logged_in: type[Client]) -> None:
    sku = house.sku
    change = {"code": sku.code, "title": sku.title, "product": str(sku.product_id), "is_lot_controlled": "on"}
    page = refused(logged_in(house.alice), f"{ADMIN}/sku/{sku.pk}/change/", sku_form(**change))

    assert "27 units of MUG-RED are in no lot" in page
    sku.refresh_from_db()
    assert not sku.is_lot_controlled


@pytest.mark.parametrize("way", ["page", "action"])
def test_what_has_a_history_is_not_deleted(house: House, logged_in: type[Client], way: str) -> None:
    """Peers' test case 25."""
    alice = logged_in(house.alice)
    movements = Movement.objects.count()
    for model, row, why in (
        ("sku", house.sku, "deactivate it instead"),
        ("product", house.sku.product, "has 1 SKU"),
    ):
        if way == "page":
            asked = alice.get(f"{ADMIN}/{model}/{row.pk}/delete/")
            assert asked.status_code == 200
            answer = alice.post(f"{ADMIN}/{model}/{row.pk}/delete/", {"post": "yes"}, follow=True)
        else:
            form = {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"}
            answer = alice.post(f"{ADMIN}/{model}/", form, follow=True)
        assert why in answer.content.decode()
    assert (Sku.objects.filter(pk=house.sku.pk).count(), Movement.objects.count()) == (1, movements)


def test_categories_and_products(house: House, logged_in: type[Client]) -> None:
    alice = logged_in(house.alice)
    saved(alice, f"{ADMIN}/category/add/", {"name": " Mugs "})
    category = Category.objects.get(organization=house.organization)
    assert category.name == "Mugs"
    assert "There is a category" in refused(alice, f"{ADMIN}/category/add/", {"name": "MUGS"})
    skus = {"skus-TOTAL_FORMS": "0", "skus-INITIAL_FORMS": "0"}
    saved(alice, f"{ADMIN}/product/add/", {"name": "Mug", "category": str(category.pk), **skus})
    product = Product.objects.get(name="Mug")
    assert product.category == category
    saved(alice, f"{ADMIN}/product/{product.pk}/change/", {"name": "Mugs", "category": "", **skus})
    product.refresh_from_db()
    assert (product.name, product.category) == ("Mugs", None)
    saved(
        alice, f"{ADMIN}/product/{product.pk}/change/", {"name": "Mug", "category": str(category.pk), **skus}
    )
    saved(alice, f"{ADMIN}/category/{category.pk}/change/", {"name": "Cups"})
    saved(alice, f"{ADMIN}/category/{category.pk}/delete/", {"post": "yes"})
    product.refresh_from_db()
    assert (product.name, product.category) == ("Mug", None)
    saved(alice, f"{ADMIN}/product/{product.pk}/delete/", {"post": "yes"})
    assert not Product.objects.filter(name="Mug").exists()


@pytest.mark.parametrize("who", ["bob", "vera", "charlie"])
def test_who_may_not_write_it_everywhere_writes_none(house: House, logged_in: type[Client], who: str) -> None:
    browser = logged_in(getattr(house, who))
    sku = house.sku
    assert browser.post(f"{ADMIN}/sku/{sku.pk}/delete/", {"post": "yes"}).status_code in {403, 404}
    form = sku_form(code=sku.code, title="Mine", product=str(sku.product_id))
    assert browser.post(f"{ADMIN}/sku/{sku.pk}/change/", form).status_code in {403, 404}
    if who != "charlie":  # the owner of another organization, who makes one there
        assert browser.post(f"{ADMIN}/sku/add/", sku_form()).status_code == 403
        assert not Sku.objects.filter(code="CUP-1").exists()
    sku.refresh_from_db()
    assert sku.title == "Red mug"
