"""Changes of stock: each row once, whatever it waits for."""

from __future__ import annotations

import pytest

from inventory.models import ImportedLine, ImportState, StockLevel
from tests import factories
from tests.inventory.import_runs.conftest import Bring, House, counts, do, rows, undo

pytestmark = pytest.mark.django_db

HEADER = "sku,warehouse,quantity_change,reason_code,reference"


def north(house: House) -> int:
    return StockLevel.objects.get(sku=house.mug, warehouse=house.north).on_hand


class TestChecking:
    def test_rows_are_added_up_over_the_file(self, house: House, bring: Bring) -> None:
        run = bring(
            HEADER,
            "MUG,North,-15,SALE,1",
            "MUG,North,-10,SALE,2",
            "MUG,North,5,RETURN,3",
            "MUG,North,-11,SALE,4",
            "MUG,North,4,SALE,5",
            "CUP,South,-1,,6",
        )
        assert run.kind == "movements"
        assert rows(run) == [
            ("new", "ready", [["on_hand", "20", "5"]], []),
            ("new", "ready", [["on_hand", "10", "0"]], []),
            ("new", "ready", [["on_hand", "5", "10"]], []),
            ("wrong", "", [], [["quantity_change", "11 are to go, but 0 are available"]]),
            ("wrong", "", [], [["reason_code", "SALE removes stock; a change of +4 does not fit it"]]),
            ("wrong", "", [], [["quantity_change", "1 are to go, but 0 are available"]]),
        ]
        assert north(house) == 20

    def test_what_is_promised_cannot_go(self, house: House, bring: Bring) -> None:
        factories.reserve(house.mug, house.north, 15)
        run = bring(HEADER, "MUG,North,-6,SALE,1", "MUG,North,-5,SALE,2")
        assert rows(run)[0][3] == [["quantity_change", "6 are to go, but 0 are available"]]
        assert counts(run) == (1, 0, 0, 1)


class TestImporting:
    def test_a_sale_ahead_of_its_receipt_comes_in(self, house: House, bring: Bring) -> None:
        run = bring(HEADER, "MUG,North,-30,SALE,1", "MUG,North,15,RETURN,2", "MUG,North,-30,SALE,3")
        assert counts(run) == (2, 0, 0, 1)
        run = do(run, house.alice)
        assert (run.state, run.done_count, run.refused_count) == (ImportState.IMPORTED, 2, 0)
        assert north(house) == 5

    def test_the_same_file_again_and_equal_rows_of_one_file(self, house: House, bring: Bring) -> None:
        lines = (HEADER, "MUG,North,-2,SALE,1", "MUG,North,-2,SALE,1", "MUG,North,-3,SALE,2")
        do(bring(*lines), house.alice)
        assert north(house) == 13
        again = bring(*lines, "MUG,North,-1,SALE,9")
        assert counts(again) == (1, 0, 3, 0)
        do(again, house.alice)
        assert north(house) == 12

    def test_one_more_of_equal_rows_is_one_more(self, house: House, bring: Bring) -> None:
        sale = "MUG,North,-2,SALE,1"
        do(bring(HEADER, sale, sale), house.alice)
        run = do(bring(HEADER, sale, sale, sale), house.alice)
        assert (counts(run), run.done_count, north(house)) == ((1, 0, 2, 0), 1, 14)

    def test_a_second_import_of_what_was_checked_twice_counts_once(self, house: House, bring: Bring) -> None:
        lines = (HEADER, "MUG,North,-2,SALE,1", "MUG,North,-2,SALE,1")
        first, second = bring(*lines), bring(*lines)
        do(first, house.alice)
        second = do(second, house.alice)
        assert (second.done_count, north(house)) == (2, 16)
        undo(second, house.alice)  # it has changed nothing
        assert north(house) == 16


class TestUndoing:
    def test_stock_comes_back_and_the_file_may_come_again(self, house: House, bring: Bring) -> None:
        lines = (HEADER, "MUG,North,-2,SALE,1", "MUG,North,4,RETURN,2")
        run = undo(do(bring(*lines), house.alice), house.alice)
        assert (run.state, run.undone_count, north(house)) == (ImportState.UNDONE, 2, 20)
        assert not ImportedLine.objects.exists()
        assert counts(bring(*lines)) == (2, 0, 0, 0)
