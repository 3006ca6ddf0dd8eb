"""What rules and replenishments can be filtered and sorted by."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, QuerySet
from django_filters import filters

from inventory.models import (
    Category,
    ReplenishmentRule,
    ReplenishmentSource,
    ReplenishmentState,
    Sku,
    Transfer,
    sku_key,
)
from warehouses.http.filters import (
    SortFilter,
    StrictBooleanFilter,
    StrictCharFilter,
    StrictChoiceFilter,
    StrictDateFilter,
    StrictFilterSet,
    TypeIdFilter,
)
from warehouses.http.moments import EndFilter, MomentFilterSet, StartFilter

__all__ = ["ConfigFilters", "ReplenishmentFilters"]


class ConfigFilters(StrictFilterSet):
    """Over stock levels."""

    sku: ClassVar[filters.Filter] = StrictCharFilter(
        method="of_code", help_text="Only the SKU of this code, in any capitals."
    )
    categoryId: ClassVar[filters.Filter] = TypeIdFilter(
        Category.prefix, field_name="sku__product__category", help_text="Only SKUs of this category."
    )
    isDefault: ClassVar[filters.Filter] = StrictBooleanFilter(
        method="by_default",
        help_text="Only those that nobody has set (`true`), or that somebody has (`false`).",
    )
    sort: ClassVar[filters.Filter] = SortFilter(
        orders={"sku": ("sort_code",), "location": ("warehouse__name", "sort_code")}
    )

    def of_code(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(sort_code=sku_key(value))

    def by_default(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        rule = ReplenishmentRule.objects.filter(sku=OuterRef("sku"), warehouse=OuterRef("warehouse"))
        return rows.filter(~Exists(rule) if value else Exists(rule))


class ReplenishmentFilters(MomentFilterSet):
    moment_column = "created_at"

    state: ClassVar[filters.Filter] = StrictChoiceFilter(
        choices=ReplenishmentState.choices, help_text="Only those in this state."
    )
    sku: ClassVar[filters.Filter] = StrictCharFilter(
        method="of_code", help_text="Only those of the SKU of this code, in any capitals."
    )
    skuId: ClassVar[filters.Filter] = TypeIdFilter(
        Sku.prefix, field_name="sku", help_text="Only those of this SKU."
    )
    categoryId: ClassVar[filters.Filter] = TypeIdFilter(
        Category.prefix, field_name="sku__product__category", help_text="Only SKUs of this category."
    )
    sourceType: ClassVar[filters.Filter] = StrictChoiceFilter(
        field_name="source_type", choices=ReplenishmentSource.choices, help_text="Only from such a source."
    )
    supplier: ClassVar[filters.Filter] = StrictCharFilter(
        field_name="supplier", lookup_expr="iexact", help_text="Only from the supplier of this name."
    )
    transferId: ClassVar[filters.Filter] = TypeIdFilter(
        Transfer.prefix,
        field_name="transfer_line__transfer",
        help_text="Only those that this transfer brings.",
    )
    referenceId: ClassVar[filters.Filter] = StrictCharFilter(
        field_name="reference", max_length=120, help_text="Only those with this number of yours."
    )
    expectedBy: ClassVar[filters.Filter] = StrictDateFilter(
        field_name="expected_on",
        lookup_expr="lte",
        help_text="Only those that are expected on this day or before it.",
    )
    startDate: ClassVar[filters.Filter] = StartFilter()
    endDate: ClassVar[filters.Filter] = EndFilter()
    sort: ClassVar[filters.Filter] = SortFilter(
        orders={"createdAt": ("created_at",), "sku": ("sku__code_key",), "quantity": ("quantity",)}
    )

    def of_code(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(sku__code_key=sku_key(value))
