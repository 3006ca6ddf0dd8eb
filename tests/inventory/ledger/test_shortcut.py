"""The ledger's short way decides as the general one does, and leaves behind what that leaves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from inventory.ledger import DocumentRef, Line, Mode, shortcut
from inventory.ledger.planning import plan_level
from inventory.ledger.shortcut import Asked, Item, Reading
from inventory.ledger.state import BinState, ItemState, LevelState
from inventory.models import (
    Adjustment,
    Direction,
    DocumentType,
    Movement,
    Nature,
    ReasonCode,
    Sku,
    StockItem,
    StockLevel,
    StockSummary,
)
from inventory.models.sku import MAXIMUM_QUANTITY
from inventory.verification import verify
from tests import factories
from warehouses.actors import SYSTEM
from warehouses.identifiers import new_id
from warehouses.models import Organization, Warehouse
from warehouses.models.room import RoomType

WHEN = datetime(2026, 3, 12, tzinfo=UTC)
ORGANIZATION = Organization(id=UUID(int=1), name="Acme")
SKU = Sku(id=UUID(int=2), organization=ORGANIZATION, code="TEA", title="Tea")
WAREHOUSE = Warehouse(id=UUID(int=3), organization=ORGANIZATION, name="Main")
DEFAULT_BIN = UUID(int=100)

units = st.integers(0, 12)
items = st.lists(
    st.tuples(units, units, st.sampled_from([RoomType.STORAGE, RoomType.DESTRUCTION]), st.booleans()),
    max_size=3,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    items=items,
    has_default=st.booleans(),
    reserved=units,
    direction=st.sampled_from(Direction),
    nature=st.sampled_from(Nature),
    mode=st.sampled_from([Mode.BY, Mode.TO]),
    quantity=st.one_of(st.integers(-15, 15), st.sampled_from([MAXIMUM_QUANTITY, MAXIMUM_QUANTITY + 1])),
)
@example(
    [(5, 0, RoomType.STORAGE, True), (5, 0, RoomType.DESTRUCTION, True)],
    True,
    3,
    Direction.OUT,
    Nature.ISSUE,
    Mode.BY,
    -4,
)
@example([(5, 3, RoomType.STORAGE, True)], True, 1, Direction.OUT, Nature.ISSUE, Mode.BY, -2)
@example(
    [(4, 0, RoomType.STORAGE, True), (4, 0, RoomType.STORAGE, False)],
    False,
    0,
    Direction.EITHER,
    Nature.ISSUE,
    Mode.BY,
    -6,
)
def test_what_it_decides_is_what_the_general_way_decides(
    items: list[tuple[int, int, RoomType, bool]],
    has_default: bool,
    reserved: int,
    direction: Direction,
    nature: Nature,
    mode: Mode,
    quantity: int,
) -> None:
    states = [
        ItemState(
            UUID(int=200 + number),
            DEFAULT_BIN if has_default and number == 0 else UUID(int=101 + number),
            None,
            on_hand,
            held,
            is_sellable,
            room_type=room,
        )
        for number, (on_hand, held, room, is_sellable) in enumerate(items)
    ]
    on_hand, held = sum(item.on_hand for item in states), sum(item.held for item in states)
    reading = Reading._make(
        (
            *(
                0,
                SKU.pk,
                SKU.code,
                SKU.title,
                UUID(int=4),
                "Tea",
                1,
                UUID(int=5),
                WAREHOUSE.pk,
                "Main",
                "own",
            ),
            *(
                on_hand,
                reserved,
                held,
                0,
                0,
                0,
                7,
                WHEN,
                DEFAULT_BIN,
                UUID(int=6),
                direction.value,
                nature.value,
            ),
            tuple(
                Item(
                    item.id,
                    item.on_hand,
                    item.held,
                    item.bin_id == DEFAULT_BIN,
                    str(item.room_type),
                    item.is_sellable,
                )
                for item in states
            ),
        )
    )
    found = shortcut.growths(reading, mode, quantity)

    level = LevelState(
        reading.level_id, SKU.pk, WAREHOUSE.pk, on_hand, reserved, held, 0, 0, 0, 7, WHEN, items=states
    )
    reason = ReasonCode(
        id=UUID(int=6), organization=ORGANIZATION, code="R", direction=direction, nature=nature
    )
    line = Line(sku=SKU, warehouse=WAREHOUSE, quantity=quantity, reason=reason, mode=mode)
    shelf = BinState(DEFAULT_BIN, WAREHOUSE.pk, True, True, True, True, False, None, RoomType.STORAGE)
    plan = plan_level(level, [(0, line)], today=date(2026, 3, 12), bins={DEFAULT_BIN: shelf})

    if found is None:
        return  # the general way says it
    assert not plan.refused
    assert [(each.delta, each.before, each.item_id, each.item_before + each.delta) for each in found] == [
        (
            change.delta,
            change.level_before,
            None if change.item.is_new else change.item.id,
            change.item_after,
        )
        for change in plan.changes
    ]
    assert [reading.version + each.number for each in found] == [
        change.level_version for change in plan.changes
    ]
    after = shortcut.grown(reading, found, WHEN)
    assert after.on_hand == level.on_hand
    assert after.version == (level.version if found else 7)


def test_the_commonest_cases_are_its_own() -> None:
    """Else the test above would be content with a short way that never says anything."""
    reading = Reading._make(
        (
            *(
                0,
                SKU.pk,
                SKU.code,
                SKU.title,
                UUID(int=4),
                "Tea",
                1,
                UUID(int=5),
                WAREHOUSE.pk,
                "Main",
                "own",
            ),
            *(9, 2, 1, 0, 0, 0, 7, WHEN, DEFAULT_BIN, UUID(int=6), "either", "issue"),
            (Item(UUID(int=200), 9, 1, True, "storage", True),),
        )
    )
    for mode, quantity, delta in (
        (Mode.BY, 3, 3),
        (Mode.BY, -6, -6),
        (Mode.TO, 4, -5),
        (Mode.TO, 40, 31),
    ):
        found = shortcut.growths(reading, mode, quantity)
        assert found is not None
        assert [each.delta for each in found] == [delta]
    assert shortcut.growths(reading, Mode.BY, -7) is None  # two are promised, and one is held


# --- what is in the database


@pytest.fixture
def level(organization: Organization) -> StockLevel:
    sku = factories.make_sku(organization, "TEA")
    factories.stock(sku, organization.warehouses.get(), 10)
    return StockLevel.objects.get()


def asked(level: StockLevel) -> list[Asked]:
    return [Asked("tea", level.warehouse_id, "adjustment")]


def read(level: StockLevel) -> list[Reading] | None:
    return shortcut.read(level.organization, asked(level), timezone.now())


def post(found: list[Reading], quantity: int) -> bool:
    growths = shortcut.growths(found[0], Mode.BY, quantity)
    assert growths
    recorded_at = shortcut.instant_after(found, timezone.now())
    key = new_id()
    organization = Organization.objects.get()
    row = (
        key,
        organization.pk,
        "system",
        "adjustment",
        None,
        "",
        "",
        1,
        "system",
        None,
        "system",
        None,
        recorded_at,
    )
    columns = (
        "id organization source kind reason_code note reference line_count actor_type actor_id actor_name reverses"
        " created_at"
    )
    return shortcut.write(
        organization=organization,
        actor=SYSTEM,
        growths=growths,
        words=([""] * len(growths), [""] * len(growths)),
        document=DocumentRef(DocumentType.ADJUSTMENT, key),
        recorded_at=recorded_at,
        besides=(shortcut.Insert(Adjustment, tuple(columns.split()), row),),
    )


@pytest.mark.postgresql
@pytest.mark.django_db
@pytest.mark.parametrize("quantity", [4, -4])
def test_it_leaves_what_the_general_way_leaves(level: StockLevel, quantity: int) -> None:
    def left() -> list[Any]:
        return [
            list(StockItem.objects.values_list("on_hand", "held")),
            list(StockLevel.objects.values_list("on_hand", "version", "available", "status")),
            list(StockSummary.objects.values_list("on_hand", "version", "available")),
            list(
                Movement.objects.order_by("level_version").values_list(
                    "delta",
                    "level_before",
                    "level_after",
                    "item_after",
                    "level_version",
                    "stock_item",
                    "level",
                )
            ),
        ]

    with transaction.atomic():
        factories.stock(level.sku, level.warehouse, quantity)
        expected = left()
        transaction.set_rollback(True)
    found = read(level)
    assert found is not None
    assert post(found, quantity)
    assert left() == expected
    assert list(verify()) == []
    assert Movement.objects.latest("recorded_at").recorded_at == StockLevel.objects.get().updated_at


def change_stock(level: StockLevel) -> None:
    factories.stock(level.sku, level.warehouse, 1)


def close_warehouse(level: StockLevel) -> None:
    Warehouse.objects.update(is_active=False)


def make_readonly(level: StockLevel) -> None:
    Warehouse.objects.update(is_readonly=True)


def control_lots(level: StockLevel) -> None:
    Sku.objects.update(is_lot_controlled=True)


CHANGES = [change_stock, close_warehouse, make_readonly, control_lots]


@pytest.mark.postgresql
@pytest.mark.django_db
@pytest.mark.parametrize("change", CHANGES)
def test_nothing_is_written_once_something_has_changed(
    level: StockLevel, change: Callable[[StockLevel], None]
) -> None:
    found = read(level)
    assert found is not None
    change(level)
    on_hand, movements, documents = (
        StockLevel.objects.get().on_hand,
        Movement.objects.count(),
        Adjustment.objects.count(),
    )
    assert post(found, -3) is False
    assert StockLevel.objects.get().on_hand == StockItem.objects.get().on_hand == on_hand
    assert StockSummary.objects.get().on_hand == on_hand
    assert (Movement.objects.count(), Adjustment.objects.count()) == (movements, documents)


def put_into_a_lot(level: StockLevel) -> None:
    lot = factories.make_lot(level.sku, "L")
    factories.stock(level.sku, level.warehouse, 1, lot=lot)


def end_reason(level: StockLevel) -> None:
    ReasonCode.objects.update(is_active=False)


@pytest.mark.postgresql
@pytest.mark.django_db
@pytest.mark.parametrize("change", [close_warehouse, make_readonly, control_lots, put_into_a_lot, end_reason])
def test_what_is_not_plain_is_not_read(level: StockLevel, change: Callable[[StockLevel], None]) -> None:
    assert read(level) is not None
    change(level)
    assert read(level) is None


@pytest.mark.django_db
def test_another_organization_has_no_such_level(level: StockLevel) -> None:
    other = factories.make_organization("Other")
    if connection.vendor == "postgresql":
        assert shortcut.read(other, asked(level), timezone.now()) is None
    assert shortcut.is_open() == (connection.vendor == "postgresql")
