"""Products, SKUs and categories."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from inventory.models import Category, Product, Sku
from tests.factories import make_category, make_product, make_sku
from tests.inventory.api.route import UNKNOWN, Request, Route, sku_id
from warehouses.identifiers import decode
from warehouses.models import Warehouse

_SPARE = 24
_numbers = itertools.count(1)


def prepare(sku: Sku, warehouse: Warehouse) -> None:
    """A category of the SKU's product; and what nobody needs, to be deleted."""
    organization = warehouse.organization
    sku.product.category = make_category(organization, "Things")
    sku.product.save()
    unused = make_product(organization, "Unused")
    for number in range(_SPARE):
        make_category(organization, f"Spare {number}")
        make_product(organization, f"Spare {number}")
        make_sku(organization, f"SPARE-{number}", product=unused)


def _stocked(sku: str, warehouse: str) -> Sku | None:
    """The SKU, if it is in the warehouse."""
    return _read(Sku, sku_id(sku, warehouse))


def _known(sku: str) -> Sku | None:
    """The SKU, wherever it is: the catalogue is in no warehouse."""
    return Sku.objects.select_related("product__category").filter(code=sku).order_by("pk").first()


def _read(model: Any, public_id: str) -> Any:
    return model.objects.filter(pk=decode(model.prefix, public_id)).first()


def _product_of(sku: Sku | None) -> str:
    return sku.product.public_id if sku else f"prod_{UNKNOWN}"


def _category_of(sku: Sku | None) -> str:
    category = sku.product.category if sku else None
    return category.public_id if category else f"cat_{UNKNOWN}"


def _sku_of(sku: Sku | None) -> str:
    return sku.public_id if sku else f"sku_{UNKNOWN}"


def _reading(path: Callable[[Sku | None], str]) -> Callable[[str, str], list[Request]]:
    return lambda sku, warehouse: [Request(path(_known(sku)))]


def _deleting(model: Any, path: str, name: str) -> Callable[[str, str], list[Request]]:
    """One of those that nobody needs, of the organization whose warehouse has the SKU."""

    def requests(sku: str, warehouse: str) -> list[Request]:
        stocked = _stocked(sku, warehouse)
        spare = model.objects.filter(
            organization=stocked.organization if stocked else None, **{f"{name}__istartswith": "spare"}
        ).first()
        return [Request(f"{path}/{spare.public_id if spare else f'{model.prefix}_{UNKNOWN}'}")]

    return requests


def _new_name() -> str:
    return f"New {next(_numbers)}"


def _patch_category(sku: str, warehouse: str) -> list[Request]:
    return [Request(f"/api/categories/{_category_of(_stocked(sku, warehouse))}", {"name": _new_name()})]


def _post_product(sku: str, warehouse: str) -> list[Request]:
    body = {"name": "why", "categoryId": _category_of(_stocked(sku, warehouse))}
    return [Request("/api/products", body)]


def _patch_product(sku: str, warehouse: str) -> list[Request]:
    stocked = _stocked(sku, warehouse)
    body = {"name": "why", "categoryId": _category_of(stocked)}
    return [Request(f"/api/products/{_product_of(stocked)}", body)]


def _sku_values(stocked: Sku | None) -> dict[str, Any]:
    return {
        "title": "why",
        "productId": _product_of(stocked),
        "unitCost": 4.5,
        "unitPrice": 12.25,
        "baseUnit": "each",
        "isLotControlled": False,
        "safetyStock": 1,
        "reorderPoint": 2,
        "reorderQuantity": 3,
        "isActive": True,
    }


def _post_sku(sku: str, warehouse: str) -> list[Request]:
    values = _sku_values(_stocked(sku, warehouse))
    first, second = (f"NEW-{next(_numbers)}" for _ in range(2))
    return [
        Request("/api/skus", {"code": first, **values}),
        Request("/api/skus", {"code": second, **values, "barcodes": [f"B-{second}"]}),
    ]


