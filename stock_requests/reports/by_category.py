"""Stock requests by their category: how many, of how much, and how far they have come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from inventory.models import Category
from stock_requests.models import RequestLine, RequestState, StockRequest
from stock_requests.totals import remaining_units, value_of_lines
from warehouses.identifiers import encode

__all__ = ["CategorySums", "sums_by_category"]

_NOTHING: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class CategorySums:
    """What requests of one category come to; `category_id` and `name` are None for those of none."""

    category_id: UUID | None
    name: str | None
    requests: int
    by_status: Mapping[str, int]
    lines: int = 0
    requested: int = 0
    approved: int = 0
    fulfilled: int = 0
    remaining: int = 0
    value: Decimal = field(default=_NOTHING)

    @property
    def public_id(self) -> str | None:
        return encode(Category.prefix, self.category_id) if self.category_id is not None else None


def sums_by_category(requests: QuerySet[StockRequest]) -> list[CategorySums]:
    """The sums of `requests`, in no order: each request counts for its own category. Two queries.

    The database adds up, so there are as many rows as categories, however many requests.
    """
    requests = requests.order_by()
    states = {state.value: Count("pk", filter=Q(state=state.value)) for state in RequestState}
    counted: Iterable[Any] = requests.values("category_id", "category__name").annotate(
        requests=Count("pk"), **{f"in_{state}": count for state, count in states.items()}
    )
    lines: Iterable[Any] = (
        RequestLine.objects.order_by()
        .filter(request__in=requests.values("pk"))
        .values("request__category_id")
        .annotate(
            line_count=Count("pk"),
            value=value_of_lines(),
            units_requested=Sum("requested"),
            units_approved=Sum("approved", default=0),
            units_fulfilled=Sum("fulfilled"),
            units_remaining=Sum(remaining_units()),
        )
    )
    sums = {row["request__category_id"]: row for row in lines}
    return [
        CategorySums(
            category_id=row["category_id"],
            name=row["category__name"],
            requests=row["requests"],
            by_status={state: row[f"in_{state}"] for state in states},
            **_of_lines(sums.get(row["category_id"])),
        )
        for row in counted
    ]


def _of_lines(row: Mapping[str, Any] | None) -> dict[str, Any]:
    if row is None:
        return {}
    return {
        "lines": row["line_count"],
        "value": row["value"],
        **{name: int(row[f"units_{name}"]) for name in ("requested", "approved", "fulfilled", "remaining")},
    }
