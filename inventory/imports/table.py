"""A file that somebody gave, whatever it is: told by what is in it, not by its name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from inventory.imports.sheet import Sheet, SheetError
from inventory.imports.text_encoding import UTF_8, encoding_of
from inventory.imports.workbook import Workbook

__all__ = ["Table", "notes_of", "open_table"]

Table = Sheet | Workbook

_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK"
#: What is brought by mistake, and what to do about it.
_OTHERS: Final = (
    (b"\xd0\xcf\x11\xe0", "is an old or an encrypted Excel file: save it as .xlsx without a password."),
    (b"%PDF", "is a PDF: a table is wanted, as .xlsx or .csv."),
    (b"\x89PNG", "is a picture: a table is wanted, as .xlsx or .csv."),
    (b"\xff\xd8\xff", "is a picture: a table is wanted, as .xlsx or .csv."),
    (b"GIF8", "is a picture: a table is wanted, as .xlsx or .csv."),
    (b"{\\rtf", "is a text document: a table is wanted, as .xlsx or .csv."),
    (b"SQLite format 3", "is a database: a table is wanted, as .xlsx or .csv."),
)


def open_table(path: Path, *, name: str, expected: Iterable[str]) -> Table:
    """The file as a table that is yet to be entered (`with`). Raises SheetError, with what to do, where it is none."""
    with path.open("rb") as stream:
        head = stream.read(16)
    for mark, words in _OTHERS:
        if head.startswith(mark):
            raise SheetError(f"{name} {words}")
    if head.startswith(_ZIP):
        return Workbook(path, name=name)
    encoding = UTF_8 if head.startswith(_GZIP) else encoding_of(path)
    return Sheet(path, expected=expected, encoding=encoding, name=name)


def notes_of(table: Table) -> list[str]:
    """What a person should know about how the file was read."""
    if isinstance(table, Workbook):
        return table.notes
    if table.encoding == "windows-1252":
        return [
            "The file is not UTF-8: it was read as Windows-1252. If letters such as ä or é look wrong below, save it as"
            " “CSV UTF-8” and bring it again."
        ]
    return []
