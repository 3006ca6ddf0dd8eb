"""The Adjust form: the one way in which the back office changes a quantity."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from inventory.models import Adjustment, Movement, StockItem, StockLevel
from inventory.verification import verify
from tests import factories
from tests.inventory.admin.conftest import House

pytestmark = pytest.mark.django_db


def level_of(house: House, name: str = "north") -> StockLevel:
    return StockLevel.objects.get(sku=house.sku, warehouse=getattr(house, name))


def address(level: StockLevel) -> str:
    return f"/admin/inventory/stocklevel/{level.pk}/adjust/"


def answers(house: House, level: StockLevel, **given: Any) -> dict[str, Any]:
    reason = factories.reason(house.organization, given.pop("reason", "ADJUSTMENT")).pk
    return {
        "mode": "set",
        "quantity": 25,
        "reason": reason,
        "note": "",
        "reference": "",
        "seen": level.version,
    } | given


def test_set_posts_the_difference_with_reason_and_person(house: House, logged_in: type[Client]) -> None:
    level = level_of(house)
    response = logged_in(house.alice).post(
        address(level), answers(house, level, reason="cycle_count", note="Counted", reference="CC-1")
    )
    assert response.status_code == 302
    level.refresh_from_db()
    assert level.on_hand == 25
    movement = Movement.objects.get(note="Counted")
    assert (movement.delta, movement.level_before, movement.level_after) == (5, 20, 25)
    assert (movement.actor_type, movement.actor_name) == ("user", "alice@acme.example")
    assert (movement.reason_code.code, movement.reference) == ("cycle_count", "CC-1")
    assert list(verify()) == []


def test_change_adds_to_what_is_there(house: House, logged_in: type[Client]) -> None:
    level = level_of(house)
    logged_in(house.alice).post(address(level), answers(house, level, mode="change", quantity=-3))
    level.refresh_from_db()
    assert level.on_hand == 17


def test_page_shows_before_and_asks_for_a_reason(house: House, logged_in: type[Client]) -> None:
    level = level_of(house)
    page = logged_in(house.alice).get(address(level)).content.decode()
    assert 'data-before="20"' in page
    response = logged_in(house.alice).post(address(level), answers(house, level) | {"reason": ""})
    assert response.status_code == 422
    assert "This field is required" in response.content.decode()
    level.refresh_from_db()
    assert level.on_hand == 20


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"mode": "change", "quantity": -21}, "has 20 units; 21 cannot be taken"),
        ({"mode": "set", "quantity": -1}, "A quantity is 0 or more"),
        ({"mode": "change", "quantity": 0}, "A change of 0 changes nothing"),
        ({"mode": "change", "quantity": 5, "reason": "DAMAGE"}, "does not fit it"),
        ({"quantity": "1e3"}, "Enter a whole number"),
        ({"quantity": 1_000_000_001}, "less than or equal to 1000000000"),
    ],
)
def test_refused_amount_says_why_and_changes_nothing(
    house: House, logged_in: type[Client], given: dict[str, Any], words: str
) -> None:
    level = level_of(house)
    before = Movement.objects.count()
    response = logged_in(house.alice).post(address(level), answers(house, level, **given))
    assert response.status_code == 422
    assert words in response.content.decode()
    assert Movement.objects.count() == before


def test_set_is_refused_once_when_somebody_was_first(house: House, logged_in: type[Client]) -> None:
    level = level_of(house)
    form = answers(house, level)
    factories.stock(house.sku, house.north, -4)
    alice = logged_in(house.alice)
    response = alice.post(address(level), form)
    assert response.status_code == 422
    assert "there are 16 units now" in response.content.decode()
    level.refresh_from_db()
    assert level.on_hand == 16
    alice.post(address(level), form | {"seen": level.version})
    level.refresh_from_db()
    assert level.on_hand == 25


def test_item_is_adjusted_in_its_bin(house: House, logged_in: type[Client]) -> None:
    shelf = factories.make_bin(house.north, "A-01")
    factories.stock(house.sku, house.north, 9, bin=shelf)
    item = StockItem.objects.get(bin=shelf)
    level = level_of(house)
    response = logged_in(house.alice).post(
        f"/admin/inventory/stockitem/{item.pk}/adjust/", answers(house, level, quantity=2)
    )
    assert response.status_code == 302
    item.refresh_from_db()
    level.refresh_from_db()
    assert (item.on_hand, level.on_hand) == (2, 22)


def test_only_those_who_may_adjust_there_can(house: House, logged_in: type[Client]) -> None:
    north, south = level_of(house), level_of(house, "south")
    before = Movement.objects.count()
    form = answers(house, north)
    assert logged_in(house.vera).post(address(north), form).status_code == 403
    assert logged_in(house.bob).post(address(south), form).status_code in {403, 404}
    assert logged_in(house.charlie).post(address(north), form).status_code in {403, 404}
    assert Client().post(address(north), form).status_code in {302, 403}
    assert Movement.objects.count() == before
    assert logged_in(house.bob).post(address(north), form).status_code == 302
    assert Movement.objects.count() == before + 1


def test_bin_and_lot_of_another_organization_cannot_be_chosen(house: House, logged_in: type[Client]) -> None:
    level = level_of(house)
    foreign = house.other.default_warehouse.bins.get()
    response = logged_in(house.alice).post(address(level), answers(house, level, bin=foreign.pk))
    assert response.status_code == 422
    assert "Select a valid choice" in response.content.decode()


def test_adjustment_is_reversed_once(house: House, logged_in: type[Client]) -> None:
    recorded = factories.stock(house.sku, house.north, 5)
    assert recorded.adjustment is not None
    target = f"/admin/inventory/adjustment/{recorded.adjustment.pk}/reverse/"
    alice = logged_in(house.alice)
    assert alice.get(target).status_code == 200
    assert level_of(house).on_hand == 25
    assert alice.post(target).status_code == 302
    assert level_of(house).on_hand == 20
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
    assert level_of(house).on_hand == 3
