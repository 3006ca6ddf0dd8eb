"""Problem codes that only these routes have."""

from __future__ import annotations

from typing import Final

from warehouses.http.problem_codes import ProblemCode

__all__ = [
    "CODES",
    "SAME_LOCATION",
    "SHORTAGE_REASON_REQUIRED",
    "SURPLUS_REASON_REQUIRED",
    "TRANSFER_LINE_NOT_FOUND",
    "TRANSFER_NOT_FOUND",
]

TRANSFER_NOT_FOUND: Final = ProblemCode(
    "TRANSFER_NOT_FOUND",
    404,
    "There is no such transfer, or not for this caller.",
    "List the transfers.",
)
TRANSFER_LINE_NOT_FOUND: Final = ProblemCode(
    "TRANSFER_LINE_NOT_FOUND",
    404,
    "The transfer has no such line.",
    "Read the transfer: `lines` has their ids.",
)
SAME_LOCATION: Final = ProblemCode(
    "SAME_LOCATION",
    422,
    "Both ends are one location, and a line does not name two different bins.",
    "Name `fromBinId` and another bin as `toBinId` on each line, or another location.",
)
SHORTAGE_REASON_REQUIRED: Final = ProblemCode(
    "SHORTAGE_REASON_REQUIRED",
    422,
    "The receipt is final, and fewer units have arrived than were in transit.",
    "Say with `shortageReason` what became of them, or leave `isFinal` out: the rest stays in transit.",
)
SURPLUS_REASON_REQUIRED: Final = ProblemCode(
    "SURPLUS_REASON_REQUIRED",
    422,
    "More units have arrived than were in transit.",
    "Check the number; if it is right, say with `surplusReason` where they come from.",
)

CODES: Final = (
    TRANSFER_NOT_FOUND,
    TRANSFER_LINE_NOT_FOUND,
    SAME_LOCATION,
    SHORTAGE_REASON_REQUIRED,
    SURPLUS_REASON_REQUIRED,
)
