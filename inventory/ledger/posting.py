"""Posting a batch: lock, then read, then check, then write, with the same number of statements whatever its size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone

from inventory import statements
from inventory.ledger.events import Telling
from inventory.ledger.faults import check_organization, faults_of
from inventory.ledger.lines import DocumentRef, Line
from inventory.ledger.locking import Locked, lock, read_bins, read_items
from inventory.ledger.planning import plan_level
from inventory.ledger.rows import LevelKey
from inventory.ledger.state import BinState, Change, ItemState, LevelState
from inventory.models import Movement, StockItem, StockLevel, StockSummary
from inventory.outbox import announce, subscriptions_of
from warehouses.actors import Actor
from warehouses.identifiers import new_id
from warehouses.models import Organization
from warehouses.refusals import Refusal, gather

__all__ = ["Locked", "Posting", "post"]


@dataclass(frozen=True, slots=True)
class Posting:
    """What was done. `changes` are the movements in the order written, `levels` the new state of every level."""

    changes: Sequence[Change]
    levels: Mapping[LevelKey, LevelState]
    recorded_at: datetime


def post(
    *,
    organization: Organization,
    actor: Actor,
    lines: Sequence[Line],
    document: DocumentRef,
    precondition: Callable[[Locked], None] | None = None,
    refused: Sequence[Refusal] = (),
    by_sync: bool = False,
    recorded_at: datetime | None = None,
) -> Posting:
    """Change stock by a batch of lines, all or nothing.

    Call it inside a transaction (`warehouses.transactions.run`), once. Locks the stock levels of the batch in the
    order of (SKU, warehouse), then the summaries in the order of SKU; creates levels that are missing; writes the
    events that somebody is subscribed to. Lines that
    touch the same item are added up; two absolute lines about the same stock are refused (`DUPLICATE_ROW`).

    `precondition` is called once all is locked and may refuse (If-Match). `refused` are rows that the caller has
    already found bad: they are reported together with the ledger's own. `by_sync` lets a sync write read-only
    warehouses. `recorded_at` is the clock, for tests and seeded demonstrations; it never runs backwards in a level.

    Raises Refusal (several bad lines: one refusal with every problem): `READONLY_WAREHOUSE`, `WAREHOUSE_INACTIVE`,
    `BIN_NOT_FOUND`, `BIN_INACTIVE`, `LOT_NOT_FOUND`, `STOCK_ITEM_NOT_FOUND`, `DUPLICATE_ROW`, `NEGATIVE_QUANTITY`,
    `INSUFFICIENT_STOCK`, `LOT_REQUIRED`, `REASON_DIRECTION`, `QUANTITY_TOO_LARGE`, `INVALID_QUANTITY`.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("The ledger posts inside a transaction of its caller.")
    if not lines:
        if refused:
            raise gather(refused)
        raise ValueError("There is nothing to post.")
    check_organization(organization, lines)
    locked = lock(organization, lines)
    if precondition is not None:
        precondition(locked)
    bins = read_bins(lines)
    read_items(locked.levels, lines)
    faults = faults_of(lines, bins, by_sync=by_sync)
    sound = [(place, line) for place, line in enumerate(lines) if place not in faults]
    changes, broken = _plan(organization, locked.levels, bins, sound)
    if refused or faults or broken:
        raise gather(_by_index([*refused, *faults.values(), *broken]))
    # Strictly later than anything else in these levels, even if another machine's clock is ahead of ours: the order of
    # `recorded_at` is the order of the ledger.
    latest = max(level.updated_at for level in locked.levels.values())
    now = max(recorded_at or timezone.now(), latest + timedelta(microseconds=1))
    _write(organization, actor, lines, document, locked.levels, changes, now)
    if locked.is_watched:
        subscriptions = subscriptions_of(organization)
        told = Telling(
            actor, lines, document, changes, {kind for each in subscriptions for kind in each.types}
        )
        announce(
            organization=organization,
            drafts=told.drafts(locked.levels.values()),
            occurred_at=now,
            subscriptions=subscriptions,
        )
    return Posting(changes, locked.levels, now)


