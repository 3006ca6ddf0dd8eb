"""A file of SKUs: checked, imported as far as it is good, undone where nobody has changed anything since."""

from __future__ import annotations

from decimal import Decimal

import pytest

from inventory.models import Barcode, ImportState, Product, Sku
from tests import factories
from tests.inventory.import_runs.conftest import Bring, House, counts, do, rows, undo

pytestmark = pytest.mark.django_db

HEADER = "Artikelnummer;Bezeichnung;EAN;Preis;Menge an Lager;Warengruppe"


class TestChecking:
    def test_rows_are_new_changed_same_or_wrong_and_nothing_is_changed(
        self, house: House, bring: Bring
    ) -> None:
        run = bring(
            "sku,title,unit_cost,barcode",
            "POT,Green pot,2.50,4006381333931",
            "mug,Red mug XL,1.5,",
            "CUP,Blue cup,,",
            "PAN,,1,",
            "DISH,Dish,2,50,",
        )
        assert (run.state, run.kind) == (ImportState.READY, "catalogue")
        assert counts(run) == (1, 1, 1, 2)
        assert rows(run) == [
            (
                "new",
                "ready",
                [["title", "", "Green pot"], ["unit_cost", "", "2.5"], ["barcode", "", "4006381333931"]],
                [],
            ),
            ("changed", "ready", [["title", "Red mug", "Red mug XL"], ["unit_cost", "", "1.5"]], []),
            ("same", "", [], []),
            ("wrong", "", [], [["title", "PAN is new and needs a title"]]),
            ("wrong", "", [], [["", "has 5 values, but the header names 4 columns"]]),
        ]
        assert set(Sku.objects.values_list("code", flat=True)) == {"MUG", "CUP"}
        assert not Barcode.objects.exists()

    def test_columns_of_other_names_are_found(self, house: House, bring: Bring) -> None:
        run = bring(HEADER, "POT;Green pot;4006381333931;2.50;3;Pots")
        assert run.mapping == ["sku", "title", "barcode", "unit_price", "", "category"]
        assert counts(run) == (1, 0, 0, 0)

    def test_a_file_that_contradicts_itself_is_told_so(self, house: House, bring: Bring) -> None:
        run = bring(
            "sku,title,product,category,barcode",
            "A,One,P,X,123",
            "A,One,P,X,123",
            "a,Other,P,X,123",
            "B,Two,P,Y,",
            "C,Three,,,123",
        )
        assert [(outcome, problems) for outcome, _, _, problems in rows(run)] == [
            ("new", []),
            ("same", []),
            ("wrong", [["sku", "a is on line 2 already, with other values"]]),
            ("wrong", [["category", "line 2 puts the product “P” into “X”"]]),
            ("wrong", [["barcode", "line 2 gives “123” to another SKU"]]),
        ]


class TestImporting:
    def test_good_rows_come_in_and_say_what_they_did(self, house: House, bring: Bring) -> None:
        run = bring("sku,title,unit_cost", "POT,Green pot,2.50", "MUG,Big mug,", "PAN,,")
        run = do(run, house.alice)
        assert (run.state, run.done_count, run.refused_count) == (ImportState.IMPORTED, 2, 0)
        assert (run.imported_by, run.imported_at is not None) == ("alice@acme.example", True)
        assert Sku.objects.get(code="POT").unit_cost == Decimal("2.5")
        assert Sku.objects.get(code="MUG").title == "Big mug"
        assert [(outcome, stage) for outcome, stage, _, _ in rows(run)] == [
            ("new", "done"),
            ("changed", "done"),
            ("wrong", ""),
        ]

    def test_what_changed_since_the_check_is_what_counts(self, house: House, bring: Bring) -> None:
        run = bring("sku,title", "MUG,Big mug", "POT,Pot")
        Sku.objects.filter(code="MUG").update(title="Huge mug")
        Sku.objects.filter(code="POT").delete()
        factories.make_sku(house.organization, "POT", title="Pot")
        run = do(run, house.alice)
        assert rows(run) == [
            ("changed", "done", [["title", "Huge mug", "Big mug"]], []),
            ("new", "done", [], []),
        ]

    def test_the_same_file_again_changes_nothing(self, house: House, bring: Bring) -> None:
        lines = ("sku,title", "POT,Green pot", "MUG,Big mug")
        do(bring(*lines), house.alice)
        assert counts(bring(*lines)) == (0, 0, 2, 0)


class TestUndoing:
    def test_everything_is_as_it_was(self, house: House, bring: Bring) -> None:
        Sku.objects.filter(code="MUG").update(unit_cost=Decimal("1.25"))
        before = list(Sku.objects.order_by("code").values())
        lines = (
            "sku,title,unit_cost,product,category,barcode,lot_controlled,safety_stock",
            "POT,Green pot,2.50,Pots,Kitchen,4006381333931,yes,3",
            "MUG,Big mug,3,Mugs,Kitchen,4006381333948,,5",
        )
        run = do(bring(*lines), house.alice)
        assert (run.state, run.done_count) == (ImportState.IMPORTED, 2)
        run = undo(run, house.alice)
        assert (run.state, run.undone_count, run.kept_count) == (ImportState.UNDONE, 2, 0)
        assert list(Sku.objects.order_by("code").values()) == before
        assert not Barcode.objects.exists()
        assert not Product.objects.filter(name="Pots").exists()

    def test_what_somebody_has_changed_since_stays(self, house: House, bring: Bring) -> None:
        run = do(
            bring("sku,title,unit_price", "POT,Pot,1", "PAN,Pan,1", "MUG,Big mug,1", "CUP,Big cup,1"),
            house.alice,
        )
        Sku.objects.filter(code="MUG").update(title="Mine")
        Sku.objects.filter(code="PAN").update(unit_price=7)
        factories.stock(Sku.objects.get(code="POT"), house.north, 1)
        run = undo(run, house.alice)
        assert (run.undone_count, run.kept_count) == (1, 3)
        assert [(stage, problems) for _, stage, _, problems in rows(run)] == [
            ("kept", [["sku", "has stock or a history: it cannot be deleted, only deactivated"]]),
            ("kept", [["unit_price", "somebody has changed it to “7” since"]]),
            ("kept", [["title", "somebody has changed it to “Mine” since"]]),
            ("undone", []),
        ]
        assert Sku.objects.get(code="CUP").title == "Blue cup"
        assert Sku.objects.get(code="CUP").unit_price is None
        assert Sku.objects.get(code="MUG").unit_price == 1

    def test_what_was_kept_is_tried_again(self, house: House, bring: Bring) -> None:
        run = do(bring("sku,title", "MUG,Big mug"), house.alice)
        Sku.objects.filter(code="MUG").update(title="Mine")
        run = undo(run, house.alice)
        assert (run.undone_count, run.kept_count) == (0, 1)
        Sku.objects.filter(code="MUG").update(title="Big mug")
        run = undo(run, house.alice)
        assert (run.undone_count, run.kept_count) == (1, 0)
        assert Sku.objects.get(code="MUG").title == "Red mug"
