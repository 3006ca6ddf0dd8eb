"""What writing is measured on: the product's database, an equal one that is written by hand, and the books."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from inventory.models import Movement, StockLevel
from inventory.reason_codes import find_reason_codes
from tests.bench.callers import Caller, Shelf, make_caller, shelves
from tests.bench.databases import Database, Server
from tests.bench.figures import expect
from tests.bench.load import Load
from tests.bench.scale import Scale

__all__ = ["Bench", "Ground", "lay", "movements_of", "units_of"]

_SEED = 20260312


@dataclass(frozen=True)
class Bench:
    """What every measurement has. `redis` is a URL without its number; what is installed writes into `folder`."""

    scale: Scale
    server: Server
    redis: str
    folder: Path
    load: Load


@dataclass(frozen=True)
class Ground:
    """`shelves` are the books: what each level holds after what was asked for."""

    scale: Scale
    product: Database
    by_hand: Database
    caller: Caller
    reason: UUID
    shelves: list[Shelf]
    dice: random.Random

    def pick(self, count: int) -> list[Shelf]:
        """Any shelves that can spare a unit, the same more than once, each unit taken from them in our books."""
        picked: list[Shelf] = []
        while len(picked) < count:
            shelf = self.dice.choice(self.shelves)
            if shelf.left > 1:
                shelf.left -= 1
                picked.append(shelf)
        return picked

    def sample(self, count: int, *, warehouse: UUID | None = None) -> list[Shelf]:
        """Different shelves that can spare a unit, which is taken from them in our books."""
        ample = [
            shelf
            for shelf in self.shelves
            if shelf.left > 1 and (warehouse is None or shelf.warehouse_id == warehouse)
        ]
        expect(len(ample) >= count, f"There are too few stock levels for {count} at once.")
        picked = self.dice.sample(ample, count)
        for shelf in picked:
            shelf.left -= 1
        return picked

    def require_books(self) -> None:
        """What the product accepted is what its stock changed by, level by level."""
        with self.product.current():
            held = dict(StockLevel.objects.values_list("id", "on_hand"))
        wrong = [shelf.code for shelf in self.shelves if held[shelf.level_id] != shelf.left]
        expect(not wrong, f"{len(wrong)} levels are not what was accepted: {', '.join(wrong[:5])}")

    def require_equal(self) -> None:
        """Product and yardstick were given the same changes: each level holds the same in both."""
        held = []
        for database in (self.product, self.by_hand):
            with database.current():
                held.append(dict(StockLevel.objects.values_list("id", "on_hand")))
        expect(held[0] == held[1], "The product and the yardstick ended with different stock.")


def lay(bench: Bench) -> Ground:
    dice = random.Random(_SEED)
    product = bench.server.copy(bench.scale.written, "product")
    by_hand = bench.server.copy(bench.scale.written, "by_hand")
    caller = make_caller(product)
    with product.current():
        reason = find_reason_codes(organization=caller.organization, codes=["ADJUSTMENT"])["adjustment"]
    found = shelves(product, caller.organization, dice)
    return Ground(bench.scale, product, by_hand, caller, reason.pk, found, dice)


def movements_of(database: Database) -> int:
    with database.current():
        return Movement.objects.order_by().count()


def units_of(database: Database) -> int:
    """On hand in all levels and in all items: the same."""
    totals: Counter[str] = Counter()
    with database.plain() as connection:
        for table in ("inventory_stocklevel", "inventory_stockitem"):
            row = connection.execute(f"SELECT COALESCE(SUM(on_hand), 0) FROM {table}").fetchone()  # noqa: S608
            totals[table] = int(row[0]) if row else 0
    expect(len(set(totals.values())) == 1, f"Levels are not the sums of their items: {dict(totals)}.")
    return totals["inventory_stocklevel"]
