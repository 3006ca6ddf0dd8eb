"""The resources of the catalogue as they are shown, and the versions that their entity tags name."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber

from inventory.api.backoffice.money import price
from inventory.models import Category, Product, Sku
from warehouses.http.instants import instant
from warehouses.http.paging import in_order
from warehouses.http.rendering import json_bytes
from warehouses.identifiers import encode

__all__ = [
    "SKUS_SHOWN",
    "category_objects",
    "category_version",
    "product_objects",
    "product_version",
    "sku_objects",
    "sku_version",
]

#: Of a product's SKUs.
SKUS_SHOWN: Final = 20


def category_objects(keys: Sequence[UUID]) -> list[dict[str, Any]]:
    """The categories of `keys` in their order. One query."""
    found: Iterable[Any] = Category.objects.filter(pk__in=keys).annotate(product_count=Count("products"))
    return [
        {"id": category.public_id, "name": category.name, "productCount": category.product_count}
        for category in in_order(keys, found)
    ]


def product_objects(keys: Sequence[UUID]) -> list[dict[str, Any]]:
    """The products of `keys` in their order, each with its first SKUs. Two queries."""
    found = Product.objects.filter(pk__in=keys).select_related("category")
    counts, skus = _skus_of(keys)
    return [
        {
            "id": product.public_id,
            "name": product.name,
            **_category_of(product),
            "skuCount": counts.get(product.pk, 0),
            "skus": skus.get(product.pk, []),
            "createdAt": instant(product.created_at),
        }
        for product in in_order(keys, found)
    ]


def sku_objects(keys: Sequence[UUID]) -> list[dict[str, Any]]:
    """The SKUs of `keys` in their order. Two queries."""
    found = Sku.objects.filter(pk__in=keys).select_related("product__category").prefetch_related("barcodes")
    return [
        {
            "id": sku.public_id,
            "code": sku.code,
            "title": sku.title,
            "productId": sku.product.public_id,
            "productName": sku.product.name,
            **_category_of(sku.product),
            "unitCost": price(sku.unit_cost),
            "unitPrice": price(sku.unit_price),
            "baseUnit": sku.base_unit,
            "isLotControlled": sku.is_lot_controlled,
            "safetyStock": sku.safety_stock,
            "reorderPoint": sku.reorder_point,
            "reorderQuantity": sku.reorder_quantity,
            "isActive": sku.is_active,
            "barcodes": [barcode.code for barcode in sku.barcodes.all()],
            "createdAt": instant(sku.created_at),
        }
        for sku in in_order(keys, found)
    ]


def category_version(category: Category) -> str:
    return _version(category.pk, category.name)


def product_version(product: Product) -> str:
    """Moves with the product itself: another SKU of it, or another name of its category, is another's change."""
    return _version(product.pk, product.name, str(product.category_id))


def sku_version(sku: Sku) -> str:
    """Moves with what may be set. One query, for the barcodes."""
    return _version(
        sku.pk,
        sku.code,
        sku.title,
        str(sku.product_id),
        price(sku.unit_cost),
        price(sku.unit_price),
        sku.base_unit,
        sku.is_lot_controlled,
        sku.safety_stock,
        sku.reorder_point,
        sku.reorder_quantity,
        sku.is_active,
        list(sku.barcodes.order_by("code").values_list("code", flat=True)),
    )


def _version(key: UUID, *columns: Any) -> str:
    return f"{key.hex}-{hashlib.blake2s(json_bytes(columns), digest_size=6).hexdigest()}"


def _category_of(product: Product) -> dict[str, Any]:
    category = product.category
    return {
        "categoryId": category.public_id if category else None,
        "categoryName": category.name if category else None,
    }


def _skus_of(products: Sequence[UUID]) -> tuple[dict[UUID, int], dict[UUID, list[dict[str, Any]]]]:
    """How many SKUs each product has, and the first of them by code. One query."""
    counts: dict[UUID, int] = {}
    first: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    numbered = Sku.objects.filter(product__in=products).annotate(
        place=Window(RowNumber(), partition_by="product", order_by=(F("code_key"), F("pk"))),
        siblings=Window(Count("pk"), partition_by="product"),
    )
    columns = ("pk", "product_id", "code", "title", "is_active", "siblings")
    shown: Iterable[Any] = (
        numbered.filter(place__lte=SKUS_SHOWN).order_by("code_key", "pk").values_list(*columns)
    )
    for key, product, code, title, is_active, siblings in shown:
        counts[product] = siblings
        first[product].append(
            {"skuId": encode(Sku.prefix, key), "sku": code, "title": title, "isActive": is_active}
        )
    return counts, first
