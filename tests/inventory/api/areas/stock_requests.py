"""Stock requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inventory.models import Category, Sku
from stock_requests.decisions.approving import approve_request, reject_request
from stock_requests.drafting import Destination, WantedLine
from stock_requests.fulfilment import pick_request
from stock_requests.models import Department, RequestState, Stocklist, StockRequest
from stock_requests.stocklists import create_stocklist
from tests.factories import make_bin, make_category, make_department, make_request, submitted_request
from tests.inventory.api.route import UNKNOWN, Request, Route, item_id, location_id
from warehouses import transactions
from warehouses.access import Access, access_of_system
from warehouses.actors import Actor, ActorType
from warehouses.identifiers import decode, new_id
from warehouses.models import Room, Warehouse
from warehouses.permissions import DESCRIPTIONS

_PATH = "/api/stock-requests"
_NAME = "Requested"
_UNITS = 3
#: Of each kind that an act uses up; what waits is approved by one route and rejected by another.
_MANY = 6


def prepare(sku: Sku, warehouse: Warehouse) -> None:
    """Requests in every state that a route acts on, from the warehouse to a room of it, and what they may name."""
    organization = warehouse.organization
    room = Room.objects.create(organization=organization, warehouse=warehouse, name=_NAME)
    make_bin(warehouse, "REQUESTED", room=room)
    make_category(organization, _NAME)
    make_department(organization, _NAME)
    system = access_of_system(organization)
    wanted = [WantedLine(sku, _UNITS)]
    to = Destination(room=room)

    def template() -> None:
        create_stocklist(access=system, name=_NAME, from_warehouse=warehouse, to=to, lines=wanted)

    transactions.run(template)
    decider = Access(organization, Actor(ActorType.KEY, new_id(), "Decider"), dict.fromkeys(DESCRIPTIONS))

    def decided() -> None:
        reject_request(access=decider, request=submitted_request(warehouse, room, lines), reason="why")
        picked = submitted_request(warehouse, room, lines)
        approve_request(access=decider, request=picked)
        pick_request(access=system, request=picked)

    lines = [(sku, _UNITS)]
    for _ in range(_MANY):
        make_request(warehouse, room, lines)
        for _ in range(2):
            submitted_request(warehouse, room, lines)
        transactions.run(decided)


def _is_there(sku: str, warehouse: str) -> bool:
    return item_id(sku, warehouse) != f"inv_{UNKNOWN}"


def _request(sku: str, warehouse: str, state: RequestState) -> StockRequest | None:
    """The oldest in that state from the warehouse, if the SKU is there."""
    if not _is_there(sku, warehouse):
        return None
    place = decode(Warehouse.prefix, warehouse)
    rows = StockRequest.objects.filter(from_warehouse=place, state=state, deleted_at__isnull=True)
    return rows.order_by("submitted_at", "pk").first()


def _id(found: StockRequest | None) -> str:
    return found.public_id if found is not None else f"req_{UNKNOWN}"


def _line(found: StockRequest | None) -> str:
    line = found.lines.order_by("position").first() if found is not None else None
    return line.public_id if line is not None else f"rql_{UNKNOWN}"


def _named(model: Any, sku: str, warehouse: str) -> str:
    """The one that was prepared, in the organization whose warehouse has the SKU."""
    found = None
    if _is_there(sku, warehouse):
        place = Warehouse.objects.get(pk=decode(Warehouse.prefix, warehouse))
        found = model.objects.filter(organization=place.organization_id, name=_NAME).first()
    return found.public_id if found is not None else f"{model.prefix}_{UNKNOWN}"


def _fields(sku: str, warehouse: str) -> dict[str, Any]:
    return {
        "fromLocationId": location_id(sku, warehouse),
        "toLocationId": location_id(sku, warehouse),
        "toRoomId": _named(Room, sku, warehouse),
        "categoryId": _named(Category, sku, warehouse),
        "priority": "high",
        "neededBy": "2026-03-16",
        "note": "why",
    }


def _create(sku: str, warehouse: str) -> list[Request]:
    row = {"sku": sku, "quantity": 1, "note": "why"}
    department = _named(Department, sku, warehouse)
    return [
        Request(_PATH, {**_fields(sku, warehouse), "lines": [row]}),
        Request(_PATH, {"fromLocationId": location_id(sku, warehouse), "toDepartmentId": department}),
        Request(_PATH, {"stocklistId": _named(Stocklist, sku, warehouse)}),
    ]


def _change(sku: str, warehouse: str) -> list[Request]:
    found = _request(sku, warehouse, RequestState.DRAFT)
    path = f"{_PATH}/{_id(found)}"
    version = {"version": found.version if found is not None else 1}
    row = {"lineId": _line(found), "sku": sku, "quantity": 1, "note": "why"}
    return [
        Request(path, {**version, **_fields(sku, warehouse), "lines": [row]}),
        Request(path, {**version, "toDepartmentId": _named(Department, sku, warehouse)}),
    ]


def _act(
    name: str, state: RequestState, body: Callable[[StockRequest | None, str], dict[str, Any]]
) -> Callable[[str, str], list[Request]]:
    """What is done with a request in that state."""

    def requests(sku: str, warehouse: str) -> list[Request]:
        found = _request(sku, warehouse, state)
        return [Request(f"{_PATH}/{_id(found)}/{name}", body(found, sku))]

    return requests


def _version(found: StockRequest | None) -> dict[str, Any]:
    return {"version": found.version if found is not None else 1}


def _decision(found: StockRequest | None, sku: str) -> dict[str, Any]:
    row = {"lineId": _line(found), "quantity": 1, "reason": "why", "remainder": "closed"}
    whole = {"lines": [row], "note": "why", "reason": "why", "remainder": "back_order"}
    return {**_version(found), **whole}


def _fulfilment(found: StockRequest | None, sku: str) -> dict[str, Any]:
    row = {"lineId": _line(found), "quantity": 1, "remainder": "closed", "reason": "why"}
    whole = {"status": "fulfilled", "reason": "why", "remainder": "closed", "lines": [row]}
    return {**_version(found), **whole}


def _reading(name: str) -> Callable[[str, str], list[Request]]:
    def requests(sku: str, warehouse: str) -> list[Request]:
        return [Request(f"{_PATH}/{_id(_request(sku, warehouse, RequestState.PICKING))}{name}")]

    return requests


def _delete(sku: str, warehouse: str) -> list[Request]:
    return [Request(f"{_PATH}/{_id(_request(sku, warehouse, RequestState.DRAFT))}")]


_OPTIONAL = frozenset(
    "toLocationId toRoomId toDepartmentId categoryId priority neededBy note lines reason remainder version".split()
)
_ONE = f"{_PATH}/{{id}}"
ROUTES: list[Route] = [
    Route(
        "backoffice",
        "GET",
        _PATH,
        "stock-request-list",
        lambda sku, place: [
            Request(_PATH),
            Request(f"{_PATH}?locationId={location_id(sku, place)}&sku={sku}"),
        ],
    ),
    Route("backoffice", "POST", _PATH, "stock-request-list", _create, status=201, optional=_OPTIONAL),
    Route("backoffice", "GET", _ONE, "stock-request-detail", _reading("")),
    Route(
        "backoffice",
        "PATCH",
        _ONE,
        "stock-request-detail",
        _change,
        optional=_OPTIONAL - {"version"} | {"fromLocationId", "lineId", "sku"},
        nullable=frozenset({"toLocationId", "toRoomId", "toDepartmentId", "categoryId", "neededBy", "note"}),
    ),
    Route("backoffice", "DELETE", _ONE, "stock-request-detail", _delete, status=204, media_types=()),
    Route("backoffice", "GET", f"{_ONE}/lines", "stock-request-lines", _reading("/lines")),
    Route(
        "backoffice",
        "POST",
        f"{_ONE}/lines",
        "stock-request-lines",
        _act(
            "lines",
            RequestState.DRAFT,
            lambda found, sku: {"sku": sku, "quantity": 1, "note": "why"},
        ),
        status=201,
        optional=_OPTIONAL,
    ),
    Route(
        "backoffice",
        "POST",
        f"{_ONE}/submit",
        "stock-request-submission",
        _act("submit", RequestState.DRAFT, lambda found, sku: {**_version(found), "note": "why"}),
        optional=_OPTIONAL,
    ),
    Route(
        "backoffice",
        "POST",
        f"{_ONE}/approve",
        "stock-request-approval",
        _act("approve", RequestState.SUBMITTED, _decision),
        optional=_OPTIONAL,
    ),
    Route(
        "backoffice",
        "POST",
        f"{_ONE}/reject",
        "stock-request-rejection",
        _act("reject", RequestState.SUBMITTED, lambda found, sku: {**_version(found), "reason": "why"}),
        optional=_OPTIONAL - {"reason"},
    ),
    Route(
        "backoffice",
        "POST",
        f"{_ONE}/rollback",
        "stock-request-rollback",
        _act("rollback", RequestState.REJECTED, lambda found, sku: {**_version(found), "reason": "why"}),
        optional=_OPTIONAL,
    ),
    Route(
        "backoffice",
        "POST",
        f"{_ONE}/comment",
        "stock-request-comments",
        _act("comment", RequestState.PICKING, lambda found, sku: {"text": "why"}),
        status=201,
        multiline=frozenset({"text"}),
    ),
    Route("backoffice", "GET", f"{_ONE}/status", "stock-request-status", _reading("/status")),
    Route(
        "backoffice",
        "POST",
        f"{_ONE}/status",
        "stock-request-status",
        _act("status", RequestState.PICKING, _fulfilment),
        optional=_OPTIONAL,
    ),
]
QUERIES: dict[tuple[str, str], set[str]] = {
    ("GET", _PATH): {
        *("status", "priority", "locationId", "fromLocationId", "toLocationId", "toRoomId"),
        *("toDepartmentId", "categoryId", "stocklistId", "backOrderOfId", "requester", "createdBy"),
        *("sku", "search", "neededAfter", "neededBefore", "overdue"),
        *("startDate", "endDate", "sort", "page", "limit"),
    },
    ("GET", f"{_ONE}/lines"): {
        *("lineId", "sku", "substituteForId", "isOpen", "search", "sort", "page", "limit"),
    },
}
WRITING: set[str] = {
    "createStockRequest",
    "changeStockRequest",
    "addStockRequestLine",
    "submitStockRequest",
    "approveStockRequest",
    "rejectStockRequest",
    "rollBackStockRequest",
    "commentOnStockRequest",
    "setStockRequestStatus",
}
