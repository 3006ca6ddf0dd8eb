"""How the stock-request routes are described."""

from __future__ import annotations

from typing import Any, Final

from inventory.api.backoffice.catalogue.problem_codes import CATEGORY_NOT_FOUND, INVALID_INPUT
from inventory.api.backoffice.objects import PAGINATION
from inventory.api.backoffice.places.problem_codes import ROOM_NOT_FOUND
from inventory.api.backoffice.transitions import INVALID_TRANSITION
from inventory.api.problem_codes import (
    BATCH_REFUSED,
    BIN_FULL,
    DUPLICATE_ROW,
    INVALID_QUANTITY,
    INVENTORY_NOT_FOUND,
    READONLY_WAREHOUSE,
    STOCK_UNAVAILABLE,
    WAREHOUSE_INACTIVE,
    WAREHOUSE_NOT_FOUND,
)
from stock_requests.api.requests.bodies import (
    ApproveBody,
    CommentBody,
    LineBody,
    RejectBody,
    RequestBody,
    RequestChangeBody,
    RollbackBody,
    StatusBody,
    SubmitBody,
)
from stock_requests.api.requests.problem_codes import (
    ALREADY_APPROVED,
    APPROVAL_NOT_NEEDED_FROM_YOU,
    DEPARTMENT_INACTIVE,
    DEPARTMENT_NOT_FOUND,
    MORE_THAN_APPROVED,
    MORE_THAN_REQUESTED,
    NO_LINES,
    NOTHING_APPROVED,
    ONE_DESTINATION,
    REASON_REQUIRED,
    REMAINDER_REQUIRED,
    REQUEST_LINE_NOT_FOUND,
    ROOM_HAS_NO_BIN,
    SAME_LOCATION,
    SAME_SKU,
    SELF_APPROVAL,
    STOCK_REQUEST_NOT_FOUND,
    STOCKLIST_INACTIVE,
    STOCKLIST_NOT_FOUND,
    TOO_MANY_LINES,
    UNKNOWN_MEMBER,
    VERSION_CONFLICT,
)
from stock_requests.api.requests.schemas import (
    CreatedLine,
    RequestComment,
    RequestLinePage,
    RequestPage,
    RequestRecord,
    RequestStatus,
)
from warehouses.http.operations import Operation, Parameter

__all__ = [
    "APPROVED",
    "DOUBTFUL",
    "DRAFT",
    "LOCATION",
    "REJECTED",
    "SPARE",
    "STORE",
    "SUBMITTED",
    "add_request_line",
    "approve_request",
    "change_request",
    "comment_on_request",
    "create_request",
    "delete_request",
    "get_request",
    "get_request_status",
    "list_request_lines",
    "list_requests",
    "reject_request",
    "rollback_request",
    "set_request_status",
    "submit_request",
]

_TAG: Final = "Stock requests"
#: The demonstration's: a draft, one that is to be deleted, two that wait, one that was rejected, one that is approved.
DRAFT: Final = "req_01hx000000e008000000000041"
SPARE: Final = "req_01hx000000e008000000000042"
SUBMITTED: Final = "req_01hx000000e008000000000043"
DOUBTFUL: Final = "req_01hx000000e008000000000044"
REJECTED: Final = "req_01hx000000e008000000000045"
APPROVED: Final = "req_01hx000000e008000000000046"
LOCATION: Final = "wh_01hx000000e008000000000001"
STORE: Final = "wh_01hz000000e008000000000001"
_DRAFT_LINE: Final = "rql_01hx000000e008000000000051"
_LINE_OF_SUBMITTED: Final = "rql_01hx000000e008000000000054"
_APPROVED_LINE: Final = "rql_01hx000000e008000000000056"


def _id(example: str) -> dict[str, Parameter]:
    return {"id": Parameter("The request's id.", example=example)}


_MADE: Final = "2026-03-12T09:00:00.000Z"
_HANDED_IN: Final = "2026-03-12T10:30:00.000Z"
_DECIDED: Final = "2026-03-12T14:00:00.000Z"
_ASKER: Final = "anna@example.com"
_DECIDER: Final = "omar@example.com"

