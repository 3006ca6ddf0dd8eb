"""`verify_stock` finds every way in which counts, the books and the stock can say different things."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from cycle_counts.models import CountBatch, CountBin, CountEntry, CountLine, CountNumber
from cycle_counts.planning import Scope
from cycle_counts.verification import APPEND_ONLY, CHECKS
from inventory import guards, verification
from inventory.models import Adjustment, Movement
from inventory.verification import verify
from tests import factories
from tests.cycle_counts.conftest import Ground
from tests.cycle_counts.reviewing import resolve
from tests.inventory.test_verification import sql, tamper
from warehouses.identifiers import new_id
from warehouses.models import Organization

pytestmark = pytest.mark.django_db

GLOVES, MASKS, FIRST_LOT = ("GLOVES", "A-1"), ("MASKS", "A-1"), ("SALINE", "A-3", "L-1")
NEW_LOT = ("SALINE", "A-4", "L-NEW")


@dataclass
class Scene:
    """A count in each state. The resolved one has posted gloves and masks; its saline is counted again in the recount.

    In the one to review somebody has found a lot that nobody knew.
    """

    ground: Ground
    other: Organization
    resolved: CountBatch
    recount: CountBatch
    review: CountBatch
    counting: CountBatch
    draft: CountBatch

    def line(self, name: str, *place: str) -> CountLine:
        return self.ground.line(getattr(self, name), *place)

    def entry(self, name: str, *place: str) -> CountEntry:
        return self.line(name, *place).entries.get()


@pytest.fixture
def scene(ground: Ground) -> Scene:
    resolved = ground.submitted(off={GLOVES: -2, MASKS: 1, FIRST_LOT: -3})
    recount = resolve(ground, resolved, {FIRST_LOT: "recount"}, accepts_rest=True).recount
    assert recount is not None
    ground.start(recount, by="other_counter")
    ground.count(recount, {FIRST_LOT: 7}, by="other_counter")
    at = {code: Scope(bins=(ground.bin(code),)) for code in ("A-1", "A-2", "A-4")}
    review = ground.started(scope=at["A-1"])
    ground.count(review, {GLOVES: 7, NEW_LOT: 2, MASKS: 6})
    ground.submit(review)
    counting = ground.started(scope=at["A-4"])
    ground.count(counting, {("TAPE", "A-2"): 1})
    made = Scene(
        ground=ground,
        other=factories.make_organization("Other"),
        resolved=resolved,
        recount=recount,
        review=review,
        counting=counting,
        draft=ground.plan(scope=at["A-2"]),
    )
    assert list(verify()) == []
    return made


def on(model: Any, change: str, *rows: Any) -> str:
    keys = ", ".join(str(row.pk) if isinstance(row.pk, int) else sql(row) for row in rows)
    return f"UPDATE {model._meta.db_table} SET {change} WHERE {model._meta.pk.column} IN ({keys})"  # noqa: S608


#: Those of the tables that the database itself would hold.
MODELS = (CountBatch, CountLine)
LINE, BATCH, ENTRY = CountLine, CountBatch, CountEntry

Plant = Callable[[Scene], list[str]]
PLANTS: dict[str, tuple[Plant, set[str]]] = {
    "a variance that nobody can work out": (
        lambda s: [on(LINE, "variance = variance - 1", s.line("review", *GLOVES))],
        {"count-line-adds-up"},
    ),
    "a count without the books": (
        lambda s: [
            on(
                LINE,
                "expected = NULL, variance = NULL, level_version = NULL",
                s.line("counting", "TAPE", "A-2"),
            ),
            on(ENTRY, "expected = NULL, level_version = NULL", s.entry("counting", "TAPE", "A-2")),
        ],
        {"count-line-adds-up"},
    ),
    "something expected of what was not counted": (
        lambda s: [on(LINE, "expected = 0, variance = 0, level_version = 0", s.line("draft", *NEW_DRAFT))],
        {"count-line-adds-up"},
    ),
    "a line that says something else than its counter did": (
        lambda s: [on(LINE, "counted = 9, variance = variance + 2", s.line("review", *GLOVES))],
        {"count-line-is-last-entry"},
    ),
    "a line that names another counter": (
        lambda s: [on(LINE, "counter_name = 'somebody'", s.line("review", *GLOVES))],
        {"count-line-is-last-entry"},
    ),
    "a line that expects something else than its entry": (
        lambda s: [on(ENTRY, "expected = expected + 1", s.entry("review", *GLOVES))],
        {"count-line-is-last-entry"},
    ),
    "a count that nobody has made": (
        lambda s: [f"DELETE FROM {ENTRY._meta.db_table} WHERE id = {sql(s.entry('review', *GLOVES))}"],  # noqa: S608
        {"count-line-is-last-entry"},
    ),
    "an entry of the line of another batch": (
        lambda s: [on(ENTRY, f"batch_id = {sql(s.counting)}", s.entry("review", *GLOVES))],
        {"count-entry-belongs"},
    ),
    "a line that expects what was never there": (
        lambda s: [
            on(LINE, "expected = expected + 1, variance = variance - 1", s.line("review", *GLOVES)),
            on(ENTRY, "expected = expected + 1", s.entry("review", *GLOVES)),
        ],
        {"count-reads-the-books"},
    ),
    "a line of a lot that expects what has none": (
        lambda s: [
            on(LINE, "lot_id = NULL", s.line("recount", *FIRST_LOT)),
        ],
        {"count-reads-the-books"},
    ),
    "a version that the level does not have yet": (
        lambda s: [
            on(LINE, "level_version = level_version + 50", s.line("review", *MASKS)),
            on(ENTRY, "level_version = level_version + 50", s.entry("review", *MASKS)),
        ],
        {"count-reads-the-books"},
    ),
    "less is accepted than was posted": (
        lambda s: [on(LINE, "state = 'ignored'", s.line("resolved", *GLOVES))],
        {"count-is-posted"},
    ),
    "more is accepted than was posted": (
        lambda s: [
            on(LINE, "counted = counted + 1, variance = variance + 1", s.line("resolved", "MASKS", "A-4")),
            on(ENTRY, "quantity = quantity + 1", s.entry("resolved", "MASKS", "A-4")),
        ],
        {"count-is-posted"},
    ),
    "another variance was accepted than was posted": (
        lambda s: [
            on(LINE, "counted = counted + 1, variance = variance + 1", s.line("resolved", *GLOVES)),
            on(ENTRY, "quantity = quantity + 1", s.entry("resolved", *GLOVES)),
        ],
        {"count-is-posted"},
    ),
    "something accepted was not posted at all": (
        lambda s: [on(BATCH, "adjustment_id = NULL", s.resolved)],
        {"count-is-posted", "count-posts-once"},
    ),
    "an adjustment for a count that is something else": (
        lambda s: [on(Adjustment, "kind = 'adjustment'", s.resolved.adjustment)],
        {"count-posts-once"},
    ),
    "a count that has posted and is still reviewed": (
        lambda s: [
            on(BATCH, "state = 'review', closed_at = NULL", s.resolved),
        ],
        {"count-posts-once", "count-is-posted", "recount-follows"},
    ),
    "a line of a draft that is counted": (
        lambda s: [on(LINE, "state = 'ignored'", s.line("draft", *NEW_DRAFT))],
        {"count-line-has-its-state"},
    ),
    "a line that is decided on while it is counted": (
        lambda s: [on(LINE, "state = 'accepted'", s.line("counting", "TAPE", "A-2"))],
        {"count-line-has-its-state"},
    ),
    "a resolved batch with a line that nobody has decided on": (
        lambda s: [on(LINE, "state = 'counted', is_within = FALSE", s.line("resolved", "MASKS", "A-4"))],
        {"count-line-has-its-state"},
    ),
    "a line that accepted itself and is doubted": (
        lambda s: [on(LINE, "is_within = TRUE", s.line("resolved", *FIRST_LOT))],
        {"count-line-has-its-state"},
    ),
    "it is reviewed and was never submitted": (
        lambda s: [on(BATCH, "submitted_at = NULL", s.review)],
        {"count-has-its-times"},
    ),
    "it is counted and was never started": (
        lambda s: [on(BATCH, "started_at = NULL", s.counting)],
        {"count-has-its-times"},
    ),
    "it is open and closed": (
        lambda s: [on(BATCH, "closed_at = submitted_at", s.review)],
        {"count-has-its-times"},
    ),
    "it was submitted before it was started": (
        lambda s: [on(BATCH, f"submitted_at = '{_before(s.review)}'", s.review)],
        {"count-has-its-times"},
    ),
    "a number that nobody has given": (
        lambda s: [on(BATCH, "number = 99", s.draft)],
        {"count-number-is-given"},
    ),
    "numbers that nobody gives": (
        lambda s: [f"DELETE FROM {CountNumber._meta.db_table}"],  # noqa: S608
        {"count-number-is-given"},
    ),
    "somebody who counts their own count again": (
        lambda s: [
            on(
                LINE,
                f"counted_by_id = {sql(s.ground.people['counter'])}",
                s.line("recount", *FIRST_LOT),
            )
        ],
        {"recount-is-by-another"},
    ),
    "a key that counts its own count again": (
        lambda s: [
            on(
                LINE,
                f"counted_by_id = NULL, counter_id = {sql(s.ground.people['counter'])}",
                s.line("recount", *FIRST_LOT),
            )
        ],
        {"recount-is-by-another"},
    ),
    "a recount that nobody has ordered": (
        lambda s: [on(LINE, "state = 'ignored'", s.line("resolved", *FIRST_LOT))],
        {"recount-follows"},
    ),
    "a recount of another batch": (
        lambda s: [on(BATCH, f"recount_of_id = {sql(s.review)}", s.recount)],
        {"recount-follows"},
    ),
    "a recount in another bin": (
        lambda s: [
            on(LINE, f"bin_id = {sql(s.ground.bin('A-4'))}", s.line("resolved", *FIRST_LOT)),
        ],
        {"recount-follows", "count-reads-the-books"},
    ),
    "a count of somebody else's warehouse": (
        lambda s: [on(BATCH, f"organization_id = {sql(s.other)}, number = 1", s.draft)],
        {"count-belongs", "count-number-is-given"},
    ),
    "a line in a bin of another warehouse": (
        lambda s: [on(LINE, f"bin_id = {sql(_elsewhere(s))}", s.line("draft", *NEW_DRAFT))],
        {"count-belongs"},
    ),
    "a bin of another warehouse": (
        lambda s: [on(CountBin, f"bin_id = {sql(_elsewhere(s))}", s.draft.bins.all()[0])],
        {"count-belongs"},
    ),
    "the lot of another SKU": (
        lambda s: [on(LINE, f"lot_id = {sql(s.ground.lot('L-2'))}", s.line("draft", *NEW_DRAFT))],
        {"count-belongs"},
    ),
    "a movement for a count that is not in it": (
        lambda s: [on(Movement, f"document_id = {sql(s.resolved.adjustment)}", _first(s))],
        {"count-is-posted", "adjustment-has-movements"},
    ),
}
#: A line of the draft, which nobody has counted.
NEW_DRAFT = ("GLOVES", "A-2")


def _before(batch: CountBatch) -> str:
    assert batch.started_at is not None
    return (batch.started_at - timedelta(days=1)).isoformat(sep=" ").removesuffix("+00:00")


def _elsewhere(scene: Scene) -> Any:
    return factories.make_bin(factories.make_warehouse(scene.ground.organization, "South"), "ELSEWHERE")


def _first(scene: Scene) -> Movement:
    return Movement.objects.order_by("recorded_at", "pk")[0]


@pytest.mark.parametrize("name", PLANTS)
def test_what_is_wrong_is_found(scene: Scene, name: str) -> None:
    plant, expected = PLANTS[name]
    scene.resolved.refresh_from_db()
    tamper(*plant(scene), models=MODELS)
    guards.install()
    found = list(verify())
    assert {finding.check for finding in found} == expected, found


def test_every_check_has_found_something() -> None:
    expected = set().union(*(found for _, found in PLANTS.values()))
    assert {check.name for check in CHECKS} <= expected
    assert all(check in verification.checks for check in CHECKS)
    names = [check.name for check in (*verification.CHECKS, *verification.checks)]
    assert len(set(names)) == len(names)


def test_what_somebody_counted_is_never_changed(ground: Ground) -> None:
    batch = ground.submitted()
    assert set(APPEND_ONLY) <= set(guards.append_only)
    entry = CountEntry.objects.filter(batch=batch)[0]
    changes: list[Callable[[], object]] = [
        lambda: CountEntry.objects.update(quantity=1),
        lambda: CountEntry.objects.filter(pk=entry.pk).delete(),
        entry.save,
        entry.delete,
    ]
    for change in changes:
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()
    assert list(verify()) == []


@pytest.mark.parametrize("same", ["id", "batch and client id"])
def test_what_somebody_counted_is_not_replaced(ground: Ground, same: str) -> None:
    if connection.vendor == "postgresql":
        pytest.skip("INSERT OR REPLACE is SQLite's")
    ground.submitted()
    changed = {"quantity": "99"} | (
        {"client_id": "client_id || 'x'"} if same == "id" else {"id": f"'{new_id().hex}'"}
    )
    columns = [field.column for field in CountEntry._meta.concrete_fields]
    values = ", ".join(changed.get(column, column) for column in columns)
    statement = (
        f"INSERT OR REPLACE INTO {CountEntry._meta.db_table} ({', '.join(columns)})"  # noqa: S608
        f" SELECT {values} FROM {CountEntry._meta.db_table} LIMIT 1"
    )
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert not CountEntry.objects.filter(quantity=99).exists()
