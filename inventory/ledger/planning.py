"""From lines to movements: the rules of the ledger, in memory, over locked levels. No database here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from uuid import UUID

from inventory.formulas import available
from inventory.ledger.lines import Line, Mode
from inventory.ledger.state import Change, ItemState, LevelState, on_hand_of
from inventory.models import Nature
from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses.identifiers import new_id
from warehouses.refusals import InvalidInput, Problem, Refusal, RuleBroken

__all__ = ["overlaps", "plan_level"]


def overlaps(one: Line, other: Line) -> bool:
    """Whether two lines about one level may touch the same stock item."""
    return not any(
        mine is not None and yours is not None and mine != yours
        for mine, yours in zip(one.scope, other.scope, strict=True)
    )


def plan_level(
    level: LevelState,
    lines: Sequence[tuple[int, Line]],
    *,
    today: date,
    default_bin: Callable[[], UUID],
) -> tuple[list[Change], list[Refusal]]:
    """The movements that `lines` (position in the batch, line) make on `level`, and the lines that are refused.

    Changes `level` and its items in place. Increases come first, so that lines of one batch add up instead of
    depending on their order. A refused line leaves its level half planned: the caller writes nothing then.
    """
    planner = _Planner(level, today, default_bin)
    refused: list[Refusal] = []
    for place, line in _ordered(level, lines):
        try:
            planner.apply(place, line)
        except Refusal as refusal:
            refused.append(refusal)
    return planner.changes, refused


def _ordered(level: LevelState, lines: Sequence[tuple[int, Line]]) -> list[tuple[int, Line]]:
    def is_decrease(entry: tuple[int, Line]) -> bool:
        line = entry[1]
        return line.mode is Mode.BY and (line.quantity or 0) < 0

    # Named stock first: what a line names exactly must not be picked away by one that leaves the choice to us.
    return sorted(lines, key=lambda entry: (is_decrease(entry), entry[1].scope == (None, None, None)))


class _Planner:
    def __init__(self, level: LevelState, today: date, default_bin: Callable[[], UUID]) -> None:
        self.level = level
        self.today = today
        self.default_bin = default_bin
        self.changes: list[Change] = []

    def apply(self, place: int, line: Line) -> None:
        self._change_settings(line)
        if line.quantity is None:
            return
        if abs(line.quantity) > MAXIMUM_QUANTITY or (line.mode is Mode.TO and line.quantity < 0):
            raise _refuse(
                line, InvalidInput, "INVALID_QUANTITY", f"A quantity is at most {MAXIMUM_QUANTITY:,} units."
            )
        stock_item_id, bin_id, lot_id = line.scope
        scope = self.level.matching(stock_item_id=stock_item_id, bin_id=bin_id, lot_id=lot_id)
        delta = line.quantity if line.mode is Mode.BY else line.quantity - on_hand_of(scope)
        if line.mode is Mode.BY and not line.reason.allows(delta):
            raise _refuse(
                line,
                RuleBroken,
                "REASON_DIRECTION",
                f"The reason {line.reason.code} {line.reason.get_direction_display().lower()};"
                f" a change of {delta:+d} does not fit it.",
                field="reason",
            )
        if delta > 0:
            self._increase(place, line, delta, scope)
        elif delta < 0:
            self._decrease(place, line, -delta, scope)

    def _change_settings(self, line: Line) -> None:
        if line.settings is None:
            return
        for name in ("safety_stock", "reorder_point", "reorder_quantity"):
            wanted = getattr(line.settings, name)
            if wanted is not None and wanted != getattr(self.level, name):
                setattr(self.level, name, wanted)
                self.level.is_changed = True

    def _increase(self, place: int, line: Line, amount: int, scope: list[ItemState]) -> None:
        if self.level.on_hand + amount > MAXIMUM_QUANTITY:
            raise _refuse(
                line,
                RuleBroken,
                "QUANTITY_TOO_LARGE",
                f"{line.sku.code} would exceed {MAXIMUM_QUANTITY:,} units in {line.warehouse.name}.",
            )
        if line.stock_item_id is not None:
            self._move(place, scope[0], amount)
            return
        if line.sku.is_lot_controlled and line.lot is None:
            raise _refuse(
                line,
                RuleBroken,
                "LOT_REQUIRED",
                f"{line.sku.code} is lot-controlled: name the lot that the {amount} more units belong to.",
                field="lot",
            )
        bin_id = line.bin.pk if line.bin else self.default_bin()
        lot_id = line.lot.pk if line.lot else None
        item = self.level.item_at(bin_id, lot_id)
        if item is None:
            item = ItemState(id=new_id(), bin_id=bin_id, lot_id=lot_id, is_new=True)
            if line.lot is not None:
                item.expires_on = line.lot.expires_on
                item.received_at = line.lot.received_at
                item.lot_state = line.lot.state
            self.level.items.append(item)
        self._move(place, item, amount)

    def _decrease(self, place: int, line: Line, amount: int, scope: list[ItemState]) -> None:
        there = on_hand_of(scope)
        if amount > there:
            raise _refuse(
                line,
                RuleBroken,
                "NEGATIVE_QUANTITY",
                f"{line.sku.code} in {line.warehouse.name} has {there} units; {amount} cannot be taken.",
                available=there,
            )
        if line.mode is Mode.BY and line.reason.nature == Nature.ISSUE:
            self._issue(place, line, amount, scope)
        else:
            self._correct(place, amount, scope)

    def _issue(self, place: int, line: Line, amount: int, scope: list[ItemState]) -> None:
        """Goods leave: only what is neither promised, held nor expired."""
        pickable = [item for item in scope if item.is_pickable(self.today) and item.free > 0]
        promised = available(
            on_hand=self.level.on_hand, reserved=self.level.reserved, held=self.level.held
        )
        most = max(min(promised, sum(item.free for item in pickable)), 0)
        if amount > most:
            raise _refuse(
                line,
                RuleBroken,
                "INSUFFICIENT_STOCK",
                f"{line.sku.code} in {line.warehouse.name} has {most} available units; {amount} cannot be issued.",
                available=most,
            )
        self._take(place, amount, [(item, item.free) for item in pickable])

    def _correct(self, place: int, amount: int, scope: list[ItemState]) -> None:
        """The record is put right: what is free and pickable first, then whatever else is there."""
        rest = self._take(
            place, amount, [(item, item.free) for item in scope if item.is_pickable(self.today)]
        )
        self._take(place, rest, [(item, item.on_hand) for item in scope])

    def _take(self, place: int, amount: int, sources: Sequence[tuple[ItemState, int]]) -> int:
        """Take up to `amount`, from each source at most what it gives; returns what is left to take."""
        for item, gives in sources:
            part = min(amount, gives, item.on_hand)
            if part > 0:
                self._move(place, item, -part)
                amount -= part
        return amount

    def _move(self, place: int, item: ItemState, delta: int) -> None:
        level = self.level
        before = level.on_hand
        level.on_hand += delta
        level.version += 1
        level.is_changed = True
        item.on_hand += delta
        item.is_changed = True
        self.changes.append(
            Change(level, item, place, delta, before, level.on_hand, item.on_hand, level.version)
        )


def _refuse(
    line: Line,
    category: type[Refusal],
    code: str,
    detail: str,
    *,
    field: str = "quantity",
    available: int | None = None,
) -> Refusal:
    extra = {} if available is None else {"available": available}
    return category(code, detail, problems=[Problem(code, detail, line.index, field)], extra=extra)
