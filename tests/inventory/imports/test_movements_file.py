"""`import_movements`: posted to the ledger in batches, good lines kept, known lines left alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from inventory.imports import movements_file
from inventory.models import Adjustment, ImportedLine, Movement, ReasonCode, Sku, Source, StockLevel
from inventory.verification import verify
from tests.factories import make_organization, make_sku, make_warehouse, stock
from warehouses.models import Organization, Warehouse

Write = Callable[..., Path]
Run = Callable[..., list[str]]

HEADER = "sku,warehouse,quantity_change,reason_code,note,reference,occurred_at"


@pytest.fixture(autouse=True)
def main(organization: Organization) -> Warehouse:
    """Acme's default warehouse, with the SKUs A and B in the catalogue."""
    organization.time_zone = "Europe/London"
    organization.save()
    make_sku(organization, "A")
    make_sku(organization, "B")
    return Warehouse.objects.get(organization=organization)


def levels() -> dict[tuple[str, str], int]:
    rows = StockLevel.objects.values_list("sku__code", "warehouse__name", "on_hand")
    return {(code, name): on_hand for code, name, on_hand in rows}


def counted() -> tuple[int, int, int]:
    return Movement.objects.count(), Adjustment.objects.count(), ImportedLine.objects.count()


@pytest.mark.parametrize("name", ["moves.csv", "moves.csv.gz"])
def test_a_good_file_is_posted_then_unchanged(
    organization: Organization, write: Write, run: Run, name: str
) -> None:
    make_warehouse(organization, "Depot")
    path = write(
        name,
        HEADER,
        "A,main WAREHOUSE,10,supplier_receipt,From Smith,PO-1,2011-06-01T09:00:00",
        "a,,-3,sale,,INV-7,2011-06-02T10:00:00+00:00",
        "B,Depot,5,found,,,2011-06-03",
        "B,Depot,-1,damage,Broken,,",
    )

    assert run("import_movements", path) == [
        f"{name}: 4 lines read",
        "created 4, updated 0, unchanged 0, rejected 0",
        "- by reason: supplier_receipt 1, SALE 1, found 1, DAMAGE 1",
    ]

    assert levels() == {("A", "Main warehouse"): 7, ("B", "Depot"): 4}
    fields = ("sku__code", "delta", "reason_code__code", "note", "reference", "occurred_at", "actor_name")
    assert sorted(Movement.objects.values_list(*fields), key=lambda row: (row[0], -row[1])) == [
        ("A", 10, "supplier_receipt", "From Smith", "PO-1", datetime(2011, 6, 1, 8, tzinfo=UTC), "system"),
        ("A", -3, "SALE", "", "INV-7", datetime(2011, 6, 2, 10, tzinfo=UTC), "system"),
        ("B", 5, "found", "", "", datetime(2011, 6, 2, 23, tzinfo=UTC), "system"),
        ("B", -1, "DAMAGE", "Broken", "", None, "system"),
    ]
    adjustment = Adjustment.objects.get()
    assert (adjustment.source, adjustment.note) == (Source.IMPORT, f"Import of {name}, lines 2 to 5")

    assert run("import_movements", path) == [
        f"{name}: 4 lines read",
        "created 0, updated 0, unchanged 4, rejected 0",
        "- 1 of the unchanged lines have neither reference nor occurred_at: if they are new and only look like lines"
        " imported before, give them one",
    ]
    assert counted() == (4, 1, 4)
    assert list(path.parent.iterdir()) == [path]


def test_equal_lines_of_one_file_are_each_posted(write: Write, run: Run) -> None:
    lines = [HEADER, "A,,10,found,,R,", "A,,-1,SALE,,X,2011-06-01", "A,,-1,SALE,,X,2011-06-01"]
    path = write("moves.csv", *lines)

    assert run("import_movements", path)[1] == "created 3, updated 0, unchanged 0, rejected 0"
    assert run("import_movements", path)[1] == "created 0, updated 0, unchanged 3, rejected 0"
    longer = write("more.csv", *lines, "A,,-1,SALE,,X,2011-06-01")
    assert run("import_movements", longer)[1] == "created 1, updated 0, unchanged 3, rejected 0"
    assert levels() == {("A", "Main warehouse"): 7}


