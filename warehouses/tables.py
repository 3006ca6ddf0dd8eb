"""A table on its way out of the product: its columns, and rows that are read one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

__all__ = ["Cell", "Table"]

#: What stands in a cell, not how it is shown: a number is a number, an instant has its zone, None is an empty cell.
Cell = str | int | Decimal | bool | date | datetime | None


@dataclass(frozen=True, slots=True)
class Table:
    """`columns` are the names of the HTTP contracts (`on_hand`). `rows` are read once, from the first to the last, and
    never held all at once. `count(limit)` says how many there are, at most `limit`; all of them for None.
    """

    title: str
    columns: tuple[str, ...]
    rows: Iterable[Sequence[Cell]]
    count: Callable[[int | None], int]
