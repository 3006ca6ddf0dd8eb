"""Locations, rooms and bins."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from inventory.models import Sku
from tests.factories import make_bin, make_warehouse
from tests.inventory.api.route import UNKNOWN, UNKNOWN_WAREHOUSE, Request, Route, location_id
from warehouses.identifiers import decode
from warehouses.models import Bin, Room, Warehouse

_SPARE = 24
_numbers = itertools.count(1)


def prepare(sku: Sku, warehouse: Warehouse) -> None:
    """A room with a bin; and what nobody needs, to be deleted."""
    organization = warehouse.organization
    kept = Room.objects.create(organization=organization, warehouse=warehouse, name="Kept")
    make_bin(warehouse, "KEPT", room=kept)
    for number in range(_SPARE):
        make_warehouse(organization, f"Spare {number}")
        Room.objects.create(organization=organization, warehouse=warehouse, name=f"Spare {number}")
        make_bin(warehouse, f"SPARE-{number}", room=kept)


def _place(sku: str, warehouse: str) -> Warehouse | None:
    """The warehouse, if the SKU is there."""
    return Warehouse.objects.filter(pk=decode(Warehouse.prefix, location_id(sku, warehouse))).first()


def _in(place: Warehouse | None, model: Any, **named: str) -> str:
    found = model.objects.filter(warehouse=place, **named).first() if place is not None else None
    return found.public_id if found is not None else f"{model.prefix}_{UNKNOWN}"


def _path(sku: str, warehouse: str) -> str:
    return f"/api/locations/{location_id(sku, warehouse)}"


def _requests(
    end: Callable[[Warehouse | None], str], body: Any = None
) -> Callable[[str, str], list[Request]]:
    """About something in the warehouse, or the warehouse itself."""

    def requests(sku: str, warehouse: str) -> list[Request]:
        place = _place(sku, warehouse)
        return [Request(f"{_path(sku, warehouse)}{end(place)}", body(place) if body else None)]

    return requests


def _spare_location(sku: str, warehouse: str) -> list[Request]:
    place = _place(sku, warehouse)
    spare = Warehouse.objects.filter(
        organization=place.organization if place else None, name__startswith="Spare"
    ).first()
    return [Request(f"/api/locations/{spare.public_id if spare else UNKNOWN_WAREHOUSE}")]


def _name() -> str:
    return f"New {next(_numbers)}"


def _room(place: Warehouse | None) -> str:
    return _in(place, Room, name="Kept")


def _bin(place: Warehouse | None) -> str:
    return _in(place, Bin, code="KEPT")


def _location_body(place: Warehouse | None = None) -> dict[str, Any]:
    return {"name": _name(), "type": "own", "marketplace": "why", "address": "why", "isReadonly": False}


def _change_of_location(place: Warehouse | None) -> dict[str, Any]:
    # Its own name: other tests look for it.
    return {**_location_body(), "name": place.name if place else "why", "isActive": True}


def _room_body(place: Warehouse | None) -> dict[str, Any]:
    return {"name": _name(), "roomType": "storage", "isSellable": True}


def _change_of_room(place: Warehouse | None) -> dict[str, Any]:
    return {"name": "Kept", "roomType": "storage", "isSellable": True}


def _bins_body(place: Warehouse | None) -> dict[str, Any]:
    number = next(_numbers)
    row = {"code": f"NEW-{number}", "barcode": f"B-{number}", "roomId": _room(place)}
    return {"bins": [{**row, "pickSequence": 5, "capacity": 7}]}


def _change_of_bin(place: Warehouse | None) -> dict[str, Any]:
    row = {"code": "KEPT", "barcode": f"B-{next(_numbers)}", "roomId": _room(place)}
    return {**row, "pickSequence": 5, "capacity": 7, "isActive": True}


_OPTIONAL = frozenset(
    {
        *("type", "marketplace", "address", "isReadonly", "roomType", "isSellable"),
        *("barcode", "roomId", "pickSequence", "capacity"),
    }
)
_NULLABLE = frozenset({"marketplace", "address", "barcode", "capacity"})


def _route(
    method: str,
    path: str,
    name: str,
    requests: Callable[[str, str], list[Request]],
    more: frozenset[str] = frozenset(),
    **fields: Any,
) -> Route:
    if method in {"POST", "PATCH"}:
        fields |= {"optional": _OPTIONAL | more, "nullable": _NULLABLE}
    if method == "POST":
        fields |= {"status": 201}
    if method == "DELETE":
        fields |= {"status": 204, "media_types": ()}
    return Route("backoffice", method, f"/api/locations{path}", name, requests, **fields)


ROUTES = [
    _route("GET", "", "place-list", lambda sku, place: [Request("/api/locations")]),
    _route(
        "POST",
        "",
        "place-list",
        lambda sku, place: [Request("/api/locations", _location_body())],
        is_of_organization=True,
        names_nothing=True,
    ),
    _route("GET", "/{id}", "place-detail", _requests(lambda place: "")),
    _route(
        "PATCH",
        "/{id}",
        "place-detail",
        _requests(lambda place: "", _change_of_location),
        frozenset({"name", "isActive"}),
    ),
    _route("DELETE", "/{id}", "place-detail", _spare_location),
    _route("GET", "/{id}/rooms", "room-list", _requests(lambda place: "/rooms")),
    _route("POST", "/{id}/rooms", "room-list", _requests(lambda place: "/rooms", _room_body)),
    _route("GET", "/{id}/rooms/{roomId}", "room-detail", _requests(lambda place: f"/rooms/{_room(place)}")),
    _route(
        "PATCH",
        "/{id}/rooms/{roomId}",
        "room-detail",
        _requests(lambda place: f"/rooms/{_room(place)}", _change_of_room),
        frozenset({"name"}),
    ),
    _route(
        "DELETE",
        "/{id}/rooms/{roomId}",
        "room-detail",
        _requests(lambda place: f"/rooms/{_in(place, Room, name__startswith='Spare')}"),
    ),
    _route("GET", "/{id}/bins", "bin-list", _requests(lambda place: "/bins")),
    _route("POST", "/{id}/bins", "bin-list", _requests(lambda place: "/bins", _bins_body)),
    _route("GET", "/{id}/bins/{binId}", "bin-detail", _requests(lambda place: f"/bins/{_bin(place)}")),
    _route(
        "PATCH",
        "/{id}/bins/{binId}",
        "bin-detail",
        _requests(lambda place: f"/bins/{_bin(place)}", _change_of_bin),
        frozenset({"code", "isActive"}),
    ),
    _route(
        "DELETE",
        "/{id}/bins/{binId}",
        "bin-detail",
        _requests(lambda place: f"/bins/{_in(place, Bin, code__startswith='SPARE')}"),
    ),
]

_PAGE = {"sort", "page", "limit"}
QUERIES = {
    ("GET", "/api/locations"): _PAGE | {"search", "type", "isActive", "isReadonly", "startDate", "endDate"},
    ("GET", "/api/locations/{id}/rooms"): _PAGE | {"search", "roomType", "isSellable"},
    ("GET", "/api/locations/{id}/bins"): _PAGE
    | {"code", "barcode", "roomId", "roomType", "isActive", "hasStock"},
}
WRITING = {"createLocation", "changeLocation", "createRoom", "changeRoom", "createBins", "changeBin"}
