"""Whoever gets around the guards and changes the books is found: each column, each row, each checkpoint."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone
from structlog.testing import capture_logs

from cycle_counts.models import CountBatch, CountEntry, CountLine
from inventory import checkpoints, guards
from inventory.checkpoints import SETTLING, books, making
from inventory.checkpoints.books import FORM, entries, link
from inventory.models import Adjustment, Checkpoint, Movement, Sku, StateChange
from inventory.verification import Finding
from tests import factories
from tests.inventory.test_verification import tamper
from warehouses.identifiers import new_id
from warehouses.models import Organization

pytestmark = pytest.mark.django_db

COLUMNS = [(name, column) for name, book in sorted(books.items()) for column in book.columns_of(1)]


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's own transaction has not ended while it looks; whether others have is the matter of test_making."""
    monkeypatch.setattr(making, "_running", lambda: None)


@pytest.fixture
def milk(organization: Organization) -> Sku:
    """Has a history in every book, covered by two checkpoints; another organization has one of its own."""
    sku = factories.make_sku(organization, "MILK")
    warehouse = organization.warehouses.get()
    for units in (7, 4, -3):
        factories.stock(sku, warehouse, units, note="a delivery")
    factories.reserve(sku, warehouse, 2)
    cover()
    for units in (1, 2, 3):
        factories.stock(sku, warehouse, units)
    other = factories.make_organization("Other")
    factories.stock(factories.make_sku(other), other.warehouses.get(), 1)
    count(sku)
    cover()
    assert found() == []
    assert [(c.organization_id, c.number) for c in Checkpoint.objects.order_by("id")] == [
        (organization.pk, 1),
        (organization.pk, 2),
        (other.pk, 1),
    ]
    return sku


def cover() -> None:
    """All there is, as if it had been written long ago."""
    time.sleep(0.002)  # a key of this very millisecond is not below it
    while checkpoints.make(now=timezone.now() + SETTLING):
        pass


def count(sku: Sku) -> None:
    """An entry of a cycle count, with nothing empty."""
    warehouse = sku.organization.warehouses.get()
    batch = CountBatch.objects.create(organization=sku.organization, number=1, warehouse=warehouse)
    line = CountLine.objects.create(batch=batch, position=1, sku=sku, bin=warehouse.rooms.get().bins.get())
    now = timezone.now()
    CountEntry.objects.create(
        batch=batch,
        line=line,
        client_id="phone-1",
        quantity=3,
        expected=4,
        level_version=2,
        counted_at=now,
        recorded_at=now,
        actor_type="user",
        actor_name="Mia",
    )


def found(*known: checkpoints.Head) -> list[tuple[str, str]]:
    return [(finding.check, finding.record) for finding in findings(*known)]


def findings(*known: checkpoints.Head) -> list[Finding]:
    return list(checkpoints.verify(known))


@pytest.fixture
def around_the_guards(db: None) -> Iterator[Callable[..., None]]:
    """Runs SQL that the database would refuse; all of it is undone after the test, before keys are looked at."""
    is_first = True

    def change(*statements: str, **constants: Any) -> None:
        nonlocal is_first
        filled = [statement.format(**constants) for statement in statements]
        if is_first:
            is_first = False
            tamper(*filled, models=[Adjustment])
            return
        with connection.cursor() as cursor:
            for statement in filled:
                cursor.execute(statement)

    with transaction.atomic():
        yield change
        transaction.set_rollback(True)


Change = Callable[..., None]


def literal(value: object) -> str:
    if isinstance(value, UUID):
        return f"'{value}'" if connection.vendor == "postgresql" else f"'{value.hex}'"
    if isinstance(value, datetime):
        return f"'{value:%Y-%m-%d %H:%M:%S.%f}" + ("+00'" if connection.vendor == "postgresql" else "'")
    return str(value) if isinstance(value, int) else f"'{value}'"


