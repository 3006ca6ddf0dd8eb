"""Tables as files: every type of cell in both, and no text that a spreadsheet would calculate with."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from inventory.exports import written
from inventory.exports.writing import write
from warehouses.tables import Cell, Table

NOON = datetime(2026, 7, 1, 12, 0, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def table(*rows: tuple[Cell, ...], columns: int = 1) -> Table:
    names = tuple(f"column_{place}" for place in range(1, columns + 1))
    return Table("Things", names, rows, lambda limit: len(rows))


def csv_cells(*values: Cell) -> list[str]:
    content = written(table(values, columns=len(values)), file_format="csv", zone=BERLIN)
    assert content.startswith(b"\xef\xbb\xbf")
    _, row = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    return row


def xlsx_cells(*values: Cell) -> list[Any]:
    content = written(table(values, columns=len(values)), file_format="xlsx", zone=BERLIN)
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    return list(sheet[2])


def test_csv_tells_every_type_so_that_it_can_be_read_again() -> None:
    assert csv_cells(-7, Decimal("12.50"), True, False, None, date(2026, 1, 31), NOON, "a,\"b\"\nc") == [
        "-7", "12.50", "true", "false", "", "2026-01-31", "2026-07-01T14:00:30+02:00", 'a,"b"\nc',
    ]  # fmt: skip


def test_xlsx_keeps_every_type() -> None:
    cells = xlsx_cells(-7, Decimal("12.50"), True, date(2026, 1, 31), NOON, "0012")
    # A spreadsheet knows no time zones: it is told what the clocks show.
    day, instant = (f"{cell.value:%Y-%m-%d %H:%M:%S}" for cell in cells[3:5])
    assert (day, instant) == ("2026-01-31 00:00:00", "2026-07-01 14:00:30")
    assert [cells[place].value for place in (0, 1, 2, 5)] == [-7, 12.5, True, "0012"]
    assert [cell.data_type for cell in cells] == ["n", "n", "b", "d", "d", "s"]


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_text_that_begins_like_a_formula_is_none(first: str) -> None:
    text = f"{first}cmd|' /C calc'!A0"
    (cell,) = csv_cells(text)
    assert cell.startswith("'")
    (cell,) = xlsx_cells(text)
    assert (cell.data_type, cell.quotePrefix) == ("s", True)


@pytest.mark.parametrize("text", ["MUG-RED", "a=b", "1+1", "'quoted", "#REF!", "http://example.com/", "12"])
def test_other_text_is_left_as_it_is(text: str) -> None:
    assert csv_cells(text) == [text]
    (cell,) = xlsx_cells(text)
    assert (cell.value, cell.data_type, cell.quotePrefix, cell.hyperlink) == (text, "s", False, None)


def test_number_that_a_spreadsheet_would_round_is_text() -> None:
    (cell,) = xlsx_cells(4006381333931123456)
    assert (cell.value, cell.data_type) == ("4006381333931123456", "s")


def test_text_that_no_cell_holds_is_cut_and_what_no_file_holds_is_replaced() -> None:
    (cell,) = xlsx_cells("x" * 40_000)
    assert len(cell.value) == 32_767
    assert csv_cells("a\ud800b") == ["a?b"]
    assert xlsx_cells("a\ud800b")[0].value == "a?b"


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_table_without_rows_is_its_header(format_: str) -> None:
    content = written(table(columns=2), file_format=format_, zone=BERLIN)
    if format_ == "csv":
        assert content.decode("utf-8-sig") == "column_1,column_2\r\n"
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
        assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [["column_1", "column_2"]]


def test_what_fits_on_no_sheet_goes_on_in_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inventory.exports.writing._SHEET_ROWS", 2)
    content = written(table(*[(number,) for number in range(5)]), file_format="xlsx", zone=BERLIN)
    sheets = openpyxl.load_workbook(io.BytesIO(content)).worksheets
    assert [[row[0].value for row in sheet.iter_rows()] for sheet in sheets] == [
        ["column_1", 0, 1],
        ["column_1", 2, 3],
        ["column_1", 4],
    ]


def _peak(rows: int, format_: str) -> int:
    def many() -> Iterator[tuple[Cell, ...]]:
        for number in range(rows):
            yield (f"SKU-{number:07}", number, Decimal(number), NOON, f"Title of number {number}")

    class Nowhere(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            return len(data)

    tracemalloc.start()
    try:
        names = ("a", "b", "c", "d", "e")
        file = Nowhere() if format_ == "csv" else io.BytesIO()
        write(Table("Things", names, many(), lambda limit: rows), file, file_format=format_, zone=BERLIN)  # type: ignore[arg-type]
        size = file.tell() if isinstance(file, io.BytesIO) else 0
        return tracemalloc.get_traced_memory()[1] - 2 * size
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_memory_is_the_same_for_few_and_many_rows(format_: str) -> None:
    few, many = _peak(500, format_), _peak(10_000, format_)
    assert many < few + 500_000
