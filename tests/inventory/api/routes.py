"""Every route of every contract, with a request that it accepts: the table that the route tests walk."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

from config.dispatch import CONTRACTS

__all__ = ["ROUTES", "WRITES", "Request", "Route", "documented", "routed"]

_TABLE = Path(__file__).parents[2] / "data" / "routes.tsv"


class Request(NamedTuple):
    """An address and, for a write, its body."""

    path: str
    body: dict[str, Any] | None = None


@dataclass(frozen=True)
class Route:
    """One line of the table.

    `requests(sku, warehouse)` are requests about the SKU of that code in the warehouse of that id: each way in which
    the route can be given an id (path, query, body, row), the plainest first.
    """

    contract: str
    method: str
    path: str  # as routes.tsv writes it
    name: str  # of the URL pattern
    requests: Callable[[str, str], list[Request]]

    def __str__(self) -> str:
        return f"{self.contract} {self.method} {self.path}"

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
]
WRITES = [route for route in ROUTES if route.is_write]


def documented() -> dict[tuple[str, str, str], frozenset[str]]:
    """(contract, method, path) → permissions: what the contracts' documents promise, of those that are served."""
    with _TABLE.open(newline="") as file:
        return {
            (row["contract"], row["method"], row["path"]): frozenset(row["permission"].split(","))
            for row in csv.DictReader(file, delimiter="\t")
            if row["contract"] in CONTRACTS
        }


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
