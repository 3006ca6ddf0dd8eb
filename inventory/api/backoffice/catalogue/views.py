"""The routes of the catalogue: `/api/categories`, `/api/products` and `/api/skus`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final, cast

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from inventory import catalogue
from inventory.api.backoffice.base import BackofficePaging, BackofficeView
from inventory.api.backoffice.catalogue import documentation
from inventory.api.backoffice.catalogue.bodies import (
    CategoryBody,
    ProductBody,
    ProductChangeBody,
    SkuBody,
    SkuChangeBody,
)
from inventory.api.backoffice.catalogue.filters import CategoryFilters, ProductFilters, SkuFilters
from inventory.api.backoffice.catalogue.objects import (
    category_objects,
    category_version,
    product_objects,
    product_version,
    sku_objects,
    sku_version,
)
from inventory.api.tags import require_tag, tag_of
from inventory.catalogue import ProductValues, SkuValues
from inventory.models import Category, Product, Sku, TallyKind
from warehouses.http.etags import Expected, expected_tags

__all__ = ["CategoryDetail", "CategoryList", "ProductDetail", "ProductList", "SkuDetail", "SkuList"]

_LIST: Mapping[str, tuple[str, ...]] = {"GET": ("products.read",), "POST": ("products.write",)}
_DETAIL: Mapping[str, tuple[str, ...]] = {
    "GET": ("products.read",),
    "PATCH": ("products.write",),
    "DELETE": ("products.write",),
}
#: The body's words for what a SKU says of itself → ours.
_SKU_FIELDS: Final = {
    "code": "code",
    "title": "title",
    "unitCost": "unit_cost",
    "unitPrice": "unit_price",
    "baseUnit": "base_unit",
    "isLotControlled": "is_lot_controlled",
    "safetyStock": "safety_stock",
    "reorderPoint": "reorder_point",
    "reorderQuantity": "reorder_quantity",
    "isActive": "is_active",
    "barcodes": "barcodes",
}


class CatalogueView(BackofficeView):
    """A record that is not there, or not this organization's, is told only to those who may read or write any."""

    shows_stock = False
    pointer_names: ClassVar[Mapping[str, str]] = {
        **BackofficeView.pointer_names,
        **{ours: theirs for theirs, ours in _SKU_FIELDS.items()},
        "code_key": "code",
        "barcodes": "",
    }
    rows_field = "barcodes"  # the one list whose entries can be at fault

    def shown(self, name: str, version: str, shown: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
        """A single record with its ETag, and where it is found when it is new."""
        headers = {"Location": f"/{self.contract}/api/{name}/{shown['id']}"} if status == 201 else {}
        return self.record(shown, tag_of(version, shown), status=status, headers=headers)


class CategoryView(CatalogueView):
    def category(self, category: Category, *, status: int = 200) -> HttpResponse:
        (shown,) = category_objects([category.pk])
        return self.shown("categories", category_version(category), shown, status=status)

    def expected(self, public_id: str, expected: Expected) -> Category:
        """The category, locked, if it still is what `If-Match` names."""
        catalogue.require_editor(self.access)
        found = catalogue.find_category(access=self.access, public_id=public_id)
        category = catalogue.lock_category(access=self.access, category=found)
        require_tag(expected, category_version(category))
        return category


class CategoryList(CategoryView):
    """`GET` and `POST /api/categories`."""

    permissions = _LIST
    filterset_class = CategoryFilters
    paging_class = BackofficePaging

    @documentation.list_categories
    def get(self, request: Request) -> HttpResponse:
        rows = Category.objects.filter(organization=self.access.organization).order_by("name", "pk")
        return self.paged(self.page(self.filtered(rows), category_objects))

    @documentation.create_category
    def post(self, request: Request) -> HttpResponse:
        body = CategoryBody(data=request.data)
        body.is_valid(raise_exception=True)
        name = body.validated_data["name"]

        def work() -> HttpResponse:
            return self.category(catalogue.create_category(access=self.access, name=name), status=201)

        return self.write(work)


class CategoryDetail(CategoryView):
    """`GET`, `PATCH` and `DELETE /api/categories/[id]`."""

    permissions = _DETAIL

    @documentation.get_category
    def get(self, request: Request, id: str) -> HttpResponse:
        return self.category(catalogue.find_category(access=self.access, public_id=id))

    @documentation.change_category
    def patch(self, request: Request, id: str) -> HttpResponse:
        body = CategoryBody(data=request.data)
        body.is_valid(raise_exception=True)
        name = body.validated_data["name"]
        expected = expected_tags(request._request)

        def work() -> HttpResponse:
            category = self.expected(id, expected)
            return self.category(catalogue.change_category(access=self.access, category=category, name=name))

        return self.write(work)

    @documentation.delete_category
    def delete(self, request: Request, id: str) -> HttpResponse:
        expected = expected_tags(request._request)

        def work() -> HttpResponse:
            catalogue.delete_category(access=self.access, category=self.expected(id, expected))
            return Response(status=204)

        return self.write(work, body={})


class ProductView(CatalogueView):
    def product(self, product: Product, *, status: int = 200) -> HttpResponse:
        (shown,) = product_objects([product.pk])
        return self.shown("products", product_version(product), shown, status=status)

    def expected(self, public_id: str, expected: Expected) -> Product:
        """The product, locked, if it still is what `If-Match` names."""
        catalogue.require_editor(self.access)
        found = catalogue.find_product(access=self.access, public_id=public_id)
        product = catalogue.lock_product(access=self.access, product=found)
        require_tag(expected, product_version(product))
        return product

    def values(self, body: Mapping[str, Any]) -> ProductValues:
        """What a body says of a product, in the business code's words."""
        values: ProductValues = {}
        if "name" in body:
            values["name"] = body["name"]
        if "categoryId" in body:
            named = body["categoryId"]
            values["category"] = (
                catalogue.find_category(access=self.access, public_id=named, field="category")
                if named is not None
                else None
            )
        return values


class ProductList(ProductView):
    """`GET` and `POST /api/products`."""

    permissions = _LIST
    filterset_class = ProductFilters
    paging_class = BackofficePaging

    @documentation.list_products
    def get(self, request: Request) -> HttpResponse:
        rows = Product.objects.filter(organization=self.access.organization).order_by("name", "pk")
        return self.paged(self.page(self.filtered(rows), product_objects))

    @documentation.create_product
    def post(self, request: Request) -> HttpResponse:
        body = ProductBody(data=request.data)
        body.is_valid(raise_exception=True)

        def work() -> HttpResponse:
            catalogue.require_editor(self.access)
            values = self.values(body.validated_data)
            product = catalogue.create_product(
                access=self.access, name=values["name"], category=values.get("category")
            )
            return self.product(product, status=201)

        return self.write(work)


class ProductDetail(ProductView):
    """`GET`, `PATCH` and `DELETE /api/products/[id]`."""

    permissions = _DETAIL

    @documentation.get_product
    def get(self, request: Request, id: str) -> HttpResponse:
        return self.product(catalogue.find_product(access=self.access, public_id=id))

    @documentation.change_product
    def patch(self, request: Request, id: str) -> HttpResponse:
        body = ProductChangeBody(data=request.data)
        body.is_valid(raise_exception=True)
        expected = expected_tags(request._request)

        def work() -> HttpResponse:
            product = self.expected(id, expected)
            values = self.values(body.validated_data)
            return self.product(catalogue.change_product(access=self.access, product=product, **values))

        return self.write(work)

    @documentation.delete_product
    def delete(self, request: Request, id: str) -> HttpResponse:
        expected = expected_tags(request._request)

        def work() -> HttpResponse:
            catalogue.delete_product(access=self.access, product=self.expected(id, expected))
            return Response(status=204)

        return self.write(work, body={})


class SkuView(CatalogueView):
    def sku(self, sku: Sku, *, status: int = 200) -> HttpResponse:
        (shown,) = sku_objects([sku.pk])
        return self.shown("skus", sku_version(sku), shown, status=status)

    def expected(self, public_id: str, expected: Expected) -> Sku:
        """The SKU, locked, if it still is what `If-Match` names."""
        catalogue.require_editor(self.access)
        found = catalogue.find_sku(access=self.access, public_id=public_id)
        sku = catalogue.lock_sku(access=self.access, sku=found)
        require_tag(expected, sku_version(sku))
        return sku

    def values(self, body: Mapping[str, Any]) -> SkuValues:
        """What a body says of a SKU, in the business code's words."""
        given = {ours: body[theirs] for theirs, ours in _SKU_FIELDS.items() if theirs in body}
        values = cast(SkuValues, given)
        if "productId" in body:
            named = body["productId"]
            values["product"] = (
                catalogue.find_product(access=self.access, public_id=named, field="product")
                if named is not None
                else None
            )
        return values


class SkuList(SkuView):
    """`GET` and `POST /api/skus`."""

    permissions = _LIST
    filterset_class = SkuFilters
    paging_class = BackofficePaging

    @documentation.list_skus
    def get(self, request: Request) -> HttpResponse:
        rows = Sku.objects.filter(organization=self.access.organization).order_by("code_key")
        return self.paged(self.page(self.filtered(rows), sku_objects, counted=self.counted(TallyKind.SKU)))

    @documentation.create_sku
    def post(self, request: Request) -> HttpResponse:
        body = SkuBody(data=request.data)
        body.is_valid(raise_exception=True)

        def work() -> HttpResponse:
            catalogue.require_editor(self.access)
            values = self.values(body.validated_data)
            return self.sku(catalogue.create_sku(access=self.access, **values), status=201)

        return self.write(work)


class SkuDetail(SkuView):
    """`GET`, `PATCH` and `DELETE /api/skus/[id]`."""

    permissions = _DETAIL

    @documentation.get_sku
    def get(self, request: Request, id: str) -> HttpResponse:
        return self.sku(catalogue.find_sku(access=self.access, public_id=id))

    @documentation.change_sku
    def patch(self, request: Request, id: str) -> HttpResponse:
        body = SkuChangeBody(data=request.data)
        body.is_valid(raise_exception=True)
        expected = expected_tags(request._request)

        def work() -> HttpResponse:
            sku = self.expected(id, expected)
            values = self.values(body.validated_data)
            return self.sku(catalogue.change_sku(access=self.access, sku=sku, **values))

        return self.write(work)

    @documentation.delete_sku
    def delete(self, request: Request, id: str) -> HttpResponse:
        expected = expected_tags(request._request)

        def work() -> HttpResponse:
            catalogue.delete_sku(access=self.access, sku=self.expected(id, expected))
            return Response(status=204)

        return self.write(work, body={})
