"""What the database itself refuses, whoever asks: changed history, broken numbers, vanished owners."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F, Model, ProtectedError

from inventory import guards
from inventory.models import (
    Adjustment,
    Lot,
    Movement,
    ReasonCode,
    Sku,
    StockItem,
    StockLevel,
    StockSummary,
)
from tests import factories
from tests.inventory.ledger.batches import fingerprint
from warehouses.actors import Actor, ActorType
from warehouses.identifiers import new_id
from warehouses.models import ApiKey, Bin, Organization, Room, User, Warehouse

pytestmark = pytest.mark.django_db


@pytest.fixture
def warehouse(organization: Organization) -> Warehouse:
    found: Warehouse = organization.warehouses.get()
    return found


@pytest.fixture
def lot(organization: Organization) -> Lot:
    return factories.make_lot(factories.make_sku(organization, "MILK"), "L")


@pytest.fixture
def movement(lot: Lot, warehouse: Warehouse) -> Movement:
    """The last of three."""
    for units in (5, 3, -2):
        factories.stock(lot.sku, warehouse, units, lot=lot)
    return Movement.objects.order_by("-level_version")[0]


def execute(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(parameters) or None)


# --- movements stay as they are


def _save(movement: Movement) -> None:
    movement.note = "never mind"
    movement.save()


def _bulk_update(movement: Movement) -> None:
    movement.note = "never mind"
    Movement.objects.bulk_update([movement], ["note"])


def _overwrite(movement: Movement) -> None:
    movement.note = "never mind"
    Movement.objects.bulk_create(
        [movement], update_conflicts=True, update_fields=["note"], unique_fields=["id"]
    )


CHANGES: dict[str, Callable[[Movement], object]] = {
    "save": _save,
    "bulk_update": _bulk_update,
    "bulk_create over it": _overwrite,
    "update": lambda movement: Movement.objects.update(note="never mind"),
    "update of nothing": lambda movement: Movement.objects.update(delta=F("delta")),
    "delete": lambda movement: movement.delete(),
    "delete all": lambda movement: Movement.objects.all().delete(),
    "raw delete": lambda movement: Movement.objects.all()._raw_delete("default"),
    "UPDATE": lambda movement: execute("UPDATE inventory_movement SET note = 'never mind'"),
    "UPDATE of one": lambda movement: execute(
        "UPDATE inventory_movement SET delta = delta + 1, level_after = level_after + 1 WHERE level_version = 1"
    ),
    "DELETE": lambda movement: execute("DELETE FROM inventory_movement"),
    "DELETE of one": lambda movement: execute("DELETE FROM inventory_movement WHERE level_version = 2"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_movement_is_never_changed(movement: Movement, change: Callable[[Movement], object]) -> None:
    before = fingerprint()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        change(movement)
    assert fingerprint() == before


@pytest.mark.parametrize(
    "change",
    [
        lambda: Adjustment.objects.update(note="never mind"),
        lambda: Adjustment.objects.all().delete(),
        lambda: [adjustment.delete() for adjustment in Adjustment.objects.all()],
        lambda: [adjustment.save() for adjustment in Adjustment.objects.all()],
        lambda: execute("UPDATE inventory_adjustment SET line_count = 7"),
        lambda: execute("DELETE FROM inventory_adjustment"),
    ],
)
def test_an_adjustment_is_never_changed(movement: Movement, change: Callable[[], object]) -> None:
    before = fingerprint()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        change()
    assert fingerprint() == before


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE inventory_adjustment CASCADE",
        "TRUNCATE cycle_counts_countentry",
        "TRUNCATE inventory_movement",
        "TRUNCATE inventory_movement CASCADE",
        "TRUNCATE inventory_sku CASCADE",
        "TRUNCATE warehouses_organization CASCADE",
    ],
)
@pytest.mark.postgresql
def test_movements_are_not_truncated(movement: Movement, statement: str) -> None:
    connection.check_constraints()  # or PostgreSQL refuses for what is still to be checked
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        execute(statement)
    assert Movement.objects.count() == 3


@pytest.mark.parametrize("same", ["id", "level, level_version"])
def test_a_movement_is_not_replaced(movement: Movement, is_postgresql: bool, same: str) -> None:
    if is_postgresql:
        pytest.skip("INSERT OR REPLACE is SQLite's")
    columns = [field.column for field in Movement._meta.concrete_fields]
    changed = {"note": "'never mind'"} | ({"id": f"'{new_id().hex}'"} if same != "id" else {})
    values = ", ".join(changed.get(column, column) for column in columns)
    before = fingerprint()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        execute(
            f"INSERT OR REPLACE INTO inventory_movement ({', '.join(columns)})"  # noqa: S608 - our own names
            f" SELECT {values} FROM inventory_movement"
        )
    assert fingerprint() == before


def test_new_movements_are_still_welcome(movement: Movement) -> None:
    movement.pk = new_id()
    movement.level_version += 1
    movement.save(force_insert=True)
    assert Movement.objects.count() == 4


def test_the_guards_stand_after_a_repeated_migration(movement: Movement) -> None:
    assert guards.missing(connection) == []
    guards.install()
    assert guards.missing(connection) == []


@pytest.mark.parametrize("name", sorted({*guards.triggers("postgresql"), *guards.triggers("sqlite")}))
def test_a_guard_that_is_gone_is_missed_and_can_be_put_back(organization: Organization, name: str) -> None:
    if name not in guards.triggers(connection.vendor):
        pytest.skip("a guard of the other engine")
    connection.check_constraints()
    (statement,) = (found for found in guards.remove(connection) if f"{name} " in f"{found} ")
    execute(statement)
    assert guards.missing(connection) == [name]
    guards.install()
    assert guards.missing(connection) == []


@pytest.mark.postgresql
@pytest.mark.parametrize("state", ["DISABLE", "ENABLE REPLICA"])
def test_a_guard_that_sleeps_is_missed(organization: Organization, state: str) -> None:
    connection.check_constraints()
    execute(f"ALTER TABLE inventory_movement {state} TRIGGER inventory_movement_append_only")
    assert guards.missing(connection) == ["inventory_movement_append_only"]


# --- sort codes follow


def rename_by_saving(sku: Sku) -> None:
    sku.code = "Ünder Way"
    sku.save()


def rename_by_updating_fields(sku: Sku) -> None:
    sku.code = "Ünder Way"
    sku.save(update_fields=["code"])


RENAMES: dict[str, Callable[[Sku], object]] = {
    "save": rename_by_saving,
    "save of fields": rename_by_updating_fields,
    "update": lambda sku: Sku.objects.filter(pk=sku.pk).update(code_key="ünder way"),
    "UPDATE": lambda sku: execute("UPDATE inventory_sku SET code_key = 'ünder way' WHERE code_key = 'milk'"),
}


@pytest.mark.parametrize("rename", RENAMES.values(), ids=RENAMES)
def test_sort_codes_follow_the_sku(
    organization: Organization, lot: Lot, warehouse: Warehouse, rename: Callable[[Sku], object]
) -> None:
    other = factories.make_sku(organization, "OTHER")
    for sku in (lot.sku, other):
        for place in (warehouse, factories.make_warehouse(organization, f"for {sku}")):
            factories.stock(sku, place, 1)
    versions = set(StockLevel.objects.values_list("pk", "version", "updated_at"))
    rename(lot.sku)
    for model in (StockLevel, StockSummary):
        codes = model.objects.values_list("sku__code_key", "sort_code")
        assert {tuple(pair) for pair in codes} == {("ünder way", "ünder way"), ("other", "other")}
    assert set(StockLevel.objects.values_list("pk", "version", "updated_at")) == versions


# --- nothing is deleted under the ledger


OWNERS: tuple[type[Model], ...] = (
    *(Organization, Warehouse, Room, Bin, Sku, Lot, ReasonCode),
    *(StockLevel, StockItem, Adjustment),
)


@pytest.mark.parametrize("owner", OWNERS, ids=lambda model: model.__name__)
def test_what_the_ledger_points_at_cannot_be_deleted(movement: Movement, owner: type[Any]) -> None:
    """Neither through the models nor with SQL."""
    before = fingerprint()
    rows = owner.objects.all()
    if owner is ReasonCode:
        rows = rows.filter(pk=movement.reason_code_id)
    # Movements do not point at adjustments with a foreign key: those are guarded by a trigger.
    refusal = IntegrityError if owner is Adjustment else ProtectedError
    with pytest.raises(refusal), transaction.atomic():
        rows.delete()
    with pytest.raises(refusal), transaction.atomic():
        rows[0].delete()
    execute("SAVEPOINT before")
    with pytest.raises(IntegrityError):
        delete_everything(owner)
    execute("ROLLBACK TO SAVEPOINT before")
    assert fingerprint() == before


def delete_everything(owner: type[Any]) -> None:
    execute(f"DELETE FROM {owner._meta.db_table}")  # noqa: S608 - our own names
    connection.check_constraints()  # what else would come at the end of the transaction


def test_people_and_keys_go_and_what_they_did_stays(
    organization: Organization, lot: Lot, warehouse: Warehouse
) -> None:
    person = factories.make_person("mia@example.com")
    factories.make_key(organization, name="Till 4")
    key = ApiKey.objects.get()
    for actor in (
        Actor(ActorType.USER, person.pk, person.email),
        Actor(ActorType.KEY, key.pk, key.name),
    ):
        factories.stock(lot.sku, warehouse, 1, actor=actor)
    person.delete()
    key.delete()
    assert not User.objects.exists()
    assert list(Movement.objects.order_by("level_version").values_list("actor_type", "actor_name")) == [
        ("user", "mia@example.com"),
        ("key", "Till 4"),
    ]
    assert Adjustment.objects.count() == 2


def test_no_cascade_reaches_the_ledger() -> None:
    from django.db.models import PROTECT

    for model in (StockLevel, StockItem, StockSummary, Movement, Adjustment, Lot, ReasonCode, Sku):
        for field in model._meta.concrete_fields:
            if field.is_relation:
                assert field.remote_field.on_delete is PROTECT, field  # type: ignore[union-attr]


# --- constraints


def again(record: Any, **changes: Any) -> None:
    """Insert a copy of a record under a new id, with `changes`."""
    copy = type(record).objects.get(pk=record.pk)
    if not isinstance(record, StockSummary):
        copy.pk = new_id()
    for name, value in changes.items():
        setattr(copy, name, value)
    copy.save(force_insert=True)


VIOLATIONS: dict[str, Callable[[Movement], object]] = {
    "inventory_stock_level_on_hand": lambda m: StockLevel.objects.update(on_hand=-1),
    "inventory_stock_level_reserved": lambda m: StockLevel.objects.update(reserved=-1),
    "inventory_stock_level_held": lambda m: StockLevel.objects.update(held=-1),
    "inventory_stock_level_once": lambda m: again(m.level),
    "inventory_stock_item_on_hand": lambda m: StockItem.objects.update(on_hand=-1),
    "inventory_stock_item_held": lambda m: StockItem.objects.update(held=-1),
    "inventory_stock_item_of_lot": lambda m: again(m.stock_item),
    "inventory_stock_item_without_lot": lambda m: [again(m.stock_item, lot=None) for _ in range(2)],
    "inventory_stock_summary_not_negative": lambda m: StockSummary.objects.update(on_hand=-1),
    "inventory_movement_changes": lambda m: again(m, level_version=9, delta=0, level_after=m.level_before),
    "inventory_movement_adds_up": lambda m: again(m, level_version=9, level_after=m.level_before),
    "inventory_movement_not_negative": lambda m: again(m, level_version=9, item_after=-1),
    "inventory_movement_chain": again,
}


@pytest.mark.parametrize("name", VIOLATIONS)
def test_the_database_refuses_broken_numbers(movement: Movement, name: str, is_postgresql: bool) -> None:
    before = fingerprint()
    # SQLite names a constraint in its message for checks only.
    match = name if is_postgresql else None
    with pytest.raises(IntegrityError, match=match), transaction.atomic():
        VIOLATIONS[name](movement)
    assert fingerprint() == before


@pytest.mark.parametrize(
    ("model", "changes"),
    [
        (StockSummary, {"reserved": -1}),
        (StockSummary, {"held": -1}),
        (StockLevel, {"safety_stock": -1}),
        (StockLevel, {"reorder_point": -1}),
        (StockLevel, {"reorder_quantity": -1}),
    ],
)
def test_further_broken_numbers(movement: Movement, model: Any, changes: dict[str, int]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.update(**changes)


@pytest.mark.parametrize(
    "changes",
    [{"level_before": -2, "level_after": -4}, {"level_before": 1, "level_after": -1}, {"item_after": -5}],
)
def test_a_movement_below_zero_is_refused(movement: Movement, changes: dict[str, int]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        again(movement, level_version=9, **changes)


def test_every_constraint_is_shown_to_refuse() -> None:
    named = {
        constraint.name
        for model in (StockLevel, StockItem, StockSummary, Movement)
        for constraint in model._meta.constraints
    }
    assert named == set(VIOLATIONS)
