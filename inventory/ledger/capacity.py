"""How much fits into a bin, for lines that are asked to keep to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from inventory.ledger import rows
from inventory.ledger.lines import Line
from inventory.ledger.planning import refuse
from inventory.ledger.state import BinState, Change
from warehouses.refusals import Conflict, Refusal

__all__ = ["lock_capacities", "overfull"]


def lock_capacities(lines: Sequence[Line]) -> None:
    """Lock the bins that may only be filled so far, before anything else of them is held. No query unless a line
    keeps to a capacity.

    All that the batch is going to hold and that have one, its sources and the default bins too: two batches that each
    hold what the other one is about to lock would wait for each other.
    """
    if not any(line.keeps_capacity for line in lines):
        return
    rows.lock_bins({line.warehouse.pk for line in lines}, {shelf.pk for line in lines for shelf in line.bins})


def overfull(
    lines: Sequence[Line], bins: Mapping[UUID, BinState], changes: Sequence[Change]
) -> list[Refusal]:
    """A refusal `BIN_FULL` for each line that puts more into its bin than it has room for. One query at most."""
    growth: dict[UUID, int] = defaultdict(int)
    for change in changes:
        growth[change.item.bin_id] += change.delta
    capacities: dict[UUID, int] = {}
    for line in lines:
        state = bins.get(line.target.pk) if line.keeps_capacity and line.target is not None else None
        if state is not None and state.capacity is not None and growth[state.id] > 0:
            capacities[state.id] = state.capacity
    if not capacities:
        return []
    contents = rows.contents_of(capacities)
    refused = []
    for line in lines:
        shelf = line.target
        if not line.keeps_capacity or shelf is None or shelf.pk not in capacities:
            continue
        room = max(capacities[shelf.pk] - contents.get(shelf.pk, 0), 0)
        if growth[shelf.pk] > room:
            field = "to_bin" if line.to_bin is not None else "bin"
            detail = f"The bin {shelf.code} has room for {room} more units, not for {growth[shelf.pk]}."
            refused.append(refuse(line, Conflict, "BIN_FULL", detail, field=field, available=room))
    return refused