def _plan(
    organization: Organization,
    levels: Mapping[LevelKey, LevelState],
    bins: Mapping[UUID, BinState],
    lines: Iterable[tuple[int, Line]],
) -> tuple[list[Change], list[Refusal]]:
    grouped: dict[LevelKey, list[tuple[int, Line]]] = defaultdict(list)
    for place, line in lines:
        grouped[line.level_key].append((place, line))
    today = organization.today()
    changes: list[Change] = []
    refused: list[Refusal] = []
    for key, group in sorted(grouped.items()):
        planned, broken = plan_level(levels[key], group, today=today, bins=bins)
        changes += planned
        refused += broken
    return changes, refused


def _by_index(refusals: Sequence[Refusal]) -> list[Refusal]:
    return sorted(refusals, key=lambda refusal: refusal.problems[0].index or 0 if refusal.problems else 0)


def _write(
    organization: Organization,
    actor: Actor,
    lines: Sequence[Line],
    document: DocumentRef,
    levels: Mapping[LevelKey, LevelState],
    changes: Sequence[Change],
    now: datetime,
) -> None:
    changed = [level for level in levels.values() if level.is_changed or level.is_new]
    for level in changed:
        if level.version == level.base.version:  # new, or only its settings changed
            level.version += 1
        level.updated_at = now
    touched = {change.item.id: (change.level, change.item) for change in changes}
    _write_items(organization, touched.values(), now)
    statements.update(
        StockLevel,
        _CHANGED_LEVEL,
        [
            (
                level.id,
                level.on_hand,
                level.safety_stock,
                level.reorder_point,
                level.reorder_quantity,
                level.version,
                now,
            )
            for level in changed
        ],
    )
    _write_summaries(changed, now)
    statements.insert(
        Movement,
        _MOVEMENT,
        [_movement(organization, actor, lines[change.line], document, change, now) for change in changes],
    )


_CHANGED_LEVEL = "on_hand safety_stock reorder_point reorder_quantity version updated_at".split()
_NEW_ITEM = "id organization level sku warehouse bin lot on_hand held created_at updated_at".split()
_MOVEMENT = (
    "id organization level stock_item sku warehouse delta level_before level_after item_after level_version"
    " reason_code note reference actor_type actor_id actor_name document_type document_id recorded_at occurred_at"
).split()


def _write_items(
    organization: Organization, touched: Iterable[tuple[LevelState, ItemState]], now: datetime
) -> None:
    new: list[tuple[object, ...]] = []
    changed: list[tuple[object, ...]] = []
    for level, item in touched:
        if item.is_new:
            place = (level.id, level.sku_id, level.warehouse_id, item.bin_id, item.lot_id)
            new.append((item.id, organization.pk, *place, item.on_hand, 0, now, now))
        else:
            changed.append((item.id, item.on_hand, now))
    statements.insert(StockItem, _NEW_ITEM, new)
    statements.update(StockItem, ("on_hand", "updated_at"), changed)


def _write_summaries(changed: Iterable[LevelState], now: datetime) -> None:
    growth: dict[UUID, list[int]] = defaultdict(lambda: [0, 0, 0])
    for level in changed:
        sums = growth[level.sku_id]
        sums[0] += level.on_hand - level.base.on_hand
        sums[1] += level.safety_stock - level.base.safety_stock
        sums[2] += level.reorder_point - level.base.reorder_point
    sums_of = ("on_hand", "safety_stock", "reorder_point")
    statements.update(
        StockSummary,
        (*sums_of, "version", "updated_at"),
        [(sku_id, *sums, 1, now) for sku_id, sums in sorted(growth.items())],
        add=(*sums_of, "version"),
    )


def _movement(
    organization: Organization,
    actor: Actor,
    line: Line,
    document: DocumentRef,
    change: Change,
    now: datetime,
) -> tuple[object, ...]:
    return (
        new_id(),
        organization.pk,
        change.level.id,
        change.item.id,
        change.level.sku_id,
        change.level.warehouse_id,
        change.delta,
        change.level_before,
        change.level_after,
        change.item_after,
        change.level_version,
        line.reason.pk,
        line.note,
        line.reference,
        actor.type,
        actor.id,
        actor.name,
        document.type,
        document.id,
        now,
        line.occurred_at,
    )
