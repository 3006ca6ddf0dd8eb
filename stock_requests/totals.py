"""What the lines of a request come to: its units, by what became of them, and what they are worth.

Each figure is said once, as an expression over lines: lists are filtered and sorted by the one that pages show.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, DecimalField, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from stock_requests.models import RequestLine, StockRequest

__all__ = ["Totals", "remaining_units", "totals_of", "value_of_lines", "with_value"]

_MONEY: Any = DecimalField(max_digits=30, decimal_places=4)
_NOTHING: Final = Decimal(0)
_SUMMED: Final = "requested approved picked fulfilled substituted back_ordered closed".split()


@dataclass(frozen=True, slots=True)
class Totals:
    """Units over all lines, those of substitutes too. `approved` is None until somebody has approved.

    `value` is at the SKUs' unit cost, where they have one: of what was asked for, or of what comes instead of it.
    """

    lines: int = 0
    requested: int = 0
    approved: int | None = None
    picked: int = 0
    fulfilled: int = 0
    substituted: int = 0
    back_ordered: int = 0
    closed: int = 0
    remaining: int = 0
    value: Decimal = _NOTHING


def totals_of(keys: Collection[UUID]) -> dict[UUID, Totals]:
    """The totals of requests, by their keys; all are 0 where a request has no lines. One query, none without keys."""
    if not keys:
        return {}
    sums = {name: Sum(name) for name in _SUMMED} | {"remaining": Sum(remaining_units())}
    rows: Iterable[Any] = (
        RequestLine.objects.order_by()
        .filter(request__in=set(keys))
        .values("request")
        .annotate(
            line_count=Count("pk"),
            value=value_of_lines(),
            **{f"all_{name}": total for name, total in sums.items()},
        )
    )
    found = {
        row["request"]: Totals(
            lines=row["line_count"],
            value=row["value"],
            **{name: _whole(row[f"all_{name}"]) for name in sums},
        )
        for row in rows
    }
    return {key: found.get(key, Totals()) for key in keys}


def remaining_units() -> Any:
    """`RequestLine.remaining` over the columns of lines."""
    return F("requested") - F("fulfilled") - F("substituted") - F("back_ordered") - F("closed")


def value_of_lines(prefix: str = "") -> Any:
    """What lines are worth together; `prefix` leads to them. What substitutes stand for is counted with these."""
    units = F(f"{prefix}requested") - F(f"{prefix}substituted")
    total = Sum(units * F(f"{prefix}sku__unit_cost"), output_field=_MONEY)
    return Coalesce(total, _NOTHING, output_field=_MONEY)


def with_value(requests: QuerySet[StockRequest]) -> QuerySet[Any]:
    """The requests with what they are worth as `value`, to filter and sort by."""
    lines = RequestLine.objects.order_by().filter(request=OuterRef("pk"))
    worth = Subquery(lines.values("request").annotate(worth=value_of_lines()).values("worth"))
    return requests.annotate(value=Coalesce(worth, _NOTHING, output_field=_MONEY))


def _whole(units: Any) -> Any:
    """PostgreSQL adds bigints up to a numeric."""
    return None if units is None else int(units)
