"""How the cycle-count routes are grouped in the backoffice contract's document."""

from __future__ import annotations

from typing import Final

__all__ = ["TAGS"]

TAGS: Final = (
    (
        "Cycle counts",
        "What is counted, blind or not, while stock moves: planned, counted, reviewed, and posted as one adjustment.",
    ),
)
