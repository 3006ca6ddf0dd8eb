"""The report on stock, compared with the ledger replayed in plain Python."""

from __future__ import annotations

import contextlib
import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.adjustments import adjust, reverse
from inventory.analytics import Analytics, Window, analyse, window_of
from inventory.consumption import consumption
from inventory.formulas import StockStatus, status
from inventory.ledger import Line, Mode, Settings
from inventory.models import Adjustment, Category, Movement, Sku, Source, StockLevel
from tests.factories import (
    make_bin,
    make_category,
    make_key,
    make_lot,
    make_organization,
    make_product,
    make_sku,
    make_warehouse,
    pretend_reserved,
    reason,
    stock,
)
from tests.inventory.api.volume import make_history, make_levels, make_skus
from warehouses import transactions
from warehouses.access import Access, access_of_key, access_of_system
from warehouses.actors import SYSTEM
from warehouses.models import ApiKey, Organization, Warehouse
from warehouses.refusals import InvalidInput, RuleBroken

pytestmark = pytest.mark.django_db

BEGAN = datetime(2025, 3, 1, tzinfo=UTC)
CENT = Decimal("0.01")
CODES = ("SALE", "ADJUSTMENT", "TRANSFER", "sync", "supplier_return", "DAMAGE", "supplier_receipt", "RETURN")


@pytest.fixture
def berlin() -> Organization:
    return make_organization("Berlin", time_zone="Europe/Berlin")


@pytest.fixture
def places(berlin: Organization) -> list[Warehouse]:
    return [make_warehouse(berlin, name) for name in ("North", "South")]


