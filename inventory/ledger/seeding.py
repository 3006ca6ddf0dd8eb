"""Very much stock, for measuring: levels, items, summaries and movements written directly.

This is the one exception to "every movement is posted": ten million postings would take a day. It is in the ledger's
package because only the ledger writes quantities, it keeps every invariant that `post` keeps, and `verify_stock`
finds nothing to say about it. It only ever fills SKUs that have no stock level yet.
"""

from __future__ import annotations

import random
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from inventory.ledger.bulk_rows import Ids, text_of, write
from inventory.models import (
    Adjustment,
    DocumentType,
    Movement,
    ReasonCode,
    Source,
    StockItem,
    StockLevel,
    StockSummary,
)
from warehouses.actors import SYSTEM
from warehouses.models import Organization

__all__ = ["Ground", "rows_of", "seed"]

MOVEMENTS_PER_DOCUMENT: Final = 500
DAYS: Final = 365
# Scatters what sells most over the whole catalogue; a prime larger than any number of levels.
_SCATTER: Final = 2_654_435_761
_NOTE: Final = "Seeded for measuring"


@dataclass(frozen=True, slots=True)
class Ground:
    """Where stock is to be: SKU `n` is `sku_ids[n]` with the key `sort_code(n)`; every SKU is in every warehouse.

    `bins` are those of each warehouse, in the same order as `warehouses`.
    """

    sku_ids: Ids
    sku_count: int
    sort_code: Callable[[int], str]
    warehouses: Sequence[UUID]
    bins: Sequence[Sequence[UUID]]

    @property
    def level_count(self) -> int:
        return self.sku_count * len(self.warehouses)


