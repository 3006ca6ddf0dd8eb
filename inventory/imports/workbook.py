"""A workbook (XLSX), its first visible sheet read row by row as text: the same records as those of a CSV file.

What is in it is somebody else's: the archive is measured before anything of it is unpacked, XML that declares entities
is refused, and nothing is computed. A formula counts as the result that was stored with it.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._reader import WorkSheetParser

from inventory.imports.sheet import Record, SheetError

__all__ = ["MOST_COLUMNS", "Workbook"]

MOST_COLUMNS: Final = 200
#: Bytes, unpacked: of everything, of the texts that are kept in memory, and of each of the small parts.
_LARGEST: Final = 160_000_000
_LARGEST_TEXTS: Final = 48_000_000
_LARGEST_PART: Final = 8_000_000
_MOST_PARTS: Final = 5_000
_FARTHEST_ROW: Final = 1_048_576

_ROW: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}row"
_FORMULA: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}f"
_READ_WHOLE: Final = re.compile(
    r"(\[Content_Types\]|workbook|styles|theme\d*|app|core|custom|.*\.rels)(\.xml)?", re.I
)
# What the library may raise over a file that is not what it says.
_FAULTS: Final = (
    AttributeError, EOFError, IndexError, KeyError, NotImplementedError, OSError, OverflowError, RecursionError,
    RuntimeError, TypeError, ValueError, ParseError, zipfile.BadZipFile, DefusedXmlException, InvalidFileException,
)  # fmt: skip

#: The number of a row, and of each column the text and what is wrong with it.
_Row = tuple[int, dict[int, tuple[str, str]]]


class Workbook:
    """An open workbook: `header`, then its records by iteration. Use it in a `with`. `delimiter` is empty.

    `notes` say which of several sheets is read. A record's `line` is the number of its row in the sheet.
    """

    delimiter: Final = ""

    def __init__(self, path: Path, *, name: str = "") -> None:
        self.path = path
        self.name = name or str(path)
        self.header: tuple[str, ...] = ()
        self.notes: list[str] = []

    def __enter__(self) -> Self:
        self._file = self.path.open("rb")  # by its name, the library would judge what it is
        try:
            with self._told():
                _measure(self._file)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # what it leaves out of a book does not concern us
                    self._book: Any = load_workbook(
                        self._file, read_only=True, data_only=True, keep_links=False
                    )
                self._rows = self._open()
                self._read_header()
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._rows.close()
        self._book.close()
        self._file.close()

    def __iter__(self) -> Iterator[Record]:
        width = len(self.header)
        with self._told():
            for line, cells in self._rows:
                if not any(text.strip() for text, _ in cells.values()):
                    continue
                beyond = max(cells) > width and any(
                    text.strip() for column, (text, _) in cells.items() if column > width
                )
                problem = (
                    f"has values to the right of the {width} columns that the header names"
                    if beyond
                    else None
                )
                for column in sorted(cells):
                    if problem is None and cells[column][1] and column <= width:
                        problem = f"{self.header[column - 1] or 'a value'}: {cells[column][1]}"
                values = tuple(cells.get(column, ("", ""))[0] for column in range(1, width + 1))
                yield Record(line, values, problem)

    def _open(self) -> Generator[_Row, None, None]:
        sheets = [sheet for sheet in self._book.worksheets if sheet.sheet_state == "visible"]
        if not sheets:
            raise SheetError(f"{self.name} has no sheet that can be seen.")
        sheet = sheets[0]
        if len(sheets) > 1:
            self.notes.append(f"Of {len(sheets)} sheets, the first was read: “{sheet.title[:80]}”.")
        source = self._book._archive.open(sheet._worksheet_path)
        return _rows(
            source,
            _Cells(
                source,
                sheet._shared_strings,
                data_only=True,
                epoch=self._book.epoch,
                date_formats=self._book._date_formats,
                timedelta_formats=self._book._timedelta_formats,
            ),
        )

    def _read_header(self) -> None:
        for _, cells in self._rows:
            named = {column: " ".join(text.split()) for column, (text, _) in cells.items()}
            columns = [column for column, text in named.items() if text]
            if not columns:
                continue
            if max(columns) > MOST_COLUMNS:
                raise SheetError(f"{self.name} has more than {MOST_COLUMNS} columns.")
            self.header = tuple(named.get(column, "") for column in range(1, max(columns) + 1))
            return
        raise SheetError(f"{self.name} is empty.")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Whatever goes wrong in reading is said in words for the person who gave the file."""
        try:
            yield
        except SheetError:
            raise
        except DefusedXmlException as error:
            raise SheetError(
                f"{self.name} holds XML that no spreadsheet program writes, and is not read."
            ) from error
        except _FAULTS as error:
            raise SheetError(
                f"{self.name} cannot be read as a workbook: open it in a spreadsheet program, and save it as .xlsx."
            ) from error


class _Cells(WorkSheetParser):  # the library has no public reader of single rows
    """A cell as its text and what is wrong with it."""

    def parse_cell(self, element: Any) -> dict[str, Any]:
        try:
            cell = super().parse_cell(element)
        except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
            if not 0 < self.col_counter <= MOST_COLUMNS:
                raise
            cell = {"column": self.col_counter, "value": None, "data_type": "e", "fault": str(error)}
            return cell | {"text": ("?", "holds a value that cannot be read")}
        value, kind = cell["value"], cell["data_type"]
        if kind == "e":
            cell["text"] = (str(value), f"holds the error {str(value)[:20]}")
        elif value is None and element.find(_FORMULA) is not None:
            cell["text"] = (
                "=",
                "holds a formula whose result was not saved: open the file, save it, or paste values",
            )
        else:
            cell["text"] = (_text_of(value), "")
        return dict(cell)


def _rows(source: Any, cells: _Cells) -> Generator[_Row, None, None]:
    """(number, column → text and fault) of the rows that there are. Empty ones in between are not made up."""
    with source, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parents: list[Any] = []
        for event, element in iterparse(source, events=("start", "end")):
            if event == "start":
                parents.append(element)
                continue
            parents.pop()
            if element.tag != _ROW:
                continue
            number, row = cells.parse_row(element)
            if not 0 < number <= _FARTHEST_ROW:
                raise ValueError(f"A sheet has no row {number}.")
            element.clear()
            if parents:
                parents[
                    -1
                ].clear()  # or a hundred thousand empty elements would wait for the end of the sheet
            # A lone cell far to the right is most often a stray blank.
            yield number, {cell["column"]: cell["text"] for cell in row}


def _text_of(value: Any) -> str:
    """A value as a person would have typed it into a CSV file: `12`, `2.55`, `2026-01-31`, `true`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # Fifteen digits are what a spreadsheet shows; the sixteenth is the noise of binary fractions.
        number = Decimal(f"{value:.15g}")
        return (
            str(int(number)) if number == number.to_integral_value() and abs(value) < 1e18 else f"{number:f}"
        )
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)


def _measure(file: IO[bytes]) -> None:
    """Refuse an archive that would not fit, before anything is unpacked. What it says of itself, the unpacking holds
    it to: it stops there, and the checksum is wrong.
    """
    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
        if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _LARGEST:
            raise SheetError(
                "The workbook is too large once it is unpacked: save the sheet as CSV, or split it."
            )
        for part in parts:
            name = part.filename.rpartition("/")[2]
            most = _LARGEST_TEXTS if name.lower() == "sharedstrings.xml" else None
            if _READ_WHOLE.fullmatch(name):
                most = _LARGEST_PART
            if most is not None and part.file_size > most:
                raise SheetError("The workbook holds too much text: save the sheet as CSV, or split it.")
