"""Problem codes that only these routes have."""

from __future__ import annotations

from typing import Final

from warehouses.http.problem_codes import ProblemCode

__all__ = ["CHANNEL_EXISTS", "CHANNEL_IN_USE", "CHANNEL_LIMIT", "CODES"]

CHANNEL_EXISTS: Final = ProblemCode(
    "CHANNEL_EXISTS",
    409,
    "Another channel has that code or that name; capitals make no difference.",
    "Choose another one.",
)
CHANNEL_IN_USE: Final = ProblemCode(
    "CHANNEL_IN_USE",
    409,
    "Something is or was reserved for the channel, so it cannot be deleted.",
    "Deactivate it: `isActive` false.",
)
CHANNEL_LIMIT: Final = ProblemCode(
    "CHANNEL_LIMIT",
    409,
    "The organization has as many channels as it may have.",
    "Delete one that was never used.",
)

CODES: Final[tuple[ProblemCode, ...]] = (CHANNEL_EXISTS, CHANNEL_IN_USE, CHANNEL_LIMIT)
