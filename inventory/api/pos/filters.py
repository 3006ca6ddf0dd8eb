"""The pos contract's query parameters and paging."""

from __future__ import annotations

from typing import Any, ClassVar, Final
from uuid import UUID

from django.db.models import QuerySet
from django_filters import filters

from inventory.api.sorting import sorted_apart
from inventory.models import Category, Sku, StockItem
from warehouses.http.filters import (
    StrictBooleanFilter,
    StrictCharFilter,
    StrictChoiceFilter,
    StrictFilterSet,
)
from warehouses.http.organization import require_access
from warehouses.http.paging import PageNumberPaging
from warehouses.identifiers import decode
from warehouses.models import Bin, RoomType

__all__ = ["InventoryFilters", "PosPaging"]

_FEW: Final = 1000


class PosPaging(PageNumberPaging):
    page_parameter = "page"
    size_parameter = "limit"
    default_size = 50
    maximum_size = 100


class InventoryFilters(StrictFilterSet):
    """Over stock items."""

    room_type: ClassVar[filters.Filter] = StrictChoiceFilter(
        method="in_rooms", choices=RoomType.choices, help_text="Only items in rooms of this type."
    )
    category: ClassVar[filters.Filter] = StrictCharFilter(
        method="in_category",
        max_length=120,
        help_text="Only products of this category: its name, without regard to case, or its id.",
    )
    low_stock: ClassVar[filters.Filter] = StrictBooleanFilter(
        method="low",
        help_text="true: only items whose SKU is below its reorder point at the location; false: all.",
    )

    def in_rooms(self, items: QuerySet[StockItem], name: str, value: str) -> QuerySet[StockItem]:
        organization = require_access(self.request).organization
        bins = Bin.objects.order_by().filter(organization=organization, room__room_type=value)
        few = _few(bins)
        found = items.filter(bin__room__room_type=value) if few is None else items.filter(bin__in=few)
        return sorted_apart(found)

    def in_category(self, items: QuerySet[StockItem], name: str, value: str) -> QuerySet[StockItem]:
        organization = require_access(self.request).organization
        categories = Category.objects.order_by().filter(organization=organization)
        key = decode(Category.prefix, value)
        if key is None:
            # The engines fold case each in its own way, and there are not many.
            names = categories.values_list("pk", "name")
            key = next((pk for pk, found in names if found.casefold() == value.casefold()), None)
        skus = Sku.objects.order_by().filter(organization=organization, product__category=key)
        few = _few(skus) if key is not None else []
        found = (
            items.filter(level__sku__product__category=key)
            if few is None
            else items.filter(level__sku__in=few)
        )
        return sorted_apart(found)

    def low(self, items: QuerySet[StockItem], name: str, value: bool) -> QuerySet[StockItem]:
        return items.filter(is_low=True) if value else items


def _few(records: QuerySet[Any]) -> list[UUID] | None:
    """The keys of `records`, to be looked up one by one; None if they are so many that the items of theirs are too.

    PostgreSQL cannot tell across tables whether a room type or a category is a rare one, and would read all items to
    find the few.
    """
    keys = list(records.values_list("pk", flat=True)[: _FEW + 1])
    return keys if len(keys) <= _FEW else None
