"""QR codes for what is printed: inline SVG."""

from __future__ import annotations

from typing import Final

import segno
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

__all__ = ["qr"]

#: White around it, in modules: what the standard asks for.
_QUIET: Final = 4


def qr(text: str) -> SafeString:
    """The code of `text`, as large as the page makes it. A label that is worn by a sixth is still read (level M)."""
    code = segno.make_qr(text, error="m", boost_error=False)
    rows = [bytes(row) for row in code.matrix]
    side = len(rows) + 2 * _QUIET
    squares = "".join(
        f"M{_QUIET + column} {_QUIET + row}h{length}v1h-{length}z"
        for row, modules in enumerate(rows)
        for column, length in _runs(modules)
    )
    return format_html(
        '<svg class="qr" viewBox="0 0 {0} {0}" aria-hidden="true" focusable="false"><path d="{1}"/></svg>',
        side,
        mark_safe(squares),  # noqa: S308 - digits and the letters of a path
    )


def _runs(modules: bytes) -> list[tuple[int, int]]:
    """Where dark modules stand side by side in a row, and how many."""
    found: list[tuple[int, int]] = []
    start = -1
    for place, is_dark in enumerate((*modules, 0)):
        if is_dark and start < 0:
            start = place
        elif not is_dark and start >= 0:
            found.append((start, place - start))
            start = -1
    return found
