"""Every route of every contract, with a request that it accepts: the table that the route tests walk."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

from config.dispatch import CONTRACTS
from inventory.models import Sku
from tests.inventory.api.route import UNKNOWN_WAREHOUSE, Request, Route, shape_of
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
    "areas_of",
    "documented",
    "prepare",
    "queries",
    "route_of",
    "routed",
    "writing",
]

_DATA = Path(__file__).parents[2] / "data"
#: The contracts that are served as a whole; of another, only what is served has to be in the table.
COMPLETE = frozenset({"gateway", "nexus", "pos", "backoffice"})

#: What it takes to use every route.
EVERY_SCOPE = (
    "inventory.read",
    "inventory.write",
    "integrations.manage",
    "transfers.read",
    "transfers.write",
    "replenishment.read",
    "replenishment.write",
    "products.read",
    "products.write",
    "locations.write",
    "stockrequests.read",
    "stockrequests.write",
    "stockrequests.approve",
    "inventory.cyclecount",
)

#: Each has the ROUTES of one part of the product, `prepare(sku, warehouse)`, which makes what their requests are
#: about, the query parameters of its routes (QUERIES), and the ids of the operations that have an example body.
_AREAS = [
    import_module(f"tests.inventory.api.areas.{name}")
    for name in (
        "core",
        "webhooks",
        "stock",
        "catalogue",
        "places",
        "receipts",
        "reservations",
        "holds",
        "lots",
        "channels",
        "transfers",
        "put_away",
        "replenishment",
        "analytics",
        "stock_requests",
        "stock_request_reads",
        "cycle_counts",
    )
]


def _collected() -> list[Route]:
    found: list[Route] = [route for area in _AREAS for route in area.ROUTES]
    addresses = Counter(shape_of(path) for _, path in {(route.contract, route.path) for route in found})
    return [replace(route, is_shared=addresses[shape_of(route.path)] > 1) for route in found]


ROUTES = _collected()
WRITES = [route for route in ROUTES if route.is_write]
WITH_BODIES = [route for route in WRITES if route.method != "DELETE"]


def prepare(sku: Sku, warehouse: Warehouse, *, route: Route | None = None) -> None:
    """Make what the requests about the SKU in the warehouse are about; its stock is the caller's to make.

    With a `route`, only what requests of that one may be about: most tests are of one route.
    """
    for area in _areas_of(route):
        area.prepare(sku, warehouse)


def areas_of(route: Route | None) -> tuple[str, ...]:
    """The names of the areas that a route is of; of all without one."""
    return tuple(area.__name__ for area in _areas_of(route))


def _areas_of(route: Route | None) -> list[ModuleType]:
    return [
        area for area in _AREAS if route is None or any(str(other) == str(route) for other in area.ROUTES)
    ]


def route_of(request: pytest.FixtureRequest) -> Route | None:
    """The one route that a test is about; None for a test that walks them all."""
    callspec = getattr(request.node, "callspec", None)
    return callspec.params.get("route") if callspec is not None else None


def queries() -> dict[tuple[str, str], set[str]]:
    """(method, path) → query parameters, of the backoffice contract's routes that take any."""
    return {key: names for area in _AREAS for key, names in getattr(area, "QUERIES", {}).items()}


def writing() -> set[str]:
    """The ids of the operations that have an example body."""
    return {name for area in _AREAS for name in area.WRITING}


def documented() -> dict[tuple[str, str, str], frozenset[str]]:
    """(contract, method, path) → permissions: what the contracts' documents promise, and our own routes besides.

    Of a contract that is not served as a whole, only the routes that have a line.
    """
    lines = {(route.contract, route.method, route.path) for route in ROUTES}
    found = {}
    for table in [_DATA / "routes.tsv", *sorted((_DATA / "own_routes").glob("*.tsv"))]:
        with table.open(newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                key = row["contract"], row["method"], re.sub(r"\[(\w+)\]", r"{\1}", row["path"])
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
