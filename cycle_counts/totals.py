"""What the lines of a batch come to: how far the counting is, what was decided, and what the differences are worth.

Whoever shows them asks `cycle_counts.blindness` first: of a blind batch nothing but the progress may be told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, DecimalField, F, Max, Min, Q, Sum

from cycle_counts.models import CountLine, LineState

__all__ = ["Totals", "totals_of"]

_MONEY: Any = DecimalField(max_digits=30, decimal_places=4)
_NOTHING: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Totals:
    """Lines, units, and values at the cost that the SKUs had when they were counted.

    `counted` are the lines that somebody has counted, whatever was decided since, `pending` those that wait for it,
    `found` those that nobody had planned. `undecided`, `accepted` (of them `within` the tolerance, by themselves),
    `recount` and `ignored` are what the review has come to. Units and values, and the `differences` (the lines that are
    not exact), are of the lines that are accepted or may still be: of the others nothing is posted.
    """

    lines: int = 0
    pending: int = 0
    counted: int = 0
    found: int = 0
    undecided: int = 0
    accepted: int = 0
    within: int = 0
    recount: int = 0
    ignored: int = 0
    differences: int = 0
    units_expected: int = 0
    units_counted: int = 0
    units_over: int = 0
    units_short: int = 0
    value_over: Decimal = _NOTHING
    value_short: Decimal = _NOTHING
    counters: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None

    @property
    def units_net(self) -> int:
        return self.units_over - self.units_short

    @property
    def value_net(self) -> Decimal:
        return self.value_over - self.value_short


def totals_of(batch_ids: Collection[UUID]) -> dict[UUID, Totals]:
    """The totals of batches, by their keys; all are 0 where a batch has no lines. One query, none without keys."""
    if not batch_ids:
        return {}
    rows: Iterable[Any] = (
        CountLine.objects.order_by().filter(batch__in=set(batch_ids)).values("batch").annotate(**_figures())
    )
    found = {row.pop("batch"): Totals(**{name[1:]: _plain(name, row[name]) for name in row}) for row in rows}
    return {key: found.get(key, Totals()) for key in batch_ids}


def _figures() -> dict[str, Any]:
    """By the names of the totals, each behind an underscore: some are names of the lines' columns too."""
    posted = Q(state__in=(LineState.COUNTED, LineState.ACCEPTED))
    with_book = posted & Q(variance__isnull=False)
    over, short = posted & Q(variance__gt=0), posted & Q(variance__lt=0)
    counted = Q(counted__isnull=False)
    value = F("variance") * F("unit_cost")
    return {
        "_lines": Count("pk"),
        "_pending": Count("pk", filter=Q(state=LineState.PENDING)),
        "_counted": Count("pk", filter=counted),
        "_found": Count("pk", filter=Q(is_found=True)),
        "_undecided": Count("pk", filter=Q(state=LineState.COUNTED)),
        "_accepted": Count("pk", filter=Q(state=LineState.ACCEPTED)),
        "_within": Count("pk", filter=Q(state=LineState.ACCEPTED, is_within=True)),
        "_recount": Count("pk", filter=Q(state=LineState.RECOUNT)),
        "_ignored": Count("pk", filter=Q(state=LineState.IGNORED)),
        "_differences": Count("pk", filter=posted & ~Q(variance=0) & Q(variance__isnull=False)),
        "_units_expected": Sum("expected", filter=with_book, default=0),
        "_units_counted": Sum("counted", filter=with_book, default=0),
        "_units_over": Sum("variance", filter=over, default=0),
        "_units_short": Sum(-F("variance"), filter=short, default=0),
        "_value_over": Sum(value, filter=over, default=_NOTHING, output_field=_MONEY),
        "_value_short": Sum(-value, filter=short, default=_NOTHING, output_field=_MONEY),
        "_counters": Count("counter_id", distinct=True, filter=counted),
        "_first_at": Min("counted_at"),
        "_last_at": Max("counted_at"),
    }


def _plain(name: str, value: Any) -> Any:
    """PostgreSQL adds bigints up to a numeric."""
    return int(value) if isinstance(value, Decimal) and not name.startswith("_value") else value
