"""Every route of every contract, with a request that it accepts: the table that the route tests walk."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

from config.dispatch import CONTRACTS
from inventory.models import Delivery, StockItem, SyncRun, WebhookEndpoint
from tests.inventory.api.webhooks import WEBHOOK_URL
from warehouses.identifiers import decode
from warehouses.models import Warehouse

__all__ = [
    "COMPLETE",
    "EVERY_SCOPE",
    "ROUTES",
    "UNKNOWN_WAREHOUSE",
    "WITH_BODIES",
    "WRITES",
    "Request",
    "Route",
    "documented",
    "routed",
]

_DATA = Path(__file__).parents[2] / "data"
#: The contracts that are served as a whole; of another, only what is served has to be in the table.
COMPLETE = frozenset({"gateway", "nexus", "pos"})

#: What it takes to use every route.
EVERY_SCOPE = ("inventory.read", "inventory.write", "integrations.manage")
UNKNOWN_WAREHOUSE = "wh_01h455vb4pex5vsknk084sn02q"
_UNKNOWN_ITEM = "inv_01h455vb4pex5vsknk084sn02q"
_UNKNOWN_SYNC = "sync_01h455vb4pex5vsknk084sn02q"
_UNKNOWN_WEBHOOK = "whk_01h455vb4pex5vsknk084sn02q"
_UNKNOWN_DELIVERY = "dlv_01h455vb4pex5vsknk084sn02q"


class Request(NamedTuple):
    """An address and, for a write, its body."""

    path: str
    body: dict[str, Any] | None = None


@dataclass(frozen=True)
class Route:
    """One line of the table.

    `requests(sku, warehouse)` are requests about the SKU of that code in the warehouse of that id: each way in which
    the route can be given an id (path, query, body, row), the plainest first. `media_types` are those of its answers.
    """

    contract: str
    method: str
    path: str  # as routes.tsv writes it
    name: str  # of the URL pattern
    requests: Callable[[str, str], list[Request]]
    status: int = 200
    media_types: tuple[str, ...] = ("application/json",)

    def __str__(self) -> str:
        return f"{self.contract} {self.method} {self.path}"

    @property
    def is_of_organization(self) -> bool:
        """Whether it takes rights in the whole organization: a key that is limited to warehouses has none here."""
        return "/webhooks" in self.path

    @property
    def is_shared(self) -> bool:
        """Whether another contract has the address too."""
        return any(
            other.contract != self.contract and _shape(other.path) == _shape(self.path) for other in ROUTES
        )

    @property
    def headers(self) -> dict[str, str]:
        """What leads a request at the documented address here, whatever key it comes with."""
        return {"X-API-Contract": self.contract} if self.is_shared else {}

    def prefixed(self, request: Request) -> Request:
        """The same request at the address that is never ambiguous."""
        return request._replace(path=f"/{self.contract}{request.path}")

    @property
    def is_write(self) -> bool:
        return self.method != "GET"


def _gateway_list(path: str) -> Callable[[str, str], list[Request]]:
    return lambda sku, warehouse: [Request(path), Request(f"{path}?warehouse_id={warehouse}")]


def _gateway_one(sku: str, warehouse: str) -> list[Request]:
    path = f"/api/v1/inventory/{quote(sku, safe='')}"
    return [Request(path), Request(f"{path}?warehouse_id={warehouse}")]


def _gateway_put(sku: str, warehouse: str) -> list[Request]:
    path = f"/api/v1/inventory/{quote(sku, safe='')}"
    thresholds = {"reorderPoint": 3, "reorderQuantity": 4, "reason": "why"}
    return [
        Request(path, {"quantity": 71, **thresholds, "warehouseId": warehouse}),
        Request(f"{path}?warehouse_id={warehouse}", {"quantity": 72}),
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
    row = {"sku": sku, "quantity": 73}
    thresholds = {"reorderPoint": 3, "reorderQuantity": 4}
    return [
        Request(path, {"updates": [{**row, **thresholds, "warehouseId": warehouse}], "reason": "why"}),
        Request(path, {"updates": [{**row, "quantity": 74}], "warehouseId": warehouse}),
        Request(f"{path}?warehouse_id={warehouse}", {"updates": [{**row, "quantity": 75}]}),
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
    body = {"warehouse_id": warehouse, "quantity": 76, "reason": "cycle_count", "note": "why"}
    return [Request(f"/api/inventory/{quote(sku, safe='')}", body)]


def _nexus_bulk(sku: str, warehouse: str) -> list[Request]:
    row = {"sku": sku, "warehouse_id": warehouse, "quantity": 77, "reason": "cycle_count", "note": "why"}
    return [Request("/api/inventory/bulk", {"updates": [row]})]


def _item(sku: str, warehouse: str) -> str:
    """The SKU's stock item in the warehouse, whoever's it is; an id that nothing has where there is none."""
    place = decode(Warehouse.prefix, warehouse)
    found = StockItem.objects.filter(sku__code=sku, warehouse=place).first()
    return found.public_id if found is not None else _UNKNOWN_ITEM


def _location(sku: str, warehouse: str) -> str:
    """The warehouse, if the SKU is there."""
    return UNKNOWN_WAREHOUSE if _item(sku, warehouse) == _UNKNOWN_ITEM else warehouse


def _sync(sku: str, warehouse: str) -> str:
    """A sync of the warehouse, if the SKU is there."""
    place = decode(Warehouse.prefix, _location(sku, warehouse))
    found = SyncRun.objects.filter(warehouse=place).order_by("created_at").first()
    return found.public_id if found is not None else _UNKNOWN_SYNC


def _pos_list(path: str) -> Callable[[str, str], list[Request]]:
    return lambda sku, warehouse: [Request(path), Request(f"{path}?location_id={warehouse}")]


def _pos_one(sku: str, warehouse: str) -> list[Request]:
    return [Request(f"/api/v1/inventory/{_item(sku, warehouse)}")]


def _pos_patch(sku: str, warehouse: str) -> list[Request]:
    body = {"quantity_change": 3, "reason_code": "AUDIT", "notes": "why"}
    return [Request(f"/api/v1/inventory/{_item(sku, warehouse)}", body)]


def _pos_bulk(sku: str, warehouse: str) -> list[Request]:
    row = {"id": _item(sku, warehouse), "quantity_change": 3, "reason_code": "AUDIT", "notes": "why"}
    return [Request("/api/v1/inventory/bulk-update", {"updates": [row]})]


def _pos_sync(sku: str, warehouse: str) -> list[Request]:
    body = {"location_id": _location(sku, warehouse), "sync_type": "full"}
    return [Request("/api/v1/inventory/sync", body)]


def _pos_run(sku: str, warehouse: str) -> list[Request]:
    return [Request(f"/api/v1/inventory/sync/{_sync(sku, warehouse)}")]


def _endpoint(sku: str, warehouse: str) -> WebhookEndpoint | None:
    """The newest webhook endpoint with a delivery of the warehouse's organization, if the SKU is there."""
    if _item(sku, warehouse) == _UNKNOWN_ITEM:
        return None
    owner = Warehouse.objects.get(pk=decode(Warehouse.prefix, warehouse)).organization
    endpoints = WebhookEndpoint.objects.filter(organization=owner, removed_at=None, deliveries__isnull=False)
    return endpoints.order_by("-id").first()


