"""Marking goods as expired, and using expired goods up."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Final
from uuid import UUID

from django.utils import timezone

from inventory import history, statements
from inventory.adjustments import adjust
from inventory.expiry.lines import (
    WRITE,
    NamedItem,
    WantedUnits,
    find_items,
    lock_items,
    of_each,
    require_free,
    units_of,
)
from inventory.ledger import Line, Mode
from inventory.lots.finding import find_or_make_lots
from inventory.lots.locking import lock_lots, stock_of
from inventory.lots.states import is_over, state_on
from inventory.models import Adjustment, AdjustmentKind, Lot, LotState, ReasonCode, Source
from warehouses.access import Access
from warehouses.refusals import Conflict, Problem

__all__ = ["Consumed", "Marked", "Outcome", "mark_consumed", "mark_expired"]

_CODE_LENGTH: Final = 64
_MARK: Final = "EXPIRED"


class Outcome(enum.Enum):
    LOT_EXPIRED = "lot_expired"  # the lot itself is expired now
    MOVED = "moved"  # the units are in an expired lot of their own
    UNCHANGED = "unchanged"  # the lot was expired already


@dataclass(frozen=True, slots=True)
class Marked:
    """What became of one line: `lot` is the expired lot that the units are of now."""

    named: NamedItem
    units: int
    outcome: Outcome
    lot: Lot


@dataclass(frozen=True, slots=True)
class Consumed:
    named: NamedItem
    units: int


def mark_expired(
    *, access: Access, source: Source, lines: Sequence[WantedUnits], note: str = ""
) -> tuple[list[Marked], Adjustment | None]:
    """Say that goods are expired. Needs `inventory.write` where they are, and a transaction of the caller's.

    Where the lines cover every unit that the organization has of a lot, or the lot's last day has passed, the lot
    itself becomes expired. Otherwise just these units are brought into an expired lot of their own (`L1-EXPIRED`, or
    `EXPIRED-2026-03-12` for goods without a lot) by one lot correction: what else there is of the lot, here and where
    the caller may not even look, stays as it is. Quantities on hand change nowhere.

    Locks the lots, then the stock levels that have them; events and refusals are the ledger's. Raises Forbidden
    `PERMISSION_DENIED`, NotFound `INVENTORY_NOT_FOUND`, RuleBroken `DUPLICATE_ROW`, Conflict `STOCK_UNAVAILABLE` (more
    than there is; more than is free of holds where units have to be moved).
    """
    access.require(WRITE)
    organization = access.organization
    named = find_items(access=access, lines=lines)
    lots = lock_lots(organization, {each.item.lot_id for each in named if each.item.lot_id is not None})
    lock_items(access, named, lots=list(lots))
    of_each(named, units_of)
    stock: dict[UUID, int] = defaultdict(int)
    for item in stock_of(lots):
        if item.lot_id is not None:
            stock[item.lot_id] += item.on_hand
    stated: dict[UUID, int] = defaultdict(int)
    for each in named:
        if each.item.lot_id is not None:
            stated[each.item.lot_id] += each.units
    today = organization.today()
    over = {
        key: lot
        for key, lot in lots.items()
        if lot.state == LotState.EXPIRED or is_over(lot.expires_on, today) or stated[key] == stock[key]
    }
    already = {key for key, lot in over.items() if lot.state == LotState.EXPIRED}
    _expire_lots(access, [over[key] for key in sorted(over) if key not in already], stock, note)
    apart = [each for each in named if each.item.lot_id not in over]
    of_each(apart, require_free)
    targets = _lots_apart(access, apart, lots, today) if apart else {}
    adjustment = None
    if apart:
        reason = ReasonCode.objects.get(organization=organization, code_key="lot_correction")
        adjustment = adjust(
            organization=organization,
            actor=access.actor,
            source=source,
            kind=AdjustmentKind.LOT_CORRECTION,
            lines=[
                Line(
                    sku=each.item.sku,
                    warehouse=each.item.warehouse,
                    quantity=each.units,
                    mode=Mode.MOVE,
                    reason=reason,
                    stock_item_id=each.item.pk,
                    to_lot=targets[each.item.pk],
                    note=note,
                    index=each.index,
                )
                for each in apart
            ],
            note=note or "Marked as expired",
        ).adjustment
    return [_marked(each, over, already, targets) for each in named], adjustment


def mark_consumed(
    *, access: Access, source: Source, lines: Sequence[WantedUnits], note: str = ""
) -> tuple[list[Consumed], Adjustment]:
    """Expired goods were used up: they leave the stock by one adjustment for the reason `consumed`.

    Needs `inventory.write` where they are, and a transaction of the caller's. Locks the stock levels of the items; a
    lot's state is read after that. Raises as `mark_expired` does, and Conflict `NOT_EXPIRED` for goods that are not.
    """
    access.require(WRITE)
    organization = access.organization
    named = find_items(access=access, lines=lines)
    lock_items(access, named)
    today = organization.today()

    def consume(each: NamedItem) -> Consumed:
        lot = each.item.lot
        if lot is None or state_on(lot, today) is not LotState.EXPIRED:
            detail = (
                f"{each.item.sku.code} in bin {each.item.bin.code} is not expired: mark it as expired first."
            )
            raise Conflict(
                "NOT_EXPIRED", detail, problems=[Problem("NOT_EXPIRED", detail, each.index, "stock_item")]
            )
        return Consumed(each, require_free(each))

    consumed = of_each(named, consume)
    reason = ReasonCode.objects.get(organization=organization, code_key="consumed")
    recorded = adjust(
        organization=organization,
        actor=access.actor,
        source=source,
        kind=AdjustmentKind.CONSUMPTION,
        lines=[
            Line(
                sku=each.named.item.sku,
                warehouse=each.named.item.warehouse,
                quantity=-each.units,
                reason=reason,
                stock_item_id=each.named.item.pk,
                note=note,
                index=each.named.index,
            )
            for each in consumed
        ],
        note=note,
    )
    if recorded.adjustment is None:
        raise ValueError("Units that left have a document.")
    return consumed, recorded.adjustment


def _expire_lots(access: Access, lots: Sequence[Lot], stock: Mapping[UUID, int], note: str) -> None:
    """Make locked lots expired. Two statements, none without lots."""
    if not lots:
        return
    entries = [
        history.Entry(lot, "expire", LotState.EXPIRED.value, lot.state, stock[lot.pk], note) for lot in lots
    ]
    for lot in lots:
        lot.state = LotState.EXPIRED
        lot.version += 1
    rows = [(lot.pk, LotState.EXPIRED.value, lot.version) for lot in lots]
    statements.update(Lot, ("state", "version"), rows)
    history.note_all(organization=access.organization, actor=access.actor, entries=entries, at=timezone.now())


def _lots_apart(
    access: Access, apart: Iterable[NamedItem], lots: Mapping[UUID, Lot], today: date
) -> dict[UUID, Lot]:
    """The expired lot for the units of each item, by the item's key, found or made.

    A code that somebody has used for something else gets a number.
    """
    organization = access.organization
    wanted: dict[UUID, tuple[UUID, str, date | None]] = {}
    skus = {each.item.sku_id for each in apart}
    # What each code means: the last day of an expired lot, or nothing that these units could join.
    taken: dict[tuple[UUID, str], tuple[bool, date | None]] = {
        (lot.sku_id, lot.code.lower()): (lot.state == LotState.EXPIRED, lot.expires_on)
        for lot in Lot.objects.order_by().filter(sku__in=skus, code__icontains=_MARK)
    }
    for each in apart:
        lot = lots[each.item.lot_id] if each.item.lot_id is not None else None
        last_day = lot.expires_on if lot is not None else None
        for number in count(1):
            code = _code(lot, today, number)
            if taken.setdefault((each.item.sku_id, code.lower()), (True, last_day)) == (True, last_day):
                break
        wanted[each.item.pk] = (each.item.sku_id, code, last_day)
    made = find_or_make_lots(
        organization=organization, actor=access.actor, state=LotState.EXPIRED, wanted=wanted.values()
    )
    return {key: made[sku_id, code] for key, (sku_id, code, _) in wanted.items()}


def _code(lot: Lot | None, today: date, number: int) -> str:
    turn = "" if number == 1 else f"-{number}"
    if lot is None:
        return f"{_MARK}-{today.isoformat()}{turn}"
    ending = f"-{_MARK}{turn}"
    return f"{lot.code[: _CODE_LENGTH - len(ending)]}{ending}"


def _marked(
    each: NamedItem, over: Mapping[UUID, Lot], already: Iterable[UUID], targets: Mapping[UUID, Lot]
) -> Marked:
    key = each.item.lot_id
    if key is None or key not in over:
        return Marked(each, each.units, Outcome.MOVED, targets[each.item.pk])
    outcome = Outcome.UNCHANGED if key in already else Outcome.LOT_EXPIRED
    return Marked(each, each.units, outcome, over[key])
