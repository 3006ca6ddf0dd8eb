"""The file of an export, kept in pieces."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import IO, Final

from inventory.models import Export, ExportPart

__all__ = ["content_of", "keep"]

#: Of the file, in each piece before it is deflated.
_PIECE: Final = 1_048_576


def keep(export: Export, file: IO[bytes]) -> int:
    """Write the file's pieces, in the caller's transaction; returns how many bytes it had. Holds one at a time."""
    file.seek(0)
    size = position = 0
    while piece := file.read(_PIECE):
        ExportPart.objects.create(export=export, position=position, content=zlib.compress(piece, 6))
        size += len(piece)
        position += 1
    return size


def content_of(export: Export) -> Iterator[bytes]:
    """The file, piece by piece, each with a query of its own: nothing is held open while a slow line takes it."""
    position = 0
    while True:
        found = ExportPart.objects.filter(export=export, position=position)
        piece = found.values_list("content", flat=True).first()
        if piece is None:
            return
        yield zlib.decompress(bytes(piece))
        position += 1
