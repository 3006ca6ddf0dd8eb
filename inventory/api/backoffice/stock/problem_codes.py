"""Problem codes that only these routes have."""

from __future__ import annotations

from typing import Final

from warehouses.http.problem_codes import ProblemCode

__all__ = [
    "ADJUSTMENT_NOT_FOUND",
    "ALREADY_REVERSED",
    "CODES",
    "GOODS_GONE",
    "NOTHING_TO_REVERSE",
    "REASON_RESERVED",
    "SAME_LOT",
]

ADJUSTMENT_NOT_FOUND: Final = ProblemCode(
    "ADJUSTMENT_NOT_FOUND",
    404,
    "There is no such adjustment, or not for this caller: reversing one needs the right in every location it touched.",
    "List the adjustments.",
)
ALREADY_REVERSED: Final = ProblemCode(
    "ALREADY_REVERSED",
    409,
    "The adjustment has been reversed already.",
    "`reversedBy` in the answer is the adjustment that did it; that one can be reversed in turn.",
)
NOTHING_TO_REVERSE: Final = ProblemCode(
    "NOTHING_TO_REVERSE",
    409,
    "The document has changed nothing: all was as it said.",
    "There is nothing to do.",
)
GOODS_GONE: Final = ProblemCode(
    "GOODS_GONE",
    422,
    "The adjustment cannot be reversed: goods that it added have left their bin since.",
    "`errors` names them. Adjust what is there now instead.",
)
REASON_RESERVED: Final = ProblemCode(
    "REASON_RESERVED",
    422,
    "The product itself writes with this reason, in documents of their own.",
    "Choose a reason that the list of reason codes shows as selectable.",
)
SAME_LOT: Final = ProblemCode(
    "SAME_LOT",
    400,
    "The goods are of that lot already.",
    "Name another lot as `toLotId` or `toLot`.",
)

CODES: Final = (
    SAME_LOT,
    ADJUSTMENT_NOT_FOUND,
    ALREADY_REVERSED,
    NOTHING_TO_REVERSE,
    GOODS_GONE,
    REASON_RESERVED,
)
