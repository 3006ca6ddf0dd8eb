"""Starting runs: who may, when not, one at a time for each location, by hand and by the clock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from inventory.models import (
    Event,
    Movement,
    PosConnection,
    StockLevel,
    SyncRun,
    SyncState,
    SyncType,
    WebhookEndpoint,
)
from inventory.sync import runs, states
from inventory.sync.connections import connect
from inventory.sync.runs import queue_scheduled, start_run
from tests import factories
from tests.inventory.sync.feed_server import Fault, FeedServer
from tests.inventory.sync.syncing import counts, sale, start, sync, work
from warehouses.access import Access, access_of_key, access_of_system
from warehouses.actors import ActorType
from warehouses.keys import find_key
from warehouses.models import Organization, Warehouse
from warehouses.refusals import Conflict, Forbidden, NotFound, Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def wakes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What was called after a commit."""
    heard: list[str] = []
    monkeypatch.setattr(runs, "wakers", [lambda: heard.append("woken")])
    return heard


def refusal_of(
    kind: type[Refusal], access: Access, warehouse: Warehouse, sync_type: SyncType = SyncType.FULL
) -> Refusal:
    before = SyncRun.objects.count()
    with pytest.raises(kind) as caught:
        start_run(access=access, warehouse=warehouse, sync_type=sync_type)
    assert SyncRun.objects.count() == before
    return caught.value


