"""What the books say at an instant, and up to which movement that goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.book import Asked, Booked, ItemKey, quantities_at, read_book
from inventory.models import Movement, StockLevel
from tests import factories
from tests.cycle_counts.conftest import SHELVES, Ground

pytestmark = pytest.mark.django_db

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def item(ground: Ground, sku: str, bin: str, lot: str | None = None) -> ItemKey:
    return ground.sku(sku).pk, ground.bin(bin).pk, ground.lot(lot).pk if lot else None


def read(ground: Ground, *asked: Asked) -> list[Booked]:
    with transaction.atomic():
        return read_book(warehouse_id=ground.warehouse.pk, asked=asked)


def level_of(ground: Ground, sku: str) -> StockLevel:
    return StockLevel.objects.get(sku=ground.sku(sku), warehouse=ground.warehouse)


def last_version(ground: Ground, sku: str) -> int:
    numbers = Movement.objects.filter(sku=ground.sku(sku)).values_list("level_version", flat=True)
    return max(numbers)


def test_now_it_is_what_is_on_hand(ground: Ground) -> None:
    before = timezone.now()
    asked = [Asked(item(ground, *place)) for place in SHELVES]
    found = read(ground, *asked)
    assert [booked.expected for booked in found] == list(SHELVES.values())
    assert [booked.level_version for booked in found] == [
        level_of(ground, place[0]).version for place in SHELVES
    ]
    assert all(before <= booked.at <= timezone.now() for booked in found)


def test_of_what_is_not_there_it_is_nothing(ground: Ground) -> None:
    elsewhere, never, of_no_lot = read(
        ground,
        Asked(item(ground, "GLOVES", "A-4")),
        Asked(item(ground, "TAPE", "A-1")),
        Asked(item(ground, "SALINE", "A-3")),
    )
    assert (elsewhere.expected, elsewhere.level_version) == (0, level_of(ground, "GLOVES").version)
    assert (never.expected, never.level_version) == (0, 0)
    assert of_no_lot.expected == 0


def test_of_a_lot_that_nobody_knows_it_is_nothing(ground: Ground) -> None:
    (found,) = read(ground, Asked(item(ground, "GLOVES", "A-1"), is_new=True))
    assert (found.expected, found.level_version) == (0, level_of(ground, "GLOVES").version)
    (past,) = read(ground, Asked(item(ground, "GLOVES", "A-1"), at=timezone.now(), is_new=True))
    assert past.expected == 0


def test_in_the_past_it_is_what_was_recorded_by_then(ground: Ground) -> None:
    first = timezone.now()
    before = last_version(ground, "GLOVES")
    ground.stock_by("GLOVES", "A-1", -4)
    second = timezone.now()
    after = last_version(ground, "GLOVES")
    ground.stock_by("GLOVES", "A-1", 9)
    key = item(ground, "GLOVES", "A-1")
    found = read(ground, Asked(key, LONG_AGO), Asked(key, first), Asked(key, second), Asked(key))
    assert [(booked.expected, booked.at) for booked in found[:3]] == [
        (0, LONG_AGO),
        (10, first),
        (6, second),
    ]
    assert found[3].expected == 15
    assert [booked.level_version for booked in found[:3]] == [0, before, after]


def test_a_movement_of_another_bin_changes_the_version_and_not_the_quantity(ground: Ground) -> None:
    before = timezone.now()
    ground.stock_by("GLOVES", "A-2", 1)
    after = timezone.now()
    key = item(ground, "GLOVES", "A-1")
    early, late = read(ground, Asked(key, before), Asked(key, after))
    assert (early.expected, late.expected) == (10, 10)
    assert late.level_version == early.level_version + 1


def test_the_instant_of_a_movement_is_after_it(ground: Ground) -> None:
    ground.stock_by("MASKS", "A-4", 2)
    moved = Movement.objects.filter(sku=ground.sku("MASKS")).latest("level_version")
    key = item(ground, "MASKS", "A-4")
    at, before = read(
        ground, Asked(key, moved.recorded_at), Asked(key, moved.recorded_at - timedelta(microseconds=1))
    )
    assert (at.expected, at.level_version) == (42, moved.level_version)
    assert (before.expected, before.level_version) == (40, moved.level_version - 1)


def test_each_lot_has_its_own(ground: Ground) -> None:
    ground.stock_by("SALINE", "A-3", 5, "L-2")
    now = timezone.now()
    keys = [item(ground, "SALINE", "A-3", lot) for lot in ("L-1", "L-2", None)]
    found = read(ground, *(Asked(key, now) for key in keys), *(Asked(key) for key in keys))
    assert [booked.expected for booked in found] == [7, 8, 0, 7, 8, 0]


def test_a_clock_that_is_behind_does_not_put_the_count_before_what_it_has_seen(ground: Ground) -> None:
    ahead = timezone.now() + timedelta(seconds=20)
    ground.stock_by("GLOVES", "A-1", 5, recorded_at=ahead)
    (found,) = read(ground, Asked(item(ground, "GLOVES", "A-1")))
    assert (found.expected, found.at) == (15, level_of(ground, "GLOVES").updated_at)
    assert found.at >= ahead


def test_the_level_of_another_warehouse_is_another(ground: Ground) -> None:
    south = factories.make_warehouse(ground.organization, "South")
    shelf = factories.make_bin(south, "S-1")
    factories.stock(ground.sku("GLOVES"), south, 77, bin=shelf)
    key: tuple[UUID, UUID, None] = (ground.sku("GLOVES").pk, shelf.pk, None)
    now = timezone.now()
    (booked,) = quantities_at(warehouse_id=south.pk, wanted=[(key, now)])
    assert (booked.expected, booked.level_version) == (77, 1)


def test_the_past_is_read_without_locks_too(ground: Ground) -> None:
    now = timezone.now()
    ground.stock_by("GLOVES", "A-1", -10)
    gloves, masks = item(ground, "GLOVES", "A-1"), item(ground, "MASKS", "A-4")
    found = quantities_at(
        warehouse_id=ground.warehouse.pk, wanted=[(masks, now), (gloves, now), (masks, now)]
    )
    assert [booked.expected for booked in found] == [40, 10, 40]
    assert quantities_at(warehouse_id=ground.warehouse.pk, wanted=[]) == []


def test_it_is_read_in_a_transaction_only(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "in_atomic_block", False)
    with pytest.raises(RuntimeError, match="transaction"):
        read_book(warehouse_id=ground.warehouse.pk, asked=[Asked(item(ground, "GLOVES", "A-1"))])


@pytest.mark.parametrize(
    ("ask", "statements"),
    [
        (lambda keys, now: [Asked(key) for key in keys], 2),
        (lambda keys, now: [Asked(key, now) for key in keys], 2),
        (lambda keys, now: [Asked(keys[0]), *(Asked(key, now) for key in keys)], 3),
    ],
)
def test_any_number_of_items_takes_as_many_statements(
    ground: Ground, ask: Callable[[list[ItemKey], datetime], list[Asked]], statements: int
) -> None:
    keys = [item(ground, *place) for place in SHELVES]
    for some in (keys[:1], keys[:3], keys):
        asked = ask(some, timezone.now())
        with (
            transaction.atomic(),
            CaptureQueriesContext(
                connection,
            ) as queries,
        ):
            read_book(warehouse_id=ground.warehouse.pk, asked=asked)
        assert len(queries) == statements
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        assert read_book(warehouse_id=ground.warehouse.pk, asked=[]) == []
    assert len(queries) == 0
