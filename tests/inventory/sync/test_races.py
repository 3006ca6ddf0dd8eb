"""Several at once: one of them starts a run, and one worker at a time works on it."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from inventory.models import Movement, PosConnection, SyncRun, SyncType
from inventory.sync import batches, engine
from inventory.sync.claims import LEASE, claim
from inventory.sync.connections import change_connection, connect
from inventory.sync.runs import start_run
from tests import factories
from tests.inventory.sync.feed_server import FeedServer
from tests.inventory.sync.syncing import counts, on_hand, sale, start, work
from tests.races.sessions import Other, wait_until_somebody_waits
from warehouses import transactions
from warehouses.access import Access
from warehouses.models import Organization, Warehouse
from warehouses.refusals import Conflict

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]


def at_once(work: Any, count: int) -> list[Any]:
    """Call it in so many threads, all from one signal; what each returned."""
    barrier = threading.Barrier(count)

    def wait_and_work(number: int) -> Any:
        barrier.wait(timeout=30)
        try:
            return work(number)
        finally:
            database.close()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(wait_and_work, range(count)))


@pytest.mark.parametrize("is_locked", [True, False], ids=["as it is", "control: by the constraint alone"])
def test_of_many_that_start_at_once_one_does(
    access: Access,
    shop: Warehouse,
    connection: PosConnection,
    is_locked: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not is_locked:
        unlocked = PosConnection.objects.all
        monkeypatch.setattr(PosConnection.objects, "select_for_update", lambda **options: unlocked())

    def begin(number: int) -> str:
        try:
            run = transactions.run(lambda: start_run(access=access, warehouse=shop, sync_type=SyncType.FULL))
        except Conflict as conflict:
            return f"{conflict.code} {conflict.extra['run_id']}"
        return run.public_id

    said = Counter(at_once(begin, 8))
    run = SyncRun.objects.get()
    assert said == {run.public_id: 1, f"SYNC_IN_PROGRESS {run.public_id}": 7}


@pytest.mark.parametrize("places", [1, 2])
def test_no_run_has_two_workers_and_no_more_are_busy_than_allowed(
    organization: Organization, access: Access, feed: FeedServer, settings: Any, places: int
) -> None:
    settings.SYNC_WORKERS = places
    factories.make_sku(organization, "A")
    feed.full = [{"sku": "A", "quantity": n} for n in range(6)]
    feed.page_size = 1
    shops = [factories.make_warehouse(organization, f"Shop {n}") for n in range(4)]
    for shop in shops:
        connect(access=access, warehouse=shop, adapter="http_feed", url=f"{feed.url}?shop={shop.name[-1]}")
        start(shop)
    seen = threading.Condition()
    busy: Counter[str] = Counter()
    most: list[tuple[int, int]] = []
    plain = feed.document

    def document(query: dict[str, str]) -> bytes:
        with seen:
            busy[query["shop"]] += 1
            most.append((busy.total(), max(busy.values())))
            seen.notify_all()
            # The first waits for the others that are allowed; all stay for a moment, in case there is one too many.
            seen.wait_for(lambda: max(total for total, _ in most) >= places, timeout=10)
        threading.Event().wait(0.02)
        with seen:
            busy[query["shop"]] -= 1
        return plain(query)

    feed.document = document  # type: ignore[method-assign]
    at_once(lambda number: [work(10) for _ in range(20)], 4)
    while work():
        pass
    assert max(total for total, _ in most) == places
    assert max(of_one for _, of_one in most) == 1
    assert [counts(run)[0] for run in SyncRun.objects.all()] == [6] * 4
    assert set(SyncRun.objects.values_list("state", flat=True)) == {"completed"}
    assert [on_hand(shop) for shop in shops] == [{"A": 5}] * 4
    assert len(feed.seen) == 24


def test_a_run_is_not_taken_from_a_worker_within_its_transaction(
    organization: Organization,
    shop: Warehouse,
    connection: PosConnection,
    feed: FeedServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its lease has run out, but it is just writing: the other passes by, and the batch counts once."""
    factories.make_sku(organization, "A")
    feed.changes = [sale("1", "A", 1) | {"reason_code": "RETURN"}]
    run = start(shop, "incremental")
    is_writing, may_go_on = threading.Event(), threading.Event()
    plain = batches._Batch._write_run

    def write(self: Any, *arguments: Any) -> None:
        is_writing.set()
        assert may_go_on.wait(10)
        plain(self, *arguments)

    monkeypatch.setattr(batches._Batch, "_write_run", write)
    worker = Other(lambda: engine.work(seconds=10))
    assert is_writing.wait(10)
    assert claim(timezone.now() + LEASE + timedelta(minutes=1)) is None
    may_go_on.set()
    assert worker.result() is False
    assert counts(run) == (1, 1, 0, 0, 0)
    assert Movement.objects.count() == 1


def test_a_connection_stays_as_it_is_until_a_run_that_starts_is_seen(
    access: Access, shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    def change() -> str:
        try:
            transactions.run(
                lambda: change_connection(
                    access=access, connection=connection, adapter="http_feed", url=f"{feed.url}?x=1"
                )
            )
        except Conflict as conflict:
            return conflict.code
        return "changed"

    found: list[Other] = []

    def begin() -> None:
        start_run(access=access, warehouse=shop, sync_type=SyncType.FULL)
        found.append(Other(change))
        wait_until_somebody_waits()

    transactions.run(begin)
    assert found[0].result() == "SYNC_IN_PROGRESS"
    connection.refresh_from_db()
    assert connection.url == feed.url


def test_stock_that_others_change_meanwhile_adds_up(
    organization: Organization, shop: Warehouse, connection: PosConnection, feed: FeedServer
) -> None:
    sku = factories.make_sku(organization, "A")
    factories.stock(sku, shop, 1000)
    feed.page_size = 20
    feed.changes = [sale(str(n), "A") for n in range(200)]
    run = start(shop, "incremental")

    def act(number: int) -> None:
        if number == 0:
            engine.work(seconds=60)
        else:
            for _ in range(20):
                factories.stock(sku, shop, -1)

    at_once(act, 4)
    assert counts(run) == (200, 200, 0, 0, 0)
    assert on_hand(shop) == {"A": 740}
