"""How the routes of the review are described."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from cycle_counts.api.batches.documentation import CHANGING, IN_REVIEW, REVIEW, REVIEW_LINE, TAG
from cycle_counts.api.batches.schemas import BatchRecord
from cycle_counts.api.problem_codes import (
    ASSIGNEE_MAY_NOT_COUNT,
    COUNT_LINE_NOT_FOUND,
    COUNTED_ELSEWHERE,
    ITEM_COUNTED_TWICE,
    LINE_NOT_COUNTED,
    LINES_UNDECIDED,
    NOBODY_TO_RECOUNT,
    SELF_REVIEW,
    SKU_KNOWN,
    SKU_UNKNOWN_YET,
)
from cycle_counts.api.reviews.bodies import DecideBody, ResolveBody
from inventory.api.problem_codes import (
    BATCH_REFUSED,
    BIN_FULL,
    DUPLICATE_ROW,
    INVENTORY_NOT_FOUND,
    LOT_REQUIRED,
    NEGATIVE_QUANTITY,
    QUANTITY_TOO_LARGE,
    READONLY_WAREHOUSE,
    WAREHOUSE_INACTIVE,
)
from warehouses.http.operations import Operation

__all__ = ["OTHER_REVIEW", "decide_lines", "resolve_count", "resolve_count_at_root"]

#: The demonstration's: another one that is to be reviewed.
OTHER_REVIEW: Final = "cc_01hx000000e008000000000084"
_REVIEWER: Final = "owner@demo.example"
_REVIEWED_AT: Final = "2026-03-12T14:00:00.000Z"

_DECISION: Final[dict[str, Any]] = {
    "rootCause": "picking",
    "reviewNote": "Two orders were picked twice",
    "reviewedBy": _REVIEWER,
    "reviewedAt": _REVIEWED_AT,
}
_DECIDED: Final[dict[str, Any]] = {
    **IN_REVIEW,
    "version": 5,
    "review": {**IN_REVIEW["review"], "undecided": 0, "accepted": 1},
    "lines": [{**IN_REVIEW["lines"][0], **_DECISION, "status": "accepted"}],
}
_RESOLVED: Final[dict[str, Any]] = {
    **_DECIDED,
    "status": "resolved",
    "version": 6,
    "adjustmentId": "adj_01hx000000e008000000000081",
    "closedAt": _REVIEWED_AT,
    "allowedTransitions": [],
    "lines": [{**_DECIDED["lines"][0], "movedSince": None}],
}
_LINES: Final = (
    COUNT_LINE_NOT_FOUND,
    DUPLICATE_ROW,
    INVENTORY_NOT_FOUND,
    LINE_NOT_COUNTED,
    SKU_UNKNOWN_YET,
    SKU_KNOWN,
    ITEM_COUNTED_TWICE,
    SELF_REVIEW,
    BATCH_REFUSED,
)

resolve_count = Operation(
    id="resolveCycleCount",
    tag=TAG,
    summary="Resolve the discrepancies of a cycle count",
    description="Decide what becomes of the differences, and post them. Without `lines` all that are left are "
    "accepted; with them, the count is resolved once every counted line is decided on, and stays in review until "
    "then. What is accepted is posted as one adjustment, each line by the difference that is shown; what is to be "
    "recounted is a new count, for somebody else. Lines that were never counted are left as they are. For a person "
    "it takes the right to review counts there (`inventory.countreview`).",
    problems=(
        *CHANGING,
        *_LINES,
        LINES_UNDECIDED,
        COUNTED_ELSEWHERE,
        ASSIGNEE_MAY_NOT_COUNT,
        NOBODY_TO_RECOUNT,
        NEGATIVE_QUANTITY,
        QUANTITY_TOO_LARGE,
        LOT_REQUIRED,
        BIN_FULL,
        READONLY_WAREHOUSE,
        WAREHOUSE_INACTIVE,
    ),
    body=ResolveBody,
    example={"batchId": REVIEW, "note": "Weekly round"},
    result=BatchRecord,
    answer=_RESOLVED,
    is_tagged=True,
    takes_if_match=True,
)

decide_lines = Operation(
    id="decideCycleCountLines",
    tag=TAG,
    summary="Decide on lines of a cycle count",
    description="What becomes of some lines, without posting anything: it can be changed until the count is "
    "resolved. For a person it takes the right to review counts there (`inventory.countreview`).",
    problems=(*CHANGING, *_LINES),
    body=DecideBody,
    example={
        "batchId": REVIEW,
        "lines": [
            {
                "lineId": REVIEW_LINE,
                "resolution": "accept",
                "rootCause": "picking",
                "note": "Two orders were picked twice",
            }
        ],
    },
    result=BatchRecord,
    answer=_DECIDED,
    is_tagged=True,
    takes_if_match=True,
)

resolve_count_at_root = replace(
    resolve_count,
    id="resolveCycleCountAtRoot",
    description=f"The same as under `/api/inventory`. {resolve_count.description}",
    example={"batchId": OTHER_REVIEW},
    answer={**_RESOLVED, "id": OTHER_REVIEW},
)
