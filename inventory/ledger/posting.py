"""Posting a batch: lock, then read, then check, then write, with the same number of statements whatever its size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from inventory.ledger import rows
from inventory.ledger.lines import Line, Mode
from inventory.ledger.planning import overlaps, plan_level
from inventory.ledger.state import Base, Change, ItemState, LevelState
from inventory.models import DocumentType, Movement, StockItem, StockLevel, StockSummary
from warehouses.actors import Actor
from warehouses.identifiers import new_id
from warehouses.models import Bin, Organization
from warehouses.refusals import Conflict, Forbidden, NotFound, Problem, Refusal, RuleBroken, gather

__all__ = ["DocumentRef", "Locked", "Posting", "post"]

LevelKey = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """The document that the movements belong to; it is written by the caller in the same transaction."""

    type: DocumentType
    id: UUID


@dataclass(frozen=True, slots=True)
class Locked:
    """What a precondition may look at once the rows are locked: levels and, per SKU, the summary's version."""

    levels: Mapping[LevelKey, LevelState]
    summary_versions: Mapping[UUID, int]


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

    Call it inside a transaction (`warehouses.transactions.run`). Locks the stock levels of the batch in the order of
    (SKU, warehouse), then the summaries in the order of SKU; creates levels that are missing. Lines that touch the
    same item are added up; two absolute lines about the same stock are refused (`DUPLICATE_ROW`).

    `precondition` is called once all is locked and may refuse (If-Match). `refused` are rows that the caller has
    already found bad: they are reported together with the ledger's own. `by_sync` lets a sync write read-only
    warehouses. `recorded_at` is the clock, for tests and seeded demonstrations; it never runs backwards in a level.

    Raises Refusal (several bad lines: one refusal with every problem): `READONLY_WAREHOUSE`, `WAREHOUSE_INACTIVE`,
    `BIN_NOT_FOUND`, `LOT_NOT_FOUND`, `DUPLICATE_ROW`, `NEGATIVE_QUANTITY`, `INSUFFICIENT_STOCK`, `LOT_REQUIRED`,
    `REASON_DIRECTION`, `QUANTITY_TOO_LARGE`.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("The ledger posts inside a transaction of its caller.")
    faults = [*refused, *_faults_of(organization, lines, by_sync=by_sync)]
    if faults and not lines:
        raise gather(faults)
    levels = _lock_levels(organization, lines)
    versions = _lock_summaries(organization, lines)
    if precondition is not None:
        precondition(Locked(levels, versions))
    _read_items(levels, lines)
    changes, broken = _plan(organization, levels, lines)
    if faults or broken:
        raise gather(_by_index([*faults, *broken]))
    now = max([recorded_at or timezone.now(), *(level.updated_at for level in levels.values())])
    _write(organization, actor, lines, document, levels, changes, now)
    return Posting(changes, levels, now)


def _faults_of(organization: Organization, lines: Sequence[Line], *, by_sync: bool) -> list[Refusal]:
    faults: list[Refusal] = []
    absolute: dict[LevelKey, list[Line]] = defaultdict(list)
    relative: set[LevelKey] = set()

    def refuse(category: type[Refusal], code: str, detail: str, line: Line, field: str) -> None:
        faults.append(category(code, detail, problems=[Problem(code, detail, line.index, field)]))

    for line in lines:
        _same_organization(organization, line)
        if line.warehouse.is_readonly and not by_sync:
            refuse(
                Forbidden,
                "READONLY_WAREHOUSE",
                f"{line.warehouse.name} is read-only: only its sync changes it.",
                line,
                "warehouse",
            )
        elif not line.warehouse.is_active:
            detail = f"{line.warehouse.name} is inactive: its stock cannot change."
            refuse(Conflict, "WAREHOUSE_INACTIVE", detail, line, "warehouse")
        if line.bin is not None and line.bin.warehouse_id != line.warehouse.pk:
            refuse(NotFound, "BIN_NOT_FOUND", f"{line.warehouse.name} has no such bin.", line, "bin")
        if line.lot is not None and line.lot.sku_id != line.sku.pk:
            refuse(NotFound, "LOT_NOT_FOUND", f"{line.sku.code} has no such lot.", line, "lot")
        if line.quantity is None:
            continue
        if line.mode is Mode.BY:
            relative.add(line.level_key)
            continue
        if any(overlaps(line, other) for other in absolute[line.level_key]):
            detail = f"{line.sku.code} in {line.warehouse.name} is set twice; which one holds?"
            refuse(RuleBroken, "DUPLICATE_ROW", detail, line, "sku")
        absolute[line.level_key].append(line)
    for key, setters in absolute.items():
        if setters and key in relative:
            detail = f"{setters[0].sku.code} is both set and changed in one request; which one holds?"
            refuse(RuleBroken, "DUPLICATE_ROW", detail, setters[0], "sku")
    return faults


def _same_organization(organization: Organization, line: Line) -> None:
    """The caller looked these up within the organization; anything else is a programming error, not an answer."""
    owners = [line.sku, line.warehouse, line.reason, line.bin, line.lot]
    if any(record is not None and record.organization_id != organization.pk for record in owners):
        raise ValueError("A ledger line names a record of another organization.")


