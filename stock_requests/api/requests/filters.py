"""What stock requests and their lines can be filtered by."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django_filters import filters

from inventory.models import Category, sku_key
from stock_requests.api.filters import PriorityFilter, StatusesFilter
from stock_requests.models import (
    Department,
    RequestLine,
    RequestState,
    Stocklist,
    StockRequest,
)
from stock_requests.totals import remaining_units, with_value
from warehouses.http.filters import (
    EitherEndFilter,
    SortFilter,
    StrictBooleanFilter,
    StrictCharFilter,
    StrictDateFilter,
    StrictFilterSet,
    TypeIdFilter,
)
from warehouses.http.moments import EndFilter, MomentFilterSet, StartFilter
from warehouses.http.organization import require_access
from warehouses.models import Room, Warehouse

__all__ = ["LineFilters", "RequestFilters"]

#: Those that somebody still waits for.
OPEN: Final = (
    RequestState.DRAFT,
    RequestState.SUBMITTED,
    RequestState.APPROVED,
    RequestState.PICKING,
)


class RequestFilters(MomentFilterSet):
    moment_column = "created_at"

    status: ClassVar[filters.Filter] = StatusesFilter(
        field_name="state",
        lookup_expr="in",
        help_text="Only requests in this status, or in one of several: `draft,submitted`.",
    )
    priority: ClassVar[filters.Filter] = PriorityFilter(help_text="Only requests of this priority.")
    locationId: ClassVar[filters.Filter] = EitherEndFilter(
        help_text="Only requests from or to this location."
    )
    fromLocationId: ClassVar[filters.Filter] = TypeIdFilter(
        Warehouse.prefix, field_name="from_warehouse", help_text="Only requests from this location."
    )
    toLocationId: ClassVar[filters.Filter] = TypeIdFilter(
        Warehouse.prefix, field_name="to_warehouse", help_text="Only requests to this location."
    )
    toRoomId: ClassVar[filters.Filter] = TypeIdFilter(
        Room.prefix, field_name="to_room", help_text="Only requests to this room."
    )
    toDepartmentId: ClassVar[filters.Filter] = TypeIdFilter(
        Department.prefix, field_name="department", help_text="Only requests for this department."
    )
    categoryId: ClassVar[filters.Filter] = TypeIdFilter(
        Category.prefix, field_name="category", help_text="Only requests of this category."
    )
    stocklistId: ClassVar[filters.Filter] = TypeIdFilter(
        Stocklist.prefix, field_name="stocklist", help_text="Only requests that were made of this stocklist."
    )
    backOrderOfId: ClassVar[filters.Filter] = TypeIdFilter(
        StockRequest.prefix, field_name="back_order_of", help_text="Only back-orders of this request."
    )
    requester: ClassVar[filters.Filter] = StrictCharFilter(
        method="of_requester",
        max_length=254,
        help_text="Only requests of this person or key: the name as shown.",
    )
    createdBy: ClassVar[filters.Filter] = StrictCharFilter(
        field_name="actor_name",
        max_length=254,
        help_text="Only requests that this person or key has made: its name.",
    )
    sku: ClassVar[filters.Filter] = StrictCharFilter(
        method="of_sku", max_length=64, help_text="Only requests with this SKU: its code."
    )
    search: ClassVar[filters.Filter] = StrictCharFilter(
        method="with_words", max_length=100, help_text="Only requests whose number or note has this in it."
    )
    neededAfter: ClassVar[filters.Filter] = StrictDateFilter(
        field_name="needed_by",
        lookup_expr="gte",
        help_text="Only requests that are needed on this day or later.",
    )
    neededBefore: ClassVar[filters.Filter] = StrictDateFilter(
        field_name="needed_by",
        lookup_expr="lte",
        help_text="Only requests that are needed on this day or sooner.",
    )
    overdue: ClassVar[filters.Filter] = StrictBooleanFilter(
        method="which_are_overdue",
        help_text="`true`: only requests that are still open and were needed before today; `false`: only the others.",
    )
    startDate: ClassVar[filters.Filter] = StartFilter()
    endDate: ClassVar[filters.Filter] = EndFilter()
    sort: ClassVar[filters.Filter] = SortFilter(
        orders={
            "createdAt": ("created_at",),
            "submittedAt": ("submitted_at",),
            "decidedAt": ("decided_at",),
            "closedAt": ("closed_at",),
            "neededBy": ("needed_by",),
            "number": ("number",),
            "priority": ("priority",),
            "status": ("state",),
            "value": ("value",),
            "fromLocationName": ("from_warehouse__name",),
            "toLocationName": ("to_warehouse__name",),
        },
    )

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        sorts_by_value = (self.form.cleaned_data.get("sort") or "").removeprefix("-") == "value"
        return super().filter_queryset(with_value(queryset) if sorts_by_value else queryset)

    def of_requester(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(
            Q(requested_by__email__iexact=value) | Q(requested_by__isnull=True, actor_name=value)
        )

    def of_sku(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        lines = RequestLine.objects.filter(request=OuterRef("pk"), sku__code_key=sku_key(value))
        return rows.filter(Exists(lines))

    def with_words(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        found = Q(note__icontains=value)
        number = value.strip().upper().removeprefix("SR-")
        if number.isascii() and number.isdigit() and int(number) < 2**31:
            found |= Q(number=int(number))
        return rows.filter(found)

    def which_are_overdue(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        today = require_access(self.request).organization.today()
        late = Q(needed_by__lt=today, state__in=OPEN)
        return rows.filter(late) if value else rows.exclude(late)


class LineFilters(StrictFilterSet):
    lineId: ClassVar[filters.Filter] = TypeIdFilter(
        RequestLine.prefix, field_name="pk", help_text="Only this line."
    )
    sku: ClassVar[filters.Filter] = StrictCharFilter(
        method="of_sku", max_length=64, help_text="Only lines of this SKU: its code."
    )
    substituteForId: ClassVar[filters.Filter] = TypeIdFilter(
        RequestLine.prefix,
        field_name="substitute_for",
        help_text="Only lines that come in place of units of this one.",
    )
    isOpen: ClassVar[filters.Filter] = StrictBooleanFilter(
        method="which_are_open",
        help_text="`true`: only lines of which units remain; `false`: only lines of which none do.",
    )
    search: ClassVar[filters.Filter] = StrictCharFilter(
        method="with_words", max_length=100, help_text="Only lines whose SKU, title or note has this in it."
    )
    sort: ClassVar[filters.Filter] = SortFilter(
        orders={
            "position": ("position",),
            "sku": ("sku__code_key",),
            "requested": ("requested",),
            "approved": ("approved",),
            "fulfilled": ("fulfilled",),
        }
    )

    def of_sku(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(sku__code_key=sku_key(value))

    def which_are_open(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        open_lines = rows.alias(units_left=remaining_units())
        return open_lines.filter(units_left__gt=0) if value else open_lines.filter(units_left=0)

    def with_words(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(
            Q(sku__code_key__contains=sku_key(value))
            | Q(sku__title__icontains=value)
            | Q(note__icontains=value)
        )