def history(berlin: Organization, places: list[Warehouse], dice: random.Random, steps: int) -> datetime:
    """Documents of a line or several at random instants, some reversed later; returns the last instant."""
    categories = [None, make_category(berlin, "Tea"), make_category(berlin, "Cups")]
    skus = [
        make_sku(
            berlin,
            f"S-{number}",
            product=make_product(berlin, f"P-{number}", categories[number % 3]),
            unit_cost=dice.choice((None, Decimal("1.25"), Decimal("0.3333"), Decimal("19.90"))),
        )
        for number in range(14)
    ]
    lots = {sku: [None, make_lot(sku, "L")] for sku in skus}
    bins = {place: [None, make_bin(place, "A-1")] for place in places}
    reasons = {code: reason(berlin, code) for code in CODES}
    now = BEGAN
    documents: list[Adjustment] = []
    for _ in range(steps):
        now += dice.choice(
            (timedelta(microseconds=1), timedelta(minutes=40), timedelta(hours=7), timedelta(days=2))
        )
        place = dice.choice(places)
        lines = []
        for index in range(dice.randint(1, 3)):
            sku = dice.choice(skus)
            code = dice.choice(CODES)
            chosen = reasons[code]
            level = StockLevel.objects.filter(sku=sku, warehouse=place).first()
            there = level.on_hand if level else 0
            is_out = there > 0 and chosen.allows(-1) and (not chosen.allows(1) or dice.random() < 0.6)
            quantity = -dice.randint(1, there) // 3 - 1 if is_out else dice.randint(1, 40)
            if not chosen.allows(quantity):
                continue
            lines.append(
                Line(
                    sku=sku,
                    warehouse=place,
                    quantity=max(quantity, -there) if is_out else quantity,
                    mode=Mode.BY,
                    reason=chosen,
                    bin=None if is_out else dice.choice(bins[place]),
                    lot=None if is_out else dice.choice(lots[sku]),
                    is_fact=True,
                    settings=Settings(safety_stock=dice.randint(0, 5), reorder_point=dice.randint(0, 30)),
                    index=index,
                )
            )
        if len({line.sku for line in lines}) != len(lines) or not lines:
            continue
        at = now
        recorded = transactions.run(
            lambda lines=lines, at=at: adjust(  # type: ignore[misc]
                organization=berlin, actor=SYSTEM, source=Source.SYSTEM, lines=lines, recorded_at=at
            )
        )
        if recorded.adjustment is not None:
            documents.append(recorded.adjustment)
    for document in dice.sample(documents, len(documents) // 6):
        with contextlib.suppress(RuleBroken):  # where the goods have left since, it stands
            undo(document)
    for level in StockLevel.objects.filter(on_hand__gt=3)[:4]:
        pretend_reserved(level.sku, level.warehouse, 2)
    return now


def undo(document: Adjustment) -> None:
    """Today: after all of the history."""
    access = access_of_system(document.organization)
    transactions.run(lambda: reverse(access=access, source=Source.SYSTEM, adjustment=document))


def expected(
    berlin: Organization, window: Window, places: list[Warehouse], category: Category | None
) -> dict[str, Any]:
    """The whole report from single rows, one after the other."""
    skus = {
        sku.pk: sku
        for sku in Sku.objects.filter(organization=berlin).select_related("product")
        if category is None or sku.product.category_id == category.pk
    }
    cost = {key: sku.unit_cost or Decimal(0) for key, sku in skus.items()}
    undone = set(Adjustment.objects.exclude(reverses=None).values_list("reverses_id", flat=True))
    movements = [
        row
        for row in Movement.objects.order_by("recorded_at", "id").select_related("reason_code")
        if row.sku_id in skus and row.warehouse_id in {place.pk for place in places}
    ]
    inside = [row for row in movements if window.start <= row.recorded_at < window.end]
    reasons: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in inside:
        sums = reasons[row.reason_code.code]
        sums[0] += max(row.delta, 0)
        sums[1] += max(-row.delta, 0)
        sums[2] += 1
    days = []
    for number in range(window.days):
        day = window.first + timedelta(days=number)
        known = [
            row
            for row in movements
            if row.recorded_at.astimezone(berlin.zone).date() <= day and row.recorded_at < window.end
        ]
        days.append(
            (
                day,
                sum(row.delta for row in known),
                sum((row.delta * cost[row.sku_id] for row in known), Decimal(0)),
            )
        )
    gone: dict[UUID, int] = defaultdict(int)
    for row in inside:
        code = row.reason_code.code_key
        left = row.reason_code.nature == "issue" and code not in {"transfer", "put_away"}
        if row.delta < 0 and (left or code == "sync") and row.document_id not in undone:
            gone[row.sku_id] -= row.delta
    levels: dict[UUID, list[StockLevel]] = defaultdict(list)
    for level in StockLevel.objects.filter(warehouse__in=places, sku__in=skus):
        levels[level.sku_id].append(level)
    there = {key: sum(level.on_hand for level in rows) for key, rows in levels.items()}
    states = [
        status(
            available=sum(level.available for level in rows),
            safety_stock=sum(level.safety_stock for level in rows),
            reorder_point=sum(level.reorder_point for level in rows),
        )
        for rows in levels.values()
    ]
    movers = sorted(gone, key=lambda key: (-gone[key], skus[key].code_key))[:10]
    dead = sorted(
        (key for key, units in there.items() if units and key not in gone),
        key=lambda key: (-there[key] * cost[key], -there[key], skus[key].code_key),
    )[:10]
    average = sum((value for _, _, value in days), Decimal(0)) / len(days)
    spent = sum((gone[key] * cost[key] for key in gone), Decimal(0))
    return {
        "on_hand": sum(there.values()),
        "reserved": sum(level.reserved for rows in levels.values() for level in rows),
        "value": cents(sum((there[key] * cost[key] for key in there), Decimal(0))),
        "skus": len(levels),
        "in_stock": sum(units > 0 for units in there.values()),
        "low": states.count(StockStatus.LOW),
        "critical": states.count(StockStatus.CRITICAL),
        "out_of_stock": states.count(StockStatus.OUT_OF_STOCK),
        "without_cost": sum(units > 0 and skus[key].unit_cost is None for key, units in there.items()),
        "reasons": {code: tuple(sums) for code, sums in reasons.items()},
        "points": [
            (day, units, cents(value))
            for day, units, value in days
            if window.days <= 92 or day.weekday() == 6 or day == window.last
        ],
        "units_out": sum(gone.values()),
        "cost_out": cents(spent),
        "average": cents(average),
        "ratio": round(spent / average, 6) if average else None,
        "movers": [(skus[key].code, gone[key], there.get(key, 0)) for key in movers],
        "dead": [(skus[key].code, there[key]) for key in dead],
    }


def cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def told(report: Analytics) -> dict[str, Any]:
    totals, turnover = report.totals, report.turnover
    assert totals.available == totals.on_hand - totals.reserved - totals.held
    return {
        "on_hand": totals.on_hand,
        "reserved": totals.reserved,
        "value": cents(totals.value),
        "skus": totals.skus,
        "in_stock": totals.in_stock,
        "low": totals.low,
        "critical": totals.critical,
        "out_of_stock": totals.out_of_stock,
        "without_cost": totals.without_cost,
        "reasons": {row.code: (row.units_in, row.units_out, row.movements) for row in report.reasons},
        "points": [(point.day, point.units, cents(point.value)) for point in report.points],
        "units_out": turnover.units,
        "cost_out": cents(turnover.cost),
        "average": cents(turnover.average_value),
        "ratio": round(turnover.ratio, 6) if turnover.ratio is not None else None,
        "movers": [(row.code, row.units, row.on_hand) for row in report.movers],
        "dead": [(row.code, row.on_hand) for row in report.dead],
    }


@pytest.mark.parametrize("seed", range(4))
def test_it_is_what_the_ledger_says_replayed(
    berlin: Organization, places: list[Warehouse], seed: int
) -> None:
    dice = random.Random(seed)
    ended = history(berlin, places, dice, steps=90)
    # Another tenant's ledger changes nothing.
    stranger = make_organization("Stranger")
    stock(make_sku(stranger, unit_cost=Decimal(9)), stranger.warehouses.get(), 50, recorded_at=BEGAN)
    access = access_of_system(berlin)
    categories = [None, *Category.objects.filter(organization=berlin)]
    first, last = BEGAN.date(), ended.astimezone(berlin.zone).date()
    for _ in range(12):
        start: date | datetime = first + timedelta(days=dice.randint(-3, (last - first).days))
        end: date | datetime = start + timedelta(days=dice.choice((0, 1, 6, 40, 91, 92, 200)))
        if dice.random() < 0.4:
            middle = list(
                Movement.objects.filter(recorded_at__lte=ended).values_list("recorded_at", flat=True)
            )
            start, end = sorted(dice.sample(middle, 2))
        window = window_of(organization=berlin, start=start, end=end, now=timezone.now())
        category = dice.choice(categories)
        where = dice.choice([None, *places])
        seen = (
            [where]
            if where is not None
            else [*places, *berlin.warehouses.exclude(pk__in=[p.pk for p in places])]
        )
        report = analyse(access=access, window=window, warehouse=where, category=category)
        assert told(report) == expected(berlin, window, seen, category)


def test_somebody_who_is_limited_sees_the_report_of_their_warehouses(
    berlin: Organization, places: list[Warehouse]
) -> None:
    ended = history(berlin, places, random.Random(11), steps=40)
    make_key(berlin, ["inventory.read"], warehouses=[places[0]])
    limited = access_of_key(ApiKey.objects.get())
    window = window_of(organization=berlin, start=BEGAN.date(), end=None, now=ended)
    assert told(analyse(access=limited, window=window)) == expected(berlin, window, places[:1], None)
    nowhere = analyse(access=limited, window=window, warehouse=places[1])
    assert (nowhere.totals.skus, nowhere.reasons, nowhere.movers) == (0, [], [])


def test_a_last_way_out_is_remembered(berlin: Organization, places: list[Warehouse]) -> None:
    sku = make_sku(berlin, unit_cost=Decimal("2.50"))
    stock(sku, places[0], 10, recorded_at=BEGAN)
    sold = BEGAN + timedelta(days=3)
    stock(sku, places[0], -4, code="SALE", recorded_at=sold)
    now = BEGAN + timedelta(days=60)
    (dead,) = analyse(
        access=access_of_system(berlin),
        window=window_of(organization=berlin, start=None, end=None, now=now),
    ).dead
    assert (dead.code, dead.on_hand, dead.value, dead.last_out_at) == (sku.code, 6, Decimal("15.00"), sold)


def test_what_counts_as_consumption(berlin: Organization, places: list[Warehouse]) -> None:
    sku = make_sku(berlin)
    stock(sku, places[0], 100, recorded_at=BEGAN)
    for code in ("SALE", "TRANSFER", "DAMAGE", "supplier_return", "sync", "put_away", "AUDIT"):
        stock(sku, places[0], -1, code=code)
    undone = stock(sku, places[0], -50, code="SALE").adjustment
    assert undone is not None
    undo(undone)
    found = consumption(organization=berlin, movements=Movement.objects.filter(sku=sku))
    assert sorted(found.values_list("reason_code__code", "delta")) == [
        ("SALE", -1),
        ("supplier_return", -1),
        ("sync", -1),
    ]


class TestWindow:
    NOW = datetime(
        2026, 3, 29, 22, 30, tzinfo=UTC
    )  # half past midnight of the 30th in Berlin, in summer time already

    def window(self, berlin: Organization, start: Any = None, end: Any = None) -> Window:
        return window_of(organization=berlin, start=start, end=end, now=self.NOW)

    def test_thirty_days_until_today_in_the_organizations_time_zone(self, berlin: Organization) -> None:
        found = self.window(berlin)
        assert (found.first, found.last, found.days) == (date(2026, 3, 1), date(2026, 3, 30), 30)
        assert found.start == datetime(2026, 2, 28, 23, tzinfo=UTC)
        assert found.end == datetime(2026, 3, 30, 22, tzinfo=UTC)

    def test_days_are_taken_in_as_a_whole_and_instants_to_the_tick(self, berlin: Organization) -> None:
        found = self.window(berlin, date(2026, 3, 29), date(2026, 3, 29))
        assert (found.start, found.end) == (
            datetime(2026, 3, 28, 23, tzinfo=UTC),
            datetime(2026, 3, 29, 22, tzinfo=UTC),
        )
        instant = datetime(2026, 3, 20, 12, tzinfo=UTC)
        found = self.window(berlin, instant, instant)
        assert (found.start, found.end - found.start) == (instant, timedelta(microseconds=1))

    def test_the_future_is_left_out(self, berlin: Organization) -> None:
        for end in (date(2027, 1, 1), date.max, datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)):
            assert self.window(berlin, None, end) == self.window(berlin)

    @pytest.mark.parametrize(
        ("start", "end", "field"),
        [
            (date(2026, 3, 31), None, "start"),
            (date(2026, 3, 20), date(2026, 3, 19), "start"),
            (date(2025, 3, 29), None, "start"),
            (date.min, date.max, "start"),
            (None, date.min, "end"),
            (datetime(1, 1, 1, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC), "end"),
            (datetime(1, 1, 1, tzinfo=UTC), None, "start"),
        ],
    )
    def test_what_is_no_window(self, berlin: Organization, start: Any, end: Any, field: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            self.window(berlin, start, end)
        assert [(problem.code, problem.field) for problem in caught.value.problems] == [
            ("INVALID_RANGE", field)
        ]

    def test_a_leap_year_fits(self, berlin: Organization) -> None:
        assert self.window(berlin, date(2025, 3, 30), None).days == 366


@pytest.mark.parametrize("count", [1, 3, 200])
def test_it_costs_the_same_whatever_there_is(organization: Organization, count: int) -> None:
    places = [organization.warehouses.get(), make_warehouse(organization, "Second")]
    make_levels(organization, make_skus(organization, 2 * count), places)
    Sku.objects.update(unit_cost=Decimal("1.10"))
    make_history(organization, "V-00000", places, 40 * count)
    for sku in Sku.objects.order_by("code_key")[:count]:
        stock(sku, places[0], -1, code="SALE")
    access: Access = access_of_system(organization)
    window = window_of(organization=organization, start=None, end=None, now=timezone.now())
    with CaptureQueriesContext(connection) as captured:
        report = analyse(access=access, window=window)
    assert len(captured) == 8
    assert (len(report.movers), len(report.dead)) == (min(count, 10), min(count, 10))
    assert report.totals.on_hand == sum(StockLevel.objects.values_list("on_hand", flat=True))
