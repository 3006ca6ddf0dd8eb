"""Stock as it was, compared with the ledger replayed in plain Python."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory import snapshots
from inventory.adjustments import adjust, reverse
from inventory.ledger import Line, Mode
from inventory.models import Adjustment, Movement, Sku, Source, StockItem
from inventory.snapshots import items_at, read_items_at, walk_items_at
from tests.factories import (
    make_bin,
    make_key,
    make_lot,
    make_organization,
    make_sku,
    make_warehouse,
    reason,
    stock,
)
from warehouses import transactions
from warehouses.access import Access, access_of_key, access_of_system
from warehouses.actors import SYSTEM
from warehouses.models import ApiKey, Organization, Warehouse

TICK = timedelta(microseconds=1)
BEGAN = datetime(2025, 3, 1, tzinfo=UTC)


@pytest.fixture
def access(organization: Organization) -> Access:
    return access_of_system(organization)


@pytest.fixture
def places(organization: Organization) -> list[Warehouse]:
    return [make_warehouse(organization, name) for name in ("North", "South")]


def told(access: Access, instant: datetime, warehouse: Warehouse | None = None) -> dict[UUID, int]:
    """What the snapshot says: item → units."""
    keys = list(items_at(access=access, instant=instant, warehouse=warehouse).values_list("pk", flat=True))
    return {row.pk: row.quantity for row in read_items_at(keys, instant=instant)}


def replayed(movements: Iterable[dict[str, Any]], instant: datetime) -> dict[UUID, int]:
    """The same from nothing but signed changes, added up in the order in which they were recorded."""
    units: dict[UUID, int] = {}
    for movement in movements:
        if movement["recorded_at"] <= instant:
            item = movement["stock_item_id"]
            units[item] = units.get(item, 0) + movement["delta"]
    return units


def history(organization: Organization, places: list[Warehouse], dice: random.Random, steps: int) -> None:
    """Batches at random instants: several lines about one item, lots, bins, absolute sets, late entries."""
    skus = [make_sku(organization) for _ in range(4)]
    lots = {sku: [None, make_lot(sku, "L-1"), make_lot(sku, "L-2")] for sku in skus}
    bins = {place: [None, make_bin(place, "A-1"), make_bin(place, "A-2")] for place in places}
    why = reason(organization)
    now = BEGAN
    for _ in range(steps):
        now += dice.choice((TICK, timedelta(seconds=1), timedelta(hours=3), timedelta(days=2)))
        sku, place = dice.choice(skus), dice.choice(places)
        lines = []
        for _ in range(dice.randint(1, 3)):
            line = Line(
                sku=sku,
                warehouse=place,
                quantity=dice.randint(1, 20),
                reason=why,
                bin=dice.choice(bins[place]),
                lot=dice.choice(lots[sku]),
                occurred_at=dice.choice((None, now - timedelta(days=dice.randint(1, 40)))),
            )
            lines.append(line)
        there = sum(StockItem.objects.filter(sku=sku, warehouse=place).values_list("on_hand", flat=True))
        if there:
            lines.append(
                Line(
                    sku=sku, warehouse=place, quantity=-dice.randint(1, there), reason=why, occurred_at=BEGAN
                )
            )
        if dice.random() < 0.2:
            lines = [Line(sku=sku, warehouse=place, quantity=dice.randint(0, 9), mode=Mode.TO, reason=why)]
        transactions.run(
            lambda lines=lines, now=now: adjust(  # type: ignore[misc]
                organization=organization,
                actor=SYSTEM,
                source=Source.SYSTEM,
                lines=lines,
                recorded_at=now,
            )
        )


def undo_some(access: Access, dice: random.Random) -> None:
    for adjustment in dice.sample(list(Adjustment.objects.order_by("pk")), 4):
        added = Movement.objects.filter(document_id=adjustment.pk, delta__gt=0)
        items = StockItem.objects.filter(pk__in=added.values("stock_item"))
        if any(found.on_hand < sum(m.delta for m in added if m.stock_item_id == found.pk) for found in items):
            continue  # the goods are gone
        transactions.run(
            lambda adjustment=adjustment: reverse(  # type: ignore[misc]
                access=access, source=Source.SYSTEM, adjustment=adjustment
            )
        )


@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_ledger_replayed(
    organization: Organization, access: Access, places: list[Warehouse], seed: int
) -> None:
    dice = random.Random(seed)
    history(organization, places, dice, 40)
    undo_some(access, dice)
    movements = list(
        Movement.objects.order_by("recorded_at", "level_version").values(
            "stock_item_id", "warehouse_id", "delta", "recorded_at", "occurred_at"
        )
    )
    recorded = sorted({movement["recorded_at"] for movement in movements})
    assert len(recorded) < len(movements)  # some batches changed one item more than once
    assert any(movement["occurred_at"] for movement in movements)
    instants = [
        *recorded,
        *(moment - TICK for moment in recorded),
        *(moment + TICK for moment in recorded),
        *(BEGAN + timedelta(seconds=dice.uniform(-9e5, 9e6)) for _ in range(60)),
        *(movement["occurred_at"] for movement in movements[:20] if movement["occurred_at"]),
    ]

    for instant in instants:
        assert told(access, instant) == replayed(movements, instant), instant
    for instant in dice.sample(instants, 30):
        here = [movement for movement in movements if movement["warehouse_id"] == places[0].pk]
        assert told(access, instant, places[0]) == replayed(here, instant), instant


class TestWhatIsThere:
    @pytest.fixture
    def sku(self, organization: Organization) -> Sku:
        return make_sku(organization)

    def test_an_item_is_there_from_its_first_movement_on(
        self, access: Access, sku: Sku, places: list[Warehouse]
    ) -> None:
        stock(sku, places[0], 5, recorded_at=BEGAN)
        (item,) = StockItem.objects.all()

        assert told(access, BEGAN - TICK) == {}
        assert told(access, BEGAN) == {item.pk: 5}

    def test_at_nothing_too(self, access: Access, sku: Sku, places: list[Warehouse]) -> None:
        stock(sku, places[0], 5, recorded_at=BEGAN)
        stock(sku, places[0], -5, recorded_at=BEGAN + timedelta(days=1))
        (item,) = StockItem.objects.all()

        assert told(access, BEGAN + timedelta(days=2)) == {item.pk: 0}

    def test_what_is_entered_late_changes_no_snapshot_of_before(
        self, organization: Organization, access: Access, sku: Sku, places: list[Warehouse]
    ) -> None:
        stock(sku, places[0], 5, recorded_at=BEGAN)
        monday = BEGAN + timedelta(days=1)
        before = told(access, monday)
        late = Line(
            sku=sku,
            warehouse=places[0],
            quantity=-2,
            reason=reason(organization),
            occurred_at=BEGAN + timedelta(hours=1),
        )
        transactions.run(
            lambda: adjust(
                organization=organization,
                actor=SYSTEM,
                source=Source.SYNC,
                lines=[late],
                recorded_at=monday + timedelta(hours=1),
            )
        )

        assert told(access, monday) == before
        assert list(told(access, monday + timedelta(hours=1)).values()) == [3]

    def test_the_oldest_come_first(
        self, organization: Organization, access: Access, places: list[Warehouse]
    ) -> None:
        made = []
        for days in (3, 1, 2):
            sku = make_sku(organization)
            stock(sku, places[0], 1, recorded_at=BEGAN + timedelta(days=days))
            made.append((days, StockItem.objects.get(sku=sku).pk))

        found = items_at(access=access, instant=BEGAN + timedelta(days=9))

        assert [item.pk for item in found] == [key for _, key in sorted(made)]

    def test_only_what_the_caller_may_see(
        self, organization: Organization, access: Access, sku: Sku, places: list[Warehouse]
    ) -> None:
        rival = make_organization("Rival")
        stock(make_sku(rival), Warehouse.objects.get(organization=rival), 7, recorded_at=BEGAN)
        for place in places:
            stock(sku, place, 5, recorded_at=BEGAN)
        make_key(organization, warehouses=[places[1]])
        limited = access_of_key(ApiKey.objects.get())

        assert len(told(access, BEGAN)) == 2
        ((item, units),) = told(limited, BEGAN).items()
        assert (StockItem.objects.get(pk=item).warehouse, units) == (places[1], 5)
        assert told(limited, BEGAN, places[0]) == {}


class TestWalk:
    @pytest.fixture(autouse=True)
    def _small_steps(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(snapshots, "_ROWS_AT_ONCE", 3)

    def walk(self, access: Access, instant: datetime) -> Iterator[list[snapshots.ItemAt]]:
        return walk_items_at(items_at(access=access, instant=instant), instant=instant)

    @pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 6, 7, 11])
    def test_every_item_once_in_order(
        self, organization: Organization, access: Access, places: list[Warehouse], count: int
    ) -> None:
        """Those made by one batch came at the same instant: their keys tell them apart."""
        why = reason(organization)
        lines = [
            Line(sku=make_sku(organization), warehouse=places[0], quantity=5, reason=why)
            for _ in range(count)
        ]
        for start in range(0, count, 5):
            transactions.run(
                lambda start=start: adjust(  # type: ignore[misc]
                    organization=organization,
                    actor=SYSTEM,
                    source=Source.SYSTEM,
                    lines=lines[start : start + 5],
                    recorded_at=BEGAN + timedelta(days=start),
                )
            )
        end = BEGAN + timedelta(days=99)

        parts = list(self.walk(access, end))

        assert [len(part) for part in parts[:-1]] == [3] * (len(parts) - 1)
        walked = [row.pk for part in parts for row in part]
        assert walked == [item.pk for item in items_at(access=access, instant=end)]
        assert len(walked) == count

    def test_what_happens_meanwhile_is_not_in_it(
        self, organization: Organization, access: Access, places: list[Warehouse]
    ) -> None:
        skus = [make_sku(organization) for _ in range(7)]
        for sku in skus:
            stock(sku, places[0], 5, recorded_at=BEGAN)
        instant = BEGAN + timedelta(days=1)
        parts = self.walk(access, instant)
        units = [row.quantity for row in next(parts)]

        for sku in skus:
            stock(sku, places[0], -4, recorded_at=instant + TICK)
        stock(make_sku(organization), places[0], 9, recorded_at=instant + TICK)
        units += [row.quantity for part in parts for row in part]

        assert units == [5] * 7

    def test_two_queries_a_step_and_none_before_it_is_asked_for(
        self, organization: Organization, access: Access, places: list[Warehouse]
    ) -> None:
        for _ in range(6):
            stock(make_sku(organization), places[0], 5, recorded_at=BEGAN)
        parts = self.walk(access, BEGAN + timedelta(days=1))
        for expected in (2, 2, 1):
            with CaptureQueriesContext(connection) as captured:
                next(parts, None)
            assert len(captured) == expected
