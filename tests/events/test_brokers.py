"""A broker that loses everything, is away, or says nothing: no event is lost by it, and no change waits for it."""

from __future__ import annotations

import time

import pytest

from inventory.models import Delivery, DeliveryState, EventType
from tests.events.brokers import Broker, Redis
from tests.events.conftest import Subscribe
from tests.events.installation import Installation, let_time_pass
from tests.events.outbox import all_delivered, event_ids
from tests.events.receiver import Receiver
from tests.events.waiting import wait_for

UPDATED = EventType.INVENTORY_UPDATED
#: Nobody waits longer for an answer, here.
PATIENCE = 5.0
#: A little less than the bell's: then it may ring again.
SILENCE = 9.0


def change_all(installation: Installation) -> None:
    for number in range(1, 7):
        assert installation.adjust(f"SKU-{number}", -1, seconds=PATIENCE).status == 200


# --- everything in it is lost


def test_emptied_before_anybody_looked(
    installation: Installation, broker: Broker, receiver: Receiver, subscribe: Subscribe
) -> None:
    subscribe(UPDATED)
    installation.start("web")
    change_all(installation)
    assert broker.messages() == 6
    broker.empty()
    assert broker.messages() == 0

    # Without the sweeper, a worker has nothing to go by …
    worker = installation.start("worker")
    installation.let_worker_finish(worker)
    assert receiver.received == []
    assert Delivery.objects.filter(state=DeliveryState.PENDING, attempt_count=0).count() == 6

    # … and with it, nothing was lost.
    installation.start("beat")
    wait_for(all_delivered, "the sweeper has found everything")
    assert receiver.ids() == dict.fromkeys(event_ids(), 1)
    assert len(receiver.received) == 6


@pytest.mark.parametrize("accident", ["emptied", "restarted", "stopped"])
def test_in_the_middle(
    installation: Installation, broker: Broker, receiver: Receiver, subscribe: Subscribe, accident: str
) -> None:
    """While requests are under way and their task is not acknowledged yet."""
    if accident != "emptied" and not isinstance(broker, Redis):
        pytest.skip("there is no server: it lives as long as its folder")
    secret = subscribe(UPDATED)
    receiver.hold()
    worker = installation.start("web", "beat", "worker")
    change_all(installation)
    receiver.wait_until(lambda: receiver.open["/hook"] == 4)
    assert broker.messages() > 0

    if accident == "emptied":
        broker.empty()
    else:
        broker.stop()
        if accident == "stopped":
            worker.wait_for_log("Cannot connect to")
        broker.start()
    change_all(installation)
    receiver.release()
    # A worker that loses its broker gives up what it is doing: what it had claimed comes due a minute later.
    let_time_pass(60)
    wait_for(all_delivered, "everything is delivered")
    assert receiver.ids().keys() == event_ids()
    assert len(event_ids()) == 12
    for request in receiver.received:
        request.verify(secret)


# --- it is away


def _change_without_a_broker(installation: Installation) -> None:
    """A dozen changes, each answered in time; the broker is not asked again for each of them."""
    web = installation.started[0]
    began = time.monotonic()
    change_all(installation)
    change_all(installation)
    rounds = 1 + int((time.monotonic() - began) / SILENCE)
    assert 1 <= web.count("broker.unreachable") <= rounds


@pytest.mark.parametrize("way", ["stopped", "frozen"])
def test_away(
    installation: Installation, broker: Broker, receiver: Receiver, subscribe: Subscribe, way: str
) -> None:
    if way == "frozen" and not isinstance(broker, Redis):
        pytest.skip("there is no server that could be silent")
    subscribe(UPDATED)
    worker = installation.start("web", "worker")
    change_all(installation)
    wait_for(all_delivered, "it works while the broker does")
    installation.let_worker_finish(worker)
    wait_for(lambda: broker.messages() == 0, "every task is acknowledged")
    before = event_ids()

    if isinstance(broker, Redis) and way == "frozen":
        broker.freeze()
    else:
        broker.stop()
    _change_without_a_broker(installation)
    assert len(event_ids() - before) == 12
    assert receiver.ids().keys() == before

    if isinstance(broker, Redis) and way == "frozen":
        broker.thaw()
    elif isinstance(broker, Redis):
        broker.start()
    else:
        # Without its folder the worker ends, with an error for whoever runs it, and is started again.
        wait_for(worker.has_ended, "the worker has ended")
        broker.start()
        installation.start("worker")
    installation.start("beat")
    wait_for(all_delivered, "everything is delivered once it is back")
    assert receiver.ids() == dict.fromkeys(event_ids(), 1)


def test_a_bell_that_is_never_silent_would_be_seen(
    installation: Installation, broker: Broker, subscribe: Subscribe
) -> None:
    subscribe(UPDATED)
    installation.start("web", faults="never-be-silent")
    broker.stop()
    with pytest.raises(AssertionError, match="12 <="):
        _change_without_a_broker(installation)