def test_a_line_is_known_however_it_is_written(organization: Organization, write: Write, run: Run) -> None:
    run("import_movements", write("a.csv", HEADER, "A,,5,found,,R,2011-06-01T10:00:00Z"))

    again = write("b.csv", "Ref;Wann;Menge;Artikel;reason_code", "R;2011-06-01 11:00:00+01:00;+5; a ;FOUND")
    maps = [
        f"--map={pair}"
        for pair in ("Ref=reference", "Wann=occurred_at", "Menge=quantity_change", "Artikel=sku")
    ]
    assert run("import_movements", again, *maps)[1] == "created 0, updated 0, unchanged 1, rejected 0"

    make_sku(make_organization("Other"), "A")
    lines = run("import_movements", again, *maps, organization="Other")
    assert lines[1] == "created 1, updated 0, unchanged 0, rejected 0"
    assert StockLevel.objects.get(organization=organization).on_hand == 5


def test_a_corrected_time_zone_makes_no_line_new(organization: Organization, write: Write, run: Run) -> None:
    path = write("moves.csv", HEADER, "A,,5,found,,R,2011-06-01T10:00:00")
    run("import_movements", path)
    Organization.objects.update(time_zone="Europe/Berlin")

    assert run("import_movements", path)[1] == "created 0, updated 0, unchanged 1, rejected 0"


def test_warehouse_and_reason_stand_in_where_a_line_names_none(
    organization: Organization, write: Write, run: Run
) -> None:
    depot = make_warehouse(organization, "Depot")
    path = write("moves.csv", "sku,quantity_change,reason_code", "A,5,", "B,6,audit")

    run("import_movements", path, "--warehouse", "depot", "--reason", "FOUND")

    assert levels() == {("A", "Depot"): 5, ("B", "Depot"): 6}
    reasons = dict(Movement.objects.values_list("sku__code", "reason_code__code"))
    assert reasons == {"A": "found", "B": "AUDIT"}
    run(
        "import_movements",
        write("id.csv", "sku,quantity_change", "A,1"),
        "--warehouse",
        depot.public_id,
        "--reason=found",
    )
    assert levels()[("A", "Depot")] == 6


def test_bad_lines_are_named_and_kept_apart(organization: Organization, write: Write, run: Run) -> None:
    make_warehouse(organization, "Amazon", type="FBA")
    closed = make_warehouse(organization, "Closed")
    Warehouse.objects.filter(pk=closed.pk).update(is_active=False)
    make_sku(organization, "LOTS", is_lot_controlled=True)
    ReasonCode.objects.filter(code_key="theft").update(is_active=False)
    path = write(
        "moves.csv",
        HEADER,
        "A,,10,found,,,",
        "A,,1e3,found,,,",
        "A,,１２,found,,,",
        "A,,,found,,,",
        'A,,0,found,"a',
        'note",,',
        "GONE,,1,found,,,",
        "A,Nowhere,1,found,,,",
        "A,Amazon,1,found,,,",
        "A,Closed,1,found,,,",
        "A,,1,,,,",
        "A,,1,whim,,,",
        "A,,-1,theft,,,",
        "A,,1,SALE,,,",
        "A,,1,found,,,1/6/2011",
        "A,,1,found,,,2999-01-01",
        "LOTS,,1,found,,,",
        "A,,-11,SALE,,,",
        "B,,-1,DAMAGE,,,",
        "A,,-4,SALE,,,",
    )

    lines = run("import_movements", path)

    assert lines == [
        "moves.csv: 19 lines read",
        "created 2, updated 0, unchanged 0, rejected 17",
        "- by reason: found 1, SALE 1",
        f"rejected lines are in {path}.rejects.csv",
        "line 3: quantity_change: “1e3” is not a whole number such as 12 or -12",
        "line 4: quantity_change: “１２” is not a whole number such as 12 or -12",
        "line 5: quantity_change: is missing",
        "line 6: quantity_change: is 0, which changes nothing",
        "line 8: sku: there is no SKU GONE",
        "line 9: warehouse: there is no warehouse “Nowhere”",
        "line 10: warehouse: Amazon is read-only: only its sync changes it",
        "line 11: warehouse: Closed is inactive: its stock cannot change",
        "line 12: reason_code: is missing, and no --reason stands in for it",
        "line 13: reason_code: there is no active reason code “whim”",
        "line 14: reason_code: there is no active reason code “theft”",
        "line 15: reason_code: SALE removes stock; a change of +1 does not fit it",
        "line 16: occurred_at: “1/6/2011” is not a time such as 2010-12-01T08:26 or 2010-12-01T08:26:00+01:00",
        "line 17: occurred_at: “2999-01-01” is in the future",
        "line 18: lot: LOTS is lot-controlled: name the lot that the 1 more units belong to",
        "line 19: quantity: A in Main warehouse has 6 available units; 11 cannot be taken",
        "line 20: quantity: B in Main warehouse has 0 units; 1 cannot be taken",
    ]
    assert {place: units for place, units in levels().items() if units} == {("A", "Main warehouse"): 6}
    rejects = Path(f"{path}.rejects.csv").read_text().splitlines()
    assert rejects[:5] == [
        f"{HEADER},line,problem",
        "A,,1e3,found,,,,3,quantity_change: “1e3” is not a whole number such as 12 or -12",
        "A,,１２,found,,,,4,quantity_change: “１２” is not a whole number such as 12 or -12",
        "A,,,found,,,,5,quantity_change: is missing",
        'A,,0,found,"a',
    ]
    assert rejects[-1] == "B,,-1,DAMAGE,,,,20,quantity: B in Main warehouse has 0 units; 1 cannot be taken"
    assert len(rejects) == 1 + 17 + 1

    assert run("import_movements", path)[1] == "created 0, updated 0, unchanged 2, rejected 17"
    assert list(verify()) == []


