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
from inventory.ledger import expiry
from inventory.ledger.capacity import lock_capacities, overfull
from inventory.ledger.events import Telling
from inventory.ledger.faults import check_organization, faults_of
from inventory.ledger.lines import DocumentRef, Line
from inventory.ledger.locking import Locked, lock, read_bins, read_items
from inventory.ledger.planning import Plan, plan_level, reason_of, refuse
from inventory.ledger.rows import LevelKey
from inventory.ledger.state import BinState, Change, HeldChange, ItemState, LevelState
from inventory.models import Lot, Movement, Sku, StockItem, StockLevel, StockSummary
from inventory.outbox import announce, subscriptions_of
from warehouses.actors import SYSTEM, Actor
from warehouses.identifiers import new_id
from warehouses.models import Organization, Warehouse
from warehouses.refusals import NotFound, Refusal, gather

__all__ = ["Locked", "Posting", "expire", "post"]


@dataclass(frozen=True, slots=True)
class Posting:
    """What was done. `changes` are the movements in the order written, `held` what was held or released of which
    stock item, `levels` the new state of every level.
    """

    changes: Sequence[Change]
    held: Sequence[HeldChange]
    levels: Mapping[LevelKey, LevelState]
    recorded_at: datetime


def post(
    *,
    organization: Organization,
    actor: Actor,
    lines: Sequence[Line],
    document: DocumentRef | None,
    precondition: Callable[[Locked], None] | None = None,
    refused: Sequence[Refusal] = (),
    by_sync: bool = False,
    recorded_at: datetime | None = None,
) -> Posting:
    """Change stock by a batch of lines, all or nothing.

    Call it inside a transaction (`warehouses.transactions.run`), once. Locks the stock levels of the batch in the
    order of (SKU, warehouse), then the summaries in the order of SKU; creates levels that are missing; writes the
    events that somebody is subscribed to. Lines that touch the same item are added up; two absolute lines about the
    same stock are refused (`DUPLICATE_ROW`).

    `precondition` is called once all is locked and may refuse (If-Match); it may also put other lines about the same
    levels into the list that was given, where how much it is about is known only then. `refused` are rows that the
    caller has already found bad: they are reported together with the ledger's own. `by_sync` lets a sync write
    read-only warehouses. `recorded_at` is the clock, for tests and seeded demonstrations; it never runs backwards in a
    level.

    Raises Refusal (several bad lines: one refusal with every problem): `READONLY_WAREHOUSE`, `WAREHOUSE_INACTIVE`,
    `BIN_NOT_FOUND`, `BIN_INACTIVE`, `LOT_NOT_FOUND`, `STOCK_ITEM_NOT_FOUND`, `DUPLICATE_ROW`, `NEGATIVE_QUANTITY`,
    `INSUFFICIENT_STOCK`, `LOT_REQUIRED`, `REASON_DIRECTION`, `QUANTITY_TOO_LARGE`, `INVALID_QUANTITY`,
    `STOCK_UNAVAILABLE` (to promise, hold or move), `BIN_FULL`.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("The ledger posts inside a transaction of its caller.")
    if not lines:
        if refused:
            raise gather(refused)
        raise ValueError("There is nothing to post.")
    check_organization(organization, lines)
    locked = lock(organization, lines, now=timezone.now())
    if precondition is not None:
        precondition(locked)
    lock_capacities(lines)
    bins = read_bins(lines)
    read_items(locked.levels, lines)
    faults = faults_of(lines, bins, by_sync=by_sync)
    sound = [(place, line) for place, line in enumerate(lines) if place not in faults]
    plan = _plan(organization, locked.levels, bins, sound)
    changes = plan.changes
    broken = (
        plan.refused or overfull([line for _, line in sound], bins, changes) or _lost_lots(lines, changes)
    )
    if refused or faults or broken:
        raise gather(_by_index([*refused, *faults.values(), *broken]))
    # Strictly later than anything else in these levels, even if another machine's clock is ahead of ours: the order of
    # `recorded_at` is the order of the ledger.
    latest = max(level.updated_at for level in locked.levels.values())
    now = max(recorded_at or timezone.now(), latest + timedelta(microseconds=1))
    _write(organization, actor, lines, document, locked.levels, plan, now)
    expiry.close(organization, locked.expired, now)
    _tell(organization, actor, lines, document, locked, changes, now)
    return Posting(changes, plan.held, locked.levels, now)


def expire(*, organization: Organization, places: Sequence[tuple[Sku, Warehouse]]) -> None:
    """Take reservations that have run out off the stock levels of `places`, and tell of it.

    Runs in the caller's transaction; changes nothing where another one has been faster, nor anything else. A
    read-only or inactive warehouse is no obstacle: its goods are only promised less.
    """
    now = timezone.now()
    lines = [Line(sku=sku, warehouse=warehouse, quantity=None, reason=None) for sku, warehouse in places]
    locked = lock(organization, lines, now=now)
    if not locked.expired:
        return
    latest = max(level.updated_at for level in locked.levels.values())
    now = max(now, latest + timedelta(microseconds=1))
    _write(organization, SYSTEM, lines, None, locked.levels, Plan(), now)
    expiry.close(organization, locked.expired, now)
    _tell(organization, SYSTEM, lines, None, locked, (), now)


def _tell(
    organization: Organization,
    actor: Actor,
    lines: Sequence[Line],
    document: DocumentRef | None,
    locked: Locked,
    changes: Sequence[Change],
    now: datetime,
) -> None:
    if not locked.is_watched:
        return
    subscriptions = subscriptions_of(organization)
    told = Telling(actor, lines, document, changes, {kind for each in subscriptions for kind in each.types})
    announce(
        organization=organization,
        drafts=told.drafts(locked.levels.values()),
        occurred_at=now,
        subscriptions=subscriptions,
    )


def _plan(
    organization: Organization,
    levels: Mapping[LevelKey, LevelState],
    bins: Mapping[UUID, BinState],
    lines: Iterable[tuple[int, Line]],
) -> Plan:
    grouped: dict[LevelKey, list[tuple[int, Line]]] = defaultdict(list)
    for place, line in lines:
        grouped[line.level_key].append((place, line))
    today = organization.today()
    whole = Plan()
    for key, group in sorted(grouped.items()):
        plan = plan_level(levels[key], group, today=today, bins=bins)
        whole.changes += plan.changes
        whole.held += plan.held
        whole.refused += plan.refused
    return whole


def _lost_lots(lines: Sequence[Line], changes: Sequence[Change]) -> list[Refusal]:
    """A refusal for each line whose lot has been deleted since it was looked up. One query, where an item is made of a
    lot; elsewhere the item itself keeps the lot from being deleted, and the surveyed SKU keeps it from now on.
    """
    made = {change.item.lot_id: lines[change.line] for change in changes if change.item.is_new}
    made.pop(None, None)
    if not made:
        return []
    kept = set(Lot.objects.filter(pk__in=list(made)).values_list("pk", flat=True))
    return [
        refuse(
            line,
            NotFound,
            "LOT_NOT_FOUND",
            f"A lot of {line.sku.code} has just been deleted.",
            field="lot" if line.to_lot is None else "to_lot",
        )
        for lot_id, line in made.items()
        if lot_id not in kept
    ]


def _by_index(refusals: Sequence[Refusal]) -> list[Refusal]:
    return sorted(refusals, key=lambda refusal: refusal.problems[0].index or 0 if refusal.problems else 0)


def _write(
    organization: Organization,
    actor: Actor,
    lines: Sequence[Line],
    document: DocumentRef | None,
    levels: Mapping[LevelKey, LevelState],
    plan: Plan,
    now: datetime,
) -> None:
    changes = plan.changes
    changed = [level for level in levels.values() if level.is_changed or level.is_new]
    for level in changed:
        if level.version == level.base.version:  # new, or only its settings changed
            level.version += 1
        level.updated_at = now
    by_item = {item.id: level for level in changed for item in level.items}
    touched = {change.item.id: (change.level, change.item) for change in changes}
    touched |= {held.item.id: (by_item[held.item.id], held.item) for held in plan.held}
    _write_items(organization, touched.values(), now)
    statements.update(
        StockLevel,
        _CHANGED_LEVEL,
        [
            (
                level.id,
                level.on_hand,
                level.reserved,
                level.held,
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


_CHANGED_LEVEL = (
    "on_hand reserved held safety_stock reorder_point reorder_quantity version updated_at".split()
)
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
            new.append((item.id, organization.pk, *place, item.on_hand, item.held, now, now))
        else:
            changed.append((item.id, item.on_hand, item.held, now))
    statements.insert(StockItem, _NEW_ITEM, new)
    statements.update(StockItem, ("on_hand", "held", "updated_at"), changed)


def _write_summaries(changed: Iterable[LevelState], now: datetime) -> None:
    sums_of = ("on_hand", "reserved", "held", "safety_stock", "reorder_point")
    growth: dict[UUID, list[int]] = defaultdict(lambda: [0] * len(sums_of))
    for level in changed:
        sums = growth[level.sku_id]
        for place, name in enumerate(sums_of):
            sums[place] += getattr(level, name) - getattr(level.base, name)
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
    document: DocumentRef | None,
    change: Change,
    now: datetime,
) -> tuple[object, ...]:
    if document is None:
        raise ValueError("A movement belongs to a document.")
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
        reason_of(line).pk,
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
