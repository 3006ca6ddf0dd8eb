"""How the routes of the catalogue are described."""

from __future__ import annotations

from typing import Any, Final

from inventory.api.backoffice.catalogue.bodies import (
    CategoryBody,
    ProductBody,
    ProductChangeBody,
    SkuBody,
    SkuChangeBody,
)
from inventory.api.backoffice.catalogue.problem_codes import (
    BARCODE_TAKEN,
    CATEGORY_IN_USE,
    CATEGORY_NAME_TAKEN,
    CATEGORY_NOT_FOUND,
    INVALID_INPUT,
    LOTLESS_STOCK,
    PRODUCT_HAS_SKUS,
    PRODUCT_NOT_FOUND,
    SKU_CODE_TAKEN,
    SKU_HAS_HISTORY,
    SKU_NOT_FOUND,
)
from inventory.api.backoffice.catalogue.schemas import (
    CategoryPage,
    CategoryRecord,
    ProductPage,
    ProductRecord,
    SkuPage,
    SkuRecord,
)
from inventory.api.backoffice.objects import PAGINATION
from warehouses.http.operations import Operation, Parameter

__all__ = [
    "CATEGORY",
    "OLD_CATEGORY",
    "OLD_PRODUCT",
    "OLD_SKU",
    "PRODUCT",
    "SKU",
    "change_category",
    "change_product",
    "change_sku",
    "create_category",
    "create_product",
    "create_sku",
    "delete_category",
    "delete_product",
    "delete_sku",
    "get_category",
    "get_product",
    "get_sku",
    "list_categories",
    "list_products",
    "list_skus",
]

_TAG: Final = "Catalogue"
#: The demonstration's, and those that it can do without.
CATEGORY: Final = "cat_01hx000000e008000000000001"
PRODUCT: Final = "prod_01hx000000e008000000000001"
SKU: Final = "sku_01hx000000e008000000000001"
OLD_CATEGORY: Final = "cat_01hx000000e008000000000002"
OLD_PRODUCT: Final = "prod_01hx000000e008000000000002"
OLD_SKU: Final = "sku_01hx000000e008000000000002"

_CATEGORY: Final[dict[str, Any]] = {"id": CATEGORY, "name": "Sample packs", "productCount": 1}
_PRODUCT: Final[dict[str, Any]] = {
    "id": PRODUCT,
    "name": "Discovery set",
    "categoryId": CATEGORY,
    "categoryName": "Sample packs",
    "skuCount": 2,
    "skus": [
        {"skuId": SKU, "sku": "SAMPLE-5", "title": "Discovery set, 5 samples", "isActive": True},
        {"skuId": OLD_SKU, "sku": "SAMPLE-50", "title": "Discovery set, 50 samples", "isActive": True},
    ],
    "createdAt": "2026-03-12T14:00:00.000Z",
}
_SKU: Final[dict[str, Any]] = {
    "id": SKU,
    "code": "SAMPLE-5",
    "title": "Discovery set, 5 samples",
    "productId": PRODUCT,
    "productName": "Discovery set",
    "categoryId": CATEGORY,
    "categoryName": "Sample packs",
    "unitCost": 3.20,
    "unitPrice": 8.90,
    "baseUnit": "each",
    "isLotControlled": False,
    "safetyStock": 10,
    "reorderPoint": 40,
    "reorderQuantity": 120,
    "isActive": True,
    "barcodes": ["2000410000001"],
    "createdAt": "2026-03-12T14:00:00.000Z",
}


def _id(kind: str, example: str) -> dict[str, Parameter]:
    return {"id": Parameter(f"The {kind}'s id.", example=example)}


list_categories = Operation(
    id="listCategories",
    tag=_TAG,
    summary="List categories",
    description="The organization's categories, by name.",
    result=CategoryPage,
    answer={"data": [_CATEGORY], "pagination": PAGINATION},
)

create_category = Operation(
    id="createCategory",
    tag=_TAG,
    summary="Create a category",
    description="A group of products.",
    problems=(INVALID_INPUT, CATEGORY_NAME_TAKEN),
    body=CategoryBody,
    example={"name": "Gift sets"},
    result=CategoryRecord,
    answer={"id": "cat_01hx000000e008000000000003", "name": "Gift sets", "productCount": 0},
    status=201,
    is_tagged=True,
)

get_category = Operation(
    id="getCategory",
    tag=_TAG,
    summary="Get a category",
    description="The category, and how many products are in it.",
    parameters=_id("category", CATEGORY),
    problems=(CATEGORY_NOT_FOUND,),
    result=CategoryRecord,
    answer=_CATEGORY,
    is_tagged=True,
)

change_category = Operation(
    id="changeCategory",
    tag=_TAG,
    summary="Rename a category",
    description="Its products stay in it.",
    parameters=_id("category", CATEGORY),
    problems=(INVALID_INPUT, CATEGORY_NOT_FOUND, CATEGORY_NAME_TAKEN),
    body=CategoryBody,
    example={"name": "Samples"},
    result=CategoryRecord,
    answer={**_CATEGORY, "name": "Samples"},
    is_tagged=True,
    takes_if_match=True,
)