def test_a_line_waits_for_its_goods_to_the_end_of_the_file(write: Write, run: Run) -> None:
    """However far behind they come: what a second run would post, the first has posted."""
    early = [f"A,,-1,SALE,,early-{place}," for place in range(700)]
    path = write("moves.csv", HEADER, *early, "B,,1,found,,,", "A,,699,found,,,")

    first = run("import_movements", path)

    assert first[1] == "created 701, updated 0, unchanged 0, rejected 1"
    assert first[-1] == "line 501: quantity: A in Main warehouse has 0 available units; 1 cannot be taken"
    assert run("import_movements", path)[1] == "created 0, updated 0, unchanged 701, rejected 1"
    assert levels() == {("A", "Main warehouse"): 0, ("B", "Main warehouse"): 1}


def test_a_rejected_line_goes_in_once_its_goods_are_there(main: Warehouse, write: Write, run: Run) -> None:
    path = write("moves.csv", HEADER, "A,,-5,SALE,,X,", "A,,-5,SALE,,X,")
    sku = Sku.objects.get(code="A")
    stock(sku, main, 7)

    assert run("import_movements", path)[1] == "created 1, updated 0, unchanged 0, rejected 1"
    stock(sku, main, 3)
    assert run("import_movements", path)[1] == "created 1, updated 0, unchanged 1, rejected 0"
    assert levels() == {("A", "Main warehouse"): 0}


def test_a_dry_run_reports_the_same_and_writes_nothing(write: Write, run: Run) -> None:
    lines = [f"A,,-1,SALE,,{place}," for place in range(600)]
    path = write("moves.csv", HEADER, "A,,599,found,,,", *lines)

    dry = run("import_movements", path, "--dry-run")

    assert (counted(), levels()) == ((0, 0, 0), {})
    assert list(path.parent.iterdir()) == [path]
    assert dry == [
        "moves.csv: 601 lines read (dry run, nothing is changed)",
        "created 600, updated 0, unchanged 0, rejected 1",
        "- by reason: SALE 599, found 1",
        "line 602: quantity: A in Main warehouse has 0 available units; 1 cannot be taken",
    ]
    assert run("import_movements", path)[1:3] == dry[1:3]


