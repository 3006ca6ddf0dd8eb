"""What each day came to, kept, so that the overview adds up days and not a ledger.

A task refreshes the figures of every organization every few minutes and soon after its midnight. Nothing decides by
them: they are as old as `refreshed_at`, which pages tell. The clock is that of recording, as in `inventory.snapshots`.
"""

from __future__ import annotations

import time as clock
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import (
    BigIntegerField,
    Count,
    DateField,
    DecimalField,
    F,
    Q,
    QuerySet,
    Sum,
    UUIDField,
    Value,
)
from django.db.models.functions import Coalesce, TruncDate

from inventory import statements
from inventory.models import DayFigures, DayFiguresRefresh, Movement, ReasonCode, StockLevel
from warehouses import transactions
from warehouses.access import Access
from warehouses.models import Organization

__all__ = ["REACH", "Day", "Days", "ReasonUnits", "days_of", "is_due", "organizations_due", "refresh"]

#: Days that the first refresh reads back from the ledger.
REACH: Final = 91
#: A movement may be committed some seconds after the instant that it is recorded at, and so after its day's end.
_SETTLES: Final = timedelta(minutes=10)
#: As often as this, unless it takes so long that it would keep the database busy for more than a thirtieth of the time.
_EVERY: Final = timedelta(minutes=5)
_SHARE: Final = 30
_MONEY: Final = DecimalField(max_digits=30, decimal_places=4)
_NOTHING: Final = Decimal(0)
_COLUMNS: Final = (
    *("organization", "warehouse", "day", "on_hand", "value", "reserved", "held"),
    *("units_in", "units_out", "movements", "reasons"),
)


@dataclass(frozen=True, slots=True)
class Day:
    """One day over the warehouses that somebody sees. `available` is None where a part of it is not known."""

    day: date
    on_hand: int
    value: Decimal
    available: int | None
    units_in: int
    units_out: int
    movements: int

    @property
    def moved(self) -> int:
        return self.units_in + self.units_out


@dataclass(frozen=True, slots=True)
class ReasonUnits:
    code: str
    name: str
    units_in: int
    units_out: int
    movements: int


@dataclass(frozen=True, slots=True)
class Days:
    """Every day of a span, the earliest first; `reasons` add up the last `reason_days` of them, the busiest first.

    `refreshed_at` None: nothing was ever read, and `days` is empty.
    """

    refreshed_at: datetime | None
    days: Sequence[Day] = ()
    reasons: Sequence[ReasonUnits] = ()


def days_of(*, access: Access, days: int = REACH, reason_days: int = 30) -> Days:
    """The last `days` days until today, of the warehouses where the caller reads stock. Four queries.

    Adds up one row for each day and warehouse, however much stock there is. Raises Forbidden `PERMISSION_DENIED`.
    """
    access.require("inventory.read")
    organization = access.organization
    last = DayFiguresRefresh.objects.filter(organization=organization).values_list("refreshed_at", flat=True)
    refreshed_at = last.first()
    if refreshed_at is None:
        return Days(None)
    today = organization.today()
    rows = access.narrow(DayFigures.objects.order_by(), "inventory.read")
    summed: Any = (
        rows.filter(day__gt=today - timedelta(days=days), day__lte=today)
        .values("day")
        .annotate(
            sum_on_hand=Sum("on_hand"),
            sum_value=Sum("value", output_field=_MONEY),
            sum_promised=Sum(F("reserved") + F("held")),
            unknown=Count("pk", filter=Q(reserved=None)),
            sum_in=Sum("units_in"),
            sum_out=Sum("units_out"),
            sum_movements=Sum("movements"),
        )
        .order_by("day")
    )
    found = [
        Day(
            day=row["day"],
            on_hand=int(row["sum_on_hand"]),
            value=Decimal(row["sum_value"]),
            available=None if row["unknown"] else int(row["sum_on_hand"] - row["sum_promised"]),
            units_in=int(row["sum_in"]),
            units_out=int(row["sum_out"]),
            movements=int(row["sum_movements"]),
        )
        for row in summed
    ]
    recent = rows.filter(day__gt=today - timedelta(days=reason_days), day__lte=today, movements__gt=0)
    return Days(refreshed_at, found, _reasons(organization, recent.values_list("reasons", flat=True)))


