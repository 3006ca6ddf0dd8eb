"""The columns that the explorer has, each with its value of a row. Their names are the headers of what is exported."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

from inventory.explorer.rows import Row

__all__ = ["COLUMNS", "Column", "chosen_columns"]


@dataclass(frozen=True, slots=True)
class Column:
    """`value` gives an int, a Decimal, a text, an instant or None. `sort`: the order that it can be put in."""

    name: str
    words: str
    value: Callable[[Row], Any]
    is_number: bool = True
    is_default: bool = False
    sort: str = ""
    about: str = ""


COLUMNS: Final = (
    Column("status", "Status", lambda row: row.status.value, is_number=False, is_default=True, sort="status"),
    Column("on_hand", "On hand", lambda row: row.on_hand, is_default=True, sort="on_hand"),
    Column("reserved", "Reserved", lambda row: row.reserved, is_default=True),
    Column("held", "Held", lambda row: row.held, is_default=True),
    Column("available", "Available", lambda row: row.available, is_default=True, sort="available"),
    Column(
        "atp",
        "ATP",
        lambda row: row.atp,
        is_default=True,
        about="Available to promise: what is sellable, less safety stock and what is promised already",
    ),
    Column("warehouses", "Warehouses", lambda row: row.split, is_number=False),
    Column("category", "Category", lambda row: row.category, is_number=False),
    Column("barcode", "Barcode", lambda row: row.barcode, is_number=False),
    Column("reorder_point", "Reorder point", lambda row: row.reorder_point),
    Column("safety_stock", "Safety stock", lambda row: row.safety_stock),
    Column("incoming", "Incoming", lambda row: row.incoming, about="On order and in transit"),
    Column("unit_cost", "Unit cost", lambda row: row.sku.unit_cost),
    Column("value", "Value", lambda row: row.value, about="On hand, at unit cost"),
    Column("last_movement", "Last movement", lambda row: row.last_movement, is_number=False),
)


def chosen_columns(*wishes: Iterable[str]) -> tuple[Column, ...]:
    """The columns of the first wish that names any, in our order; those that everybody begins with where none does."""
    for wish in wishes:
        names: Collection[str] = set(wish)
        if found := tuple(column for column in COLUMNS if column.name in names):
            return found
    return tuple(column for column in COLUMNS if column.is_default)
