"""The ledger again, in plain Python: what stock should be after a batch, worked out without the product's code.

It knows the rules from docs and DESIGN only: a batch is all or nothing; changes to one place add up, so what is freed
and what comes goes first, then what is moved, what leaves, what is promised; what is named goes before what is left to
choice; goods leave first expired first out, from sellable rooms first, never expired, quarantined, held, promised or
more than there is; corrections take those last. A promise that has run out does not count.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, fields
from datetime import date, datetime

__all__ = ["LevelModel", "Move", "Place", "Promise", "Refused", "Row", "Shelf", "Stock", "Tray", "Ware"]

LARGEST = 1_000_000_000


@dataclass(frozen=True)
class Shelf:
    """A bin; nothing leaves from one for goods that are to be destroyed."""

    name: str
    sellable: bool = True
    leaves: bool = True
    capacity: int | None = None


@dataclass(frozen=True)
class Tray:
    """A lot."""

    name: str
    ware: str
    expires_on: date | None
    received: int
    leaves: bool = True  # neither quarantined nor marked as expired


@dataclass(frozen=True)
class Ware:
    """A SKU."""

    name: str
    needs_lot: bool = False
    thresholds: tuple[int, int, int] = (0, 0, 0)


@dataclass(frozen=True)
class Place:
    """A stock item: bin and lot within a level."""

    shelf: Shelf
    tray: Tray | None


@dataclass(frozen=True)
class Row:
    """A line: one of `change`, `set_to`, `shift`, `promise` and `hold`, or none; `thresholds` are safety stock,
    reorder point, reorder quantity. A promise or a hold has a `name`, by which it is released (negative).
    """

    ware: Ware
    house: str
    change: int | None = None
    set_to: int | None = None
    shift: int | None = None
    promise: int | None = None
    hold: int | None = None
    name: str = ""
    until: datetime | None = None
    issue: bool = False
    fact: bool = False
    kept: bool = False  # it keeps a promise that the batch releases
    keeps: bool = False  # to the capacity of the bin that it names as its goal
    shelf: Shelf | None = None
    tray: Tray | None = None
    place: Place | None = None
    lotless: bool = False
    to_shelf: Shelf | None = None
    to_tray: Tray | None = None
    thresholds: tuple[int | None, int | None, int | None] = (None, None, None)

    def __repr__(self) -> str:
        """What it says, without what it leaves out."""
        said = {each.name: getattr(self, each.name) for each in fields(self)}
        words = [
            f"{each.name}={said[each.name]!r}" for each in fields(self)[2:] if said[each.name] != each.default
        ]
        return f"Row({self.ware.name}, {self.house}, {', '.join(words)})"

    def covers(self, place: Place) -> bool:
        return (
            (self.place is None or self.place == place)
            and (self.shelf is None or self.shelf == place.shelf)
            and (self.tray is None or self.tray == place.tray)
            and not (self.lotless and place.tray is not None)
        )

    @property
    def target(self) -> Shelf | None:
        """The bin that it names to put something into."""
        if self.shift is not None:
            return self.to_shelf
        return self.shelf if self.set_to is not None or (self.change or 0) > 0 else None

    def goal(self, place: Place) -> Place:
        """Where a shift brings what is in the place."""
        return Place(self.to_shelf or place.shelf, self.to_tray or place.tray)

    @property
    def is_precise(self) -> bool:
        return self.lotless or self.shelf is not None or self.tray is not None or self.place is not None


@dataclass(frozen=True)
class Move:
    """A movement as the level sees it."""

    place: Place
    delta: int
    before: int
    after: int
    place_after: int


class Refused(Exception):
    """The causes of a refused batch: (row, code)."""

    def __init__(self, causes: list[tuple[int, str]]) -> None:
        super().__init__(causes)
        self.causes = causes


@dataclass
class Promise:
    units: int
    until: datetime | None


@dataclass
class LevelModel:
    thresholds: tuple[int, int, int]
    version: int = 0
    units: dict[Place, int] = field(default_factory=dict)  # in the order of first arrival
    moves: list[Move] = field(default_factory=list)
    promises: dict[str, Promise] = field(default_factory=dict)
    holds: dict[str, dict[Place, int]] = field(default_factory=dict)

    @property
    def on_hand(self) -> int:
        return sum(self.units.values())

    @property
    def reserved(self) -> int:
        return sum(promise.units for promise in self.promises.values())

    @property
    def held(self) -> int:
        return sum(sum(parts.values()) for parts in self.holds.values())

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved - self.held

    def held_in(self, place: Place) -> int:
        return sum(parts.get(place, 0) for parts in self.holds.values())

    def free_in(self, place: Place) -> int:
        return max(self.units[place] - self.held_in(place), 0)

    def run_out(self, now: datetime) -> bool:
        """Forget the promises that have run out; whether there were any."""
        due = [name for name, each in self.promises.items() if each.until is not None and each.until <= now]
        for name in due:
            del self.promises[name]
        return bool(due)


@dataclass
class Stock:
    """One organization's stock."""

    default_shelf: Shelf
    today: date
    levels: dict[tuple[str, str], LevelModel] = field(default_factory=dict)
    #: The order of equal places, which is that of the ids the database gave them.
    ranks: dict[tuple[str, str, Place], int] = field(default_factory=dict)
    #: Lots that were quarantined or marked as expired since they began.
    spoilt: set[Tray] = field(default_factory=set)

    def post(self, rows: list[Row], now: datetime) -> list[tuple[tuple[str, str], Move]]:
        """Do it all, or raise Refused and do nothing."""
        causes = self._contradictions(rows)
        after = copy.deepcopy(self.levels)
        made: list[tuple[tuple[str, str], Move]] = []
        faulty = {row for row, _ in causes}
        touched = {
            key for row in rows if (key := (row.ware.name, row.house)) in after and after[key].run_out(now)
        }
        versions = {key: level.version for key, level in self.levels.items()}
        for number, row in self._in_order(rows):
            if number in faulty:
                continue
            key = (row.ware.name, row.house)
            level = after.setdefault(key, LevelModel(row.ware.thresholds))
            if key not in self.levels:
                touched.add(key)
            wanted = tuple(
                old if new is None else new for old, new in zip(level.thresholds, row.thresholds, strict=True)
            )
            if wanted != level.thresholds:
                level.thresholds = wanted  # type: ignore[assignment]
                touched.add(key)
            if row.promise or row.hold:
                touched.add(key)
            try:
                moves = self._moves(key, level, row)
            except ValueError as cause:
                causes.append((number, str(cause)))
                continue
            made += [(key, move) for move in moves]
        if len(causes) == len(faulty):
            causes += self._overfull([row for row in enumerate(rows) if row[0] not in faulty], made)
        if causes:
            raise Refused(sorted(causes))
        for key in touched:
            if after[key].version == versions.get(key, 0):
                after[key].version += 1
        self.levels = after
        return made

    def _overfull(
        self, rows: list[tuple[int, Row]], made: list[tuple[tuple[str, str], Move]]
    ) -> list[tuple[int, str]]:
        """Rows that would fill a bin beyond what it holds; the batch counts as a whole."""
        found = []
        for number, row in rows:
            shelf = row.target
            if not row.keeps or shelf is None or shelf.capacity is None:
                continue
            growth = sum(
                move.delta for (_, house), move in made if (house, move.place.shelf) == (row.house, shelf)
            )
            inside = sum(
                units
                for (_, house), level in self.levels.items()
                for place, units in level.units.items()
                if (house, place.shelf) == (row.house, shelf)
            )
            if growth > 0 and inside + growth > shelf.capacity:
                found.append((number, "BIN_FULL"))
        return found

    def run_out(self, keys: list[tuple[str, str]], now: datetime) -> None:
        """What happens to promises when nothing else does."""
        for key in keys:
            if self.levels[key].run_out(now):
                self.levels[key].version += 1

    def _contradictions(self, rows: list[Row]) -> list[tuple[int, str]]:
        """Rows that set what another row of the batch sets or changes."""
        found = []
        for number, row in enumerate(rows):
            if row.set_to is None:
                continue
            others = [
                (place, other)
                for place, other in enumerate(rows)
                if (other.ware, other.house) == (row.ware, row.house) and place != number
            ]
            is_changed = any(other.change is not None or other.shift is not None for _, other in others)
            is_set = any(
                other.set_to is not None and place < number and meet(row, other) for place, other in others
            )
            if is_changed or is_set:
                found.append((number, "DUPLICATE_ROW"))
        return found

    def _in_order(self, rows: list[Row]) -> list[tuple[int, Row]]:
        def turn(row: Row) -> str:
            if row.promise is not None or row.hold is not None:
                return "freed" if (row.promise or row.hold or 0) <= 0 else "promised"
            if row.shift is not None:
                return "moved"
            return "leaving" if (row.change or 0) < 0 else "coming"

        numbered = list(enumerate(rows))
        return [
            (number, row)
            for wanted in ("freed", "coming", "moved", "leaving", "promised")
            for is_precise in (True, False)
            for number, row in numbered
            if turn(row) == wanted and row.is_precise == is_precise
        ]

    def _moves(self, key: tuple[str, str], level: LevelModel, row: Row) -> list[Move]:
        inside = self._fefo(key, [place for place in level.units if row.covers(place)])
        if row.promise is not None:
            self._promise(level, row, row.promise)
            return []
        if row.hold is not None:
            self._hold(level, row, row.hold, inside)
            return []
        if row.shift is not None:
            return self._shift(level, row, row.shift, inside)
        there = sum(level.units[place] for place in inside)
        if row.set_to is not None:
            delta = row.set_to - there
        elif row.change is not None:
            delta = row.change
            if row.issue and delta > 0:
                raise ValueError("REASON_DIRECTION")
        else:
            return []
        if delta > 0:
            return [self._put(level, row, delta)]
        if -delta > there:
            raise ValueError("NEGATIVE_QUANTITY")
        is_issue = row.issue and row.set_to is None and not row.fact
        most = self._leavable(level, inside)
        if row.kept:
            most = sum(level.free_in(place) for place in inside if self._may_leave(place))
        if is_issue and -delta > most:
            raise ValueError("INSUFFICIENT_STOCK")
        moves = []
        for good in (True, False):
            for place in inside:
                if good and not self._may_leave(place):
                    continue
                part = min(-delta, level.free_in(place) if good else level.units[place])
                if part:
                    moves.append(self._move(level, place, -part))
                    delta += part
        assert delta == 0
        return moves

    def _leavable(self, level: LevelModel, inside: list[Place]) -> int:
        """How much of some places could leave today: free, and not what the promises count on."""
        good = {place: level.free_in(place) for place in level.units if self._may_leave(place)}
        here = sum(good.get(place, 0) for place in inside)
        return max(min(here, sum(good.values()) - level.reserved, level.available), 0)

    def _promise(self, level: LevelModel, row: Row, amount: int) -> None:
        if amount > self._leavable(level, list(level.units)):
            raise ValueError("STOCK_UNAVAILABLE")
        if amount > 0:
            level.promises[row.name] = Promise(amount, row.until)
        elif amount < 0:
            level.promises[row.name].units += amount
            assert level.promises[row.name].units >= 0
            if not level.promises[row.name].units:
                del level.promises[row.name]

    def _hold(self, level: LevelModel, row: Row, amount: int, inside: list[Place]) -> None:
        if amount < 0:
            assert row.place is not None
            level.holds[row.name][row.place] += amount
            assert level.holds[row.name][row.place] >= 0
            return
        good = self._leavable(level, inside)
        bad = [place for place in inside if not self._may_leave(place)]
        if amount > min(good + sum(level.free_in(place) for place in bad), max(level.available, 0)):
            raise ValueError("STOCK_UNAVAILABLE")
        if not amount:
            return
        from_good = min(amount, good)
        parts: dict[Place, int] = {}
        for places, wanted in (
            ([place for place in inside if place not in bad], from_good),
            (bad, amount - from_good),
        ):
            for place in places:
                part = min(wanted, level.free_in(place))
                if part:
                    parts[place] = part
                    wanted -= part
            assert wanted == 0
        level.holds[row.name] = parts

    def _shift(self, level: LevelModel, row: Row, amount: int, inside: list[Place]) -> list[Move]:
        if amount < 1:
            raise ValueError("INVALID_QUANTITY")
        is_named = row.lotless or row.tray is not None or row.place is not None
        sources = [
            place
            for place in inside
            if row.goal(place) != place and (row.fact or is_named or self._may_leave(place))
        ]
        offered = sum(level.units[place] if row.fact else level.free_in(place) for place in sources)
        if amount > offered:
            raise ValueError("STOCK_UNAVAILABLE")
        moves = []
        for held_too in (False, True):
            for place in sources:
                part = min(amount, level.units[place] if held_too else level.free_in(place))
                if not part:
                    continue
                amount -= part
                goal = row.goal(place)
                level.units.setdefault(goal, 0)
                moves += [self._move(level, place, -part), self._move(level, goal, part)]
        assert amount == 0
        return moves

    def _put(self, level: LevelModel, row: Row, amount: int) -> Move:
        if level.on_hand + amount > LARGEST:
            raise ValueError("QUANTITY_TOO_LARGE")
        if row.place is None and row.ware.needs_lot and row.tray is None and not row.lotless:
            raise ValueError("LOT_REQUIRED")
        place = row.place or Place(row.shelf or self.default_shelf, row.tray)
        level.units.setdefault(place, 0)
        return self._move(level, place, amount)

    def _move(self, level: LevelModel, place: Place, delta: int) -> Move:
        before = level.on_hand
        level.units[place] += delta
        level.version += 1
        move = Move(place, delta, before, level.on_hand, level.units[place])
        level.moves.append(move)
        return move

    def _may_leave(self, place: Place) -> bool:
        tray = place.tray
        if not place.shelf.leaves:
            return False
        if tray is None:
            return True
        return (
            tray not in self.spoilt
            and tray.leaves
            and (tray.expires_on is None or tray.expires_on >= self.today)
        )

    def _fefo(self, key: tuple[str, str], places: list[Place]) -> list[Place]:
        def order(place: Place) -> tuple[object, ...]:
            tray = place.tray
            newest = len(self.ranks) + len(places)
            return (
                0 if place.shelf.sellable else 1,
                tray.expires_on if tray and tray.expires_on else date.max,
                tray.received if tray else 10**9,
                self.ranks.get((*key, place), newest),  # one that this batch makes is the newest
            )

        return sorted(places, key=order)  # type: ignore[arg-type]

    def reversal_of(self, made: list[tuple[tuple[str, str], Move]], wares: dict[str, Ware]) -> list[Row]:
        """The rows that undo an adjustment."""
        return [Row(wares[key[0]], key[1], change=-move.delta, place=move.place) for key, move in made]


def meet(one: Row, other: Row) -> bool:
    """Whether a place is, or may be, inside both rows."""
    named = [(one.shelf, other.shelf), (one.tray, other.tray), (one.place, other.place)]
    if (one.lotless and other.tray is not None) or (other.lotless and one.tray is not None):
        return False
    return all(mine is None or yours is None or mine == yours for mine, yours in named)
