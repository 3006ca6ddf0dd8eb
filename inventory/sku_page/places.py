"""Where the stock of a SKU is: by warehouse, and in it by room, bin and lot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from django.db.models import Q

from inventory.formulas import StockStatus, status
from inventory.inbound import Inbound, inbound_to
from inventory.models import LotState, Sku, StockItem, StockLevel
from inventory.shares import read_shares
from warehouses.access import Access

__all__ = ["MOST_ITEMS", "Figures", "Place", "Shelf", "read_places"]

#: A SKU may lie in thousands of bins; those beyond are told as a number, with a way to their list.
MOST_ITEMS: Final = 200


@dataclass(frozen=True, slots=True)
class Shelf:
    """A stock item with its bin, room and lot. `reserved` is its share of what is reserved of its level."""

    item: StockItem
    reserved: int
    is_past: bool

    @property
    def available(self) -> int:
        return self.item.on_hand - self.reserved - self.item.held


@dataclass(frozen=True, slots=True)
class Place:
    """One warehouse. `more` are the items with something in them that are not listed."""

    level: StockLevel
    inbound: Inbound
    shelves: Sequence[Shelf]
    more: int
    may_adjust: bool

    @property
    def status(self) -> StockStatus:
        return StockStatus(self.level.status)


@dataclass(frozen=True, slots=True)
class Figures:
    """The sums over the places that the caller sees; None: the SKU never was in one of them."""

    on_hand: int
    reserved: int
    held: int
    available: int
    inbound: int
    reorder_point: int
    safety_stock: int
    status: StockStatus | None


def read_places(*, access: Access, sku: Sku) -> tuple[Figures, list[Place]]:
    """Where the SKU is, of what the caller may read: warehouses by name, shelves as they are walked. Five queries."""
    levels = list(
        access.narrow(StockLevel.objects.order_by("warehouse__name", "pk"), "inventory.read")
        .filter(sku=sku)
        .select_related("warehouse", "sku")
    )
    inbound = inbound_to(
        organization=access.organization, places=[(sku.pk, level.warehouse_id) for level in levels]
    )
    today = access.organization.today()
    shelves, numbers = _shelves([level.pk for level in levels], today)
    places = [
        Place(
            level=level,
            inbound=inbound.get((sku.pk, level.warehouse_id), Inbound())
            if access.covers("replenishment.read", level.warehouse_id)
            else Inbound(),
            shelves=shelves.get(level.pk, ()),
            more=numbers.get(level.pk, 0),
            may_adjust=access.covers("inventory.adjust", level.warehouse_id)
            and level.warehouse.is_active
            and not level.warehouse.is_readonly,
        )
        for level in levels
    ]
    return _figures(places), places


def _shelves(keys: Sequence[UUID], today: date) -> tuple[dict[UUID, list[Shelf]], dict[UUID, int]]:
    rows = (
        StockItem.objects.filter(Q(on_hand__gt=0) | Q(held__gt=0), level__in=keys)
        .select_related("bin__room", "lot", "sku")
        .order_by("bin__pick_sequence", "bin__code", "pk")
    )
    shares = read_shares(keys, today=today)
    found: dict[UUID, list[Shelf]] = defaultdict(list)
    more: dict[UUID, int] = defaultdict(int)
    listed = list(rows[: MOST_ITEMS + 1])
    for item in listed[:MOST_ITEMS]:
        found[item.level_id].append(Shelf(item, shares.get(item.pk, 0), _is_past(item, today)))
    if len(listed) > MOST_ITEMS:
        for key in keys:
            more[key] = rows.filter(level=key).count() - len(found[key])
    return found, more


def _is_past(item: StockItem, today: date) -> bool:
    """Whether it is of a lot whose time is over."""
    lot = item.lot
    return lot is not None and (
        lot.state == LotState.EXPIRED or (lot.expires_on is not None and lot.expires_on < today)
    )


def _figures(places: Sequence[Place]) -> Figures:
    sums = {
        name: sum(getattr(place.level, name) for place in places)
        for name in ("on_hand", "reserved", "held", "available", "reorder_point", "safety_stock")
    }
    return Figures(
        **sums,
        inbound=sum(place.inbound.total for place in places),
        status=status(
            available=sums["available"],
            safety_stock=sums["safety_stock"],
            reorder_point=sums["reorder_point"],
        )
        if places
        else None,
    )
