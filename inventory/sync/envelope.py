"""The JSON document of a feed, read from a file in constant memory: first its form as a whole, then its rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

import ijson

from inventory.sync.feeds import Broken, Unavailable

__all__ = ["LONGEST_TOKEN", "Envelope", "check_document", "rows_of"]

#: Of a page token and of a cursor.
LONGEST_TOKEN: Final = 1_000

_DEEPEST = 20
_MOST_PARTS = 1_000  # of one row, nested values and names included
_TEXTS = ("next_page", "cursor")
_MOST_DIGITS = 1_000
_DIGITS = re.compile(rb"[0-9]{%d}" % _MOST_DIGITS)
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a document says beside its rows; "" for what it does not say."""

    next_page: str = ""
    cursor: str = ""


def check_document(file: BinaryIO) -> Envelope:
    """Read the document to its end, so that no row of one that is cut off or wrong is taken over.

    Raises Unavailable where it ends too early, which the next answer may not, and Broken for all else.
    """
    _refuse_long_numbers(file)
    file.seek(0)
    reading = _Reading()
    try:
        for event, value in ijson.basic_parse(file):
            reading.take(event, value)
    except ijson.JSONError as error:
        if "premature EOF" in str(error) or "Incomplete" in str(error):
            raise Unavailable("The answer ends in the middle of the JSON document.") from error
        raise Broken("The answer is no JSON document in UTF-8.") from error
    except (ValueError, ArithmeticError) as error:
        # Half a character, or an exponent beyond all decimals.
        raise Broken("The answer holds a text or a number that cannot be read.") from error
    return reading.envelope()


def _refuse_long_numbers(file: BinaryIO) -> None:
    """ijson's C code does not survive an integer of more digits than Python is willing to read."""
    file.seek(0)
    end = b""
    while piece := file.read(_PIECE):
        if _DIGITS.search(end + piece):
            raise Broken(f"The answer holds a number of {_MOST_DIGITS:,} digits or more.")
        end = piece[-_MOST_DIGITS:]


def rows_of(file: BinaryIO) -> Iterator[Any]:
    """The rows of a document that was checked."""
    file.seek(0)
    yield from ijson.items(file, "rows.item")


class _Reading:
    """Follows the events of a document, and raises Broken as soon as its form is wrong."""

    def __init__(self) -> None:
        self.depth = 0
        self.name = ""
        self.found: dict[str, Any] = {}
        self.parts = 0
        self.rows = 0

    def take(self, event: str, value: Any) -> None:
        if event in ("end_map", "end_array"):
            self.depth -= 1
            return
        if self.depth == 0 and event != "start_map":
            raise Broken("The answer is no JSON object with “rows”.")
        if self.depth == 1:
            self._take_member(event, value)
        elif self.name == "rows":
            self._count(event)
        if event in ("start_map", "start_array"):
            self.depth += 1
            if self.depth > _DEEPEST:
                raise Broken(f"The answer is nested more than {_DEEPEST} deep.")

    def envelope(self) -> Envelope:
        if "rows" not in self.found:
            raise Broken("The answer has no “rows”.")
        return Envelope(*(self.found.get(name, "") for name in _TEXTS))

    def _take_member(self, event: str, value: Any) -> None:
        if event == "map_key":
            if value in self.found:
                raise Broken(f"The answer has “{value}” more than once.")
            self.name = value
            return
        name = self.name
        if name == "rows":
            if event != "start_array":
                raise Broken("The answer's “rows” is no array.")
            self.found[name] = True
        elif name in _TEXTS:
            if event not in ("string", "null"):
                raise Broken(f"The answer's “{name}” is neither a text nor null.")
            text = value or ""
            if len(text) > LONGEST_TOKEN or not text.isprintable():
                raise Broken(
                    f"The answer's “{name}” is longer than {LONGEST_TOKEN:,} characters,"
                    " or holds some that cannot be printed."
                )
            self.found[name] = text

    def _count(self, event: str) -> None:
        if self.depth == 2:
            self.parts = 0
            self.rows += 1
        self.parts += 1
        if self.parts > _MOST_PARTS:
            raise Broken(f"Row {self.rows:,} of the answer has more than {_MOST_PARTS:,} parts.")