delete_category = Operation(
    id="deleteCategory",
    tag=_TAG,
    summary="Delete a category",
    description="Its products stay, without a category.",
    parameters=_id("category", OLD_CATEGORY),
    problems=(CATEGORY_NOT_FOUND, CATEGORY_IN_USE),
    status=204,
    takes_if_match=True,
)

list_products = Operation(
    id="listProducts",
    tag=_TAG,
    summary="List products",
    description="The organization's products, by name, each with its first 20 SKUs.",
    result=ProductPage,
    answer={"data": [_PRODUCT], "pagination": PAGINATION},
)

create_product = Operation(
    id="createProduct",
    tag=_TAG,
    summary="Create a product",
    description="A product without SKUs yet; two products may have one name. A SKU that is created without a product "
    "gets one of its own.",
    problems=(INVALID_INPUT, CATEGORY_NOT_FOUND),
    body=ProductBody,
    example={"name": "Travel set", "categoryId": CATEGORY},
    result=ProductRecord,
    answer={
        **_PRODUCT,
        "id": "prod_01hx000000e008000000000003",
        "name": "Travel set",
        "skuCount": 0,
        "skus": [],
    },
    status=201,
    is_tagged=True,
)

get_product = Operation(
    id="getProduct",
    tag=_TAG,
    summary="Get a product",
    description="The product with its first 20 SKUs, and how many it has.",
    parameters=_id("product", PRODUCT),
    problems=(PRODUCT_NOT_FOUND,),
    result=ProductRecord,
    answer=_PRODUCT,
    is_tagged=True,
)

change_product = Operation(
    id="changeProduct",
    tag=_TAG,
    summary="Change a product",
    description="Change its name or its category.",
    parameters=_id("product", PRODUCT),
    problems=(INVALID_INPUT, PRODUCT_NOT_FOUND, CATEGORY_NOT_FOUND),
    body=ProductChangeBody,
    example={"name": "Discovery sets"},
    result=ProductRecord,
    answer={**_PRODUCT, "name": "Discovery sets"},
    is_tagged=True,
    takes_if_match=True,
)

delete_product = Operation(
    id="deleteProduct",
    tag=_TAG,
    summary="Delete a product",
    description="Only a product without SKUs can be deleted.",
    parameters=_id("product", OLD_PRODUCT),
    problems=(PRODUCT_NOT_FOUND, PRODUCT_HAS_SKUS),
    status=204,
    takes_if_match=True,
)

list_skus = Operation(
    id="listSkus",
    tag=_TAG,
    summary="List SKUs",
    description="The organization's SKUs, by code.",
    result=SkuPage,
    answer={"data": [_SKU], "pagination": PAGINATION},
)

create_sku = Operation(
    id="createSku",
    tag=_TAG,
    summary="Create a SKU",
    description="Without `productId` it gets a product of its own, called like itself. Thresholds are what its stock "
    "starts with at a location where it is new.",
    problems=(INVALID_INPUT, PRODUCT_NOT_FOUND, SKU_CODE_TAKEN, BARCODE_TAKEN),
    body=SkuBody,
    example={
        "code": "SAMPLE-10",
        "title": "Discovery set, 10 samples",
        "productId": PRODUCT,
        "unitCost": 6.10,
        "unitPrice": 16.90,
        "barcodes": ["4006381333931"],
    },
    result=SkuRecord,
    answer={
        **_SKU,
        "id": "sku_01hx000000e008000000000003",
        "code": "SAMPLE-10",
        "title": "Discovery set, 10 samples",
        "unitCost": 6.10,
        "unitPrice": 16.90,
        "safetyStock": 0,
        "reorderPoint": 0,
        "reorderQuantity": 0,
        "barcodes": ["4006381333931"],
    },
    status=201,
    is_tagged=True,
)

get_sku = Operation(
    id="getSku",
    tag=_TAG,
    summary="Get a SKU",
    description="The SKU with its barcodes. Its stock is at `/api/inventory` and at its product's inventory levels.",
    parameters=_id("SKU", SKU),
    problems=(SKU_NOT_FOUND,),
    result=SkuRecord,
    answer=_SKU,
    is_tagged=True,
)

change_sku = Operation(
    id="changeSku",
    tag=_TAG,
    summary="Change a SKU",
    description="What is not given stays as it is; `barcodes` replaces all that it has. Another `code` holds "
    "everywhere at once, in the stock and its history too. New thresholds change no stock level that there is.",
    parameters=_id("SKU", SKU),
    problems=(INVALID_INPUT, SKU_NOT_FOUND, PRODUCT_NOT_FOUND, SKU_CODE_TAKEN, BARCODE_TAKEN, LOTLESS_STOCK),
    body=SkuChangeBody,
    example={"unitPrice": 9.90, "reorderPoint": 60},
    result=SkuRecord,
    answer={**_SKU, "unitPrice": 9.90, "reorderPoint": 60},
    is_tagged=True,
    takes_if_match=True,
)

delete_sku = Operation(
    id="deleteSku",
    tag=_TAG,
    summary="Delete a SKU",
    description="Only a SKU that never had stock, a lot or a document can be deleted; its product stays.",
    parameters=_id("SKU", OLD_SKU),
    problems=(SKU_NOT_FOUND, SKU_HAS_HISTORY),
    status=204,
    takes_if_match=True,
)
