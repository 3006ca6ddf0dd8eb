"""What the requests that somebody sees can be narrowed to, and how many there are of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import CharField, Count, F, QuerySet
from django.db.models.functions import Coalesce

from inventory.models import Category
from stock_requests.models import Department, Priority, RequestState, Stocklist, StockRequest
from warehouses.identifiers import encode
from warehouses.models import Warehouse

__all__ = ["MOST_OPTIONS", "Option", "filter_options"]

#: Of one filter. A list that is longer is one to be searched.
MOST_OPTIONS: Final = 200

#: Filter → column, type of id, and what names its records.
_RECORDS: Final = {
    "fromLocations": ("from_warehouse", Warehouse.prefix),
    "toLocations": ("to_warehouse", Warehouse.prefix),
    "departments": ("department", Department.prefix),
    "categories": ("category", Category.prefix),
    "stocklists": ("stocklist", Stocklist.prefix),
}


@dataclass(frozen=True, slots=True)
class Option:
    """A `value` as the filter takes it, what people call it, and how many requests it leaves."""

    value: str
    label: str
    count: int


def filter_options(requests: QuerySet[StockRequest]) -> Mapping[str, Sequence[Option]]:
    """The options by filter: every status and priority, of the others those that occur, by label. Eight queries."""
    requests = requests.order_by()
    states = _counts(requests, "state")
    priorities = _counts(requests, "priority")
    return {
        "statuses": [
            Option(state.value, str(state.label), states.get(state.value, 0)) for state in RequestState
        ],
        "priorities": [
            Option(priority.word, str(priority.label), priorities.get(priority.value, 0))
            for priority in Priority
        ],
        **{name: _of_records(requests, *column) for name, column in _RECORDS.items()},
        "requesters": _requesters(requests),
    }


def _counts(requests: QuerySet[StockRequest], column: str) -> dict[Any, int]:
    rows: Iterable[Any] = requests.values_list(column).annotate(count=Count("pk"))
    return dict(rows)


def _of_records(requests: QuerySet[StockRequest], column: str, prefix: str) -> list[Option]:
    named = requests.filter(**{f"{column}__isnull": False})
    rows: Iterable[Any] = (
        named.values_list(column, f"{column}__name")
        .annotate(count=Count("pk"))
        .order_by(f"{column}__name", column)[:MOST_OPTIONS]
    )
    return [Option(encode(prefix, key), name, count) for key, name, count in rows]


def _requesters(requests: QuerySet[StockRequest]) -> list[Option]:
    """By the name that requests are shown with: the person's, or that of the key that nobody is behind."""
    who = Coalesce(F("requested_by__email"), F("actor_name"), output_field=CharField())
    rows: Iterable[Any] = (
        requests.annotate(who=who).values_list("who").annotate(count=Count("pk")).order_by("who")
    )[:MOST_OPTIONS]
    return [Option(name, name, count) for name, count in rows]