def test_a_run_is_queued_for_whoever_asked(
    organization: Organization, shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    key = find_key(factories.make_key(organization, ["inventory.write"], name="Till"))
    assert key is not None
    run = start_run(access=access_of_key(key), warehouse=shop, sync_type=SyncType.INCREMENTAL)
    run.refresh_from_db()
    assert (run.organization, run.warehouse, run.adapter) == (organization, shop, "http_feed")
    assert (run.sync_type, run.state, run.retries) == ("incremental", "queued", None)
    assert (run.actor_type, run.actor_id, run.actor_name) == (ActorType.KEY, key.pk, "Till")
    assert run.next_attempt_at == run.created_at
    assert (run.started_at, run.finished_at, run.lease, run.position) == (None, None, None, {})

    factories.stock(factories.make_sku(organization, "A"), shop, 5)
    feed.changes = [sale("1", "A")]
    work()
    movement = Movement.objects.get(reference="1")
    assert (movement.actor_type, movement.actor_id, movement.actor_name) == (ActorType.KEY, key.pk, "Till")


def test_the_worker_is_told_after_the_commit(
    shop: Warehouse, connection: PosConnection, wakes: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        start(shop)
        assert wakes == []
    assert wakes == ["woken"]


def test_a_worker_that_cannot_be_told_harms_nobody(
    shop: Warehouse,
    connection: PosConnection,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    def broken() -> None:
        raise OSError("no broker")

    monkeypatch.setattr(runs, "wakers", [broken])
    with django_capture_on_commit_callbacks(execute=True):
        start(shop)
    assert SyncRun.objects.get().state == "queued"


def test_a_run_is_rolled_back_with_its_transaction(
    shop: Warehouse, connection: PosConnection, wakes: list[str]
) -> None:
    with transaction.atomic():
        start(shop)
        transaction.set_rollback(True)
    assert not SyncRun.objects.exists()
    assert wakes == []


def test_a_location_without_connection(access: Access, shop: Warehouse) -> None:
    assert refusal_of(Conflict, access, shop).code == "POS_NOT_CONNECTED"


def test_a_connection_that_is_not_active(access: Access, shop: Warehouse, connection: PosConnection) -> None:
    PosConnection.objects.update(is_active=False)
    assert refusal_of(Conflict, access, shop).code == "POS_NOT_CONNECTED"


def test_a_warehouse_that_is_not_active(access: Access, shop: Warehouse, connection: PosConnection) -> None:
    shop.is_active = False
    shop.save()
    assert refusal_of(Conflict, access, shop).code == "WAREHOUSE_INACTIVE"


@pytest.mark.parametrize("state", ["queued", "running"])
def test_one_at_a_time(
    access: Access, shop: Warehouse, connection: PosConnection, feed: FeedServer, state: str
) -> None:
    run = start(shop)
    if state == "running":
        feed.faults.append(Fault(status=500))
        work()
    run.refresh_from_db()
    assert run.state == state
    refusal = refusal_of(Conflict, access, shop, SyncType.INCREMENTAL)
    assert (refusal.code, refusal.extra) == ("SYNC_IN_PROGRESS", {"run_id": run.public_id})


def test_of_two_that_looked_at_once_the_constraint_lets_one_in(
    access: Access, shop: Warehouse, connection: PosConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(shop)
    found = iter([None, run])
    monkeypatch.setattr(runs, "open_run", lambda warehouse: next(found))
    refusal = refusal_of(Conflict, access, shop)
    assert (refusal.code, refusal.extra) == ("SYNC_IN_PROGRESS", {"run_id": run.public_id})


def test_locations_do_not_wait_for_each_other(
    organization: Organization, access: Access, shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    other = factories.make_warehouse(organization, "Other")
    connect(access=access, warehouse=other, adapter="http_feed", url=feed.url)
    first, second = start(shop), start(other)
    assert work() is False
    for run in (first, second):
        run.refresh_from_db()
        assert run.state == "completed"


def test_a_retry_is_not_started_by_hand(access: Access, shop: Warehouse, connection: PosConnection) -> None:
    with pytest.raises(ValueError, match="is not started"):
        start_run(access=access, warehouse=shop, sync_type=SyncType.RETRY)


class TestWho:
    @pytest.fixture
    def callers(self, organization: Organization, shop: Warehouse) -> dict[str, Access]:
        other = factories.make_warehouse(organization, "Other")
        stranger = factories.make_organization("Stranger")

        def access_of(*scopes: str, **options: Any) -> Access:
            key = find_key(factories.make_key(organization, scopes, **options))
            assert key is not None
            return access_of_key(key)

        return {
            "writer": access_of("inventory.write"),
            "writer here": access_of("inventory.write", warehouses=[shop]),
            "writer elsewhere": access_of("inventory.write", warehouses=[other]),
            "reader": access_of("inventory.read"),
            "adjuster": access_of("inventory.read", "inventory.adjust"),
            "stranger": access_of_system(stranger),
        }

    @pytest.mark.parametrize("name", ["writer", "writer here"])
    def test_may(
        self, callers: dict[str, Access], shop: Warehouse, connection: PosConnection, name: str
    ) -> None:
        start_run(access=callers[name], warehouse=shop, sync_type=SyncType.FULL)
        assert SyncRun.objects.count() == 1

    @pytest.mark.parametrize(
        ("name", "kind", "code"),
        [
            ("writer elsewhere", NotFound, "WAREHOUSE_NOT_FOUND"),
            ("reader", Forbidden, "PERMISSION_DENIED"),
            ("adjuster", Forbidden, "PERMISSION_DENIED"),
            ("stranger", NotFound, "WAREHOUSE_NOT_FOUND"),
        ],
    )
    def test_may_not(
        self,
        callers: dict[str, Access],
        shop: Warehouse,
        connection: PosConnection,
        name: str,
        kind: type[Refusal],
        code: str,
    ) -> None:
        assert refusal_of(kind, callers[name], shop).code == code


class TestSchedule:
    @pytest.fixture(autouse=True)
    def _scheduled(self, connection: PosConnection) -> None:
        PosConnection.objects.update(interval_minutes=15)

    def test_a_connection_that_never_ran_is_due(self, shop: Warehouse) -> None:
        assert queue_scheduled(timezone.now()) == 1
        run = SyncRun.objects.get()
        assert (run.warehouse, run.sync_type, run.state) == (shop, "incremental", "queued")
        assert (run.actor_type, run.actor_id, run.actor_name) == ("system", None, "system")
        assert queue_scheduled(timezone.now()) == 0

    @pytest.mark.parametrize("kind", ["full", "incremental"])
    def test_the_interval_counts_from_the_last_run(self, shop: Warehouse, kind: str) -> None:
        run = sync(shop, kind)
        assert queue_scheduled(run.created_at + timedelta(minutes=15, microseconds=-1)) == 0
        assert queue_scheduled(run.created_at + timedelta(minutes=15)) == 1

    def test_rows_that_were_tried_again_count_for_nothing(self, shop: Warehouse) -> None:
        run = sync(shop)
        later = run.created_at + timedelta(minutes=10)
        SyncRun.objects.create(
            organization=run.organization,
            warehouse=shop,
            adapter="http_feed",
            sync_type="retry",
            state="completed",
            retries=run,
            actor_type="system",
            actor_name="system",
            created_at=later,
            finished_at=later,
        )
        assert queue_scheduled(run.created_at + timedelta(minutes=15)) == 1

    def test_a_run_that_is_open_is_waited_for(self, shop: Warehouse) -> None:
        run = start(shop)
        assert queue_scheduled(run.created_at + timedelta(days=1)) == 0

    @pytest.mark.parametrize(
        "change",
        [
            lambda: PosConnection.objects.update(interval_minutes=None),
            lambda: PosConnection.objects.update(is_active=False),
            lambda: Warehouse.objects.filter(name="Shop").update(is_active=False),
            lambda: Organization.objects.update(is_active=False),
        ],
        ids=["no interval", "connection", "warehouse", "organization"],
    )
    def test_what_is_switched_off_is_left_alone(self, change: Any) -> None:
        change()
        assert queue_scheduled(timezone.now()) == 0

    def test_somebody_else_was_first(self, shop: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
        def other(**options: Any) -> None:
            raise Conflict("SYNC_IN_PROGRESS", "A sync is under way.")

        monkeypatch.setattr(runs, "start_run", other)
        assert queue_scheduled(timezone.now()) == 0

    @pytest.mark.parametrize("more", [0, 3])
    def test_looking_costs_one_query(
        self,
        organization: Organization,
        access: Access,
        feed: FeedServer,
        more: int,
        django_assert_num_queries: Any,
    ) -> None:
        PosConnection.objects.update(interval_minutes=15)
        for number in range(more):
            shop = factories.make_warehouse(organization, f"Shop {number}")
            connect(access=access, warehouse=shop, adapter="http_feed", url=feed.url, interval_minutes=15)
        assert queue_scheduled(timezone.now()) == more + 1
        with django_assert_num_queries(1):
            assert queue_scheduled(timezone.now() + timedelta(days=1)) == 0


def test_no_state_can_be_left_but_by_its_transitions() -> None:
    assert {state: sorted(following) for state, following in states.TRANSITIONS.items()} == {
        SyncState.QUEUED: ["running"],
        SyncState.RUNNING: ["completed", "failed"],
        SyncState.COMPLETED: [],
        SyncState.FAILED: [],
    }


@pytest.mark.parametrize("state", ["completed", "failed"])
def test_a_run_that_is_closed_stays_so(
    shop: Warehouse, connection: PosConnection, feed: FeedServer, state: str
) -> None:
    if state == "failed":
        feed.faults.append(Fault(status=404))
    run = sync(shop)
    assert run.state == state
    for to in SyncState:
        assert not states.move(run, to)
    run.refresh_from_db()
    assert run.state == state


class TestEvent:
    @pytest.fixture(autouse=True)
    def _subscribed(self, organization: Organization) -> None:
        WebhookEndpoint.objects.create(
            organization=organization,
            url="https://receiver.example/hook",
            event_types=["inventory.sync.completed"],
            secret="sealed",
        )

    def test_of_a_run_that_completed(
        self, organization: Organization, shop: Warehouse, connection: PosConnection, feed: FeedServer
    ) -> None:
        factories.make_sku(organization, "A")
        feed.full = [{"sku": "A", "quantity": 1}, {"sku": "B", "quantity": 1}]
        run = sync(shop)
        assert run.started_at is not None
        assert run.finished_at is not None
        body = json.loads(Event.objects.get().body)
        moment = run.finished_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        assert body == {
            "type": "inventory.sync.completed",
            "timestamp": moment,
            "data": {
                "id": run.public_id,
                "location_id": shop.public_id,
                "location_name": "Shop",
                "sync_type": "full",
                "status": "completed",
                "rows_read": 2,
                "rows_changed": 1,
                "rows_unchanged": 0,
                "rows_repeated": 0,
                "rows_refused": 1,
                "error": None,
                "started_at": run.started_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "finished_at": moment,
            },
        }

    def test_of_a_run_that_failed(self, shop: Warehouse, connection: PosConnection, feed: FeedServer) -> None:
        feed.faults.append(Fault(status=404))
        run = sync(shop)
        data = json.loads(Event.objects.get().body)["data"]
        assert (data["status"], data["error"]) == ("failed", run.error)

    def test_not_before_the_end(self, shop: Warehouse, connection: PosConnection, feed: FeedServer) -> None:
        feed.faults.append(Fault(status=500))
        sync(shop)
        assert not Event.objects.exists()

    def test_of_another_organization_nobody_hears(self, feed: FeedServer) -> None:
        stranger = factories.make_organization("Stranger")
        theirs = stranger.warehouses.get()
        connect(access=access_of_system(stranger), warehouse=theirs, adapter="http_feed", url=feed.url)
        assert counts(sync(theirs)) == (0, 0, 0, 0, 0)
        assert not Event.objects.exists()


def test_a_feed_changes_only_its_organization_s_stock(
    organization: Organization, shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    stranger = factories.make_organization("Stranger")
    theirs = factories.make_sku(stranger, "A")
    factories.stock(theirs, stranger.warehouses.get(), 5)
    feed.full = [{"sku": "A", "quantity": 1}]
    run = sync(shop)
    assert counts(run) == (1, 0, 0, 0, 1)
    assert StockLevel.objects.get(sku=theirs).on_hand == 5
