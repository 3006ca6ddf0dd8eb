"""What several lists of requests and of stocklists are filtered by."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from stock_requests.models import Priority, RequestState
from warehouses.http.filters import StrictChoiceFilter, StrictChoicesFilter

__all__ = ["PriorityFilter", "StatusesFilter"]

Row = TypeVar("Row", bound=Model)


class StatusesFilter(StrictChoicesFilter):
    """One status, or several with commas between them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, choices=RequestState.values, **kwargs)


class PriorityFilter(StrictChoiceFilter):
    """A priority, by its word."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, choices=Priority.words(), **kwargs)

    def filter(self, qs: QuerySet[Row], value: str | None) -> QuerySet[Row]:
        if not value:
            return qs
        found: QuerySet[Row] = super().filter(qs, Priority.of(value))
        return found