def one_byte_off(value: Any, column: str) -> Any:
    """The least that can be changed: the last digit, the first letter, a microsecond."""
    if value is None:
        return {
            "actor_id": new_id(),
            "occurred_at": timezone.now(),
            "reverses_id": new_id(),
            "reason_code_id": new_id(),
            "quantity": 1,
        }[column]
    if isinstance(value, UUID):
        return UUID(int=value.int ^ 1)
    if isinstance(value, datetime):
        return value + timedelta(microseconds=1)
    if isinstance(value, int):
        return value + (1000 if column == "level_version" else 1)
    return chr(ord(value[0]) ^ 1) + value[1:] if value else "x"


@pytest.mark.parametrize(("book", "column"), COLUMNS, ids=[f"{book}.{column}" for book, column in COLUMNS])
def test_one_changed_byte_is_found(milk: Sku, around_the_guards: Change, book: str, column: str) -> None:
    rows = books[book].rows().filter(**{books[book].organization: milk.organization_id}).order_by("pk")
    row = rows.first()
    changed = one_byte_off(getattr(row, column), column)
    table = row._meta.db_table
    around_the_guards(
        "UPDATE {table} SET {column} = {value} WHERE id = {key}",
        table=table,
        column=column,
        value=literal(changed),
        key=literal(row.pk),
    )
    named = found()
    expected = UUID(str(changed)) if column == "id" else row.pk
    checks = {check for check, _ in named}
    if column in {"organization_id", "batch_id"}:
        # It is missing where it was and, unless its document has gone with it, too much where it is.
        assert "row-removed" in checks
        return
    assert checks == {"row-changed"}
    assert [finding.facts["row"] for finding in findings()] == [expected]
    assert [finding.facts["book"] for finding in findings()] == [book]


def test_every_column_of_every_append_only_table_is_covered() -> None:
    tables = {apps.get_model(book.model)._meta.db_table: book for book in books.values()}
    assert set(tables) == set(guards.append_only) - {"inventory_checkpoint"}
    for book in tables.values():
        columns = book.columns_of(FORM)
        assert sorted(columns) == sorted(
            field.attname for field in apps.get_model(book.model)._meta.concrete_fields
        ), book.model
        assert columns[0] == "id"


# --- rows


def movements(sku: Sku) -> list[Movement]:
    return list(Movement.objects.filter(sku=sku).order_by("pk"))


@pytest.mark.parametrize("place", range(6))
def test_a_removed_row_is_found(milk: Sku, around_the_guards: Change, place: int) -> None:
    """The first, the last before a checkpoint, one in the middle, the last of all."""
    rows = movements(milk)
    around_the_guards("DELETE FROM inventory_movement WHERE id = {key}", key=literal(rows[place].pk))
    number = 1 if place < 3 else 2
    assert found() == [("row-removed", f"{milk.organization.public_id}/{number}")]


