"""Query parameters, strictly: unknown, repeated, empty and unreadable ones are 400 and named.

django-filter ignores what it does not know, so that a misspelt filter answers with everything there is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, QueryDict

from warehouses.http.faults import invalid_parameters
from warehouses.http.texts import QUERY_CONTROL
from warehouses.identifiers import decode
from warehouses.models import Warehouse

__all__ = [
    "EitherEndFilter",
    "SortFilter",
    "StrictBooleanFilter",
    "StrictCharFilter",
    "StrictChoiceFilter",
    "StrictChoicesFilter",
    "StrictDateFilter",
    "StrictFilterSet",
    "StrictIntegerFilter",
    "TypeIdFilter",
    "check_parameters",
    "is_true",
]

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
Row = TypeVar("Row", bound=Model)


def check_parameters(query: QueryDict, known: Collection[str]) -> None:
    """Raise 400 naming every parameter that is not `known`, is there twice, is empty, or holds control characters."""
    faults = []
    for name, values in query.lists():
        if name not in known:
            faults.append((name, "UNKNOWN_PARAMETER", "There is no such parameter here."))
        elif len(values) > 1:
            faults.append((name, "REPEATED", "Give this parameter once."))
        elif not values[0].strip():
            faults.append((name, "BLANK", "Give a value, or leave the parameter out."))
        elif QUERY_CONTROL.search(values[0]):
            faults.append((name, "INVALID", "Control characters are not allowed here."))
    if faults:
        raise invalid_parameters(faults)


def is_true(text: str) -> bool:
    """Whether the text of a boolean parameter, which has been found to be one, says yes."""
    return text in {"true", "1"}


class _BooleanField(forms.Field):
    def to_python(self, value: Any) -> bool | None:
        if value in self.empty_values:
            return None
        if is_true(str(value)):
            return True
        if value in {"false", "0"}:
            return False
        raise ValidationError("Give true or false.", code="invalid")


class _IntegerField(forms.IntegerField):
    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        if not _INTEGER.fullmatch(str(value)):
            raise ValidationError("Give a whole number.", code="invalid")
        return int(value)


class _ChoicesField(forms.Field):
    """One of `choices`, or several with commas between them."""

    def __init__(self, *, choices: Iterable[str], **kwargs: Any) -> None:
        self.choices = tuple(choices)
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> list[str]:
        if value in self.empty_values:
            return []
        found = str(value).split(",")
        if not set(found) <= set(self.choices):
            words = f"Give one or several of {', '.join(self.choices)}, with commas between them."
            raise ValidationError(words, code="invalid_choice")
        return found


class _DateField(forms.DateField):
    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value and not _DATE.fullmatch(value):
            raise ValidationError("Give a day of the calendar, as in 2026-01-27.", code="invalid")
        return super().to_python(value)


class StrictBooleanFilter(django_filters.Filter):
    """`true`, `false`, `1` or `0`. With `method`, the method is called with a bool."""

    field_class = _BooleanField


class StrictIntegerFilter(django_filters.Filter):
    """ASCII digits; give `min_value` and `max_value`."""

    field_class = _IntegerField

    def __init__(
        self, *args: Any, min_value: int = -(2**31), max_value: int = 2**31 - 1, **kwargs: Any
    ) -> None:
        super().__init__(*args, min_value=min_value, max_value=max_value, **kwargs)


class StrictCharFilter(django_filters.CharFilter):
    def __init__(self, *args: Any, max_length: int = 255, **kwargs: Any) -> None:
        super().__init__(*args, max_length=max_length, **kwargs)


class StrictChoiceFilter(django_filters.ChoiceFilter):
    """One of `choices`, spelt exactly; the error lists them."""

    def __init__(self, *args: Any, choices: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        listed = list(choices)
        messages = {"invalid_choice": f"Give one of {', '.join(str(value) for value, _ in listed)}."}
        super().__init__(*args, choices=listed, error_messages=messages, **kwargs)


class StrictChoicesFilter(django_filters.Filter):
    """One of `choices`, or several with commas between them, spelt exactly; the error lists them."""

    field_class = _ChoicesField

    def __init__(self, *args: Any, choices: Iterable[str], **kwargs: Any) -> None:
        kwargs.setdefault("lookup_expr", "in")
        super().__init__(*args, choices=list(choices), **kwargs)


class SortFilter(StrictChoiceFilter):
    """`orders` maps the names that a list may be sorted by to columns; a minus before the name turns it around.

    The primary key breaks ties, so that a page never repeats a row of the one before.
    """

    def __init__(self, *args: Any, orders: Mapping[str, tuple[str, ...]], **kwargs: Any) -> None:
        self.orders = orders
        names = [name for order in orders for name in (order, f"-{order}")]
        kwargs.setdefault("help_text", "Sorted by this; with a minus before it, the other way round.")
        super().__init__(*args, choices=[(name, name) for name in names], **kwargs)

    def filter(self, qs: QuerySet[Row], value: str | None) -> QuerySet[Row]:
        if not value:
            return qs
        sign = "-" if value.startswith("-") else ""
        columns = self.orders[value.removeprefix("-")]
        return qs.order_by(*(f"{sign}{column}" for column in columns), f"{sign}pk")


class StrictDateFilter(django_filters.DateFilter):
    field_class = _DateField


class TypeIdFilter(django_filters.CharFilter):
    """A public id. One that is malformed matches nothing, like one that does not exist."""

    def __init__(self, prefix: str, *args: Any, **kwargs: Any) -> None:
        self.prefix = prefix
        super().__init__(*args, **kwargs)

    def filter(self, qs: QuerySet[Row], value: str | None) -> QuerySet[Row]:
        if not value:
            return qs
        decoded = decode(self.prefix, value)
        if decoded is None:
            return qs.none()
        narrowed: QuerySet[Row] = super().filter(qs, decoded)
        return narrowed


class EitherEndFilter(StrictCharFilter):
    """A location's public id: the rows that go from there or to there. One that is malformed matches nothing."""

    def filter(self, qs: QuerySet[Row], value: str | None) -> QuerySet[Row]:
        if not value:
            return qs
        place = decode(Warehouse.prefix, value)
        return qs.none() if place is None else qs.filter(Q(from_warehouse=place) | Q(to_warehouse=place))