_ROW: Final[dict[str, Any]] = {
    "id": DRAFT,
    "number": "SR-00041",
    "status": "draft",
    "version": 1,
    "priority": "normal",
    "neededBy": "2026-03-20",
    "note": "The shop runs short of the large bottles",
    "fromLocationId": LOCATION,
    "fromLocationName": "Warehouse A",
    "toLocationId": STORE,
    "toLocationName": "Store Berlin Mitte",
    "toRoomId": None,
    "toRoomName": None,
    "toDepartmentId": None,
    "toDepartmentName": None,
    "categoryId": None,
    "categoryName": None,
    "stocklistId": None,
    "backOrderOfId": None,
    "transferId": None,
    "requester": _ASKER,
    "createdBy": _ASKER,
    "createdAt": _MADE,
    "submittedAt": None,
    "decidedAt": None,
    "closedAt": None,
    "lineCount": 1,
    "requested": 24,
    "approved": None,
    "picked": 0,
    "fulfilled": 0,
    "substituted": 0,
    "backOrdered": 0,
    "closed": 0,
    "remaining": 24,
    "value": 117.6,
    "currency": "EUR",
}
_LINE: Final[dict[str, Any]] = {
    "id": _DRAFT_LINE,
    "position": 1,
    "sku": "SKU-002",
    "skuId": "sku_01hx000000e008000000000004",
    "title": "Blue Widget 750ml",
    "note": None,
    "requested": 24,
    "approved": None,
    "picked": 0,
    "fulfilled": 0,
    "received": None,
    "substituted": 0,
    "backOrdered": 0,
    "closed": 0,
    "remaining": 24,
    "changeReason": None,
    "shortageReason": None,
    "substituteForId": None,
    "reservationId": None,
    "onHand": 185,
    "available": 185,
    "availableAfter": 161,
    "onOrder": 0,
    "safetyStock": 12,
}


def _did(
    action: str, before: str | None, after: str, at: str, by: str = _ASKER, **more: Any
) -> dict[str, Any]:
    what = {"action": action, "fromState": before, "toState": after, "quantity": 24, "note": None}
    return {**what, "by": by, "at": at, **more}


_CREATED: Final = _did("create", None, "draft", _MADE, note="The shop runs short of the large bottles")
_SUBMITTED: Final = _did("submit", "draft", "submitted", _HANDED_IN)
_APPROVALS: Final[dict[str, Any]] = {
    "isSatisfied": False,
    "needed": 1,
    "given": 0,
    "requirements": [
        {"name": "Anyone who may approve", "needed": 1, "given": [], "approvers": []},
    ],
    "approvals": [],
}
_GIVEN: Final[dict[str, Any]] = {
    "isSatisfied": True,
    "needed": 1,
    "given": 1,
    "requirements": [
        {"name": "Anyone who may approve", "needed": 1, "given": [_DECIDER], "approvers": []},
    ],
    "approvals": [
        {"by": _DECIDER, "onBehalfOf": [], "version": 2, "note": "With the morning van", "at": _DECIDED}
    ],
}
_RECORD: Final[dict[str, Any]] = {
    **_ROW,
    "allowedTransitions": ["submitted", "cancelled"],
    "approvals": _APPROVALS,
    "lines": [_LINE],
    "comments": [],
    "history": [_CREATED],
}
_WAITING: Final[dict[str, Any]] = {
    **_RECORD,
    "status": "submitted",
    "version": 2,
    "submittedAt": _HANDED_IN,
    "allowedTransitions": ["draft", "cancelled"],
    "history": [_CREATED, _SUBMITTED],
}
_CUT: Final[dict[str, Any]] = {
    **_LINE,
    "approved": 20,
    "backOrdered": 4,
    "remaining": 20,
    "changeReason": "The rest comes on Monday",
    "reservationId": "res_01hx000000e008000000000061",
    "available": 165,
    "availableAfter": 165,
}
_YES: Final[dict[str, Any]] = {
    **_WAITING,
    "status": "approved",
    "version": 3,
    "decidedAt": _DECIDED,
    "approved": 20,
    "backOrdered": 4,
    "remaining": 20,
    "allowedTransitions": ["picking", "submitted", "cancelled"],
    "approvals": _GIVEN,
    "lines": [_CUT],
    "history": [
        _CREATED,
        _SUBMITTED,
        _did(
            "approve", "submitted", "approved", _DECIDED, _DECIDER, quantity=20, note="With the morning van"
        ),
    ],
}
_NO: Final[dict[str, Any]] = {
    **_WAITING,
    "status": "rejected",
    "version": 3,
    "decidedAt": _DECIDED,
    "allowedTransitions": ["submitted"],
    "history": [
        _CREATED,
        _SUBMITTED,
        _did(
            "reject",
            "submitted",
            "rejected",
            _DECIDED,
            _DECIDER,
            quantity=None,
            note="The shop has 40 of them on the shelf",
        ),
    ],
}
_PICKING: Final[dict[str, Any]] = {
    **_YES,
    "status": "picking",
    "version": 4,
    "picked": 8,
    "allowedTransitions": ["fulfilled"],
    "lines": [{**_CUT, "picked": 8}],
    "history": [
        *_YES["history"],
        _did("pick", "approved", "picking", "2026-03-12T15:00:00.000Z", quantity=8),
    ],
}
_COMMENT: Final[dict[str, Any]] = {
    "id": "rqc_01hx000000e008000000000071",
    "text": "The van leaves at seven. Is that soon enough?",
    "mentions": [],
    "by": _DECIDER,
    "at": _DECIDED,
}
_STATUS: Final[dict[str, Any]] = {
    "id": APPROVED,
    "number": "SR-00046",
    "status": "approved",
    "version": 3,
    "allowedTransitions": ["picking", "submitted", "cancelled"],
    "by": _DECIDER,
    "at": _DECIDED,
    "reason": "With the morning van",
    "submittedAt": _HANDED_IN,
    "decidedAt": _DECIDED,
    "closedAt": None,
    "approvals": _GIVEN,
    "history": _YES["history"],
}

