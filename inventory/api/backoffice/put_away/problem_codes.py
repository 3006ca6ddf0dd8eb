"""Problem codes that only these routes have."""

from __future__ import annotations

from typing import Final

from warehouses.http.problem_codes import ProblemCode

__all__ = ["CODES", "NO_BIN", "PUT_AWAY_LINE_NOT_FOUND", "PUT_AWAY_NOT_FOUND", "SAME_BIN"]

PUT_AWAY_NOT_FOUND: Final = ProblemCode(
    "PUT_AWAY_NOT_FOUND",
    404,
    "There is no such put-away task, or not for this caller.",
    "List the tasks.",
)
PUT_AWAY_LINE_NOT_FOUND: Final = ProblemCode(
    "PUT_AWAY_LINE_NOT_FOUND",
    404,
    "The task has no such line.",
    "Read the task: `lines` has their ids.",
)
NO_BIN: Final = ProblemCode(
    "NO_BIN",
    409,
    "No bin can be suggested: none that holds the SKU, and no empty one, has room for all of the units.",
    "`available` in the answer is how many would fit; name a bin with `toBinId`, or ask for less.",
)
SAME_BIN: Final = ProblemCode(
    "SAME_BIN",
    422,
    "The goods lie in that bin already.",
    "Name another bin, or none.",
)

CODES: Final = (PUT_AWAY_NOT_FOUND, PUT_AWAY_LINE_NOT_FOUND, NO_BIN, SAME_BIN)
