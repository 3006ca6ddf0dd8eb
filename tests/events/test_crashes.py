"""Processes that are killed with SIGKILL, at the worst moments: what was committed arrives, what was not does not."""

from __future__ import annotations

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection

from inventory.models import Delivery, DeliveryState, Event, EventType, Movement, StockLevel
from inventory.verification import verify
from tests.events.brokers import Broker, Redis
from tests.events.conftest import ON_HAND, Subscribe
from tests.events.installation import Installation, let_time_pass
from tests.events.outbox import all_delivered, event_ids
from tests.events.receiver import Receiver
from tests.events.waiting import wait_for

UPDATED = EventType.INVENTORY_UPDATED
#: What a killed process leaves of a connection.
CUT = (ConnectionError, http.client.HTTPException)


# --- the worker, while a receiver holds requests open


def _nobody_is_in_a_transaction() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
        )
        (count,) = cursor.fetchone()
    return bool(count == 0)


def _kill_worker_at_work(
    installation: Installation, receiver: Receiver, *, whole: bool, faults: str = ""
) -> set[str]:
    """Six changes; four of them are being sent when the worker, or only its children, is killed. Returns those four."""
    receiver.hold()
    worker = installation.start("web", "beat", "worker", faults=faults)
    for number in range(1, 7):
        assert installation.adjust(f"SKU-{number}", -1).status == 200
    receiver.wait_until(lambda: receiver.open["/hook"] == 4)
    interrupted = set(receiver.ids())
    if connection.vendor == "postgresql":
        wait_for(
            _nobody_is_in_a_transaction, "no transaction is open while a request is under way", seconds=5
        )

    if whole:
        worker.kill()
    else:
        worker.kill_children()
    receiver.release()
    assert not Delivery.objects.exclude(state=DeliveryState.PENDING).exists()
    let_time_pass(60)  # what was claimed is claimed for a minute
    return interrupted


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "children"])
def test_killed_worker(
    installation: Installation, broker: Broker, receiver: Receiver, subscribe: Subscribe, whole: bool
) -> None:
    if not whole and not isinstance(broker, Redis):
        pytest.skip("there, the children share a queue, and an idle one that is killed keeps the lock of it")
    secret = subscribe(UPDATED)
    interrupted = _kill_worker_at_work(installation, receiver, whole=whole)
    if whole:
        installation.start("worker")
    wait_for(all_delivered, "everything is delivered")

    times = receiver.ids()
    assert set(times) == event_ids()
    assert len(times) == 6
    assert all(times[id] >= 2 for id in interrupted)
    bodies = {(request.id, request.body) for request in receiver.received}
    assert len(bodies) == 6, "the same body each time"
    for request in receiver.received:
        request.verify(secret)


def test_killed_before_it_was_noted(
    installation: Installation, receiver: Receiver, subscribe: Subscribe
) -> None:
    """The receiver has it, and nobody knows: it comes again, under the same id, for the receiver to see that."""
    secret = subscribe(UPDATED)
    worker = installation.start("web", "worker", faults="die-before-noting")
    assert installation.adjust("SKU-1", -1).status == 200
    receiver.wait_until(lambda: len(receiver.received) == 1 and receiver.open["/hook"] == 0)
    worker.kill()
    assert Delivery.objects.get().attempt_count == 0

    let_time_pass(60)
    installation.start("worker")
    installation.broker.send("inventory.deliver_webhooks")
    wait_for(all_delivered, "it is noted this time")
    first, second = receiver.received
    assert (first.id, first.body) == (second.id, second.body)
    second.verify(secret)


def test_a_claim_that_does_not_end_would_be_seen(
    installation: Installation, receiver: Receiver, subscribe: Subscribe
) -> None:
    subscribe(UPDATED)
    interrupted = _kill_worker_at_work(installation, receiver, whole=True, faults="claim-for-ever")
    worker = installation.start("worker", faults="claim-for-ever")
    installation.broker.send("inventory.deliver_webhooks")
    installation.let_worker_finish(worker)
    assert interrupted <= {
        event.event.public_id for event in Delivery.objects.filter(state=DeliveryState.PENDING)
    }
    assert all(receiver.ids()[id] == 1 for id in interrupted)