_CHANGING: Final = (STOCK_REQUEST_NOT_FOUND, INVALID_TRANSITION)
#: Those of acts whose body can name the version.
_VERSIONED: Final = (*_CHANGING, VERSION_CONFLICT)
_PLACES: Final = (
    WAREHOUSE_NOT_FOUND,
    ROOM_NOT_FOUND,
    DEPARTMENT_NOT_FOUND,
    CATEGORY_NOT_FOUND,
    INVENTORY_NOT_FOUND,
    READONLY_WAREHOUSE,
    WAREHOUSE_INACTIVE,
    DEPARTMENT_INACTIVE,
    SAME_LOCATION,
    ONE_DESTINATION,
    ROOM_HAS_NO_BIN,
    BATCH_REFUSED,
)

list_requests = Operation(
    id="listStockRequests",
    tag=_TAG,
    summary="List stock requests",
    description="The requests of which the caller may read one end or both, the newest first, without their lines.",
    result=RequestPage,
    answer={"data": [_ROW], "pagination": PAGINATION},
)

create_request = Operation(
    id="createStockRequest",
    tag=_TAG,
    summary="Create a stock request",
    description="Draft a request. Nothing is promised by it, and nobody is asked to decide, until it is submitted. "
    "Takes the permission at the source or where the goods go, and sight of the other. With `stocklistId`, what is not "
    "named is as the stocklist says.",
    problems=(*_PLACES, STOCKLIST_NOT_FOUND, STOCKLIST_INACTIVE),
    body=RequestBody,
    example={
        "fromLocationId": LOCATION,
        "toLocationId": STORE,
        "priority": "normal",
        "neededBy": "2026-03-20",
        "note": "The shop runs short of the large bottles",
        "lines": [{"sku": "SKU-002", "quantity": 24}],
    },
    result=RequestRecord,
    answer=_RECORD,
    status=201,
    is_tagged=True,
)

get_request = Operation(
    id="getStockRequest",
    tag=_TAG,
    summary="Get a stock request",
    description="The request with its lines, approvals, comments and history. What there is at the source is shown to "
    "those who see the source.",
    parameters=_id(DRAFT),
    problems=(STOCK_REQUEST_NOT_FOUND,),
    result=RequestRecord,
    answer=_RECORD,
    is_tagged=True,
)

