"""Holds in the back office: made on stock wherever it is or on one item, released, looked into."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from inventory.models import Hold, StockItem, StockLevel
from inventory.verification import verify
from tests import factories
from tests.inventory.admin.conftest import House

pytestmark = pytest.mark.django_db

LIST = "/admin/inventory/hold/"


@pytest.fixture(autouse=True)
def _stock_is_right(db: None) -> Any:
    yield
    assert list(verify()) == []


def page(made: Hold, what: str = "change") -> str:
    return reverse(f"admin:inventory_hold_{what}", args=(made.pk,))


def held(house: House) -> tuple[int, int]:
    level = StockLevel.objects.get(sku=house.sku, warehouse=house.north)
    return level.on_hand, level.held


def answers(house: House, **given: Any) -> dict[str, Any]:
    return {
        "sku": house.sku.pk,
        "warehouse": house.north.pk,
        "bin": "",
        "lot": "",
        "quantity": 4,
        "reason": "Leaking",
        "reference": "QI-1",
    } | given


class TestMaking:
    def test_with_the_form(self, house: House, logged_in: type[Client]) -> None:
        alice = logged_in(house.alice)
        assert alice.get(f"{LIST}add/").status_code == 200
        response = alice.post(f"{LIST}add/", answers(house))
        made = Hold.objects.get()
        assert response["Location"] == page(made)
        assert (made.quantity, made.reason, made.reference, made.actor_name) == (
            4, "Leaking", "QI-1", "alice@acme.example",
        )  # fmt: skip
        assert held(house) == (20, 4)
        shown = alice.get(page(made)).content.decode()
        for words in ("MUG-RED", "North", "Leaking", "QI-1", "MAIN", made.public_id, "Create"):
            assert words in shown

    def test_without_a_quantity_all_that_is_free(self, house: House, logged_in: type[Client]) -> None:
        logged_in(house.alice).post(f"{LIST}add/", answers(house, quantity=""))
        assert held(house) == (20, 20)

    def test_in_a_bin(self, house: House, logged_in: type[Client]) -> None:
        shelf = factories.make_bin(house.north, "A-1")
        factories.stock(house.sku, house.north, 3, bin=shelf)
        logged_in(house.alice).post(f"{LIST}add/", answers(house, quantity="", bin=shelf.pk))
        made = Hold.objects.get()
        assert (made.bin, made.quantity) == (shelf, 3)
        shown = logged_in(house.alice).get(LIST).content.decode()
        assert "bin A-1" in shown

    @pytest.mark.parametrize(
        ("given", "field", "words"),
        [
            ({"quantity": 21}, "quantity", "20 units"),
            ({"quantity": 0}, "quantity", "greater than or equal to 1"),
            ({"reason": ""}, "reason", "This field is required"),
        ],
    )
    def test_what_is_wrong_is_said_beside_its_field(
        self, house: House, logged_in: type[Client], given: dict[str, Any], field: str, words: str
    ) -> None:
        response = logged_in(house.alice).post(f"{LIST}add/", answers(house, **given))
        assert response.status_code == 200
        assert words in str(response.context["adminform"].form.errors[field])
        assert not Hold.objects.exists()

    def test_a_bin_of_another_location_is_named(self, house: House, logged_in: type[Client]) -> None:
        elsewhere = factories.make_bin(house.south, "S-1")
        response = logged_in(house.alice).post(f"{LIST}add/", answers(house, bin=elsewhere.pk))
        assert "has no such bin" in str(response.context["adminform"].form.errors["bin"])

    def test_of_one_item_from_its_page(self, house: House, logged_in: type[Client]) -> None:
        shelf = factories.make_bin(house.north, "A-1")
        factories.stock(house.sku, house.north, 3, bin=shelf)
        item = StockItem.objects.get(bin=shelf)
        target = f"/admin/inventory/stockitem/{item.pk}/hold/"
        alice = logged_in(house.alice)
        assert alice.get(target).status_code == 200
        response = alice.post(target, {"quantity": 4, "reason": "Leaking", "reference": ""})
        assert response.status_code == 422
        assert "3 units" in str(response.context["form"].errors["quantity"])
        response = alice.post(target, {"quantity": "", "reason": "Leaking", "reference": ""})
        made = Hold.objects.get()
        assert response["Location"] == page(made)
        assert (made.stock_item, made.quantity) == (item, 3)
        for person in (house.vera, house.charlie):
            assert logged_in(person).post(target, {"reason": "x"}).status_code in {403, 404}

    def test_only_where_one_may_write(self, house: House, logged_in: type[Client]) -> None:
        assert logged_in(house.vera).get(f"{LIST}add/").status_code == 403
        response = logged_in(house.bob).post(f"{LIST}add/", answers(house, warehouse=house.south.pk))
        assert "Select a valid choice" in str(response.context["adminform"].form.errors["warehouse"])
        logged_in(house.charlie).post(f"{LIST}add/", answers(house))
        assert not Hold.objects.exists()


class TestReleasing:
    def test_in_part_and_then_whole(self, house: House, logged_in: type[Client]) -> None:
        made = factories.hold(house.sku, house.north, 4)
        alice = logged_in(house.alice)
        assert 'value="4"' in alice.get(page(made, "release")).content.decode()
        shown = alice.post(page(made, "release"), {"quantity": 3, "note": "Sound"}, follow=True)
        assert "1 of 4 units are still held" in shown.content.decode()
        assert "Sound" in shown.content.decode()
        assert held(house) == (20, 1)
        alice.post(page(made, "release"), {"quantity": 1, "note": ""})
        assert held(house) == (20, 0)
        again = alice.post(page(made, "release"), {"quantity": 1, "note": ""})
        assert again.status_code == 422
        assert "nothing more can be done with it" in again.content.decode()
        assert page(made, "release") not in alice.get(page(made)).content.decode()

    def test_more_than_is_held_is_said_beside_the_field(self, house: House, logged_in: type[Client]) -> None:
        made = factories.hold(house.sku, house.north, 4)
        response = logged_in(house.alice).post(page(made, "release"), {"quantity": 5})
        assert response.status_code == 422
        assert "4 units" in str(response.context["form"].errors["quantity"])

    def test_only_those_who_may_write_there_can(self, house: House, logged_in: type[Client]) -> None:
        made = factories.hold(house.sku, house.south, 4)
        for person in (house.vera, house.bob, house.charlie):
            response = logged_in(person).post(page(made, "release"), {"quantity": 1})
            assert response.status_code in {403, 404}, person
        made.refresh_from_db()
        assert made.open == 4


class TestList:
    def test_shows_ones_own_and_finds_them(self, house: House, logged_in: type[Client]) -> None:
        factories.hold(house.sku, house.north, 1, reason="In the north", reference="QI-7")
        factories.hold(house.sku, house.south, 1, reason="In the south")
        factories.hold(house.foreign, house.other.default_warehouse, 1, reason="Of a rival")
        shown = logged_in(house.alice).get(LIST).content.decode()
        assert "In the north" in shown
        assert "In the south" in shown
        assert "Of a rival" not in shown
        shown = logged_in(house.bob).get(LIST).content.decode()
        assert "In the south" not in shown
        for term in ("qi-7", "the north", "mug-r", "4006381333931"):
            shown = logged_in(house.bob).get(LIST, {"q": term}).content.decode()
            assert "In the north" in shown, term
        shown = logged_in(house.alice).get(LIST, {"q": "qi-7"}).content.decode()
        assert "In the south" not in shown

    def test_nothing_is_changed_or_deleted_by_hand(self, house: House, logged_in: type[Client]) -> None:
        made = factories.hold(house.sku, house.north, 1)
        alice = logged_in(house.alice)
        assert alice.post(page(made), {"open": 0}).status_code == 403
        assert alice.post(page(made, "delete"), {"post": "yes"}).status_code == 403

    def test_costs_the_same_for_one_and_three(
        self, house: House, logged_in: type[Client], django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        alice = logged_in(house.alice)
        for count in (1, 3):
            for number in range(Hold.objects.count(), count):
                place = (house.north, house.south)[number % 2]
                item = StockItem.objects.get(sku=house.sku, warehouse=place)
                factories.hold(house.sku, place, 1, item=item)
            with django_assert_num_queries(16):
                assert alice.get(LIST).status_code == 200
