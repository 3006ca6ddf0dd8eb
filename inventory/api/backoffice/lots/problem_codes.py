"""Problem codes that only these routes have."""

from __future__ import annotations

from typing import Final

from warehouses.http.problem_codes import ProblemCode

__all__ = [
    "CODES",
    "DESTRUCTION_NOT_FOUND",
    "IN_DESTRUCTION_ROOM",
    "LOT_DAY_PASSED",
    "LOT_EXISTS",
    "LOT_IN_USE",
    "NOT_A_DESTRUCTION_BIN",
    "NOT_EXPIRED",
    "NO_DESTRUCTION_ROOM",
    "SEVERAL_LOCATIONS",
]

LOT_EXISTS: Final = ProblemCode(
    "LOT_EXISTS",
    409,
    "The SKU has a lot with this code already; capitals make no difference.",
    "List the SKU's lots, and use that one or another code.",
)
LOT_IN_USE: Final = ProblemCode(
    "LOT_IN_USE",
    409,
    "The lot has had stock, or a document names it: it stays, so that its history does.",
    "Put it into quarantine, or mark it as expired.",
)
LOT_DAY_PASSED: Final = ProblemCode(
    "LOT_DAY_PASSED",
    409,
    "The lot's last day is over: it is expired, whatever its state would be.",
    "Send the right `expiresOn` with the state, if the date is wrong.",
)
NOT_EXPIRED: Final = ProblemCode(
    "NOT_EXPIRED",
    409,
    "The goods are not expired: only expired ones are used up in this way.",
    "Mark them as expired first, or adjust the stock for another reason.",
)
NO_DESTRUCTION_ROOM: Final = ProblemCode(
    "NO_DESTRUCTION_ROOM",
    409,
    "The location has no room of the type destruction with a bin in use.",
    "Make one, with a bin in it.",
)
NOT_A_DESTRUCTION_BIN: Final = ProblemCode(
    "NOT_A_DESTRUCTION_BIN",
    422,
    "The bin is not in a room of the type destruction.",
    "Name another, or none: the first one of the destruction room is used then.",
)
IN_DESTRUCTION_ROOM: Final = ProblemCode(
    "IN_DESTRUCTION_ROOM",
    409,
    "The goods are in a destruction room already.",
    "There is nothing to do: the record of it is in the list of destructions.",
)
SEVERAL_LOCATIONS: Final = ProblemCode(
    "SEVERAL_LOCATIONS",
    422,
    "The lines are in several locations, and a record of a destruction is about one.",
    "Send one request for each location.",
)
DESTRUCTION_NOT_FOUND: Final = ProblemCode(
    "DESTRUCTION_NOT_FOUND",
    404,
    "There is no such record of a destruction, or not for this caller.",
    "List the destructions.",
)

CODES: Final = (
    LOT_EXISTS,
    LOT_IN_USE,
    LOT_DAY_PASSED,
    NOT_EXPIRED,
    NO_DESTRUCTION_ROOM,
    NOT_A_DESTRUCTION_BIN,
    IN_DESTRUCTION_ROOM,
    SEVERAL_LOCATIONS,
    DESTRUCTION_NOT_FOUND,
)