class StrictFilterSet(django_filters.FilterSet):
    """A contract's filters. Declare them; `Meta.fields` stays empty, so that no column is filtered by accident."""

    @classmethod
    def parameters(cls) -> frozenset[str]:
        return frozenset(cls.base_filters)

    @classmethod
    def needs_nothing(cls) -> bool:
        """Whether a query without any of the parameters is one, and means all rows."""
        is_plain = cls.filter_queryset is django_filters.FilterSet.filter_queryset
        return is_plain and not any(declared.extra.get("required") for declared in cls.base_filters.values())

    @classmethod
    def apply(
        cls, queryset: QuerySet[Row], request: HttpRequest, *, besides: Collection[str] = ()
    ) -> QuerySet[Row]:
        """`queryset` filtered by the request's query; `besides` are parameters that others read, such as paging.

        Raises 400 `INVALID_REQUEST` naming every parameter that is at fault.
        """
        found: QuerySet[Row] = cls._checked(queryset, request, besides).qs
        return found

    @classmethod
    def values(
        cls, queryset: QuerySet[Any], request: HttpRequest, *, besides: Collection[str] = ()
    ) -> Mapping[str, Any]:
        """What the query asks for, by parameter, for rows that business code narrows. Raises as `apply` does.

        `queryset` is any of the model's; it is not asked.
        """
        given: Mapping[str, Any] = cls._checked(queryset, request, besides).form.cleaned_data
        return given

    @classmethod
    def _checked(
        cls, queryset: QuerySet[Any], request: HttpRequest, besides: Collection[str]
    ) -> StrictFilterSet:
        check_parameters(request.GET, cls.parameters() | frozenset(besides))
        filters = cls(request.GET, queryset, request=request)
        if not filters.is_valid():
            raise invalid_parameters(
                (name, (error.code or "invalid").upper(), " ".join(error.messages))
                for name, errors in filters.form.errors.as_data().items()
                for error in errors
            )
        return filters