def _webhook(sku: str, warehouse: str) -> str:
    endpoint = _endpoint(sku, warehouse)
    return f"/api/webhooks/{endpoint.public_id if endpoint else _UNKNOWN_WEBHOOK}"


def _delivery(sku: str, warehouse: str) -> str:
    endpoint = _endpoint(sku, warehouse)
    if endpoint is None:
        return f"/api/webhooks/{_UNKNOWN_WEBHOOK}/deliveries/{_UNKNOWN_DELIVERY}"
    delivery = Delivery.objects.filter(endpoint=endpoint).first()
    return f"{_webhook(sku, warehouse)}/deliveries/{delivery.public_id if delivery else _UNKNOWN_DELIVERY}"


def _webhook_post(sku: str, warehouse: str) -> list[Request]:
    body = {"url": WEBHOOK_URL, "description": "why", "events": ["inventory.updated"]}
    return [Request("/api/webhooks", {**body, "locationIds": [_location(sku, warehouse)]})]


def _webhook_patch(sku: str, warehouse: str) -> list[Request]:
    body = {"url": WEBHOOK_URL, "description": "why", "events": ["inventory.low_stock"]}
    return [Request(_webhook(sku, warehouse), {**body, "locationIds": [_location(sku, warehouse)]})]


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
    Route("gateway", "PUT", "/api/v1/inventory/{sku}", "inventory-detail", _gateway_put),
    Route("gateway", "POST", "/api/v1/inventory/bulk", "inventory-bulk", _gateway_bulk),
    Route("gateway", "POST", "/api/v1/inventory/adjust", "inventory-adjust", _gateway_adjust),
    Route("nexus", "GET", "/api/inventory", "inventory-list", _nexus_list),
    Route("nexus", "GET", "/api/inventory/{sku}", "inventory-detail", _nexus_one),
    Route("nexus", "PUT", "/api/inventory/{sku}", "inventory-detail", _nexus_put),
    Route("nexus", "POST", "/api/inventory/bulk", "inventory-bulk", _nexus_bulk),
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
    Route("pos", "PATCH", "/api/v1/inventory/{id}", "inventory-detail", _pos_patch),
    Route("pos", "POST", "/api/v1/inventory/bulk-update", "inventory-bulk", _pos_bulk),
    Route("pos", "POST", "/api/v1/inventory/sync", "sync", _pos_sync, status=202),
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
ROUTES += [
    Route(
        "backoffice", "GET", "/api/webhooks", "webhook-list", lambda sku, place: [Request("/api/webhooks")]
    ),
    Route("backoffice", "POST", "/api/webhooks", "webhook-list", _webhook_post, status=201),
    Route(
        "backoffice",
        "GET",
        "/api/webhooks/{id}",
        "webhook-detail",
        lambda sku, place: [Request(_webhook(sku, place))],
    ),
    Route("backoffice", "PATCH", "/api/webhooks/{id}", "webhook-detail", _webhook_patch),
    Route(
        "backoffice",
        "DELETE",
        "/api/webhooks/{id}",
        "webhook-detail",
        lambda sku, place: [Request(_webhook(sku, place))],
        status=204,
        media_types=(),
    ),
    Route(
        "backoffice",
        "POST",
        "/api/webhooks/{id}",
        "webhook-detail",
        lambda sku, place: [Request(_webhook(sku, place), {"action": "rotate"})],
    ),
    Route(
        "backoffice",
        "GET",
        "/api/webhooks/{id}/deliveries",
        "delivery-list",
        lambda sku, place: [Request(f"{_webhook(sku, place)}/deliveries")],
    ),
    Route(
        "backoffice",
        "GET",
        "/api/webhooks/{id}/deliveries/{deliveryId}",
        "delivery-detail",
        lambda sku, place: [Request(_delivery(sku, place))],
    ),
    Route(
        "backoffice",
        "POST",
        "/api/webhooks/{id}/deliveries/{deliveryId}",
        "delivery-detail",
        lambda sku, place: [Request(_delivery(sku, place), {"action": "replay"})],
    ),
]
WRITES = [route for route in ROUTES if route.is_write]
WITH_BODIES = [route for route in WRITES if route.method != "DELETE"]


