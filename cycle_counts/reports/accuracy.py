"""How right the books were: by week and class, in lines, units and value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any, Final

from django.db.models import Count, DecimalField, F, Q, QuerySet, Sum
from django.db.models.functions import Abs, TruncWeek

from cycle_counts.models import BatchState, CountLine, LineState
from cycle_counts.rights import COUNT, may_see_book, places_with_book
from warehouses.access import Access
from warehouses.models import Warehouse
from warehouses.refusals import Forbidden, InvalidInput, NotFound, Problem

__all__ = ["MOST_WEEKS", "AccuracyRow", "accuracy"]

MOST_WEEKS: Final = 520
_READ: Final = "inventory.read"
_MONEY: Any = DecimalField(max_digits=30, decimal_places=4)
_NOTHING: Final = Decimal(0)
_HUNDREDTH: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class AccuracyRow:
    """One class in one week, which begins on a Monday; the class is empty for all together, those without one too.

    `hits` are the lines that were exact. What the books held in all is what was `expected`, and by so much, over and
    short added up, they were `off`. Rates are in percent, None where there is nothing that they could be of, and never
    rounded up: only what is all right is 100.
    """

    week: date
    abc_class: str
    lines: int = 0
    hits: int = 0
    units_expected: int = 0
    units_off: int = 0
    value_expected: Decimal = _NOTHING
    value_off: Decimal = _NOTHING

    @property
    def hit_rate(self) -> Decimal | None:
        return _percent(Decimal(self.hits), Decimal(self.lines))

    @property
    def unit_accuracy(self) -> Decimal | None:
        return _accuracy(Decimal(self.units_off), Decimal(self.units_expected))

    @property
    def value_accuracy(self) -> Decimal | None:
        return _accuracy(self.value_off, self.value_expected)


def accuracy(
    *,
    access: Access,
    warehouse: Warehouse | None = None,
    weeks: int = 12,
    until: date | None = None,
) -> list[AccuracyRow]:
    """The accuracy of the accepted lines of counts that were resolved in the `weeks` up to that of `until`, or now.

    By week, in the organization's time zone, and class, the classes of a week in their order and then all together; a
    week in which nothing was resolved has no rows. Of the warehouses where the caller may know what the books say. One
    query.

    Raises Forbidden `PERMISSION_DENIED`, NotFound `WAREHOUSE_NOT_FOUND`, InvalidInput `INVALID_INPUT`.
    """
    access.require(COUNT)
    if not 1 <= weeks <= MOST_WEEKS:
        detail = f"Weeks are from 1 to {MOST_WEEKS}."
        problem = Problem("INVALID_INPUT", detail, field="weeks")
        raise InvalidInput("INVALID_INPUT", detail, problems=[problem])
    organization = access.organization
    zone = organization.zone
    last = until or organization.today()
    monday = last - timedelta(days=last.weekday())
    first, end = monday - timedelta(weeks=weeks - 1), monday + timedelta(weeks=1)
    closed = [datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC) for day in (first, end)]
    rows = _lines(access, warehouse).filter(batch__closed_at__gte=closed[0], batch__closed_at__lt=closed[1])
    value = F("unit_cost")
    found: Iterable[Any] = (
        rows.annotate(week=TruncWeek("batch__closed_at", tzinfo=zone))
        .values("week", "abc_class")
        .annotate(
            lines=Count("pk"),
            hits=Count("pk", filter=Q(variance=0)),
            units_expected=Sum("expected", default=0),
            units_off=Sum(Abs("variance"), default=0),
            value_expected=Sum(F("expected") * value, default=_NOTHING, output_field=_MONEY),
            value_off=Sum(Abs("variance") * value, default=_NOTHING, output_field=_MONEY),
        )
    )
    sums: dict[tuple[date, str], dict[str, Any]] = defaultdict(lambda: dict.fromkeys(_SUMMED, 0))
    for row in found:
        week = row["week"].date()
        for letter in {row["abc_class"], ""}:
            for name in _SUMMED:
                sums[week, letter][name] += row[name]
    return [
        AccuracyRow(week, letter, **{name: _plain(name, total) for name, total in sums[week, letter].items()})
        for week, letter in sorted(sums, key=lambda key: (key[0], key[1] or "Z"))
    ]


_SUMMED: Final = tuple(each.name for each in fields(AccuracyRow) if each.name not in ("week", "abc_class"))


def _lines(access: Access, warehouse: Warehouse | None) -> QuerySet[CountLine]:
    """Raises Forbidden `PERMISSION_DENIED`, NotFound `WAREHOUSE_NOT_FOUND`."""
    rows = CountLine.objects.order_by().filter(
        batch__organization=access.organization,
        batch__state=BatchState.RESOLVED,
        state=LineState.ACCEPTED,
        variance__isnull=False,
    )
    if warehouse is None:
        places = places_with_book(access)
        if places is None:
            return rows
        if not places:
            raise _denied("anywhere")
        return rows.filter(batch__warehouse__in=places)
    if warehouse.organization_id != access.organization.pk:
        raise NotFound("WAREHOUSE_NOT_FOUND", "There is no such warehouse.")
    if not may_see_book(access, warehouse.pk):
        raise _denied(f"in {warehouse.name}")
    return rows.filter(batch__warehouse=warehouse)


def _denied(where: str) -> Forbidden:
    detail = f"You may not see what the books say {where}."
    return Forbidden("PERMISSION_DENIED", detail, extra={"missing": [_READ]})


def _percent(part: Decimal, whole: Decimal) -> Decimal | None:
    return (part * 100 / whole).quantize(_HUNDREDTH, ROUND_DOWN) if whole else None


def _accuracy(off: Decimal, expected: Decimal) -> Decimal | None:
    """Where more is wrong than there should be, nothing is right."""
    return _percent(max(expected - off, _NOTHING), expected)


def _plain(name: str, total: Any) -> Any:
    """PostgreSQL adds bigints up to a numeric, and nothing is a whole number here."""
    return Decimal(total) if name.startswith("value") else int(total)