# --- the web process, around its commit


def test_killed_between_commit_and_publishing(
    installation: Installation, receiver: Receiver, subscribe: Subscribe
) -> None:
    secret = subscribe(UPDATED)
    web = installation.start("web", faults="die-before-publishing")
    with pytest.raises(CUT):
        installation.adjust("SKU-1", -60, Idempotency_Key="once")
    web.kill()
    assert StockLevel.objects.get(sku__code="SKU-1").on_hand == ON_HAND - 60
    assert Event.objects.count() == 1
    assert installation.broker.messages() == 0

    # The caller was not told, and asks again: this changes nothing, and tells nobody anything.
    worker = installation.start("web", "worker")
    again = installation.adjust("SKU-1", -60, Idempotency_Key="once")
    assert (again.status, again.headers["Idempotent-Replayed"]) == (200, "true")

    # Nobody will ever wake the worker for it …
    installation.let_worker_finish(worker)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempt_count, receiver.received) == (DeliveryState.PENDING, 0, [])

    # … but it is looked for.
    installation.start("beat")
    wait_for(all_delivered, "the sweeper has found it")
    (request,) = receiver.received
    request.verify(secret)
    assert request.data["on_hand"] == ON_HAND - 60


def _kill_before_commit(installation: Installation, *, faults: str) -> None:
    """Two change-events, each with its delivery, are written, and the process dies before it commits them."""
    movements = Movement.objects.count()
    web = installation.start("web", faults=faults)
    with pytest.raises(CUT):
        installation.adjust("SKU-1", -60)
    web.kill()
    written = json.loads((installation.folder / "written").read_text())
    assert written == {"Event": 2, "Delivery": 2, "Movement": movements + 1}
    assert Movement.objects.count() == movements
    assert StockLevel.objects.get(sku__code="SKU-1").on_hand == ON_HAND


def test_killed_before_commit(installation: Installation, receiver: Receiver, subscribe: Subscribe) -> None:
    subscribe(UPDATED, EventType.LOW_STOCK)
    _kill_before_commit(installation, faults="die-before-committing")
    assert not Event.objects.exists()
    assert not Delivery.objects.exists()
    assert list(verify()) == []

    worker = installation.start("web", "worker")
    installation.broker.send("inventory.deliver_webhooks")
    installation.let_worker_finish(worker)
    assert receiver.received == []
    assert installation.adjust("SKU-1", -60).status == 200
    receiver.wait_until(lambda: len(receiver.received) == 2)
    assert receiver.ids().keys() == event_ids()


def test_delivering_before_the_commit_would_be_seen(
    installation: Installation, receiver: Receiver, subscribe: Subscribe
) -> None:
    subscribe(UPDATED, EventType.LOW_STOCK)
    _kill_before_commit(installation, faults="deliver-before-committing,die-before-committing")
    assert not Event.objects.exists()
    assert len(receiver.received) == 2, "they were told of what has never happened"


def test_waking_before_the_commit_would_be_seen(
    installation: Installation, receiver: Receiver, subscribe: Subscribe, tmp_path: Path
) -> None:
    """The worker looks, sees nothing yet, and is not woken again: only the sweeper would find it."""
    subscribe(UPDATED)
    worker = installation.start("web", "worker", faults="ring-before-committing")
    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(installation.adjust, "SKU-1", -60)
        worker.wait_for_log("Task inventory.deliver_webhooks", "succeeded")
        (tmp_path / "looked").touch()
        assert answer.result(timeout=20).status == 200
    installation.let_worker_finish(worker)
    assert Delivery.objects.get().state == DeliveryState.PENDING
    assert receiver.received == []
