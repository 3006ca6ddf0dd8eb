"""Holds."""

from __future__ import annotations

from urllib.parse import quote

from inventory.models import Hold, Sku, StockItem
from tests import factories
from tests.inventory.api.route import UNKNOWN, Request, Route, item_id
from warehouses.identifiers import decode
from warehouses.models import Warehouse

_PATH = "/api/inventory/holds"


def prepare(sku: Sku, warehouse: Warehouse) -> None:
    """One hold, of so many units that each request releases one of them."""
    factories.hold(sku, warehouse, 50)


def _hold(sku: str, warehouse: str) -> str:
    place = decode(Warehouse.prefix, warehouse)
    found = Hold.objects.filter(sku__code=sku, warehouse=place, open__gt=1).order_by("id").first()
    return found.public_id if found is not None else f"hold_{UNKNOWN}"


def _bin(sku: str, warehouse: str) -> str:
    place = decode(Warehouse.prefix, warehouse)
    found = StockItem.objects.filter(sku__code=sku, warehouse=place, on_hand__gt=0).order_by("id").first()
    return found.bin.public_id if found is not None else f"bin_{UNKNOWN}"


def _list(sku: str, warehouse: str) -> list[Request]:
    return [
        Request(_PATH),
        Request(f"{_PATH}?locationId={warehouse}"),
        Request(f"{_PATH}?sku={quote(sku)}"),
        Request(f"{_PATH}?binId={_bin(sku, warehouse)}"),
        Request(f"{_PATH}?stockItemId={item_id(sku, warehouse)}"),
    ]


def _post(sku: str, warehouse: str) -> list[Request]:
    body = {"quantity": 1, "reason": "why", "referenceId": "R-1"}
    return [
        Request(_PATH, {"sku": sku, "locationId": warehouse, "binId": _bin(sku, warehouse), **body}),
        Request(_PATH, {"stockItemId": item_id(sku, warehouse), **body}),
    ]


ROUTES = [
    Route("backoffice", "GET", _PATH, "hold-list", _list),
    Route(
        "backoffice",
        "POST",
        _PATH,
        "hold-list",
        _post,
        status=201,
        optional=frozenset({"binId", "quantity", "referenceId"}),
        blank=frozenset({"referenceId"}),
    ),
    Route(
        "backoffice",
        "POST",
        f"{_PATH}/release",
        "hold-release",
        lambda sku, place: [
            Request(f"{_PATH}/release", {"holdId": _hold(sku, place), "quantity": 1, "note": "why"})
        ],
        optional=frozenset({"quantity", "note"}),
        blank=frozenset({"note"}),
    ),
    Route(
        "backoffice",
        "GET",
        f"{_PATH}/{{id}}",
        "hold-detail",
        lambda sku, place: [Request(f"{_PATH}/{_hold(sku, place)}")],
    ),
]
QUERIES = {
    ("GET", _PATH): {
        *("locationId", "sku", "binId", "lotId", "stockItemId", "state", "referenceId"),
        *("startDate", "endDate", "sort", "page", "limit"),
    }
}
WRITING = {"createHold", "releaseHold"}