def documented() -> dict[tuple[str, str, str], frozenset[str]]:
    """(contract, method, path) → permissions: what the contracts' documents promise, and our own routes besides.

    Of a contract that is not served as a whole, only the routes that have a line.
    """
    lines = {(route.contract, route.method, route.path) for route in ROUTES}
    found = {}
    for table in ("routes.tsv", "own_routes.tsv"):
        with (_DATA / table).open(newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                key = row["contract"], row["method"], row["path"]
                if row["contract"] in COMPLETE or key in lines:
                    found[key] = frozenset(row["permission"].split(","))
    return found


def routed() -> Iterator[tuple[str, str, str, type[APIView]]]:
    """(contract, method, name of the URL pattern, view) of every API view that any address reaches.

    Read from the resolver: what the contracts mount, and whatever else the root may lead to.
    """
    for contract, urlconf in CONTRACTS.items():
        for pattern, view in _views(get_resolver(urlconf)):
            yield from ((contract, method, str(pattern.name), view) for method in _methods(view))
    mounted = {view for urlconf in CONTRACTS.values() for _, view in _views(get_resolver(urlconf))}
    for pattern, view in _views(get_resolver()):
        if view not in mounted:
            yield from (("", method, str(pattern.name), view) for method in _methods(view))


def _shape(path: str) -> str:
    return re.sub(r"[{\[]\w+[}\]]", "{}", path)


def _views(resolver: URLResolver) -> Iterator[tuple[URLPattern, type[APIView]]]:
    for found in resolver.url_patterns:
        if isinstance(found, URLResolver):
            yield from _views(found)
            continue
        view = getattr(found.callback, "view_class", getattr(found.callback, "cls", None))
        if isinstance(view, type) and issubclass(view, APIView):
            yield found, view


def _methods(view: type[APIView]) -> list[str]:
    return [
        name.upper()
        for name in view.http_method_names
        if name not in {"head", "options"} and hasattr(view, name)
    ]