def _reasons(organization: Organization, kept: Iterable[Mapping[str, Sequence[int]]]) -> list[ReasonUnits]:
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for reasons in kept:
        for key, parts in reasons.items():
            for place, part in enumerate(parts):
                sums[key][place] += part
    codes: Iterable[Any] = ReasonCode.objects.order_by().filter(organization=organization, pk__in=list(sums))
    found = [ReasonUnits(each.code, each.name, *sums[str(each.pk)]) for each in codes]
    return sorted(found, key=lambda each: (-(each.units_in + each.units_out), each.code))


def organizations_due(now: datetime) -> list[Organization]:
    """Those whose figures are to be refreshed now: never were, not since midnight, or too long ago. Two queries."""
    done = {row.pk: row for row in DayFiguresRefresh.objects.order_by()}
    return [
        organization
        for organization in Organization.objects.filter(is_active=True).order_by("pk")
        if _is_due(done.get(organization.pk), organization, now)
    ]


def is_due(organization: Organization, now: datetime) -> bool:
    """One query."""
    return _is_due(DayFiguresRefresh.objects.filter(organization=organization).first(), organization, now)


def _is_due(last: DayFiguresRefresh | None, organization: Organization, now: datetime) -> bool:
    if last is None:
        return True
    zone = organization.zone
    if last.refreshed_at.astimezone(zone).date() < now.astimezone(zone).date():
        return True
    return now - last.refreshed_at >= max(_EVERY, _SHARE * timedelta(milliseconds=last.took_ms))


def refresh(*, organization: Organization, now: datetime) -> int:
    """Read today, and the days before it that were not over when they were last read; how many rows were written.

    One statement over the levels and over the movements of these days, for which the connection's time limit is
    lifted; days are reckoned backwards from what is there now. Of two at once the one that began later stays. It asks
    nobody's rights. Raises Conflict `CONTENTION`.
    """
    began = clock.monotonic()
    today = now.astimezone(organization.zone).date()
    last = DayFiguresRefresh.objects.filter(organization=organization).first()
    first = today - timedelta(days=REACH - 1)
    if last is not None:
        first = max(first, min(last.open_day, today))
    rows = list(_read(organization, first, today))
    took = int((clock.monotonic() - began) * 1000)
    open_day = today - timedelta(days=1) if now < _beginning(today, organization) + _SETTLES else today
    return transactions.run(lambda: _write(organization, rows, first, now, open_day, took))


@dataclass(slots=True)
class _Place:
    """What there is in a warehouse `now`: on hand, its value, reserved, held; and what came and went on each day."""

    now: tuple[int, Decimal, int, int] = (0, _NOTHING, 0, 0)
    changes: dict[date, list[tuple[str, int, int, int, Decimal]]] = field(
        default_factory=lambda: defaultdict(list)
    )


def _read(organization: Organization, first: date, today: date) -> Iterable[tuple[Any, ...]]:
    """The rows of `_COLUMNS` from `first` to `today`, for every warehouse that has had stock."""
    places: dict[UUID, _Place] = defaultdict(_Place)
    for warehouse, day, reason, came, went, count, worth, reserved, held in _sums(organization, first):
        place = places[warehouse]
        if day is None:
            place.now = (int(came), Decimal(worth), int(reserved), int(held))
        else:
            # What was recorded since midnight, or with the clock of another machine, is of today.
            key = min(day, today)
            place.changes[key].append((str(reason), int(came), int(went), int(count), Decimal(worth)))
    for warehouse, place in places.items():
        on_hand, value, reserved_now, held_now = place.now
        for back in range((today - first).days + 1):
            day = today - timedelta(days=back)
            changes = place.changes.get(day, ())
            is_today = back == 0
            reasons: dict[str, list[int]] = {}
            for reason, came, went, count, _worth in changes:
                parts = reasons.setdefault(reason, [0, 0, 0])
                for at, part in enumerate((came, went, count)):
                    parts[at] += part
            yield (
                organization.pk,
                warehouse,
                day,
                on_hand,
                value.quantize(Decimal("0.0001")),
                reserved_now if is_today else None,
                held_now if is_today else None,
                sum(change[1] for change in changes),
                sum(change[2] for change in changes),
                sum(change[3] for change in changes),
                reasons,
            )
            on_hand -= sum(change[1] - change[2] for change in changes)
            value -= sum((change[4] for change in changes), _NOTHING)


