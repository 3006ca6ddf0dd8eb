"""How stock has moved over some days, and what it is worth: read from levels and ledger, nothing is stored.

All money is at today's unit costs; a SKU without one counts as worth nothing, and is counted. Quantities are in the
SKUs' base units. The clock is that of recording, as in `inventory.snapshots`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import (
    Case,
    Count,
    DateField,
    DecimalField,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, TruncDate

from inventory import statements
from inventory.consumption import consumption
from inventory.formulas import StockStatus, status_expression
from inventory.models import Category, Movement, Sku, StockLevel
from warehouses.access import Access
from warehouses.models import Organization, Warehouse
from warehouses.refusals import InvalidInput, Problem

__all__ = [
    "DEFAULT_DAYS",
    "MOST_DAYS",
    "Analytics",
    "DeadStock",
    "Mover",
    "Point",
    "ReasonSums",
    "Totals",
    "Turnover",
    "Window",
    "analyse",
    "window_of",
]

DEFAULT_DAYS: Final = 30
MOST_DAYS: Final = 366
#: A longer window is told week by week.
_DAILY: Final = 92
_LISTED: Final = 10
_TICK: Final = timedelta(microseconds=1)
#: No ledger is older; days before it are of no calendar that matters here.
_EARLIEST: Final = datetime(1970, 1, 2, tzinfo=UTC)
_NOTHING: Final = Decimal(0)
_MONEY: Final = DecimalField(max_digits=24, decimal_places=4)


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` on and before `end`; `first` and `last` are the organization's calendar days of it."""

    start: datetime
    end: datetime
    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Totals:
    """Now. SKUs by their status over the locations looked at; `without_cost` are those in stock that have none."""

    on_hand: int
    reserved: int
    held: int
    available: int
    value: Decimal
    skus: int
    in_stock: int
    low: int
    critical: int
    out_of_stock: int
    without_cost: int


@dataclass(frozen=True, slots=True)
class ReasonSums:
    code: str
    name: str
    units_in: int
    units_out: int
    movements: int


@dataclass(frozen=True, slots=True)
class Point:
    """Units on hand at the end of a day, of which the last may not be over, and what they cost today."""

    day: date
    units: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class Turnover:
    """What was consumed (`inventory.consumption`), against the mean of the values at the end of each day.

    `ratio` = `cost` / `average_value`: how often the stock was turned over in the window. `days_of_stock` = days of the
    window / `ratio`: how long the average stock would last. Both are None where there is nothing to divide by.
    """

    units: int
    cost: Decimal
    average_value: Decimal
    ratio: Decimal | None
    days_of_stock: Decimal | None


@dataclass(frozen=True, slots=True)
class Mover:
    sku_id: UUID
    code: str
    title: str
    units: int
    cost: Decimal | None
    on_hand: int


@dataclass(frozen=True, slots=True)
class DeadStock:
    """A SKU in stock of which nothing was consumed in the window; `last_out_at`: when it last was, if ever."""

    sku_id: UUID
    code: str
    title: str
    on_hand: int
    value: Decimal | None
    last_out_at: datetime | None


@dataclass(frozen=True, slots=True)
class Analytics:
    """`is_weekly`: `points` are the ends of weeks (Sundays, and the last day), not of days."""

    window: Window
    totals: Totals
    reasons: Sequence[ReasonSums]
    points: Sequence[Point]
    is_weekly: bool
    turnover: Turnover
    movers: Sequence[Mover]
    dead: Sequence[DeadStock]


def window_of(
    *,
    organization: Organization,
    start: date | datetime | None,
    end: date | datetime | None,
    now: datetime,
) -> Window:
    """The window from `start` to `end`, a day of the organization's being taken in as a whole.

    Without an end it goes until today, without a start it is `DEFAULT_DAYS` days long. What is still to come is left
    out. Raises InvalidInput `INVALID_RANGE`, with `start` or `end` as the problem's field.
    """
    zone = organization.zone
    today = now.astimezone(zone).date()
    until = _day_after(today, organization)
    if isinstance(end, datetime):
        until = min(end + _TICK, until) if end.year < 9999 else until
    elif end is not None and end < today:
        until = _day_after(end, organization)
    if until <= _EARLIEST:
        raise _bad_range("end", "The window ends before there was any stock.")
    last = (until - _TICK).astimezone(zone).date()
    if isinstance(start, datetime):
        since = max(start, _EARLIEST)
    else:
        since = _beginning(start or last - timedelta(days=DEFAULT_DAYS - 1), organization)
    if since >= until:
        raise _bad_range("start", "The window has to begin before it ends, and not in the future.")
    window = Window(since, until, since.astimezone(zone).date(), last)
    if window.days > MOST_DAYS:
        raise _bad_range("start", f"The window has at most {MOST_DAYS} days; this one has {window.days:,}.")
    return window


