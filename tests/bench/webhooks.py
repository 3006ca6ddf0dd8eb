"""Webhooks: what a subscriber costs the one who changes stock, and how fast deliveries go out."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from inventory import outbox
from inventory.models import Delivery, DeliveryState, EventType, WebhookEndpoint
from inventory.outbox import Draft
from inventory.webhooks import courier
from inventory.webhooks.endpoints import create_endpoint
from tests.bench.adjustments import measure_adjusting
from tests.bench.figures import Figure, expect, in_turns
from tests.bench.ground import Ground
from tests.bench.receiver import receiver
from warehouses.access import access_of_system
from warehouses.models import Organization

__all__ = ["measure_webhooks"]

_ENDPOINTS = 4
_DATA = {"sku": "SKU-001", "on_hand": 40, "available": 35, "version": 17, "note": "x" * 400}


def measure_webhooks(ground: Ground) -> Iterator[Figure]:
    organization = Organization.objects.get(name="Bulk Trading")
    with receiver() as port:
        endpoints = [
            _subscribed(organization, f"http://127.0.0.1:{port}/{number}") for number in range(_ENDPOINTS)
        ]
        yield measure_adjusting(ground, "adjust, with one subscriber", idempotent=False)
        _forget(organization)
        yield _measure_deliveries(ground, organization, endpoints, port)
        WebhookEndpoint.objects.filter(organization=organization).update(removed_at=timezone.now())


def _subscribed(organization: Organization, url: str) -> WebhookEndpoint:
    """The first hears of changes of stock; the others only of what this measurement sends."""
    types = [EventType.INVENTORY_UPDATED] if url.endswith("/0") else [EventType.SYNC_COMPLETED]
    with transaction.atomic():
        endpoint, _ = create_endpoint(
            access=access_of_system(organization), url=url, event_types=[kind.value for kind in types]
        )
    return endpoint


def _forget(organization: Organization) -> None:
    """What the adjustments have queued is not what is measured next."""
    Delivery.objects.filter(organization=organization, state=DeliveryState.PENDING).update(
        state=DeliveryState.FAILED, next_attempt_at=None
    )
    WebhookEndpoint.objects.filter(organization=organization).update(
        event_types=[EventType.SYNC_COMPLETED.value]
    )


def _measure_deliveries(
    ground: Ground, organization: Organization, endpoints: list[WebhookEndpoint], port: int
) -> Figure:
    count = ground.scale.deliveries
    body = outbox.body_of(Draft(EventType.SYNC_COMPLETED, None, _DATA), timezone.now()).encode()

    def product(number: int) -> float:
        with transaction.atomic():
            drafts = [Draft(EventType.SYNC_COMPLETED, None, _DATA)] * (count // _ENDPOINTS)
            outbox.announce(organization=organization, drafts=drafts, occurred_at=timezone.now())
        waiting = Delivery.objects.filter(organization=organization, state=DeliveryState.PENDING).count()
        began = time.perf_counter()
        courier.run(seconds=120)
        took = time.perf_counter() - began
        left = Delivery.objects.filter(organization=organization, state=DeliveryState.PENDING).count()
        expect(waiting > 0 and left == 0, f"{left} of {waiting} deliveries are still waiting.")
        return waiting / took

    def by_hand(number: int) -> float:
        began = time.perf_counter()
        with ThreadPoolExecutor(settings.WEBHOOK_THREADS) as pool:
            statuses = list(pool.map(lambda _: _post(port, body), range(count)))
        took = time.perf_counter() - began
        expect(set(statuses) == {200}, "The receiver did not take everything.")
        return count / took

    product(-1)
    by_hand(-1)
    expect(len(endpoints) == _ENDPOINTS, "Somebody is missing.")
    return Figure.of("webhooks delivered", "deliveries/s", in_turns(ground.scale.pairs, product, by_hand))


def _post(port: int, body: bytes) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        connection.request("POST", "/", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()
