"""In which alphabet a file of text is written: the file does not say so, and it has to be told from its bytes."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Final

__all__ = ["UTF_8", "encoding_of"]

UTF_8: Final = "utf-8-sig"
_FALLBACK: Final = (
    "windows-1252"  # what spreadsheet programs of western Europe and America save as plain “CSV”
)
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PIECE: Final = 1 << 20


def encoding_of(path: Path) -> str:
    """UTF-16 by its byte order mark; UTF-8 unless more of what is beyond ASCII is wrong as UTF-8 than right.

    One broken letter in a file of UTF-8 does not make Windows-1252 of the others: its record is bad, and that is all.
    """
    good = bad = 0
    decoder = codecs.getincrementaldecoder("utf-8")(errors="surrogateescape")
    with path.open("rb") as stream:
        piece = stream.read(_PIECE)
        if piece.startswith(_UTF_16):
            return "utf-16"
        while piece:
            if not piece.isascii():
                for letter in decoder.decode(piece):
                    if letter > "\x7f":
                        if "\ud800" <= letter <= "\udfff":
                            bad += 1
                        else:
                            good += 1
            piece = stream.read(_PIECE)
    return _FALLBACK if bad > good else UTF_8
