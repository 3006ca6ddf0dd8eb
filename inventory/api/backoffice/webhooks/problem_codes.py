"""Problem codes that only these routes have."""

from __future__ import annotations

from typing import Final

from warehouses.http.problem_codes import ProblemCode

__all__ = ["CODES", "DELIVERY_NOT_FOUND", "ENDPOINT_LIMIT", "ENDPOINT_NOT_ACTIVE", "ENDPOINT_NOT_FOUND"]

ENDPOINT_NOT_FOUND: Final = ProblemCode(
    "ENDPOINT_NOT_FOUND",
    404,
    "There is no such webhook endpoint, or not for this caller.",
    "List the endpoints.",
)
DELIVERY_NOT_FOUND: Final = ProblemCode(
    "DELIVERY_NOT_FOUND",
    404,
    "The endpoint has no such delivery, or no longer: deliveries are kept for some weeks.",
    "List the endpoint's deliveries.",
)
ENDPOINT_NOT_ACTIVE: Final = ProblemCode(
    "ENDPOINT_NOT_ACTIVE",
    409,
    "The endpoint is paused or disabled: nothing is sent to it.",
    "Resume it first.",
)
ENDPOINT_LIMIT: Final = ProblemCode(
    "ENDPOINT_LIMIT",
    409,
    "The organization has as many webhook endpoints as it may have.",
    "Remove one that is not needed any more.",
)

CODES: Final = (ENDPOINT_NOT_FOUND, DELIVERY_NOT_FOUND, ENDPOINT_NOT_ACTIVE, ENDPOINT_LIMIT)
