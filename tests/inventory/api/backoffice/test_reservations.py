"""Reservations over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory import tasks
from inventory.api.backoffice.reservations import documentation
from inventory.demo import documented
from inventory.demo import reservations as demo
from inventory.ledger import DocumentRef
from inventory.models import (
    Channel,
    ChannelPolicy,
    ChannelRule,
    DocumentType,
    Movement,
    Reservation,
    Sku,
    StockLevel,
)
from inventory.reservations import Promise, release_for, reserve_for
from tests import factories
from tests.factories import make_key, make_sku, reserve, stock
from tests.inventory.api.callers import Caller, problem, problem_of
from tests.inventory.api.demonstration import make_demonstration
from tests.inventory.api.routes import EVERY_SCOPE
from tests.inventory.clock import Clock
from warehouses import transactions
from warehouses.access import access_of_system
from warehouses.models import Organization, Warehouse

PATH = "/api/inventory/reservations"


@pytest.fixture
def stocked(sku: Sku, warehouse: Warehouse) -> Sku:
    stock(sku, warehouse, 10)
    return sku


@pytest.fixture
def channel(organization: Organization) -> Channel:
    return Channel.objects.create(organization=organization, code="web-shop", name="Web shop", buffer=2)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def body(warehouse: Warehouse, **more: Any) -> dict[str, Any]:
    given = {"sku": "SKU-001", "locationId": warehouse.public_id, "quantity": 4, "referenceId": "SO-7"}
    return {**given, **more}


def figures() -> tuple[int, int, int]:
    level = StockLevel.objects.get()
    return level.on_hand, level.reserved, level.available


def create(api: Caller, warehouse: Warehouse, **more: Any) -> Any:
    response = api.post(PATH, body(warehouse, **more))
    assert response.status_code == 201, response.content
    return response.json()


class TestCreating:
    def test_answers_with_the_resource_its_address_and_its_tag(
        self, api: Caller, stocked: Sku, warehouse: Warehouse, channel: Channel
    ) -> None:
        response = api.post(
            PATH,
            body(
                warehouse,
                sku=" sku-001 ",
                channelId=channel.public_id,
                expiresAt="2099-03-12T15:00:00+01:00",
                note="Gift",
            ),
        )
        assert response.status_code == 201
        made = response.json()
        stored = Reservation.objects.get()
        assert response["Location"] == f"/backoffice/api/inventory/reservations/{stored.public_id}"
        assert response["ETag"] == api.get(response["Location"])["ETag"]
        assert api.get(response["Location"]).json() == made
        (created,) = made.pop("history")
        assert made == {
            "id": stored.public_id,
            "state": "active",
            "sku": "SKU-001",
            "skuId": stocked.public_id,
            "title": "Blue Widget 500ml",
            "locationId": warehouse.public_id,
            "locationName": warehouse.name,
            "channelId": channel.public_id,
            "channelName": "Web shop",
            "quantity": 4,
            "open": 4,
            "fulfilled": 0,
            "referenceId": "SO-7",
            "documentType": None,
            "documentId": None,
            "note": "Gift",
            "expiresAt": "2099-03-12T14:00:00.000Z",
            "closedAt": None,
            "createdBy": "Integration",
            "createdAt": made["createdAt"],
            "version": 1,
        }
        assert (created["action"], created["fromState"], created["toState"], created["by"]) == (
            "create", None, "active", "Integration",
        )  # fmt: skip
        assert figures() == (10, 4, 6)

    def test_too_little_says_how_much_there_is(
        self, api: Caller, stocked: Sku, warehouse: Warehouse, channel: Channel
    ) -> None:
        for more, available in (({}, 10), ({"channelId": channel.public_id}, 8)):
            response = api.post(PATH, body(warehouse, quantity=11, **more))
            assert problem_of(response) == (409, "STOCK_UNAVAILABLE", [("/quantity", "STOCK_UNAVAILABLE")])
            assert problem(response)["available"] == available
        assert figures() == (10, 0, 10)

    def test_the_same_order_twice_is_reserved_once_with_a_key(
        self, api: Caller, stocked: Sku, warehouse: Warehouse
    ) -> None:
        once = {"Idempotency-Key": "K-1"}
        first, again = (api.post(PATH, body(warehouse), once) for _ in range(2))
        assert first.content == again.content
        assert again["Idempotent-Replayed"] == "true"
        assert figures() == (10, 4, 6)

    @pytest.mark.parametrize(
        ("wrong", "expected"),
        [
            ({"sku": "NOTHING"}, (404, "INVENTORY_NOT_FOUND", [("/sku", "INVENTORY_NOT_FOUND")])),
            ({"locationId": "wh_x"}, (404, "WAREHOUSE_NOT_FOUND", [("/locationId", "WAREHOUSE_NOT_FOUND")])),
            ({"channelId": "chan_x"}, (404, "CHANNEL_NOT_FOUND", [("/channelId", "CHANNEL_NOT_FOUND")])),
            ({"quantity": 0}, (400, "INVALID_REQUEST", [("/quantity", "MIN_VALUE")])),
            ({"quantity": -1}, (400, "INVALID_REQUEST", [("/quantity", "MIN_VALUE")])),
            ({"referenceId": " "}, (400, "INVALID_REQUEST", [("/referenceId", "BLANK")])),
            (
                {"expiresAt": "2001-01-01T00:00:00Z"},
                (422, "EXPIRES_IN_PAST", [("/expiresAt", "EXPIRES_IN_PAST")]),
            ),
            ({"expiresAt": "2099-01-01"}, (400, "INVALID_REQUEST", [("/expiresAt", "OFFSET")])),
            ({"state": "fulfilled"}, (400, "INVALID_REQUEST", [("/state", "UNKNOWN_FIELD")])),
        ],
    )
    def test_what_is_wrong_is_named(
        self, api: Caller, stocked: Sku, warehouse: Warehouse, wrong: dict[str, Any], expected: Any
    ) -> None:
        assert problem_of(api.post(PATH, body(warehouse, **wrong))) == expected
        assert not Reservation.objects.exists()

    def test_not_in_a_read_only_location(self, api: Caller, sku: Sku, marketplace: Warehouse) -> None:
        stock(sku, marketplace, 10)
        response = api.post(PATH, body(marketplace))
        assert problem_of(response) == (403, "READONLY_WAREHOUSE", [("/locationId", "READONLY_WAREHOUSE")])

    def test_who_may_only_read_there_is_told_so(
        self, organization: Organization, stocked: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        bob = factories.make_person(
            "bob@example.com", {organization: ["Viewer", ("Warehouse manager", second)]}
        )
        browser = Caller.person(bob)
        response = browser.post(f"/backoffice{PATH}", body(warehouse))
        assert problem_of(response) == (403, "PERMISSION_DENIED", [("/locationId", "PERMISSION_DENIED")])
        made = reserve(stocked, warehouse, 2)
        response = browser.post(f"/backoffice{PATH}/{made.public_id}", {"action": "release"})
        assert problem_of(response)[:2] == (403, "PERMISSION_DENIED")
        assert browser.get(f"/backoffice{PATH}/{made.public_id}").status_code == 200
        assert figures() == (10, 2, 8)


class TestActing:
    def test_fulfilled_in_part_and_then_released(
        self, api: Caller, stocked: Sku, warehouse: Warehouse
    ) -> None:
        path = f"{PATH}/{create(api, warehouse)['id']}"
        done = api.post(path, {"action": "fulfil", "quantity": 3, "reasonCode": "sale", "note": "Parcel 1"})
        assert done.status_code == 200
        assert (done.json()["state"], done.json()["open"], done.json()["fulfilled"]) == ("active", 1, 3)
        assert figures() == (7, 1, 6)
        movement = Movement.objects.order_by("level_version").last()
        assert movement is not None
        assert (movement.delta, movement.note, movement.reference, movement.actor_name) == (
            -3, "Parcel 1", "SO-7", "Integration",
        )  # fmt: skip
        done = api.post(path, {"action": "release", "note": "Called off"})
        shown = done.json()
        assert (shown["state"], shown["open"], shown["version"]) == ("released", 0, 3)
        assert shown["closedAt"] is not None
        assert [(row["action"], row["quantity"], row["note"]) for row in shown["history"]] == [
            ("create", 4, None),
            ("fulfil", 3, "Parcel 1"),
            ("release", 1, "Called off"),
        ]
        assert figures() == (7, 0, 7)

    @pytest.mark.parametrize("action", ["fulfil", "release"])
    def test_what_a_document_has_reserved_is_the_document_s(
        self, api: Caller, stocked: Sku, warehouse: Warehouse, action: str
    ) -> None:
        request = factories.make_request(warehouse)
        given: dict[str, Any] = {
            "access": access_of_system(warehouse.organization),
            "document": DocumentRef(DocumentType.STOCK_REQUEST, request.pk),
        }
        promises = [Promise(stocked, 4)]
        made = transactions.run(
            lambda: reserve_for(warehouse=warehouse, promises=promises, reference=request.name, **given)
        )
        path = f"{PATH}/{made[0].public_id}"
        shown = api.get(path).json()
        assert (shown["documentType"], shown["documentId"]) == ("stock_request", request.public_id)
        assert shown == api.get(PATH).json()["data"][0] | {"history": shown["history"]}
        response = api.post(path, {"action": action})
        assert problem_of(response) == (409, "RESERVATION_OF_DOCUMENT", [])
        assert request.name in problem(response)["detail"]
        assert figures() == (10, 4, 6)
        transactions.run(lambda: release_for(reservations=made, **given))

    @pytest.mark.parametrize("first", ["fulfil", "release"])
    @pytest.mark.parametrize("second", ["fulfil", "release"])
    def test_what_is_over_is_a_conflict_that_says_so(
        self, api: Caller, stocked: Sku, warehouse: Warehouse, first: str, second: str
    ) -> None:
        path = f"{PATH}/{create(api, warehouse)['id']}"
        assert api.post(path, {"action": first}).status_code == 200
        before = figures()
        response = api.post(path, {"action": second})
        assert problem_of(response) == (409, "INVALID_TRANSITION", [])
        ended = "fulfilled" if first == "fulfil" else "released"
        assert (problem(response)["state"], problem(response)["allowed"]) == (ended, [])
        assert figures() == before

    def test_more_than_is_open(self, api: Caller, stocked: Sku, warehouse: Warehouse) -> None:
        path = f"{PATH}/{create(api, warehouse)['id']}"
        response = api.post(path, {"action": "release", "quantity": 5})
        assert problem_of(response) == (409, "MORE_THAN_OPEN", [("/quantity", "MORE_THAN_OPEN")])
        assert problem(response)["open"] == 4

    def test_goods_that_are_gone_are_named(self, api: Caller, stocked: Sku, warehouse: Warehouse) -> None:
        path = f"{PATH}/{create(api, warehouse)['id']}"
        stock(stocked, warehouse, -8)
        response = api.post(path, {"action": "fulfil"})
        assert problem_of(response) == (409, "STOCK_UNAVAILABLE", [("/quantity", "STOCK_UNAVAILABLE")])
        assert problem(response)["available"] == 2
        assert figures() == (2, 4, -2)

    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            (
                {"action": "fulfil", "reasonCode": "nonsense"},
                (422, "UNKNOWN_REASON_CODE", [("/reasonCode", "UNKNOWN_REASON_CODE")]),
            ),
            (
                {"action": "fulfil", "reasonCode": "DAMAGE"},
                (422, "REASON_NOT_ISSUE", [("/reasonCode", "REASON_NOT_ISSUE")]),
            ),
            (
                {"action": "release", "reasonCode": "SALE"},
                (400, "INVALID_REQUEST", [("/reasonCode", "UNKNOWN_FIELD")]),
            ),
            ({"action": "expire"}, (400, "INVALID_REQUEST", [("/action", "INVALID_CHOICE")])),
            ({"action": "fulfil", "quantity": 0}, (400, "INVALID_REQUEST", [("/quantity", "MIN_VALUE")])),
        ],
    )
    def test_what_is_wrong_is_named(
        self, api: Caller, stocked: Sku, warehouse: Warehouse, given: dict[str, Any], expected: Any
    ) -> None:
        path = f"{PATH}/{create(api, warehouse)['id']}"
        assert problem_of(api.post(path, given)) == expected
        assert figures() == (10, 4, 6)

    def test_if_match(self, api: Caller, stocked: Sku, warehouse: Warehouse) -> None:
        path = f"{PATH}/{create(api, warehouse)['id']}"
        tag = api.get(path)["ETag"]
        done = api.post(path, {"action": "release", "quantity": 1}, {"If-Match": tag})
        assert done.status_code == 200
        response = api.post(path, {"action": "release"}, {"If-Match": tag})
        assert problem_of(response)[:2] == (412, "PRECONDITION_FAILED")
        assert figures() == (10, 3, 7)
        assert api.post(path, {"action": "release"}, {"If-Match": done["ETag"]}).status_code == 200
        assert api.get(path)["ETag"] != done["ETag"]

    def test_fulfilled_once_with_a_key(self, api: Caller, stocked: Sku, warehouse: Warehouse) -> None:
        path = f"{PATH}/{create(api, warehouse)['id']}"
        for _ in range(2):
            done = api.post(path, {"action": "fulfil", "quantity": 1}, {"Idempotency-Key": "K-1"})
            assert done.status_code == 200
        assert figures() == (9, 3, 6)

    def test_one_that_there_is_not(self, api: Caller, stocked: Sku, warehouse: Warehouse) -> None:
        for public_id in ("rsv_01h455vb4pex5vsknk084sn02q", "hold_01h455vb4pex5vsknk084sn02q", "x"):
            assert problem_of(api.get(f"{PATH}/{public_id}")) == (404, "RESERVATION_NOT_FOUND", [])
            response = api.post(f"{PATH}/{public_id}", {"action": "release"})
            assert problem_of(response) == (404, "RESERVATION_NOT_FOUND", [])


class TestList:
    @pytest.fixture
    def many(
        self,
        organization: Organization,
        stocked: Sku,
        warehouse: Warehouse,
        second: Warehouse,
        channel: Channel,
    ) -> dict[str, Reservation]:
        other = make_sku(organization, "OTHER")
        stock(other, second, 10)
        now = timezone.now()
        return {
            "first": reserve(stocked, warehouse, 1, reference="SO-1"),
            "soon": reserve(stocked, warehouse, 3, reference="SO-2", expires_at=now + timedelta(hours=1)),
            "late": reserve(
                other, second, 2, reference="SO-3", expires_at=now + timedelta(days=9), channel=channel
            ),
        }

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("", ["late", "soon", "first"]),
            ("?locationId={second}", ["late"]),
            ("?sku=%20sku-001", ["soon", "first"]),
            ("?channelId={channel}", ["late"]),
            ("?channelId=chan_x", []),
            ("?state=active", ["late", "soon", "first"]),
            ("?state=expired", []),
            ("?referenceId=SO-2", ["soon"]),
            ("?startDate=2020-01-01&endDate=2099-01-01", ["late", "soon", "first"]),
            ("?endDate=2020-01-01", []),
            ("?expiresBefore={tomorrow}", ["soon"]),
            ("?expiresBefore=2099-01-01", ["late", "soon"]),
            ("?sort=createdAt", ["first", "soon", "late"]),
            ("?sort=quantity", ["first", "late", "soon"]),
            ("?sort=-quantity", ["soon", "late", "first"]),
            ("?sort=expiresAt", ["soon", "late", "first"]),
            ("?sort=-expiresAt", ["late", "soon", "first"]),
            ("?limit=1&page=2", ["soon"]),
            ("?limit=1&page=9", []),
        ],
    )
    def test_filters_sorts_and_pages(
        self,
        api: Caller,
        many: dict[str, Reservation],
        second: Warehouse,
        channel: Channel,
        query: str,
        expected: list[str],
    ) -> None:
        tomorrow = date.today() + timedelta(days=2)  # noqa: DTZ011 - any day between the two ends
        response = api.get(
            PATH + query.format(second=second.public_id, channel=channel.public_id, tomorrow=tomorrow)
        )
        assert response.status_code == 200, response.content
        names = {reservation.public_id: name for name, reservation in many.items()}
        assert [names[row["id"]] for row in response.json()["data"]] == expected
        assert "history" not in str(response.json()["data"])

    @pytest.mark.parametrize("query", ["?state=x", "?sort=sku", "?limit=201", "?nonsense=1", "?startDate=x"])
    def test_what_is_no_parameter_is_named(self, api: Caller, query: str) -> None:
        assert problem_of(api.get(PATH + query))[:2] == (400, "INVALID_REQUEST")

    def test_a_location_that_there_is_not(self, api: Caller) -> None:
        response = api.get(f"{PATH}?locationId=wh_01h455vb4pex5vsknk084sn02q")
        assert problem_of(response) == (404, "WAREHOUSE_NOT_FOUND", [("locationId", "WAREHOUSE_NOT_FOUND")])

    def test_a_limited_caller_sees_the_reservations_there(
        self, api_with: Callable[..., Caller], many: dict[str, Reservation], second: Warehouse
    ) -> None:
        limited = api_with(["inventory.read"], warehouses=[second])
        (row,) = limited.get(PATH).json()["data"]
        assert row["id"] == many["late"].public_id
        assert problem_of(limited.get(f"{PATH}/{many['soon'].public_id}"))[0] == 404

    def test_costs_the_same_for_one_and_three(self, api: Caller, stocked: Sku, warehouse: Warehouse) -> None:
        api.get(PATH)  # noting that the key is used costs one statement a minute
        for count in (1, 3):
            for _ in range(Reservation.objects.count(), count):
                reserve(stocked, warehouse, 1)
            with CaptureQueriesContext(connection) as queries:
                assert len(api.get(PATH).json()["data"]) == count
            assert len(queries) == 5  # the key, what is due, the count, the page, its rows
            path = f"{PATH}/{Reservation.objects.first().public_id}"  # type: ignore[union-attr]
            with CaptureQueriesContext(connection) as queries:
                api.get(path)
            assert len(queries) == 4  # the key, what is due, the reservation, its history


# --- time that is up, in every contract


def _gateway(api: Caller) -> int:
    return api.get("/gateway/api/v1/inventory/SKU-001").json()["availableQuantity"]


def _gateway_list(api: Caller) -> int:
    return api.get("/gateway/api/v1/inventory").json()["data"][0]["availableQuantity"]


def _nexus(api: Caller) -> int:
    return api.get("/nexus/api/inventory/SKU-001").json()["total_available"]


def _nexus_list(api: Caller) -> int:
    return api.get("/nexus/api/inventory").json()["data"][0]["total_available"]


def _pos_list(api: Caller) -> int:
    return api.get("/pos/api/v1/inventory").json()["data"][0]["available_quantity"]


def _pos(api: Caller) -> int:
    item = api.get("/pos/api/v1/inventory").json()["data"][0]["id"]
    return api.get(f"/pos/api/v1/inventory/{item}").json()["available_quantity"]


def _backoffice(api: Caller) -> int:
    return api.get("/backoffice/api/inventory").json()["data"][0]["available"]


def _locations(api: Caller) -> int:
    return api.get("/backoffice/api/inventory/locations").json()["data"][0]["available"]


def _availability(api: Caller) -> int:
    return api.get("/backoffice/api/inventory/availability").json()["data"][0]["availableToPromise"]


def _reservations(api: Caller) -> int:
    rows = api.get(f"/backoffice{PATH}").json()["data"]
    return 10 - sum(row["open"] for row in rows)


def _one_reservation(api: Caller) -> int:
    found = Reservation.objects.get()
    shown = api.get(f"/backoffice{PATH}/{found.public_id}").json()
    assert shown["state"] == ("active" if shown["open"] else "expired")
    return 10 - shown["open"]


READINGS = [
    _gateway,
    _gateway_list,
    _nexus,
    _nexus_list,
    _pos_list,
    _pos,
    _backoffice,
    _locations,
    _availability,
    _reservations,
    _one_reservation,
]


@pytest.mark.parametrize("has_swept", [False, True], ids=["no sweeper", "swept"])
@pytest.mark.parametrize("read", READINGS)
def test_time_that_is_up_counts_at_its_instant_in_every_contract(
    api: Caller,
    stocked: Sku,
    warehouse: Warehouse,
    clock: Clock,
    read: Callable[[Caller], int],
    has_swept: bool,
) -> None:
    ends = clock.now + timedelta(minutes=5)
    reserve(stocked, warehouse, 4, expires_at=ends)
    clock.put(ends - timedelta(microseconds=1))
    if has_swept:
        tasks.expire_reservations()
    assert read(api) == 6
    clock.put(ends)
    if has_swept:
        tasks.expire_reservations()
        assert Reservation.objects.get().state == "expired"
    assert read(api) == 10
    assert read(api) == 10


def test_what_low_stock_lists_and_statuses_say_follows(
    api: Caller, organization: Organization, warehouse: Warehouse, clock: Clock
) -> None:
    scarce = make_sku(organization, "SKU-001", reorder_point=8)
    stock(scarce, warehouse, 10)
    reserve(scarce, warehouse, 4, expires_at=clock.now + timedelta(minutes=5))
    assert len(api.get("/gateway/api/v1/inventory/low-stock").json()["data"]) == 1
    assert len(api.get("/nexus/api/inventory?status=low").json()["data"]) == 1
    clock.advance(minutes=5)
    assert api.get("/gateway/api/v1/inventory/low-stock").json()["data"] == []
    assert api.get("/nexus/api/inventory?status=low").json()["data"] == []


def test_an_allocation_is_what_the_channel_gets(
    api: Caller, organization: Organization, stocked: Sku, warehouse: Warehouse, channel: Channel
) -> None:
    ChannelRule.objects.create(
        organization=organization, channel=channel, sku=stocked, warehouse=warehouse,
        policy=ChannelPolicy.ALLOCATED, allocation=3,
    )  # fmt: skip
    response = api.post(PATH, body(warehouse, channelId=channel.public_id))
    assert problem_of(response)[:2] == (409, "STOCK_UNAVAILABLE")
    assert problem(response)["available"] == 3
    create(api, warehouse, channelId=channel.public_id, quantity=3)


def test_nexus_example_is_true_of_the_demonstration(db: None) -> None:
    api = Caller(make_key(make_demonstration(), EVERY_SCOPE))
    found = api.get("/nexus/api/inventory/SKU-001").json()
    places = {place["warehouse_id"]: place for place in found["warehouses"]}
    own, fba = places[documented.WAREHOUSE_A], places[documented.FBA_EU]
    assert (own["on_hand"], own["reserved"], own["available"]) == (350, 18, 317)
    assert (fba["on_hand"], fba["reserved"], fba["available"]) == (137, 5, 132)
    assert documentation.RESERVATION == demo.RESERVATION
    assert api.get(f"{PATH}/{demo.RESERVATION}").json()["state"] == "active"