def test_a_row_that_is_put_in_is_named(milk: Sku, around_the_guards: Change) -> None:
    first, second, *_ = movements(milk)
    between = UUID(int=(first.pk.int + second.pk.int) // 2)
    names = [field.column for field in Movement._meta.concrete_fields]
    picked = [
        {"id": literal(between), "level_version": "level_version + 1000"}.get(name, name) for name in names
    ]
    around_the_guards(
        "INSERT INTO inventory_movement ({names}) SELECT {picked} FROM inventory_movement WHERE id = {key}",
        names=", ".join(names),
        picked=", ".join(picked),
        key=literal(first.pk),
    )
    assert [(f.check, f.facts["row"]) for f in findings()] == [("row-added", between)]


def test_a_row_of_an_organization_that_has_no_checkpoint_there_is_named(
    milk: Sku, around_the_guards: Change
) -> None:
    """The first stretch had rows of one organization only: what is in it now of the other was put in."""
    theirs = Movement.objects.exclude(organization=milk.organization).get()
    before = UUID(int=movements(milk)[0].pk.int + 1)
    around_the_guards(
        "UPDATE inventory_movement SET id = {before} WHERE id = {key}",
        before=literal(before),
        key=literal(theirs.pk),
    )
    assert [check for check, _ in found()] == ["row-added", "row-removed"]


def test_two_rows_that_change_places_are_found(milk: Sku, around_the_guards: Change) -> None:
    first, second, *_ = movements(milk)
    parking = UUID(int=1)
    for old, new in ((first.pk, parking), (second.pk, first.pk), (parking, second.pk)):
        around_the_guards(
            "UPDATE inventory_movement SET id = {new} WHERE id = {old}", new=literal(new), old=literal(old)
        )
    assert [(f.check, f.facts["row"]) for f in findings()] == [
        ("row-changed", first.pk),
        ("row-changed", second.pk),
    ]


def test_what_no_checkpoint_covers_is_said(organization: Organization) -> None:
    sku = factories.make_sku(organization)
    factories.stock(sku, organization.warehouses.get(), 1)
    assert str(checkpoints.uncovered()) == "adjustment 1, movement 1"
    cover()
    assert str(checkpoints.uncovered()) == "nothing"


# --- checkpoints


def first_checkpoints(sku: Sku) -> tuple[Checkpoint, Checkpoint]:
    first, second = Checkpoint.objects.filter(organization=sku.organization).order_by("number")
    return first, second


CHECKPOINT_CHANGES = {
    "number": "number = number + 10",
    "form": "form = 2",
    "until": None,
    "row_count": "row_count = row_count + 1",
    "marks": None,
    "digest": "digest = '" + "0" * 64 + "'",
    "made_at": None,
}


@pytest.mark.parametrize("column", CHECKPOINT_CHANGES)
@pytest.mark.parametrize("place", [0, 1])
def test_a_changed_checkpoint_is_found(milk: Sku, around_the_guards: Change, column: str, place: int) -> None:
    checkpoint = first_checkpoints(milk)[place]
    setter = CHECKPOINT_CHANGES[column]
    if setter is None:
        value = getattr(checkpoint, column)
        if column == "marks":
            marks = bytes(value)
            turned = (bytes([marks[0] ^ 1]) + marks[1:]).hex()
            value = f"'\\x{turned}'" if connection.vendor == "postgresql" else f"X'{turned}'"
        elif column == "until":
            value = literal(UUID(int=value.int + 1))
        else:
            value = literal(value + timedelta(microseconds=1))
        setter = f"{column} = {value}"
    around_the_guards(
        "UPDATE inventory_checkpoint SET {setter} WHERE id = {key}", setter=setter, key=checkpoint.pk
    )
    assert found()


def test_a_checkpoint_that_is_taken_out_is_missed(milk: Sku, around_the_guards: Change) -> None:
    around_the_guards("DELETE FROM inventory_checkpoint WHERE id = {key}", key=first_checkpoints(milk)[0].pk)
    assert ("checkpoint-missing", f"{milk.organization.public_id}/2") in found()


def test_a_change_that_is_covered_up_breaks_what_follows(milk: Sku, around_the_guards: Change) -> None:
    """A movement is changed, and its checkpoint made anew over it: the next one does not follow any more."""
    around_the_guards(
        "UPDATE inventory_movement SET note = 'another' WHERE id = {key}", key=literal(movements(milk)[0].pk)
    )
    first, _ = first_checkpoints(milk)
    rows = entries(since=checkpoints.NEVER_YET, until=first.until, form=1)
    covered = rows[milk.organization_id]
    marks = b"".join(row.digest[: making.MARK] for row in covered).hex()
    around_the_guards(
        "UPDATE inventory_checkpoint SET marks = {marks}, digest = '{digest}' WHERE id = {key}",
        marks=f"'\\x{marks}'" if connection.vendor == "postgresql" else f"X'{marks}'",
        digest=link("", making.facts_of(first), covered),
        key=first.pk,
    )
    assert found() == [("checkpoint-changed", f"{milk.organization.public_id}/2")]


# --- what only a head that was kept elsewhere shows


def cut_off(sku: Sku, change: Change) -> None:
    """Take the newest checkpoint of the organization away, and all rows that it covers."""
    first, second = first_checkpoints(sku)
    change(
        "DELETE FROM inventory_movement WHERE id >= {since} AND organization_id = {owner}",
        "DELETE FROM inventory_adjustment WHERE id >= {since} AND organization_id = {owner}",
        "DELETE FROM cycle_counts_countentry WHERE id >= {since}",
        "DELETE FROM inventory_checkpoint WHERE id = {key}",
        since=literal(first.until),
        owner=literal(sku.organization_id),
        key=second.pk,
    )


def test_a_tail_that_is_cut_off_is_found_by_its_head(
    milk: Sku, around_the_guards: Change, tmp_path: Path
) -> None:
    printed = StringIO()
    call_command("ledger_head", stdout=printed)
    head = tmp_path / "head"
    head.write_text(printed.getvalue())
    call_command("verify_ledger", "--head", str(head), stdout=StringIO())

    cut_off(milk, around_the_guards)

    assert found() == []  # it is only shorter
    with pytest.raises(CommandError, match="1 findings") as refused:
        call_command("verify_ledger", "--head", str(head), stdout=(told := StringIO()))
    assert refused.value.returncode == 1
    assert f"head-differs: {milk.organization.public_id}/2" in told.getvalue()
    assert "found=no checkpoint" in told.getvalue()


def test_a_history_that_is_made_anew_is_found_by_its_head(milk: Sku, around_the_guards: Change) -> None:
    known = list(checkpoints.heads())
    around_the_guards(
        "UPDATE inventory_movement SET note = 'another' WHERE id = {key}",
        "DELETE FROM inventory_checkpoint",
        key=literal(movements(milk)[0].pk),
    )
    cover()
    assert found() == []
    assert [check for check, _ in found(*known)] == ["head-differs", "head-differs"]


def test_the_log_has_the_heads(organization: Organization, tmp_path: Path) -> None:
    factories.stock(factories.make_sku(organization), organization.warehouses.get(), 1)
    with capture_logs() as lines:
        cover()
    assert [line["event"] for line in lines] == ["ledger.checkpoint"]
    assert lines[0]["log_level"] == "info"
    log = tmp_path / "log"
    log.write_text('{"event": "something.else"}\n\n' + "\n".join(json.dumps(line) for line in lines))
    with log.open() as text:
        assert list(checkpoints.read_heads(text)) == list(checkpoints.heads())


@pytest.mark.parametrize(
    "line", ["org_1 2", "org_1 2 3", "{", '{"event": "ledger.checkpoint"}', "x 1 " + "0" * 64]
)
def test_what_is_no_head_is_refused(line: str) -> None:
    with pytest.raises(checkpoints.UnreadableHead, match="Line 2"):
        list(checkpoints.read_heads(["", line]))


def test_the_command_lists_what_it_finds(milk: Sku, around_the_guards: Change) -> None:
    call_command("verify_ledger", stdout=(told := StringIO()))
    assert told.getvalue().startswith("3 checkpoints and 0 heads hold: the books are as they were written.\n")
    assert StateChange.objects.filter(organization=milk.organization).exists()
    around_the_guards("UPDATE inventory_movement SET actor_name = 'Nobody'")
    with pytest.raises(CommandError, match="2 or more findings"):
        call_command("verify_ledger", "--limit", "2", stdout=(told := StringIO()))
    first = movements(milk)[0]
    assert told.getvalue().splitlines()[0] == (
        f"row-changed: {milk.organization.public_id}/1 book=movement row={first.pk}"
    )
