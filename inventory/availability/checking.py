"""Can this basket be fulfilled? Lines of a check take from the same stock, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inventory.availability.cells import Place, read_cells
from inventory.availability.formula import promise
from inventory.models import Channel, Sku, StockLevel
from warehouses.access import Access
from warehouses.models import Warehouse

__all__ = ["Answer", "Source", "Wish", "check"]


@dataclass(frozen=True, slots=True)
class Wish:
    sku: Sku
    quantity: int


@dataclass(frozen=True, slots=True)
class Source:
    """A location that could give `available` units when the line's turn came; the line takes `quantity` of them."""

    warehouse: Warehouse
    available: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Answer:
    """`available` is what the lines before have left, over all of the locations."""

    wish: Wish
    available: int
    sources: tuple[Source, ...]

    @property
    def short_by(self) -> int:
        return max(self.wish.quantity - self.available, 0)


def check(
    *,
    access: Access,
    wishes: Sequence[Wish],
    warehouse: Warehouse | None = None,
    channel: Channel | None = None,
) -> list[Answer]:
    """For each wish, in its order, what can be promised of it: to the channel, or to anybody where none is named.

    Looks in the locations where the caller may read, or in the one. Where several have the SKU, the fullest gives
    first. A wish that cannot be fulfilled takes what there is all the same, so that a later one for the same SKU sees
    nothing left. Reserves nothing and locks nothing. Three queries.
    """
    places = _places(access, wishes, warehouse)
    cells = read_cells(
        organization=access.organization,
        places=list(places),
        channel_ids=[channel.pk] if channel is not None else [],
    )
    left = {
        place: (cells.promise(place, channel.pk) if channel is not None else promise(cells.stock[place])).atp
        for place in places
    }
    return [_take(wish, left, places) for wish in wishes]


def _places(access: Access, wishes: Sequence[Wish], warehouse: Warehouse | None) -> dict[Place, Warehouse]:
    levels = access.narrow(StockLevel.objects.order_by(), "inventory.read")
    levels = levels.filter(sku__in={wish.sku.pk for wish in wishes})
    if warehouse is not None:
        levels = levels.filter(warehouse=warehouse)
    pairs = list(levels.values_list("sku_id", "warehouse_id"))
    found = Warehouse.objects.in_bulk({warehouse_id for _, warehouse_id in pairs})
    return {(sku_id, warehouse_id): found[warehouse_id] for sku_id, warehouse_id in pairs}


def _take(wish: Wish, left: dict[Place, int], places: dict[Place, Warehouse]) -> Answer:
    """What `wish` finds and takes; `left` is what the next one finds."""
    givers = [place for place in places if place[0] == wish.sku.pk and left[place] > 0]
    givers.sort(key=lambda place: (-left[place], places[place].name, place))
    available = sum(left[place] for place in givers)
    sources = []
    wanted = wish.quantity
    for place in givers:
        quantity = min(wanted, left[place])
        sources.append(Source(places[place], left[place], quantity))
        left[place] -= quantity
        wanted -= quantity
    return Answer(wish, available, tuple(sources))
