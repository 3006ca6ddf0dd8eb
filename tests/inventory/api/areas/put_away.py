"""Put-away tasks."""

from __future__ import annotations

from typing import Any

from inventory import put_away
from inventory.models import PutAway, PutAwayState, Sku
from tests.factories import make_bin
from tests.inventory.api.route import UNKNOWN, Request, Route, item_id, location_id
from warehouses import transactions
from warehouses.access import access_of_system
from warehouses.identifiers import decode
from warehouses.models import Bin, Warehouse

_PATH = "/api/inventory/put-away"
_TASKS = 12
_BIN = "PUT-AWAY"


def prepare(sku: Sku, warehouse: Warehouse) -> None:
    """Open tasks, one for each completion."""
    shelf = make_bin(warehouse, _BIN)
    access = access_of_system(warehouse.organization)
    goods = [put_away.GoodsToPut(sku, 1, warehouse.bins.get(is_default=True), to_bin=shelf)]

    def work() -> None:
        for _ in range(_TASKS):
            put_away.create_put_away(access=access, warehouse=warehouse, goods=goods)

    transactions.run(work)


def _task(sku: str, warehouse: str) -> PutAway | None:
    """An open task of the warehouse, if the SKU is there."""
    if item_id(sku, warehouse) == f"inv_{UNKNOWN}":
        return None
    place = decode(Warehouse.prefix, warehouse)
    return PutAway.objects.filter(warehouse=place, state=PutAwayState.OPEN).first()


def _id(sku: str, warehouse: str) -> str:
    found = _task(sku, warehouse)
    return found.public_id if found is not None else f"put_{UNKNOWN}"


def _bin(sku: str, warehouse: str, code: str) -> str:
    if item_id(sku, warehouse) == f"inv_{UNKNOWN}":
        return f"bin_{UNKNOWN}"
    return Bin.objects.get(warehouse=decode(Warehouse.prefix, warehouse), code=code).public_id


def _complete(sku: str, warehouse: str) -> list[Request]:
    found = _task(sku, warehouse)
    line = found.lines.get().public_id if found is not None else f"ptl_{UNKNOWN}"
    row: dict[str, Any] = {"lineId": line, "quantity": 1, "toBinId": _bin(sku, warehouse, _BIN)}
    body = {"action": "complete", "lines": [row], "note": "why"}
    return [Request(f"{_PATH}/{_id(sku, warehouse)}", body)]


def _create(sku: str, warehouse: str) -> list[Request]:
    row = {
        "sku": sku,
        "quantity": 1,
        "fromBinId": _bin(sku, warehouse, "MAIN"),
        "toBinId": _bin(sku, warehouse, _BIN),
    }
    body = {"locationId": location_id(sku, warehouse), "lines": [row], "note": "why", "referenceId": "GR-1"}
    return [Request(_PATH, body)]


ROUTES: list[Route] = [
    Route("backoffice", "GET", _PATH, "put-away-list", lambda sku, place: [Request(_PATH)]),
    Route(
        "backoffice",
        "POST",
        _PATH,
        "put-away-list",
        _create,
        status=201,
        optional=frozenset({"note", "referenceId", "toBinId"}),
    ),
    Route(
        "backoffice",
        "GET",
        f"{_PATH}/{{id}}",
        "put-away-detail",
        lambda sku, place: [Request(f"{_PATH}/{_id(sku, place)}")],
    ),
    Route(
        "backoffice",
        "POST",
        f"{_PATH}/{{id}}",
        "put-away-detail",
        _complete,
        optional=frozenset({"lines", "note", "quantity", "toBinId"}),
    ),
]
QUERIES: dict[tuple[str, str], set[str]] = {
    ("GET", _PATH): {
        *("state", "locationId", "sku", "lotId", "binId", "referenceId", "createdBy"),
        *("startDate", "endDate", "sort", "page", "limit"),
    },
}
WRITING: set[str] = {"createPutAwayTask", "actOnPutAwayTask"}
