"""What lists say that they have, against counting it: after random work, folded or not, and to every page."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import Model, QuerySet

from inventory import guards, tallies
from inventory.api.gateway.filters import GatewayPaging
from inventory.ledger import Mode
from inventory.models import Sku, StockItem, StockLevel, StockSummary, StockTally, TallyKind
from inventory.tallies import Tally, packing, reading
from inventory.verification import verify
from tests.factories import make_bin, make_key, make_organization, make_sku, make_warehouse, stock
from tests.inventory.api.callers import Caller
from tests.inventory.api.volume import make_levels, make_skus
from warehouses.models import Organization, Warehouse

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]

MODELS: dict[TallyKind, type[Model]] = {
    TallyKind.LEVEL: StockLevel,
    TallyKind.SUMMARY: StockSummary,
    TallyKind.ITEM: StockItem,
    TallyKind.SKU: Sku,
}
ORDERS = {
    TallyKind.LEVEL: ("sort_code", "warehouse_id"),
    TallyKind.ITEM: ("created_at", "id"),
    TallyKind.SKU: ("code_key",),
}


@pytest.fixture
def places(organization: Organization) -> list[Warehouse]:
    return [organization.warehouses.get(), make_warehouse(organization, "Second")]


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "ROWS", 5)
    monkeypatch.setattr(packing, "ENOUGH", 1)
    monkeypatch.setattr(GatewayPaging, "near_enough", 0)


def broken() -> set[str]:
    """The checks that find something; the stock that these tests make at once has no documents."""
    return {finding.check for finding in verify()} - {"movement-has-document"}


def rows_of(tally: Tally) -> QuerySet[Any]:
    """What the tally counts, to be counted."""
    rows = MODELS[tally.kind]._default_manager.filter(organization=tally.organization_id)
    if tally.warehouses is not None:
        rows = rows.filter(warehouse__in=tally.warehouses)
    if tally.statuses is not None:
        rows = rows.filter(status__in=tally.statuses)
    if tally.is_low is not None:
        rows = rows.filter(is_low=tally.is_low)
    return rows.order_by(*ORDERS.get(tally.kind, ()))


def every(organization: Organization, places: list[Warehouse]) -> Iterator[Tally]:
    for kind in TallyKind:
        yield Tally(kind, organization.pk)
    for chosen in [[place.pk] for place in places] + [[place.pk for place in places]]:
        for is_low in (None, True, False):
            yield Tally(TallyKind.LEVEL, organization.pk, chosen, None, is_low)
            yield Tally(TallyKind.ITEM, organization.pk, chosen, None, is_low)
        yield Tally(TallyKind.LEVEL, organization.pk, chosen, ("low",))
    for is_low in (True, False):
        yield Tally(TallyKind.LEVEL, organization.pk, is_low=is_low)
        yield Tally(TallyKind.ITEM, organization.pk, is_low=is_low)
    for status in ("normal", "low", "critical", "out_of_stock"):
        yield Tally(TallyKind.SUMMARY, organization.pk, statuses=(status,))


def compare(organization: Organization, places: list[Warehouse], *, is_packed: bool = False) -> int:
    """Every tally with what it counts, and each place with the rows before it; how many places there were.

    Once it `is_packed`, no more rows are left to be skipped than two blocks have, and some that come at one instant.
    """
    found = 0
    for tally in every(organization, places):
        keys = list(rows_of(tally).values_list("pk", flat=True))
        assert tally.total() == len(keys), tally
        if tally.kind not in ORDERS:
            continue
        for start in range(0, len(keys), 3):
            near = tally.near(start)
            if near is None:
                continue
            found += 1
            condition, before = near
            assert before <= start
            assert list(rows_of(tally).filter(condition).values_list("pk", flat=True)) == keys[before:], tally
            assert not is_packed or start - before < 2 * packing.ROWS + len(places), (tally, start, before)
        if tally.kind == TallyKind.ITEM and tally.is_low is None:
            for instant in rows_of(tally).values_list("created_at", flat=True)[::4]:
                there = rows_of(tally).filter(created_at__lte=instant).count()
                for ago in (timedelta(days=9999), -timedelta(days=1)):  # as of the present, and of long ago
                    with patch.object(reading, "_PRESENT", ago):
                        assert tally.total_by(instant) == there, (tally, instant, ago)
    return found


class Work:
    """Random acts on the stock of one organization."""

    def __init__(self, organization: Organization, places: list[Warehouse], seed: int) -> None:
        self.dice = random.Random(seed)
        self.organization, self.places = organization, places
        self.bins = {place.pk: [None, make_bin(place, "B-1")] for place in places}
        self.skus = [
            make_sku(organization, f"W-{self.dice.randrange(10**6):06d}", safety_stock=5, reorder_point=20)
            for _ in range(12)
        ]

    def act(self) -> None:
        acts: list[Callable[[], None]] = [
            self.post,
            self.post,
            self.post,
            self.post,
            self.rename,
            self.come_and_go,
        ]
        self.dice.choice(acts)()

    def post(self) -> None:
        sku, place = self.dice.choice(self.skus), self.dice.choice(self.places)
        # Reorder point 20, safety stock 5: over all of the borders.
        units = self.dice.choice([0, 3, 10, 40])
        stock(sku, place, units, mode=Mode.TO, bin=self.dice.choice(self.bins[place.pk]))

    def rename(self) -> None:
        sku = self.dice.choice(self.skus)
        sku.code = f"W-{self.dice.randrange(10**6):06d}"
        sku.save()

    def come_and_go(self) -> None:
        self.skus.append(
            make_sku(
                self.organization, f"W-{self.dice.randrange(10**6):06d}", safety_stock=5, reorder_point=20
            )
        )
        make_sku(self.organization, f"X-{self.dice.randrange(10**6):06d}").delete()


@pytest.mark.parametrize("seed", range(6))
def test_lists_have_what_they_say_whatever_happens(
    organization: Organization, places: list[Warehouse], small_blocks: None, seed: int
) -> None:
    work = Work(organization, places, seed)
    compared = 0
    for _ in range(12):
        for _ in range(8):
            work.act()
        if work.dice.random() < 0.6:
            tallies.pack_due()
        compared += compare(organization, places)
    tallies.pack_due()
    assert not StockTally.objects.filter(form="change").exists()
    assert compared + compare(organization, places, is_packed=True) > 50
    assert broken() == set()


def test_what_comes_in_great_numbers_is_counted_at_once_and_placed_later(
    organization: Organization, places: list[Warehouse]
) -> None:
    rival = make_organization("Rival")
    make_levels(rival, make_skus(rival, 3), list(rival.warehouses.all()))
    make_levels(organization, make_skus(organization, 1100), places)
    assert StockTally.objects.filter(organization=organization, mark__isnull=True).count() < 20
    tally = Tally(TallyKind.LEVEL, organization.pk)
    assert (tally.total(), tally.near(2100)) == (2200, None)
    assert broken() == set()
    assert tallies.pack(organization.pk, TallyKind.LEVEL)
    near = tally.near(2100)
    assert (tally.total(), near) == (2200, None)  # one block, from the beginning
    assert not StockTally.objects.filter(organization=organization, kind="level", mark__isnull=True).exists()
    assert broken() == set()


def test_pages_are_those_of_the_whole_list(
    organization: Organization, places: list[Warehouse], small_blocks: None
) -> None:
    """Every page of the gateway's list, by places, is what skipping rows would have shown."""
    make_levels(organization, make_skus(organization, 60), places, every=4)
    tallies.pack_due()
    caller = Caller(make_key(organization))
    for query, rows in (
        ("", StockLevel.objects.all()),
        ("&low_stock=true", StockLevel.objects.filter(is_low=True)),
        ("&low_stock=false", StockLevel.objects.filter(is_low=False)),
        (f"&warehouse_id={places[1].public_id}", StockLevel.objects.filter(warehouse=places[1])),
    ):
        wanted = [
            (level.sku.code, level.warehouse.public_id)
            for level in rows.select_related("sku", "warehouse").order_by("sort_code", "warehouse_id")
        ]
        shown: list[tuple[str, str]] = []
        for page in range(1, len(wanted) // 7 + 2):
            body = caller.get(f"/gateway/api/v1/inventory?per_page=7&page={page}{query}").json()
            assert body["pagination"]["total"] == len(wanted)
            shown += [(row["sku"], row["warehouseId"]) for row in body["data"]]
        assert shown == wanted, query


def sql(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


TAMPERED = {
    "a total is one too many": (
        "UPDATE inventory_stocktally SET amount = amount + 1 WHERE id ="
        " (SELECT id FROM inventory_stocktally WHERE kind = 'level' AND form = 'total' LIMIT 1)",
        "tally-is-count",
    ),
    "a change is lost": ("DELETE FROM inventory_stocktally WHERE form = 'total'", "tally-is-count"),
    "a block is one too few": (
        "UPDATE inventory_stocktally SET amount = amount - 1 WHERE id ="
        " (SELECT id FROM inventory_stocktally WHERE kind = 'level' AND form = 'block' ORDER BY mark DESC LIMIT 1)",
        "tally-places-right",
    ),
    "a block begins elsewhere": (
        "UPDATE inventory_stocktally SET mark = mark || 'x' WHERE kind = 'level' AND form = 'block' AND mark ="
        " (SELECT MAX(mark) FROM inventory_stocktally WHERE kind = 'level' AND form = 'block')",
        "tally-places-right",
    ),
    "an item is called low": (
        "ALTER TABLE inventory_stockitem DISABLE TRIGGER inventory_tally_item_moved;"
        " UPDATE inventory_stockitem SET is_low = NOT is_low;"
        " ALTER TABLE inventory_stockitem ENABLE TRIGGER inventory_tally_item_moved",
        "item-low-as-level",
    ),
    "a trigger is off": (
        "ALTER TABLE inventory_stocklevel DISABLE TRIGGER inventory_tally_level_moved",
        "guards-stand",
    ),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_what_is_tampered_with_is_found(
    organization: Organization, places: list[Warehouse], small_blocks: None, how: str
) -> None:
    make_levels(organization, make_skus(organization, 30), places)
    tallies.pack_due()
    assert broken() == set()
    statement, check = TAMPERED[how]
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql(statement)
    assert check in broken()


def test_triggers_that_were_missing_are_put_back_and_everything_is_counted(
    organization: Organization, places: list[Warehouse], small_blocks: None
) -> None:
    make_levels(organization, make_skus(organization, 30), places)
    tallies.pack_due()
    sku = make_sku(organization, "LATER", safety_stock=5, reorder_point=20)
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    for statement in tallies.remove(connection):
        sql(statement)
    stock(sku, places[0], 4)
    assert Tally(TallyKind.LEVEL, organization.pk).total() == 60
    assert broken() == {
        "guards-stand", "tally-is-count", "tally-places-right", "item-low-as-level",
    }  # fmt: skip
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    tallies.install()
    assert broken() == set()
    assert Tally(TallyKind.LEVEL, organization.pk).total() == 61


def test_nothing_is_written_where_nothing_that_is_counted_changes(
    organization: Organization, places: list[Warehouse]
) -> None:
    sku = make_sku(organization, safety_stock=5, reorder_point=20)
    stock(sku, places[0], 100)
    before = StockTally.objects.count()
    stock(sku, places[0], -30)
    stock(sku, places[0], 12)
    assert StockTally.objects.count() == before
    stock(sku, places[0], -80)  # low now: two rows each for the level, the summary and the item
    assert StockTally.objects.count() == before + 6


def test_guards_and_tallies_are_told_apart() -> None:
    """A test that takes the guards away counts on."""
    names = set(guards.triggers("postgresql")) & {
        statement.split()[4] for statement in tallies.remove(connection)
    }
    assert not names


def test_a_stranger_counts_nothing(organization: Organization, places: list[Warehouse]) -> None:
    make_levels(organization, make_skus(organization, 3), places)
    rival = make_organization("Rival")
    assert Tally(TallyKind.LEVEL, rival.pk).total() == 0
    assert Tally(TallyKind.LEVEL, organization.pk, [UUID(int=0)]).total() == 0


def test_what_has_no_place_yet_is_placed_among_the_blocks(
    organization: Organization, places: list[Warehouse], small_blocks: None
) -> None:
    make_levels(organization, make_skus(organization, 30), places)
    tallies.pack_due()
    make_levels(organization, make_skus(organization, 520, prefix="A-"), places)
    tally = Tally(TallyKind.LEVEL, organization.pk)
    assert (tally.total(), tally.near(700)) == (1100, None)
    tallies.pack_due()
    near = tally.near(700)
    assert near is not None
    assert 690 <= near[1] <= 700
    assert broken() == set()
