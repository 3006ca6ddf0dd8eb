"""The routes of the gateway, nexus and pos contracts."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from inventory.models import Sku, SyncRun
from tests.inventory.api.route import UNKNOWN, Request, Route, item_id, location_id
from tests.inventory.api.syncs import connect, make_run
from warehouses.identifiers import decode
from warehouses.models import Warehouse

_UNKNOWN_SYNC = f"sync_{UNKNOWN}"


def prepare(sku: Sku, warehouse: Warehouse) -> None:
    connect(warehouse)
    make_run(warehouse)


def _gateway_list(path: str) -> Callable[[str, str], list[Request]]:
    return lambda sku, warehouse: [Request(path), Request(f"{path}?warehouse_id={warehouse}")]


def _gateway_one(sku: str, warehouse: str) -> list[Request]:
    path = f"/api/v1/inventory/{quote(sku, safe='')}"
    return [Request(path), Request(f"{path}?warehouse_id={warehouse}")]


def _gateway_put(sku: str, warehouse: str) -> list[Request]:
    path = f"/api/v1/inventory/{quote(sku, safe='')}"
    thresholds = {"reorderPoint": 3, "reorderQuantity": 4, "reason": "why"}
    return [
        Request(path, {"quantity": 871, **thresholds, "warehouseId": warehouse}),
        Request(f"{path}?warehouse_id={warehouse}", {"quantity": 872}),
    ]


def _gateway_adjust(sku: str, warehouse: str) -> list[Request]:
    path = "/api/v1/inventory/adjust"
    rest = {"adjustment": 3, "reason": "why", "referenceId": "R-1"}
    return [
        Request(path, {"sku": sku, **rest, "warehouseId": warehouse}),
        Request(f"{path}?warehouse_id={warehouse}", {"sku": sku, "adjustment": 4}),
    ]


def _gateway_bulk(sku: str, warehouse: str) -> list[Request]:
    path = "/api/v1/inventory/bulk"
    row = {"sku": sku, "quantity": 873}
    thresholds = {"reorderPoint": 3, "reorderQuantity": 4}
    return [
        Request(path, {"updates": [{**row, **thresholds, "warehouseId": warehouse}], "reason": "why"}),
        Request(path, {"updates": [{**row, "quantity": 874}], "warehouseId": warehouse}),
        Request(f"{path}?warehouse_id={warehouse}", {"updates": [{**row, "quantity": 875}]}),
    ]


def _nexus_one(sku: str, warehouse: str) -> list[Request]:
    return [Request(f"/api/inventory/{quote(sku, safe='')}")]


def _nexus_list(sku: str, warehouse: str) -> list[Request]:
    path = "/api/inventory"
    return [Request(path), Request(f"{path}?warehouse_id={warehouse}"), Request(f"{path}?sku={quote(sku)}")]


def _nexus_history(sku: str, warehouse: str) -> list[Request]:
    path = f"/api/inventory/{quote(sku, safe='')}/adjustments"
    return [Request(path), Request(f"{path}?warehouse_id={warehouse}")]


def _nexus_put(sku: str, warehouse: str) -> list[Request]:
    body = {"warehouse_id": warehouse, "quantity": 876, "reason": "cycle_count", "note": "why"}
    return [Request(f"/api/inventory/{quote(sku, safe='')}", body)]


def _nexus_bulk(sku: str, warehouse: str) -> list[Request]:
    row = {"sku": sku, "warehouse_id": warehouse, "quantity": 877, "reason": "cycle_count", "note": "why"}
    return [Request("/api/inventory/bulk", {"updates": [row]})]


def _sync(sku: str, warehouse: str) -> str:
    """A sync of the warehouse, if the SKU is there."""
    place = decode(Warehouse.prefix, location_id(sku, warehouse))
    found = SyncRun.objects.filter(warehouse=place).order_by("created_at").first()
    return found.public_id if found is not None else _UNKNOWN_SYNC


def _pos_list(path: str) -> Callable[[str, str], list[Request]]:
    return lambda sku, warehouse: [Request(path), Request(f"{path}?location_id={warehouse}")]


def _pos_one(sku: str, warehouse: str) -> list[Request]:
    return [Request(f"/api/v1/inventory/{item_id(sku, warehouse)}")]


def _pos_patch(sku: str, warehouse: str) -> list[Request]:
    body = {"quantity_change": 3, "reason_code": "AUDIT", "notes": "why"}
    return [Request(f"/api/v1/inventory/{item_id(sku, warehouse)}", body)]


def _pos_bulk(sku: str, warehouse: str) -> list[Request]:
    row = {"id": item_id(sku, warehouse), "quantity_change": 3, "reason_code": "AUDIT", "notes": "why"}
    return [Request("/api/v1/inventory/bulk-update", {"updates": [row]})]


def _pos_sync(sku: str, warehouse: str) -> list[Request]:
    body = {"location_id": location_id(sku, warehouse), "sync_type": "full"}
    return [Request("/api/v1/inventory/sync", body)]


def _pos_run(sku: str, warehouse: str) -> list[Request]:
    return [Request(f"/api/v1/inventory/sync/{_sync(sku, warehouse)}")]


_OPTIONAL = frozenset(
    {"reorderPoint", "reorderQuantity", "reason", "warehouseId", "referenceId", "note", "notes"}
)
_BLANK = frozenset({"note", "notes"})

ROUTES = [
    Route("gateway", "GET", "/api/v1/inventory", "inventory-list", _gateway_list("/api/v1/inventory")),
    Route(
        "gateway",
        "GET",
        "/api/v1/inventory/low-stock",
        "inventory-low-stock",
        _gateway_list("/api/v1/inventory/low-stock"),
    ),
    Route("gateway", "GET", "/api/v1/inventory/{sku}", "inventory-detail", _gateway_one),
    Route(
        "gateway",
        "PUT",
        "/api/v1/inventory/{sku}",
        "inventory-detail",
        _gateway_put,
        optional=_OPTIONAL,
        blank=_BLANK,
    ),
    Route(
        "gateway",
        "POST",
        "/api/v1/inventory/bulk",
        "inventory-bulk",
        _gateway_bulk,
        optional=_OPTIONAL,
        blank=_BLANK,
    ),
    Route(
        "gateway",
        "POST",
        "/api/v1/inventory/adjust",
        "inventory-adjust",
        _gateway_adjust,
        optional=_OPTIONAL,
        blank=_BLANK,
    ),
    Route("nexus", "GET", "/api/inventory", "inventory-list", _nexus_list),
    Route("nexus", "GET", "/api/inventory/{sku}", "inventory-detail", _nexus_one),
    Route(
        "nexus",
        "PUT",
        "/api/inventory/{sku}",
        "inventory-detail",
        _nexus_put,
        optional=_OPTIONAL,
        blank=_BLANK,
    ),
    Route(
        "nexus",
        "POST",
        "/api/inventory/bulk",
        "inventory-bulk",
        _nexus_bulk,
        optional=_OPTIONAL,
        blank=_BLANK,
    ),
    Route(
        "nexus",
        "GET",
        "/api/inventory/warehouses",
        "warehouse-list",
        lambda sku, warehouse: [Request("/api/inventory/warehouses")],
    ),
    Route("nexus", "GET", "/api/inventory/{sku}/adjustments", "adjustment-list", _nexus_history),
    Route("pos", "GET", "/api/v1/inventory", "inventory-list", _pos_list("/api/v1/inventory")),
    Route("pos", "GET", "/api/v1/inventory/{id}", "inventory-detail", _pos_one),
    Route(
        "pos",
        "PATCH",
        "/api/v1/inventory/{id}",
        "inventory-detail",
        _pos_patch,
        optional=_OPTIONAL,
        blank=_BLANK,
    ),
    Route(
        "pos",
        "POST",
        "/api/v1/inventory/bulk-update",
        "inventory-bulk",
        _pos_bulk,
        optional=_OPTIONAL,
        blank=_BLANK,
    ),
    Route(
        "pos",
        "POST",
        "/api/v1/inventory/sync",
        "sync",
        _pos_sync,
        optional=_OPTIONAL,
        blank=_BLANK,
        status=202,
    ),
    Route("pos", "GET", "/api/v1/inventory/sync/{id}", "sync-detail", _pos_run),
    Route(
        "pos",
        "GET",
        "/api/v1/inventory/snapshot",
        "snapshot",
        _pos_list("/api/v1/inventory/snapshot"),
        media_types=("application/json", "text/csv"),
    ),
]

WRITING = {"setInventory", "adjustInventory", "bulkUpdateInventory", "updateInventoryItem", "startSync"}
