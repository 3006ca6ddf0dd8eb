"""What the lists of the catalogue can be filtered and sorted by."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django_filters import filters

from inventory.models import Barcode, Category, Product, sku_key
from warehouses.http.filters import (
    SortFilter,
    StrictBooleanFilter,
    StrictCharFilter,
    StrictFilterSet,
    TypeIdFilter,
)
from warehouses.http.moments import EndFilter, MomentFilterSet, StartFilter

__all__ = ["CategoryFilters", "ProductFilters", "SkuFilters"]


class CategoryFilters(StrictFilterSet):
    search: ClassVar[filters.Filter] = StrictCharFilter(
        field_name="name",
        lookup_expr="icontains",
        max_length=120,
        help_text="Only what has this in its name.",
    )
    sort: ClassVar[filters.Filter] = SortFilter(orders={"name": ("name",)})


class ProductFilters(MomentFilterSet):
    moment_column = "created_at"

    search: ClassVar[filters.Filter] = StrictCharFilter(
        field_name="name",
        lookup_expr="icontains",
        max_length=200,
        help_text="Only what has this in its name.",
    )
    categoryId: ClassVar[filters.Filter] = TypeIdFilter(
        Category.prefix, field_name="category_id", help_text="Only products of this category."
    )
    startDate: ClassVar[filters.Filter] = StartFilter()
    endDate: ClassVar[filters.Filter] = EndFilter()
    sort: ClassVar[filters.Filter] = SortFilter(orders={"name": ("name",), "createdAt": ("created_at",)})


class SkuFilters(MomentFilterSet):
    moment_column = "created_at"

    search: ClassVar[filters.Filter] = StrictCharFilter(
        method="searched",
        max_length=200,
        help_text="Only SKUs whose code or barcode begins with this, or that have it in their title.",
    )
    categoryId: ClassVar[filters.Filter] = TypeIdFilter(
        Category.prefix, field_name="product__category_id", help_text="Only SKUs of this category's products."
    )
    productId: ClassVar[filters.Filter] = TypeIdFilter(
        Product.prefix, field_name="product_id", help_text="Only SKUs of this product."
    )
    isActive: ClassVar[filters.Filter] = StrictBooleanFilter(
        field_name="is_active", help_text="Only SKUs that are (true), or are no longer (false), dealt in."
    )
    isLotControlled: ClassVar[filters.Filter] = StrictBooleanFilter(
        field_name="is_lot_controlled",
        help_text="Only SKUs that are (true) or are not (false) lot-controlled.",
    )
    startDate: ClassVar[filters.Filter] = StartFilter()
    endDate: ClassVar[filters.Filter] = EndFilter()
    sort: ClassVar[filters.Filter] = SortFilter(
        orders={"code": ("code_key",), "title": ("title",), "createdAt": ("created_at",)}
    )

    def searched(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        scanned = Barcode.objects.filter(code__startswith=value.strip()).order_by().values("sku")
        return rows.filter(
            Q(code_key__startswith=sku_key(value)) | Q(title__icontains=value.strip()) | Q(pk__in=scanned)
        )
