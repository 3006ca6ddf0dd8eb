"""Webhooks: from the commit to a receiver on this machine, through the product's own worker."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils import timezone

from inventory.models import Delivery, DeliveryState, EventType, WebhookEndpoint
from inventory.webhooks.endpoints import create_endpoint
from tests.bench.adjustments import PATH, body
from tests.bench.callers import Shelf
from tests.bench.figures import Figure, Pair, expect, in_turns
from tests.bench.ground import Bench, Ground
from tests.bench.installation import Installation, started
from tests.bench.load import request
from tests.bench.receiver import Arrival, Receiver, receiver
from warehouses.access import access_of_system

__all__ = ["measure_webhooks"]

GROUP: Final = "Webhooks"
_BULK: Final = "/api/inventory/bulk"
_LARGEST_BULK: Final = 500
_PATIENCE: Final = 90.0
_A_SECOND: Final = 5  # events, while another endpoint hangs


def measure_webhooks(
    bench: Bench, ground: Ground, product: Installation, environment: Mapping[str, str]
) -> Iterator[Figure]:
    with contextlib.ExitStack() as stack:
        receiving = stack.enter_context(receiver())
        for name in ("worker", "beat"):
            command = [sys.executable, "-m", "config.processes", name]
            stack.enter_context(started(command, environment, name=name))
        with _subscribed(ground, receiving, "/ok"):
            yield _throughput(bench, ground, product, receiving)
            yield _delay(bench, ground, product, receiving)


@contextlib.contextmanager
def _subscribed(ground: Ground, receiving: Receiver, path: str) -> Iterator[None]:
    """An endpoint hears of every change of stock; afterwards of nothing, and what waits for it is given up."""
    with ground.product.current(), transaction.atomic():
        endpoint, _ = create_endpoint(
            access=access_of_system(ground.caller.organization),
            url=f"http://127.0.0.1:{receiving.port}{path}",
            event_types=[EventType.INVENTORY_UPDATED.value],
        )
    yield
    with ground.product.current():
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(removed_at=timezone.now())
        Delivery.objects.filter(endpoint=endpoint, state=DeliveryState.PENDING).update(
            state=DeliveryState.FAILED, next_attempt_at=None
        )


def _throughput(bench: Bench, ground: Ground, product: Installation, receiving: Receiver) -> Figure:
    """Events a second, from the answer of the request that committed all of them until the last one is there."""
    count = min(ground.scale.events, _LARGEST_BULK)
    bare = json.dumps({"type": "bare", "timestamp": "", "data": {"note": "x" * 400}}).encode()

    def delivered(number: int) -> float:
        before = len(_names(receiving))
        began = _change(bench, ground, product, ground.sample(count))
        _wait_for(receiving, before + count)
        return count / max(_came(receiving)[-1] - began, 1e-3)

    def posted(number: int) -> float:
        each = [request("POST", "/bare", body=bare)] * count
        outcome = bench.load.run(receiving.port, [each[place::8] for place in range(8)])
        outcome.require("The receiver")
        return count / outcome.seconds

    pairs = in_turns(ground.scale.pairs + 1, delivered, posted)[1:]
    return Figure.of(GROUP, "webhooks: against bare requests", "events/s", pairs)


def _delay(bench: Bench, ground: Ground, product: Installation, receiving: Receiver) -> Figure:
    """The longest that an event took to a healthy endpoint, while another one answers nothing; and without that one."""

    def longest(seconds: float) -> float:
        before, seen = len(_names(receiving)), len(receiving.arrivals("/ok"))
        count = max(int(_A_SECOND * seconds), 1)
        for shelf in ground.pick(count):
            began = time.monotonic()
            sent = ground.caller.write("POST", PATH, body(shelf))
            bench.load.run(product.port, [[sent]]).require(PATH)
            time.sleep(max(0.0, 1 / _A_SECOND - (time.monotonic() - began)))
        _wait_for(receiving, before + count)
        return max(_delays(receiving.arrivals("/ok")[seen:]))

    pairs: list[Pair] = []
    for _ in range(ground.scale.pairs):
        alone = longest(ground.scale.hanging / 3)
        receiving.hold()
        with _subscribed(ground, receiving, "/hang"):
            beside = longest(ground.scale.hanging)
        receiving.release()
        time.sleep(1)
        pairs.append((beside, alone))
    return Figure.of(GROUP, "webhooks: worst delay while another endpoint hangs", "s", pairs)


def _delays(arrivals: list[Arrival]) -> list[float]:
    return [came - datetime.fromisoformat(told).timestamp() for _, told, came in arrivals]


def _came(receiving: Receiver) -> list[float]:
    return sorted(came for _, _, came in receiving.arrivals("/ok"))


def _change(bench: Bench, ground: Ground, product: Installation, shelves: list[Shelf]) -> float:
    """One request for all of them; when it was answered, by the machine's clock."""
    updates = [
        {"sku": shelf.code, "warehouse_id": shelf.warehouse, "quantity": shelf.left, "reason": "cycle_count"}
        for shelf in shelves
    ]
    sent = ground.caller.write("POST", _BULK, json.dumps({"updates": updates}).encode())
    bench.load.run(product.port, [[sent]]).require(_BULK)
    return time.time()


def _wait_for(receiving: Receiver, count: int) -> None:
    """Every event arrives, and none that nothing was changed for."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        names = _names(receiving)
        if len(names) >= count:
            break
        expect(time.monotonic() < deadline, f"{len(names)} of {count} events have arrived.")
        time.sleep(0.1)
    expect(len(names) == count, f"{len(names)} events of {count} changes have arrived.")


def _names(receiving: Receiver) -> set[str]:
    """Of the events that have arrived: one that is sent twice counts once."""
    return {name for name, _, _ in receiving.arrivals("/ok")}
