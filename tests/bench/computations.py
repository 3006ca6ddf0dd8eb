"""What is computed over everything at once: time and memory, and how they grow with the number of SKUs."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.bench.callers import Caller
from tests.bench.computation import BY_ROW, NAMES
from tests.bench.databases import Database
from tests.bench.figures import AtMost, Figure, Pair, expect

__all__ = ["Computed", "Size", "compute", "measure_computations"]

GROUP: Final = "Computed over everything"
ROOT: Final = Path(__file__).resolve().parents[2]
_LONGEST: Final = 1200


@dataclass(frozen=True)
class Size:
    skus: int
    database: Database
    caller: Caller


@dataclass(frozen=True)
class Computed:
    seconds: float
    megabytes: float
    result: Any


def measure_computations(
    sizes: list[Size], pairs: int, largest_pairs: int, say: Callable[[str], None]
) -> Iterator[Figure]:
    """Of each size against the size before it: seconds against as many times more as there are SKUs, memory as it was.

    A ratio of 1 is growth by the number of SKUs, and for memory none.
    """
    for name in NAMES:
        # Of the sizes below the largest there is one pair at least.
        smaller = sizes[:-1] if len(sizes) > 2 else sizes
        for before, size in itertools.pairwise(smaller if name in BY_ROW else sizes):
            times = size.skus / before.skus
            seconds: list[Pair] = []
            memory: list[Pair] = []
            repeats = largest_pairs if size is sizes[-1] else pairs
            for number in range(repeats):
                taken = {}
                for one in (before, size) if number % 2 else (size, before):
                    taken[one.skus] = compute(name, one.database)
                    _require(name, one, taken[one.skus])
                    say(f"  {name}, {one.skus:,} SKUs: {taken[one.skus].seconds:.1f} s")
                large, small = taken[size.skus], taken[before.skus]
                seconds.append((large.seconds, times * small.seconds))
                memory.append((large.megabytes, small.megabytes))
            told = f"{name}, {size.skus:,} SKUs"
            yield Figure.of(GROUP, told, "s", seconds, AtMost(1.2))
            yield Figure.of(GROUP, f"{told}: memory", "MiB", memory, AtMost(1.2))


def compute(name: str, database: Database) -> Computed:
    database.close()
    finished = subprocess.run(
        [sys.executable, "-m", "tests.bench.computation", name],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": database.url, "DATABASE_STATEMENT_TIMEOUT": "1h"},
        text=True,
        capture_output=True,
        timeout=_LONGEST,
        check=False,
    )
    expect(finished.returncode == 0, f"{name} failed: {finished.stderr[-1500:]}")
    said = json.loads(finished.stdout.splitlines()[-1])
    return Computed(said["seconds"], said["megabytes"], said["result"])


def _require(name: str, size: Size, computed: Computed) -> None:
    """What came out is what the rows say, asked in another way."""
    if name not in _ASKED:
        return
    with size.database.plain() as connection:
        row = connection.execute(_ASKED[name], {"organization": size.caller.organization.pk}).fetchone()
    least, most = map(int, row) if row else (-1, -1)
    found = computed.result.values() if isinstance(computed.result, dict) else [computed.result]
    expect(
        all(least <= result <= most for result in found),
        f"{name}: {sorted(set(found))} of {size.skus:,} SKUs, not from {least} to {most}.",
    )


#: The least and the most that it may be.
_ASKED: Final = {
    "ABC refresh": "SELECT COUNT(*), COUNT(*) FROM inventory_sku WHERE organization_id = %(organization)s",
    # Nothing is on its way; where no reorder point is set, demand decides.
    "replenishment suggestions": "SELECT COUNT(*) FILTER (WHERE on_hand < reorder_point),"
    " COUNT(*) FILTER (WHERE on_hand < reorder_point OR reorder_point = 0) FROM inventory_stocklevel"
    " WHERE warehouse_id = (SELECT id FROM warehouses_warehouse"
    " WHERE organization_id = %(organization)s ORDER BY name LIMIT 1)",
    # Nothing is reserved, held, expired or excluded: each channel has the same, after its buffer.
    "ATP of all channels": "SELECT SUM(promised), SUM(promised) FROM (SELECT GREATEST(on_hand - safety_stock - 2, 0)"
    " AS promised FROM inventory_stocklevel WHERE organization_id = %(organization)s) levels",
    # Every row of the books is in a checkpoint, or not covered yet.
    "verify_ledger": "SELECT SUM(rows), SUM(rows) FROM (SELECT COUNT(*) AS rows FROM inventory_movement UNION ALL"
    " SELECT COUNT(*) FROM inventory_adjustment UNION ALL SELECT COUNT(*) FROM inventory_statechange) books",
}