def _patch_sku(sku: str, warehouse: str) -> list[Request]:
    stocked = _stocked(sku, warehouse)
    path = f"/api/skus/{_sku_of(stocked)}"
    return [
        Request(path, {"code": sku, **_sku_values(stocked)}),
        Request(path, {"barcodes": [f"B-{next(_numbers)}"]}),
    ]


_OPTIONAL = frozenset(_sku_values(None)) | {"barcodes", "categoryId"}
_NULLABLE = frozenset({"productId", "categoryId", "unitCost", "unitPrice"})


def _list(path: str, name: str, *filters: Callable[[Sku | None], str]) -> Route:
    def requests(sku: str, warehouse: str) -> list[Request]:
        known = _known(sku)
        return [Request(path), *(Request(f"{path}?{narrowed(known)}") for narrowed in filters)]

    return Route("backoffice", "GET", path, name, requests, is_of_catalogue=True)


def _one(path: str, name: str, key: Callable[[Sku | None], str]) -> Route:
    route = _reading(lambda known: f"{path}/{key(known)}")
    return Route("backoffice", "GET", f"{path}/{{id}}", name, route, is_of_catalogue=True)


def _delete(model: Any, path: str, name: str, column: str) -> Route:
    return Route(
        "backoffice",
        "DELETE",
        f"{path}/{{id}}",
        name,
        _deleting(model, path, column),
        status=204,
        media_types=(),
        is_of_organization=True,
    )


ROUTES = [
    _list("/api/categories", "category-list"),
    Route(
        "backoffice",
        "POST",
        "/api/categories",
        "category-list",
        lambda sku, warehouse: [Request("/api/categories", {"name": _new_name()})],
        status=201,
        is_of_organization=True,
        names_nothing=True,
    ),
    _one("/api/categories", "category-detail", _category_of),
    Route(
        "backoffice",
        "PATCH",
        "/api/categories/{id}",
        "category-detail",
        _patch_category,
        is_of_organization=True,
    ),
    _delete(Category, "/api/categories", "category-detail", "name"),
    _list("/api/products", "product-list", lambda sku: f"categoryId={_category_of(sku)}"),
    Route(
        "backoffice",
        "POST",
        "/api/products",
        "product-list",
        _post_product,
        status=201,
        is_of_organization=True,
        optional=_OPTIONAL,
        nullable=_NULLABLE,
    ),
    _one("/api/products", "product-detail", _product_of),
    Route(
        "backoffice",
        "PATCH",
        "/api/products/{id}",
        "product-detail",
        _patch_product,
        is_of_organization=True,
        optional=_OPTIONAL | {"name"},
        nullable=_NULLABLE,
    ),
    _delete(Product, "/api/products", "product-detail", "name"),
    _list(
        "/api/skus",
        "sku-list",
        lambda sku: f"productId={_product_of(sku)}",
        lambda sku: f"categoryId={_category_of(sku)}",
    ),
    Route(
        "backoffice",
        "POST",
        "/api/skus",
        "sku-list",
        _post_sku,
        status=201,
        is_of_organization=True,
        optional=_OPTIONAL - {"title"},
        nullable=_NULLABLE,
    ),
    _one("/api/skus", "sku-detail", _sku_of),
    Route(
        "backoffice",
        "PATCH",
        "/api/skus/{id}",
        "sku-detail",
        _patch_sku,
        is_of_organization=True,
        optional=_OPTIONAL | {"code"},
        nullable=_NULLABLE,
    ),
    _delete(Sku, "/api/skus", "sku-detail", "code"),
]

_PAGE = {"search", "sort", "page", "limit"}
_SPAN = {"startDate", "endDate"}
QUERIES = {
    ("GET", "/api/categories"): _PAGE,
    ("GET", "/api/products"): _PAGE | _SPAN | {"categoryId"},
    ("GET", "/api/skus"): _PAGE | _SPAN | {"categoryId", "productId", "isActive", "isLotControlled"},
}
WRITING = {
    *("createCategory", "changeCategory", "createProduct", "changeProduct", "createSku", "changeSku"),
}