def test_a_run_that_was_cut_short_is_finished_by_another(
    write: Write, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("moves.csv", HEADER, *(f"A,,1,found,,{place}," for place in range(1200)))
    plain = movements_file.adjust
    calls = iter(range(9))

    def adjust(**given: Any) -> Any:
        if next(calls) == 1:
            plain(**given)
            raise KeyboardInterrupt
        return plain(**given)

    monkeypatch.setattr(movements_file, "adjust", adjust)
    with pytest.raises(CommandError, match="Interrupted"):
        run("import_movements", path)
    assert counted() == (500, 1, 500)

    assert run("import_movements", path)[1] == "created 700, updated 0, unchanged 500, rejected 0"
    assert counted() == (1200, 3, 1200)
    assert list(verify()) == []


def test_two_runs_at_once_post_a_line_once(
    organization: Organization, write: Write, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other run commits between our look and our write; the constraint notices, and we look again."""
    path = write("moves.csv", HEADER, "A,,1,found,,1,", "A,,1,found,,2,")
    run("import_movements", path)
    plain = movements_file._Posting.known
    calls = iter(range(9))

    def known(self: Any, movements: Any) -> set[str]:
        return set() if next(calls) == 0 else plain(self, movements)

    monkeypatch.setattr(movements_file._Posting, "known", known)

    assert run("import_movements", path)[1] == "created 0, updated 0, unchanged 2, rejected 0"
    assert (levels(), next(calls)) == ({("A", "Main warehouse"): 2}, 2)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--warehouse", "Nowhere"], "there is no warehouse “Nowhere”"),
        (["--reason", "whim"], "there is no active reason code “whim”"),
        (["--map", "Artikel=sku"], "The file has no column “artikel”"),
        (["--opening-extra", "-1"], "“-1” is not a whole number from 0 up"),
        (["--opening-stock", "all"], "invalid choice: 'all'"),
        (["--preset", "online-retail"], "The file lacks the column “InvoiceNo”"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_done(
    write: Write, run: Run, options: list[str], words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        run("import_movements", write("moves.csv", HEADER, "A,,1,found,,,"), *options)

    assert counted() == (0, 0, 0)


def test_a_warehouse_of_another_organization_does_not_exist(write: Write, run: Run) -> None:
    other = make_organization("Other")
    foreign = make_warehouse(other, "Abroad")
    path = write("moves.csv", HEADER, f"A,{foreign.public_id},1,found,,,", "A,Abroad,1,found,,,")

    assert run("import_movements", path)[-2:] == [
        f"line 2: warehouse: there is no warehouse “{foreign.public_id}”",
        "line 3: warehouse: there is no warehouse “Abroad”",
    ]


def test_a_line_without_a_warehouse_needs_a_default(
    organization: Organization, write: Write, run: Run
) -> None:
    Organization.objects.update(default_warehouse=None)

    assert run("import_movements", write("moves.csv", HEADER, "A,,1,found,,,"))[-1] == (
        "line 2: warehouse: is missing, and the organization has no default warehouse"
    )


class TestOpeningStock:
    LINES = (
        "A,,-5,SALE,,1,2011-06-01T10:00:00",
        "A,,3,RETURN,,2,2011-06-02T10:00:00",
        "A,,-4,SALE,,3,2011-06-03T10:00:00",
        "B,,2,found,,4,2011-05-01T10:00:00",
    )

    def test_it_is_what_the_file_needs_dated_before_it(self, write: Write, run: Run) -> None:
        path = write("moves.csv", HEADER, *self.LINES)

        assert run("import_movements", path, "--opening-stock", "cover")[:3] == [
            "moves.csv: 4 lines read",
            "created 4, updated 0, unchanged 0, rejected 0",
            "- opening stock: 6 units of 1 SKUs",
        ]
        assert levels() == {("A", "Main warehouse"): 0, ("B", "Main warehouse"): 2}
        opening = Movement.objects.get(reason_code__code="opening_stock")
        assert (opening.delta, opening.level_before) == (6, 0)
        assert opening.occurred_at == datetime(2011, 5, 1, 9, tzinfo=UTC)

    def test_it_is_received_once(self, write: Write, run: Run) -> None:
        path = write("moves.csv", HEADER, *self.LINES)
        cover = ("--opening-stock", "cover", "--opening-extra", "10")

        first = run("import_movements", path, *cover)
        again = run("import_movements", path, *cover)

        assert first[2] == "- opening stock: 26 units of 2 SKUs"
        assert again == ["moves.csv: 4 lines read", "created 0, updated 0, unchanged 4, rejected 0"]
        assert levels() == {("A", "Main warehouse"): 10, ("B", "Main warehouse"): 12}

    def test_stock_that_is_there_counts(self, main: Warehouse, write: Write, run: Run) -> None:
        stock(make_sku(main.organization, "C"), main, 4)
        path = write("moves.csv", HEADER, "C,,-7,SALE,,1,")

        assert (
            run("import_movements", path, "--opening-stock", "cover")[2]
            == "- opening stock: 3 units of 1 SKUs"
        )
        assert levels() == {("C", "Main warehouse"): 0}

    def test_a_run_that_was_cut_short_opens_no_second_time(
        self, write: Write, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = write(
            "moves.csv", HEADER, *(f"A,,-1,SALE,,{place}," for place in range(900)), "A,,500,found,,,"
        )
        cover = ("--opening-stock", "cover", "--opening-extra", "5")
        plain = movements_file.adjust
        calls = iter(range(9))

        def adjust(**given: Any) -> Any:
            if next(calls) == 2:
                raise KeyboardInterrupt
            return plain(**given)

        monkeypatch.setattr(movements_file, "adjust", adjust)
        with pytest.raises(CommandError, match="Interrupted"):
            run("import_movements", path, *cover)
        assert levels() == {("A", "Main warehouse"): 405}

        assert run("import_movements", path, *cover)[1:3] == [
            "created 401, updated 0, unchanged 500, rejected 0",
            "- by reason: SALE 400, found 1",
        ]
        assert levels() == {("A", "Main warehouse"): 505}

    def test_a_dry_run_opens_nothing(self, write: Write, run: Run) -> None:
        path = write("moves.csv", HEADER, *self.LINES)

        dry = run("import_movements", path, "--opening-stock", "cover", "--dry-run")

        assert dry[1] == "created 4, updated 0, unchanged 0, rejected 0"
        assert counted() == (0, 0, 0)
