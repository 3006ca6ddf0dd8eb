"""Stock items, adjustments, and what a location or a product has."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from inventory.models import Adjustment, Movement, Product, Sku
from tests import factories
from tests.inventory.api.route import UNKNOWN, Request, Route, item_id, location_id
from warehouses.identifiers import decode
from warehouses.models import Bin, Warehouse

_REVERSIBLE = "To be reversed"
_LOT = "FROM"


def prepare(sku: Sku, warehouse: Warehouse) -> None:
    lot = factories.make_lot(sku, _LOT)
    factories.stock(sku, warehouse, 100, lot=lot)
    for _ in range(16):
        factories.stock(sku, warehouse, 1, note=_REVERSIBLE)


def _place(sku: str, warehouse: str) -> dict[str, Any]:
    return {"sku": sku, "locationId": location_id(sku, warehouse)}


def _lot(sku: str, warehouse: str) -> str:
    place = decode(Warehouse.prefix, location_id(sku, warehouse))
    owner = Warehouse.objects.filter(pk=place).first()
    found = owner and Sku.objects.filter(code=sku, organization=owner.organization).first()
    lot = found.lots.filter(code=_LOT).first() if found else None
    return lot.public_id if lot is not None else f"lot_{UNKNOWN}"


def _bin(sku: str, warehouse: str) -> str:
    place = decode(Warehouse.prefix, location_id(sku, warehouse))
    found = Bin.objects.filter(warehouse=place, is_default=True).first()
    return found.public_id if found is not None else f"bin_{UNKNOWN}"


def _adjustment(sku: str, warehouse: str) -> str:
    """One that nobody has reversed, of the SKU in the warehouse."""
    place = decode(Warehouse.prefix, location_id(sku, warehouse))
    owner = Warehouse.objects.filter(pk=place).first()
    posted = Movement.objects.filter(note=_REVERSIBLE, warehouse=place, sku__code=sku).values("document_id")
    found = (
        Adjustment.objects.filter(organization=owner.organization, pk__in=posted, reversed_by=None)
        if owner and Sku.objects.filter(code=sku, organization=owner.organization).exists()
        else Adjustment.objects.none()
    )
    adjustment = found.filter(reverses=None).order_by("-created_at").first()
    return f"/api/inventory/adjustments/{adjustment.public_id if adjustment else f'adj_{UNKNOWN}'}"


def _product(sku: str) -> str:
    found = Product.objects.filter(skus__code=sku).first()
    return f"/api/products/{found.public_id if found else f'prod_{UNKNOWN}'}/inventory-levels"


def _items(sku: str, warehouse: str) -> list[Request]:
    path = "/api/inventory"
    return [
        Request(path),
        Request(f"{path}?sku={quote(sku)}&page=1"),
        Request(f"{path}?locationId={warehouse}"),
        Request(f"{path}?binId={_bin(sku, warehouse)}"),
        Request(f"{path}?lotId={_lot(sku, warehouse)}"),
    ]


def _adjust(sku: str, warehouse: str) -> list[Request]:
    path = "/api/inventory/adjust"
    why = {"quantityChange": 1, "reasonCode": "found", "note": "why", "referenceId": "R-1"}
    place = {"binId": _bin(sku, warehouse), "lotId": _lot(sku, warehouse)}
    return [
        Request(path, {**_place(sku, warehouse), **place, **why}),
        Request(path, {**_place(sku, warehouse), "quantityChange": 1, "reasonCode": "found"}),
        Request(path, {"stockItemId": item_id(sku, warehouse), "quantityChange": 1, "reasonCode": "found"}),
    ]


def _create(sku: str, warehouse: str) -> list[Request]:
    path = "/api/inventory/adjustments"
    why = {"reasonCode": "found", "note": "why", "referenceId": "R-1"}
    place = {"binId": _bin(sku, warehouse), "lotId": _lot(sku, warehouse)}
    line = {**_place(sku, warehouse), **place, "quantityChange": 1}
    total = {**_place(sku, warehouse), "newQuantity": 1000}
    return [Request(path, {**why, "lines": [line]}), Request(path, {"reasonCode": "AUDIT", "lines": [total]})]


def _record(sku: str, warehouse: str) -> list[Request]:
    path = "/api/inventory/adjustments/record-stock"
    why = {"reasonCode": "AUDIT", "note": "why", "referenceId": "R-1"}
    line = {"sku": sku, "binId": _bin(sku, warehouse), "lotId": _lot(sku, warehouse), "quantity": 90}
    where = {"locationId": location_id(sku, warehouse)}
    return [
        Request(path, {**where, **why, "lines": [line]}),
        Request(path, {**where, "lines": [{"sku": sku, "quantity": 1200}]}),
    ]


def _correct(sku: str, warehouse: str) -> list[Request]:
    path = "/api/inventory/adjustments/lot-correction"
    body = {**_place(sku, warehouse), "fromLotId": _lot(sku, warehouse), "quantity": 1}
    new = {"code": "OTHER", "expiresOn": "2031-04-30"}
    return [
        Request(path, {**body, "binId": _bin(sku, warehouse), "toLot": new, "note": "why"}),
        Request(
            path,
            {**_place(sku, warehouse), "fromLotId": None, "toLotId": _lot(sku, warehouse), "quantity": 1},
        ),
    ]


_OPTIONAL = frozenset({"note", "referenceId", "binId", "lotId", "reasonCode", "expiresOn"})
_BLANK = frozenset({"note", "referenceId"})


def _write(path: str, name: str, requests: Any, status: int = 201, **fields: Any) -> Route:
    optional = fields.pop("optional", _OPTIONAL - {"reasonCode"})
    return Route(
        "backoffice", "POST", path, name, requests, status=status, optional=optional, blank=_BLANK, **fields
    )


def _read(path: str, name: str, requests: Any, **fields: Any) -> Route:
    return Route("backoffice", "GET", path, name, requests, **fields)


_ADJUSTMENTS = "/api/inventory/adjustments"
ROUTES: list[Route] = [
    _read("/api/inventory", "inventory-list", _items),
    _write("/api/inventory/adjust", "inventory-adjust", _adjust, 200),
    _read(
        "/api/inventory/locations",
        "inventory-locations",
        lambda sku, place: [Request("/api/inventory/locations")],
    ),
    _read(
        _ADJUSTMENTS,
        "adjustment-list",
        lambda sku, place: [Request(_ADJUSTMENTS), Request(f"{_ADJUSTMENTS}?locationId={place}")],
    ),
    _write(_ADJUSTMENTS, "adjustment-list", _create),
    _write(
        f"{_ADJUSTMENTS}/lot-correction",
        "lot-correction",
        _correct,
        nullable=frozenset({"fromLotId", "expiresOn"}),
    ),
    _read(
        f"{_ADJUSTMENTS}/reason-codes",
        "reason-code-list",
        lambda sku, place: [Request(f"{_ADJUSTMENTS}/reason-codes")],
        is_of_catalogue=True,
    ),
    _read(
        f"{_ADJUSTMENTS}/record-stock",
        "recorded-stock-list",
        lambda sku, place: [
            Request(f"{_ADJUSTMENTS}/record-stock"),
            Request(f"{_ADJUSTMENTS}/record-stock?locationId={place}"),
        ],
    ),
    _write(f"{_ADJUSTMENTS}/record-stock", "recorded-stock-list", _record, optional=_OPTIONAL),
    _read(
        f"{_ADJUSTMENTS}/{{id}}",
        "adjustment-detail",
        lambda sku, place: [Request(_adjustment(sku, place))],
    ),
    _write(
        f"{_ADJUSTMENTS}/{{id}}",
        "adjustment-detail",
        lambda sku, place: [Request(_adjustment(sku, place), {"action": "reverse", "note": "why"})],
        200,
    ),
    _read(
        "/api/products/{id}/inventory-levels",
        "product-inventory-levels",
        lambda sku, place: [Request(_product(sku)), Request(f"{_product(sku)}?locationId={place}")],
        is_of_catalogue=True,
    ),
]

_SPAN = {"startDate", "endDate", "page", "limit", "sort"}
_DOCUMENTS = {"locationId", "sku", "reasonCode", "source", "createdBy", "referenceId", "isReversed", *_SPAN}
QUERIES: dict[tuple[str, str], set[str]] = {
    ("GET", "/api/inventory"): {
        *("locationId", "productMasterId", "lotId", "binId", "sku", "search", "categoryId", "roomType"),
        *("hasStock", "expiresBefore", "page", "limit", "sort"),
    },
    ("GET", "/api/inventory/locations"): {"type", "isActive", "search", "page", "limit", "sort"},
    ("GET", _ADJUSTMENTS): {*_DOCUMENTS, "kind"},
    ("GET", f"{_ADJUSTMENTS}/record-stock"): _DOCUMENTS,
    ("GET", f"{_ADJUSTMENTS}/reason-codes"): {
        *("direction", "nature", "isSelectable", "search", "page", "limit", "sort"),
    },
    ("GET", "/api/products/{id}/inventory-levels"): {
        *("locationId", "search", "isStocked", "page", "limit", "sort"),
    },
}
WRITING: set[str] = {
    "adjustInventoryItem",
    "createInventoryAdjustment",
    "createLotCorrection",
    "recordStockAdjustment",
    "actOnInventoryAdjustment",
}
