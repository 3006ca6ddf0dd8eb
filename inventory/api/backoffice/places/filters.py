"""What the lists of locations, rooms and bins can be filtered and sorted by."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, QuerySet
from django_filters import filters

from inventory.models import StockItem
from warehouses.http.filters import (
    SortFilter,
    StrictBooleanFilter,
    StrictCharFilter,
    StrictChoiceFilter,
    StrictFilterSet,
    TypeIdFilter,
)
from warehouses.http.moments import EndFilter, MomentFilterSet, StartFilter
from warehouses.models import Room, RoomType, WarehouseType

__all__ = ["BinFilters", "LocationFilters", "RoomFilters"]


class LocationFilters(MomentFilterSet):
    moment_column = "created_at"

    search: ClassVar[filters.Filter] = StrictCharFilter(
        field_name="name",
        lookup_expr="icontains",
        max_length=120,
        help_text="Only what has this in its name.",
    )
    type: ClassVar[filters.Filter] = StrictChoiceFilter(
        choices=WarehouseType.choices, help_text="Only locations of this kind."
    )
    isActive: ClassVar[filters.Filter] = StrictBooleanFilter(
        field_name="is_active", help_text="Only locations that are in use (true), or no longer (false)."
    )
    isReadonly: ClassVar[filters.Filter] = StrictBooleanFilter(
        field_name="is_readonly", help_text="Only locations that are (true) or are not (false) read-only."
    )
    startDate: ClassVar[filters.Filter] = StartFilter()
    endDate: ClassVar[filters.Filter] = EndFilter()
    sort: ClassVar[filters.Filter] = SortFilter(orders={"name": ("name",), "createdAt": ("created_at",)})


class RoomFilters(StrictFilterSet):
    search: ClassVar[filters.Filter] = StrictCharFilter(
        field_name="name", lookup_expr="icontains", max_length=80, help_text="Only what has this in its name."
    )
    roomType: ClassVar[filters.Filter] = StrictChoiceFilter(
        field_name="room_type", choices=RoomType.choices, help_text="Only rooms of this type."
    )
    isSellable: ClassVar[filters.Filter] = StrictBooleanFilter(
        field_name="is_sellable", help_text="Only rooms that are (true) or are not (false) sellable."
    )
    sort: ClassVar[filters.Filter] = SortFilter(orders={"name": ("name",), "roomType": ("room_type", "name")})


class BinFilters(StrictFilterSet):
    code: ClassVar[filters.Filter] = StrictCharFilter(
        lookup_expr="istartswith", max_length=40, help_text="Only bins whose code begins with this."
    )
    barcode: ClassVar[filters.Filter] = StrictCharFilter(
        max_length=80, help_text="Only the bin with this barcode."
    )
    roomId: ClassVar[filters.Filter] = TypeIdFilter(
        Room.prefix, field_name="room_id", help_text="Only bins in this room."
    )
    roomType: ClassVar[filters.Filter] = StrictChoiceFilter(
        field_name="room__room_type", choices=RoomType.choices, help_text="Only bins in rooms of this type."
    )
    isActive: ClassVar[filters.Filter] = StrictBooleanFilter(
        field_name="is_active", help_text="Only bins that are in use (true), or no longer (false)."
    )
    hasStock: ClassVar[filters.Filter] = StrictBooleanFilter(
        method="stocked", help_text="Only bins with something in them (true), or with nothing (false)."
    )
    sort: ClassVar[filters.Filter] = SortFilter(
        orders={"pickSequence": ("pick_sequence", "code"), "code": ("code",), "room": ("room__name", "code")}
    )

    def stocked(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        something = Exists(StockItem.objects.filter(bin=OuterRef("pk"), on_hand__gt=0))
        return rows.filter(something if value else ~something)
