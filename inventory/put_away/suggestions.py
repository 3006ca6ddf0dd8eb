"""Which bin goods should be put into, where nobody names one.

A bin that holds the SKU already and has room; else one that open tasks are about to bring it to; else an empty one.
Within each, in the order of the pickers' walk, the location's default bin last. What open tasks bring to a bin counts
as being there. Nothing is locked: whether there is room is decided once more when the goods are put there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final
from uuid import UUID

from django.db.models import Case, Exists, IntegerField, OuterRef, QuerySet, Sum, Value, When

from inventory.models import PutAwayLine, PutAwayState, StockItem
from warehouses.models import Bin, RoomType, Warehouse

__all__ = ["SHELF_ROOMS", "Shelves"]

#: Rooms in which goods have their place. Where they wait for something or leave from is no place to put them away to.
SHELF_ROOMS: Final = (RoomType.STORAGE, RoomType.SALES_FLOOR, RoomType.VAULT, RoomType.SECRET_MENU)
#: Of these, the ones with room for anything: what belongs into a vault is known by what lies there already.
_ROOMS_FOR_ANYTHING: Final = (RoomType.STORAGE, RoomType.SALES_FLOOR)
_ENDLESS: Final = 2**62
_WALK: Final = ("is_default", "pick_sequence", "code", "pk")


class Shelves:
    """The room in the bins of a location, taken up by each suggestion. Four queries, a fifth for empty bins."""

    def __init__(self, warehouse: Warehouse, sku_ids: Collection[UUID]) -> None:
        self.warehouse = warehouse
        self._room: dict[UUID, int] = {}
        self._homes: dict[UUID, list[UUID]] = defaultdict(list)
        self._empty: list[UUID] | None = None
        #: Empty bins that goods are about to come to, and of which SKUs.
        self._expected: dict[UUID, set[UUID]] = defaultdict(set)
        self._coming: dict[UUID, int] = defaultdict(int)
        self._read(set(sku_ids))

    def place(self, sku_id: UUID, quantity: int, *, never: UUID) -> Iterator[tuple[UUID, int]]:
        """(bin, units) for so many units of the SKU, and takes up their room; fewer in all where not all fit.

        `never` is the bin that they come from.
        """
        for bin_id in self._candidates(sku_id):
            if quantity <= 0:
                return
            part = min(quantity, self._room[bin_id])
            if bin_id == never or part <= 0:
                continue
            self.reserve(sku_id, bin_id, part)
            quantity -= part
            yield bin_id, part

    def reserve(self, sku_id: UUID, bin_id: UUID, quantity: int) -> None:
        """Count so many units of the SKU as being in the bin."""
        self._expected[bin_id].add(sku_id)
        if bin_id in self._room:
            self._room[bin_id] -= quantity
        else:
            self._coming[bin_id] += quantity

    def _candidates(self, sku_id: UUID) -> Iterator[UUID]:
        yield from self._homes[sku_id]
        empty = self._empty_bins()
        others: list[UUID] = []
        for bin_id in empty:
            if sku_id in self._expected[bin_id]:
                yield bin_id
            elif not self._expected[bin_id]:
                others.append(bin_id)
        yield from others

    def _read(self, sku_ids: set[UUID]) -> None:
        lines: Iterable[Any] = PutAwayLine.objects.order_by().filter(
            put_away__state=PutAwayState.OPEN, put_away__warehouse=self.warehouse
        )
        for bin_id, sku_id, units in lines.values_list("to_bin", "sku").annotate(Sum("quantity")):  # type: ignore[attr-defined]
            self._expected[bin_id].add(sku_id)
            self._coming[bin_id] += units
        there = StockItem.objects.order_by().filter(warehouse=self.warehouse, on_hand__gt=0)
        held: Iterable[Any] = there.filter(sku__in=sku_ids).values_list("bin", "sku").distinct()
        skus: dict[UUID, list[UUID]] = defaultdict(list)
        for bin_id, sku_id in held:
            skus[bin_id].append(sku_id)
        homes: Iterable[Any] = (
            self._bins(SHELF_ROOMS).filter(pk__in=skus).order_by(*_WALK).values_list("pk", "capacity")
        )
        capacities = dict(homes)
        used: dict[UUID, int] = dict(
            there.filter(bin__in=capacities).values_list("bin").annotate(Sum("on_hand"))
        )
        for bin_id, capacity in capacities.items():
            self._room[bin_id] = _room(capacity, used.get(bin_id, 0) + self._coming[bin_id])
            for sku_id in skus[bin_id]:
                self._homes[sku_id].append(bin_id)

    def _empty_bins(self) -> list[UUID]:
        if self._empty is None:
            filled = StockItem.objects.filter(bin=OuterRef("pk"), on_hand__gt=0)
            order = Case(
                *(
                    When(room__room_type=kind, then=Value(turn))
                    for turn, kind in enumerate(_ROOMS_FOR_ANYTHING)
                ),
                output_field=IntegerField(),
            )
            rows: Iterable[Any] = (
                self._bins(_ROOMS_FOR_ANYTHING)
                .filter(~Exists(filled))
                .order_by("is_default", order, *_WALK[1:])
                .values_list("pk", "capacity")
            )
            self._empty = []
            for bin_id, capacity in rows:
                self._empty.append(bin_id)
                self._room[bin_id] = _room(capacity, self._coming[bin_id])
        return self._empty

    def _bins(self, kinds: Collection[RoomType]) -> QuerySet[Bin]:
        return Bin.objects.filter(
            warehouse=self.warehouse, is_active=True, room__is_sellable=True, room__room_type__in=kinds
        )


def _room(capacity: int | None, taken: int) -> int:
    return _ENDLESS if capacity is None else max(capacity - taken, 0)
