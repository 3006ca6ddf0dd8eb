"""Files as people have them, and as somebody might make them to do harm."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
import xlsxwriter

from inventory.import_runs import reading
from inventory.import_runs.downloads import bad_rows
from inventory.imports import workbook as books
from inventory.models import ImportFile, ImportMapping, ImportRow, ImportRun, ImportState, Sku
from tests.inventory.import_runs.conftest import Bring, House, counts, do, rights, rows, workbook
from warehouses.refusals import InvalidInput

pytestmark = pytest.mark.django_db

CONTENT_TYPES = """<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/></Types>"""


def repacked(content: bytes, **parts: bytes) -> bytes:
    """A workbook with some of its parts replaced: `sheet1` is xl/worksheets/sheet1.xml."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as given,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for part in given.infolist():
            stem = part.filename.rpartition("/")[2].removesuffix(".xml")
            made.writestr(part.filename, parts.get(stem, given.read(part.filename)))
    return file.getvalue()


class TestText:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
    def test_letters_are_read_in_what_spreadsheets_save(
        self, house: House, bring: Bring, encoding: str
    ) -> None:
        run = bring(content="sku;title\nPOT;Töpfchen für Käse\n".encode(encoding))
        assert rows(run)[0][2] == [["title", "", "Töpfchen für Käse"]]
        assert [note[:22] for note in run.notes] == (
            ["The file is not UTF-8:"] if encoding == "cp1252" else []
        )

    def test_one_broken_letter_costs_its_row_alone(self, house: House, bring: Bring) -> None:
        run = bring(
            content="sku,title\nPOT,Töpfe, größere\nPAN,Pfännchen für Öl\n".replace(", g", " g").encode()
            + b"BAD,\xff\xed\xa0\x80\n"
        )
        assert [problems for _, _, _, problems in rows(run)] == [[], [], [["", "is not UTF-8"]]]
        assert run.notes == []

    def test_nul_and_control_characters(self, house: House, bring: Bring) -> None:
        run = bring(content=b"sku,title\nPOT,A\x00B\nPAN,A\x07B\nP\x1bT,C\n")
        assert [problems for _, _, _, problems in rows(run)] == [
            [["", "title: holds a null character"]],
            [["title", "holds control characters"]],
            [["sku", "'P\\x1bT' holds characters that cannot be printed"]],
        ]
        assert ImportRow.objects.filter(run=run).first().content == ["POT", "A␀B"]  # type: ignore[union-attr]

    def test_a_header_that_names_a_column_twice(self, house: House, bring: Bring) -> None:
        run = bring("sku,title,title,", "POT,First,Second,")
        assert run.mapping == ["sku", "title", "", ""]
        assert rows(run)[0][2] == [["title", "", "First"]]

    def test_cells_without_end(self, house: House, bring: Bring) -> None:
        run = bring("sku,title", f"POT,{'x' * 5_001}", f"PAN,{'x' * 200_000}", "CUP,Mine")
        assert [problems for _, _, _, problems in rows(run)] == [
            [["", "title: is longer than 5,000 characters"]],
            [["", "this is not CSV: field larger than field limit (131072)"]],
            [],
        ]
        assert max(len(cell) for row in ImportRow.objects.all() for cell in row.content) <= 201

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"%PDF-1.7 ...", "goods.csv is a PDF: a table is wanted, as .xlsx or .csv."),
            (
                b"\xd0\xcf\x11\xe0\xa1",
                "goods.csv is an old or an encrypted Excel file: save it as .xlsx without a password.",
            ),
            (b"\x89PNG\r\n", "goods.csv is a picture: a table is wanted, as .xlsx or .csv."),
            (b"\n\n \n", "goods.csv is empty."),
            (b"sku,title\n", "goods.csv has a header and no rows."),
            (b"\x1f\x8b\x08\x00broken", "goods.csv cannot be read"),
            (b"PK\x03\x04nothing", "goods.csv cannot be read as a workbook"),
            (b"a," * 300 + b"\n1\n", "goods.csv has more than 200 columns."),
            (b"x" * 1_000_001, "goods.csv, line 1 is longer than 1,000,000 characters: is this CSV?"),
        ],
    )
    def test_what_is_no_table_is_told_what_to_do(
        self, house: House, bring: Bring, content: bytes, words: str
    ) -> None:
        run = bring(content=content)
        assert run.state == ImportState.FAILED
        assert run.error.startswith(words)
        assert not ImportRow.objects.exists()
        assert not ImportFile.objects.exists()

    def test_more_rows_than_there_may_be(
        self, house: House, bring: Bring, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "MOST_ROWS", 3)
        assert bring("sku,title", *["A,B"] * 3).state == ImportState.READY
        run = bring("sku,title", *["A,B"] * 4)
        assert (run.state, run.error) == (ImportState.FAILED, "goods.csv has more than 3 rows: split it.")
        assert ImportRow.objects.filter(run=run).count() == 0

    def test_a_file_that_is_too_large_or_empty_is_not_taken(
        self, house: House, bring: Bring, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("inventory.import_runs.uploads.LARGEST_FILE", 10)
        for content in (b"", b"sku,title\nA,B\n"):
            with pytest.raises(InvalidInput):
                bring(content=content)
        assert not ImportRun.objects.exists()

    def test_names_of_files_are_text(self, house: House, bring: Bring) -> None:
        run = bring("sku,title", "A,B", name="../../etc/\x00pass\u202ewd" + "x" * 300 + ".csv")
        assert len(run.file_name) == 200
        assert run.file_name.startswith("passwdxxx")
        assert run.file_name.endswith("xx.csv")


class TestWorkbook:
    def test_cells_are_read_as_they_are_shown(self, house: House, bring: Bring) -> None:
        file = io.BytesIO()
        with xlsxwriter.Workbook(file) as book:
            sheet = book.add_worksheet("Goods")
            book.add_worksheet("Other")
            day = book.add_format({"num_format": "yyyy-mm-dd"})
            sheet.write_row(0, 0, ["SKU", "Location", "Lot", "Best before", "Qty", "Comment"])
            sheet.write_row(1, 0, [12345, "North", "L-1", None, 7.0, 0.1 + 0.2])
            sheet.write_datetime(1, 3, datetime(2031, 5, 1, tzinfo=UTC).replace(tzinfo=None), day)
            sheet.write_formula(2, 0, "=1+1", value="MUG")
            sheet.write_row(2, 1, ["North", None, None, True])
        run = bring(content=file.getvalue(), name="goods.xlsx")
        assert run.notes == ["Of 2 sheets, the first was read: “Goods”."]
        assert [row.content for row in run.rows.order_by("number")] == [
            ["12345", "North", "L-1", "2031-05-01", "7", "0.3"],
            ["MUG", "North", "", "", "true", ""],
        ]

    def test_formulas_without_a_result_and_errors_are_no_values(self, house: House, bring: Bring) -> None:
        content = workbook(
            ["sku", "title"], ["POT", "=cmd|' /C calc'!A0"], ["PAN", "Pan"], [None, None], ["", "x"]
        )
        run = bring(content=content, name="goods.xlsx")
        assert [(row.line, row.problems) for row in run.rows.order_by("number")] == [
            (
                2,
                [
                    [
                        "",
                        "title: holds a formula whose result was not saved: open the file, save it, or paste values",
                    ]
                ],
            ),
            (3, []),
            (5, [["sku", "is missing"]]),
        ]

    @pytest.mark.parametrize("part", ["sharedStrings", "sheet1", "styles", "workbook"])
    def test_entities_are_not_expanded(self, house: House, bring: Bring, part: str) -> None:
        bomb = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">
            <!ENTITY secret SYSTEM "file:///etc/passwd">]><x>&b;&secret;</x>"""
        content = repacked(workbook(["sku", "title"], ["POT", "Pot"]), **{part: bomb})
        run = bring(content=content, name="goods.xlsx")
        assert run.state == ImportState.FAILED
        assert run.error.startswith("goods.xlsx ")
        assert "root:" not in run.error

    def test_a_bomb_is_measured_before_it_is_unpacked(self, house: House, bring: Bring) -> None:
        huge = b"<sst>" + b" " * 60_000_000 + b"</sst>"
        content = repacked(workbook(["sku", "title"], ["POT", "Pot"]), sharedStrings=huge)
        assert len(content) < 100_000
        run = bring(content=content, name="goods.xlsx")
        assert run.error == "The workbook holds too much text: save the sheet as CSV, or split it."

    def test_an_archive_that_lies_about_its_size_is_cut_off(self, house: House, bring: Bring) -> None:
        honest = repacked(
            workbook(["sku", "title"], ["POT", "Pot"]), sharedStrings=b"<sst>" + b" " * 60_000_000
        )
        with zipfile.ZipFile(io.BytesIO(honest)) as archive:
            size = next(part for part in archive.infolist() if "shared" in part.filename).file_size
        lying = honest.replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little"))
        assert lying != honest
        run = bring(content=lying, name="goods.xlsx")
        assert run.error.startswith("goods.xlsx cannot be read as a workbook")

    def test_parts_without_number_and_other_archives(
        self, house: House, bring: Bring, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("[Content_Types].xml", CONTENT_TYPES)
        assert bring(content=file.getvalue()).error.startswith("goods.csv cannot be read as a workbook")
        monkeypatch.setattr(books, "_MOST_PARTS", 3)
        run = bring(content=workbook(["sku", "title"], ["POT", "Pot"]))
        assert (
            run.error == "The workbook is too large once it is unpacked: save the sheet as CSV, or split it."
        )

    def test_rows_and_cells_far_away(self, house: House, bring: Bring) -> None:
        def sheet(cells: str) -> bytes:
            space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
            return f'<worksheet xmlns="{space}"><sheetData>{cells}</sheetData></worksheet>'.encode()

        head = '<row r="1"><c r="A1" t="inlineStr"><is><t>sku</t></is></c><c r="B1" t="str"><v>title</v></c></row>'
        plain = workbook(["sku", "title"], ["POT", "Pot"])
        far = bring(
            content=repacked(
                plain, sheet1=sheet(head + '<row r="1048576"><c r="A1048576" t="str"><v>POT</v></c></row>')
            )
        )
        assert [row.line for row in far.rows.all()] == [1048576]
        for cells in (
            head + '<row r="99999999999999999999"><c r="A1" t="str"><v>POT</v></c></row>',
            '<row r="1"><c r="XFD1" t="str"><v>sku</v></c></row>',
            head + '<row r="2"><c r="A2" t="s"><v>77</v></c></row>' * 0 + '<row r="x"></row>',
            "<row",
        ):
            assert bring(content=repacked(plain, sheet1=sheet(cells))).state == ImportState.FAILED
        run = bring(
            content=repacked(
                plain,
                sheet1=sheet(
                    head
                    + '<row r="2"><c r="A2" t="s"><v>77</v></c><c r="B2" t="str"><v>Pot</v></c></row>'
                    + f'<row r="3"><c r="A3"><v>{"9" * 5000}</v></c></row>'
                    + '<row r="4"><c r="A4" t="str"><v>POT</v></c><c r="B4" t="str"><v>Pot</v></c>'
                    + '<c r="D4"><v>1</v></c></row>'
                ),
            )
        )
        assert [problems for _, _, _, problems in rows(run)] == [
            [["", "sku: holds a value that cannot be read"]],
            [["", "sku: holds a value that cannot be read"]],
            [["", "has values to the right of the 2 columns that the header names"]],
        ]


class TestRoundTrip:
    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_rows_with_errors_come_back_put_right(self, house: House, bring: Bring, kind: str) -> None:
        table = [
            ["sku", "title", "unit_cost"],
            ["POT", "Pot", "1"],
            ["PAN", "@SUM(1+1)", "-2"],
            ["DISH", "+49 30", "x"],
        ]
        if kind == "csv":
            run = bring(*[",".join(line) for line in table], name="goods.csv")
        else:
            file = io.BytesIO()
            with xlsxwriter.Workbook(file, {"strings_to_formulas": False}) as book:
                sheet = book.add_worksheet()
                for number, line in enumerate(table):
                    sheet.write_row(number, 0, line)
            run = bring(content=file.getvalue(), name="goods.xlsx")
        assert counts(run) == (1, 0, 0, 2)
        file_like, _, name = bad_rows(run)
        with file_like:
            content = file_like.read()
        assert name == f"goods.problems.{kind}"
        if kind == "csv":
            assert content.decode("utf-8-sig").splitlines() == [
                "sku,title,unit_cost,problem",
                "PAN,'@SUM(1+1),'-2,unit_cost: -2 is less than 0",
                "DISH,'+49 30,x,\"unit_cost: “x” is not an amount such as 1234.5 (a point, at most 10 digits before it"
                ' and 4 after)"',
            ]
            content = content.replace(b"'-2", b"2").replace(b",x,", b",3,")
            again = bring(content=content, name=name)
            assert (counts(again), again.mapping) == ((2, 0, 0, 0), ["sku", "title", "unit_cost", ""])
            do(again, house.alice)
            assert set(Sku.objects.values_list("title", flat=True)) >= {"@SUM(1+1)", "+49 30"}
        else:
            again = bring(content=content, name=name)
            assert counts(again) == (0, 0, 0, 2)
            assert next(iter(again.rows.order_by("number"))).content[1] == "@SUM(1+1)"
            with bad_rows(again)[0] as file_like:
                assert file_like.read(2) == b"PK"

    def test_a_mapping_is_remembered_for_files_of_the_same_header(self, house: House, bring: Bring) -> None:
        from inventory.import_runs.runs import choose_columns
        from tests.inventory.import_runs.conftest import work
        from warehouses import transactions

        run = bring("Nr,Was", "POT,Pot")
        assert (run.state, run.kind, run.mapping) == (ImportState.MAPPING, "", ["", ""])
        access = rights(house.alice, house.organization)
        given: dict[str, Any] = {"warehouse": None, "reason_code": None}
        for mapping, words in (
            (["", "title"], "Choose the column that is: SKU."),
            (["sku", "sku"], "“Nr” is that already: choose one of the two."),
            (["sku", "password"], "Choose one of the columns of the list."),
            (["sku"], "The file has other columns: look again."),
        ):
            with pytest.raises(InvalidInput) as refused:
                transactions.run(
                    lambda mapping=mapping: choose_columns(  # type: ignore[misc]
                        access=access, user=house.alice, run=run, kind="catalogue", mapping=mapping, **given
                    )
                )
            assert words in [problem.detail for problem in refused.value.problems]
        transactions.run(
            lambda: choose_columns(
                access=access, user=house.alice, run=run, kind="catalogue", mapping=["sku", "title"], **given
            )
        )
        assert counts(work(run)) == (1, 0, 0, 0)
        assert ImportMapping.objects.count() == 1
        again = bring("nr, WAS", "PAN,Pan")
        assert (again.state, again.mapping, counts(again)) == (
            ImportState.READY,
            ["sku", "title"],
            (1, 0, 0, 0),
        )
