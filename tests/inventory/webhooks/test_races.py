"""Several couriers, and people who change things while they work: on PostgreSQL, with real sessions."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from inventory.models import Delivery, DeliveryState, WebhookEndpoint
from inventory.webhooks import courier
from inventory.webhooks.claims import claim
from inventory.webhooks.deliveries import replay
from inventory.webhooks.endpoints import create_endpoint, pause_endpoint, rotate_secret
from inventory.webhooks.purge import purge
from inventory.webhooks.results import record
from tests import factories
from tests.inventory.webhooks.queue import announce, answered, make_endpoint, take_one
from tests.inventory.webhooks.receiver import Behaviour, Receiver
from tests.races.conftest import ROOT, environment
from tests.races.sessions import Other, wait_until_somebody_waits
from warehouses import transactions
from warehouses.access import access_of_system
from warehouses.models import Organization
from warehouses.refusals import Conflict, NotFound

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

URL = "http://127.0.0.1:9/hook"
PATHS = ("/1", "/2", "/3")


@pytest.fixture
def queue(organization: Organization, receiver: Receiver) -> list[Delivery]:
    """Three endpoints with 40 deliveries each."""
    for path in PATHS:
        make_endpoint(organization, receiver.url(path))
        receiver.will(Behaviour(delay=0.01), path=path)
    return announce(organization, 40)


def check(receiver: Receiver, queue: list[Delivery]) -> None:
    """Every delivery was sent once, none twice at a time, and never more than four of an endpoint at once."""
    assert Counter(request.id for request in receiver.requests) == Counter(
        delivery.event.public_id for delivery in queue
    )
    assert max(receiver.most_at_once[path] for path in PATHS) <= 4
    assert Delivery.objects.filter(state=DeliveryState.DELIVERED, attempt_count=1).count() == len(queue)


def test_two_couriers_in_threads(queue: list[Delivery], receiver: Receiver) -> None:
    couriers = [Other(lambda: courier.run(seconds=20)) for _ in range(2)]
    for other in couriers:
        other.result()
    check(receiver, queue)


def test_two_couriers_in_processes(queue: list[Delivery], receiver: Receiver, tmp_path: Path) -> None:
    program = (
        "import django; django.setup()\nfrom inventory.webhooks import courier\ncourier.run(seconds=20)\n"
    )
    settings = environment(tmp_path, OUTGOING_NETWORKS="127.0.0.0/8", LOG_LEVEL="ERROR")
    processes = [
        subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env=os.environ | settings)
        for _ in range(2)
    ]
    assert [process.wait(60) for process in processes] == [0, 0]
    check(receiver, queue)


def test_claiming_does_not_wait_for_an_endpoint_that_somebody_holds(organization: Organization) -> None:
    held, _ = make_endpoint(organization, URL + "/held")
    free, _ = make_endpoint(organization, URL + "/free")
    announce(organization)
    with transaction.atomic():
        WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=held.pk)
        other = Other(lambda: claim({held.pk: 1, free.pk: 1}, now=timezone.now()))
        taken = other.result()
    assert [claimed.endpoint_id for claimed in taken] == [free.pk]


def test_claiming_does_not_wait_for_a_delivery_that_somebody_holds(organization: Organization) -> None:
    endpoint, _ = make_endpoint(organization, URL)
    first, second = announce(organization, 2)
    with transaction.atomic():
        Delivery.objects.select_for_update(no_key=True).get(pk=first.pk)
        taken = Other(lambda: claim({endpoint.pk: 2}, now=timezone.now())).result()
    assert [claimed.delivery.pk for claimed in taken] == [second.pk]


@pytest.mark.parametrize("act", ["claim", "fail", "succeed", "pause", "rotate", "replay"])
def test_events_are_written_while_an_endpoint_is_held(organization: Organization, act: str) -> None:
    """A webhook's screen, or its courier, must not hold up stock: a delivery points at its endpoint."""
    endpoint, _ = make_endpoint(organization, URL)
    [delivery] = announce(organization)
    access = access_of_system(organization)
    claimed = None if act in ("claim", "replay") else take_one(endpoint)
    with transaction.atomic():
        if act == "claim":
            take_one(endpoint)
        elif act == "replay":
            replay(access=access, delivery=delivery)
        elif act == "pause":
            pause_endpoint(access=access, endpoint=endpoint)
        elif act == "rotate":
            rotate_secret(access=access, endpoint=endpoint)
        elif claimed is not None:
            record(claimed, answered(200 if act == "succeed" else 500), now=timezone.now())
        assert len(Other(lambda: announce(organization)).result()) == 1


