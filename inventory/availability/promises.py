"""What a channel may still be promised of a SKU in a location: the question that a reservation asks."""

from __future__ import annotations

from inventory.availability.cells import read_cells
from inventory.models import Channel, Sku
from warehouses.models import Warehouse

__all__ = ["promisable_to"]


def promisable_to(channel: Channel, sku: Sku, warehouse: Warehouse) -> int:
    """Units that may be reserved for the channel there now: its ATP, never more than the ledger lets anybody reserve.

    Locks nothing. For whoever has the stock level locked it holds until the end of the transaction: quantities change
    under that lock only. One query, and one for the channel's organization where that is not at hand.
    """
    place = (sku.pk, warehouse.pk)
    cells = read_cells(organization=channel.organization, places=[place], channel_ids=[channel.pk])
    return cells.promise(place, channel.pk).atp
