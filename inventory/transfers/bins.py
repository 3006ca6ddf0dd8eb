"""The bins of a location, as somebody sees them who is about to take goods from one or to bring them to another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Sum

from inventory.models import Lot, Sku, StockItem
from warehouses.models import Bin, Warehouse
from warehouses.models.base import OrganizationQuerySet

__all__ = ["FROM", "TO", "BinContents", "LotInBin", "bins_to_choose_from", "contents_of"]

FROM: Final = "from"
TO: Final = "to"


@dataclass(frozen=True, slots=True)
class LotInBin:
    """What of the SKU lies in a bin: one stock item. `movable` is what a move that names no lot could take."""

    item: StockItem
    lot: Lot | None
    movable: int


@dataclass(frozen=True, slots=True)
class BinContents:
    """A bin, all that is in it, and what of the SKU that was asked for is in it (empty without one)."""

    bin: Bin
    used: int
    lots: Sequence[LotInBin]

    @property
    def free(self) -> int | None:
        """The units that there is room for; None without a limit."""
        return None if self.bin.capacity is None else max(self.bin.capacity - self.used, 0)


def bins_to_choose_from(
    location: Warehouse, *, direction: str, sku: Sku | None = None
) -> OrganizationQuerySet[Bin]:
    """To take from: the bins that hold something, of the SKU where one is named. To bring to: all that are in use.

    In the order in which pickers walk.
    """
    rows = Bin.objects.filter(warehouse=location)
    if direction == FROM:
        inside = StockItem.objects.filter(bin=OuterRef("pk"), on_hand__gt=0)
        rows = rows.filter(Exists(inside.filter(sku=sku) if sku is not None else inside))
    else:
        rows = rows.filter(is_active=True)
    return rows.order_by("pick_sequence", "code", "pk")


def contents_of(keys: Sequence[UUID], *, sku: Sku | None, today: date) -> list[BinContents]:
    """The bins of `keys` in their order, with what is in them. Two queries, a third where a SKU is named."""
    bins = {shelf.pk: shelf for shelf in Bin.objects.filter(pk__in=keys).select_related("room")}
    there = StockItem.objects.order_by().filter(bin__in=keys, on_hand__gt=0)
    used: dict[UUID, int] = dict(there.values_list("bin").annotate(units=Sum("on_hand")))
    lots: dict[UUID, list[LotInBin]] = defaultdict(list)
    if sku is not None:
        items = there.filter(sku=sku).select_related("lot")
        for item in items.order_by(
            F("lot__expires_on").asc(nulls_last=True), F("lot__received_at").asc(nulls_last=True), "pk"
        ):
            is_pickable = item.lot is None or item.lot.is_pickable(today)
            movable = max(item.on_hand - item.held, 0) if is_pickable else 0
            lots[item.bin_id].append(LotInBin(item, item.lot, movable))
    return [BinContents(bins[key], used.get(key, 0), lots[key]) for key in keys if key in bins]