def analyse(
    *,
    access: Access,
    window: Window,
    warehouse: Warehouse | None = None,
    category: Category | None = None,
) -> Analytics:
    """The report over the locations where the caller may read. Eight queries, whatever there is.

    Stock over time is reckoned backwards: what is there now, less what came since.
    """
    access.require("inventory.read")
    levels = _within(access.narrow(StockLevel.objects.order_by(), "inventory.read"), warehouse, category)
    movements = _within(access.narrow(Movement.objects.order_by(), "inventory.read"), warehouse, category)
    inside = movements.filter(recorded_at__gte=window.start, recorded_at__lt=window.end)
    consumed = consumption(organization=access.organization, movements=inside)
    days = list(_days(levels, movements, window, access.organization))
    is_weekly = window.days > _DAILY
    points = [
        point for point in days if not is_weekly or point.day.weekday() == 6 or point.day == window.last
    ]
    return Analytics(
        window=window,
        totals=_totals(levels),
        reasons=_reasons(inside),
        points=points,
        is_weekly=is_weekly,
        turnover=_turnover(consumed, days, window),
        movers=_movers(consumed, levels),
        dead=_dead(levels, consumed, consumption(organization=access.organization, movements=movements)),
    )


def _within(rows: QuerySet[Any], warehouse: Warehouse | None, category: Category | None) -> QuerySet[Any]:
    if warehouse is not None:
        rows = rows.filter(warehouse=warehouse)
    return rows if category is None else rows.filter(sku__product__category=category)


def _totals(levels: QuerySet[StockLevel]) -> Totals:
    """One query: the levels are added up for each SKU, and these are counted."""
    columns = ("on_hand", "reserved", "held", "safety_stock", "reorder_point")
    skus = (
        levels.values("sku_id", "sku__unit_cost")
        .annotate(**{f"sum_{column}": Sum(column) for column in columns})
        .annotate(seen_status=status_expression("sum_"))
    )

    def status(kind: StockStatus) -> Count:
        return Count("sku_id", filter=Q(seen_status=kind.value))

    sums = skus.aggregate(
        on_hand=Sum("sum_on_hand", default=0),
        reserved=Sum("sum_reserved", default=0),
        held=Sum("sum_held", default=0),
        value=Sum(F("sum_on_hand") * F("sku__unit_cost"), output_field=_MONEY, default=_NOTHING),
        skus=Count("sku_id"),
        in_stock=Count("sku_id", filter=Q(sum_on_hand__gt=0)),
        low=status(StockStatus.LOW),
        critical=status(StockStatus.CRITICAL),
        out_of_stock=status(StockStatus.OUT_OF_STOCK),
        without_cost=Count("sku_id", filter=Q(sum_on_hand__gt=0, sku__unit_cost=None)),
    )
    return Totals(available=sums["on_hand"] - sums["reserved"] - sums["held"], **sums)


def _reasons(movements: QuerySet[Movement]) -> list[ReasonSums]:
    rows: Iterable[Any] = (
        movements.values_list("reason_code__code", "reason_code__name")
        .annotate(
            units_in=Sum("delta", filter=Q(delta__gt=0), default=0),
            units_out=-Sum("delta", filter=Q(delta__lt=0), default=0),
            movements=Count("pk"),
        )
        .order_by("-movements", "reason_code__code_key")
    )
    return [ReasonSums(*row) for row in rows]


def _days(
    levels: QuerySet[StockLevel],
    movements: QuerySet[Movement],
    window: Window,
    organization: Organization,
) -> Iterator[Point]:
    """The end of each day of the window. One query, so that what is there and what came are of one instant."""
    moved = (
        movements.filter(recorded_at__gte=window.start)
        .values(
            day=Case(
                When(recorded_at__lt=window.end, then=TruncDate("recorded_at", tzinfo=organization.zone)),
                default=Value(None),
                output_field=DateField(),
            )
        )
        .annotate(
            units=Sum("delta"),
            worth=Coalesce(
                Sum(F("delta") * F("sku__unit_cost"), output_field=_MONEY), _NOTHING, output_field=_MONEY
            ),
            is_now=Value(0),
        )
        .values_list("day", "units", "worth", "is_now")
    )
    present = (
        levels.values(day=Value(None, output_field=DateField()))
        .annotate(
            units=Coalesce(Sum("on_hand"), 0),
            worth=Coalesce(
                Sum(F("on_hand") * F("sku__unit_cost"), output_field=_MONEY), _NOTHING, output_field=_MONEY
            ),
            is_now=Value(1),
        )
        .values_list("day", "units", "worth", "is_now")
    )
    units, value = 0, _NOTHING
    changes: dict[date, tuple[int, Decimal]] = {}
    rows: Iterable[Any] = moved.union(present, all=True)
    for day, change, worth, is_now in rows:
        if is_now:
            units, value = units + change, value + worth
        elif day is None:  # after the window
            units, value = units - change, value - worth
        else:
            changes[day] = (change, worth)
    points: list[Point] = []
    for back in range(window.days):
        day = window.last - timedelta(days=back)
        points.append(Point(day, units, value))
        change, worth = changes.get(day, (0, _NOTHING))
        units, value = units - change, value - worth
    return reversed(points)


