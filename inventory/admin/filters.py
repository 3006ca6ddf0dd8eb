"""List filters over computed columns, which Django would offer by looking through every row for their values."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter

from inventory.formulas import StockStatus

__all__ = ["BelowReorderPointFilter", "StatusFilter", "SummaryStatusFilter"]


class StatusFilter(DropdownFilter):
    title = "status"
    parameter_name = "status"
    column: ClassVar[str] = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(status.value, str(status.label)) for status in StockStatus]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.column: self.value()}) if self.value() else queryset


class SummaryStatusFilter(StatusFilter):
    """The status of a SKU over all its warehouses."""

    column = "summary__status"


class BelowReorderPointFilter(DropdownFilter):
    title = "reorder point"
    parameter_name = "low"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Below"), ("no", "At or above")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(is_low=self.value() == "yes") if self.value() else queryset
