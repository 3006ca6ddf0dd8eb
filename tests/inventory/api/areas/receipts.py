"""Receipts."""

from __future__ import annotations

from inventory.models import Sku
from tests.inventory.api.route import Request, Route
from warehouses.models import Warehouse


def prepare(sku: Sku, warehouse: Warehouse) -> None:
    """Goods come from outside: there is nothing to make for them."""


def _record_stock(sku: str, warehouse: str) -> list[Request]:
    line = {"sku": sku, "quantity": 1, "lot": {"code": "LOT-R", "expiresOn": "2040-05-31"}}
    body = {"locationId": warehouse, "referenceId": "DN-1", "note": "why"}
    path = "/api/inventory/record-stock"
    return [
        Request(path, {**body, "lines": [line]}),
        Request(path, {**body, "lines": [{"sku": sku, "quantity": 1}]}),
    ]


ROUTES = [
    Route(
        "backoffice",
        "POST",
        "/api/inventory/record-stock",
        "record-stock",
        _record_stock,
        status=201,
        optional=frozenset({"referenceId", "note", "lot", "expiresOn"}),
        nullable=frozenset({"expiresOn"}),
        blank=frozenset({"referenceId", "note"}),
    )
]
QUERIES: dict[tuple[str, str], set[str]] = {}
WRITING = {"receiveStock"}
