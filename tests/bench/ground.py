"""What the measurements stand on: the databases with their data, who calls, and the yardstick."""

from __future__ import annotations

import random
from dataclasses import dataclass

from inventory.demo.bulk import fill
from inventory.models import StockLevel
from inventory.reason_codes import find_reason_codes
from tests.bench.caller import Caller, Shelf, make_caller, shelves
from tests.bench.databases import Database, migrated
from tests.bench.figures import expect
from tests.bench.scale import WAREHOUSES, Scale
from tests.bench.yardsticks import Yardstick
from warehouses.models import Organization

__all__ = ["Ground", "lay"]

_SEED = 20260312
_MOVEMENTS_PER_LEVEL = 2


@dataclass(frozen=True)
class Ground:
    """`large` is what is written to; `by_hand` is a copy of it, which the yardstick writes to."""

    scale: Scale
    small: Database
    large: Database
    by_hand: Database
    small_caller: Caller
    caller: Caller
    yardstick: Yardstick
    shelves: list[Shelf]
    dice: random.Random

    def pick(self) -> Shelf:
        """Any shelf that can spare a unit, now taken from it in our books."""
        while True:
            shelf = self.dice.choice(self.shelves)
            if shelf.left > 1:
                shelf.left -= 1
                return shelf

    def compare(self) -> None:
        """Product and yardstick were given the same changes: each level holds the same in both, and in our books."""
        with self.large.current():
            product = dict(StockLevel.objects.values_list("id", "on_hand"))
        with self.by_hand.current():
            yardstick = dict(StockLevel.objects.values_list("id", "on_hand"))
        expect(product == yardstick, "The product and the yardstick ended with different stock.")
        expect(
            all(product[shelf.level_id] == shelf.left for shelf in self.shelves),
            "What the product accepted is not what its stock changed by.",
        )


def lay(scale: Scale) -> Ground:
    dice = random.Random(_SEED)
    large = migrated()
    small = large.copy("small")
    with small.current():
        small_caller = make_caller(_fill(scale.small))
    organization = _fill(scale.large)
    caller = make_caller(organization)
    reason = find_reason_codes(organization=organization, codes=["ADJUSTMENT"])["adjustment"]
    found = shelves(organization, dice)
    by_hand = large.copy("by_hand")
    yardstick = Yardstick(by_hand.plain(), organization.pk, reason.pk)
    return Ground(scale, small, large, by_hand, small_caller, caller, yardstick, found, dice)


def _fill(skus: int) -> Organization:
    levels = skus * WAREHOUSES
    return fill(
        name="Bulk Trading",
        skus=skus,
        warehouses=WAREHOUSES,
        movements=_MOVEMENTS_PER_LEVEL * levels,
        advance=lambda rows: None,
    )
