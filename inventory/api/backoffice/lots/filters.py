"""What lots, expired goods and destructions can be filtered and sorted by."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, QuerySet
from django_filters import filters

from inventory.expiry.goods import MOST_DAYS_AHEAD
from inventory.models import DestructionLine, Lot, LotState, StockItem, sku_key
from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses.http.filters import (
    SortFilter,
    StrictBooleanFilter,
    StrictCharFilter,
    StrictChoiceFilter,
    StrictDateFilter,
    StrictFilterSet,
    StrictIntegerFilter,
    TypeIdFilter,
)
from warehouses.http.moments import EndFilter, MomentFilterSet, StartFilter
from warehouses.http.organization import require_access
from warehouses.identifiers import decode
from warehouses.models import Bin, RoomType

__all__ = ["DestructionFilters", "ExpiredFilters", "LotControlFilters", "LotFilters"]


class LotFilters(MomentFilterSet):
    """The rows have `condition`, the state of today, and `last_day`."""

    moment_column = "received_at"

    sku: ClassVar[filters.Filter] = StrictCharFilter(
        method="of_sku", help_text="Only lots of the SKU of this code."
    )
    code: ClassVar[filters.Filter] = StrictCharFilter(
        field_name="code",
        lookup_expr="istartswith",
        max_length=64,
        help_text="Only codes that begin like this.",
    )
    state: ClassVar[filters.Filter] = StrictChoiceFilter(
        field_name="condition", choices=LotState.choices, help_text="Only lots in this state today."
    )
    expiresBefore: ClassVar[filters.Filter] = StrictDateFilter(
        field_name="expires_on", lookup_expr="lt", help_text="Only lots whose last day is before this one."
    )
    expiresAfter: ClassVar[filters.Filter] = StrictDateFilter(
        field_name="expires_on", lookup_expr="gt", help_text="Only lots whose last day is after this one."
    )
    hasStock: ClassVar[filters.Filter] = StrictBooleanFilter(
        method="with_stock", help_text="true: only lots of which there are units; false: only those without."
    )
    startDate: ClassVar[filters.Filter] = StartFilter("Received")
    endDate: ClassVar[filters.Filter] = EndFilter("Received")
    sort: ClassVar[filters.Filter] = SortFilter(
        orders={
            "code": ("code",),
            "sku": ("sku__code_key", "code"),
            "expiresOn": ("last_day",),
            "receivedAt": ("received_at",),
        }
    )

    def of_sku(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(sku__code_key=sku_key(value))

    def with_stock(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        access = require_access(self.request)
        there = access.narrow(StockItem.objects.filter(lot=OuterRef("pk"), on_hand__gt=0), "inventory.read")
        return rows.filter(Exists(there) if value else ~Exists(there))


class ExpiredFilters(StrictFilterSet):
    """The rows have `lot_condition`, `last_day` and `worth`. `daysAhead` is the view's to read."""

    daysAhead: ClassVar[filters.Filter] = StrictIntegerFilter(
        method="unfiltered",
        min_value=0,
        max_value=MOST_DAYS_AHEAD,
        help_text="0, as without it: what is expired. From 1 on, also what has its last day today or within so many "
        "days from today.",
    )
    locationId: ClassVar[filters.Filter] = TypeIdFilter(
        "wh", field_name="warehouse", help_text="Only this location."
    )
    categoryId: ClassVar[filters.Filter] = TypeIdFilter(
        "cat", field_name="sku__product__category", help_text="Only products of this category."
    )
    sku: ClassVar[filters.Filter] = StrictCharFilter(method="of_sku", help_text="Only the SKU of this code.")
    roomType: ClassVar[filters.Filter] = StrictChoiceFilter(
        field_name="bin__room__room_type", choices=RoomType.choices, help_text="Only rooms of this type."
    )
    state: ClassVar[filters.Filter] = StrictChoiceFilter(
        field_name="lot_condition", choices=LotState.choices, help_text="Only lots in this state today."
    )
    sort: ClassVar[filters.Filter] = SortFilter(
        orders={"expiresOn": ("last_day",), "quantity": ("on_hand",), "value": ("worth",)}
    )

    def unfiltered(self, rows: QuerySet[Any], name: str, value: int) -> QuerySet[Any]:
        return rows

    def of_sku(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(sku__code_key=sku_key(value))


class DestructionFilters(MomentFilterSet):
    moment_column = "created_at"

    locationId: ClassVar[filters.Filter] = TypeIdFilter(
        "wh", field_name="warehouse", help_text="Only this location."
    )
    binId: ClassVar[filters.Filter] = TypeIdFilter(
        Bin.prefix, field_name="to_bin", help_text="Only what was brought to this bin."
    )
    sku: ClassVar[filters.Filter] = StrictCharFilter(
        method="of_sku", help_text="Only records that name the SKU of this code."
    )
    lotId: ClassVar[filters.Filter] = StrictCharFilter(
        method="of_lot", help_text="Only records that name this lot."
    )
    startDate: ClassVar[filters.Filter] = StartFilter("Recorded")
    endDate: ClassVar[filters.Filter] = EndFilter("Recorded")
    sort: ClassVar[filters.Filter] = SortFilter(
        orders={"createdAt": ("created_at",), "location": ("warehouse__name",)}
    )

    def of_sku(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(_naming(sku__code_key=sku_key(value)))

    def of_lot(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        key = decode(Lot.prefix, value)
        return rows.filter(_naming(lot=key)) if key is not None else rows.none()


class LotControlFilters(StrictFilterSet):
    """The one line that the address names. They narrow nothing: the view reads them once they are sound."""

    sku: ClassVar[filters.Filter] = StrictCharFilter(
        method="unfiltered", required=True, help_text="The code of the SKU."
    )
    locationId: ClassVar[filters.Filter] = StrictCharFilter(
        method="unfiltered", required=True, help_text="Where it is to be picked."
    )
    quantity: ClassVar[filters.Filter] = StrictIntegerFilter(
        method="unfiltered",
        required=True,
        min_value=1,
        max_value=MAXIMUM_QUANTITY,
        help_text="How many units.",
    )
    lotCode: ClassVar[filters.Filter] = StrictCharFilter(
        method="unfiltered", max_length=64, help_text="The lot, by its code."
    )
    lotId: ClassVar[filters.Filter] = StrictCharFilter(
        method="unfiltered", help_text="The lot, by its id. Give one of the two, or neither."
    )

    def unfiltered(self, rows: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        return rows


def _naming(**what: Any) -> Exists:
    return Exists(DestructionLine.objects.filter(destruction=OuterRef("pk"), **what))
