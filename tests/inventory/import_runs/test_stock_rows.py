"""A file that says how much is there: posted as statements, reversed when it is undone."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command

from inventory.import_runs.runs import visible_runs
from inventory.models import (
    Adjustment,
    AdjustmentKind,
    ImportState,
    Lot,
    Movement,
    Source,
    StockItem,
    StockLevel,
)
from tests import factories
from tests.inventory.import_runs.conftest import Bring, House, counts, do, rights, rows, undo

pytestmark = pytest.mark.django_db


def on_hand() -> dict[tuple[str, str], int]:
    return {
        (level.sku.code, level.warehouse.name): level.on_hand
        for level in StockLevel.objects.select_related("sku", "warehouse")
    }


class TestChecking:
    def test_each_row_says_what_it_would_change(self, house: House, bring: Bring) -> None:
        run = bring(
            "SKU,Location,Qty",
            "MUG,North,25",
            "MUG,South,7",
            "CUP,,4",
            "NONE,North,1",
            "CUP,East,1",
            "MUG,North,3",
            "CUP,South,-1",
            "CUP,South,1e3",
            "CUP,South,",
        )
        assert (run.kind, run.state) == ("stock", ImportState.READY)
        assert counts(run) == (1, 1, 1, 6)
        assert rows(run) == [
            ("changed", "ready", [["quantity", "20", "25"]], []),
            ("same", "", [], []),
            ("new", "ready", [["quantity", "0", "4"]], []),
            ("wrong", "", [], [["sku", "there is no SKU NONE: import the catalogue first"]]),
            ("wrong", "", [], [["warehouse", "there is no warehouse “East”"]]),
            ("wrong", "", [], [["sku", "line 2 says how much there is of the same goods already"]]),
            ("wrong", "", [], [["quantity", "-1 is less than 0"]]),
            ("wrong", "", [], [["quantity", "“1e3” is not a whole number such as 12 or -12"]]),
            ("wrong", "", [], [["quantity", "is missing: 0 where there is nothing"]]),
        ]
        assert on_hand() == {("MUG", "North"): 20, ("MUG", "South"): 7}
        assert not Adjustment.objects.filter(source=Source.IMPORT).exists()

    def test_bins_and_lots(self, house: House, bring: Bring) -> None:
        factories.make_bin(house.north, "A-1")
        milk = factories.make_sku(house.organization, "MILK", is_lot_controlled=True)
        run = bring(
            "sku,warehouse,bin,lot,expires_on,quantity",
            "CUP,North,a-1,,,5",
            "CUP,North,B-9,,,5",
            "MILK,North,A-1,L1,2031-05-01,6",
            "MILK,North,A-1,,,6",
            "MILK,South,,,,6",
            "CUP,South,,,2031-05-01,6",
        )
        assert [(outcome, problems) for outcome, _, _, problems in rows(run)] == [
            ("new", []),
            ("wrong", [["bin", "North has no bin B-9"]]),
            ("new", []),
            (
                "wrong",
                [["sku", "line 4 is about bin and lot, this one is not: they might be the same goods"]],
            ),
            ("wrong", [["lot", "MILK is lot-controlled: name the lot that the 6 more units belong to"]]),
            ("wrong", [["lot", "is missing: only goods of a lot have an expiry date"]]),
        ]
        assert not Lot.objects.filter(sku=milk).exists()
        do(run, house.alice)
        item = StockItem.objects.get(sku=milk)
        assert (item.lot.code if item.lot else None, item.bin.code, item.on_hand) == ("L1", "A-1", 6)

    def test_reserved_goods_do_not_stand_in_the_way_of_a_fact(self, house: House, bring: Bring) -> None:
        factories.reserve(house.mug, house.north, 15)
        assert counts(bring("sku,warehouse,quantity", "MUG,North,3")) == (0, 1, 0, 0)


class TestRights:
    def test_only_warehouses_of_ones_own_are_known(self, house: House, bring: Bring) -> None:
        run = bring("sku,warehouse,quantity", "MUG,North,1", "MUG,South,1", "MUG,,2", user=house.bob)
        assert [problems for _, _, _, problems in rows(run)] == [
            [],
            [["warehouse", "there is no warehouse “South”"]],
            [["sku", "line 2 says how much there is of the same goods already"]],
        ]
        do(run, house.bob)
        assert on_hand() == {("MUG", "North"): 1, ("MUG", "South"): 7}

    def test_the_catalogue_is_for_those_who_may_write_it_everywhere(self, house: House, bring: Bring) -> None:
        run = bring("sku,title", "POT,Pot", user=house.bob)
        assert (run.state, run.kind) == (ImportState.MAPPING, "")

    def test_rights_that_have_ended_end_the_work(self, house: House, bring: Bring) -> None:
        run = bring("sku,warehouse,quantity", "MUG,North,1", user=house.bob)
        house.bob.memberships.update(is_active=False)
        from inventory.import_runs.runs import start_import
        from tests.inventory.import_runs.conftest import work
        from warehouses import transactions

        alice = rights(house.alice, house.organization)
        transactions.run(lambda: start_import(access=alice, user=house.bob, run=run))
        run = work(run)
        assert (run.state, run.done_count) == (ImportState.IMPORTED, 0)
        assert run.error == "Whoever asked for it no longer belongs to this organization."
        assert on_hand()["MUG", "North"] == 20

    def test_others_see_neither_the_run_nor_its_rows(self, house: House, bring: Bring) -> None:
        whole = bring("sku,warehouse,quantity", "MUG,South,1")
        north = bring("sku,warehouse,quantity", "MUG,North,1", user=house.bob)
        assert set(visible_runs(rights(house.alice, house.organization))) == {whole, north}
        assert set(visible_runs(rights(house.bob, house.organization))) == {north}
        assert not visible_runs(rights(house.charlie, house.other)).exists()
        north.places.add(house.south)  # as if Bob had had more rights then
        assert not visible_runs(rights(house.bob, house.organization)).exists()


class TestImporting:
    def test_one_document_for_a_batch_and_a_link_from_it(self, house: House, bring: Bring) -> None:
        run = do(bring("sku,warehouse,quantity,note", "MUG,North,25,Counted", "CUP,South,4,"), house.alice)
        assert (run.state, run.done_count, run.refused_count) == (ImportState.IMPORTED, 2, 0)
        document = Adjustment.objects.get(source=Source.IMPORT)
        assert (document.kind, document.reference, document.note) == (
            AdjustmentKind.STATEMENT,
            run.public_id,
            "Import of goods.csv, rows 1 to 2",
        )
        assert document.actor_name == "alice@acme.example"
        assert set(run.rows.values_list("document_id", flat=True)) == {document.pk}
        assert on_hand() == {("MUG", "North"): 25, ("MUG", "South"): 7, ("CUP", "South"): 4}
        assert Movement.objects.get(document_id=document.pk, sku=house.mug).note == "Counted"
        call_command("verify_stock", stdout=io.StringIO())

    def test_good_rows_are_kept_when_another_is_refused_on_the_way(self, house: House, bring: Bring) -> None:
        run = bring("sku,warehouse,quantity", "MUG,North,25", "CUP,South,4")
        house.south.is_active = False
        house.south.save()
        run = do(run, house.alice)
        assert (run.state, run.done_count, run.refused_count) == (ImportState.IMPORTED, 1, 1)
        assert rows(run)[1][1:] == (
            "refused",
            [["quantity", "0", "4"]],
            [["warehouse", "South is inactive: its stock cannot change"]],
        )
        assert on_hand()["MUG", "North"] == 25

    def test_all_or_nothing_takes_everything_back(self, house: House, bring: Bring) -> None:
        run = bring("sku,warehouse,quantity", "MUG,North,25", "CUP,South,4")
        house.south.is_active = False
        house.south.save()
        run = do(run, house.alice, is_strict=True)
        assert (run.state, run.done_count, run.undone_count, run.kept_count) == (ImportState.UNDONE, 1, 1, 0)
        assert run.error == "1 rows were refused while importing, so everything is taken back."
        assert on_hand()["MUG", "North"] == 20


class TestUndoing:
    def test_stock_is_reversed_and_the_ledger_keeps_both(self, house: House, bring: Bring) -> None:
        run = do(bring("sku,warehouse,quantity", "MUG,North,25", "CUP,South,4", "MUG,South,0"), house.alice)
        run = undo(run, house.alice)
        assert (run.state, run.undone_count, run.kept_count) == (ImportState.UNDONE, 3, 0)
        assert on_hand() == {("MUG", "North"): 20, ("MUG", "South"): 7, ("CUP", "South"): 0}
        document = Adjustment.objects.get(reference=run.public_id, reverses=None)
        assert document.reversed_by.note == "Undone: import of goods.csv"
        call_command("verify_stock", stdout=io.StringIO())

    def test_goods_that_have_left_keep_the_document(self, house: House, bring: Bring) -> None:
        run = do(bring("sku,warehouse,quantity", "CUP,South,4"), house.alice)
        factories.stock(house.cup, house.south, -3)
        run = undo(run, house.alice)
        assert (run.state, run.undone_count, run.kept_count) == (ImportState.UNDONE, 0, 1)
        assert rows(run)[0][1] == "kept"
        assert rows(run)[0][3][0][1].startswith("the goods have left since: ")
        factories.stock(house.cup, house.south, 3)
        assert undo(run, house.alice).kept_count == 0
        assert on_hand()["CUP", "South"] == 0

    def test_what_was_reversed_by_hand_is_undone(self, house: House, bring: Bring) -> None:
        from inventory.adjustments import reverse
        from warehouses import transactions

        run = do(bring("sku,warehouse,quantity", "CUP,South,4"), house.alice)
        document = Adjustment.objects.get(reference=run.public_id)
        access = rights(house.alice, house.organization)
        transactions.run(lambda: reverse(access=access, source=Source.ADMIN, adjustment=document))
        assert undo(run, house.alice).undone_count == 1
        assert on_hand()["CUP", "South"] == 0
