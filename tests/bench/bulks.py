"""Many rows in one request, all or nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from inventory.models import Movement
from tests.bench.caller import Shelf
from tests.bench.figures import Figure, expect, in_turns
from tests.bench.ground import Ground

__all__ = ["measure_bulks"]

_PATH = "/api/inventory/bulk"


def measure_bulks(ground: Ground) -> Iterator[Figure]:
    for rows, requests in ground.scale.bulks.items():
        yield _measure(ground, rows, requests)


def _measure(ground: Ground, rows: int, requests: int) -> Figure:
    batches = [[_batch(ground, rows) for _ in range(requests)] for _ in range(ground.scale.pairs + 1)]
    before = Movement.objects.count()

    def product(number: int) -> float:
        bodies = [_body(batch) for batch in batches[number]]
        began = time.perf_counter()
        for sent in bodies:
            ground.caller.write("POST", _PATH, sent)
        return rows * requests / (time.perf_counter() - began)

    def by_hand(number: int) -> float:
        began = time.perf_counter()
        for batch in batches[number]:
            ground.yardstick.set_many(batch)
        return rows * requests / (time.perf_counter() - began)

    # The first pair is the warm-up: quantities are absolute, so the batches have to come in their order.
    pairs = in_turns(ground.scale.pairs + 1, product, by_hand)[1:]
    posted = Movement.objects.count() - before
    wanted = rows * requests * (ground.scale.pairs + 1)
    expect(posted == wanted, f"bulk {rows}: {posted} movements of {wanted} rows.")
    return Figure.of(f"bulk of {rows}", "rows/s", pairs)


def _batch(ground: Ground, rows: int) -> list[tuple[Shelf, int]]:
    """Different shelves, each with one unit less than it has: every row changes something."""
    ample = [shelf for shelf in ground.shelves if shelf.left > 1]
    expect(len(ample) >= rows, f"There are too few stock levels for a batch of {rows}.")
    batch = ground.dice.sample(ample, rows)
    for shelf in batch:
        shelf.left -= 1
    return [(shelf, shelf.left) for shelf in batch]


def _body(batch: list[tuple[Shelf, int]]) -> str:
    updates = [
        {
            "sku": shelf.code,
            "warehouse_id": shelf.warehouse,
            "quantity": quantity,
            "reason": "cycle_count",
        }
        for shelf, quantity in batch
    ]
    return json.dumps({"updates": updates})
