"""Problem codes that only these routes have."""

from __future__ import annotations

from typing import Final

from warehouses.http.problem_codes import ProblemCode

__all__ = ["CODES", "MAXIMUM_TOO_LOW", "REPLENISHMENT_NOT_FOUND", "TRANSFER_SHARED"]

REPLENISHMENT_NOT_FOUND: Final = ProblemCode(
    "REPLENISHMENT_NOT_FOUND",
    404,
    "There is no such replenishment, or not for this caller; of a receipt: not of that SKU at that location.",
    "List the location's replenishments.",
)
MAXIMUM_TOO_LOW: Final = ProblemCode(
    "MAXIMUM_TOO_LOW",
    422,
    "The maximum is below the reorder point: what is ordered would be low already.",
    "Raise the maximum, or lower the reorder point.",
)
TRANSFER_SHARED: Final = ProblemCode(
    "TRANSFER_SHARED",
    409,
    "The transfer that brings the goods brings others too.",
    "Cancel the transfer that `transferId` names, and with it all that is on it.",
)

CODES: Final = (REPLENISHMENT_NOT_FOUND, MAXIMUM_TOO_LOW, TRANSFER_SHARED)
