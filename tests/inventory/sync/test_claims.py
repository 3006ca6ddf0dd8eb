"""Who works on a run: one worker at a time, the next one when it is dead, and none that has lost its lease."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from inventory.models import Movement, PosConnection, SyncedRow, SyncProblem, SyncRun
from inventory.sync import batches, engine, http_feed
from inventory.sync.claims import LEASE, LeaseLost, can_claim, claim, held, put_off, renew
from inventory.sync.connections import connect
from inventory.sync.endings import complete
from inventory.sync.engine import TRIES
from inventory.verification import verify
from tests import factories
from tests.inventory.sync.feed_server import Fault, FeedServer
from tests.inventory.sync.syncing import counts, hurry, lose_leases, on_hand, problems, sale, start, work
from warehouses import transactions
from warehouses.access import Access
from warehouses.identifiers import new_id
from warehouses.models import Organization, Warehouse
from warehouses.refusals import Conflict

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """What no code of ours catches: the process ends here."""


@pytest.fixture
def shops(organization: Organization, access: Access, feed: FeedServer) -> list[Warehouse]:
    """Three locations of one feed."""
    made = [factories.make_warehouse(organization, f"Shop {n}") for n in range(3)]
    for shop in made:
        connect(access=access, warehouse=shop, adapter="http_feed", url=f"{feed.url}?shop={shop.name[-1]}")
    return made


def claimed() -> SyncRun:
    run = claim(timezone.now())
    assert run is not None
    return run


class TestLease:
    def test_a_run_is_claimed_once(self, shop: Warehouse, connection: PosConnection, settings: Any) -> None:
        settings.SYNC_WORKERS = 5
        start(shop)
        run = claimed()
        assert run.state == "running"
        assert claim(timezone.now()) is None
        assert not can_claim(timezone.now())

    def test_no_more_are_worked_on_than_the_operator_allows(
        self, shops: list[Warehouse], settings: Any
    ) -> None:
        settings.SYNC_WORKERS = 2
        for shop in shops:
            start(shop)
        first, second = claimed(), claimed()
        assert {first.warehouse, second.warehouse} == {shops[0], shops[1]}
        assert claim(timezone.now()) is None
        assert not can_claim(timezone.now())
        assert work() is False
        put_off(first, until=timezone.now() + timedelta(minutes=1), tries=0)
        assert can_claim(timezone.now())
        assert claimed().warehouse == shops[2]

    def test_the_longest_waiting_comes_first(self, shops: list[Warehouse]) -> None:
        for shop in (shops[1], shops[0], shops[2]):
            start(shop)
        order = []
        for _ in range(5):
            run = claimed()
            order.append(run.warehouse.name[-1])
            put_off(run, until=timezone.now(), tries=0)
        assert order == ["1", "0", "2", "1", "0"]

    def test_it_runs_out(self, shop: Warehouse, connection: PosConnection) -> None:
        start(shop)
        first = claimed()
        assert claim(timezone.now() + LEASE - timedelta(seconds=1)) is None
        second = claim(timezone.now() + LEASE)
        assert second is not None
        assert second.pk == first.pk
        assert second.lease != first.lease
        assert second.tries == 1

    def test_it_is_renewed(self, shop: Warehouse, connection: PosConnection) -> None:
        start(shop)
        run = claimed()
        SyncRun.objects.update(lease_until=timezone.now() + timedelta(seconds=1))
        renew(run)
        assert claim(timezone.now() + LEASE - timedelta(seconds=5)) is None

    @pytest.mark.parametrize(
        "act",
        [
            renew,
            held,
            complete,
            lambda run: put_off(run, until=timezone.now(), tries=0),
            lambda run: batches.take_over(run, [], {"end": True}, origin=batches.Origin("full")),  # type: ignore[arg-type]
        ],
        ids=["renew", "held", "complete", "put off", "take over"],
    )
    def test_who_has_lost_it_writes_nothing(
        self, shop: Warehouse, connection: PosConnection, act: Callable[[SyncRun], Any]
    ) -> None:
        start(shop)
        slow = claimed()
        lose_leases()
        claimed()
        before = SyncRun.objects.values().get()
        with pytest.raises(LeaseLost):
            act(slow)
        assert SyncRun.objects.values().get() == before

    def test_a_run_that_kills_its_workers_is_given_up(
        self, shop: Warehouse, connection: PosConnection
    ) -> None:
        run = start(shop)
        for _ in range(TRIES):
            claimed()
            lose_leases()
        work()
        run.refresh_from_db()
        assert (run.state, run.error) == (
            "failed",
            "The worker was lost in the middle of it, again and again.",
        )


@pytest.fixture
def rows(organization: Organization, shop: Warehouse, feed: FeedServer) -> None:
    """1,200 changes of one SKU in one answer, of which the 700th names an unknown SKU."""
    factories.stock(factories.make_sku(organization, "A"), shop, 1)
    feed.page_size = 5000
    feed.changes = [sale(f"k{n}", "A", 1) | {"reason_code": "RETURN"} for n in range(1200)]
    feed.changes[699]["sku"] = "NEW"


def die_in_batch(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Killed when everything of that batch is written, and nothing of it committed."""
    plain = batches._Batch._write_run
    calls = []

    def write(self: Any, *arguments: Any) -> None:
        plain(self, *arguments)
        calls.append(True)
        if len(calls) == number:
            raise Killed

    monkeypatch.setattr(batches._Batch, "_write_run", write)