def _lock_levels(organization: Organization, lines: Sequence[Line]) -> dict[LevelKey, LevelState]:
    wanted = {line.level_key: line for line in lines}
    levels = _by_key(rows.lock_levels(wanted))
    missing = sorted(wanted.keys() - levels.keys())
    if missing:
        new = [_new_level(organization, wanted[key]) for key in missing]
        rows.insert(StockLevel, _NEW_LEVEL, new, or_ignore=True)
        ours = {row[0] for row in new}
        for key, level in _by_key(rows.lock_levels(missing)).items():
            if level.id in ours:
                # Another batch may have been first; only what we created is not in the summary yet.
                level.is_new = True
                level.base = Base()
            levels[key] = level
    return {key: levels[key] for key in sorted(levels)}


_NEW_LEVEL = (
    "id organization sku warehouse sort_code on_hand reserved held"
    " safety_stock reorder_point reorder_quantity version updated_at"
).split()
# The clock of a level starts with its first movement, which a demonstration seeds in the past.
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


def _new_level(organization: Organization, line: Line) -> tuple[object, ...]:
    sku = line.sku
    thresholds = (sku.safety_stock, sku.reorder_point, sku.reorder_quantity)
    return (new_id(), organization.pk, *line.level_key, sku.code_key, 0, 0, 0, *thresholds, 0, _BEFORE_ALL)


def _by_key(found: Iterable[tuple[Any, ...]]) -> dict[LevelKey, LevelState]:
    levels = (LevelState(*row) for row in found)
    return {(level.sku_id, level.warehouse_id): level for level in levels}


def _lock_summaries(organization: Organization, lines: Sequence[Line]) -> dict[UUID, int]:
    skus = {line.sku.pk: line.sku for line in lines}
    versions = rows.lock_summaries(skus)
    missing = sorted(skus.keys() - versions.keys())
    if missing:
        rows.insert(
            StockSummary,
            _NEW_SUMMARY,
            [
                (pk, organization.pk, skus[pk].code_key, 0, 0, 0, 0, 0, 0, timezone.now())
                for pk in missing
            ],
            or_ignore=True,
        )
        versions |= rows.lock_summaries(missing)
    return versions


_NEW_SUMMARY = (
    "sku organization sort_code on_hand reserved held safety_stock reorder_point version updated_at"
).split()


def _read_items(levels: Mapping[LevelKey, LevelState], lines: Sequence[Line]) -> None:
    """Read the items that hold stock or are named, after their levels are locked: nobody else changes them now."""
    by_id = {level.id: level for level in levels.values()}
    named_bins = {line.bin.pk for line in lines if line.bin is not None}
    named_items = {line.stock_item_id for line in lines if line.stock_item_id is not None}
    found = StockItem.objects.order_by().filter(level__in=list(by_id)).filter(
        Q(on_hand__gt=0) | Q(held__gt=0) | Q(bin__is_default=True) | Q(bin__in=named_bins) | Q(pk__in=named_items)
    )
    for level_id, *values in found.values_list(
        "level_id",
        "id",
        "bin_id",
        "lot_id",
        "on_hand",
        "held",
        "bin__room__is_sellable",
        "lot__expires_on",
        "lot__received_at",
        "lot__state",
    ):
        by_id[level_id].items.append(ItemState(*values))


def _plan(
    organization: Organization, levels: Mapping[LevelKey, LevelState], lines: Sequence[Line]
) -> tuple[list[Change], list[Refusal]]:
    grouped: dict[LevelKey, list[tuple[int, Line]]] = defaultdict(list)
    for place, line in enumerate(lines):
        grouped[line.level_key].append((place, line))
    default_bins = dict(
        Bin.objects.filter(warehouse__in={line.warehouse.pk for line in lines}, is_default=True)
        .order_by()
        .values_list("warehouse_id", "pk")
    )
    today = organization.today()
    changes: list[Change] = []
    refused: list[Refusal] = []
    for key, level in levels.items():
        planned, broken = plan_level(
            level, grouped[key], today=today, default_bin=lambda place=key[1]: default_bins[place]
        )
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
    rows.update(
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
    rows.insert(
        Movement,
        _MOVEMENT,
        [_movement(organization, actor, lines[change.line], document, change, now) for change in changes],
    )


_CHANGED_LEVEL = "on_hand safety_stock reorder_point reorder_quantity version updated_at".split()
_NEW_ITEM = "id organization level sku warehouse bin lot on_hand held updated_at".split()
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
            new.append((item.id, organization.pk, *place, item.on_hand, 0, now))
        else:
            changed.append((item.id, item.on_hand, now))
    rows.insert(StockItem, _NEW_ITEM, new)
    rows.update(StockItem, ("on_hand", "updated_at"), changed)


def _write_summaries(changed: Iterable[LevelState], now: datetime) -> None:
    growth: dict[UUID, list[int]] = defaultdict(lambda: [0, 0, 0])
    for level in changed:
        sums = growth[level.sku_id]
        sums[0] += level.on_hand - level.base.on_hand
        sums[1] += level.safety_stock - level.base.safety_stock
        sums[2] += level.reorder_point - level.base.reorder_point
    sums_of = ("on_hand", "safety_stock", "reorder_point")
    rows.update(
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