def rows_of(*, skus: int, warehouses: int, movements: int) -> int:
    """How many rows `seed` will write, for a progress bar."""
    documents = -(-movements // MOVEMENTS_PER_DOCUMENT)
    levels = skus * warehouses
    return skus + levels + min(movements, levels) + movements + documents


def seed(
    *,
    organization: Organization,
    ground: Ground,
    movements: int,
    until: datetime,
    random: random.Random,
    reasons: Mapping[str, ReasonCode],
    advance: Callable[[int], Any],
) -> None:
    """Write `movements` movements that end at `until`, and the stock that they make.

    The first ones open the levels, one each; as many sales and receipts as are left follow over a year, a fifth of
    the SKUs having most of them. Of 25 SKUs one is then sold out (if there are movements enough for that), one is
    critical, two are low. Runs in the caller's transaction, after `bulk_rows.begin`.
    """
    _Seeding(organization, ground, movements, until, random, reasons, advance).run()


class _Seeding:
    def __init__(
        self,
        organization: Organization,
        ground: Ground,
        movements: int,
        until: datetime,
        random: random.Random,
        reasons: Mapping[str, ReasonCode],
        advance: Callable[[int], Any],
    ) -> None:
        self.organization = organization
        self.ground = ground
        self.advance = advance
        self.random = random
        self.until = until
        self.breadth = len(ground.warehouses)
        self.warehouses = [text_of(pk) for pk in ground.warehouses]
        self.bins = [[text_of(pk) for pk in bins] for bins in ground.bins]
        self.reasons = {key: text_of(reason.pk) for key, reason in reasons.items()}
        self.level_ids, self.item_ids, self.movement_ids, self.document_ids = Ids(), Ids(), Ids(), Ids()
        # Compact: ten million of these are 80 MB.
        self.levels, self.deltas = array("I"), array("i")
        self.on_hand = array("i", bytes(4 * ground.level_count))
        self.counts = array("I", bytes(4 * ground.level_count))
        self.last = array("I", bytes(4 * ground.level_count))  # number of a level's last movement
        self.opened = min(movements, ground.level_count)
        self.movements = movements

    def run(self) -> None:
        self._imagine()
        self.times = self._times()
        owner = {"organization": self.organization.pk}
        plain = {"reserved": 0, "held": 0}
        write(StockSummary, _SUMMARY, self._summaries(), constants=owner | plain, advance=self.advance)
        write(StockLevel, _LEVEL, self._levels(), constants=owner | plain, advance=self.advance)
        write(
            StockItem, _ITEM, self._items(), constants=owner | {"lot": None, "held": 0}, advance=self.advance
        )
        by = owner | {
            "actor_type": SYSTEM.type,
            "actor_id": SYSTEM.id,
            "actor_name": SYSTEM.name,
            "note": _NOTE,
        }
        document = by | {"source": Source.SYSTEM, "reason_code": None, "reference": "", "reverses": None}
        write(Adjustment, _DOCUMENT, self._documents(), constants=document, advance=self.advance)
        movement = by | {"reference": "", "occurred_at": None, "document_type": DocumentType.ADJUSTMENT}
        write(Movement, _MOVEMENT, self._movements(), constants=movement, advance=self.advance)

    def _imagine(self) -> None:
        """What moves by how much, in the order of time; keeps `on_hand` at what each level ends with."""
        dice = self.random.random
        levels, deltas, on_hand, counts, last = self.levels, self.deltas, self.on_hand, self.counts, self.last
        for level in range(self.opened):
            amount = 2 + int(240 * dice() ** 2)
            levels.append(level)
            deltas.append(amount)
            on_hand[level], counts[level], last[level] = amount, 1, level
        emptied = self._emptied()
        total = self.ground.level_count
        for number in range(self.opened, self.movements - len(emptied)):
            level = int(total * dice() ** 3) * _SCATTER % total
            there = on_hand[level]
            # One unit always stays: what is to be sold out is emptied at the end.
            amount = -min(1 + int(6 * dice()), there - 1) if dice() < 0.93 else 0
            if not amount:
                amount = 24 + int(100 * dice())
            levels.append(level)
            deltas.append(amount)
            on_hand[level] = there + amount
            counts[level] += 1
            last[level] = number
        for number, level in enumerate(emptied, start=self.movements - len(emptied)):
            levels.append(level)
            deltas.append(-on_hand[level])
            on_hand[level] = 0
            counts[level] += 1
            last[level] = number

    def _emptied(self) -> list[int]:
        wanted = [
            sku * self.breadth + place
            for sku in range(0, self.ground.sku_count, 25)
            for place in range(self.breadth)
        ]
        return wanted if self.movements - self.opened >= len(wanted) else []

    def _times(self) -> list[str]:
        """When each document was posted: the opening ones on the first day, the others over the year after it."""
        per = MOVEMENTS_PER_DOCUMENT
        documents = -(-self.movements // per)
        opening = -(-self.opened // per)
        start = self.until - timedelta(days=DAYS)
        first_day, rest = timedelta(days=1), timedelta(days=DAYS - 1)
        return [
            text_of(
                start + first_day * number / opening
                if number < opening
                else start + first_day + rest * (number - opening + 1) / (documents - opening)
            )
            for number in range(documents)
        ]

    def _time(self, movement: int) -> str:
        return self.times[movement // MOVEMENTS_PER_DOCUMENT]

    def _updated(self, level: int) -> str:
        return self._time(self.last[level]) if self.counts[level] else text_of(self.until)

    def _thresholds(self, sku: int, on_hand: int) -> tuple[int, int]:
        """Safety stock and reorder point that give every level of the SKU, and so their sum, its status."""
        place = sku % 25
        if place == 1:
            return on_hand + 5, on_hand + 25
        if place in (2, 3):
            return on_hand // 2, on_hand + 10
        return on_hand // 10, on_hand // 4

    def _summaries(self) -> Iterator[tuple[int | str, ...]]:
        breadth = self.breadth
        for sku in range(self.ground.sku_count):
            levels = range(sku * breadth, (sku + 1) * breadth)
            thresholds = [self._thresholds(sku, self.on_hand[level]) for level in levels]
            yield (
                self.ground.sku_ids[sku],
                self.ground.sort_code(sku),
                sum(self.on_hand[level] for level in levels),
                sum(safety for safety, _reorder in thresholds),
                sum(reorder for _safety, reorder in thresholds),
                max(sum(self.counts[level] for level in levels), 1),
                max(self._updated(level) for level in levels),
            )

    def _levels(self) -> Iterator[tuple[int | str, ...]]:
        for level in range(self.ground.level_count):
            sku, place = divmod(level, self.breadth)
            there = self.on_hand[level]
            safety, reorder = self._thresholds(sku, there)
            yield (
                self.level_ids[level],
                self.ground.sku_ids[sku],
                self.warehouses[place],
                self.ground.sort_code(sku),
                there,
                safety,
                reorder,
                50,
                max(self.counts[level], 1),
                self._updated(level),
            )

    def _items(self) -> Iterator[tuple[int | str, ...]]:
        for level in range(self.opened):
            sku, place = divmod(level, self.breadth)
            bins = self.bins[place]
            on_hand = self.on_hand[level]
            _safety, reorder = self._thresholds(sku, on_hand)
            yield (
                self.item_ids[level],
                self.level_ids[level],
                self.ground.sku_ids[sku],
                self.warehouses[place],
                bins[sku % len(bins)],
                on_hand,
                int(on_hand < reorder),  # of its level; the trigger that repeats it then has nothing to do
                self._time(level),
                self._updated(level),
            )

    def _documents(self) -> Iterator[tuple[int | str, ...]]:
        for number, time in enumerate(self.times):
            lines = min(MOVEMENTS_PER_DOCUMENT, self.movements - number * MOVEMENTS_PER_DOCUMENT)
            yield self.document_ids[number], lines, time

    def _movements(self) -> Iterator[tuple[int | str, ...]]:
        quantities = array("i", bytes(4 * self.ground.level_count))
        versions = array("I", bytes(4 * self.ground.level_count))
        breadth, warehouses, times, opened = self.breadth, self.warehouses, self.times, self.opened
        sku_ids, level_ids, item_ids = self.ground.sku_ids, self.level_ids, self.item_ids
        movement_ids, document_ids = self.movement_ids, self.document_ids
        opening, sale, receipt, counted = (
            self.reasons[key] for key in ("opening_stock", "sale", "supplier_receipt", "cycle_count")
        )
        for number, (level, delta) in enumerate(zip(self.levels, self.deltas, strict=True)):
            sku, place = divmod(level, breadth)
            before = quantities[level]
            after = quantities[level] = before + delta
            versions[level] += 1
            if number < opened:
                reason = opening
            elif number % 40 == 0:
                reason = counted
            else:
                reason = sale if delta < 0 else receipt
            document = number // MOVEMENTS_PER_DOCUMENT
            yield (
                movement_ids[number],
                level_ids[level],
                item_ids[level],
                sku_ids[sku],
                warehouses[place],
                delta,
                before,
                after,
                after,  # a level has one item here
                versions[level],
                reason,
                document_ids[document],
                times[document],
            )


_SUMMARY: Final = ("sku", "sort_code", "on_hand", "safety_stock", "reorder_point", "version", "updated_at")
_LEVEL: Final = (
    *("id", "sku", "warehouse", "sort_code", "on_hand"),
    *("safety_stock", "reorder_point", "reorder_quantity", "version", "updated_at"),
)
_ITEM: Final = ("id", "level", "sku", "warehouse", "bin", "on_hand", "is_low", "created_at", "updated_at")
_DOCUMENT: Final = ("id", "line_count", "created_at")
_MOVEMENT: Final = (
    *("id", "level", "stock_item", "sku", "warehouse", "delta", "level_before", "level_after", "item_after"),
    *("level_version", "reason_code", "document_id", "recorded_at"),
)
