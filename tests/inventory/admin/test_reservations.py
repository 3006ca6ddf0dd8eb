"""Reservations in the back office: made, fulfilled, released, looked into; and stock lists that are fresh of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from inventory import tasks
from inventory.ledger import DocumentRef
from inventory.models import Channel, DocumentType, Movement, Reservation, StockLevel
from inventory.reservations import Promise, release_for, reserve_for
from inventory.verification import verify
from tests import factories
from tests.inventory.admin.conftest import House
from tests.inventory.clock import Clock
from warehouses import transactions
from warehouses.access import access_of_system

pytestmark = pytest.mark.django_db

LIST = "/admin/inventory/reservation/"


@pytest.fixture(autouse=True)
def _stock_is_right(db: None) -> Any:
    yield
    assert list(verify()) == []


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def page(reservation: Reservation, what: str = "change") -> str:
    return reverse(f"admin:inventory_reservation_{what}", args=(reservation.pk,))


def level_of(house: House) -> tuple[int, int]:
    level = StockLevel.objects.get(sku=house.sku, warehouse=house.north)
    return level.on_hand, level.reserved


def answers(house: House, **given: Any) -> dict[str, Any]:
    return {
        "sku": house.sku.pk,
        "warehouse": house.north.pk,
        "quantity": 4,
        "reference": "SO-7",
        "channel": "",
        "expires_at": "",
        "note": "Gift",
    } | given


class TestMaking:
    def test_with_the_form(self, house: House, logged_in: type[Client]) -> None:
        alice = logged_in(house.alice)
        assert alice.get(f"{LIST}add/").status_code == 200
        response = alice.post(f"{LIST}add/", answers(house, expires_at="2099-03-12T15:00"))
        made = Reservation.objects.get()
        assert response["Location"] == page(made)
        assert (made.quantity, made.reference, made.note, made.actor_name) == (
            4, "SO-7", "Gift", "alice@acme.example",
        )  # fmt: skip
        assert made.expires_at is not None
        assert level_of(house) == (20, 4)
        shown = alice.get(page(made)).content.decode()
        for words in ("SO-7", "MUG-RED", "Red mug", "North", "Gift", made.public_id, "Create"):
            assert words in shown

    @pytest.mark.parametrize(
        ("given", "field", "words"),
        [
            ({"quantity": 21}, "quantity", "has 20 units that can be promised; 21 were asked for"),
            ({"quantity": 0}, "quantity", "greater than or equal to 1"),
            ({"reference": ""}, "reference", "This field is required"),
            ({"expires_at": "2001-01-01T00:00"}, "expires_at", "That time has passed already"),
            ({"sku": ""}, "sku", "This field is required"),
        ],
    )
    def test_what_is_wrong_is_said_beside_its_field(
        self, house: House, logged_in: type[Client], given: dict[str, Any], field: str, words: str
    ) -> None:
        response = logged_in(house.alice).post(f"{LIST}add/", answers(house, **given))
        assert response.status_code == 200
        assert words in str(response.context["adminform"].form.errors[field])
        assert not Reservation.objects.exists()

    def test_no_more_than_the_channel_gets(self, house: House, logged_in: type[Client]) -> None:
        shop = Channel.objects.create(organization=house.organization, code="shop", name="Shop", buffer=18)
        response = logged_in(house.alice).post(f"{LIST}add/", answers(house, channel=shop.pk))
        errors = response.context["adminform"].form.errors
        assert "Shop may be promised 2 units of MUG-RED in North" in str(errors["quantity"])

    def test_only_where_one_may_write(self, house: House, logged_in: type[Client]) -> None:
        assert logged_in(house.vera).get(f"{LIST}add/").status_code == 403
        bob = logged_in(house.bob)
        response = bob.post(f"{LIST}add/", answers(house, warehouse=house.south.pk))
        assert "Select a valid choice" in str(response.context["adminform"].form.errors["warehouse"])
        assert bob.post(f"{LIST}add/", answers(house)).status_code == 302
        foreign = logged_in(house.charlie).post(f"{LIST}add/", answers(house))
        assert foreign.status_code == 200
        assert Reservation.objects.count() == 1


class TestOfADocument:
    def test_it_is_changed_by_that_and_not_here(self, house: House, logged_in: type[Client]) -> None:
        request = factories.make_request(house.north)
        given: dict[str, Any] = {
            "access": access_of_system(house.organization),
            "document": DocumentRef(DocumentType.STOCK_REQUEST, request.pk),
        }
        made = transactions.run(
            lambda: reserve_for(
                warehouse=house.north, promises=[Promise(house.sku, 4)], reference=request.name, **given
            )
        )
        alice = logged_in(house.alice)
        shown = alice.get(page(made[0])).content.decode()
        its_page = reverse("admin:stock_requests_stockrequest_change", args=(request.pk,))
        assert f'href="{its_page}"' in shown
        assert f"Stock request {request.name}" in shown
        for what in ("fulfil", "release"):
            assert page(made[0], what) not in shown
            refused = alice.post(page(made[0], what), {"quantity": 1, "reason": _sale(house), "note": ""})
            assert refused.status_code == 422
            assert "was made for SR-00001" in refused.content.decode()
        assert level_of(house) == (20, 4)
        transactions.run(lambda: release_for(reservations=made, **given))


def _sale(house: House) -> Any:
    return factories.reason(house.organization, "SALE").pk


class TestActing:
    def test_fulfilled_in_part_with_a_reason(self, house: House, logged_in: type[Client]) -> None:
        made = factories.reserve(house.sku, house.north, 4)
        alice = logged_in(house.alice)
        asked = alice.get(page(made, "fulfil")).content.decode()
        assert 'value="4"' in asked
        assert "SALE" in asked
        assert "ADJUSTMENT" not in asked  # a correction is no way in which goods leave
        sale = factories.reason(house.organization, "SALE").pk
        response = alice.post(page(made, "fulfil"), {"quantity": 3, "reason": sale, "note": "Parcel"})
        assert response["Location"] == page(made)
        assert level_of(house) == (17, 1)
        movement = Movement.objects.order_by("recorded_at").last()
        assert movement is not None
        assert (movement.delta, movement.note, movement.actor_name) == (-3, "Parcel", "alice@acme.example")

        shown = alice.get(f"/admin/inventory/movement/{movement.pk}/change/").content.decode()
        assert f'href="{page(made)}"' in shown
        assert made.public_id in shown

    def test_released(self, house: House, logged_in: type[Client]) -> None:
        made = factories.reserve(house.sku, house.north, 4)
        alice = logged_in(house.alice)
        assert alice.get(page(made, "release")).status_code == 200
        assert level_of(house) == (20, 4)  # a GET only asks
        shown = alice.post(page(made, "release"), {"quantity": 4, "note": "Called off"}, follow=True)
        assert "0 of 4 units are still reserved" in shown.content.decode()
        assert "Called off" in shown.content.decode()
        assert level_of(house) == (20, 0)
        again = alice.post(page(made, "release"), {"quantity": 4, "note": ""})
        assert again.status_code == 422
        assert "nothing more can be done with it" in again.content.decode()

    def test_the_page_of_one_that_is_over_offers_nothing(
        self, house: House, logged_in: type[Client], clock: Clock
    ) -> None:
        made = factories.reserve(house.sku, house.north, 4, expires_at=clock.now + timedelta(minutes=1))
        alice = logged_in(house.alice)
        assert page(made, "release") in alice.get(page(made)).content.decode()
        clock.advance(minutes=1)
        shown = alice.get(page(made)).content.decode()
        assert page(made, "release") not in shown
        assert "Expired" in shown

    @pytest.mark.parametrize("what", ["fulfil", "release"])
    def test_more_than_is_open_is_said_beside_the_field(
        self, house: House, logged_in: type[Client], what: str
    ) -> None:
        made = factories.reserve(house.sku, house.north, 4)
        sale = factories.reason(house.organization, "SALE").pk
        response = logged_in(house.alice).post(page(made, what), {"quantity": 5, "reason": sale})
        assert response.status_code == 422
        assert "4 units" in str(response.context["form"].errors["quantity"])
        assert level_of(house) == (20, 4)

    @pytest.mark.parametrize("what", ["fulfil", "release"])
    def test_only_those_who_may_write_there_can(
        self, house: House, logged_in: type[Client], what: str
    ) -> None:
        made = factories.reserve(house.sku, house.south, 4)
        sale = factories.reason(house.organization, "SALE").pk
        for person in (house.vera, house.bob, house.charlie):
            response = logged_in(person).post(page(made, what), {"quantity": 1, "reason": sale})
            assert response.status_code in {403, 404}, person
        made.refresh_from_db()
        assert made.open == 4


class TestList:
    def test_shows_ones_own_and_finds_them(self, house: House, logged_in: type[Client]) -> None:
        factories.reserve(house.sku, house.north, 1, reference="SO-NORTH")
        factories.reserve(house.sku, house.south, 1, reference="SO-SOUTH")
        factories.reserve(house.foreign, house.other.default_warehouse, 1, reference="SO-FOREIGN")
        shown = logged_in(house.alice).get(LIST).content.decode()
        assert "SO-NORTH" in shown
        assert "SO-SOUTH" in shown
        assert "SO-FOREIGN" not in shown
        shown = logged_in(house.bob).get(LIST).content.decode()
        assert "SO-NORTH" in shown
        assert "SO-SOUTH" not in shown
        for term in ("so-n", "mug", "4006381333931", Reservation.objects.get(reference="SO-NORTH").public_id):
            shown = logged_in(house.bob).get(LIST, {"q": term}).content.decode()
            assert "SO-NORTH" in shown, term
        shown = logged_in(house.alice).get(LIST, {"q": "SO-S"}).content.decode()
        assert "SO-NORTH" not in shown
        shown = logged_in(house.alice).get(LIST, {"state__exact": "released"}).content.decode()
        assert "SO-NORTH" not in shown

    def test_nothing_is_changed_or_deleted_by_hand(self, house: House, logged_in: type[Client]) -> None:
        made = factories.reserve(house.sku, house.north, 1)
        alice = logged_in(house.alice)
        assert alice.post(page(made), {"open": 0}).status_code == 403
        assert alice.post(page(made, "delete"), {"post": "yes"}).status_code == 403
        assert level_of(house) == (20, 1)

    def test_costs_the_same_for_one_and_three(
        self, house: House, logged_in: type[Client], django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        alice = logged_in(house.alice)
        for count in (1, 3):
            for number in range(Reservation.objects.count(), count):
                factories.reserve(house.sku, (house.north, house.south)[number % 2], 1)
            with django_assert_num_queries(17):
                assert alice.get(LIST).status_code == 200


@pytest.mark.parametrize("has_swept", [False, True], ids=["no sweeper", "swept"])
@pytest.mark.parametrize("screen", ["stocklevel", "reservation"])
def test_lists_count_time_that_is_up_at_its_instant(
    house: House, logged_in: type[Client], clock: Clock, screen: str, has_swept: bool
) -> None:
    ends = clock.now + timedelta(minutes=5)
    made = factories.reserve(house.sku, house.north, 13, expires_at=ends)
    alice = logged_in(house.alice)

    def shown() -> int:
        """What is reserved, as the list shows it."""
        listed = alice.get(f"/admin/inventory/{screen}/").context["cl"].result_list
        return sum(row.reserved if screen == "stocklevel" else row.open for row in listed)

    clock.put(ends - timedelta(microseconds=1))
    assert shown() == 13
    clock.put(ends)
    if has_swept:
        tasks.expire_reservations()
    assert shown() == 0
    made.refresh_from_db()
    assert made.state == "expired"


@pytest.mark.parametrize("what", ["change", "correct"])
def test_pages_of_stock_are_fresh_too(house: House, logged_in: type[Client], clock: Clock, what: str) -> None:
    factories.reserve(house.sku, house.north, 13, expires_at=clock.now + timedelta(minutes=5))
    level = StockLevel.objects.get(sku=house.sku, warehouse=house.north)
    clock.advance(minutes=5)
    response = logged_in(house.alice).get(f"/admin/inventory/stocklevel/{level.pk}/{what}/")
    shown = response.context["place"].level if what == "correct" else response.context["original"]
    assert (shown.reserved, shown.available) == (0, 20)
