"""From lines to movements: the rules of the ledger, in memory, over locked levels. No database here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from inventory.ledger.lines import Line, Mode
from inventory.ledger.state import BinState, Change, ItemState, LevelState, on_hand_of
from inventory.models import Nature
from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses.identifiers import new_id
from warehouses.refusals import InvalidInput, NotFound, Problem, Refusal, RuleBroken

__all__ = ["overlaps", "plan_level", "refuse"]


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
    bins: Mapping[UUID, BinState],
) -> tuple[list[Change], list[Refusal]]:
    """The movements that `lines` (position in the batch, line) make on `level`, and the lines that are refused.

    Changes `level` and its items in place. Increases come first, so that lines of one batch add up instead of
    depending on their order. A refused line leaves its level half planned: the caller writes nothing then.
    """
    planner = _Planner(level, today, bins)
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
    def __init__(self, level: LevelState, today: date, bins: Mapping[UUID, BinState]) -> None:
        self.level = level
        self.today = today
        self.bins = bins
        self.changes: list[Change] = []

    def apply(self, place: int, line: Line) -> None:
        self._change_settings(line)
        if line.quantity is None:
            return
        if line.mode is Mode.TO and line.quantity < 0:
            detail = f"A quantity of {line.quantity} is negative."
            raise refuse(line, RuleBroken, "NEGATIVE_QUANTITY", detail)
        if abs(line.quantity) > MAXIMUM_QUANTITY:
            raise refuse(
                line, InvalidInput, "INVALID_QUANTITY", f"A quantity is at most {MAXIMUM_QUANTITY:,} units."
            )
        stock_item_id, bin_id, lot_id = line.scope
        scope = self.level.matching(stock_item_id=stock_item_id, bin_id=bin_id, lot_id=lot_id)
        if stock_item_id is not None and not scope:
            detail = f"{line.sku.code} in {line.warehouse.name} has no such stock item."
            raise refuse(line, NotFound, "STOCK_ITEM_NOT_FOUND", detail, field="stock_item")
        delta = line.quantity if line.mode is Mode.BY else line.quantity - on_hand_of(scope)
        if line.mode is Mode.BY and not line.reason.allows(delta):
            raise refuse(
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
            raise refuse(
                line,
                RuleBroken,
                "QUANTITY_TOO_LARGE",
                f"{line.sku.code} would exceed {MAXIMUM_QUANTITY:,} units in {line.warehouse.name}.",
            )
        if line.stock_item_id is not None:
            self._move(place, scope[0], amount)
            return
        if line.sku.is_lot_controlled and line.lot is None:
            raise refuse(
                line,
                RuleBroken,
                "LOT_REQUIRED",
                f"{line.sku.code} is lot-controlled: name the lot that the {amount} more units belong to.",
                field="lot",
            )
        shelf = self.bins[line.bin.pk] if line.bin else self._default_bin()
        lot_id = line.lot.pk if line.lot else None
        item = self.level.item_at(shelf.id, lot_id)
        if item is None:
            item = ItemState(
                id=line.new_item_id or new_id(),
                bin_id=shelf.id,
                lot_id=lot_id,
                is_sellable=shelf.is_sellable,
                is_new=True,
            )
            if line.lot is not None:
                item.expires_on = line.lot.expires_on
                item.received_at = line.lot.received_at
                item.lot_state = line.lot.state
            self.level.items.append(item)
        self._move(place, item, amount)

    def _default_bin(self) -> BinState:
        return next(
            shelf
            for shelf in self.bins.values()
            if shelf.is_default and shelf.warehouse_id == self.level.warehouse_id
        )

    def _decrease(self, place: int, line: Line, amount: int, scope: list[ItemState]) -> None:
        is_issue = line.mode is Mode.BY and line.reason.nature == Nature.ISSUE and not line.is_fact
        there = on_hand_of(scope)
        most = self._issuable(scope) if is_issue else there
        if amount > most:
            # The same code whoever asks for more than there is at all; less than that is promised, held or expired.
            code = "NEGATIVE_QUANTITY" if amount > there else "INSUFFICIENT_STOCK"
            what = "available units" if is_issue else "units"
            raise refuse(
                line,
                RuleBroken,
                code,
                f"{line.sku.code} in {line.warehouse.name} has {most} {what}; {amount} cannot be taken.",
                available=most,
            )
        if is_issue:
            self._take(place, amount, self._pickable(scope))
        else:
            self._correct(place, amount, scope)

    def _issuable(self, scope: Sequence[ItemState]) -> int:
        """What may leave: neither promised, held nor expired. Expired stock backs no reservation."""
        everywhere = sum(free for _, free in self._pickable(self.level.items))
        here = sum(free for _, free in self._pickable(scope))
        return max(min(here, everywhere - self.level.reserved), 0)

    def _pickable(self, items: Sequence[ItemState]) -> list[tuple[ItemState, int]]:
        """The items that goods may leave from, each with what is free there."""
        return [(item, item.free) for item in items if item.is_pickable(self.today)]

    def _correct(self, place: int, amount: int, scope: list[ItemState]) -> None:
        """The record is put right: what is free and pickable first, then whatever else is there."""
        rest = self._take(place, amount, self._pickable(scope))
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


def refuse(
    line: Line,
    category: type[Refusal],
    code: str,
    detail: str,
    *,
    field: str = "quantity",
    available: int | None = None,
) -> Refusal:
    """A refusal of one line; `available` tells how much there is."""
    extra = {} if available is None else {"available": available}
    return category(code, detail, problems=[Problem(code, detail, line.index, field)], extra=extra)
