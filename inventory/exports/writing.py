"""Tables as CSV and as XLSX, row after row. Neither holds more than a row of it, or calculates with any text."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import IO, Any, Final

import xlsxwriter

from inventory.models import ExportFormat
from warehouses.http.rendering import is_formula
from warehouses.tables import Cell, Table

__all__ = ["content_type", "write", "written"]

_TYPES: Final = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
#: Told after so many rows how far the file has come.
_STEP: Final = 1000
#: Of a sheet, its header apart; what does not fit goes on in another one.
_SHEET_ROWS: Final = 1_048_575
#: Of a cell.
_LONGEST_TEXT: Final = 32_767
#: A spreadsheet counts with 15 digits: a longer number is kept as text.
_MOST_DIGITS: Final = 15

Told = Callable[[int], object]


def content_type(file_format: str) -> str:
    return _TYPES[ExportFormat(file_format)]


def written(table: Table, *, file_format: str, zone: tzinfo) -> bytes:
    """The whole file, of a table that is known to be small."""
    file = io.BytesIO()
    write(table, file, file_format=file_format, zone=zone)
    return file.getvalue()


def write(
    table: Table,
    file: IO[bytes],
    *,
    file_format: str,
    zone: tzinfo,
    told: Told = lambda rows: None,
) -> int:
    """Write the table; returns how many rows it had. `told` hears now and then how many there are so far.

    Instants are told in `zone`, that of the organization.
    """
    writer = _write_csv if file_format == ExportFormat.CSV else _write_xlsx
    return writer(table, file, zone, told)


def _write_csv(table: Table, file: IO[bytes], zone: tzinfo, told: Told) -> int:
    # The mark tells spreadsheets that it is UTF-8.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="", write_through=False)
    rows = 0
    try:
        lines = csv.writer(text)
        lines.writerow(table.columns)
        for row in table.rows:
            lines.writerow([_csv_cell(value, zone) for value in row])
            rows += 1
            if rows % _STEP == 0:
                told(rows)
        text.flush()
    finally:
        text.detach()
    return rows


def _csv_cell(value: Cell, zone: tzinfo) -> str | int:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, str):
        return f"'{value}" if is_formula(value) else value
    return value


def _write_xlsx(table: Table, file: IO[bytes], zone: tzinfo, told: Told) -> int:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        sheet = _Sheet(book, zone)
        rows = 0
        for row in table.rows:
            if rows % _SHEET_ROWS == 0:
                sheet.begin(table.columns)
            sheet.add(row)
            rows += 1
            if rows % _STEP == 0:
                told(rows)
        if not rows:
            sheet.begin(table.columns)
    return rows


class _Sheet:
    """Where rows of a workbook are written: each cell with the type that it has, whatever its text looks like."""

    def __init__(self, book: Any, zone: tzinfo) -> None:
        self._book = book
        self._zone = zone
        self._head = book.add_format({"bold": True, "bottom": 1})
        self._day = book.add_format({"num_format": "yyyy-mm-dd"})
        self._instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        # Stays a text when somebody edits the cell, and when the sheet is saved as something else.
        self._quoted = book.add_format({"quote_prefix": True})
        self._sheet: Any = None
        self._row = 0

    def begin(self, columns: Sequence[str]) -> None:
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        for place, name in enumerate(columns):
            self._sheet.set_column(place, place, max(12, len(name) + 2))
            self._sheet.write_string(0, place, name, self._head)
        self._row = 1

    def add(self, row: Sequence[Cell]) -> None:
        for place, value in enumerate(row):
            self._write(place, value)
        self._row += 1

    def _write(self, place: int, value: Cell) -> None:
        if value is None or value == "":
            return
        at = (self._row, place)
        if isinstance(value, bool):
            self._sheet.write_boolean(*at, value)
        elif isinstance(value, datetime):
            self._sheet.write_datetime(*at, value.astimezone(self._zone).replace(tzinfo=None), self._instant)
        elif isinstance(value, date):
            self._sheet.write_datetime(*at, value, self._day)
        elif isinstance(value, int | Decimal) and len(str(value)) <= _MOST_DIGITS:
            self._sheet.write_number(*at, value)
        else:
            text = str(value)[:_LONGEST_TEXT].encode("utf-8", "replace").decode()
            self._sheet.write_string(*at, text, self._quoted if is_formula(text) else None)
