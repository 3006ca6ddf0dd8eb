"""Problem codes that only these routes have."""

from __future__ import annotations

from typing import Final

from warehouses.http.problem_codes import ProblemCode

__all__ = ["CODES", "LOT_EXPIRY_DIFFERS", "NOT_EXPECTED_HERE"]

LOT_EXPIRY_DIFFERS: Final = ProblemCode(
    "LOT_EXPIRY_DIFFERS",
    409,
    "The SKU has a lot of that code, with another expiry date or with none.",
    "Look at the goods: give them a code of their own, or correct the lot first.",
)
NOT_EXPECTED_HERE: Final = ProblemCode(
    "NOT_EXPECTED_HERE",
    409,
    "The replenishment comes with a transfer from another location.",
    "Receive the transfer; that receives the replenishment too.",
)

CODES: Final = (LOT_EXPIRY_DIFFERS, NOT_EXPECTED_HERE)
