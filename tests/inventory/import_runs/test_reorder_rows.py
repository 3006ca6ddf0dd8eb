"""Reorder points: set through the ledger, and back again where nobody has changed them since."""

from __future__ import annotations

import pytest

from inventory.models import ReplenishmentRule, StockLevel
from tests.inventory.import_runs.conftest import Bring, House, do, rows, undo

pytestmark = pytest.mark.django_db

LINES = (
    "sku,warehouse,safety_stock,reorder_point",
    "MUG,North,3,10",
    "CUP,North,,4",
    "MUG,South,,0",
    "MUG,North,1,1",
)


def thresholds(house: House) -> dict[tuple[str, str], tuple[int, int]]:
    levels = StockLevel.objects.select_related("sku", "warehouse")
    return {
        (level.sku.code, level.warehouse.name): (level.safety_stock, level.reorder_point) for level in levels
    }


def test_rows_are_checked_imported_and_undone(house: House, bring: Bring) -> None:
    run = bring(*LINES)
    assert run.kind == "reorder"
    assert rows(run) == [
        ("changed", "ready", [["safety_stock", "0", "3"], ["reorder_point", "0", "10"]], []),
        ("new", "ready", [["reorder_point", "0", "4"]], []),
        ("same", "", [], []),
        ("wrong", "", [], [["sku", "line 2 is about MUG in North already"]]),
    ]
    assert thresholds(house) == {("MUG", "North"): (0, 0), ("MUG", "South"): (0, 0)}
    run = do(run, house.alice)
    assert thresholds(house) == {
        ("MUG", "North"): (3, 10),
        ("MUG", "South"): (0, 0),
        ("CUP", "North"): (0, 4),
    }
    StockLevel.objects.filter(sku=house.cup).update(reorder_point=5)
    run = undo(run, house.alice)
    assert (run.undone_count, run.kept_count) == (1, 1)
    assert rows(run)[1][3] == [["reorder_point", "somebody has changed it to 5 since"]]
    assert thresholds(house) == {("MUG", "North"): (0, 0), ("MUG", "South"): (0, 0), ("CUP", "North"): (0, 5)}


def test_a_point_above_the_maximum_is_refused(house: House, bring: Bring) -> None:
    ReplenishmentRule.objects.create(
        organization=house.organization, sku=house.mug, warehouse=house.north, maximum=8
    )
    run = bring(*LINES[:2])
    assert rows(run)[0][3] == [["reorder_point", "is above its maximum, 8"]]
