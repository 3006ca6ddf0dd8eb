"""How answers become bytes: JSON in which a Decimal is a number, and CSV that a spreadsheet takes for what it is."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import simplejson
from rest_framework.renderers import JSONRenderer
from rest_framework.utils.encoders import JSONEncoder

__all__ = ["DecimalJSONRenderer", "csv_text", "is_formula", "json_bytes"]

_default = JSONEncoder().default
# The wide forms are what a spreadsheet in an East Asian language takes for the same.
_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")


class _DecimalFoundError(Exception):
    """There is a Decimal in what is to be written."""


def _without_decimals(value: Any) -> Any:
    if isinstance(value, Decimal):
        raise _DecimalFoundError
    return _default(value)


_FORM: Mapping[str, Any] = {"ensure_ascii": False, "allow_nan": False, "separators": (",", ":")}
_plain = json.JSONEncoder(default=_without_decimals, **_FORM)


def json_bytes(data: Any) -> bytes:
    """`data` as compact JSON in UTF-8, each Decimal a number with exactly its own digits: `25.00`.

    The standard library's encoder writes the same in a third of the time, as long as it meets no Decimal.
    """
    try:
        text = _plain.encode(data)
    except _DecimalFoundError:
        text = simplejson.dumps(data, use_decimal=True, default=_default, **_FORM)
    return text.encode()


class DecimalJSONRenderer(JSONRenderer):
    """The standard library's encoder, and with it REST framework's, has no numbers but floats, which lose digits."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else json_bytes(data)


def csv_text(rows: Iterable[Sequence[str | int]]) -> str:
    """`rows` as CSV (RFC 4180). A text that a spreadsheet would take for a formula gets a `'`; numbers stay numbers."""
    lines = io.StringIO()
    csv.writer(lines).writerows([_cell(value) for value in row] for row in rows)
    return lines.getvalue()


def is_formula(text: str) -> bool:
    """Whether a spreadsheet that opens a CSV file would calculate with the text instead of showing it."""
    return _FORMULA.match(text) is not None


def _cell(value: str | int) -> str | int:
    return f"'{value}" if isinstance(value, str) and is_formula(value) else value