def _sums(organization: Organization, first: date) -> Iterable[Any]:
    """(warehouse, day, reason, units in, units out, movements, worth of both, reserved, held) of the movements since
    `first`; and without a day and a reason what there is now. One statement, so that both are of one instant.
    """
    zone = organization.zone
    nothing: Any = Value(0, output_field=BigIntegerField())
    worth = Coalesce(
        Sum(F("delta") * F("sku__unit_cost"), output_field=_MONEY), _NOTHING, output_field=_MONEY
    )
    moved = (
        Movement.objects.order_by()
        .filter(organization=organization, recorded_at__gte=_beginning(first, organization))
        .values("warehouse_id", day=TruncDate("recorded_at", tzinfo=zone), reason=F("reason_code_id"))
        .annotate(
            came=Coalesce(Sum("delta", filter=Q(delta__gt=0)), 0),
            went=Coalesce(-Sum("delta", filter=Q(delta__lt=0)), 0),
            count=Count("pk"),
            worth=worth,
            promised=nothing,
            blocked=nothing,
        )
        .values_list("warehouse_id", "day", "reason", "came", "went", "count", "worth", "promised", "blocked")
    )
    there = Coalesce(
        Sum(F("on_hand") * F("sku__unit_cost"), output_field=_MONEY), _NOTHING, output_field=_MONEY
    )
    present = (
        StockLevel.objects.order_by()
        .filter(organization=organization)
        .values(
            "warehouse_id",
            day=Value(None, output_field=DateField()),
            reason=Value(None, output_field=UUIDField()),
        )
        .annotate(
            came=Sum("on_hand"),
            went=nothing,
            count=nothing,
            worth=there,
            promised=Sum("reserved"),
            blocked=Sum("held"),
        )
        .values_list("warehouse_id", "day", "reason", "came", "went", "count", "worth", "promised", "blocked")
    )
    return _patiently(moved.union(present, all=True))


def _patiently(rows: QuerySet[Any, Any]) -> list[Any]:
    """`rows`, however long they take: on PostgreSQL the time limit is lifted in a transaction of its own. On SQLite a
    transaction would keep every writer out.
    """
    is_postgresql = connection.vendor == "postgresql"
    with transaction.atomic() if is_postgresql else nullcontext():
        if is_postgresql:
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = 0")
        return list(rows)


def _write(
    organization: Organization,
    rows: Sequence[tuple[Any, ...]],
    first: date,
    now: datetime,
    open_day: date,
    took: int,
) -> int:
    """Replaces the days from `first` on. Locks the organization's refresh."""
    known = DayFiguresRefresh.objects.select_for_update(no_key=True).filter(organization=organization).first()
    if known is not None and known.refreshed_at >= now:
        return 0
    kept = DayFigures.objects.order_by().filter(organization=organization, day__gte=first)
    # Nobody can tell afterwards what was promised on a day that is over: what was last seen of it stays.
    promised: Iterable[Any] = kept.filter(reserved__isnull=False).values_list(
        "warehouse_id", "day", "reserved", "held"
    )
    seen = {(warehouse, day): (reserved, held) for warehouse, day, reserved, held in promised}
    complete = []
    for row in rows:
        if row[5] is None and (row[1], row[2]) in seen:
            row = (*row[:5], *seen[row[1], row[2]], *row[7:])
        complete.append(row)
    kept.delete()
    statements.insert(DayFigures, _COLUMNS, complete)
    values = {"refreshed_at": now, "open_day": open_day, "took_ms": took}
    DayFiguresRefresh.objects.update_or_create(organization=organization, defaults=values)
    return len(complete)


def _beginning(day: date, organization: Organization) -> datetime:
    return datetime.combine(day, time.min, tzinfo=organization.zone).astimezone(UTC)
