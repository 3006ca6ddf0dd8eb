"""Availability as it is read: of a page of stock levels, or of one SKU wherever it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from inventory.availability.cells import Cells, Place, read_cells
from inventory.availability.formula import Offer, Promise, Stock, promise
from inventory.models import Channel, ChannelRule, Sku, StockLevel, sku_key
from warehouses.access import Access
from warehouses.models import Warehouse

__all__ = [
    "Availability",
    "Share",
    "read_availability",
    "read_sku",
    "search_levels",
    "totals",
    "visible_levels",
]


@dataclass(frozen=True, slots=True)
class Share:
    """What one channel may be promised. `has_rule` False: it shares for want of a rule."""

    channel: Channel
    offer: Offer
    promise: Promise
    has_rule: bool


@dataclass(frozen=True, slots=True)
class Availability:
    """One SKU in one location: its terms, what can be promised at all, and to each channel."""

    sku: Sku
    warehouse: Warehouse
    stock: Stock
    shares: tuple[Share, ...]

    @property
    def promise(self) -> Promise:
        return promise(self.stock)


def visible_levels(*, access: Access, warehouse: Warehouse | None = None) -> QuerySet[StockLevel]:
    """What the caller may read, by SKU code: walked in an index, in the location or in all of them."""
    levels = access.narrow(StockLevel.objects.order_by("sort_code", "warehouse_id"), "inventory.read")
    return levels if warehouse is None else levels.filter(warehouse=warehouse)


def search_levels(levels: QuerySet[StockLevel], text: str) -> QuerySet[StockLevel]:
    """Those whose SKU code begins with `text`, or whose title or product's name has each of its words.

    No index knows words within names: each name of the levels is looked at.
    """
    in_title, in_name = Q(), Q()
    for word in text.split():
        in_title &= Q(sku__title__icontains=word)
        in_name &= Q(sku__product__name__icontains=word)
    return levels.filter(Q(sort_code__startswith=sku_key(text)) | in_title | in_name)


def read_availability(
    *, access: Access, keys: Sequence[UUID], channels: Sequence[Channel]
) -> list[Availability]:
    """The availability of stock levels, in the order of their `keys`. Two queries."""
    levels = {
        level.pk: level
        for level in StockLevel.objects.order_by()
        .filter(organization=access.organization, pk__in=keys)
        .select_related("sku", "warehouse")
    }
    found = [levels[key] for key in keys if key in levels]
    return _read(access, [(level.sku, level.warehouse) for level in found], channels)


def read_sku(*, access: Access, sku: Sku, channels: Sequence[Channel]) -> list[Availability]:
    """The SKU in each location that the caller may read, by name: where it is stocked or a rule is about it.

    Three queries, two where there is none.
    """
    seen = access.narrow(Warehouse.objects.order_by("name", "pk"), "inventory.read", warehouse="pk")
    stocked = StockLevel.objects.filter(sku=sku).values("warehouse")
    ruled = ChannelRule.objects.filter(sku=sku).order_by().values("warehouse")
    places = seen.filter(Q(pk__in=stocked) | Q(pk__in=ruled))
    return _read(access, [(sku, warehouse) for warehouse in places], channels)


def totals(records: Sequence[Availability], channels: Iterable[Channel]) -> dict[UUID, int]:
    """The ATP of each channel over the records: clamped in each location, then added up."""
    sums = {channel.pk: 0 for channel in channels}
    for record in records:
        for share in record.shares:
            sums[share.channel.pk] += share.promise.atp
    return sums


def _read(
    access: Access, pairs: Sequence[tuple[Sku, Warehouse]], channels: Sequence[Channel]
) -> list[Availability]:
    places: list[Place] = [(sku.pk, warehouse.pk) for sku, warehouse in pairs]
    cells = read_cells(
        organization=access.organization,
        places=places,
        channel_ids=[channel.pk for channel in channels],
    )
    return [
        Availability(sku, warehouse, cells.stock[place], _shares(cells, place, channels))
        for (sku, warehouse), place in zip(pairs, places, strict=True)
    ]


def _shares(cells: Cells, place: Place, channels: Sequence[Channel]) -> tuple[Share, ...]:
    # A channel that was deleted a moment ago has no offer any more.
    offers = cells.offers[place]
    return tuple(
        Share(
            channel,
            offers[channel.pk],
            promise(cells.stock[place], offers[channel.pk]),
            (place, channel.pk) in cells.ruled,
        )
        for channel in channels
        if channel.pk in offers
    )
