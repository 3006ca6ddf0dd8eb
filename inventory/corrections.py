"""Correcting how much there is, from wherever somebody notices: one number about one place, and its undoing.

A form may be sent twice, and somebody else may have been first. Both are settled under the lock of the stock level, by
the key that the form carries and by what it had shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Sum

from inventory.adjustments import Recorded, adjust, reverse, visible_adjustments
from inventory.ledger import Line, Mode
from inventory.ledger.locking import Locked
from inventory.models import Adjustment, DocumentType, Lot, Movement, ReasonCode, Sku, Source, StockItem
from inventory.stock_documents import ADJUST, RESERVED_REASONS
from warehouses.access import Access
from warehouses.actors import ActorType
from warehouses.models import Bin, Warehouse
from warehouses.page_preferences import keep_preferences, read_preferences
from warehouses.refusals import Conflict, NotFound, Problem, RuleBroken, Stale

__all__ = ["Corrected", "Seen", "correct", "remembered_reason", "undo"]

#: Where the reason that a person used last is kept.
_PAGE: Final = "inventory_correct"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the form had shown: the level's version, 0 where there was no level yet, and the units there."""

    version: int
    on_hand: int


@dataclass(frozen=True, slots=True)
class Corrected:
    """`adjustment` is None where nothing changed. `before` and `after` are of the stock item, or of the level."""

    adjustment: Adjustment | None
    before: int
    after: int


class _DoneAlready(Exception):
    """The form has been sent before, and did this."""

    def __init__(self, adjustment: Adjustment) -> None:
        super().__init__(adjustment.public_id)
        self.adjustment = adjustment


def correct(
    *,
    access: Access,
    sku: Sku,
    warehouse: Warehouse,
    item: StockItem | None = None,
    quantity: int,
    is_set: bool,
    seen: Seen,
    reason: ReasonCode,
    bin: Bin | None = None,
    lot: Lot | None = None,
    note: str = "",
    reference: str = "",
    key: UUID | None = None,
    allows_short: bool = False,
) -> Corrected:
    """Set the units of a SKU in a warehouse (or of its stock item) to `quantity`, or change them by it.

    Runs in the caller's transaction. `key` becomes the adjustment's own: with a key that was used, nothing is done
    again and what was done is answered. A change adds up with whatever others did. A quantity that is set is refused
    with Stale `CHANGED_MEANWHILE` where the units are no longer those that were seen; the refusal tells `now`, `saw`,
    `by` whom and `at` what time. Changes of other figures of the level, such as reservations, are no obstacle.

    Raises Conflict `LEAVES_SHORT` where fewer units remain than are reserved and held, unless `allows_short`: a
    correction states a fact, so one may insist. Raises RuleBroken `REASON_RESERVED`, NotFound `WAREHOUSE_NOT_FOUND`,
    Forbidden, and as the ledger does.
    """
    access.require(ADJUST)
    if not access.covers(ADJUST, warehouse.pk):
        raise NotFound("WAREHOUSE_NOT_FOUND", "There is no such warehouse.")
    if reason.code_key in RESERVED_REASONS:
        detail = f"{reason.code} is a reason of the product's own documents: choose another."
        raise RuleBroken(
            "REASON_RESERVED", detail, problems=[Problem("REASON_RESERVED", detail, field="reason")]
        )
    line = Line(
        sku=sku,
        warehouse=warehouse,
        quantity=quantity,
        mode=Mode.TO if is_set else Mode.BY,
        reason=reason,
        bin=bin,
        lot=lot,
        stock_item_id=item.pk if item is not None else None,
        note=note,
        reference=reference,
    )
    try:
        recorded = adjust(
            organization=access.organization,
            actor=access.actor,
            source=Source.ADMIN,
            lines=[line],
            note=note,
            reference=reference,
            document_id=key,
            precondition=_unless_changed(access, line, seen, key, allows_short=allows_short),
        )
    except _DoneAlready as done:
        return _told(done.adjustment, is_of_item=item is not None)
    _remember(access, reason)
    return _outcome(recorded, line)


def undo(*, access: Access, adjustment_id: UUID) -> Corrected:
    """Reverse what `correct` did, in the caller's transaction. Undone already, that is answered again.

    Raises NotFound `ADJUSTMENT_NOT_FOUND` and as `inventory.adjustments.reverse` does.
    """
    rows = visible_adjustments(access=access, permission=ADJUST)
    found = rows.filter(pk=adjustment_id).first()
    if found is None:
        raise NotFound("ADJUSTMENT_NOT_FOUND", "There is no such adjustment.")
    try:
        recorded = reverse(access=access, source=Source.ADMIN, adjustment=found)
    except Conflict as refusal:
        earlier = Adjustment.objects.filter(reverses=found, actor_id=access.actor.id).first()
        if refusal.code != "ALREADY_REVERSED" or earlier is None:
            raise
        return _told(earlier, is_of_item=False)
    first, last = recorded.posting.changes[0], recorded.posting.changes[-1]
    return Corrected(recorded.adjustment, first.level_before, last.level_after)


