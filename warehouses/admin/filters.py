"""List filters that offer the organization's own rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.filters import RelatedFieldListFilter
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RelatedDropdownFilter,
)

__all__ = ["AutocompleteFilter", "ChoicesFilter", "OwnRows", "RelatedFilter"]

#: A drop-down with more than this is of no use to anyone: `AutocompleteFilter` is for those.
_LIMIT = 200


class OwnRows(RelatedFieldListFilter):
    """Marks a related filter that lists nobody else's rows."""


class RelatedFilter(OwnRows, RelatedDropdownFilter):
    """A drop-down of the related rows that the caller may see."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[Any]:
        model = field.remote_field.model
        label = model_admin.label_of(model)
        rows = model_admin.choices_of(request, model)
        return [(row.pk, label(row)) for row in rows[:_LIMIT]]


class AutocompleteFilter(OwnRows, AutocompleteSelectFilter):
    """A search field for the related row; also what a query string has already chosen is looked up among one's own."""

    def choices(self, changelist: ChangeList) -> Any:
        choices: Iterator[Any] = super().choices(changelist)
        for choice in choices:
            field = choice["form"].fields[self.lookup_kwarg]
            model = self.field.remote_field.model
            field.queryset = self.model_admin.choices_of(self.request, model)
            field.label_from_instance = self.model_admin.label_of(model)
            yield choice


class ChoicesFilter(ChoicesDropdownFilter):
    """A drop-down of a field's choices."""
