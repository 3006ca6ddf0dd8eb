"""One-line adjustments, one after the other."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator

from inventory.models import Movement
from tests.bench.caller import Shelf
from tests.bench.figures import Figure, expect, in_turns
from tests.bench.ground import Ground

__all__ = ["PATH", "body", "measure_adjusting", "measure_adjustments"]

PATH = "/api/v1/inventory/adjust"


def body(shelf: Shelf) -> str:
    return json.dumps({"sku": shelf.code, "adjustment": -1, "warehouseId": shelf.warehouse, "reason": "Sold"})


def measure_adjustments(ground: Ground) -> Iterator[Figure]:
    yield measure_adjusting(ground, "adjust", idempotent=False)
    yield measure_adjusting(ground, "adjust, with Idempotency-Key", idempotent=True)


def measure_adjusting(ground: Ground, name: str, *, idempotent: bool) -> Figure:
    count = ground.scale.adjustments
    picked = [[ground.pick() for _ in range(count)] for _ in range(ground.scale.pairs + 1)]
    before = Movement.objects.count()

    def product(number: int) -> float:
        bodies = [body(shelf) for shelf in picked[number]]
        began = time.perf_counter()
        for sent in bodies:
            if idempotent:
                ground.caller.write("POST", PATH, sent, **{"Idempotency-Key": str(uuid.uuid4())})
            else:
                ground.caller.write("POST", PATH, sent)
        return count / (time.perf_counter() - began)

    def by_hand(number: int) -> float:
        began = time.perf_counter()
        taken = [ground.yardstick.take(shelf) for shelf in picked[number]]
        took = time.perf_counter() - began
        expect(all(taken), "The yardstick found too little stock.")
        return count / took

    product(-1)
    by_hand(-1)
    pairs = in_turns(ground.scale.pairs, product, by_hand)
    posted = Movement.objects.count() - before
    expect(posted == count * (ground.scale.pairs + 1), f"{name}: {posted} movements of what was accepted.")
    return Figure.of(name, "adjustments/s", pairs)
