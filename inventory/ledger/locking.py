"""Taking hold of what a batch is about: first everything is locked, in one order, then it is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from inventory import statements
from inventory.ledger import rows
from inventory.ledger.expiry import Expired, due
from inventory.ledger.lines import Line
from inventory.ledger.rows import LevelKey
from inventory.ledger.state import ITEM_COLUMNS, Base, BinState, ItemState, LevelState
from inventory.models import StockItem, StockLevel, StockSummary
from warehouses.identifiers import new_id
from warehouses.models import Organization
from warehouses.refusals import NotFound

__all__ = ["Locked", "lock", "read_bins", "read_items"]


@dataclass(frozen=True, slots=True)
class Locked:
    """The locked levels, and for each SKU the version of its summary. A precondition may look at these.

    `is_watched`: somebody is subscribed to events of the organization. `expired` are the reservations that ran out
    before `now`, which the levels do not count any more.
    """

    levels: Mapping[LevelKey, LevelState]
    summary_versions: Mapping[UUID, int]
    is_watched: bool
    expired: Sequence[Expired]


def lock(organization: Organization, lines: Sequence[Line], *, now: datetime) -> Locked:
    """Lock the levels of the batch, then the summaries, making those that are missing.

    What is missing is made before anything is locked, in the same order: a batch that waits while it holds locks
    could otherwise wait for another one that waits for it.
    """
    wanted = {line.level_key: line for line in lines}
    keys = sorted(wanted)
    found = rows.survey(organization, keys, now)
    if len(found) < len(keys):
        raise NotFound("INVENTORY_NOT_FOUND", "A SKU of this request has just been deleted.")
    codes = {sku_id: code for sku_id, _, code, *_ in found}
    new_levels = [
        _new_level(organization, wanted[sku_id, warehouse_id], code)
        for sku_id, warehouse_id, code, level_id, *_ in found
        if level_id is None
    ]
    statements.insert(StockLevel, _LEVEL_COLUMNS, new_levels, or_ignore=True)
    summarised = {sku_id for sku_id, _, _, _, summary, *_ in found if summary is not None}
    new_summaries = [
        (sku_id, organization.pk, codes[sku_id], 0, 0, 0, 0, 0, 0, timezone.now())
        for sku_id in sorted(codes.keys() - summarised)
    ]
    statements.insert(StockSummary, _SUMMARY_COLUMNS, new_summaries, or_ignore=True)
    ours = {row[0] for row in new_levels}
    is_lot_controlled = {row[0]: row[7] for row in found}
    levels: dict[LevelKey, LevelState] = {}
    for row in rows.lock_levels(keys):
        level = LevelState(*row)
        level.is_lot_controlled = is_lot_controlled[level.sku_id]
        if level.id in ours:
            # Another batch may have been first; only what we made is not in the summary yet.
            level.is_new = True
            level.base = Base()
        levels[level.sku_id, level.warehouse_id] = level
    summaries = rows.lock_summaries(codes)
    expired = due(levels.values(), now) if any(row[6] for row in found) else ()
    return Locked(levels, summaries, is_watched=any(row[5] for row in found), expired=expired)


_LEVEL_COLUMNS = (
    "id organization sku warehouse sort_code on_hand reserved held"
    " safety_stock reorder_point reorder_quantity version updated_at"
).split()
_SUMMARY_COLUMNS = (
    "sku organization sort_code on_hand reserved held safety_stock reorder_point version updated_at"
).split()
# The clock of a level starts with its first movement, which a demonstration seeds in the past.
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


def _new_level(organization: Organization, line: Line, code_key: str) -> tuple[object, ...]:
    sku = line.sku
    thresholds = (sku.safety_stock, sku.reorder_point, sku.reorder_quantity)
    return (new_id(), organization.pk, *line.level_key, code_key, 0, 0, 0, *thresholds, 0, _BEFORE_ALL)


def read_bins(lines: Sequence[Line]) -> dict[UUID, BinState]:
    """The default bins of the batch's warehouses and the bins it names, each with its warehouse's state."""
    found = rows.places(
        {line.warehouse.pk for line in lines}, {shelf.pk for line in lines for shelf in line.bins}
    )
    return {row[0]: BinState(*row) for row in found}


def read_items(levels: Mapping[LevelKey, LevelState], lines: Sequence[Line]) -> None:
    """Read the items that hold stock or are named, after their levels are locked: nobody else changes them now."""
    by_id = {level.id: level for level in levels.values()}
    named_bins = {shelf.pk for line in lines for shelf in line.bins}
    goals = {line.to_lot.pk for line in lines if line.to_lot is not None}
    named_items = {line.stock_item_id for line in lines if line.stock_item_id is not None}
    found = StockItem.objects.order_by().filter(level__in=list(by_id))
    found = found.filter(
        Q(on_hand__gt=0)
        | Q(held__gt=0)
        | Q(bin__is_default=True)
        | Q(bin__in=named_bins)
        | Q(lot__in=goals)
        | Q(pk__in=named_items)
    )
    columns: Iterable[Any] = found.values_list("level_id", *ITEM_COLUMNS)
    for level_id, *values in columns:
        by_id[level_id].items.append(ItemState(*values))
