"""Everybody takes from one shelf at once until it is empty."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

from inventory.models import StockItem, StockLevel
from tests.bench.adjustments import PATH, body
from tests.bench.caller import Shelf
from tests.bench.figures import Figure, expect, in_turns
from tests.bench.ground import Ground
from tests.bench.yardsticks import Yardstick
from warehouses.http.throttling import forget_counts

__all__ = ["measure_hot_sku"]

_PROCESSES = 4
_PATIENCE = 60  # seconds


def measure_hot_sku(ground: Ground) -> Iterator[Figure]:
    """Units a second. Accepted is the stock that was there, whoever asked, and nothing is left."""
    shelf, stock = ground.shelves[0], ground.scale.hot_stock

    def product(number: int) -> float:
        wanted = json.dumps({"quantity": stock, "warehouseId": shelf.warehouse, "reason": "Refilled"})
        ground.caller.write("PUT", f"/api/v1/inventory/{shelf.code}", wanted)
        accepted, seconds = _race(ground, lambda start: _buy(ground, shelf, start))
        expect(accepted == stock, f"{accepted} of {stock} units were sold.")
        levels = StockLevel.objects.filter(pk=shelf.level_id).values_list("on_hand", flat=True)
        items = StockItem.objects.filter(level=shelf.level_id).values_list("on_hand", flat=True)
        expect((sum(levels), sum(items)) == (0, 0), "Something is left of what was sold out.")
        return accepted / seconds

    def by_hand(number: int) -> float:
        ground.yardstick.fill(shelf, stock)
        accepted, seconds = _race(ground, lambda start: _take(ground, shelf, start))
        expect(accepted == stock, f"The yardstick took {accepted} of {stock} units.")
        return accepted / seconds

    yield Figure.of("hot SKU", "units/s", in_turns(ground.scale.pairs, product, by_hand))
    shelf.left = 0


def _buy(ground: Ground, shelf: Shelf, start: Barrier) -> int:
    with ground.large.current():
        ground.caller.get(f"/api/v1/inventory/{shelf.code}")  # opens the connection
        sent = body(shelf)
        start.wait()
        accepted = 0
        while True:
            response = ground.caller.send("POST", PATH, sent)
            if response.status_code == 200:
                accepted += 1
            elif response.status_code == 422:
                return accepted
            else:
                # 409 CONTENTION asks to try again; with so few callers it must not come to that.
                expect(False, f"A decrement answered {response.status_code}: {response.content!r}")


def _take(ground: Ground, shelf: Shelf, start: Barrier) -> int:
    yardstick = Yardstick(ground.by_hand.plain(), ground.yardstick.organization, ground.yardstick.reason)
    start.wait()
    accepted = 0
    while yardstick.take(shelf):
        accepted += 1
    yardstick.plain.close()
    return accepted


def _race(ground: Ground, work: Callable[[Barrier], int]) -> tuple[int, float]:
    """`work` in several processes, all from one signal: the sum of what they return, and the seconds it took."""
    # A child must not talk through its parent's sockets.
    for database in (ground.small, ground.large, ground.by_hand):
        database.close()
    forget_counts()
    context = multiprocessing.get_context("fork")
    start = context.Barrier(_PROCESSES + 1, timeout=_PATIENCE)
    pipes, processes = [], []
    for _ in range(_PROCESSES):
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_run, args=(work, start, sender), daemon=True)
        process.start()
        sender.close()
        pipes.append(receiver)
        processes.append(process)
    start.wait()
    began = time.perf_counter()
    accepted = 0
    for receiver in pipes:
        expect(receiver.poll(_PATIENCE), "A caller does not come back.")
        outcome = receiver.recv()
        expect(isinstance(outcome, int), str(outcome))
        accepted += outcome
    took = time.perf_counter() - began
    for process in processes:
        process.join(_PATIENCE)
    return accepted, took


def _run(work: Callable[[Barrier], int], start: Barrier, sender: Connection) -> None:
    try:
        sender.send(work(start))
    except Exception as error:
        start.abort()
        sender.send(f"{type(error).__name__}: {error}")
        raise