change_request = Operation(
    id="changeStockRequest",
    tag=_TAG,
    summary="Change a stock request",
    description="Change a draft, or a request that waits for a decision: the approvals that it has so far are then "
    "withdrawn. What is not given stays; `lines` are all lines that there shall be. Name the version that you have "
    "read, in the body or with `If-Match`.",
    parameters=_id(DRAFT),
    problems=(*_VERSIONED, *_PLACES, REQUEST_LINE_NOT_FOUND, DUPLICATE_ROW),
    body=RequestChangeBody,
    example={"version": 1, "priority": "high", "lines": [{"lineId": _DRAFT_LINE, "quantity": 36}]},
    result=RequestRecord,
    answer={
        **_RECORD,
        "version": 2,
        "priority": "high",
        "requested": 36,
        "remaining": 36,
        "value": 176.4,
        "lines": [{**_LINE, "requested": 36, "remaining": 36, "availableAfter": 149}],
        "history": [
            _CREATED,
            _did(
                "edit",
                "draft",
                "draft",
                _HANDED_IN,
                quantity=36,
                note="priority normal → high; lines: 1 changed",
            ),
        ],
    },
    is_tagged=True,
    takes_if_match=True,
)

delete_request = Operation(
    id="deleteStockRequest",
    tag=_TAG,
    summary="Delete a stock request",
    description="Throw a draft away. What was submitted is cancelled instead.",
    parameters=_id(SPARE),
    problems=_CHANGING,
    status=204,
    takes_if_match=True,
)

list_request_lines = Operation(
    id="listStockRequestLines",
    tag=_TAG,
    summary="List the lines of a stock request",
    description="The lines in their order, a page at a time.",
    parameters=_id(DRAFT),
    problems=(STOCK_REQUEST_NOT_FOUND,),
    result=RequestLinePage,
    answer={"data": [_LINE], "pagination": PAGINATION},
)

add_request_line = Operation(
    id="addStockRequestLine",
    tag=_TAG,
    summary="Add a line to a stock request",
    description="One line more, at the end; the ETag is that of the request. Of a request that waits for a decision "
    "the approvals so far are withdrawn.",
    parameters=_id(DRAFT),
    problems=(*_CHANGING, INVENTORY_NOT_FOUND, TOO_MANY_LINES),
    body=LineBody,
    example={"sku": "SKU-001", "quantity": 12},
    result=CreatedLine,
    answer={
        **_LINE,
        "id": "rql_01hx000000e008000000000052",
        "position": 2,
        "sku": "SKU-001",
        "skuId": "sku_01hx000000e008000000000003",
        "title": "Blue Widget 500ml",
        "requested": 12,
        "remaining": 12,
        "onHand": 350,
        "available": 332,
        "availableAfter": 320,
        "safetyStock": 15,
        "requestId": DRAFT,
        "requestVersion": 2,
    },
    status=201,
    is_tagged=True,
    takes_if_match=True,
)

submit_request = Operation(
    id="submitStockRequest",
    tag=_TAG,
    summary="Submit a stock request",
    description="Hand a draft in for a decision. Those who may decide are told.",
    parameters=_id(DRAFT),
    problems=(
        *_VERSIONED,
        NO_LINES,
        SAME_LOCATION,
        ROOM_HAS_NO_BIN,
        READONLY_WAREHOUSE,
        WAREHOUSE_INACTIVE,
        DEPARTMENT_INACTIVE,
    ),
    body=SubmitBody,
    example={"note": "If possible with the morning van"},
    result=RequestRecord,
    answer=_WAITING,
    is_tagged=True,
    takes_if_match=True,
)

_QUANTITIES: Final = (
    REQUEST_LINE_NOT_FOUND,
    INVALID_QUANTITY,
    DUPLICATE_ROW,
    MORE_THAN_APPROVED,
    REASON_REQUIRED,
    STOCK_UNAVAILABLE,
    READONLY_WAREHOUSE,
    WAREHOUSE_INACTIVE,
    BATCH_REFUSED,
)
_VOTING: Final = (
    SELF_APPROVAL,
    APPROVAL_NOT_NEEDED_FROM_YOU,
    ALREADY_APPROVED,
    MORE_THAN_REQUESTED,
    NOTHING_APPROVED,
    SAME_SKU,
)

