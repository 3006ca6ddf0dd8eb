"""What holds can be filtered and sorted by."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, QuerySet
from django_filters import filters

from inventory.models import Hold, HoldPart, HoldState, Lot, StockItem, sku_key
from warehouses.http.filters import SortFilter, StrictCharFilter, StrictChoiceFilter, TypeIdFilter
from warehouses.http.moments import EndFilter, MomentFilterSet, StartFilter
from warehouses.models import Bin, Warehouse

__all__ = ["HoldFilters"]


class HeldIn(TypeIdFilter):
    """Holds with a part that the id is about."""

    def filter(self, qs: QuerySet[Any], value: str | None) -> QuerySet[Any]:
        if not value:
            return qs
        parts = super().filter(HoldPart.objects.filter(hold=OuterRef("pk")).order_by(), value)
        return qs.filter(Exists(parts))


class HoldFilters(MomentFilterSet):
    """Bin, lot and stock item are those where the units are held, whatever the hold was made on."""

    moment_column = "created_at"

    locationId: ClassVar[filters.Filter] = TypeIdFilter(
        Warehouse.prefix, field_name="warehouse", help_text="Only holds in this location."
    )
    sku: ClassVar[filters.Filter] = StrictCharFilter(
        method="of_sku", max_length=128, help_text="Only holds of this SKU: its code, whatever the case."
    )
    binId: ClassVar[filters.Filter] = HeldIn(
        Bin.prefix, field_name="stock_item__bin", help_text="Only holds of which something lies in this bin."
    )
    lotId: ClassVar[filters.Filter] = HeldIn(
        Lot.prefix, field_name="stock_item__lot", help_text="Only holds of which something is of this lot."
    )
    stockItemId: ClassVar[filters.Filter] = HeldIn(
        StockItem.prefix, field_name="stock_item", help_text="Only holds of which something is in this item."
    )
    state: ClassVar[filters.Filter] = StrictChoiceFilter(
        choices=HoldState.choices, help_text="Only holds in this state."
    )
    referenceId: ClassVar[filters.Filter] = StrictCharFilter(
        field_name="reference", max_length=120, help_text="Only holds with this reference."
    )
    startDate: ClassVar[filters.Filter] = StartFilter()
    endDate: ClassVar[filters.Filter] = EndFilter()
    sort: ClassVar[filters.Filter] = SortFilter(
        orders={"createdAt": ("created_at",), "quantity": ("quantity",)}
    )

    def of_sku(self, rows: QuerySet[Hold], name: str, value: str) -> QuerySet[Hold]:
        return rows.filter(sku__code_key=sku_key(value))
