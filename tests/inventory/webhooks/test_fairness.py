"""One endpoint's trouble is not another's: order and concurrency are observed, not the clock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from inventory.models import DeliveryState, WebhookEndpoint
from inventory.webhooks import courier
from inventory.webhooks.claims import claim
from tests.inventory.webhooks.queue import announce, deliveries, make_endpoint
from tests.inventory.webhooks.receiver import Behaviour, Receiver
from warehouses.models import Organization

pytestmark = pytest.mark.django_db


@pytest.fixture
def when() -> Callable[[Callable[[], bool], Callable[[], object]], threading.Thread]:
    """Do something as soon as something holds, in another thread, while the courier runs in this one."""

    def start(holds: Callable[[], bool], act: Callable[[], object]) -> threading.Thread:
        def work() -> None:
            pause = threading.Event()
            for _ in range(1000):
                if holds():
                    break
                pause.wait(0.01)
            act()

        thread = threading.Thread(target=work)
        thread.start()
        return thread

    return start


def test_an_endpoint_that_hangs_delays_no_other(
    organization: Organization, receiver: Receiver, settings: Any, when: Any
) -> None:
    settings.WEBHOOK_THREADS = 4
    make_endpoint(organization, receiver.url("/hanging"))
    healthy, _ = make_endpoint(organization, receiver.url("/healthy"))
    receiver.will(Behaviour(hangs=True), path="/hanging")
    announce(organization, 20)
    open_at_the_end: list[int] = []

    def healthy_has_everything() -> bool:
        return len(receiver.at("/healthy")) == 20 and receiver.open_at("/healthy") == 0

    def note_and_let_go() -> None:
        open_at_the_end.append(receiver.open_at("/hanging"))
        receiver.let_go()

    watcher = when(healthy_has_everything, note_and_let_go)
    courier.run(seconds=10)
    watcher.join()
    # All of the healthy one's were over while the first requests of the other were still open.
    assert open_at_the_end == [2]
    assert len(deliveries(healthy, DeliveryState.DELIVERED)) == 20


def test_what_becomes_due_while_another_hangs_goes_out(
    organization: Organization, receiver: Receiver, when: Any
) -> None:
    make_endpoint(organization, receiver.url("/hanging"))
    healthy, _ = make_endpoint(organization, receiver.url("/healthy"))
    receiver.will(Behaviour(hangs=True), path="/hanging")
    announce(organization, 1)
    later = timezone.now() + timedelta(seconds=0.7)
    healthy.deliveries.update(next_attempt_at=later)
    watcher = when(lambda: len(receiver.at("/healthy")) == 1, receiver.let_go)
    courier.run(seconds=10)
    watcher.join()
    [delivery] = deliveries(healthy, DeliveryState.DELIVERED)
    assert delivery.attempts.get().started_at >= later


def test_four_requests_at_once(organization: Organization, receiver: Receiver) -> None:
    endpoint, _ = make_endpoint(organization, receiver.url())
    receiver.will(Behaviour(delay=0.05))
    announce(organization, 24)
    courier.run(seconds=10)
    assert receiver.most_at_once["/hook"] == 4
    assert len(deliveries(endpoint, DeliveryState.DELIVERED)) == 24


def test_one_request_at_once_to_an_endpoint_that_is_failing(
    organization: Organization, receiver: Receiver
) -> None:
    endpoint, _ = make_endpoint(organization, receiver.url())
    WebhookEndpoint.objects.update(failures=3, failing_since=timezone.now())
    receiver.will(Behaviour(status=500, delay=0.1))
    announce(organization, 12)
    courier.run(seconds=10)
    assert len(receiver.at()) == 1  # and then it is left in peace for a while
    endpoint.refresh_from_db()
    assert endpoint.failures == 4


def test_failing_endpoints_get_half_of_the_threads(
    organization: Organization, receiver: Receiver, settings: Any, when: Any
) -> None:
    settings.WEBHOOK_THREADS = 6
    for number in range(6):
        make_endpoint(organization, receiver.url(f"/failing/{number}"))
        receiver.will(Behaviour(hangs=True), path=f"/failing/{number}")
    announce(organization, 3)
    WebhookEndpoint.objects.update(failures=3, failing_since=timezone.now())
    make_endpoint(organization, receiver.url("/healthy"))
    announce(organization, 10)
    hanging: list[int] = []
    healthy: list[int] = []

    def open_now() -> int:
        return sum(receiver.open_at(f"/failing/{number}") for number in range(6))

    def note_and_let_go() -> None:
        hanging.append(open_now())
        healthy.append(len(receiver.at("/healthy")))
        receiver.let_go()

    watcher = when(lambda: len(receiver.at("/healthy")) == 10, note_and_let_go)
    courier.run(seconds=10)
    watcher.join()
    assert (hanging, healthy) == ([3], [10])
    assert receiver.most_at_once["/healthy"] <= 3


def test_slow_endpoints_that_do_not_fail_leave_room_for_others(
    organization: Organization, receiver: Receiver, settings: Any, when: Any
) -> None:
    """Second requests come out of one half of the threads: two that are slow do not fill all of them."""
    settings.WEBHOOK_THREADS = 8
    for number in range(3):
        make_endpoint(organization, receiver.url(f"/slow/{number}"))
        receiver.will(Behaviour(hangs=True), path=f"/slow/{number}")
    announce(organization, 10)
    make_endpoint(organization, receiver.url("/fast"))
    announce(organization, 1)
    sent_meanwhile: list[int] = []

    def note_and_let_go() -> None:
        sent_meanwhile.append(len(receiver.at("/fast")))
        receiver.let_go()

    watcher = when(lambda: len(receiver.at("/fast")) == 1, note_and_let_go)
    courier.run(seconds=10)
    watcher.join()
    assert sent_meanwhile == [1]
    assert max(receiver.most_at_once[f"/slow/{number}"] for number in range(3)) <= 4


def test_a_backlog_lets_others_have_their_turn(
    organization: Organization, receiver: Receiver, settings: Any
) -> None:
    """More endpoints with a backlog than threads: each gets a request before anyone gets the next."""
    settings.WEBHOOK_THREADS = 2
    for number in range(5):
        make_endpoint(organization, receiver.url(f"/{number}"))
    announce(organization, 4)
    courier.run(seconds=10)
    order = [request.path for request in receiver.requests]
    assert len(order) == 20
    for turn in range(4):
        ahead = order[: 5 * turn + 5 + 2]  # two are under way at once, and may overtake each other
        assert all(ahead.count(f"/{number}") >= turn + 1 for number in range(5)), order


def test_it_waits_for_what_others_are_sending(organization: Organization, receiver: Receiver) -> None:
    """Somebody else has all slots of an endpoint: that is not more to do."""
    endpoint, _ = make_endpoint(organization, receiver.url())
    announce(organization, 9)
    assert len(claim({endpoint.pk: 4}, now=timezone.now())) == 4
    assert courier.run(seconds=5) is False
    assert receiver.requests == []
