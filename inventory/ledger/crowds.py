"""The stock levels that several have wanted at once, a moment ago: whoever comes next had better wait from the start.

Each process knows what it has seen itself. It is a guess about the next second, and nothing is decided by it but which
of two ways, equally right, is tried first.
"""

from __future__ import annotations

import time
from typing import Final
from uuid import UUID

__all__ = ["Place", "forget", "is_at", "remember"]

#: Organization, the key of a SKU's code, and the warehouse if one was named.
Place = tuple[UUID, str, UUID | None]

_SECONDS: Final = 1.0
_MOST: Final = 1_000

_until: dict[Place, float] = {}


def is_at(place: Place) -> bool:
    until = _until.get(place)
    return until is not None and time.monotonic() < until


def remember(place: Place) -> None:
    if len(_until) >= _MOST:
        _until.clear()
    _until[place] = time.monotonic() + _SECONDS


def forget() -> None:
    """For tests: as a process that has seen nothing."""
    _until.clear()
