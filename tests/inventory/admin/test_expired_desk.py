"""Expired goods, many at once: asked once, done to all or to none."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory.admin import expired_desk
from inventory.models import Adjustment, Destruction, Lot, LotState, Movement, StockItem
from inventory.verification import verify
from tests.inventory.admin.conftest import House
from tests.inventory.expiry.goods import destruction_bin, put

pytestmark = pytest.mark.django_db

EXPIRED = "/admin/inventory/stockitem/expired/"


#: Of one answer, whatever the number of its rows.
STATEMENTS = {"expire": 22, "consume": 29, "destroy": 34}


def act_url(deed: str) -> str:
    return reverse("admin:inventory_stockitem_expired_act", args=(deed,))


def tick(client: Client, deed: str, *items: StockItem, **more: Any) -> Any:
    """What the list answers where an action is chosen for the ticked rows."""
    form = {"action": f"{deed}_selected", "_selected_action": [str(item.pk) for item in items]} | more
    return client.post(f"{EXPIRED}?days=30", form)


def answers(*items: StockItem, note: str = "", **units: str) -> dict[str, Any]:
    return {"item": [str(item.pk) for item in items], "note": note, "back": "days=30", **units}


def test_many_are_marked_as_expired_by_one_answer(house: House, logged_in: type[Client]) -> None:
    first, second = put(house.sku, house.north, "L-1", 3), put(house.sku, house.south, "L-2", -2)
    alice = logged_in(house.alice)
    page = tick(alice, "expire", first, second).text
    assert f'action="{act_url("expire")}"' in page
    assert page.count('name="item"') == 2
    assert not Lot.objects.filter(state=LotState.EXPIRED).exists()  # asked, not done

    done = alice.post(act_url("expire"), answers(first, second, note="Found by the round"))
    assert (done.status_code, done["Location"]) == (302, f"{EXPIRED}?days=30")
    assert set(Lot.objects.values_list("code", "state")) == {("L-1", "expired"), ("L-2", "expired")}
    assert "20 units of 2 stock items are marked as expired." in alice.get(EXPIRED).text


def test_some_of_each_leave_as_one_adjustment(house: House, logged_in: type[Client]) -> None:
    items = [put(house.sku, house.north, "A", -1), put(house.sku, house.south, "B", -1)]
    before = Adjustment.objects.count()
    alice = logged_in(house.alice)
    sent = answers(*items, note="Canteen") | {f"units-{items[0].pk}": "4"}
    assert alice.post(act_url("consume"), sent).status_code == 302
    assert [StockItem.objects.get(pk=item.pk).on_hand for item in items] == [6, 0]
    assert Adjustment.objects.count() == before + 1
    assert list(verify()) == []


def test_one_that_is_refused_leaves_all_as_they_are(house: House, logged_in: type[Client]) -> None:
    past, good = put(house.sku, house.north, "PAST", -1), put(house.sku, house.north, "GOOD", 9)
    alice = logged_in(house.alice)
    movements = Movement.objects.count()
    sent = answers(past, good, note="Why not") | {f"units-{past.pk}": "2"}
    page = alice.post(act_url("consume"), sent)
    assert page.status_code == 422
    assert "is not expired" in page.text
    for kept in ('value="2"', 'value="Why not"', 'value="days=30"'):
        assert kept in page.text  # nothing that was typed is lost
    assert Movement.objects.count() == movements

    page = alice.post(act_url("consume"), answers(past) | {f"units-{past.pk}": "some"})
    assert (page.status_code, "give a whole number of units" in page.text) == (422, True)
    page = alice.post(act_url("destroy"), answers(past))
    assert (page.status_code, "This field is required" in page.text) == (422, True)
    assert Movement.objects.count() == movements


def test_each_location_has_its_record_of_destruction(house: House, logged_in: type[Client]) -> None:
    places = {"A": house.north, "B": house.south, "C": house.north}
    items = [put(house.sku, place, code, -1) for code, place in places.items()]
    destruction_bin(house.north)
    alice = logged_in(house.alice)
    page = alice.post(act_url("destroy"), answers(*items, note="Mouldy"))
    assert (page.status_code, "no room for destruction" in page.text) == (422, True)
    assert not Destruction.objects.exists()  # nor is that of the location which has a room

    destruction_bin(house.south)
    assert alice.post(act_url("destroy"), answers(*items, note="Mouldy")).status_code == 302
    made = {record.warehouse.name: record for record in Destruction.objects.all()}
    assert {name: record.lines.count() for name, record in made.items()} == {"North": 2, "South": 1}
    assert {record.reason for record in made.values()} == {"Mouldy"}
    told = alice.get(EXPIRED).text
    assert all(record.public_id in told for record in made.values())
    assert list(verify()) == []


def test_only_those_who_may_and_only_what_they_see(house: House, logged_in: type[Client]) -> None:
    item, other = (
        put(house.sku, house.south, "S", -1),
        put(house.foreign, house.other.default_warehouse, "X", -1),
    )
    assert "expire_selected" not in logged_in(house.vera).get(EXPIRED).text
    assert logged_in(house.vera).post(act_url("expire"), answers(item)).status_code == 403
    assert logged_in(house.bob).post(act_url("expire"), answers(item)).status_code == 404
    alice = logged_in(house.alice)
    assert alice.post(act_url("expire"), answers(item, other)).status_code == 404
    assert alice.post(act_url("expire"), {"item": "x"}).status_code == 404
    assert alice.post(act_url("expire"), {}).status_code == 422
    assert alice.post(act_url("melt"), answers(item)).status_code == 404
    assert alice.get(act_url("expire")).status_code == 405
    assert not Lot.objects.filter(state=LotState.EXPIRED).exists()


def test_more_than_one_can_oversee_is_asked_to_be_narrowed(
    house: House, logged_in: type[Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expired_desk, "MOST_ROWS", 1)
    items = [put(house.sku, house.north, code, -1) for code in ("A", "B")]
    page = logged_in(house.alice).post(
        EXPIRED,
        {"action": "expire_selected", "_selected_action": [str(item.pk) for item in items]},
        follow=True,
    )
    assert "At most 1 at once" in page.text


@pytest.mark.parametrize("deed", ["expire", "consume", "destroy"])
def test_the_statements_do_not_grow_with_the_rows(house: House, logged_in: type[Client], deed: str) -> None:
    destruction_bin(house.north)
    alice = logged_in(house.alice)
    made = []
    for count in (1, 3):
        items = [put(house.sku, house.north, f"{count}-{number}", -1) for number in range(count)]
        with CaptureQueriesContext(connection) as captured:
            assert alice.post(act_url(deed), answers(*items, note="Old")).status_code == 302
        made.append(len(captured))
    assert made == [STATEMENTS[deed]] * 2
