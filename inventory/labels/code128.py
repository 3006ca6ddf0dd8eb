"""Code 128 barcodes for what is printed: inline SVG, without a picture library."""

from __future__ import annotations

import re
from typing import Final

from barcode.codex import Code128
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

__all__ = ["code128", "width_of"]

#: What a scanner types again as it is: no control characters, and none beyond ASCII.
_SCANNABLE: Final = re.compile(r"[ -~]{1,80}")
#: White on both sides, in widths of the narrowest bar: what the standard asks for.
_QUIET: Final = 10
#: Of the narrowest bar, in millimetres: what any scanner reads. A page may squeeze what is too long for its place.
_NARROWEST: Final = 0.33


def width_of(text: str) -> int | None:
    """In narrowest bars, with the white on both sides; None where the text cannot be said in them."""
    modules = _modules_of(text)
    return None if modules is None else len(modules) + 2 * _QUIET


def code128(text: str, *, narrowest: float = _NARROWEST) -> SafeString:
    """The bars of `text`, as high as the page makes them; empty where the text cannot be said in them.

    `narrowest` is the width of the narrowest bar, in millimetres. The text itself belongs beside the bars: for people,
    and for what reads the page aloud, which is spared them.
    """
    modules = _modules_of(text)
    if modules is None:
        return SafeString("")
    bars = "".join(
        f"M{_QUIET + bar.start()} 0h{len(bar.group())}v1h-{len(bar.group())}z"
        for bar in re.finditer("1+", modules)
    )
    width = len(modules) + 2 * _QUIET
    return format_html(
        '<svg class="code128" width="{}mm" viewBox="0 0 {} 1" preserveAspectRatio="none" aria-hidden="true"'
        ' focusable="false"><path d="{}"/></svg>',
        f"{width * narrowest:.1f}",
        width,
        mark_safe(bars),  # noqa: S308 - digits and the letters of a path
    )


def _modules_of(text: str) -> str | None:
    if _SCANNABLE.fullmatch(text) is None:
        return None
    (modules,) = Code128(text).build()
    return str(modules)
