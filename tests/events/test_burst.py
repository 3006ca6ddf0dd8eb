"""Many changes at once, some refused, some sent twice: an event for each change that happened, and for no other."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from inventory.models import Event, EventType, Movement, StockLevel
from inventory.verification import verify
from tests.events.brokers import Broker, Redis
from tests.events.conftest import ON_HAND, Subscribe
from tests.events.installation import Installation, let_time_pass
from tests.events.outbox import all_delivered
from tests.events.receiver import Receiver
from tests.events.waiting import wait_for

SKUS = ("SKU-1", "SKU-2", "SKU-3")
#: How often each kind of request is made: a change, one that takes more than there is, one of nothing, one anew.
WEIGHTS = {"change": 6, "refused": 2, "unknown": 1, "again": 1}


def caller(installation: Installation, number: int, requests: int) -> list[tuple[str, int, int]]:
    """One caller's requests, one after another; returns (SKU, change, what is left) of each that was accepted."""
    chance = random.Random(number)
    accepted: list[tuple[str, int, int]] = []
    last: tuple[str, int, str] | None = None
    with installation.session() as session:

        def adjust(sku: str, by: int, key: str) -> Any:
            body = {"sku": sku, "adjustment": by}
            return session.send("POST", "/api/v1/inventory/adjust", body, Idempotency_Key=key)

        for place in range(requests):
            kind = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
            sku, by, key = chance.choice(SKUS), chance.choice([-2, -1, 1, 2]), f"{number}-{place}"
            if kind == "again" and last is not None:
                answer = adjust(*last)
                assert (answer.status, answer.headers["Idempotent-Replayed"]) == (200, "true")
            elif kind == "refused":
                answer = adjust(sku, -10_000, key)
                assert (answer.status, answer.code) == (422, "NEGATIVE_QUANTITY")
            elif kind == "unknown":
                assert adjust("NOTHING", by, key).status == 404
            else:
                answer = adjust(sku, by, key)
                assert answer.status == 200, answer.body
                accepted.append((sku, by, answer.body["quantity"]))
                last = (sku, by, key)
    return accepted


def test_burst(
    installation: Installation,
    broker: Broker,
    receiver: Receiver,
    subscribe: Subscribe,
    is_postgresql: bool,
) -> None:
    """In the middle of it, the worker is killed and started again."""
    secret = subscribe(EventType.INVENTORY_UPDATED)
    first_versions = dict(StockLevel.objects.values_list("sku__code", "version"))
    movements = Movement.objects.count()
    callers, requests = (8, 25) if is_postgresql else (4, 10)
    if isinstance(broker, Redis):  # without it, there is one web process
        installation.variables["WEB_WORKERS"] = "2"
    worker = installation.start("web", "beat", "worker")

    with ThreadPoolExecutor(callers) as threads:
        running = [threads.submit(caller, installation, number, requests) for number in range(callers)]
        receiver.wait_until(lambda: len(receiver.received) >= callers)
        worker.kill()
        installation.start("worker")
        accepted = [change for future in running for change in future.result(timeout=30)]
    let_time_pass(60)
    wait_for(all_delivered, "everything is delivered")

    # An event for each change, with what its caller was told; none for what was refused or repeated.
    events = {event.public_id: event.body for event in Event.objects.all()}
    assert len(events) == len(accepted) == Movement.objects.count() - movements
    received = {request.id: request for request in receiver.received}
    assert received.keys() == events.keys()
    for request in receiver.received:
        request.verify(secret)
        assert request.body.decode() == events[request.id]
    told = Counter(
        (each.data["sku"], each.data["change"], each.data["on_hand"]) for each in received.values()
    )
    assert told == Counter(accepted)

    # The versions of each level are without a gap; whoever keeps the highest knows what the database does.
    chains: defaultdict[str, dict[int, Any]] = defaultdict(dict)
    for each in received.values():
        assert each.data["version"] not in chains[each.data["sku"]]
        chains[each.data["sku"]][each.data["version"]] = each.data
    for sku, chain in chains.items():
        first, last = first_versions[sku], max(chain)
        assert sorted(chain) == list(range(first + 1, last + 1))
        for version, data in chain.items():
            before = ON_HAND if version == first + 1 else chain[version - 1]["on_hand"]
            assert data["previous"]["on_hand"] == before
            assert data["on_hand"] == before + data["change"]
        level = StockLevel.objects.get(sku__code=sku)
        assert (level.version, level.on_hand) == (last, chain[last]["on_hand"])
    assert list(verify()) == []
