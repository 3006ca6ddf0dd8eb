"""How much there was of a SKU at the end of each day, and how long what is there lasts at the demand there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import DateField, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, TruncDate

from inventory.consumption import consumption
from inventory.models import Movement, Sku, StockLevel
from inventory.replenishment.formula import WINDOW_DAYS, demand_per_day
from inventory.sku_page.events import Event, Reach
from inventory.sku_page.timeline import parts, places_of
from warehouses.access import Access
from warehouses.models import Organization, Warehouse

__all__ = ["DAYS", "Course", "Day", "Outlook", "read_course"]

#: The windows that may be asked for; the first is the usual one.
DAYS: Final = (90, 30, 365)
_MOST_COUNTS: Final = 40
#: Beyond this nobody plans by the demand of the last weeks.
_FARTHEST_DAYS: Final = 730


@dataclass(frozen=True, slots=True)
class Day:
    """`on_hand` at its end; `came` and `went` during it."""

    day: date
    on_hand: int
    came: int = 0
    went: int = 0


@dataclass(frozen=True, slots=True)
class Outlook:
    """`demand` units a day: what was consumed in the last `window` days. None of the rest where nothing was.

    `lasts` are the days until nothing is available any more, `low_in` those until the reorder point is reached; 0 where
    that is so today.
    """

    demand: Decimal
    window: int
    available: int
    lasts: int | None
    runs_out_on: date | None
    low_in: int | None
    low_on: date | None


@dataclass(frozen=True, slots=True)
class Course:
    """The days of a window, oldest first, with what bounds them; `counts` are those of the SKU within it."""

    days: Sequence[Day]
    reorder_point: int
    safety_stock: int
    outlook: Outlook
    counts: Sequence[Event]


def read_course(
    *, access: Access, sku: Sku, warehouse: Warehouse | None = None, days: int = DAYS[0]
) -> Course:
    """Over the places where the caller may read stock, or in the one of them. Four queries, whatever the ledger holds
    from before the window.

    Reckoned backwards: what is there now, less what came since.
    """
    organization = access.organization
    today = organization.today()
    first = today - timedelta(days=days - 1)
    places = places_of(access, warehouse)
    levels = _there(StockLevel.objects.order_by(), sku, places)
    movements = _there(Movement.objects.order_by(), sku, places)
    sums = levels.aggregate(
        **{name: Coalesce(Sum(name), 0) for name in ("available", "reorder_point", "safety_stock")}
    )
    return Course(
        days=_days(levels, movements, first, today, organization),
        reorder_point=int(sums["reorder_point"]),
        safety_stock=int(sums["safety_stock"]),
        outlook=_outlook(organization, movements, today, int(sums["available"]), int(sums["reorder_point"])),
        counts=_counts(access, sku, warehouse, places, _beginning(first, organization)),
    )


def _there(rows: QuerySet[Any], sku: Sku, places: frozenset[UUID] | None) -> QuerySet[Any]:
    rows = rows.filter(sku=sku)
    return rows if places is None else rows.filter(warehouse__in=places)


def _days(
    levels: QuerySet[StockLevel],
    movements: QuerySet[Movement],
    first: date,
    today: date,
    organization: Organization,
) -> list[Day]:
    """One query, so that what is there and what came are of one instant."""
    changes: dict[date, list[int]] = {}
    there = 0
    since = movements.filter(recorded_at__gte=_beginning(first, organization))
    halves = [
        rows.values(day=TruncDate("recorded_at", tzinfo=organization.zone))
        .annotate(units=Coalesce(Sum("delta"), 0), is_now=Value(0))
        .values_list("day", "units", "is_now")
        for rows in (since.filter(delta__gt=0), since.filter(delta__lt=0))
    ]
    present = (
        levels.values(day=Value(None, output_field=DateField()))
        .annotate(units=Coalesce(Sum("on_hand"), 0), is_now=Value(1))
        .values_list("day", "units", "is_now")
    )
    for day, units, is_now in halves[0].union(halves[1], present, all=True):
        if is_now:
            there = int(units)
        else:
            # What another machine's clock has recorded tomorrow is of today.
            changes.setdefault(min(day, today), [0, 0])[units < 0] += int(units)
    found: list[Day] = []
    for back in range((today - first).days + 1):
        day = today - timedelta(days=back)
        came, went = changes.get(day, (0, 0))
        found.append(Day(day, there, came, -went))
        there -= came + went
    return found[::-1]


def _outlook(
    organization: Organization,
    movements: QuerySet[Movement],
    today: date,
    available: int,
    reorder_point: int,
) -> Outlook:
    """The demand of the days before this one, which is not over yet, and of it as far as it is."""
    begin = _beginning(today - timedelta(days=WINDOW_DAYS - 1), organization)
    consumed = consumption(organization=organization, movements=movements.filter(recorded_at__gte=begin))
    units = -int(consumed.aggregate(total=Coalesce(Sum("delta"), 0))["total"])
    demand = demand_per_day(units=units, window_days=WINDOW_DAYS)
    lasts = _days_until(available, units)
    low_in = _days_until(available - reorder_point, units) if reorder_point else None
    return Outlook(
        demand=demand,
        window=WINDOW_DAYS,
        available=available,
        lasts=lasts,
        runs_out_on=_after(today, lasts),
        low_in=low_in,
        low_on=_after(today, low_in),
    )


def _days_until(units: int, consumed: int) -> int | None:
    """Whole days in which `units` are consumed, at `consumed` in the window; None where that is too far to tell."""
    if units <= 0:
        return 0
    if consumed <= 0:
        return None
    found = units * WINDOW_DAYS // consumed
    return found if found <= _FARTHEST_DAYS else None


def _after(today: date, days: int | None) -> date | None:
    return None if days is None else today + timedelta(days=days)


def _counts(
    access: Access, sku: Sku, warehouse: Warehouse | None, places: frozenset[UUID] | None, since: datetime
) -> list[Event]:
    """The latest counts: of the part of the timeline that tells of them, where there is one."""
    reach = Reach(
        access=access,
        sku=sku,
        limit=_MOST_COUNTS,
        places=places,
        chosen=warehouse.pk if warehouse is not None else None,
        above=(since, UUID(int=0)),
    )
    return [
        event
        for part in parts()
        if part.name == "counts" and part.read is not None
        for event in part.read(reach)
    ]


def _beginning(day: date, organization: Organization) -> datetime:
    return datetime.combine(day, time.min, tzinfo=organization.zone).astimezone(UTC)
