"""`verify_stock` finds every way in which the stock can be wrong, and nothing where it is right."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Model

from inventory import guards
from inventory.adjustments import reverse
from inventory.models import (
    Adjustment,
    Hold,
    Movement,
    PutAway,
    Reservation,
    Sku,
    Source,
    StockItem,
    StockLevel,
    Transfer,
    TransferLine,
    TransferPick,
)
from inventory.verification import CHECKS, checks, verify
from tests import factories
from tests.inventory.replenishment.orders import from_location, order, rule
from tests.races.conftest import ROOT, environment
from warehouses.access import access_of_system
from warehouses.identifiers import new_id
from warehouses.models import Bin, Organization

pytestmark = pytest.mark.django_db


@dataclass
class Scene:
    """Ten units of MILK in two bins of one warehouse after three movements, three in another, five of EGGS."""

    organization: Organization
    other: Organization
    milk: Sku
    eggs: Sku
    level: StockLevel
    item: StockItem
    movements: list[Movement]
    adjustment: Adjustment
    reversal: Adjustment
    bin_elsewhere: Bin


@pytest.fixture
def scene(organization: Organization) -> Scene:
    warehouse = organization.warehouses.get()
    second = factories.make_warehouse(organization, "Second")
    other = factories.make_organization("Other")
    milk, eggs, stamps = (factories.make_sku(organization, code) for code in ("MILK", "EGGS", "STAMPS"))
    for units in (7, 4, -3):
        factories.stock(milk, warehouse, units)
    factories.stock(milk, warehouse, 2, bin=factories.make_bin(warehouse, "B"))
    factories.stock(milk, second, 3)
    factories.stock(eggs, warehouse, 5)
    adjustment = factories.stock(stamps, warehouse, 9).adjustment
    assert adjustment is not None
    reversal = reverse(
        access=access_of_system(organization), source=Source.SYSTEM, adjustment=adjustment
    ).adjustment
    assert reversal is not None
    theirs = factories.make_sku(other)
    factories.stock(theirs, other.warehouses.get(), 1)
    level = StockLevel.objects.get(sku=milk, warehouse=warehouse)
    item = StockItem.objects.get(level=level, bin__is_default=True)
    movements = list(Movement.objects.filter(stock_item=item).order_by("level_version"))
    bin_elsewhere = factories.make_bin(second, "ELSEWHERE")
    assert list(verify()) == []
    return Scene(organization, other, milk, eggs, level, item, movements, adjustment, reversal, bin_elsewhere)


def sql(key: Any) -> str:
    """A key as a literal of this database."""
    if isinstance(key, UUID):
        return f"'{key}'" if connection.vendor == "postgresql" else f"'{key.hex}'"
    return f"'{key.pk}'" if connection.vendor == "postgresql" else f"'{key.pk.hex}'"


def tamper(*statements: str, models: Iterable[type[Model]] = ()) -> None:
    """Change what the database would refuse, with the guards off; `models` are further ones than those of the stock."""
    if connection.vendor == "postgresql":
        prepare = ["SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED"]
        checks = [
            f"ALTER TABLE {model._meta.db_table} DROP CONSTRAINT {constraint.name}"
            for model in (
                *(StockLevel, StockItem, Movement),
                *(Reservation, Hold, Transfer, TransferLine, TransferPick, PutAway),
                *models,
            )
            for constraint in model._meta.constraints
            if type(constraint).__name__ == "CheckConstraint"
        ]
    else:
        prepare, checks = [], ["PRAGMA ignore_check_constraints = ON"]
    with connection.cursor() as cursor:
        try:
            for statement in [*prepare, *guards.remove(connection), *checks, *statements]:
                cursor.execute(statement)
        finally:
            # The connection is of all tests to come, and no rollback brings the checks back.
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA ignore_check_constraints = OFF")
        if connection.vendor == "postgresql":
            # What hangs in the air (a key that points nowhere) is not what is looked at here.
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def on(table: str, changes: str, record: Any, key: str = "id") -> str:
    return f"UPDATE inventory_{table} SET {changes} WHERE {key} = {sql(record)}"  # noqa: S608 - our own names


def order_from(scene: Scene) -> Any:
    """An order of milk from the second warehouse for the first."""
    source = from_location(scene.bin_elsewhere.warehouse)
    return order(scene.milk, scene.level.warehouse, 5, source)


Plant = Callable[[Scene], list[str]]
SUMS = "summary-is-sum-of-levels"
PLANTS: dict[str, tuple[Plant, set[str]]] = {
    "a level has too much": (
        lambda s: [on("stocklevel", "on_hand = on_hand + 1", s.level)],
        {"level-is-sum-of-items", "last-movement-is-level", SUMS},
    ),
    "an item has too much": (
        lambda s: [on("stockitem", "on_hand = on_hand + 1", s.item)],
        {"level-is-sum-of-items", "item-is-sum-of-movements"},
    ),
    "stock appears everywhere but in the ledger": (
        lambda s: [
            on("stockitem", "on_hand = on_hand + 1", s.item),
            on("stocklevel", "on_hand = on_hand + 1", s.level),
            on("stocksummary", "on_hand = on_hand + 1", s.milk, "sku_id"),
        ],
        {"item-is-sum-of-movements", "last-movement-is-level"},
    ),
    "two items of a level swap units": (
        lambda s: [
            on("stockitem", "on_hand = on_hand - 1", s.item),
            f"UPDATE inventory_stockitem SET on_hand = on_hand + 1 WHERE level_id = {sql(s.level)}"  # noqa: S608
            f" AND id <> {sql(s.item)}",
        ],
        {"item-is-sum-of-movements"},
    ),
    "a level is below zero": (
        lambda s: [
            on("stocklevel", "on_hand = -1", s.level),
            on("stockitem", "on_hand = -3", s.item),
            on("stocksummary", "on_hand = 2", s.milk, "sku_id"),
        ],
        {"not-negative", "item-is-sum-of-movements", "last-movement-is-level"},
    ),
    "a movement is another one": (
        lambda s: [on("movement", "delta = delta + 1, level_after = level_after + 1", s.movements[0])],
        {"item-is-sum-of-movements", "movements-chain", "item-after-runs"},
    ),
    "a movement in the middle is gone": (
        lambda s: [f"DELETE FROM inventory_movement WHERE id = {sql(s.movements[1])}"],  # noqa: S608
        {"item-is-sum-of-movements", "movements-chain", "item-after-runs", "adjustment-has-movements"},
    ),
    "the last movement is gone": (
        lambda s: [f"DELETE FROM inventory_movement WHERE sku_id = {sql(s.eggs)}"],  # noqa: S608
        {"item-is-sum-of-movements", "adjustment-has-movements"},
    ),
    "the first movement is gone": (
        lambda s: [f"DELETE FROM inventory_movement WHERE id = {sql(s.movements[0])}"],  # noqa: S608
        {"item-is-sum-of-movements", "movements-chain", "item-after-runs", "adjustment-has-movements"},
    ),
    "an item's history is wrong": (
        lambda s: [on("movement", "item_after = item_after + 1", s.movements[2])],
        {"item-after-runs"},
    ),
    "the clock ran backwards": (
        lambda s: [on("movement", "recorded_at = '2001-01-01 00:00:00'", s.movements[1])],
        {"clock-runs-forward"},
    ),
    "a level's version is behind its movements": (
        lambda s: [on("stocklevel", "version = 1", s.level)],
        {"last-movement-is-level"},
    ),
    "a movement is about another SKU": (
        lambda s: [on("movement", f"sku_id = {sql(s.eggs)}", s.movements[0])],
        {"movement-belongs"},
    ),
    "a movement is another organization's": (
        lambda s: [on("movement", f"organization_id = {sql(s.other)}", s.movements[0])],
        {"movement-belongs", "movement-cites-own"},
    ),
    "a movement's reason is another organization's": (
        lambda s: [on("movement", f"reason_code_id = {sql(factories.reason(s.other))}", s.movements[0])],
        {"movement-cites-own"},
    ),
    "a movement is on another item's account": (
        lambda s: [
            f"UPDATE inventory_movement SET stock_item_id = (SELECT id FROM inventory_stockitem"  # noqa: S608
            f" WHERE level_id = {sql(s.level)} AND id <> {sql(s.item)}) WHERE id = {sql(s.movements[2])}"
        ],
        {"item-is-sum-of-movements", "item-after-runs"},
    ),
    "an item lies in another warehouse's bin": (
        lambda s: [on("stockitem", f"bin_id = {sql(s.bin_elsewhere)}", s.item)],
        {"one-organization"},
    ),
    "an item is of another SKU than its level": (
        lambda s: [on("stockitem", f"sku_id = {sql(s.eggs)}, bin_id = {sql(s.bin_elsewhere)}", s.item)],
        {"item-belongs", "movement-belongs", "one-organization"},
    ),
    "an item's lot is of another SKU": (
        lambda s: [on("stockitem", f"lot_id = {sql(factories.make_lot(s.eggs))}", s.item)],
        {"one-organization"},
    ),
    "a level is another organization's": (
        lambda s: [on("stocklevel", f"organization_id = {sql(s.other)}", s.level)],
        {"level-belongs", "item-belongs", "movement-belongs"},
    ),
    "a summary is another organization's": (
        lambda s: [on("stocksummary", f"organization_id = {sql(s.other)}", s.milk, "sku_id")],
        {"level-belongs"},
    ),
    "a summary has too much": (
        lambda s: [on("stocksummary", "on_hand = on_hand + 1", s.milk, "sku_id")],
        {SUMS},
    ),
    "a summary has another reorder point": (
        lambda s: [on("stocksummary", "reorder_point = 77", s.milk, "sku_id")],
        {SUMS},
    ),
    "a summary is missing": (
        lambda s: [f"DELETE FROM inventory_stocksummary WHERE sku_id = {sql(s.milk)}"],  # noqa: S608
        {SUMS},
    ),
    "a summary has no levels": (
        lambda s: [
            "INSERT INTO inventory_stocksummary (sku_id, organization_id, sort_code, on_hand, reserved, held,"  # noqa: S608
            f" safety_stock, reorder_point, version, updated_at) SELECT {sql(factories.make_sku(s.organization, 'Z'))},"
            f" organization_id, 'z', 4, 0, 0, 0, 0, 1, updated_at FROM inventory_stocksummary"
            f" WHERE sku_id = {sql(s.milk)}"
        ],
        {"summary-has-levels"},
    ),
    "a level is sorted under another code": (
        lambda s: [on("stocklevel", "sort_code = 'butter'", s.level)],
        {"sort-code-follows"},
    ),
    "a summary is sorted under another code": (
        lambda s: [on("stocksummary", "sort_code = 'butter'", s.milk, "sku_id")],
        {"sort-code-follows"},
    ),
    "a SKU was renamed without its levels": (
        lambda s: [on("sku", "code_key = 'butter'", s.milk)],
        {"sort-code-follows"},
    ),
    "something is reserved for nobody": (
        lambda s: [
            on("stocklevel", "reserved = 2", s.level),
            on("stocksummary", "reserved = 2", s.milk, "sku_id"),
        ],
        {"reserved-is-backed"},
    ),
    "something is held by nobody": (
        lambda s: [on("stockitem", "held = 2", s.item)],
        {"level-is-sum-of-items", "held-is-backed"},
    ),
    "an order has received what its history does not know": (
        lambda s: [on("replenishment", "received = 1", order(s.milk, s.level.warehouse, 5))],
        {"replenishment-keeps-count"},
    ),
    "an order is received and nothing has come": (
        lambda s: [on("replenishment", "state = 'received'", order(s.milk, s.level.warehouse, 5))],
        {"replenishment-closes"},
    ),
    "a transfer brings another quantity than was ordered": (
        lambda s: [
            on("transferline", "quantity = quantity + 1", order_from(s).transfer_line),
        ],
        {"replenishment-follows-transfer"},
    ),
    "an order is open though its transfer is cancelled": (
        lambda s: [on("transfer", "state = 'cancelled'", order_from(s).transfer_line.transfer)],
        {"replenishment-follows-transfer"},
    ),
    "an order is another organization's": (
        lambda s: [
            on("replenishment", f"organization_id = {sql(s.other)}", order(s.milk, s.level.warehouse, 5))
        ],
        {"replenishment-belongs"},
    ),
    "a rule is another organization's": (
        lambda s: [
            on("replenishmentrule", f"organization_id = {sql(s.other)}", rule(s.milk, s.level.warehouse))
        ],
        {"replenishment-belongs"},
    ),
    "a document counts more movements than it has": (
        lambda s: [on("adjustment", "line_count = 2", s.adjustment)],
        {"adjustment-has-movements"},
    ),
    "a document is gone": (
        lambda s: [f"DELETE FROM inventory_adjustment WHERE id = {sql(s.reversal)}"],  # noqa: S608
        {"movement-has-document"},
    ),
    "a movement's document never was": (
        lambda s: [on("movement", f"document_id = {sql(new_id())}", s.movements[0])],
        {"movement-has-document", "adjustment-has-movements"},
    ),
    "a reversal reverses something else": (
        lambda s: [on("adjustment", f"reverses_id = {sql(s.movements[0].document_id)}", s.reversal)],
        {"reversal-cancels"},
    ),
}


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_break_is_found(scene: Scene, plant: str) -> None:
    make, expected = PLANTS[plant]
    tamper(*make(scene))
    guards.install()
    assert {finding.check for finding in verify()} == expected


def run() -> tuple[int, list[str], str]:
    """Exit status, lines and message of the command."""
    out = StringIO()
    try:
        call_command("verify_stock", stdout=out)
    except CommandError as error:
        return error.returncode, out.getvalue().splitlines(), str(error)
    return 0, out.getvalue().splitlines(), ""


def test_the_command_says_when_all_is_well(scene: Scene) -> None:
    assert run() == (0, [f"{len(CHECKS) + len(checks) + 1} checks passed: the stock is right."], "")


def test_an_empty_database_is_right(db: None) -> None:
    assert run()[0] == 0


def test_the_command_says_what_is_wrong(scene: Scene) -> None:
    tamper(on("stockitem", "on_hand = on_hand + 1", scene.item))
    guards.install()
    level, item = scene.level.pk, scene.item.pk
    assert run() == (
        1,
        [
            f"level-is-sum-of-items: {level} on_hand=10 items_on_hand=11 held=0 items_held=0",
            "    A stock level equals the sum of its stock items.",
            f"item-is-sum-of-movements: {item} on_hand=9 movements=8",
            "    A stock item equals the sum of its movements.",
        ],
        "2 findings: the stock is not right.",
    )


def test_a_missing_guard_is_wrong_too(scene: Scene) -> None:
    tamper()
    first = sorted(guards.triggers(connection.vendor))[0]
    status, lines, message = run()
    assert status == 1
    assert lines[:2] == [
        f"guards-stand: {first} trigger=missing",
        "    The database refuses to change a movement.",
    ]
    assert message == f"{len(guards.triggers(connection.vendor))} findings: the stock is not right."


def test_a_long_list_is_cut(scene: Scene) -> None:
    tamper("UPDATE inventory_stocklevel SET sort_code = 'butter'")
    guards.install()
    assert sum(finding.check == "sort-code-follows" for finding in verify()) == 5
    assert sum(finding.check == "sort-code-follows" for finding in verify(limit=2)) == 2
    out = StringIO()
    with pytest.raises(CommandError, match="2 findings"):
        call_command("verify_stock", limit=2, stdout=out)
    assert len(out.getvalue().splitlines()) == 4


@pytest.mark.django_db(transaction=True)
def test_the_exit_status_is_what_a_cron_job_sees(tmp_path: Path) -> None:
    organization = factories.make_organization()
    sku = factories.make_sku(organization)
    factories.stock(sku, organization.warehouses.get(), 5)
    command = [sys.executable, "manage.py", "verify_stock"]

    def finished() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=ROOT,
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    well = finished()
    told = f"{len(CHECKS) + len(checks) + 1} checks passed: the stock is right.\n"
    assert (well.returncode, well.stdout) == (0, told)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE inventory_stocksummary SET version = 1, held = 3")
    ill = finished()
    assert ill.returncode == 1
    assert ill.stdout.startswith(
        f"{SUMS}: {sku.pk} on_hand=5 summary_on_hand=5 reserved=0 summary_reserved=0 held=0"
    )
    assert "summary_held=3" in ill.stdout
    assert ill.stderr.strip().endswith("1 findings: the stock is not right.")
    assert "Traceback" not in ill.stderr