def test_failures_that_end_at_once_are_all_counted(organization: Organization, receiver: Receiver) -> None:
    endpoint, _ = make_endpoint(organization, receiver.url())
    announce(organization, 4)
    taken = claim({endpoint.pk: 4}, now=timezone.now())
    with transaction.atomic():
        record(taken[0], answered(500), now=timezone.now())
        others = [
            Other(lambda claimed=claimed: record(claimed, answered(500), now=timezone.now()))
            for claimed in taken[1:]
        ]
        wait_until_somebody_waits()
    assert [other.result() for other in others] == [True] * 3
    endpoint.refresh_from_db()
    assert endpoint.failures == 4


def test_a_replay_while_its_result_is_being_written(organization: Organization) -> None:
    endpoint, _ = make_endpoint(organization, URL)
    [delivery] = announce(organization)
    access = access_of_system(organization)
    claimed = take_one(endpoint)
    with transaction.atomic():
        record(claimed, answered(500), now=timezone.now())
        other = Other(lambda: transactions.run(lambda: replay(access=access, delivery=delivery)))
        wait_until_somebody_waits()
    other.result()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.tries, delivery.attempt_count) == (DeliveryState.PENDING, 0, 1)
    assert delivery.next_attempt_at is not None
    assert delivery.next_attempt_at <= timezone.now()


@pytest.mark.parametrize("first", ["purge", "replay"])
def test_what_is_being_replayed_is_not_purged(organization: Organization, first: str) -> None:
    endpoint, _ = make_endpoint(organization, URL)
    [delivery] = announce(organization)
    record(take_one(endpoint), answered(200), now=timezone.now())
    access = access_of_system(organization)
    now = timezone.now() + timedelta(days=60)

    def send_again() -> Any:
        return transactions.run(lambda: replay(access=access, delivery=delivery))

    if first == "replay":
        with transaction.atomic():
            send_again()
            assert Other(lambda: purge(now)).result() == 0
        assert Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.PENDING).exists()
    else:
        with transaction.atomic():
            assert purge(now) == 1
            other = Other(send_again)
            wait_until_somebody_waits()
        with pytest.raises(NotFound):
            other.result()


def test_the_limit_of_endpoints_holds_for_those_who_come_at_once(organization: Organization) -> None:
    access = access_of_system(organization)
    for number in range(49):
        make_endpoint(organization, f"{URL}/{number}")

    def create() -> Any:
        return create_endpoint(access=access, url=URL, event_types=["inventory.updated"])

    with transaction.atomic():
        create()
        other = Other(lambda: transactions.run(create))
        wait_until_somebody_waits()
    with pytest.raises(Conflict) as caught:
        other.result()
    assert caught.value.code == "ENDPOINT_LIMIT"
    assert WebhookEndpoint.objects.filter(organization=organization).count() == 50


def test_stock_is_posted_while_an_endpoint_is_being_made(organization: Organization) -> None:
    """Making one locks the organization, which everything else points at."""
    sku = factories.make_sku(organization)
    warehouse = organization.warehouses.get()
    access = access_of_system(organization)
    with transaction.atomic():
        create_endpoint(access=access, url=URL, event_types=["inventory.updated"])
        recorded = Other(lambda: factories.stock(sku, warehouse, 5)).result()
    assert recorded.adjustment is not None
    assert connection.in_atomic_block is False
