"""Problem codes that the cycle-count routes have and others have not, or not with this meaning."""

from __future__ import annotations

from typing import Final

from warehouses.http.problem_codes import ProblemCode

__all__ = [
    "ASSIGNEE_MAY_NOT_COUNT",
    "BLIND_REQUIRED",
    "CLIENT_ID_REUSED",
    "CODES",
    "COUNTED_BEFORE_START",
    "COUNTED_BY_ANOTHER",
    "COUNTED_ELSEWHERE",
    "COUNTED_IN_FUTURE",
    "COUNT_LINE_NOT_FOUND",
    "CYCLE_COUNT_NOT_FOUND",
    "INVALID_SHEET",
    "ITEM_COUNTED_TWICE",
    "LINES_UNDECIDED",
    "LINE_NOT_COUNTED",
    "NOBODY_TO_RECOUNT",
    "NOTHING_COUNTED",
    "NOTHING_TO_COUNT",
    "RECOUNT_BY_ANOTHER",
    "SELF_REVIEW",
    "SKU_KNOWN",
    "SKU_UNKNOWN_YET",
    "TOO_MANY_COUNTS",
    "TOO_MANY_LINES",
    "VERSION_CONFLICT",
]

CYCLE_COUNT_NOT_FOUND: Final = ProblemCode(
    "CYCLE_COUNT_NOT_FOUND",
    404,
    "There is no such cycle count, or not for this caller.",
    "List the cycle counts.",
)
COUNT_LINE_NOT_FOUND: Final = ProblemCode(
    "COUNT_LINE_NOT_FOUND",
    404,
    "The count has no such line.",
    "Read the count: `lines` has their ids.",
)
NOTHING_TO_COUNT: Final = ProblemCode(
    "NOTHING_TO_COUNT",
    422,
    "What was asked for comes to nothing: nothing is there, or all of it is in other open counts.",
    "`detail` says what has taken it away; ask with preview for something else.",
)
TOO_MANY_LINES: Final = ProblemCode(
    "TOO_MANY_LINES",
    422,
    "The count would have more lines than it may have.",
    "Narrow it, or give a `limit`.",
)
ASSIGNEE_MAY_NOT_COUNT: Final = ProblemCode(
    "ASSIGNEE_MAY_NOT_COUNT",
    422,
    "Somebody named is no member, or may not count in the location.",
    "Name members with `inventory.cyclecount` there, or nobody: then whoever may counts it.",
)
BLIND_REQUIRED: Final = ProblemCode(
    "BLIND_REQUIRED",
    403,
    "Whoever may not see the stock of the location counts it blind.",
    "Leave `blind` out, or ask somebody who sees the stock to plan it.",
)
COUNTED_BY_ANOTHER: Final = ProblemCode(
    "COUNTED_BY_ANOTHER",
    409,
    "Somebody else has counted the line: nothing of it was changed.",
    "`by` and `at` say who and when. Only they count it again; the review can have it recounted.",
)
CLIENT_ID_REUSED: Final = ProblemCode(
    "CLIENT_ID_REUSED",
    422,
    "An entry with this `clientId` says something else.",
    "Give each new entry an id of its own; send an old one again as it was.",
)
COUNTED_IN_FUTURE: Final = ProblemCode(
    "COUNTED_IN_FUTURE",
    400,
    "`countedAt` is not here yet.",
    "Set the clock, or tell with `sentAt` what it says.",
)
COUNTED_BEFORE_START: Final = ProblemCode(
    "COUNTED_BEFORE_START",
    422,
    "`countedAt` is before the count was started.",
    "Count it again, or leave `countedAt` out.",
)
NOTHING_COUNTED: Final = ProblemCode(
    "NOTHING_COUNTED",
    422,
    "Nothing has been counted yet.",
    "Count something first, or cancel it.",
)
RECOUNT_BY_ANOTHER: Final = ProblemCode(
    "RECOUNT_BY_ANOTHER",
    403,
    "Whoever has counted the goods before does not count them again.",
    "Leave it to somebody else.",
)
NOBODY_TO_RECOUNT: Final = ProblemCode(
    "NOBODY_TO_RECOUNT",
    422,
    "Everybody named for the recount has counted the goods before.",
    "Name somebody else, or nobody: then whoever may counts them.",
)
TOO_MANY_COUNTS: Final = ProblemCode(
    "TOO_MANY_COUNTS",
    422,
    "The sheet has more counted rows than are taken at once.",
    "Send it in parts.",
)
INVALID_SHEET: Final = ProblemCode(
    "INVALID_SHEET",
    400,
    "The sheet cannot be read: it is empty, has another heading, or nothing in it is counted.",
    "Fill in the sheet of the blind form; `detail` says what is wrong with this one.",
)
LINE_NOT_COUNTED: Final = ProblemCode(
    "LINE_NOT_COUNTED",
    422,
    "The line was not counted, so there is no difference to accept.",
    "Have it recounted, or ignore it.",
)
SKU_UNKNOWN_YET: Final = ProblemCode(
    "SKU_UNKNOWN_YET",
    422,
    "Nobody knows what was scanned, so nothing can be posted.",
    "Name its `sku` in the decision, or ignore it.",
)
SKU_KNOWN: Final = ProblemCode(
    "SKU_KNOWN",
    422,
    "`sku` is for lines of which nobody knows the SKU.",
    "Leave it out.",
)
ITEM_COUNTED_TWICE: Final = ProblemCode(
    "ITEM_COUNTED_TWICE",
    409,
    "Another line of the count is of the same goods in the same bin, and was counted too.",
    "`errors` or `lineId` names it: ignore one of them, or have it recounted.",
)
COUNTED_ELSEWHERE: Final = ProblemCode(
    "COUNTED_ELSEWHERE",
    409,
    "Another count has posted a difference of these goods since they were counted here.",
    "`lineIds` names the lines: have them recounted, or ignore them.",
)
LINES_UNDECIDED: Final = ProblemCode(
    "LINES_UNDECIDED",
    422,
    "There are lines on which nobody has decided.",
    "Decide on each, or leave `lines` out: then all that are left are accepted.",
)
SELF_REVIEW: Final = ProblemCode(
    "SELF_REVIEW",
    403,
    "Nobody decides on a difference that they have counted themselves, in person or with a key.",
    "Ask somebody else; the organization's settings can allow it.",
)
VERSION_CONFLICT: Final = ProblemCode(
    "VERSION_CONFLICT",
    409,
    "The count has changed since the version that `version` names: you would act on what you have not seen.",
    "`version` in the answer is the one it has now; read it again.",
)

CODES: Final = (
    CYCLE_COUNT_NOT_FOUND,
    COUNT_LINE_NOT_FOUND,
    NOTHING_TO_COUNT,
    TOO_MANY_LINES,
    ASSIGNEE_MAY_NOT_COUNT,
    BLIND_REQUIRED,
    COUNTED_BY_ANOTHER,
    CLIENT_ID_REUSED,
    COUNTED_IN_FUTURE,
    COUNTED_BEFORE_START,
    NOTHING_COUNTED,
    RECOUNT_BY_ANOTHER,
    NOBODY_TO_RECOUNT,
    INVALID_SHEET,
    TOO_MANY_COUNTS,
    LINE_NOT_COUNTED,
    SKU_UNKNOWN_YET,
    SKU_KNOWN,
    ITEM_COUNTED_TWICE,
    COUNTED_ELSEWHERE,
    LINES_UNDECIDED,
    SELF_REVIEW,
    VERSION_CONFLICT,
)
