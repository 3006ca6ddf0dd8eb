"""What of a level's reserved quantity falls on each of its items: read, never stored, so that no copy can drift."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q

from inventory.ledger.state import ITEM_COLUMNS, ItemState
from inventory.models import StockItem

__all__ = ["read_shares", "share_out"]


def share_out(reserved: int, items: Iterable[ItemState], *, today: date) -> dict[UUID, int]:
    """The share of each of a level's items, by its key: together `reserved`, unless the level has no items.

    In the order in which stock is picked (FEFO), from each what is free there: first from what may leave today, then
    from the rest, which is expired, quarantined or to be destroyed. What is reserved beyond that falls on the first
    item, so that an item is shown short only where its level is.
    """
    ordered = sorted(items, key=lambda item: (not item.is_pickable(today), item.fefo()))
    shares: dict[UUID, int] = {}
    left = reserved
    for item in ordered:
        shares[item.id] = min(item.free, left)
        left -= shares[item.id]
    if ordered:
        shares[ordered[0].id] += left
    return shares


def read_shares(level_ids: Collection[UUID], *, today: date) -> dict[UUID, int]:
    """The shares of the items of stock levels, by item; none for those that hold nothing while others do. One query."""
    found: dict[UUID, list[ItemState]] = defaultdict(list)
    reserved: dict[UUID, int] = {}
    # Over the years a level gathers empty items of lots long gone.
    items = StockItem.objects.order_by().filter(Q(on_hand__gt=0) | Q(level__on_hand=0), level__in=level_ids)
    columns: Iterable[Any] = items.values_list("level_id", "level__reserved", *ITEM_COLUMNS)
    for level_id, quantity, *values in columns:
        reserved[level_id] = quantity
        found[level_id].append(ItemState(*values))
    return {
        item_id: share
        for level_id, states in found.items()
        for item_id, share in share_out(reserved[level_id], states, today=today).items()
    }
