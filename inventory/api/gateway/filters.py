"""The gateway's query parameters and paging."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import QuerySet
from django_filters import filters

from inventory.models import StockLevel, sku_key
from warehouses.http.filters import StrictBooleanFilter, StrictCharFilter, StrictFilterSet
from warehouses.http.paging import PageNumberPaging

__all__ = ["GatewayPaging", "InventoryFilters", "LowStockFilters"]


class GatewayPaging(PageNumberPaging):
    page_parameter = "page"
    size_parameter = "per_page"
    default_size = 50
    maximum_size = 100


class LowStockFilters(StrictFilterSet):
    """`sku_prefix`: compared as codes are, without regard to case."""

    sku_prefix: ClassVar[filters.Filter] = StrictCharFilter(
        method="starts_with", max_length=128, strip=False, help_text="Only SKUs whose code begins so."
    )

    def starts_with(self, levels: QuerySet[StockLevel], name: str, value: str) -> QuerySet[StockLevel]:
        blank = " " if value[-1:].isspace() else ""  # "AB " begins "AB 1" and not "ABC"
        return levels.filter(sort_code__startswith=sku_key(value) + blank)


class InventoryFilters(LowStockFilters):
    low_stock: ClassVar[filters.Filter] = StrictBooleanFilter(
        field_name="is_low", help_text="true: only items below their reorder point; false: only the others."
    )