approve_request = Operation(
    id="approveStockRequest",
    tag=_TAG,
    summary="Approve a stock request",
    description="Approve it, all of it or line by line; takes the permission at the source. Less than was asked for "
    "takes a reason, and `remainder` says what becomes of the rest. Once every rule has the approvals that it needs, "
    "the request is approved and its units are reserved at the source, all of them or none.",
    parameters=_id(SUBMITTED),
    problems=(*_VERSIONED, *_VOTING, *_QUANTITIES, INVENTORY_NOT_FOUND, TOO_MANY_LINES),
    body=ApproveBody,
    example={
        "version": 2,
        "lines": [
            {
                "lineId": _LINE_OF_SUBMITTED,
                "quantity": 20,
                "reason": "The rest comes on Monday",
                "remainder": "back_order",
            }
        ],
        "note": "With the morning van",
    },
    result=RequestRecord,
    answer={**_YES, "id": SUBMITTED, "number": "SR-00043"},
    is_tagged=True,
    takes_if_match=True,
)

reject_request = Operation(
    id="rejectStockRequest",
    tag=_TAG,
    summary="Reject a stock request",
    description="Say no, and why; takes the permission at the source. The requester is told.",
    parameters=_id(DOUBTFUL),
    problems=(*_VERSIONED, SELF_APPROVAL, REASON_REQUIRED),
    body=RejectBody,
    example={"reason": "The shop has 40 of them on the shelf"},
    result=RequestRecord,
    answer={**_NO, "id": DOUBTFUL, "number": "SR-00044"},
    is_tagged=True,
    takes_if_match=True,
)

rollback_request = Operation(
    id="rollBackStockRequest",
    tag=_TAG,
    summary="Take a stock request one step back",
    description="`approved` and `rejected` become `submitted` again, `submitted` becomes `draft`. What was reserved is "
    "free again, approvals are withdrawn, and all of it stays in the history. Taking an approval back takes the "
    "permission at the source; once picking has begun there is no way back.",
    parameters=_id(REJECTED),
    problems=_VERSIONED,
    body=RollbackBody,
    example={"reason": "They were counted wrong"},
    result=RequestRecord,
    answer={**_WAITING, "id": REJECTED, "number": "SR-00045"},
    is_tagged=True,
    takes_if_match=True,
)

comment_on_request = Operation(
    id="commentOnStockRequest",
    tag=_TAG,
    summary="Comment on a stock request",
    description="Write something on it, whatever its status; the version stays. `@name@example.com` calls a member who "
    "sees the request, and who is told.",
    parameters=_id(SUBMITTED),
    problems=(STOCK_REQUEST_NOT_FOUND, UNKNOWN_MEMBER, INVALID_INPUT),
    body=CommentBody,
    example={"text": "The van leaves at seven. Is that soon enough?"},
    result=RequestComment,
    answer=_COMMENT,
    status=201,
    takes_if_match=True,
)

get_request_status = Operation(
    id="getStockRequestStatus",
    tag=_TAG,
    summary="Get the status of a stock request",
    description="How far it has come, how it came there, whose approval it waits for, and where the caller can bring "
    "it now.",
    parameters=_id(APPROVED),
    problems=(STOCK_REQUEST_NOT_FOUND,),
    result=RequestStatus,
    answer=_STATUS,
    is_tagged=True,
)

set_request_status = Operation(
    id="setStockRequestStatus",
    tag=_TAG,
    summary="Bring a stock request to a status",
    description="Whatever leads there is done, with the rights that it takes: `submitted` submits a draft and takes a "
    "decision back, `draft` takes it back to be changed, `approved` and `rejected` decide, `cancelled` calls it off, "
    "`picking` begins to pick and writes down how far it has come, `fulfilled` lets the goods go. `lines` are those "
    "that differ: from what was asked for, or from what was approved. Where less goes than was approved, `remainder` "
    "says what becomes of the rest; a back-order is a new request.",
    parameters=_id(APPROVED),
    problems=(
        *_VERSIONED,
        *_VOTING,
        *_QUANTITIES,
        NO_LINES,
        REMAINDER_REQUIRED,
        ROOM_HAS_NO_BIN,
        SAME_LOCATION,
        DEPARTMENT_INACTIVE,
        BIN_FULL,
    ),
    body=StatusBody,
    example={"status": "picking", "lines": [{"lineId": _APPROVED_LINE, "quantity": 8}]},
    result=RequestRecord,
    answer={**_PICKING, "id": APPROVED, "number": "SR-00046"},
    is_tagged=True,
    takes_if_match=True,
)
