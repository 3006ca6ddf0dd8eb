"""What channels and availability can be filtered by."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import Q, QuerySet
from django_filters import filters

from inventory.availability.records import search_levels
from inventory.models import Category, Channel, StockLevel, sku_key
from warehouses.http.filters import (
    SortFilter,
    StrictBooleanFilter,
    StrictCharFilter,
    StrictFilterSet,
    TypeIdFilter,
)
from warehouses.http.moments import EndFilter, MomentFilterSet, StartFilter

__all__ = ["AvailabilityFilters", "ChannelFilters", "MatrixFilters"]


class ChannelFilters(MomentFilterSet):
    moment_column = "created_at"

    isActive: ClassVar[filters.Filter] = StrictBooleanFilter(
        field_name="is_active", help_text="true: only active channels; false: only the others."
    )
    search: ClassVar[filters.Filter] = StrictCharFilter(
        method="named", max_length=120, help_text="Only channels whose code or name has this in it."
    )
    startDate: ClassVar[filters.Filter] = StartFilter()
    endDate: ClassVar[filters.Filter] = EndFilter()
    sort: ClassVar[filters.Filter] = SortFilter(
        orders={"name": ("name",), "code": ("code",), "createdAt": ("created_at",)}
    )

    def named(self, rows: QuerySet[Channel], name: str, value: str) -> QuerySet[Channel]:
        return rows.filter(Q(code__icontains=value) | Q(name__icontains=value))


class MatrixFilters(StrictFilterSet):
    search: ClassVar[filters.Filter] = StrictCharFilter(
        method="about",
        max_length=128,
        help_text="Only SKUs whose code begins so, or whose title or product's name has each of these words.",
    )
    sort: ClassVar[filters.Filter] = SortFilter(orders={"sku": ("sort_code",)})

    def about(self, levels: QuerySet[StockLevel], name: str, value: str) -> QuerySet[StockLevel]:
        return search_levels(levels, value)


class AvailabilityFilters(MatrixFilters):
    sku: ClassVar[filters.Filter] = StrictCharFilter(
        method="of_code", max_length=128, help_text="Only this SKU, by its code, without regard to case."
    )
    categoryId: ClassVar[filters.Filter] = TypeIdFilter(
        Category.prefix,
        field_name="sku__product__category",
        help_text="Only SKUs of products in this category.",
    )
    sort: ClassVar[filters.Filter] = SortFilter(
        orders={"sku": ("sort_code",), "onHand": ("on_hand",), "updatedAt": ("updated_at",)}
    )

    def of_code(self, levels: QuerySet[StockLevel], name: str, value: str) -> QuerySet[StockLevel]:
        return levels.filter(sort_code=sku_key(value))
