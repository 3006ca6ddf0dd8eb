"""The stock items that a request about expired goods names, locked and read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import UUID

from inventory.lots.locking import lock_stock
from inventory.models import StockItem
from inventory.names import Names
from warehouses.access import Access
from warehouses.refusals import Conflict, Problem, Refusal, RuleBroken, gather

__all__ = [
    "WRITE",
    "NamedItem",
    "WantedUnits",
    "find_items",
    "lock_items",
    "of_each",
    "require_free",
    "units_of",
]

WRITE: Final = "inventory.write"
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class WantedUnits:
    """One row of a request: the public id of a stock item, and how many of its units; None: all of them."""

    item: str
    quantity: int | None = None
    index: int = 0


@dataclass(slots=True)
class NamedItem:
    """`item` with its SKU, warehouse, bin with room, and lot."""

    item: StockItem
    quantity: int | None
    index: int

    @property
    def units(self) -> int:
        return self.item.on_hand if self.quantity is None else self.quantity


def find_items(*, access: Access, lines: Sequence[WantedUnits]) -> list[NamedItem]:
    """The items of `lines`, in their order, which the caller may write. One query.

    Raises Forbidden `PERMISSION_DENIED`, NotFound `INVENTORY_NOT_FOUND`, RuleBroken `DUPLICATE_ROW` (an item named
    twice: of "all of it" there is only one), for every bad line.
    """
    names = Names(access, WRITE, items=[line.item for line in lines])
    seen: set[UUID] = set()

    def find(line: WantedUnits) -> NamedItem:
        item = names.item(line.item, line.index)
        if item.pk in seen:
            raise _refuse(
                RuleBroken, "DUPLICATE_ROW", "This stock item is named by another line.", line.index
            )
        seen.add(item.pk)
        return NamedItem(item, line.quantity, line.index)

    return of_each(lines, find)


def lock_items(access: Access, named: Sequence[NamedItem], *, lots: Sequence[UUID] = ()) -> None:
    """Lock the stock levels of the items, and those that have any of `lots`; then read the items anew."""
    lock_stock(access.organization, lots=lots, items=[each.item.pk for each in named])
    fresh = {
        item.pk: item
        for item in StockItem.objects.order_by()
        .filter(pk__in=[each.item.pk for each in named])
        .select_related("sku", "warehouse", "bin__room", "lot")
    }
    for each in named:
        each.item = fresh[each.item.pk]


def of_each(lines: Sequence[WantedUnits] | Sequence[NamedItem], work: Callable[..., Result]) -> list[Result]:
    """What `work` makes of each line; every line that it refuses is reported."""
    done: list[Result] = []
    refused: list[Refusal] = []
    for line in lines:
        try:
            done.append(work(line))
        except Refusal as refusal:
            refused.append(refusal)
    if refused:
        raise gather(refused)
    return done


def units_of(each: NamedItem) -> int:
    """How many units the line is about. Raises Conflict `STOCK_UNAVAILABLE` where there are not so many, or none."""
    there = each.item.on_hand
    if not 0 < each.units <= there:
        where = f"{each.item.sku.code} in bin {each.item.bin.code}"
        detail = f"{where} has {there} units; {each.units or 'some'} are asked for."
        raise _unavailable(each, there, detail)
    return each.units


def require_free(each: NamedItem) -> int:
    """`units_of`, of which none may be on hold."""
    units, free = units_of(each), max(each.item.on_hand - each.item.held, 0)
    if units > free:
        detail = (
            f"{each.item.sku.code} in bin {each.item.bin.code} has {free} units that are not on hold; {units} are asked"
            " for."
        )
        raise _unavailable(each, free, detail)
    return units


def _unavailable(each: NamedItem, most: int, detail: str) -> Conflict:
    return Conflict(
        "STOCK_UNAVAILABLE",
        detail,
        problems=[Problem("STOCK_UNAVAILABLE", detail, each.index, "quantity")],
        extra={"available": most},
    )


def _refuse(category: type[Refusal], code: str, detail: str, index: int) -> Refusal:
    return category(code, detail, problems=[Problem(code, detail, index, "stock_item")])
