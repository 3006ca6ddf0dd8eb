"""Reading one value of a record. Strict, because a number that is read wrongly is stock that is wrong."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils import timezone

from inventory.models.sku import MAXIMUM_QUANTITY, sku_key, validate_code

__all__ = [
    "BadValue",
    "quoted",
    "read_boolean",
    "read_change",
    "read_code",
    "read_count",
    "read_day",
    "read_instant",
    "read_money",
    "read_text",
]

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_MONEY = re.compile(r"([0-9]{1,10})(\.[0-9]{1,4})?", re.ASCII)
_BOOLEANS = dict.fromkeys(("true", "t", "yes", "y", "1"), True) | dict.fromkeys(
    ("false", "f", "no", "n", "0"), False
)
_LONGEST_CODE = 64
_LONGEST_KEY = 128


class BadValue(Exception):
    """The value in `field` cannot be used; the message names both."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}")
        self.field = field
        self.detail = detail


def read_text(cells: Mapping[str, str], field: str, *, longest: int, lines: bool = False) -> str:
    """The text without needless blanks; "" where the column is absent or the cell empty.

    It is one line, unless it may be several (`lines`). Control characters are refused.
    """
    text = cells.get(field, "")
    text = text.strip() if lines else " ".join(text.split())
    if not text.isprintable() and any(
        unicodedata.category(letter) == "Cc" and letter not in "\r\n\t" for letter in text
    ):
        raise BadValue(field, "holds control characters")
    if len(text) > longest:
        raise BadValue(field, f"is longer than {longest} characters ({len(text)})")
    return text


def read_code(cells: Mapping[str, str], field: str) -> str:
    """A SKU code, which every line must have."""
    code = cells.get(field, "").strip()
    if not code:
        raise BadValue(field, "is missing")
    if len(code) > _LONGEST_CODE:
        raise BadValue(field, f"is longer than {_LONGEST_CODE} characters ({len(code)})")
    try:
        validate_code(code)
    except ValidationError as error:
        raise BadValue(field, f"{quoted(code)} holds characters that cannot be printed") from error
    if len(sku_key(code)) > _LONGEST_KEY:
        raise BadValue(field, "is too long once its ligatures are written out")
    return code


def read_change(cells: Mapping[str, str], field: str) -> int:
    """A signed number of units that is not 0."""
    change = _whole(cells, field)
    if change is None:
        raise BadValue(field, "is missing")
    if change == 0:
        raise BadValue(field, "is 0, which changes nothing")
    if abs(change) > MAXIMUM_QUANTITY:
        raise BadValue(field, f"is more than {MAXIMUM_QUANTITY:,} units")
    return change


def read_count(cells: Mapping[str, str], field: str) -> int | None:
    """A number of units from 0 up; None where nothing is said."""
    count = _whole(cells, field)
    if count is None:
        return None
    if count < 0:
        raise BadValue(field, f"{count} is less than 0")
    if count > MAXIMUM_QUANTITY:
        raise BadValue(field, f"is more than {MAXIMUM_QUANTITY:,} units")
    return count


def read_money(cells: Mapping[str, str], field: str) -> Decimal | None:
    """An amount from 0 up with at most four decimals; None where nothing is said."""
    text = cells.get(field, "").strip()
    if not text:
        return None
    if text.startswith("-") and _MONEY.fullmatch(text[1:]):
        raise BadValue(field, f"{text} is less than 0")
    if not _MONEY.fullmatch(text):
        raise BadValue(
            field,
            f"{quoted(text)} is not an amount such as 1234.5 (a point, at most 10 digits before it and 4 after)",
        )
    return Decimal(text)


def read_boolean(cells: Mapping[str, str], field: str) -> bool | None:
    """true/false, yes/no, 1/0; None where nothing is said."""
    text = cells.get(field, "").strip()
    if not text:
        return None
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        raise BadValue(field, f"{quoted(text)} is neither true nor false") from None


def read_day(cells: Mapping[str, str], field: str) -> date | None:
    """A date such as 2026-01-31; None where nothing is said."""
    text = cells.get(field, "").strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadValue(field, f"{quoted(text)} is not a date such as 2026-01-31") from None
    if not 1900 <= day.year <= 2999:
        raise BadValue(field, f"{quoted(text)} is not a date between 1900 and 2999")
    return day


def read_instant(cells: Mapping[str, str], field: str, zone: tzinfo) -> tuple[datetime | None, str]:
    """When it happened, and the time as a digest shall know it: as written, so that a corrected time zone of the
    organization does not make old lines new. A time without a zone is in `zone`; a date alone is its first moment.
    """
    text = cells.get(field, "").strip()
    if not text:
        return None, ""
    try:
        written = datetime.fromisoformat(text)
    except ValueError:
        raise BadValue(
            field, f"{quoted(text)} is not a time such as 2010-12-01T08:26 or 2010-12-01T08:26:00+01:00"
        ) from None
    now = timezone.now()
    if not 1900 <= written.year <= now.year + 1:
        raise BadValue(
            field, f"{quoted(text)} is {'before 1900' if written.year < 1900 else 'in the future'}"
        )
    instant = written if written.tzinfo else written.replace(tzinfo=zone)
    if instant > now:
        raise BadValue(field, f"{quoted(text)} is in the future")
    return instant, (instant.astimezone(UTC) if written.tzinfo else written).isoformat()


def _whole(cells: Mapping[str, str], field: str) -> int | None:
    text = cells.get(field, "").strip()
    if not text:
        return None
    if not _WHOLE.fullmatch(text):
        raise BadValue(field, f"{quoted(text)} is not a whole number such as 12 or -12")
    return int(text)


def quoted(text: str) -> str:
    """Text from a file as a message shows it: short, and without what a terminal would obey."""
    shown = text if len(text) <= 40 else f"{text[:40]}…"
    return f"“{shown}”" if shown.isprintable() else repr(shown)
