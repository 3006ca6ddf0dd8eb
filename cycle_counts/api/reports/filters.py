"""What classes and accuracy can be asked for by."""

from __future__ import annotations

from typing import ClassVar

from django_filters import filters

from cycle_counts.models import AbcClass
from warehouses.http.filters import (
    StrictBooleanFilter,
    StrictCharFilter,
    StrictChoiceFilter,
    StrictDateFilter,
    StrictFilterSet,
    StrictIntegerFilter,
)

__all__ = ["AccuracyFilters", "ClassFilters"]


class ClassFilters(StrictFilterSet):
    """Read with `values`: the rows are narrowed by `cycle_counts.abc`."""

    abcClass: ClassVar[filters.Filter] = StrictChoiceFilter(
        choices=AbcClass.choices, help_text="Only SKUs of this class."
    )
    dueOnly: ClassVar[filters.Filter] = StrictBooleanFilter(
        help_text="`true`: only SKUs whose next count is due."
    )
    search: ClassVar[filters.Filter] = StrictCharFilter(
        max_length=100, help_text="Only SKUs whose code or title has this in it."
    )


class AccuracyFilters(StrictFilterSet):
    """Read with `values`."""

    weeks: ClassVar[filters.Filter] = StrictIntegerFilter(
        min_value=1, max_value=104, help_text="How many weeks; 12 unless given."
    )
    until: ClassVar[filters.Filter] = StrictDateFilter(
        help_text="A day of the last week; today unless given."
    )
