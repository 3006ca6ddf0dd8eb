"""The ledger again, in plain Python: what stock should be after a batch, worked out without the product's code.

It knows the rules from docs and DESIGN only: a batch is all or nothing; changes to one place add up, so increases go
first; what is named goes before what is left to choice; goods leave first expired first out, from sellable rooms
first, never expired, quarantined or more than there is; corrections take those last.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import date

__all__ = ["LevelModel", "Move", "Place", "Refused", "Row", "Shelf", "Stock", "Tray", "Ware"]

LARGEST = 1_000_000_000


@dataclass(frozen=True)
class Shelf:
    """A bin."""

    name: str
    sellable: bool = True


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
    """A line: `set_to` or `change` or neither; `thresholds` are safety stock, reorder point, reorder quantity."""

    ware: Ware
    house: str
    change: int | None = None
    set_to: int | None = None
    issue: bool = False
    shelf: Shelf | None = None
    tray: Tray | None = None
    place: Place | None = None
    thresholds: tuple[int | None, int | None, int | None] = (None, None, None)

    def covers(self, place: Place) -> bool:
        return (
            (self.place is None or self.place == place)
            and (self.shelf is None or self.shelf == place.shelf)
            and (self.tray is None or self.tray == place.tray)
        )

    @property
    def is_precise(self) -> bool:
        return self.shelf is not None or self.tray is not None or self.place is not None


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
class LevelModel:
    thresholds: tuple[int, int, int]
    version: int = 0
    units: dict[Place, int] = field(default_factory=dict)  # in the order of first arrival
    moves: list[Move] = field(default_factory=list)

    @property
    def on_hand(self) -> int:
        return sum(self.units.values())


@dataclass
class Stock:
    """One organization's stock."""

    default_shelf: Shelf
    today: date
    levels: dict[tuple[str, str], LevelModel] = field(default_factory=dict)
    #: The order of equal places, which is that of the ids the database gave them.
    ranks: dict[tuple[str, str, Place], int] = field(default_factory=dict)

    def post(self, rows: list[Row]) -> list[tuple[tuple[str, str], Move]]:
        """Do it all, or raise Refused and do nothing."""
        causes = self._contradictions(rows)
        after = copy.deepcopy(self.levels)
        made: list[tuple[tuple[str, str], Move]] = []
        faulty = {row for row, _ in causes}
        touched: set[tuple[str, str]] = set()
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
            try:
                moves = self._moves(key, level, row)
            except ValueError as cause:
                causes.append((number, str(cause)))
                continue
            made += [(key, move) for move in moves]
        if causes:
            raise Refused(sorted(causes))
        for key in touched:
            if after[key].version == versions.get(key, 0):
                after[key].version += 1
        self.levels = after
        return made

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
            is_changed = any(other.change is not None for _, other in others)
            is_set = any(
                other.set_to is not None and place < number and meet(row, other) for place, other in others
            )
            if is_changed or is_set:
                found.append((number, "DUPLICATE_ROW"))
        return found

    def _in_order(self, rows: list[Row]) -> list[tuple[int, Row]]:
        numbered = list(enumerate(rows))
        falls = [entry for entry in numbered if (entry[1].change or 0) < 0]
        others = [entry for entry in numbered if entry not in falls]
        return [
            *(entry for entry in others if entry[1].is_precise),
            *(entry for entry in others if not entry[1].is_precise),
            *(entry for entry in falls if entry[1].is_precise),
            *(entry for entry in falls if not entry[1].is_precise),
        ]

    def _moves(self, key: tuple[str, str], level: LevelModel, row: Row) -> list[Move]:
        inside = self._fefo(key, [place for place in level.units if row.covers(place)])
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
        good = [place for place in inside if self._may_leave(place)]
        if row.issue and row.set_to is None:
            if -delta > sum(level.units[place] for place in good):
                raise ValueError("INSUFFICIENT_STOCK")
            order = good
        else:
            order = good + [place for place in inside if place not in good]
        moves = []
        for place in order:
            part = min(-delta, level.units[place])
            if part:
                moves.append(self._move(level, place, -part))
                delta += part
        assert delta == 0
        return moves

    def _put(self, level: LevelModel, row: Row, amount: int) -> Move:
        if level.on_hand + amount > LARGEST:
            raise ValueError("QUANTITY_TOO_LARGE")
        if row.place is None and row.ware.needs_lot and row.tray is None:
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
        if tray is None:
            return True
        return tray.leaves and (tray.expires_on is None or tray.expires_on >= self.today)

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
    return all(mine is None or yours is None or mine == yours for mine, yours in named)
