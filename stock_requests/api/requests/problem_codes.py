"""Problem codes that the stock-request routes have and others have not, or not with this meaning."""

from __future__ import annotations

from typing import Final

from warehouses.http.problem_codes import ProblemCode

__all__ = [
    "ALREADY_APPROVED",
    "APPROVAL_NOT_NEEDED_FROM_YOU",
    "CODES",
    "DEPARTMENT_INACTIVE",
    "DEPARTMENT_NOT_FOUND",
    "MORE_THAN_APPROVED",
    "MORE_THAN_REQUESTED",
    "NOTHING_APPROVED",
    "NO_LINES",
    "ONE_DESTINATION",
    "REASON_REQUIRED",
    "REMAINDER_REQUIRED",
    "REQUEST_LINE_NOT_FOUND",
    "ROOM_HAS_NO_BIN",
    "SAME_LOCATION",
    "SAME_SKU",
    "SELF_APPROVAL",
    "STOCKLIST_INACTIVE",
    "STOCKLIST_NOT_FOUND",
    "STOCK_REQUEST_NOT_FOUND",
    "TOO_MANY_LINES",
    "UNKNOWN_MEMBER",
    "VERSION_CONFLICT",
]

STOCK_REQUEST_NOT_FOUND: Final = ProblemCode(
    "STOCK_REQUEST_NOT_FOUND",
    404,
    "There is no such stock request, or not for this caller.",
    "List the requests.",
)
REQUEST_LINE_NOT_FOUND: Final = ProblemCode(
    "REQUEST_LINE_NOT_FOUND",
    404,
    "The request has no such line.",
    "Read the request: `lines` has their ids.",
)
DEPARTMENT_NOT_FOUND: Final = ProblemCode(
    "DEPARTMENT_NOT_FOUND",
    404,
    "There is no such department.",
    "Read the filters of stock requests: they list the departments.",
)
STOCKLIST_NOT_FOUND: Final = ProblemCode(
    "STOCKLIST_NOT_FOUND",
    404,
    "There is no such stocklist, or not for this caller.",
    "List the stocklists.",
)
DEPARTMENT_INACTIVE: Final = ProblemCode(
    "DEPARTMENT_INACTIVE",
    409,
    "The department is not in use any more: nothing new is requested for it.",
    "Choose another, or activate it in the back office.",
)
STOCKLIST_INACTIVE: Final = ProblemCode(
    "STOCKLIST_INACTIVE",
    409,
    "The stocklist is not in use any more: no new request is made of it.",
    "Choose another, or activate it.",
)
SAME_LOCATION: Final = ProblemCode(
    "SAME_LOCATION",
    422,
    "Both ends are one location, and no room of it is named.",
    "Name another location, or with `toRoomId` the room that the goods go to.",
)
ONE_DESTINATION: Final = ProblemCode(
    "ONE_DESTINATION",
    422,
    "The goods go to a department, or to a location or room, not to both.",
    "Name one of them.",
)
ROOM_HAS_NO_BIN: Final = ProblemCode(
    "ROOM_HAS_NO_BIN",
    422,
    "The room that the goods go to has no bin in use.",
    "Make or activate a bin there, or choose another room.",
)
NO_LINES: Final = ProblemCode(
    "NO_LINES",
    422,
    "The request asks for nothing yet.",
    "Add a line first.",
)
TOO_MANY_LINES: Final = ProblemCode(
    "TOO_MANY_LINES",
    422,
    "The request has as many lines as it may have, or would have more with its substitutes.",
    "Make another request for the rest.",
)
VERSION_CONFLICT: Final = ProblemCode(
    "VERSION_CONFLICT",
    409,
    "The request has changed since the version that `version` names: you would decide on what you have not seen.",
    "`version` in the answer is the one it has now, `by`, `at` and `action` say who has done what; read it again.",
)
SELF_APPROVAL: Final = ProblemCode(
    "SELF_APPROVAL",
    403,
    "Nobody decides on a request that is their own, or that they have submitted, in person or with a key.",
    "Ask somebody else; the organization's settings can allow it.",
)
APPROVAL_NOT_NEEDED_FROM_YOU: Final = ProblemCode(
    "APPROVAL_NOT_NEEDED_FROM_YOU",
    403,
    "The rules that the request meets ask for the approval of others.",
    "`approvals` of the request says whose.",
)
ALREADY_APPROVED: Final = ProblemCode(
    "ALREADY_APPROVED",
    409,
    "You have approved the request already; it waits for the approval of others.",
    "`approvals` of the request says whose.",
)
MORE_THAN_REQUESTED: Final = ProblemCode(
    "MORE_THAN_REQUESTED",
    422,
    "More would be approved than was asked for.",
    "Approve at most what is asked for; for more, the requester changes the request.",
)
MORE_THAN_APPROVED: Final = ProblemCode(
    "MORE_THAN_APPROVED",
    422,
    "More would be picked, handed over or approved than has been approved already.",
    "Name at most `approved` of the line.",
)
SAME_SKU: Final = ProblemCode(
    "SAME_SKU",
    422,
    "A SKU would come in place of itself.",
    "Name another SKU, or approve more of the line.",
)
NOTHING_APPROVED: Final = ProblemCode(
    "NOTHING_APPROVED",
    422,
    "Nothing would be left of the request.",
    "Reject it instead.",
)
REASON_REQUIRED: Final = ProblemCode(
    "REASON_REQUIRED",
    422,
    "Less than was asked for or approved, and rejecting, take a reason.",
    "Say why with `reason`, on the line or for all of them.",
)
REMAINDER_REQUIRED: Final = ProblemCode(
    "REMAINDER_REQUIRED",
    422,
    "Less comes than was approved, and nobody said what becomes of the rest.",
    "Say with `remainder`, on the line or for all of them, whether it is a `back_order` or `closed`.",
)
UNKNOWN_MEMBER: Final = ProblemCode(
    "UNKNOWN_MEMBER",
    422,
    "The comment calls somebody who is no member, or does not see the request; it was not kept.",
    "Check the address behind the `@`.",
)

CODES: Final = (
    STOCK_REQUEST_NOT_FOUND,
    REQUEST_LINE_NOT_FOUND,
    DEPARTMENT_NOT_FOUND,
    STOCKLIST_NOT_FOUND,
    DEPARTMENT_INACTIVE,
    STOCKLIST_INACTIVE,
    SAME_LOCATION,
    ONE_DESTINATION,
    ROOM_HAS_NO_BIN,
    NO_LINES,
    TOO_MANY_LINES,
    VERSION_CONFLICT,
    SELF_APPROVAL,
    APPROVAL_NOT_NEEDED_FROM_YOU,
    ALREADY_APPROVED,
    MORE_THAN_REQUESTED,
    MORE_THAN_APPROVED,
    SAME_SKU,
    NOTHING_APPROVED,
    REASON_REQUIRED,
    REMAINDER_REQUIRED,
    UNKNOWN_MEMBER,
)
