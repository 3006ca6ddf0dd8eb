"""What is read about many stock requests, what can be asked for, and stocklists."""

from __future__ import annotations

import itertools
from typing import Any

from inventory.models import Sku
from stock_requests.drafting import Destination, WantedLine
from stock_requests.models import Department, Stocklist
from stock_requests.stocklists import create_stocklist
from tests.factories import make_bin, make_category, make_department, submitted_request
from tests.inventory.api.route import UNKNOWN, Request, Route, item_id, location_id
from warehouses import transactions
from warehouses.access import access_of_system
from warehouses.identifiers import decode
from warehouses.models import Room, Warehouse

_REQUESTS = "/api/stock-requests"
_LISTS = "/api/stocklists"
_NAME = "Listed"
_SPARE = 24
_numbers = itertools.count(1)


def prepare(sku: Sku, warehouse: Warehouse) -> None:
    """A request that waits, from the warehouse to a room of it; and stocklists, most of them to be deleted."""
    organization = warehouse.organization
    room = Room.objects.create(organization=organization, warehouse=warehouse, name=_NAME)
    make_bin(warehouse, "LISTED", room=room)
    category = make_category(organization, _NAME)
    make_department(organization, _NAME)
    submitted_request(warehouse, room, [(sku, 3)], category=category)

    def work() -> None:
        for name in (_NAME, *(f"Spare {number}" for number in range(_SPARE))):
            create_stocklist(
                access=access_of_system(organization),
                name=name,
                from_warehouse=warehouse,
                to=Destination(room=room),
                lines=[WantedLine(sku, 2)],
            )

    transactions.run(work)


def _is_there(sku: str, warehouse: str) -> bool:
    return item_id(sku, warehouse) != f"inv_{UNKNOWN}"


def _stocklist(sku: str, warehouse: str, name: str = _NAME) -> str:
    found = None
    if _is_there(sku, warehouse):
        place = decode(Warehouse.prefix, warehouse)
        rows = Stocklist.objects.filter(from_warehouse=place, name__startswith=name)
        found = rows.order_by("name").first()
    return f"{_LISTS}/{found.public_id if found is not None else f'stl_{UNKNOWN}'}"


def _named(model: Any, sku: str, warehouse: str) -> str:
    """The one that was prepared, in the organization whose warehouse has the SKU."""
    found = None
    if _is_there(sku, warehouse):
        place = Warehouse.objects.get(pk=decode(Warehouse.prefix, warehouse))
        found = model.objects.filter(organization=place.organization_id, name=_NAME).first()
    return found.public_id if found is not None else f"{model.prefix}_{UNKNOWN}"


def _fields(sku: str, warehouse: str) -> dict[str, Any]:
    from_here = location_id(sku, warehouse)
    return {
        "name": f"New {next(_numbers)}",
        "fromLocationId": from_here,
        "toLocationId": from_here,
        "toRoomId": _named(Room, sku, warehouse),
        "priority": "high",
        "note": "why",
        "lines": [{"sku": sku, "quantity": 1}],
    }


def _create(sku: str, warehouse: str) -> list[Request]:
    to_department = {
        "name": f"New {next(_numbers)}",
        "fromLocationId": location_id(sku, warehouse),
        "toDepartmentId": _named(Department, sku, warehouse),
        "lines": [{"sku": sku, "quantity": 1}],
    }
    return [Request(_LISTS, _fields(sku, warehouse)), Request(_LISTS, to_department)]


def _change(sku: str, warehouse: str) -> list[Request]:
    # It keeps its name, by which it is found.
    body = {**_fields(sku, warehouse), "name": _NAME, "isActive": True}
    return [Request(_stocklist(sku, warehouse), body)]


def _read(path: str, name: str) -> Route:
    return Route("backoffice", "GET", path, name, lambda sku, place: [Request(path)])


_SEARCH = f"{_REQUESTS}/products/search"
_MAY_BE_LEFT_OUT = frozenset({"toLocationId", "toRoomId", "priority", "note"})

ROUTES: list[Route] = [
    Route(
        "backoffice",
        "GET",
        f"{_REQUESTS}/dashboard",
        "stock-request-dashboard",
        lambda sku, place: [
            Request(f"{_REQUESTS}/dashboard"),
            Request(f"{_REQUESTS}/dashboard?locationId={location_id(sku, place)}"),
        ],
    ),
    _read(f"{_REQUESTS}/by-category", "stock-request-by-category"),
    _read(f"{_REQUESTS}/filters", "stock-request-filters"),
    Route(
        "backoffice",
        "GET",
        f"{_REQUESTS}/pending-approvals",
        "stock-request-pending-approvals",
        lambda sku, place: [Request(f"{_REQUESTS}/pending-approvals?locationId={location_id(sku, place)}")],
    ),
    Route(
        "backoffice",
        "GET",
        _SEARCH,
        "stock-request-product-search",
        lambda sku, place: [Request(f"{_SEARCH}?locationId={location_id(sku, place)}&q={sku}")],
    ),
    _read(f"{_REQUESTS}/products/stocklist", "stock-request-stocklist-stock"),
    _read(_LISTS, "stocklist-list"),
    Route("backoffice", "POST", _LISTS, "stocklist-list", _create, status=201, optional=_MAY_BE_LEFT_OUT),
    Route(
        "backoffice",
        "GET",
        f"{_LISTS}/{{id}}",
        "stocklist-detail",
        lambda sku, place: [Request(_stocklist(sku, place))],
    ),
    Route(
        "backoffice",
        "PATCH",
        f"{_LISTS}/{{id}}",
        "stocklist-detail",
        _change,
        optional=_MAY_BE_LEFT_OUT | {"name", "fromLocationId", "isActive", "lines"},
        nullable=frozenset({"toLocationId", "toRoomId", "note"}),
    ),
    Route(
        "backoffice",
        "DELETE",
        f"{_LISTS}/{{id}}",
        "stocklist-detail",
        lambda sku, place: [Request(_stocklist(sku, place, "Spare"))],
        status=204,
        media_types=(),
    ),
]
_PAGED = {"sort", "page", "limit"}
QUERIES: dict[tuple[str, str], set[str]] = {
    ("GET", f"{_REQUESTS}/dashboard"): {"locationId", "startDate", "endDate"},
    ("GET", f"{_REQUESTS}/by-category"): {
        *("status", "locationId", "priority", "startDate", "endDate"),
        *_PAGED,
    },
    ("GET", f"{_REQUESTS}/pending-approvals"): {
        *("locationId", "priority", "categoryId", "requester", "minValue", "maxValue", "neededBefore"),
        *_PAGED,
    },
    ("GET", _SEARCH): {"locationId", "toLocationId", "q", "categoryId", "inStock", *_PAGED},
    ("GET", f"{_REQUESTS}/products/stocklist"): {
        *("stocklistId", "locationId", "toLocationId", "search"),
        *_PAGED,
    },
    ("GET", _LISTS): {
        *("search", "locationId", "fromLocationId", "toLocationId", "toRoomId", "toDepartmentId"),
        *("categoryId", "priority", "isActive", "sku", "startDate", "endDate"),
        *_PAGED,
    },
}
WRITING: set[str] = {"createStocklist", "changeStocklist"}
