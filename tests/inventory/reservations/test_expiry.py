"""Time that is up: counted at its instant, whether the sweeper has come or not, and told of once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory import history, reservations, tasks
from inventory.models import Event, EventType, Reservation, Sku, StockLevel, WebhookEndpoint
from inventory.reservations import expire_due, organizations_with_due, release_reservation
from inventory.verification import verify
from tests import factories
from tests.inventory.clock import Clock
from warehouses import transactions
from warehouses.access import Access
from warehouses.models import Organization, Warehouse
from warehouses.refusals import Conflict

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _stock_is_right(db: None) -> Any:
    yield
    assert list(verify()) == []


@pytest.fixture
def subscribed(organization: Organization) -> WebhookEndpoint:
    return WebhookEndpoint.objects.create(
        organization=organization,
        url="https://receiver.example/hook",
        event_types=["inventory.updated", "inventory.low_stock"],
        secret="sealed",
    )


def told(kind: EventType) -> list[dict[str, Any]]:
    bodies = Event.objects.filter(type=kind).order_by("id").values_list("body", flat=True)
    return [json.loads(body)["data"] for body in bodies]


def figures(sku: Sku) -> tuple[int, int, int]:
    level = StockLevel.objects.get(sku=sku)
    return level.on_hand, level.reserved, level.available


class TestSweeping:
    def test_ends_it_and_writes_it_down(self, sku: Sku, warehouse: Warehouse, clock: Clock) -> None:
        made = factories.reserve(sku, warehouse, 4, expires_at=clock.now + timedelta(minutes=1))
        clock.advance(minutes=1)
        expire_due(sku.organization)
        made.refresh_from_db()
        assert (made.state, made.open, made.version) == ("expired", 0, 2)
        assert made.closed_at is not None
        assert figures(sku) == (10, 0, 10)
        last = history.history_of([made])[made.pk][-1]
        assert (last.action, last.from_state, last.to_state, last.quantity, last.actor_name) == (
            "expire", "active", "expired", 4, "system",
        )  # fmt: skip

    def test_a_microsecond_before_nothing_is_due(self, sku: Sku, warehouse: Warehouse, clock: Clock) -> None:
        ends = clock.now + timedelta(minutes=1)
        factories.reserve(sku, warehouse, 4, expires_at=ends)
        clock.put(ends - timedelta(microseconds=1))
        assert organizations_with_due(clock.now) == []
        with CaptureQueriesContext(connection) as queries:
            expire_due(sku.organization)
        assert len(queries) == 1
        assert figures(sku) == (10, 4, 6)

    def test_only_what_is_open_comes_back(
        self, access: Access, sku: Sku, warehouse: Warehouse, clock: Clock
    ) -> None:
        made = factories.reserve(sku, warehouse, 4, expires_at=clock.now + timedelta(minutes=1))
        transactions.run(lambda: release_reservation(access=access, reservation=made, quantity=3))
        lasting = factories.reserve(sku, warehouse, 2)
        clock.advance(minutes=1)
        expire_due(sku.organization)
        lasting.refresh_from_db()
        assert lasting.state == "active"
        assert figures(sku) == (10, 2, 8)
        made.refresh_from_db()
        assert history.history_of([made])[made.pk][-1].quantity == 1

    def test_twice_is_once(self, sku: Sku, warehouse: Warehouse, clock: Clock) -> None:
        made = factories.reserve(sku, warehouse, 4, expires_at=clock.now + timedelta(minutes=1))
        clock.advance(minutes=1)
        for _ in range(2):
            expire_due(sku.organization)
        assert figures(sku) == (10, 0, 10)
        assert [row.action for row in history.history_of([made])[made.pk]] == ["create", "expire"]

    def test_a_closed_or_read_only_place_is_no_obstacle(
        self, organization: Organization, sku: Sku, warehouse: Warehouse, clock: Clock
    ) -> None:
        fba = factories.make_warehouse(organization, "FBA", type="FBA")
        factories.stock(sku, fba, 5)
        ends = clock.now + timedelta(minutes=1)
        for place in (warehouse, fba):
            factories.reserve(sku, place, 2, expires_at=ends)
        Warehouse.objects.filter(pk=warehouse.pk).update(is_active=False)
        clock.advance(minutes=1)
        expire_due(organization)
        assert set(Reservation.objects.values_list("state", flat=True)) == {"expired"}

    def test_costs_the_same_however_many_are_due(
        self, organization: Organization, warehouse: Warehouse, clock: Clock, is_postgresql: bool
    ) -> None:
        found = []
        for count in (1, 3):
            for number in range(count):
                sku = factories.make_sku(organization, f"S-{count}-{number}")
                factories.stock(sku, warehouse, 9)
                for _ in range(count):
                    factories.reserve(sku, warehouse, 1, expires_at=clock.now + timedelta(minutes=1))
            clock.advance(minutes=1)
            with CaptureQueriesContext(connection) as queries:
                expire_due(organization)
            found.append(len(queries))
        # There it is first asked whether any is due, by a prepared statement.
        assert found == ([12, 12] if is_postgresql else [11, 11])


class TestTheTask:
    def test_sweeps_every_organization(self, sku: Sku, warehouse: Warehouse, clock: Clock) -> None:
        other = factories.make_organization("Other")
        theirs = factories.make_sku(other)
        factories.stock(theirs, other.warehouses.get(), 5)
        for one, place in ((sku, warehouse), (theirs, other.warehouses.get())):
            factories.reserve(one, place, 3, expires_at=clock.now + timedelta(minutes=1))
        clock.advance(minutes=1)
        assert {found.pk for found in organizations_with_due(clock.now)} == {sku.organization_id, other.pk}
        tasks.expire_reservations()
        assert figures(sku) == (10, 0, 10)
        assert figures(theirs) == (5, 0, 5)
        with CaptureQueriesContext(connection) as queries:
            tasks.expire_reservations()
        assert len(queries) == 1

    def test_one_that_is_busy_does_not_keep_the_others_waiting(
        self, sku: Sku, warehouse: Warehouse, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = factories.make_organization("Other")
        theirs = factories.make_sku(other)
        factories.stock(theirs, other.warehouses.get(), 5)
        for one, place in ((sku, warehouse), (theirs, other.warehouses.get())):
            factories.reserve(one, place, 3, expires_at=clock.now + timedelta(minutes=1))
        clock.advance(minutes=1)
        sweep = reservations.expire_due

        def busy(organization: Organization) -> None:
            if organization.pk == sku.organization_id:
                raise Conflict("CONTENTION", "Too many changes to the same stock at once; try again.")
            sweep(organization)

        monkeypatch.setattr(reservations, "expire_due", busy)
        tasks.expire_reservations()
        assert (figures(sku), figures(theirs)) == ((10, 3, 7), (5, 0, 5))
        monkeypatch.undo()
        clock_again = Clock(monkeypatch)
        clock_again.advance(minutes=2)
        tasks.expire_reservations()
        assert figures(sku) == (10, 0, 10)

    def test_beat_sends_it_each_minute(self, settings: Any) -> None:
        entry = settings.CELERY_BEAT_SCHEDULE["expire-reservations"]
        assert entry["task"] == tasks.expire_reservations.name
        assert entry["schedule"] == timedelta(minutes=1)


class TestEvents:
    """Low at 8 of 10 available: two may be promised, the third crosses."""

    @pytest.fixture
    def sku(self, organization: Organization, warehouse: Warehouse) -> Sku:
        sku = factories.make_sku(organization, "MUG", reorder_point=8)
        factories.stock(sku, warehouse, 10)
        return sku

    def test_low_again_after_it_ran_out_and_recovered(
        self, sku: Sku, warehouse: Warehouse, clock: Clock, subscribed: WebhookEndpoint
    ) -> None:
        factories.reserve(sku, warehouse, 2)
        assert told(EventType.LOW_STOCK) == []
        factories.reserve(sku, warehouse, 1, expires_at=clock.now + timedelta(minutes=1))
        factories.reserve(sku, warehouse, 1, expires_at=clock.now + timedelta(minutes=1))
        assert [data["available"] for data in told(EventType.LOW_STOCK)] == [7]
        clock.advance(minutes=1)
        for _ in range(2):
            tasks.expire_reservations()
        assert len(told(EventType.LOW_STOCK)) == 1
        last = told(EventType.INVENTORY_UPDATED)[-1]
        assert (last["reserved"], last["previous"]["reserved"], last["is_low"]) == (2, 4, False)
        assert last["actor"] == "system"
        factories.reserve(sku, warehouse, 1)
        assert [data["available"] for data in told(EventType.LOW_STOCK)] == [7, 7]

    def test_low_again_after_a_release(
        self, access: Access, sku: Sku, warehouse: Warehouse, subscribed: WebhookEndpoint
    ) -> None:
        made = factories.reserve(sku, warehouse, 3)
        transactions.run(lambda: release_reservation(access=access, reservation=made, quantity=1))
        assert len(told(EventType.LOW_STOCK)) == 1
        factories.reserve(sku, warehouse, 1)
        assert len(told(EventType.LOW_STOCK)) == 2

    def test_what_runs_out_and_is_promised_anew_in_one_posting_crosses_nothing(
        self, sku: Sku, warehouse: Warehouse, clock: Clock, subscribed: WebhookEndpoint
    ) -> None:
        factories.reserve(sku, warehouse, 3, expires_at=clock.now + timedelta(minutes=1))
        clock.advance(minutes=1)
        factories.reserve(sku, warehouse, 4)
        assert len(told(EventType.LOW_STOCK)) == 1
        assert figures(sku) == (10, 4, 6)

    def test_the_events_of_a_sweep_are_told_once_whoever_comes_first(
        self, sku: Sku, warehouse: Warehouse, clock: Clock, subscribed: WebhookEndpoint
    ) -> None:
        factories.reserve(sku, warehouse, 1, expires_at=clock.now + timedelta(minutes=1))
        clock.advance(minutes=1)
        expire_due(sku.organization)
        tasks.expire_reservations()
        assert len(told(EventType.INVENTORY_UPDATED)) == 2


@pytest.mark.parametrize("write", ["adjust", "reserve", "hold"])
def test_a_write_finds_what_has_run_out_off_the_stock(
    sku: Sku, warehouse: Warehouse, clock: Clock, write: str
) -> None:
    """Without any sweeper: all ten units are promised until the instant, and then none is."""
    ends = clock.now + timedelta(minutes=1)
    made = factories.reserve(sku, warehouse, 10, expires_at=ends)

    def go() -> Any:
        if write == "adjust":
            return factories.stock(sku, warehouse, -10, code="SALE")
        return (factories.reserve if write == "reserve" else factories.hold)(sku, warehouse, 10)

    clock.put(ends - timedelta(microseconds=1))
    with pytest.raises(Exception, match="MUG in Main warehouse has 0"):
        go()
    clock.put(ends)
    go()
    made.refresh_from_db()
    assert made.state == "expired"
