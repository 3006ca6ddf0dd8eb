"""Transfers."""

from __future__ import annotations

from typing import Any

from inventory import transfers
from inventory.models import Sku, Transfer, TransferState
from tests.factories import make_bin
from tests.inventory.api.route import UNKNOWN, Request, Route, item_id, location_id
from warehouses import transactions
from warehouses.access import access_of_system
from warehouses.identifiers import decode
from warehouses.models import Bin, Warehouse

_PATH = "/api/inventory/transfers"
_UNITS = 60
_BIN = "TRANSFER"


def prepare(sku: Sku, warehouse: Warehouse) -> None:
    """Goods on their way from the default bin to another one: each receipt takes a unit of them."""
    shelf = make_bin(warehouse, _BIN)
    access = access_of_system(warehouse.organization)
    line = transfers.WantedLine(sku, _UNITS, from_bin=warehouse.bins.get(is_default=True), to_bin=shelf)

    def work() -> None:
        transfer = transfers.create_transfer(
            access=access, from_warehouse=warehouse, to_warehouse=warehouse, lines=[line]
        )
        transfers.ship_transfer(access=access, transfer=transfer)

    transactions.run(work)


def _transfer(sku: str, warehouse: str) -> Transfer | None:
    """What is in transit within the warehouse, if the SKU is there."""
    if item_id(sku, warehouse) == f"inv_{UNKNOWN}":
        return None
    place = decode(Warehouse.prefix, warehouse)
    return Transfer.objects.filter(to_warehouse=place, state=TransferState.IN_TRANSIT).first()


def _id(sku: str, warehouse: str) -> str:
    found = _transfer(sku, warehouse)
    return found.public_id if found is not None else f"trf_{UNKNOWN}"


def _bin(sku: str, warehouse: str, code: str) -> str:
    if item_id(sku, warehouse) == f"inv_{UNKNOWN}":
        return f"bin_{UNKNOWN}"
    return Bin.objects.get(warehouse=decode(Warehouse.prefix, warehouse), code=code).public_id


def _receive(sku: str, warehouse: str) -> list[Request]:
    found = _transfer(sku, warehouse)
    line = found.lines.get().public_id if found is not None else f"trl_{UNKNOWN}"
    row: dict[str, Any] = {"lineId": line, "quantity": 1, "toBinId": _bin(sku, warehouse, _BIN)}
    return [
        Request(
            f"{_PATH}/{_id(sku, warehouse)}",
            {"action": "receive", "lines": [row], "isFinal": False, "note": "why"},
        )
    ]


def _create(sku: str, warehouse: str) -> list[Request]:
    place = location_id(sku, warehouse)
    row = {
        "sku": sku,
        "quantity": 1,
        "fromBinId": _bin(sku, warehouse, "MAIN"),
        "toBinId": _bin(sku, warehouse, _BIN),
    }
    body = {"fromLocationId": place, "toLocationId": place, "lines": [row]}
    return [Request(_PATH, {**body, "note": "why", "referenceId": "TO-1", "expectedOn": "2026-03-16"})]


ROUTES: list[Route] = [
    Route("backoffice", "GET", _PATH, "transfer-list", lambda sku, place: [Request(_PATH)]),
    Route(
        "backoffice",
        "POST",
        _PATH,
        "transfer-list",
        _create,
        status=201,
        optional=frozenset({"note", "referenceId", "expectedOn", "fromBinId", "toBinId"}),
    ),
    Route(
        "backoffice",
        "GET",
        f"{_PATH}/{{id}}",
        "transfer-detail",
        lambda sku, place: [Request(f"{_PATH}/{_id(sku, place)}")],
    ),
    Route(
        "backoffice",
        "POST",
        f"{_PATH}/{{id}}",
        "transfer-detail",
        _receive,
        optional=frozenset({"lines", "isFinal", "note", "toBinId"}),
    ),
    Route(
        "backoffice",
        "GET",
        f"{_PATH}/bins",
        "transfer-bin-list",
        lambda sku, place: [Request(f"{_PATH}/bins?locationId={location_id(sku, place)}")],
    ),
]
QUERIES: dict[tuple[str, str], set[str]] = {
    ("GET", _PATH): {
        *(
            "state",
            "locationId",
            "fromLocationId",
            "toLocationId",
            "sku",
            "lotId",
            "referenceId",
            "createdBy",
        ),
        *("startDate", "endDate", "sort", "page", "limit"),
    },
    ("GET", f"{_PATH}/bins"): {
        *("locationId", "sku", "direction", "roomId", "roomType", "binCode", "sort", "page", "limit"),
    },
}
WRITING: set[str] = {"createTransfer", "actOnTransfer"}
