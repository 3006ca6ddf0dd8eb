"""From lines to movements: the rules of the ledger, in memory, over locked levels. No database here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from inventory.formulas import available
from inventory.ledger.lines import Line, Mode
from inventory.ledger.state import BinState, Change, HeldChange, ItemState, LevelState, on_hand_of
from inventory.models import Nature, ReasonCode
from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses.identifiers import new_id
from warehouses.refusals import Conflict, InvalidInput, NotFound, Problem, Refusal, RuleBroken

__all__ = ["Plan", "overlaps", "plan_level", "refuse"]


@dataclass(slots=True)
class Plan:
    """What lines do to one level: movements, units held and released, and the lines that are refused."""

    changes: list[Change] = field(default_factory=list)
    held: list[HeldChange] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


def overlaps(one: Line, other: Line) -> bool:
    """Whether two lines about one level may touch the same stock item."""
    if (one.is_lotless and other.lot is not None) or (other.is_lotless and one.lot is not None):
        return False
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
) -> Plan:
    """What `lines` (position in the batch, line) do to `level`.

    Changes `level` and its items in place. What is released and what comes goes first, what leaves and what is
    promised last, so that lines of one batch add up instead of depending on their order. A refused line leaves its
    level half planned: the caller writes nothing then.
    """
    planner = _Planner(level, today, bins)
    # Named stock first: what a line names exactly must not be picked away by one that leaves the choice to us.
    for place, line in sorted(lines, key=lambda entry: (_turn(entry[1]), entry[1].is_whole_level)):
        try:
            planner.apply(place, line)
        except Refusal as refusal:
            planner.plan.refused.append(refusal)
    return planner.plan


def _turn(line: Line) -> int:
    quantity = line.quantity or 0
    if line.mode in {Mode.RESERVE, Mode.HOLD}:
        return 0 if quantity <= 0 else 4
    if line.mode is Mode.MOVE:
        return 2
    return 3 if line.mode is Mode.BY and quantity < 0 else 1


class _Planner:
    def __init__(self, level: LevelState, today: date, bins: Mapping[UUID, BinState]) -> None:
        self.level = level
        self.today = today
        self.bins = bins
        self.plan = Plan()

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
        scope = self.level.matching(
            stock_item_id=stock_item_id, bin_id=bin_id, lot_id=lot_id, is_lotless=line.is_lotless
        )
        if stock_item_id is not None and not scope:
            detail = f"{line.sku.code} in {line.warehouse.name} has no such stock item."
            raise refuse(line, NotFound, "STOCK_ITEM_NOT_FOUND", detail, field="stock_item")
        match line.mode:
            case Mode.RESERVE:
                self._reserve(line, line.quantity)
            case Mode.HOLD:
                self._hold(place, line, line.quantity, scope)
            case Mode.MOVE:
                self._relocate(place, line, line.quantity, scope)
            case Mode.BY:
                self._change(place, line, line.quantity, scope)
            case Mode.TO:
                self._change(place, line, line.quantity - on_hand_of(scope), scope)

    def _change(self, place: int, line: Line, delta: int, scope: list[ItemState]) -> None:
        reason = reason_of(line)
        if line.mode is Mode.BY and not reason.allows(delta):
            raise refuse(
                line,
                RuleBroken,
                "REASON_DIRECTION",
                f"The reason {reason.code} {reason.get_direction_display().lower()};"
                f" a change of {delta:+d} does not fit it.",
                field="reason",
            )
        if delta > 0:
            self._increase(place, line, delta, scope)
        elif delta < 0:
            self._decrease(place, line, -delta, scope)

    def _reserve(self, line: Line, amount: int) -> None:
        """Promise `amount` more of the level, or less: never more than could leave today."""
        level = self.level
        most = self._issuable(level.items)
        if amount > most:
            raise self._unavailable(line, amount, most, "can be promised")
        if level.reserved + amount < 0:
            raise ValueError("More is released than was ever reserved.")
        level.reserved += amount
        level.is_changed = level.is_changed or amount != 0

    def _hold(self, place: int, line: Line, amount: int, scope: list[ItemState]) -> None:
        """Hold `amount` more in the scope, what may leave first; or release what the scope holds."""
        if amount < 0:
            if -amount > sum(item.held for item in scope):
                raise ValueError("More is released than was ever held.")
            for item in scope:
                part = min(-amount, item.held)
                if part:
                    self._hold_item(place, item, -part)
                    amount += part
            return
        # Of what may leave only what no reservation counts on; on the rest none does.
        good = self._issuable(scope)
        rest = [(item, item.free) for item in scope if not item.is_pickable(self.today)]
        most = min(self._available(), good + on_offer(rest))
        if amount > most:
            raise self._unavailable(line, amount, most, "can be held")
        amount = most if line.takes_all else amount
        good = min(amount, good)
        self._hold_up_to(place, good, self._pickable(scope))
        self._hold_up_to(place, amount - good, rest)

    def _hold_up_to(self, place: int, amount: int, sources: Sequence[tuple[ItemState, int]]) -> None:
        for item, gives in sources:
            part = min(amount, gives)
            if part:
                self._hold_item(place, item, part)
                amount -= part

    def _hold_item(self, place: int, item: ItemState, delta: int) -> None:
        item.held += delta
        item.is_changed = True
        self.level.held += delta
        self.level.is_changed = True
        self.plan.held.append(HeldChange(item, place, delta))

    def _relocate(self, place: int, line: Line, amount: int, scope: list[ItemState]) -> None:
        """Out of the scope and into the other bin or lot, item by item: the level stays as it is."""
        if amount <= 0:
            raise refuse(line, InvalidInput, "INVALID_QUANTITY", "A quantity that is moved is 1 or more.")
        sources = [
            item
            for item in scope
            if self._goal(line, item) != (item.bin_id, item.lot_id)
            and (line.from_outside is None or item.room_id != line.from_outside.pk)
        ]
        is_named = line.lot is not None or line.stock_item_id is not None or line.is_lotless
        gives = [
            (item, item.on_hand if line.is_fact else item.free)
            for item in sources
            if line.is_fact or is_named or item.is_pickable(self.today)
        ]
        most = on_offer(gives)
        if amount > most:
            raise self._unavailable(line, amount, most, "can be moved")
        for item, part in gives if not line.is_fact else self._free_first(gives):
            taken = min(amount, part, item.on_hand)
            if taken:
                amount -= taken
                bin_id, lot_id = self._goal(line, item)
                goal = self._item_at(line, bin_id, lot_id, like=item)
                self._move(place, item, -taken)
                self._move(place, goal, taken)

    @staticmethod
    def _goal(line: Line, item: ItemState) -> tuple[UUID, UUID | None]:
        return (
            line.to_bin.pk if line.to_bin is not None else item.bin_id,
            line.to_lot.pk if line.to_lot is not None else item.lot_id,
        )

    @staticmethod
    def _free_first(gives: Sequence[tuple[ItemState, int]]) -> list[tuple[ItemState, int]]:
        """What is held is taken last."""
        return [(item, item.free) for item, _ in gives] + [
            (item, on_hand - item.free) for item, on_hand in gives
        ]

    def _unavailable(self, line: Line, amount: int, most: int, what: str) -> Refusal:
        return refuse(
            line,
            Conflict,
            "STOCK_UNAVAILABLE",
            f"{line.sku.code} in {line.warehouse.name} has {most} units that {what}; {amount} were asked for.",
            available=most,
        )

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
        if self.level.is_lot_controlled and line.lot is None and not line.is_lotless:
            raise refuse(
                line,
                RuleBroken,
                "LOT_REQUIRED",
                f"{line.sku.code} is lot-controlled: name the lot that the {amount} more units belong to.",
                field="lot",
            )
        shelf = self.bins[line.bin.pk] if line.bin else self._default_bin()
        self._move(place, self._item_at(line, shelf.id, line.lot.pk if line.lot else None), amount)

    def _item_at(
        self, line: Line, bin_id: UUID, lot_id: UUID | None, *, like: ItemState | None = None
    ) -> ItemState:
        """The stock item of that bin and lot, made if there is none; its lot is the line's, or that of `like`."""
        item = self.level.item_at(bin_id, lot_id)
        if item is not None:
            return item
        shelf = self.bins.get(bin_id)
        item = ItemState(
            id=line.new_item_id or new_id(),
            bin_id=bin_id,
            lot_id=lot_id,
            is_sellable=shelf.is_sellable if shelf is not None else like is None or like.is_sellable,
            room_type=getattr(shelf or like, "room_type", None),
            is_new=True,
        )
        lot = line.to_lot if line.mode is Mode.MOVE else line.lot
        if lot is not None:
            item.expires_on, item.received_at, item.lot_state = lot.expires_on, lot.received_at, lot.state
        elif like is not None:
            item.expires_on, item.received_at, item.lot_state = (
                like.expires_on,
                like.received_at,
                like.lot_state,
            )
        self.level.items.append(item)
        return item

    def _default_bin(self) -> BinState:
        return next(
            shelf
            for shelf in self.bins.values()
            if shelf.is_default and shelf.warehouse_id == self.level.warehouse_id
        )

    def _decrease(self, place: int, line: Line, amount: int, scope: list[ItemState]) -> None:
        is_issue = line.mode is Mode.BY and reason_of(line).nature == Nature.ISSUE and not line.is_fact
        there = on_hand_of(scope)
        most = there
        if is_issue:
            most = on_offer(self._pickable(scope)) if line.is_promised else self._issuable(scope)
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
        """What may leave: neither promised, held, expired nor to be destroyed. Expired stock backs no reservation.

        Never more than is available: a correction may have left an item with less than is held of it, and what is
        missing there is free nowhere else.
        """
        everywhere = on_offer(self._pickable(self.level.items))
        here = on_offer(self._pickable(scope))
        return max(min(here, everywhere - self.level.reserved, self._available()), 0)

    def _available(self) -> int:
        level = self.level
        return max(available(on_hand=level.on_hand, reserved=level.reserved, held=level.held), 0)

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
        self.plan.changes.append(
            Change(level, item, place, delta, before, level.on_hand, item.on_hand, level.version)
        )


def on_offer(sources: Iterable[tuple[ItemState, int]]) -> int:
    return sum(gives for _, gives in sources)


def reason_of(line: Line) -> ReasonCode:
    """A line that writes movements has a reason; one without is a programming error."""
    if line.reason is None:
        raise ValueError("A change of stock has a reason.")
    return line.reason


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
