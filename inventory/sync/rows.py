"""One row of a feed: what it must say, whichever way it came."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import simplejson
from django.utils import timezone

from inventory.imports.fields import BadValue, quoted, read_change, read_code, read_count, read_text
from inventory.models import SyncType

__all__ = [
    "CHANGE_COLUMNS",
    "CLOCK_SKEW",
    "FULL_COLUMNS",
    "LONGEST_CONTENT",
    "Raw",
    "Refused",
    "Row",
    "content_of",
    "json_cells",
    "kept_text",
    "read_row",
]

FULL_COLUMNS: Final = {"sku": True, "quantity": True, "lot": False, "expires_on": False}
CHANGE_COLUMNS: Final = {
    "key": True,
    "sku": True,
    "quantity_change": True,
    "reason_code": True,
    "occurred_at": False,
    "note": False,
    "lot": False,
}
LONGEST_CONTENT: Final = 2_000
#: How far a till's clock may be ahead of ours.
CLOCK_SKEW: Final = timedelta(minutes=5)

_LONGEST_KEY = 120
_NUMBERS = frozenset({"quantity", "quantity_change"})
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a row is not taken over: a stable code and a sentence."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Raw:
    """A row as its feed gives it: texts under our names, or the reason why there are none.

    `content` writes what is kept of it if it is refused; `number` is given where it had one in an earlier run.
    """

    cells: Mapping[str, str] | Refused
    content: Callable[[], str]
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is well-formed. `index` is its place in its batch, `number` its place in the run."""

    index: int
    number: int
    sku_code: str
    quantity: int
    reason_code: str = "sync"
    key: str = ""
    note: str = ""
    occurred_at: datetime | None = None
    lot_code: str = ""
    expires_on: date | None = None


def read_row(raw: Raw, kind: SyncType, *, index: int, number: int) -> Row | Refused:
    """The row of a full feed (`SyncType.FULL`) or of a feed of changes."""
    cells = raw.cells
    if isinstance(cells, Refused):
        return cells
    try:
        code = read_code(cells, "sku")
        lot_code = read_text(cells, "lot", longest=64)
        if kind is SyncType.FULL:
            quantity = read_count(cells, "quantity")
            if quantity is None:
                raise BadValue("quantity", "is missing")
            expires_on = _date(cells, "expires_on")
            if expires_on is not None and not lot_code:
                raise BadValue("expires_on", "is the date of a lot, and the row names none")
            return Row(index, number, code, quantity, lot_code=lot_code, expires_on=expires_on)
        return Row(
            index,
            number,
            code,
            read_change(cells, "quantity_change"),
            reason_code=_required(cells, "reason_code", longest=40),
            key=_key(cells),
            note=read_text(cells, "note", longest=500, lines=True),
            occurred_at=_instant(cells, "occurred_at"),
            lot_code=lot_code,
        )
    except BadValue as bad:
        return Refused("INVALID_ROW", str(bad))


def json_cells(value: Any, kind: SyncType) -> Mapping[str, str] | Refused:
    """The texts of a JSON row. Types are strict: `"5"`, `5.0` and `true` are no whole numbers, `5` is no text.

    null is the same as not being there; members that are not ours are not looked at.
    """
    if not isinstance(value, dict):
        return Refused("INVALID_ROW", "The row is no JSON object.")
    cells: dict[str, str] = {}
    for name in FULL_COLUMNS if kind is SyncType.FULL else CHANGE_COLUMNS:
        given = value.get(name)
        if given is None:
            continue
        if name in _NUMBERS:
            if not isinstance(given, int) or isinstance(given, bool):
                return Refused("INVALID_ROW", f"{name}: is no whole number")
            cells[name] = str(given)
        elif isinstance(given, str):
            cells[name] = given
        else:
            return Refused("INVALID_ROW", f"{name}: is no text")
    return cells


def content_of(value: Any) -> str:
    """A row as it is kept with its problem: JSON, cut where it is long."""
    return kept_text(simplejson.dumps(value, ensure_ascii=False, use_decimal=True))


def kept_text(text: str) -> str:
    """As much of a text as is kept, without what no database stores: null characters and halves of others."""
    visible = text[:LONGEST_CONTENT].replace("\0", "\N{SYMBOL FOR NULL}")
    return visible.encode("utf-8", "backslashreplace").decode()[:LONGEST_CONTENT]


def _required(cells: Mapping[str, str], field: str, *, longest: int) -> str:
    text = read_text(cells, field, longest=longest)
    if not text:
        raise BadValue(field, "is missing")
    return text


def _key(cells: Mapping[str, str]) -> str:
    """What the row is known by for ever: taken as it is, since two keys that differ in anything are two rows."""
    key = cells.get("key", "")
    if not key:
        raise BadValue("key", "is missing")
    if len(key) > _LONGEST_KEY:
        raise BadValue("key", f"is longer than {_LONGEST_KEY} characters ({len(key)})")
    if not key.isprintable() or " " in key:
        raise BadValue("key", f"{quoted(key)} holds blanks or characters that cannot be seen")
    return key


def _instant(cells: Mapping[str, str], field: str) -> datetime | None:
    text = cells.get(field, "").strip()
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise BadValue(field, f"{quoted(text)} is no instant with its offset, such as 2026-01-27T10:30:00Z")
    now = timezone.now()
    if not 1900 <= instant.year <= now.year + 1:
        raise BadValue(
            field, f"{quoted(text)} is {'before 1900' if instant.year < 1900 else 'in the future'}"
        )
    if instant > now + CLOCK_SKEW:
        raise BadValue(field, f"{quoted(text)} is in the future")
    return instant.astimezone(UTC)


def _date(cells: Mapping[str, str], field: str) -> date | None:
    text = cells.get(field, "").strip()
    if not text:
        return None
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass  # such as the 30th of February: said below
    raise BadValue(field, f"{quoted(text)} is no date such as 2026-01-27")
