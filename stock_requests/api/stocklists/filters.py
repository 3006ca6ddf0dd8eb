"""What stocklists can be filtered and sorted by."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, QuerySet
from django_filters import filters

from inventory.models import Category, sku_key
from stock_requests.api.filters import PriorityFilter
from stock_requests.models import Department, StocklistLine
from warehouses.http.filters import (
    EitherEndFilter,
    SortFilter,
    StrictBooleanFilter,
    StrictCharFilter,
    TypeIdFilter,
)
from warehouses.http.moments import EndFilter, MomentFilterSet, StartFilter
from warehouses.models import Room, Warehouse

__all__ = ["StocklistFilters"]


class StocklistFilters(MomentFilterSet):
    moment_column = "created_at"

    search: ClassVar[filters.Filter] = StrictCharFilter(
        field_name="name",
        lookup_expr="icontains",
        max_length=120,
        help_text="Only what has this in its name.",
    )
    locationId: ClassVar[filters.Filter] = EitherEndFilter(
        help_text="Only stocklists from or to this location."
    )
    fromLocationId: ClassVar[filters.Filter] = TypeIdFilter(
        Warehouse.prefix, field_name="from_warehouse", help_text="Only stocklists from this location."
    )
    toLocationId: ClassVar[filters.Filter] = TypeIdFilter(
        Warehouse.prefix, field_name="to_warehouse", help_text="Only stocklists to this location."
    )
    toRoomId: ClassVar[filters.Filter] = TypeIdFilter(
        Room.prefix, field_name="to_room", help_text="Only stocklists to this room."
    )
    toDepartmentId: ClassVar[filters.Filter] = TypeIdFilter(
        Department.prefix, field_name="department", help_text="Only stocklists for this department."
    )
    categoryId: ClassVar[filters.Filter] = TypeIdFilter(
        Category.prefix, field_name="category", help_text="Only stocklists of this category."
    )
    priority: ClassVar[filters.Filter] = PriorityFilter(help_text="Only stocklists of this priority.")
    isActive: ClassVar[filters.Filter] = StrictBooleanFilter(
        field_name="is_active", help_text="Only stocklists that are (true), or are no longer (false), in use."
    )
    sku: ClassVar[filters.Filter] = StrictCharFilter(
        method="of_sku", max_length=64, help_text="Only stocklists with this SKU: its code."
    )
    startDate: ClassVar[filters.Filter] = StartFilter()
    endDate: ClassVar[filters.Filter] = EndFilter()
    sort: ClassVar[filters.Filter] = SortFilter(
        orders={
            "name": ("name",),
            "createdAt": ("created_at",),
            "priority": ("priority",),
            "fromLocationName": ("from_warehouse__name",),
            "toLocationName": ("to_warehouse__name",),
        }
    )

    def of_sku(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        lines = StocklistLine.objects.filter(stocklist=OuterRef("pk"), sku__code_key=sku_key(value))
        return rows.filter(Exists(lines))
