"""How the routes of cycle counts are described."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from cycle_counts.api.batches.bodies import ActBody, PlanBody
from cycle_counts.api.batches.schemas import BatchPage, BatchRecord, PagedBatchRecord, PreviewRecord
from cycle_counts.api.problem_codes import (
    ASSIGNEE_MAY_NOT_COUNT,
    BLIND_REQUIRED,
    CLIENT_ID_REUSED,
    COUNT_LINE_NOT_FOUND,
    COUNTED_BEFORE_START,
    COUNTED_BY_ANOTHER,
    COUNTED_IN_FUTURE,
    CYCLE_COUNT_NOT_FOUND,
    NOTHING_COUNTED,
    NOTHING_TO_COUNT,
    RECOUNT_BY_ANOTHER,
    TOO_MANY_LINES,
    VERSION_CONFLICT,
)
from inventory.api.backoffice.catalogue.problem_codes import CATEGORY_NOT_FOUND, INVALID_INPUT
from inventory.api.backoffice.objects import PAGINATION
from inventory.api.backoffice.places.problem_codes import ROOM_NOT_FOUND
from inventory.api.backoffice.transitions import INVALID_TRANSITION
from inventory.api.problem_codes import (
    BATCH_REFUSED,
    BIN_NOT_FOUND,
    DUPLICATE_ROW,
    INVALID_QUANTITY,
    INVENTORY_NOT_FOUND,
    LOT_NOT_FOUND,
    READONLY_WAREHOUSE,
    WAREHOUSE_INACTIVE,
    WAREHOUSE_NOT_FOUND,
)
from warehouses.http.operations import Operation, Parameter

__all__ = [
    "CHANGING",
    "COUNTED",
    "COUNTED_LINE",
    "COUNTING",
    "COUNTING_LINE",
    "DRAFT",
    "ENTERING",
    "IN_REVIEW",
    "LINE",
    "LOCATION",
    "MAKING",
    "PLANNING",
    "RECORD",
    "REVIEW",
    "REVIEW_LINE",
    "TAG",
    "act_on_count",
    "act_on_count_at_root",
    "create_count",
    "create_count_at_root",
    "get_count",
    "get_count_at_root",
    "list_counts",
    "list_counts_at_root",
    "preview_count",
]

TAG: Final = "Cycle counts"
#: The demonstration's: one that is planned, one that is being counted, one that is to be reviewed.
DRAFT: Final = "cc_01hx000000e008000000000081"
COUNTING: Final = "cc_01hx000000e008000000000082"
REVIEW: Final = "cc_01hx000000e008000000000083"
COUNTING_LINE: Final = "ccl_01hx000000e008000000000091"
REVIEW_LINE: Final = "ccl_01hx000000e008000000000092"
LOCATION: Final = "wh_01hx000000e008000000000001"
_BIN: Final = "bin_01hx000000e008000000000081"
_COUNTER: Final = "counter@demo.example"
_PLANNER: Final = "owner@demo.example"
_PLANNED_AT: Final = "2026-03-12T06:00:00.000Z"
_STARTED_AT: Final = "2026-03-12T08:00:00.000Z"
_COUNTED_AT: Final = "2026-03-12T08:41:00.000Z"
_SUBMITTED_AT: Final = "2026-03-12T10:30:00.000Z"

LINE: Final[dict[str, Any]] = {
    "id": COUNTING_LINE,
    "position": 1,
    "binId": _BIN,
    "binCode": "A-01-1",
    "sku": "SKU-001",
    "skuId": "sku_01hx000000e008000000000004",
    "title": "Blue Widget 500ml",
    "lotId": None,
    "lotCode": None,
    "expiresOn": None,
    "code": None,
    "isFound": False,
    "status": "pending",
    "countedQuantity": None,
    "countedAt": None,
    "countedBy": None,
    "remark": None,
    "note": None,
}
COUNTED_LINE: Final[dict[str, Any]] = {
    **LINE,
    "status": "counted",
    "countedQuantity": 348,
    "countedAt": _COUNTED_AT,
    "countedBy": _COUNTER,
}
_ROW: Final[dict[str, Any]] = {
    "id": DRAFT,
    "number": "CC-00012",
    "name": "Blue widgets",
    "locationId": LOCATION,
    "locationName": "Warehouse A",
    "status": "draft",
    "version": 1,
    "blind": True,
    "origin": "planned",
    "scopeText": "SKU SKU-002",
    "tolerance": {"units": 2, "percent": None, "value": None},
    "dueOn": "2026-03-13",
    "isLate": False,
    "assignees": [],
    "note": None,
    "recountOfId": None,
    "recountIds": [],
    "adjustmentId": None,
    "createdBy": _PLANNER,
    "createdAt": _PLANNED_AT,
    "startedAt": None,
    "submittedAt": None,
    "closedAt": None,
    "progress": {"lines": 1, "counted": 0, "pending": 1, "found": 0},
}
RECORD: Final[dict[str, Any]] = {
    **_ROW,
    "scope": {"skuIds": ["sku_01hx000000e008000000000004"]},
    "allowedTransitions": ["counting", "cancelled"],
    "lines": [LINE],
}
_STARTED: Final[dict[str, Any]] = {
    **RECORD,
    "id": COUNTING,
    "status": "counting",
    "version": 2,
    "startedAt": _STARTED_AT,
    "allowedTransitions": ["review", "cancelled"],
}
COUNTED: Final[dict[str, Any]] = {
    **_STARTED,
    "version": 3,
    "progress": {"lines": 1, "counted": 1, "pending": 0, "found": 0},
    "lines": [COUNTED_LINE],
}
_WITH_BOOK: Final[dict[str, Any]] = {
    **COUNTED_LINE,
    "id": REVIEW_LINE,
    "countedQuantity": 345,
    "abcClass": "A",
    "expectedQuantity": 350,
    "variance": -5,
    "variancePercent": -1.43,
    "varianceValue": -20.5,
    "withinTolerance": False,
    "movedSince": {"then": 350, "now": 342},
    "rootCause": None,
    "reviewNote": None,
    "reviewedBy": None,
    "reviewedAt": None,
    "firstCount": None,
}
IN_REVIEW: Final[dict[str, Any]] = {
    **COUNTED,
    "id": REVIEW,
    "status": "review",
    "version": 4,
    "submittedAt": _SUBMITTED_AT,
    "allowedTransitions": ["resolved", "cancelled"],
    "review": {
        "undecided": 1,
        "accepted": 0,
        "withinTolerance": 0,
        "recount": 0,
        "ignored": 0,
        "differences": 1,
        "unitsExpected": 350,
        "unitsCounted": 345,
        "unitsOver": 0,
        "unitsShort": 5,
        "valueOver": 0,
        "valueShort": 20.5,
        "currency": "EUR",
    },
    "lines": [_WITH_BOOK],
}

CHANGING: Final = (CYCLE_COUNT_NOT_FOUND, INVALID_TRANSITION, VERSION_CONFLICT)
ENTERING: Final = (
    COUNT_LINE_NOT_FOUND,
    BIN_NOT_FOUND,
    INVENTORY_NOT_FOUND,
    LOT_NOT_FOUND,
    INVALID_QUANTITY,
    INVALID_INPUT,
    DUPLICATE_ROW,
    BATCH_REFUSED,
    COUNTED_BY_ANOTHER,
    RECOUNT_BY_ANOTHER,
    CLIENT_ID_REUSED,
    COUNTED_IN_FUTURE,
    COUNTED_BEFORE_START,
)
PLANNING: Final = (
    WAREHOUSE_NOT_FOUND,
    READONLY_WAREHOUSE,
    WAREHOUSE_INACTIVE,
    BIN_NOT_FOUND,
    ROOM_NOT_FOUND,
    CATEGORY_NOT_FOUND,
    INVENTORY_NOT_FOUND,
    INVALID_INPUT,
    BATCH_REFUSED,
)
MAKING: Final = (
    *PLANNING,
    NOTHING_TO_COUNT,
    TOO_MANY_LINES,
    ASSIGNEE_MAY_NOT_COUNT,
    BLIND_REQUIRED,
)


def _id(example: str) -> dict[str, Parameter]:
    return {"batchId": Parameter("The count's id.", example=example)}


list_counts = Operation(
    id="listCycleCounts",
    tag=TAG,
    summary="List cycle counts",
    description="The counts of the locations where the caller may count, the newest first, without their lines. "
    "`review`, what the lines come to, is there once a count is submitted, for those who may know what the books say.",
    result=BatchPage,
    answer={"data": [_ROW], "pagination": PAGINATION},
)

create_count = Operation(
    id="createCycleCount",
    tag=TAG,
    summary="Plan a cycle count",
    description="Plan what is to be counted in a location: a line for each stock item that meets all conditions, in "
    "the order in which the bins are walked. Without a condition it is everything there. What is in another open "
    "count is left out. Blindness and tolerance are as the organization's settings say unless given; a tolerance of "
    "its own is set by those who may review there.",
    problems=MAKING,
    body=PlanBody,
    example={
        "locationId": LOCATION,
        "skus": ["SKU-002"],
        "blind": True,
        "tolerance": {"units": 2},
        "dueOn": "2026-03-13",
        "name": "Blue widgets",
    },
    result=BatchRecord,
    answer=RECORD,
    status=201,
    is_tagged=True,
)

preview_count = Operation(
    id="previewCycleCount",
    tag=TAG,
    summary="Preview a cycle count",
    description="What such a plan would come to now: how many lines and bins, about how long it would take, and what "
    "is left out. It changes nothing, and says of no line how much is there.",
    problems=(*PLANNING, ASSIGNEE_MAY_NOT_COUNT),
    body=PlanBody,
    example={"locationId": LOCATION, "notCountedForDays": 90},
    result=PreviewRecord,
    answer={
        "lines": 184,
        "bins": 41,
        "skus": 160,
        "seconds": 6340,
        "reasons": ["12 lines are in CC-00007 already."],
    },
)

get_count = Operation(
    id="getCycleCount",
    tag=TAG,
    summary="Get a cycle count",
    description="The count with its lines: all of them, or with `page` or `limit` a page. What the books say "
    "(`expectedQuantity`, `variance` and what follows from it) is absent while the count is blind and not submitted, "
    "whoever asks; and afterwards for those who neither review counts nor see the stock there.",
    parameters=_id(REVIEW),
    problems=(CYCLE_COUNT_NOT_FOUND,),
    result=PagedBatchRecord,
    answer=IN_REVIEW,
    is_tagged=True,
)

act_on_count = Operation(
    id="actOnCycleCount",
    tag=TAG,
    summary="Start, count, submit, cancel or change a cycle count",
    description="`start` begins the counting; what has come into the plan since is added. `count` takes entries, all "
    "of them or none: of a line, or of a SKU or a scanned code in a bin, which may be one that nobody planned. An "
    "entry with a `clientId` counts once, however often it is sent. The difference is against the books at the "
    "instant of the count, so that stock may move meanwhile. `submit` hands it in for review: what is inside the "
    "tolerance is accepted. `cancel` calls it off. `update` changes name, due day, assignees, note, tolerance and, "
    "while it is planned, whether it is blind.",
    parameters=_id(COUNTING),
    problems=(
        *CHANGING,
        *ENTERING,
        NOTHING_COUNTED,
        ASSIGNEE_MAY_NOT_COUNT,
        BLIND_REQUIRED,
        READONLY_WAREHOUSE,
        WAREHOUSE_INACTIVE,
        TOO_MANY_LINES,
    ),
    body=ActBody,
    example={
        "action": "count",
        "counts": [
            {
                "lineId": COUNTING_LINE,
                "countedQuantity": 348,
                "clientId": "7f3c1f0e-5d0b-4a57-9a53-0d4c0c3f0a11",
            }
        ],
    },
    result=BatchRecord,
    answer=COUNTED,
    is_tagged=True,
    takes_if_match=True,
)

_AT_ROOT: Final = "The same as under `/api/inventory`. "


def _at_root(operation: Operation, **changes: Any) -> Operation:
    """The same operation where the document names it without `/api/inventory`."""
    return replace(
        operation, id=f"{operation.id}AtRoot", description=f"{_AT_ROOT}{operation.description}", **changes
    )


list_counts_at_root = _at_root(list_counts)
create_count_at_root = _at_root(
    create_count,
    example={"locationId": LOCATION, "skus": ["REGEN-003"], "dueOn": "2026-03-13"},
)
get_count_at_root = _at_root(get_count)
act_on_count_at_root = _at_root(
    act_on_count, parameters=_id(DRAFT), example={"action": "start"}, answer={**_STARTED, "id": DRAFT}
)
