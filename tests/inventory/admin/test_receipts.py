"""The page on which goods are received."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory.models import Adjustment, Lot, Replenishment, StockItem, StockLevel
from inventory.verification import verify
from tests import factories
from tests.inventory.admin.conftest import House
from tests.inventory.replenishment.orders import from_location, order

pytestmark = pytest.mark.django_db


def address(house: House) -> str:
    return f"{reverse('admin:inventory_replenishment_receive')}?location={house.north.pk}"


def answers(*lines: dict[str, Any], **given: Any) -> dict[str, Any]:
    posted: dict[str, Any] = {
        "bin": "",
        "reference": "",
        "note": "",
        "lines-TOTAL_FORMS": max(len(lines), 4),
        "lines-INITIAL_FORMS": 0,
    }
    empty = {"sku": "", "quantity": "", "bin": "", "lot": "", "expires_on": "", "unit_cost": "", "order": ""}
    for place in range(max(len(lines), 4)):
        values = empty | (lines[place] if place < len(lines) else {})
        posted |= {f"lines-{place}-{name}": value for name, value in values.items()}
    return posted | given


def on_hand(house: House) -> int:
    return StockLevel.objects.get(sku=house.sku, warehouse=house.north).on_hand


def test_the_location_is_asked_first(house: House, logged_in: type[Client]) -> None:
    plain = reverse("admin:inventory_replenishment_receive")
    page = logged_in(house.alice).get(plain).content.decode()
    assert "North" in page
    assert "South" in page
    assert "Main warehouse" in page
    page = logged_in(house.bob).get(plain).content.decode()
    assert "North" in page
    assert "South" not in page
    assert logged_in(house.bob).get(f"{plain}?location={house.south.pk}").status_code == 422
    assert logged_in(house.bob).get(f"{plain}?location=nonsense").status_code == 422


def test_several_lines_are_one_receipt(house: House, logged_in: type[Client]) -> None:
    shelf = factories.make_bin(house.north, "A-01", barcode="NA-01")
    factories.make_sku(house.organization, "CUP")
    response = logged_in(house.alice).post(
        address(house),
        answers(
            {"sku": "4006381333931", "quantity": 5, "lot": "L-1", "expires_on": "2040-05-31", "bin": "na-01"},
            {},
            {"sku": "cup", "quantity": 2, "unit_cost": "1.25"},
            bin="a-01",
            reference="DN-7",
            note="Wet boxes",
        ),
    )
    adjustment = Adjustment.objects.get(kind="receipt")
    assert (response.status_code, response["Location"]) == (
        302,
        reverse("admin:inventory_adjustment_change", args=(adjustment.pk,)),
    )
    assert (adjustment.reference, adjustment.note, adjustment.actor_name, adjustment.source) == (
        "DN-7",
        "Wet boxes",
        "alice@acme.example",
        "admin",
    )
    item = StockItem.objects.get(lot=Lot.objects.get(code="L-1"))
    assert (item.bin, item.on_hand, item.sku) == (shelf, 5, house.sku)
    cup = StockItem.objects.get(sku__code="CUP")
    assert (cup.bin, cup.on_hand, str(cup.sku.unit_cost)) == (shelf, 2, "1.2500")
    assert list(verify()) == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({"sku": "NOBODY", "quantity": 1}, "There is no such SKU."),
        ({"sku": "MUG-BLUE", "quantity": 1}, "There is no such SKU."),
        ({"sku": "5901234123457", "quantity": 1}, "There is no such SKU."),
        ({"sku": "MUG-RED", "quantity": 0}, "greater than or equal to 1"),
        ({"sku": "MUG-RED"}, "Say how many units."),
        ({"quantity": 3}, "Say which SKU."),
        ({"sku": "MUG-RED", "quantity": 1, "bin": "Z-99"}, "North has no such bin."),
        ({"sku": "MUG-RED", "quantity": 1, "expires_on": "2040-05-31"}, "Say which lot expires then."),
        ({"sku": "MUG-RED", "quantity": 1, "lot": "L-1", "expires_on": "2041-01-01"}, "has no expiry date"),
        ({"sku": "JUICE", "quantity": 1}, "name the lot"),
        ({"sku": "MUG-RED", "quantity": 11, "bin": "SMALL"}, "has room for 10 more units"),
        ({}, "at least one line"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    house: House, logged_in: type[Client], line: dict[str, Any], words: str
) -> None:
    factories.make_lot(house.sku, "L-1")
    factories.make_bin(house.north, "SMALL", capacity=10)
    factories.make_sku(house.organization, "JUICE", is_lot_controlled=True)
    response = logged_in(house.alice).post(address(house), answers({}, line))
    assert response.status_code == 422
    assert words in response.content.decode()
    assert on_hand(house) == 20
    assert Lot.objects.count() == 1


def test_more_lines_keep_what_was_typed(house: House, logged_in: type[Client]) -> None:
    response = logged_in(house.alice).post(
        address(house), answers({"sku": "MUG-RED", "quantity": "x"}, note="Wet", more="1")
    )
    page = response.content.decode()
    assert response.status_code == 200
    assert "Line 8" in page
    assert "Line 9" not in page
    assert 'value="MUG-RED"' in page
    assert 'value="Wet"' in page
    assert on_hand(house) == 20


def test_an_order_fills_the_form_in_and_is_received(house: House, logged_in: type[Client]) -> None:
    expected = order(house.sku, house.north, 10)
    alice = logged_in(house.alice)
    target = f"/admin/inventory/replenishment/{expected.pk}/receive-this/"
    page = alice.get(target, follow=True).content.decode()
    assert 'value="MUG-RED"' in page
    assert 'value="10"' in page
    response = alice.post(address(house), answers({"sku": "MUG-RED", "quantity": 4, "order": expected.pk}))
    assert response.status_code == 302
    expected.refresh_from_db()
    assert (expected.state, expected.received) == ("open", 4)
    response = alice.post(
        address(house), answers({"sku": "MUG-RED", "quantity": 7, "order": expected.pk}), follow=True
    )
    assert "More of MUG-RED has come than was ordered" in response.content.decode()
    expected.refresh_from_db()
    assert (expected.state, expected.received) == ("received", 11)
    # Sent again, as from a page that a colleague has open, it is not received twice.
    response = alice.post(address(house), answers({"sku": "MUG-RED", "quantity": 7, "order": expected.pk}))
    assert response.status_code == 422
    assert "Select a valid choice" in response.content.decode()
    assert on_hand(house) == 31


def test_an_order_of_another_sku_is_refused_beside_it(house: House, logged_in: type[Client]) -> None:
    other = order(factories.make_sku(house.organization, "CUP"), house.north, 10)
    order(house.sku, house.south, 3)
    order(house.sku, house.north, 3, from_location(house.south))
    response = logged_in(house.alice).post(
        address(house), answers({"sku": "MUG-RED", "quantity": 4, "order": other.pk})
    )
    page = response.content.decode()
    assert "North has no such replenishment of MUG-RED." in page
    assert (
        page.count(f'value="{other.pk}"') == 5
    )  # offered in each line, and in the shape of further ones; no other order is
    assert "MUG-RED: 3 of 3" not in page


def test_only_those_who_may_receive_there_can(house: House, logged_in: type[Client]) -> None:
    expected = order(house.sku, house.south, 10)
    form = answers({"sku": "MUG-RED", "quantity": 1})
    south = f"{reverse('admin:inventory_replenishment_receive')}?location={house.south.pk}"
    assert logged_in(house.vera).get(address(house)).status_code == 403
    assert logged_in(house.vera).post(address(house), form).status_code == 403
    assert logged_in(house.bob).post(south, form).status_code == 422
    assert logged_in(house.charlie).post(address(house), form).status_code == 422
    assert Client().post(address(house), form).status_code in {302, 403}
    plain = reverse("admin:inventory_replenishment_receive")
    assert logged_in(house.bob).get(f"{plain}?order={expected.pk}").status_code == 404
    assert logged_in(house.bob).get(f"{plain}?order=nonsense").status_code == 404
    assert not Adjustment.objects.filter(kind="receipt").exists()
    assert logged_in(house.bob).post(address(house), form).status_code == 302


def test_who_may_not_change_the_catalogue_is_not_asked_for_costs(
    house: House, logged_in: type[Client]
) -> None:
    assert "Unit cost" in logged_in(house.alice).get(address(house)).content.decode()
    bob = logged_in(house.bob)
    assert "Unit cost" not in bob.get(address(house)).content.decode()
    assert (
        bob.post(address(house), answers({"sku": "MUG-RED", "quantity": 1, "unit_cost": 9})).status_code
        == 302
    )
    house.sku.refresh_from_db()
    assert house.sku.unit_cost is None


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_takes_the_same_statements_for_any_number_of_orders(
    house: House, logged_in: type[Client], rows: int
) -> None:
    for number in range(rows):
        order(factories.make_sku(house.organization, f"Q-{number}"), house.north, 1)
    alice = logged_in(house.alice)
    alice.get(address(house))
    with CaptureQueriesContext(connection) as captured:
        page = alice.get(address(house)).content.decode()
    assert page.count("Q-0: 1 of 1") == 5  # four lines, and the shape of further ones
    made = [query["sql"][:140] for query in captured.captured_queries]
    assert len([sql for sql in made if "inventory_" in sql]) == 1, "\n".join(made)


def test_orders_in_the_sidebar_for_those_who_may(house: House, logged_in: type[Client]) -> None:
    receive = reverse("admin:inventory_replenishment_receive")
    suggestions = reverse("admin:inventory_replenishmentrule_suggestions")
    page = logged_in(house.alice).get(reverse("admin:index")).content.decode()
    assert receive in page
    assert suggestions in page
    page = logged_in(house.vera).get(reverse("admin:index")).content.decode()
    assert receive not in page
    assert suggestions in page
    assert Replenishment.objects.count() == 0