def remembered_reason(*, access: Access) -> str:
    """The key of the reason code that the caller corrected with last, or "". One query."""
    kept = read_preferences(access=access, page=_PAGE).get("reason")
    return kept if isinstance(kept, str) else ""


def _unless_changed(
    access: Access, line: Line, seen: Seen, key: UUID | None, *, allows_short: bool
) -> Callable[[Locked], None]:
    def check(locked: Locked) -> None:
        # First: to whoever sends a form twice, their own first sending is nobody else's change.
        if key is not None:
            done = Adjustment.objects.filter(organization=access.organization, pk=key).first()
            if done is not None:
                raise _DoneAlready(done)
        level = locked.levels[line.level_key]
        is_part = line.bin is not None or line.lot is not None
        there = level.on_hand
        if line.stock_item_id is not None or is_part:
            there = _units_at(level.id, line)
        quantity = line.quantity or 0
        if line.mode is Mode.TO and level.version != seen.version and (is_part or there != seen.on_hand):
            raise _changed(access, level.id, line, there, None if is_part else seen.on_hand)
        delta = quantity - there if line.mode is Mode.TO else quantity
        promised = level.reserved + level.held
        if delta < 0 and not allows_short and 0 <= level.on_hand + delta < promised:
            raise Conflict(
                "LEAVES_SHORT",
                _short(level.reserved, level.held, level.on_hand + delta),
                extra={"after": level.on_hand + delta, "promised": promised},
            )

    return check


def _units_at(level_id: UUID, line: Line) -> int:
    """The units that a line about a part of the level is about. The level is locked."""
    rows = StockItem.objects.order_by().filter(level=level_id)
    if line.stock_item_id is not None:
        rows = rows.filter(pk=line.stock_item_id)
    if line.bin is not None:
        rows = rows.filter(bin=line.bin)
    if line.lot is not None:
        rows = rows.filter(lot=line.lot)
    units: int = rows.aggregate(units=Sum("on_hand"))["units"] or 0
    return units


def _changed(access: Access, level_id: UUID, line: Line, now: int, saw: int | None) -> Stale:
    rows = Movement.objects.filter(level=level_id)
    if line.stock_item_id is not None:
        rows = rows.filter(stock_item=line.stock_item_id)
    latest = rows.order_by("-recorded_at", "-level_version").first()
    extra: dict[str, Any] = {"now": now, "saw": saw, "by": "", "at": None, "is_own": False}
    if latest is not None:
        is_own = latest.actor_type == access.actor.type and latest.actor_id == access.actor.id
        extra |= {"by": latest.actor_name, "at": latest.recorded_at, "is_own": is_own}
    return Stale("CHANGED_MEANWHILE", f"There are {now} units now.", extra=extra)


def _short(reserved: int, held: int, after: int) -> str:
    parts = [f"{reserved:,} reserved"] if reserved else []
    if held:
        parts.append(f"{held:,} held")
    promised = reserved + held
    return (
        f"Of these units {' and '.join(parts)}: with {after:,} left, {promised - after:,} of them would not be there. "
        f"The lowest that covers them is {promised:,}."
    )


def _outcome(recorded: Recorded, line: Line) -> Corrected:
    changes = recorded.posting.changes
    if not changes:
        there = recorded.posting.levels[line.level_key].on_hand
        if line.stock_item_id is not None:
            there = line.quantity or 0
        return Corrected(None, there, there)
    first, last = changes[0], changes[-1]
    if line.stock_item_id is not None:
        return Corrected(recorded.adjustment, first.item_after - first.delta, last.item_after)
    return Corrected(recorded.adjustment, first.level_before, last.level_after)


def _told(adjustment: Adjustment, *, is_of_item: bool) -> Corrected:
    """The same of an adjustment that was made before. Its movements are of one level."""
    rows = Movement.objects.filter(document_id=adjustment.pk, document_type=DocumentType.ADJUSTMENT)
    movements = list(rows.order_by("level_version"))
    first, last = movements[0], movements[-1]
    if is_of_item:
        return Corrected(adjustment, first.item_after - first.delta, last.item_after)
    return Corrected(adjustment, first.level_before, last.level_after)


def _remember(access: Access, reason: ReasonCode) -> None:
    if access.actor.type == ActorType.USER and remembered_reason(access=access) != str(reason.pk):
        keep_preferences(access=access, page=_PAGE, reason=str(reason.pk))
