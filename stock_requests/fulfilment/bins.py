"""In which bin of a room goods are put that are brought there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from inventory.models import StockItem
from warehouses.models import Bin, Room
from warehouses.refusals import Problem, RuleBroken

__all__ = ["bins_in"]

_ENDLESS: Final = 2**62


def bins_in(room: Room, wanted: Sequence[tuple[UUID, int]]) -> list[Bin]:
    """A bin in use for each (SKU, units) of `wanted`, in their order. Two queries.

    One that holds the SKU already, else the first on the pickers' walk, with room for all of the units; if none has,
    the first all the same: whoever puts goods there decides once more. Raises RuleBroken `ROOM_HAS_NO_BIN`.
    """
    bins = list(Bin.objects.filter(room=room, is_active=True).order_by("pick_sequence", "code", "pk"))
    if not bins:
        detail = f"{room.name} has no bin in use that goods could be put into."
        raise RuleBroken(
            "ROOM_HAS_NO_BIN", detail, problems=[Problem("ROOM_HAS_NO_BIN", detail, field="to_room")]
        )
    free = {shelf.pk: _ENDLESS if shelf.capacity is None else shelf.capacity for shelf in bins}
    homes: dict[UUID, set[UUID]] = defaultdict(set)
    there = StockItem.objects.order_by().filter(bin__in=bins, on_hand__gt=0)
    for bin_id, sku_id, units in there.values_list("bin_id", "sku_id", "on_hand"):
        free[bin_id] -= units
        homes[sku_id].add(bin_id)
    chosen = []
    for sku_id, units in wanted:
        known = sorted(bins, key=lambda shelf: shelf.pk not in homes[sku_id])
        fits = [shelf for shelf in known if free[shelf.pk] >= units]
        shelf = (fits or known)[0]
        free[shelf.pk] -= units
        homes[sku_id].add(shelf.pk)
        chosen.append(shelf)
    return chosen
