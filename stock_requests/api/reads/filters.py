"""What the readings of many requests, and of what can be asked for, are filtered and sorted by."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, ClassVar, Final

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import F, Q, QuerySet
from django_filters import filters

from inventory.models import Category, sku_key
from stock_requests.api.filters import PriorityFilter, StatusesFilter
from stock_requests.models import Stocklist
from stock_requests.reports.product_search import in_stock, searched
from stock_requests.totals import with_value
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
from warehouses.identifiers import decode
from warehouses.models import Warehouse

__all__ = ["CATEGORY_SORTS", "CategoryFilters", "PendingFilters", "ProductFilters", "StocklistStockFilters"]

_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,4})?")
#: By which of its figures a row of a category is sorted.
CATEGORY_SORTS: Final = {
    "name": "name",
    "requests": "requests",
    "requested": "requested",
    "fulfilled": "fulfilled",
    "remaining": "remaining",
    "value": "value",
}


class AmountField(forms.Field):
    def to_python(self, value: Any) -> Decimal | None:
        if value in self.empty_values:
            return None
        if not _AMOUNT.fullmatch(str(value)):
            raise ValidationError(
                "Give an amount such as 12.90, with at most 12 digits before the point and 4 after.",
                code="invalid",
            )
        return Decimal(str(value))


class AmountFilter(filters.Filter):
    field_class = AmountField


class RowSort(SortFilter):
    """Sorts rows that are added up from those that are filtered: the view does it, by the name."""

    def filter(self, qs: QuerySet[Any], value: str | None) -> QuerySet[Any]:
        return qs


class PendingSort(SortFilter):
    """`age` is the time since submitting. What is needed on no day comes last, whichever way the list is turned."""

    def filter(self, qs: QuerySet[Any], value: str | None) -> QuerySet[Any]:
        if not value:
            return qs
        is_turned, name = value.startswith("-"), value.removeprefix("-")
        # Who is older was submitted sooner.
        column = F({"age": "submitted_at", "neededBy": "needed_by"}.get(name, name))
        is_down = is_turned != (name == "age")
        order = column.desc(nulls_last=True) if is_down else column.asc(nulls_last=True)
        return qs.order_by(order, "-pk" if is_turned else "pk")


class CategoryFilters(MomentFilterSet):
    moment_column = "created_at"

    status: ClassVar[filters.Filter] = StatusesFilter(
        field_name="state",
        lookup_expr="in",
        help_text="Only requests in this status, or in one of several: `draft,submitted`.",
    )
    locationId: ClassVar[filters.Filter] = EitherEndFilter(
        help_text="Only requests from or to this location."
    )
    priority: ClassVar[filters.Filter] = PriorityFilter(help_text="Only requests of this priority.")
    startDate: ClassVar[filters.Filter] = StartFilter()
    endDate: ClassVar[filters.Filter] = EndFilter()
    sort: ClassVar[filters.Filter] = RowSort(
        orders={name: (name,) for name in CATEGORY_SORTS},
        help_text="Sorted by this, with a minus before it the other way round; by name if left out.",
    )


class PendingFilters(StrictFilterSet):
    locationId: ClassVar[filters.Filter] = TypeIdFilter(
        Warehouse.prefix, field_name="from_warehouse", help_text="Only requests from this location."
    )
    priority: ClassVar[filters.Filter] = PriorityFilter(help_text="Only requests of this priority.")
    categoryId: ClassVar[filters.Filter] = TypeIdFilter(
        Category.prefix, field_name="category", help_text="Only requests of this category."
    )
    requester: ClassVar[filters.Filter] = StrictCharFilter(
        method="of_requester",
        max_length=254,
        help_text="Only requests of this person or key: the name as shown.",
    )
    minValue: ClassVar[filters.Filter] = AmountFilter(
        field_name="value", lookup_expr="gte", help_text="Only requests that are worth so much or more."
    )
    maxValue: ClassVar[filters.Filter] = AmountFilter(
        field_name="value", lookup_expr="lte", help_text="Only requests that are worth so much or less."
    )
    neededBefore: ClassVar[filters.Filter] = StrictDateFilter(
        field_name="needed_by",
        lookup_expr="lte",
        help_text="Only requests that are needed on this day or sooner.",
    )
    sort: ClassVar[filters.Filter] = PendingSort(
        orders={name: (name,) for name in ("age", "value", "priority", "neededBy")},
        help_text="Sorted by this, with a minus before it the other way round; the most urgent first, and of these the "
        "oldest, if left out.",
    )

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        given = self.form.cleaned_data
        is_asked = (given["sort"] or "").removeprefix("-") == "value"
        is_asked = is_asked or any(given[name] is not None for name in ("minValue", "maxValue"))
        return super().filter_queryset(with_value(queryset) if is_asked else queryset)

    def of_requester(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        by_key = Q(requested_by__isnull=True, actor_name=value)
        return rows.filter(Q(requested_by__email__iexact=value) | by_key)


class ProductFilters(StrictFilterSet):
    """Over SKUs. `sort` comes last, and has the last word over the order in which a search finds them."""

    q: ClassVar[filters.Filter] = StrictCharFilter(
        method="found",
        max_length=100,
        help_text="Only the SKU with this barcode, which comes first, and those whose code begins with this; where "
        "there is none, those that have all of its words in their title.",
    )
    categoryId: ClassVar[filters.Filter] = TypeIdFilter(
        Category.prefix, field_name="product__category_id", help_text="Only SKUs of this category's products."
    )
    inStock: ClassVar[filters.Filter] = StrictBooleanFilter(
        method="there",
        help_text="`true`: only SKUs with units on hand at the location; `false`: only those without.",
    )
    sort: ClassVar[filters.Filter] = SortFilter(
        orders={"sku": ("code_key",), "title": ("title",)},
        help_text="Sorted by this, with a minus before it the other way round; by code if left out.",
    )

    def found(self, skus: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        organization = require_access(self.request).organization
        return searched(skus, organization=organization, term=value)

    def there(self, skus: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        key = decode(Warehouse.prefix, self.data.get("locationId", ""))
        return skus.none() if key is None else in_stock(skus, warehouse_id=key, is_there=value)


class StocklistStockFilters(StrictFilterSet):
    """Over the lines of stocklists."""

    stocklistId: ClassVar[filters.Filter] = TypeIdFilter(
        Stocklist.prefix, field_name="stocklist", help_text="Only lines of this stocklist."
    )
    locationId: ClassVar[filters.Filter] = TypeIdFilter(
        Warehouse.prefix,
        field_name="stocklist__from_warehouse",
        help_text="Only lines of stocklists that ask for goods of this location.",
    )
    toLocationId: ClassVar[filters.Filter] = TypeIdFilter(
        Warehouse.prefix,
        field_name="stocklist__to_warehouse",
        help_text="Only lines of stocklists whose goods go to this location.",
    )
    search: ClassVar[filters.Filter] = StrictCharFilter(
        method="found",
        max_length=100,
        help_text="Only lines whose SKU's code begins with this, or that have it in its title or in the stocklist's "
        "name.",
    )
    sort: ClassVar[filters.Filter] = SortFilter(
        orders={
            "stocklistName": ("stocklist__name", "position"),
            "sku": ("sku__code_key",),
            "quantity": ("quantity",),
        },
        help_text="Sorted by this, with a minus before it the other way round; by stocklist if left out.",
    )

    def found(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        word = value.strip()
        return rows.filter(
            Q(sku__code_key__startswith=sku_key(word))
            | Q(sku__title__icontains=word)
            | Q(stocklist__name__icontains=word)
        )