@pytest.mark.usefixtures("rows")
class TestKilled:
    @pytest.mark.parametrize("number", [1, 2, 3])
    def test_nothing_is_lost_and_nothing_repeated(
        self,
        shop: Warehouse,
        connection: PosConnection,
        monkeypatch: pytest.MonkeyPatch,
        number: int,
    ) -> None:
        run = start(shop, "incremental")
        with monkeypatch.context() as patch:
            die_in_batch(patch, number)
            with pytest.raises(Killed):
                work()
        done = 500 * (number - 1)
        refused = number > 2
        assert counts(run) == (done, done - refused, 0, 0, refused)
        assert SyncedRow.objects.count() == done - refused
        assert on_hand(shop) == {"A": 1 + done - refused}
        assert work() is False  # as far as anybody knows, it is being worked on
        assert run.state == "running"

        lose_leases()
        assert work() is False
        assert counts(run) == (1200, 1199, 0, 0, 1)
        assert problems(run) == [(700, "INVENTORY_NOT_FOUND")]
        assert on_hand(shop) == {"A": 1200}
        assert run.state == "completed"
        assert Movement.objects.filter(reason_code__code="RETURN").count() == 1199
        assert list(verify()) == []

    def test_right_after_a_commit(
        self, shop: Warehouse, connection: PosConnection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whatever is written afterwards, in a transaction of its own, would be missing."""

        def run_and_die(work: Callable[[], Any]) -> None:
            transactions.run(work)
            raise Killed

        run = start(shop, "incremental")
        with monkeypatch.context() as patch:
            patch.setattr(batches, "transactions", SimpleNamespace(run=run_and_die))
            with pytest.raises(Killed):
                work()
        assert SyncedRow.objects.count() == 500
        lose_leases()
        work()
        assert counts(run) == (1200, 1199, 0, 0, 1)
        assert on_hand(shop) == {"A": 1200}
        assert SyncedRow.objects.count() == 1199

    def test_before_the_end_is_written(
        self, shop: Warehouse, connection: PosConnection, monkeypatch: pytest.MonkeyPatch, feed: FeedServer
    ) -> None:
        def die(*arguments: Any, **options: Any) -> None:
            raise Killed

        run = start(shop, "incremental")
        with monkeypatch.context() as patch:
            patch.setattr(engine, "complete", die)
            with pytest.raises(Killed):
                work()
        lose_leases()
        work()
        run.refresh_from_db()
        assert (run.state, counts(run)) == ("completed", (1200, 1199, 0, 0, 1))
        connection.refresh_from_db()
        assert connection.cursor == "1200"
        assert len(feed.seen) == 1

    def test_the_answer_is_another_one_afterwards(
        self, shop: Warehouse, connection: PosConnection, monkeypatch: pytest.MonkeyPatch, feed: FeedServer
    ) -> None:
        """The page is read from its beginning then: what stood there may have moved."""
        run = start(shop, "incremental")
        with monkeypatch.context() as patch:
            die_in_batch(patch, 3)
            with pytest.raises(Killed):
                work()
        assert problems(run) == [(700, "INVENTORY_NOT_FOUND")]
        feed.changes.insert(0, sale("new", "A", -1))
        lose_leases()
        work()
        run.refresh_from_db()
        # 999 rows of the first reading, and all 1,201 of the second, 999 of which were known.
        assert (run.state, counts(run)) == ("completed", (2200, 1200, 0, 999, 1))
        assert [code for _, code in problems(run)] == ["INVENTORY_NOT_FOUND"]
        assert on_hand(shop) == {"A": 1199}

    def test_the_lease_is_lost_while_a_page_is_read(
        self, shop: Warehouse, connection: PosConnection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A worker slept for too long; when it wakes up, the other one has done it all."""
        run = start(shop, "incremental")
        plain = engine.take_over
        calls = []

        def take_over(*arguments: Any, **options: Any) -> None:
            calls.append(True)
            if len(calls) == 2:
                lose_leases()
                work()
            plain(*arguments, **options)

        monkeypatch.setattr(engine, "take_over", take_over)
        work()
        assert counts(run) == (1200, 1199, 0, 0, 1)
        assert on_hand(shop) == {"A": 1200}

    def test_of_two_workers_one_is_refused_before_it_asks_the_feed(
        self, shop: Warehouse, connection: PosConnection, feed: FeedServer
    ) -> None:
        start(shop, "incremental")
        run = claimed()
        SyncRun.objects.update(lease=new_id())
        engine._work_on(run, 0.0)
        assert feed.seen == []
        assert not SyncedRow.objects.exists()
        assert not SyncProblem.objects.exists()


class TestTurns:
    def test_runs_take_turns_after_each_page(
        self, organization: Organization, shops: list[Warehouse], feed: FeedServer
    ) -> None:
        factories.make_sku(organization, "A")
        feed.page_size = 1
        feed.full = [{"sku": "A", "quantity": n} for n in range(3)]
        for shop in shops:
            start(shop)
        assert work() is False
        assert [seen.query["shop"] for seen in feed.seen] == list("012" * 3)
        assert set(SyncRun.objects.values_list("state", flat=True)) == {"completed"}

    def test_one_that_fails_is_in_nobody_s_way(self, shops: list[Warehouse], feed: FeedServer) -> None:
        for shop in shops:
            start(shop)
        feed.faults += [Fault(status=500), Fault(status=404), Fault()]
        assert work() is False
        assert list(SyncRun.objects.order_by("created_at").values_list("state", flat=True)) == [
            "running",
            "failed",
            "completed",
        ]

    def test_when_the_time_is_over_the_rest_is_due(
        self, organization: Organization, shop: Warehouse, connection: PosConnection, feed: FeedServer
    ) -> None:
        factories.make_sku(organization, "A")
        feed.page_size = 1
        feed.full = [{"sku": "A", "quantity": n} for n in range(3)]
        run = start(shop)
        assert engine.work(seconds=0.000001) is True
        assert counts(run)[0] == 1
        assert engine.work(seconds=0) is True  # a page at least, each time
        assert counts(run)[0] == 2
        assert work() is False
        assert counts(run)[0] == 3

    def test_there_is_nothing_to_do(self) -> None:
        assert work() is False


def test_no_transaction_is_open_while_the_feed_answers(
    organization: Organization,
    shop: Warehouse,
    connection: PosConnection,
    feed: FeedServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    depths = []
    plain = http_feed.send

    def send(*arguments: Any, **options: Any) -> Any:
        depths.append(len(database.savepoint_ids))
        return plain(*arguments, **options)

    monkeypatch.setattr(http_feed, "send", send)
    feed.page_size = 1
    factories.make_sku(organization, "A")
    feed.full = [{"sku": "A", "quantity": 1}] * 3
    outside = len(database.savepoint_ids)
    start(shop)
    work()
    assert depths == [outside] * 3


def test_contention_puts_the_run_off(
    organization: Organization,
    shop: Warehouse,
    connection: PosConnection,
    feed: FeedServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    factories.make_sku(organization, "A")
    feed.full = [{"sku": "A", "quantity": 1}]
    run = start(shop)

    def busy(**options: Any) -> Any:
        raise Conflict("CONTENTION", "Too many changes to the same stock at once; try again.")

    with monkeypatch.context() as patch:
        patch.setattr(batches, "adjust", busy)
        work()
    run.refresh_from_db()
    assert (run.state, run.tries, run.position) == ("running", 1, {})
    hurry()
    work()
    assert counts(run) == (1, 1, 0, 0, 0)


def test_position_is_plain_json(
    shop: Warehouse, connection: PosConnection, feed: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is stored after every batch, so it stays small."""
    seen = []
    plain = engine.take_over

    def take_over(run: SyncRun, raws: Any, position: Any, **options: Any) -> None:
        seen.append(json.dumps(position))
        plain(run, raws, position, **options)

    monkeypatch.setattr(engine, "take_over", take_over)
    feed.full = [{"sku": "A", "quantity": 1}] * 1100
    start(shop)
    work()
    assert len(seen) == 3
    assert all(len(text) < 300 for text in seen)
