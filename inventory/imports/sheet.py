"""A CSV file, plain or gzipped, read one record at a time with the line numbers that an editor shows."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["DELIMITERS", "Record", "Sheet", "SheetError", "fold"]

DELIMITERS = (",", ";", "\t", "|")
LONGEST_LINE = 1_000_000
_GZIP = b"\x1f\x8b"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class SheetError(Exception):
    """The file as a whole cannot be read, or not beyond some line. The message is for the person who gave it."""


@dataclass(frozen=True, slots=True)
class Record:
    """`values` as they stand in the file; `problem` says why they cannot be used, where that is so.

    `line` is where the record begins: a quoted value may run over several lines.
    """

    line: int
    values: tuple[str, ...]
    problem: str | None = None


def fold(name: str) -> str:
    """The form in which column names are compared: `Unit Price` and `unit price ` are one."""
    return " ".join(name.split()).casefold()


class Sheet:
    """An open file: `header`, then its records by iteration. Use it in a `with`.

    The delimiter is the one that finds most of `expected` in the first line, so that a title full of semicolons cannot
    mislead it; where none finds more, the one that makes most columns. UTF-8, with or without a byte order mark, unless
    another `encoding` is given; bytes that are not of it make their own record bad, no other. `name` is what messages
    call the file: its path, where it is not given.
    """

    def __init__(
        self, path: Path, *, expected: Iterable[str], encoding: str = "utf-8-sig", name: str = ""
    ) -> None:
        self.path = path
        self.name = name or str(path)
        self.encoding = encoding
        self.header: tuple[str, ...] = ()
        self.delimiter = ","
        self._expected = {fold(name) for name in expected}
        self._line = 0

    def __enter__(self) -> Self:
        try:
            self._raw = self.path.open("rb")
        except OSError as error:
            raise SheetError(f"{self.name} cannot be read: {error.strerror}.") from error
        try:
            self._open()
        except BaseException:
            self._raw.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._text.close()
        self._raw.close()

    @property
    def _is_utf_16(self) -> bool:
        return self.encoding == "utf-16"

    @property
    def _alphabet(self) -> str:
        return {"utf-8-sig": "UTF-8", "utf-16": "UTF-16"}.get(self.encoding, self.encoding)

    @property
    def size(self) -> int:
        """The bytes of the file as it lies on the disk."""
        return self.path.stat().st_size

    @property
    def position(self) -> int:
        """How many of them have been read."""
        return self._raw.tell()

    def __iter__(self) -> Iterator[Record]:
        reader = csv.reader(self._lines(), delimiter=self.delimiter, strict=True)
        while True:
            first = self._line + 1
            try:
                values = tuple(next(reader))
            except StopIteration:
                return
            except csv.Error as error:
                # The reader begins afresh on the next line: one stray quote costs what it swallowed, no more.
                through = f" (through line {self._line})" if self._line > first else ""
                yield Record(first, (), f"this is not CSV{through}: {error}")
                continue
            if any(value.strip() for value in values):
                yield Record(first, values, self._problem_of(values))

    def _problem_of(self, values: tuple[str, ...]) -> str | None:
        if len(values) != len(self.header):
            return f"has {len(values)} values, but the header names {len(self.header)} columns"
        text = "".join(values)
        if _is_broken(text) or (self._is_utf_16 and "\ufffd" in text):
            return f"is not {self._alphabet}"
        for name, value in zip(self.header, values, strict=True):
            if "\x00" in value:
                return f"{name or 'a value'}: holds a null character"
        return None

    def _open(self) -> None:
        stream: io.BufferedReader | gzip.GzipFile = self._raw
        if self._peek(stream).startswith(_GZIP):
            stream = gzip.GzipFile(fileobj=self._raw)
        if not self._is_utf_16 and self._peek(stream).startswith(_UTF_16):
            raise SheetError(f"{self.name} is UTF-16: save it as “CSV UTF-8”.")
        # Bytes that are no UTF-8 become lone surrogates, which `_problem_of` finds and a rejects file gives back. Of
        # UTF-16 they would be half a letter, for which there is only the mark of a letter that was lost.
        errors = "replace" if self._is_utf_16 else "surrogateescape"
        self._text = io.TextIOWrapper(stream, encoding=self.encoding, errors=errors, newline="")
        self._read_header()

    def _peek(self, stream: io.BufferedReader | gzip.GzipFile) -> bytes:
        try:
            return bytes(stream.peek(4)[:4])
        except (OSError, EOFError, zlib.error) as error:
            raise SheetError(f"{self.name} cannot be read: {error}.") from error

    def _read_header(self) -> None:
        text = next((line for line in self._lines() if line.strip()), "")
        if not text:
            raise SheetError(f"{self.name} is empty.")
        for line in self._lines() if text.count('"') % 2 else ():
            text += line
            if text.count('"') % 2 == 0:
                break
        if _is_broken(text) or "\x00" in text:
            raise SheetError(f"{self.name}, line {self._line}: the header is not {self._alphabet} text.")
        readings = {delimiter: self._parse_header(text, delimiter) for delimiter in DELIMITERS}
        self.delimiter = max(
            DELIMITERS,
            key=lambda delimiter: (
                len(self._expected & set(map(fold, readings[delimiter]))),
                len(readings[delimiter]),
            ),
        )
        self.header = readings[self.delimiter]

    def _parse_header(self, text: str, delimiter: str) -> tuple[str, ...]:
        try:
            rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
        except csv.Error as error:
            raise SheetError(f"{self.name}, line {self._line}: the header is not CSV: {error}.") from error
        return tuple(" ".join(name.split()) for name in rows[0]) if rows else ()

    def _lines(self) -> Iterator[str]:
        while True:
            try:
                line = self._text.readline(LONGEST_LINE)
            except (OSError, EOFError, zlib.error) as error:
                raise SheetError(f"{self.name} cannot be read beyond line {self._line}: {error}.") from error
            if not line:
                return
            self._line += 1
            if len(line) == LONGEST_LINE:
                raise SheetError(
                    f"{self.name}, line {self._line} is longer than {LONGEST_LINE:,} characters: is this CSV?"
                )
            yield line


def _is_broken(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text)
