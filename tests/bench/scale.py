"""How much is measured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["CLIENTS", "MOVEMENTS_PER_SKU", "SCALES", "USUAL", "WAREHOUSES", "Scale"]

WAREHOUSES = 4
MOVEMENTS_PER_SKU = 10
#: That call at the same time, each over a connection that it keeps.
CLIENTS = 8
USUAL = "full"


@dataclass(frozen=True, slots=True)
class Scale:
    """Sizes in SKUs, each in four warehouses and with ten movements; how often each thing is done in half a pair.

    Lists are read at the sizes `few` and `many`, what is computed at once grows over `grows`, and everything is
    written at the size `written`.
    """

    few: int
    many: int
    written: int
    grows: tuple[int, ...]
    pairs: int
    adjustments: int  # by all clients together
    transactions: int  # of pgbench, likewise
    bulks: dict[int, int]  # rows of a request → requests
    batch: int  # rows of an import, and of a count
    pages: int
    hot_stock: int
    events: int
    hanging: float  # seconds, in which an endpoint answers nothing
    computed: int  # how often the largest size is computed; the smaller ones `pairs` times

    def sizes(self, parts: Iterable[str]) -> list[int]:
        """Of the databases that these parts of the run are about, the smallest first."""
        about = {"writing": {self.written}, "lists": {self.few, self.many}, "computing": set(self.grows)}
        return sorted(set().union(*(about[part] for part in parts)))


_FULL = Scale(
    few=1_000,
    many=1_000_000,
    written=100_000,
    grows=(10_000, 100_000, 1_000_000),
    pairs=5,
    adjustments=1_600,
    transactions=8_000,
    bulks={1: 200, 500: 16},
    batch=5_000,
    pages=20,
    hot_stock=1_000,
    events=500,
    hanging=24,
    computed=2,
)
SCALES = {
    "full": _FULL,
    "default": _FULL,
    "small": Scale(
        few=500,
        many=10_000,
        written=10_000,
        grows=(500, 10_000),
        pairs=5,
        adjustments=160,
        transactions=800,
        bulks={1: 16, 500: 2},
        batch=1_000,
        pages=3,
        hot_stock=80,
        events=60,
        hanging=3,
        computed=5,
    ),
    # Only whether it runs: no figure of this size says anything.
    "tiny": Scale(
        few=250,
        many=500,
        written=500,
        grows=(250, 500),
        pairs=1,
        adjustments=16,
        transactions=16,
        bulks={1: 2, 50: 2},
        batch=50,
        pages=1,
        hot_stock=16,
        events=8,
        hanging=0.6,
        computed=1,
    ),
}