def _turnover(consumed: QuerySet[Movement], days: Sequence[Point], window: Window) -> Turnover:
    sums = consumed.aggregate(
        units=Sum("delta", default=0),
        cost=Sum(F("delta") * F("sku__unit_cost"), output_field=_MONEY, default=_NOTHING),
    )
    cost = abs(sums["cost"])
    average = sum((point.value for point in days), _NOTHING) / len(days)
    ratio = cost / average if average else None
    lasts = window.days / ratio if ratio else None
    return Turnover(-sums["units"], cost, average, ratio, lasts)


def _movers(consumed: QuerySet[Movement], levels: QuerySet[StockLevel]) -> list[Mover]:
    """The SKUs of which most units were consumed. Two queries."""
    rows: list[Any] = list(
        consumed.values("sku_id", "sku__code", "sku__title", "sku__unit_cost")
        .annotate(units=-Sum("delta"))
        .order_by("-units", "sku__code_key")[:_LISTED]
    )
    there: dict[UUID, int] = dict(
        levels.filter(sku__in=[row["sku_id"] for row in rows])
        .values_list("sku_id")
        .annotate(units=Sum("on_hand"))
    )
    return [
        Mover(
            row["sku_id"],
            row["sku__code"],
            row["sku__title"],
            row["units"],
            _cost(row["sku__unit_cost"], row["units"]),
            there.get(row["sku_id"], 0),
        )
        for row in rows
    ]


def _dead(
    levels: QuerySet[StockLevel], consumed: QuerySet[Movement], ever: QuerySet[Movement]
) -> list[DeadStock]:
    """The SKUs that cost most without having been asked for. Two queries.

    What is there and what has gone are put below each other and added up: one pass over each, where a join would be as
    slow as the planner is mistaken about a ledger that has just grown.
    """
    there = levels.filter(on_hand__gt=0).values_list("sku_id", "on_hand", Value(0))
    gone = consumed.values_list("sku_id", Value(0), Value(1))
    source, parameters = there.union(gone, all=True).query.sql_with_params()
    statement = (
        f"WITH u (sku_id, units, gone) AS ({source})"
        " SELECT s.sku_id, s.units FROM"
        " (SELECT sku_id, SUM(units) AS units FROM u GROUP BY sku_id HAVING SUM(gone) = 0) s"
        " JOIN inventory_sku k ON k.id = s.sku_id"
        " ORDER BY COALESCE(s.units * k.unit_cost, 0) DESC, s.units DESC, k.code_key LIMIT %s"
    )
    fields = (statements.field_of(StockLevel, "sku"), statements.field_of(StockLevel, "on_hand"))
    found = statements.fetch(statement, [*parameters, _LISTED], fields)
    last = ever.filter(sku=OuterRef("pk")).order_by("-recorded_at", "-id").values("recorded_at")[:1]
    skus: Any = Sku.objects.order_by().filter(pk__in=[key for key, _ in found])
    known = {sku.pk: sku for sku in skus.annotate(last_out_at=Subquery(last))}
    return [
        DeadStock(
            key,
            known[key].code,
            known[key].title,
            int(units),
            _cost(known[key].unit_cost, int(units)),
            known[key].last_out_at,
        )
        for key, units in found
        if key in known
    ]


def _cost(unit_cost: Decimal | None, units: int) -> Decimal | None:
    return None if unit_cost is None else unit_cost * units


def _beginning(day: date, organization: Organization) -> datetime:
    if day <= _EARLIEST.date():
        return _EARLIEST
    return datetime.combine(day, time.min, tzinfo=organization.zone).astimezone(UTC)


def _day_after(day: date, organization: Organization) -> datetime:
    return _beginning(day + timedelta(days=1), organization)


def _bad_range(field: str, detail: str) -> InvalidInput:
    return InvalidInput("INVALID_RANGE", detail, problems=[Problem("INVALID_RANGE", detail, field=field)])
