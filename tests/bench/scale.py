"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SCALES", "Scale"]

WAREHOUSES = 2


@dataclass(frozen=True, slots=True)
class Scale:
    """Sizes in SKUs (each in two warehouses); how often each thing is done in one half of a pair."""

    small: int
    large: int
    pairs: int
    adjustments: int
    bulks: dict[int, int]  # rows of a request → requests
    pages: int
    hot_stock: int
    deliveries: int


SCALES = {
    "default": Scale(1_000, 50_000, 7, 200, {1: 100, 100: 8, 500: 3}, 15, 400, 400),
    "small": Scale(1_000, 5_000, 5, 100, {1: 50, 100: 4, 500: 2}, 8, 200, 200),
    # Only whether it runs: no figure of this size says anything.
    "tiny": Scale(100, 150, 5, 2, {1: 1, 50: 1}, 1, 4, 8),
}
