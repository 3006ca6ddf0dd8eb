"""Problem codes that only these routes have."""

from __future__ import annotations

from typing import Final

from warehouses.http.problem_codes import ProblemCode

__all__ = ["CODES", "STOCKLIST_NAME_TAKEN"]

STOCKLIST_NAME_TAKEN: Final = ProblemCode(
    "STOCKLIST_NAME_TAKEN",
    409,
    "There is a stocklist of this name already; capitals make no difference.",
    "Change that one, or choose another name.",
)

CODES: Final = (STOCKLIST_NAME_TAKEN,)
