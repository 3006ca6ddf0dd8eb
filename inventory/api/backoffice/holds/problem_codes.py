"""Problem codes that only these routes have."""

from __future__ import annotations

from typing import Final

from warehouses.http.problem_codes import ProblemCode

__all__ = ["CODES", "HOLD_NOT_FOUND"]

HOLD_NOT_FOUND: Final = ProblemCode(
    "HOLD_NOT_FOUND",
    404,
    "There is no such hold, or not for this caller.",
    "List the holds.",
)

CODES: Final = (HOLD_NOT_FOUND,)
