"""How answers become bytes: JSON in which a Decimal is a number, and CSV that a spreadsheet takes for what it is."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import simplejson
from rest_framework.renderers import JSONRenderer
from rest_framework.utils.encoders import JSONEncoder

__all__ = ["DecimalJSONRenderer", "csv_text", "json_bytes"]

_default = JSONEncoder().default
_FORMULA = re.compile(r"[=+\-@\t\r]")


def json_bytes(data: Any) -> bytes:
    """`data` as compact JSON in UTF-8, each Decimal a number with exactly its own digits: `25.00`."""
    text: str = simplejson.dumps(
        data,
        use_decimal=True,
        ensure_ascii=False,
        allow_nan=False,
        separators=(",", ":"),
        default=_default,
    )
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


def _cell(value: str | int) -> str | int:
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value
