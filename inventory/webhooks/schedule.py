"""When a delivery is tried again, and for how long its endpoint is left in peace."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Final

__all__ = [
    "CHANCE",
    "FAILING_FOR",
    "GAPS",
    "MOST_TRIES",
    "pause_after",
    "retry_in",
]

#: What lies between one try and the next: 75 hours and a half in all.
GAPS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
MOST_TRIES: Final = len(GAPS) + 1
#: An endpoint that has answered nothing else for so long is disabled.
FAILING_FOR: Final = timedelta(days=5)

_JITTER = 0.2
_LONGEST_PAUSE = timedelta(seconds=300)

#: Where jitter comes from, unless a test brings a seeded one.
CHANCE: Final[random.Random] = random.SystemRandom()


def retry_in(tries: int, *, chance: random.Random = CHANCE) -> timedelta | None:
    """How long to wait after `tries` failed ones, give or take a fifth; None: that was the last.

    Without the jitter, everything that failed together would come back together.
    """
    if tries >= MOST_TRIES:
        return None
    return GAPS[tries - 1] * chance.uniform(1 - _JITTER, 1 + _JITTER)


def pause_after(failures: int) -> timedelta:
    """How long an endpoint is left alone after so many failures in a row: 1, 2, 4 … 300 seconds."""
    exponent = min(failures - 1, 16)  # far above the longest pause, far below an overflow
    return min(timedelta(seconds=2**exponent), _LONGEST_PAUSE)
