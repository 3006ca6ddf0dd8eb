"""Where what is approved would be taken from now: bin by bin on the pickers' walk, what expires first first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from inventory.ledger.state import ITEM_COLUMNS, ItemState
from inventory.models import StockItem
from stock_requests.models import RequestLine, StockRequest
from warehouses.models import Bin

__all__ = ["Stop", "picking_plan"]


@dataclass(frozen=True, slots=True)
class Stop:
    """So many units of a line from one bin, of one lot or none. `bin_code` is empty for what is in no bin, `bin_label`
    is what a scanner reads there.
    """

    line: RequestLine
    quantity: int
    bin_code: str = ""
    bin_label: str = ""
    room: str = ""
    lot_code: str = ""
    expires_on: Any = None
    pick_sequence: int = 0

    @property
    def is_missing(self) -> bool:
        return not self.bin_code


def picking_plan(request: StockRequest, lines: Sequence[RequestLine]) -> list[Stop]:
    """The stops for what is approved of `lines`, in the order of the walk; what there is too little of comes last.

    It takes what the ledger would take if the goods left now. Two queries, none where nothing is approved.
    """
    wanted = [line for line in lines if line.approved]
    items = _items(request, {line.sku_id for line in wanted})
    shelves = _shelves(state.bin_id for states in items.values() for state, _lot in states)
    today = request.organization.today()
    left: dict[UUID, int] = {state.id: state.free for states in items.values() for state, _lot in states}
    stops: list[Stop] = []
    for line in wanted:
        rest = line.approved or 0
        for state, lot_code in sorted(items[line.sku_id], key=lambda each: each[0].fefo()):
            taken = min(rest, left[state.id]) if state.is_pickable(today) else 0
            if not taken:
                continue
            left[state.id] -= taken
            rest -= taken
            shelf = shelves[state.bin_id]
            stops.append(
                Stop(
                    line,
                    taken,
                    shelf.code,
                    shelf.barcode or shelf.code,
                    shelf.room.name,
                    lot_code or "",
                    state.expires_on,
                    shelf.pick_sequence,
                )
            )
        if rest:
            stops.append(Stop(line, rest))
    return sorted(
        stops, key=lambda stop: (stop.is_missing, stop.pick_sequence, stop.bin_code, stop.line.position)
    )


def _items(request: StockRequest, skus: set[UUID]) -> dict[UUID, list[tuple[ItemState, str | None]]]:
    found: dict[UUID, list[tuple[ItemState, str | None]]] = defaultdict(list)
    if not skus:
        return found
    rows: Any = (
        StockItem.objects.order_by()
        .filter(level__sku__in=skus, level__warehouse=request.from_warehouse_id, on_hand__gt=0)
        .values_list("level__sku_id", "lot__code", *ITEM_COLUMNS)
    )
    if request.to_room_id is not None:
        rows = rows.exclude(bin__room=request.to_room_id)  # what lies there already need not be brought
    for sku_id, lot_code, *values in rows:
        found[sku_id].append((ItemState(*values), lot_code))
    return found


def _shelves(keys: Iterable[UUID]) -> dict[UUID, Bin]:
    wanted = set(keys)
    return Bin.objects.select_related("room").in_bulk(wanted) if wanted else {}
