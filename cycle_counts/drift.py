"""How far stock has moved since it was counted: what the book said then, and what it says now."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cycle_counts.models import CountLine
from inventory.lots.finding import find_lots
from inventory.models import Sku, StockItem

__all__ = ["Drift", "moved_since"]


@dataclass(frozen=True, slots=True)
class Drift:
    """Units in the books: `then`, at the instant of the count, and `now`."""

    then: int
    now: int

    @property
    def moved(self) -> int:
        return self.now - self.then


def moved_since(lines: Collection[CountLine]) -> dict[UUID, Drift]:
    """The drift of each line that has a count against the book, by the lines' keys. They come with their SKU and are
    of one organization.

    One query whatever their number, a second one where lots are written that nobody knew (and one for the organization
    where it is not at hand then); none without lines.
    """
    booked = [(line, line.sku, line.expected) for line in lines if line.sku is not None]
    mine = [(line, sku, then) for line, sku, then in booked if then is not None]
    if not mine:
        return {}
    written = [(sku.pk, line.lot_code) for line, sku, _ in mine if _names_new_lot(line, sku)]
    made = find_lots(mine[0][1].organization, written) if written else {}
    rows: Iterable[Any] = (
        StockItem.objects.order_by()
        .filter(sku__in={sku.pk for _, sku, _ in mine}, bin__in={line.bin_id for line, _, _ in mine})
        .values_list("sku", "bin", "lot", "on_hand")
    )
    there = {(sku, shelf, lot): units for sku, shelf, lot, units in rows}
    found = {}
    for line, sku, then in mine:
        if _names_new_lot(line, sku):
            lot = made.get((sku.pk, line.lot_code))
            # Nobody has made it: there is nothing of it, whatever there is without a lot.
            found[line.pk] = Drift(then, 0 if lot is None else there.get((sku.pk, line.bin_id, lot.pk), 0))
        else:
            found[line.pk] = Drift(then, there.get((sku.pk, line.bin_id, line.lot_id), 0))
    return found


def _names_new_lot(line: CountLine, sku: Sku) -> bool:
    """Whether the goods are of a lot that nobody had made when they were counted."""
    return line.lot_id is None and bool(line.lot_code) and sku.is_lot_controlled
