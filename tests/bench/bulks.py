"""Many rows in one go: bulk requests over HTTP, a file that is imported, a count that is resolved."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from uuid import UUID

from cycle_counts.counting import Counted, count_lines, start_batch, submit_batch
from cycle_counts.models import CountLine
from cycle_counts.planning import Scope, create_batch
from cycle_counts.review.resolving import resolve_batch
from inventory.import_runs import engine
from inventory.import_runs.runs import start_import
from inventory.import_runs.uploads import upload
from inventory.models import ImportKind, ImportRun, ImportState, Sku
from tests.bench.callers import Shelf
from tests.bench.figures import AtLeast, Figure, expect, in_turns
from tests.bench.ground import Bench, Ground, movements_of
from tests.bench.installation import Installation
from tests.bench.yardsticks import set_many
from warehouses import transactions
from warehouses.access import access_of_user
from warehouses.models import Warehouse

__all__ = ["measure_bulks"]

GROUP: Final = "Bulk"
_PATH: Final = "/api/inventory/bulk"
_TOGETHER: Final = 2  # as many as there are web processes


def measure_bulks(bench: Bench, ground: Ground, product: Installation) -> Iterator[Figure]:
    """In rows a second. Afterwards product and yardstick hold the same."""
    for rows, requests in ground.scale.bulks.items():
        aim = AtLeast(0.4) if rows == max(ground.scale.bulks) else None
        yield _requests(bench, ground, product, rows, requests, aim)
    warehouses = sorted({shelf.warehouse_id for shelf in ground.shelves})
    yield _batches(bench, ground, f"import of {ground.scale.batch:,}", None, _import)
    yield _batches(bench, ground, f"count of {ground.scale.batch:,}", warehouses[0], _count)
    ground.require_books()
    ground.require_equal()


def _requests(
    bench: Bench, ground: Ground, product: Installation, rows: int, requests: int, aim: AtLeast | None
) -> Figure:
    # Sampled before each pair is measured: quantities are absolute, so no two requests of a pair name one shelf.
    batches = [ground.sample(rows * requests) for _ in range(ground.scale.pairs + 1)]
    # What the books say in the end is what the last batch that names a shelf sets: told from the first to the last.
    wanted = _quantities(batches)
    before = movements_of(ground.product)

    def over_http(number: int) -> float:
        parts = _parts(wanted[number], rows)
        sent = [ground.caller.write("POST", _PATH, _body(part)) for part in parts]
        outcome = bench.load.run(product.port, [sent[place::_TOGETHER] for place in range(_TOGETHER)])
        outcome.require(_PATH)
        return rows * requests / outcome.seconds

    def set_based(number: int) -> float:
        parts = _parts(wanted[number], rows)
        shares = [parts[place::_TOGETHER] for place in range(_TOGETHER)]
        with ThreadPoolExecutor(_TOGETHER) as pool:
            began = time.perf_counter()
            list(pool.map(lambda share: _set(ground, share), shares))
            return rows * requests / (time.perf_counter() - began)

    # The first pair is the warm-up.
    pairs = in_turns(ground.scale.pairs + 1, over_http, set_based)[1:]
    posted, asked = movements_of(ground.product) - before, rows * requests * (ground.scale.pairs + 1)
    expect(posted == asked, f"bulk of {rows}: {posted} movements of {asked} rows.")
    return Figure.of(GROUP, f"bulk of {rows}: against set-based SQL", "rows/s", pairs, aim)


def _quantities(batches: Sequence[Sequence[Shelf]]) -> list[list[tuple[Shelf, int]]]:
    """What each batch sets its shelves to, each one less than what there was."""
    later: dict[UUID, int] = {}
    found: list[list[tuple[Shelf, int]]] = []
    for batch in reversed(batches):
        found.append([(shelf, shelf.left + later.get(shelf.level_id, 0)) for shelf in batch])
        for shelf in batch:
            later[shelf.level_id] = later.get(shelf.level_id, 0) + 1
    return found[::-1]


def _parts(wanted: list[tuple[Shelf, int]], rows: int) -> list[list[tuple[Shelf, int]]]:
    return [wanted[start : start + rows] for start in range(0, len(wanted), rows)]


def _set(ground: Ground, parts: Sequence[Sequence[tuple[Shelf, int]]]) -> None:
    with ground.by_hand.plain() as connection:
        for part in parts:
            set_many(connection, part, organization=ground.caller.organization.pk, reason=ground.reason)


def _body(batch: Sequence[tuple[Shelf, int]]) -> bytes:
    updates = [
        {"sku": shelf.code, "warehouse_id": shelf.warehouse, "quantity": quantity, "reason": "cycle_count"}
        for shelf, quantity in batch
    ]
    return json.dumps({"updates": updates}).encode()


def _batches(
    bench: Bench,
    ground: Ground,
    name: str,
    warehouse: UUID | None,
    work: Callable[[Ground, list[Shelf]], None],
) -> Figure:
    """What a worker or a person's last click does, called in this process: the product's own functions."""
    rows = ground.scale.batch
    taken: dict[int, list[Shelf]] = {}
    quantities: dict[int, list[tuple[Shelf, int]]] = {}

    def batch(number: int) -> list[Shelf]:
        if number not in taken:
            taken[number] = ground.sample(rows, warehouse=warehouse)
            quantities[number] = [(shelf, shelf.left) for shelf in taken[number]]
        return taken[number]

    def product(number: int) -> float:
        found = batch(number)
        before = movements_of(ground.product)
        with ground.product.current():
            began = time.perf_counter()
            work(ground, found)
            took = time.perf_counter() - began
        posted = movements_of(ground.product) - before
        expect(posted == rows, f"{name}: {posted} movements of {rows} rows.")
        return rows / took

    def set_based(number: int) -> float:
        batch(number)
        began = time.perf_counter()
        _set(ground, [quantities[number]])
        return rows / (time.perf_counter() - began)

    pairs = in_turns(ground.scale.pairs + 1, product, set_based)[1:]
    return Figure.of(GROUP, f"{name}: against set-based SQL", "rows/s", pairs)


def _import(ground: Ground, found: list[Shelf]) -> None:
    names = dict(Warehouse.objects.values_list("pk", "name"))
    file = io.StringIO()
    lines = csv.writer(file)
    lines.writerow(["sku", "warehouse", "quantity_change", "reason_code", "reference"])
    # A row is imported once in the life of an organization: the reference tells this file's from the one before.
    mark = f"bench-{time.monotonic_ns()}"
    lines.writerows(
        [shelf.code, names[shelf.warehouse_id], -1, "sale", f"{mark}-{number}"]
        for number, shelf in enumerate(found)
    )
    access = access_of_user(ground.caller.user, ground.caller.organization)
    assert access is not None
    run = transactions.run(
        lambda: upload(
            access=access,
            user=ground.caller.user,
            file_name="changes.csv",
            content=file.getvalue().encode(),
            kind=ImportKind.MOVEMENTS.value,
        )
    )
    _work_until(run, ImportState.READY)
    transactions.run(lambda: start_import(access=access, user=ground.caller.user, run=run, is_strict=True))
    _work_until(run, ImportState.IMPORTED)


def _work_until(run: ImportRun, state: ImportState) -> None:
    while engine.work(seconds=600):
        pass
    run.refresh_from_db()
    expect(run.state == state, f"The import is {run.state}, not {state}: {run.error}")


def _count(ground: Ground, found: list[Shelf]) -> None:
    """One unit of each is missing."""
    access = access_of_user(ground.caller.user, ground.caller.organization)
    assert access is not None
    warehouse = Warehouse.objects.get(pk=found[0].warehouse_id)
    scope = Scope(skus=tuple(Sku.objects.filter(pk__in=[shelf.sku_id for shelf in found])))
    batch = transactions.run(lambda: create_batch(access=access, warehouse=warehouse, scope=scope))
    transactions.run(lambda: start_batch(access=access, batch=batch))
    left = {shelf.sku_id: shelf.left for shelf in found}
    lines = CountLine.objects.filter(batch=batch).values_list("pk", "sku_id")
    counts = [Counted(quantity=left[sku_id], line_id=pk) for pk, sku_id in lines]
    transactions.run(lambda: count_lines(access=access, batch=batch, counts=counts))
    transactions.run(lambda: submit_batch(access=access, batch=batch))
    transactions.run(lambda: resolve_batch(access=access, batch=batch, accepts_rest=True))
