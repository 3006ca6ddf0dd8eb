"""Where something can still be sold: what may be promised by channel and location, each number with its warmth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from inventory.availability.records import read_sku
from inventory.availability.summary import summarize_by_location
from inventory.models import Category, Channel, Sku
from warehouses.access import Access
from warehouses.models import Warehouse

__all__ = ["STEPS", "Heat", "HeatRow", "heat_of_sku", "heat_of_stock"]

#: Of warmth, from 1 (little) to this (the most there is on the map); 0 is nothing.
STEPS: Final = 5


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A location: the units for each channel, in the order of the map's channels, and how warm each is."""

    warehouse: Warehouse
    cells: tuple[tuple[Channel, int, int], ...]


@dataclass(frozen=True, slots=True)
class Heat:
    channels: Sequence[Channel]
    rows: Sequence[HeatRow]
    #: Over the locations, by channel.
    totals: Sequence[int]


def heat_of_sku(*, access: Access, sku: Sku, channels: Sequence[Channel]) -> Heat:
    """Of one SKU, in the locations where the caller may read: where it is stocked, or a rule is about it."""
    records = read_sku(access=access, sku=sku, channels=channels)
    units = {
        (record.warehouse.pk, share.channel.pk): share.promise.atp
        for record in records
        for share in record.shares
    }
    return _heat([record.warehouse for record in records], channels, units)


def heat_of_stock(
    *, access: Access, channels: Sequence[Channel], category: Category | None = None
) -> Heat | None:
    """Of all SKUs, or those of a category. None where these are too many to be added up for a page. Three queries."""
    found = summarize_by_location(access=access, channels=channels, category=category)
    if found is None:
        return None
    places = access.narrow(Warehouse.objects.order_by("name", "pk"), "inventory.read", warehouse="pk")
    return _heat(
        [place for place in places if any(key[0] == place.pk for key in found)],
        channels,
        {key: total.units for key, total in found.items()},
    )


def _heat(
    places: Sequence[Warehouse], channels: Sequence[Channel], units: Mapping[tuple[UUID, UUID], int]
) -> Heat:
    most = max(units.values(), default=0)

    def cell(place: Warehouse, channel: Channel) -> tuple[Channel, int, int]:
        found = units.get((place.pk, channel.pk), 0)
        # Rounded up: whatever there is shows.
        return channel, found, -(-found * STEPS // most) if most else 0

    return Heat(
        channels,
        [HeatRow(place, tuple(cell(place, channel) for channel in channels)) for place in places],
        [sum(units.get((place.pk, channel.pk), 0) for place in places) for channel in channels],
    )
