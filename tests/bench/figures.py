"""What is measured: pairs of the product and its yardstick, taken in turns, and what is made of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

__all__ = ["AtLeast", "AtMost", "BenchFault", "Figure", "Pair", "expect", "in_turns"]

Pair = tuple[float, float]  # the product's, the yardstick's


class BenchFault(Exception):
    """The product did something wrong while it was measured: the figures are worth nothing."""


def expect(holds: bool, what: str) -> None:
    """Raise BenchFault unless `holds`; also where assertions are switched off."""
    if not holds:
        raise BenchFault(what)


@dataclass(frozen=True, slots=True)
class AtLeast:
    """An aim for the ratio."""

    ratio: float

    def is_met(self, ratio: float) -> bool:
        return ratio >= self.ratio

    def __str__(self) -> str:
        return f"≥ {self.ratio:g}"


@dataclass(frozen=True, slots=True)
class AtMost:
    """An aim for the ratio."""

    ratio: float

    def is_met(self, ratio: float) -> bool:
        return ratio <= self.ratio

    def __str__(self) -> str:
        return f"≤ {self.ratio:g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """The medians of the pairs. `limit` is the yardstick's; `low` and `high` are the ratios' extremes.

    `group` is the heading under which it is told.
    """

    group: str
    name: str
    unit: str
    value: float
    limit: float
    ratio: float
    low: float
    high: float
    pairs: int
    aim: AtLeast | AtMost | None = None

    @classmethod
    def of(
        cls, group: str, name: str, unit: str, pairs: list[Pair], aim: AtLeast | AtMost | None = None
    ) -> Figure:
        ratios = [value / limit for value, limit in pairs]
        return cls(
            group,
            name,
            unit,
            median(value for value, _ in pairs),
            median(limit for _, limit in pairs),
            median(ratios),
            min(ratios),
            max(ratios),
            len(pairs),
            aim,
        )

    @property
    def is_met(self) -> bool | None:
        """Whether the ratio is what it should be; None where nothing is asked of it."""
        return None if self.aim is None else self.aim.is_met(self.ratio)

    def line(self) -> str:
        """One line of JSON."""
        shown = {
            "name": self.name,
            "value": round(self.value, 3),
            "unit": self.unit,
            "limit": round(self.limit, 3),
            "ratio": round(self.ratio, 4),
        }
        return json.dumps(shown, ensure_ascii=False)


def in_turns(pairs: int, product: Callable[[int], float], yardstick: Callable[[int], float]) -> list[Pair]:
    """Measure both `pairs` times, in turns, each first as often as the other; both get the pair's number."""
    found: list[Pair] = []
    for number in range(pairs):
        if number % 2:
            limit = yardstick(number)
            value = product(number)
        else:
            value = product(number)
            limit = yardstick(number)
        found.append((value, limit))
    return found
