"""Problem codes that only these routes have."""

from __future__ import annotations

from typing import Final

from warehouses.http.problem_codes import ProblemCode

__all__ = [
    "CODES",
    "EXPIRES_IN_PAST",
    "MORE_THAN_OPEN",
    "REASON_NOT_ISSUE",
    "RESERVATION_NOT_FOUND",
    "RESERVATION_OF_DOCUMENT",
]

RESERVATION_NOT_FOUND: Final = ProblemCode(
    "RESERVATION_NOT_FOUND",
    404,
    "There is no such reservation, or not for this caller.",
    "List the reservations.",
)
EXPIRES_IN_PAST: Final = ProblemCode(
    "EXPIRES_IN_PAST",
    422,
    "The reservation would end before it begins.",
    "Send a later `expiresAt`, or none for one that does not end by itself.",
)
REASON_NOT_ISSUE: Final = ProblemCode(
    "REASON_NOT_ISSUE",
    422,
    "The reason code is not one with which goods leave.",
    "Leave `reasonCode` out for SALE, or name another one of that nature.",
)
MORE_THAN_OPEN: Final = ProblemCode(
    "MORE_THAN_OPEN",
    409,
    "Less than that is still open of the reservation or hold.",
    "`open` in the answer is how much is; leave `quantity` out for all of it.",
)
RESERVATION_OF_DOCUMENT: Final = ProblemCode(
    "RESERVATION_OF_DOCUMENT",
    409,
    "A document has made the reservation, and only what is done with that changes it.",
    "Act on the document that `documentId` names, such as a stock request.",
)

CODES: Final = (
    RESERVATION_NOT_FOUND,
    EXPIRES_IN_PAST,
    REASON_NOT_ISSUE,
    MORE_THAN_OPEN,
    RESERVATION_OF_DOCUMENT,
)
