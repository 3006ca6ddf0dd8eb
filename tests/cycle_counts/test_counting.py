"""What somebody has counted is written down, against what the books say at that moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from cycle_counts.counting import Counted, Visited, count_lines
from cycle_counts.models import CountBatch, CountBin, CountEntry, CountLine, LineState, Remark
from cycle_counts.states import require_version
from inventory.history import history_of
from inventory.models import StockLevel
from inventory.models.sku import MAXIMUM_QUANTITY
from tests import factories
from tests.cycle_counts.conftest import Ground, Place
from tests.stock_requests.refusals import Told, refused
from warehouses import transactions
from warehouses.refusals import Conflict

pytestmark = pytest.mark.django_db

GLOVES = ("GLOVES", "A-1")


def counting(ground: Ground, batch: CountBatch, *counts: Counted, by: str = "counter", **fields: Any) -> Any:
    numbered = [replace(count, index=index) for index, count in enumerate(counts)]
    return lambda: count_lines(access=ground.access_of(by), batch=batch, counts=numbered, **fields)


# --- what is written


def test_a_count_is_held_against_the_books(ground: Ground) -> None:
    batch = ground.started()
    before = timezone.now()
    done = ground.count(batch, {GLOVES: 8})
    line = ground.line(batch, *GLOVES)
    level = StockLevel.objects.get(sku=ground.sku("GLOVES"), warehouse=ground.warehouse)
    assert (line.state, line.counted, line.expected, line.variance) == ("counted", 8, 10, -2)
    assert (line.unit_cost, line.variance_value) == (Decimal("2.0000"), Decimal("-4.0000"))
    assert line.level_version == level.version
    assert (line.counter_type, line.counter_name) == ("user", "counter@acme.example")
    assert (line.counter_id, line.counted_by) == (ground.people["counter"].pk, ground.people["counter"])
    assert line.counted_at is not None
    assert before <= line.counted_at <= timezone.now()
    assert [one.pk for one in done.lines] == [line.pk]
    assert (done.replayed, done.batch.version) == (0, batch.version + 1)


def test_what_was_said_is_kept_as_an_entry(ground: Ground) -> None:
    batch = ground.started()
    counted = ground.counted(
        *GLOVES, quantity=8, client_id="phone-1", remark="damaged", note="Two boxes are wet"
    )
    transactions.run(counting(ground, batch, counted))
    line = ground.line(batch, *GLOVES)
    entry = CountEntry.objects.get()
    assert (entry.batch, entry.line, entry.client_id) == (batch, line, "phone-1")
    assert (entry.quantity, entry.expected, entry.level_version) == (8, 10, line.level_version)
    assert (entry.counted_at, entry.actor_name) == (line.counted_at, "counter@acme.example")
    assert (entry.actor_type, entry.actor_id) == ("user", ground.people["counter"].pk)
    assert (entry.remark, entry.note) == (Remark.DAMAGED, "Two boxes are wet")
    assert (line.remark, line.note) == (Remark.DAMAGED, "Two boxes are wet")


def test_0_is_a_count_and_not_the_same_as_none(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {GLOVES: 0})
    line, other = ground.line(batch, *GLOVES), ground.line(batch, "GLOVES", "A-2")
    assert (line.state, line.counted, line.variance) == ("counted", 0, -10)
    assert (other.state, other.counted, other.variance) == ("pending", None, None)


def test_the_books_are_those_of_the_moment_of_each_count(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {GLOVES: 10})
    ground.stock_by("GLOVES", "A-1", -3)
    ground.stock_by("GLOVES", "A-2", -3)
    ground.count(batch, {("GLOVES", "A-2"): 17})
    first, second = ground.line(batch, *GLOVES), ground.line(batch, "GLOVES", "A-2")
    assert (first.expected, first.variance) == (10, 0)
    assert (second.expected, second.variance) == (17, 0)
    assert first.level_version is not None
    assert second.level_version == first.level_version + 2


def test_the_cost_is_that_of_the_moment(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {GLOVES: 8})
    sku = ground.sku("GLOVES")
    sku.unit_cost = Decimal("9.99")
    sku.save()
    assert ground.line(batch, *GLOVES).variance_value == Decimal("-4.0000")
    ground.count(batch, {("TAPE", "A-1"): 4})
    assert ground.line(batch, "TAPE", "A-1").variance_value is None


def test_many_counts_are_answered_in_their_order(ground: Ground) -> None:
    batch = ground.started()
    places: list[Place] = [("MASKS", "A-4"), ("SALINE", "A-3", "L-2"), GLOVES]
    done = ground.count(batch, dict.fromkeys(places, 3))
    assert [line.pk for line in done.lines] == [ground.line(batch, *place).pk for place in places]
    assert [(line.sku.code, line.bin.code) for line in done.lines if line.sku] == [
        place[:2] for place in places
    ]


def test_a_line_is_named_by_its_key_too(ground: Ground) -> None:
    batch = ground.started()
    line = ground.line(batch, "SALINE", "A-3", "L-1")
    transactions.run(counting(ground, batch, Counted(6, line_id=line.pk)))
    line.refresh_from_db()
    assert (line.counted, line.expected) == (6, 7)


def test_a_batch_without_counts_is_as_it_was(ground: Ground) -> None:
    batch = ground.started()
    done = ground.count(batch, {})
    batch.refresh_from_db()
    assert (done.lines, done.replayed) == ([], 0)
    assert batch.version == done.batch.version
    assert [change.action for change in history_of([batch])[batch.pk]] == ["create", "start"]


def test_it_does_not_change_the_stock(ground: Ground) -> None:
    batch = ground.started()
    ground.count_all(batch, off={GLOVES: -5})
    assert ground.on_hand(*GLOVES) == 10


# --- whose count it is


def test_whoever_counted_may_count_again(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {GLOVES: 8})
    ground.stock_by("GLOVES", "A-1", 2)
    ground.count(batch, {GLOVES: 9})
    line = ground.line(batch, *GLOVES)
    assert (line.counted, line.expected, line.variance) == (9, 12, -3)
    assert list(line.entries.values_list("quantity", "expected")) == [(8, 10), (9, 12)]


def test_nobody_else_counts_it(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {GLOVES: 8})
    again = ground.counted(*GLOVES, quantity=9)
    other = ground.counted("MASKS", "A-1", quantity=5)
    with pytest.raises(Conflict) as caught:
        transactions.run(counting(ground, batch, other, again, by="other_counter"))
    refusal = caught.value
    line = ground.line(batch, *GLOVES)
    assert refusal.code == "COUNTED_BY_ANOTHER"
    assert refusal.extra["by"] == "counter@acme.example"
    assert refusal.extra["at"].startswith(f"{line.counted_at:%Y-%m-%dT%H:%M}")
    assert [(problem.index, problem.field) for problem in refusal.problems] == [(1, "line")]
    assert "8" not in refusal.detail.replace(refusal.extra["at"], "")
    assert (line.counted, CountEntry.objects.count()) == (8, 1)
    assert ground.line(batch, "MASKS", "A-1").state == "pending"


def test_a_key_counts_for_whoever_made_it(ground: Ground) -> None:
    batch = ground.started()
    key = ground.key_access(created_by=ground.people["counter"])
    ground.count(batch, {GLOVES: 8}, access=key)
    line = ground.line(batch, *GLOVES)
    assert (line.counter_type, line.counter_id, line.counter_name) == ("key", key.actor.id, key.actor.name)
    assert line.counted_by == ground.people["counter"]
    ground.count(batch, {GLOVES: 9})
    assert ground.line(batch, *GLOVES).counted == 9
    assert refused(counting(ground, batch, ground.counted(*GLOVES, quantity=1), by="manager"))[1] == (
        "COUNTED_BY_ANOTHER"
    )


def test_a_key_that_nobody_made_is_itself(ground: Ground) -> None:
    batch = ground.started()
    one, other = ground.key_access(), ground.key_access()
    ground.count(batch, {GLOVES: 8}, access=one)
    ground.count(batch, {GLOVES: 9}, access=one)
    assert ground.line(batch, *GLOVES).counted_by is None
    with pytest.raises(Conflict, match="Key 1 has counted this"):
        ground.count(batch, {GLOVES: 9}, access=other)


def test_a_count_is_taken_back(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {GLOVES: 8})
    ground.count(batch, {GLOVES: None})
    line = ground.line(batch, *GLOVES)
    assert (line.state, line.counted, line.expected, line.variance) == ("pending", None, None, None)
    assert (line.counted_at, line.counter_name, line.counted_by, line.level_version) == (None, "", None, None)
    assert list(line.entries.values_list("quantity", "expected")) == [(8, 10), (None, None)]
    ground.count(batch, {GLOVES: 10}, by="other_counter")
    assert ground.line(batch, *GLOVES).counter_name == "other.counter@acme.example"


def test_nobody_takes_back_what_another_counted(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {GLOVES: 8})
    back = ground.counted(*GLOVES, quantity=None)
    assert refused(counting(ground, batch, back, by="manager"))[1] == "COUNTED_BY_ANOTHER"
    assert ground.line(batch, *GLOVES).counted == 8


# --- who may, and when


@pytest.mark.parametrize("who", ["viewer", "outsider"])
def test_whoever_may_not_count_there_counts_nothing(ground: Ground, who: str) -> None:
    batch = ground.started()
    access = ground.access_of("viewer")
    told: Told = ("Forbidden", "PERMISSION_DENIED", [])
    if who == "outsider":
        elsewhere = factories.make_organization("Other")
        factories.make_key(elsewhere, ["inventory.cyclecount"])
        access = ground.access_of("counter")
        access = replace(access, organization=elsewhere)
        told = ("NotFound", "CYCLE_COUNT_NOT_FOUND", [])
    count = ground.counted(*GLOVES, quantity=1)
    assert refused(lambda: count_lines(access=access, batch=batch, counts=[count])) == told
    assert not CountEntry.objects.exists()


def test_a_key_of_another_warehouse_counts_nothing(ground: Ground) -> None:
    batch = ground.started()
    south = factories.make_warehouse(ground.organization, "South")
    key = ground.key_access(warehouses=[south])
    count = ground.counted(*GLOVES, quantity=1)
    assert refused(lambda: count_lines(access=key, batch=batch, counts=[count]))[1] == "PERMISSION_DENIED"


@pytest.mark.parametrize("state", ["draft", "review", "resolved", "cancelled"])
def test_it_is_counted_while_it_is_being_counted(ground: Ground, state: str) -> None:
    batch = ground.started()
    CountBatch.objects.filter(pk=batch.pk).update(state=state)
    count = ground.counted(*GLOVES, quantity=1)
    assert refused(counting(ground, batch, count))[:2] == ("Conflict", "INVALID_TRANSITION")
    visit = [Visited(ground.bin("A-1"))]
    assert refused(counting(ground, batch, visited=visit))[:2] == ("Conflict", "INVALID_TRANSITION")
    assert not CountEntry.objects.exists()
    assert not CountBin.objects.filter(visited_at__isnull=False).exists()


def test_a_version_that_is_no_longer_is_refused(ground: Ground) -> None:
    batch = ground.started()
    count = ground.counted(*GLOVES, quantity=1)
    stale = require_version(batch.version - 1)
    assert refused(counting(ground, batch, count, condition=stale))[1] == "VERSION_CONFLICT"
    transactions.run(counting(ground, batch, count, condition=require_version(batch.version)))
    assert ground.line(batch, *GLOVES).counted == 1


# --- what is no count


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"quantity": -1}, "INVALID_QUANTITY", "quantity"),
        ({"quantity": MAXIMUM_QUANTITY + 1}, "INVALID_QUANTITY", "quantity"),
        ({"remark": "smelly"}, "INVALID_INPUT", "remark"),
        ({"note": "n" * 501}, "INVALID_INPUT", "note"),
        ({"note": "\x00"}, "INVALID_INPUT", "note"),
        ({"client_id": "c" * 65}, "INVALID_INPUT", "client_id"),
        ({"lot_code": "l" * 65}, "INVALID_INPUT", "lot_code"),
        ({"sku": None, "code": "c" * 129}, "INVALID_INPUT", "code"),
        ({"sku": None, "code": "4006\x00"}, "INVALID_INPUT", "code"),
        ({"sku": None, "code": "  "}, "INVALID_INPUT", "line"),
        ({"sku": None}, "INVALID_INPUT", "line"),
        ({"bin": None}, "INVALID_INPUT", "line"),
    ],
)
def test_what_is_no_count_is_refused(ground: Ground, changes: dict[str, Any], code: str, field: str) -> None:
    batch = ground.started()
    good = ground.counted(*GLOVES, quantity=1)
    bad = replace(good, **changes)
    assert refused(counting(ground, batch, good, bad)) == ("InvalidInput", code, [(code, 1, field)])
    assert not CountEntry.objects.exists()


def test_the_largest_quantity_is_one(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {GLOVES: MAXIMUM_QUANTITY})
    assert ground.line(batch, *GLOVES).variance == MAXIMUM_QUANTITY - 10


def test_more_than_so_many_are_not_taken_at_once(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cycle_counts.counting.counts.MOST_COUNTS", 2)
    batch = ground.started()
    counts = [ground.counted(*GLOVES, quantity=units) for units in range(3)]
    assert refused(counting(ground, batch, *counts)) == ("RuleBroken", "TOO_MANY_COUNTS", [])
    transactions.run(counting(ground, batch, *counts[:2]))


def test_every_bad_row_is_told(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {GLOVES: 8}, by="manager")
    south = factories.make_warehouse(ground.organization, "South")
    shelf = factories.make_bin(south, "S-1")
    elsewhere = factories.make_organization("Other")
    told = refused(
        counting(
            ground,
            batch,
            ground.counted(*GLOVES, quantity=1),
            ground.counted("MASKS", "A-1", quantity=5),
            Counted(1, line_id=CountLine().pk),
            replace(ground.counted(*GLOVES, quantity=1), bin=shelf),
            replace(ground.counted(*GLOVES, quantity=1), sku=factories.make_sku(elsewhere, "THEIRS")),
            replace(ground.counted("MASKS", "A-2", quantity=1), lot=ground.lot("L-1")),
            ground.counted("TAPE", "A-2", quantity=None),
        )
    )
    assert told == (
        "RuleBroken",
        "BATCH_REFUSED",
        [
            ("COUNTED_BY_ANOTHER", 0, "line"),
            ("COUNT_LINE_NOT_FOUND", 2, "line"),
            ("BIN_NOT_FOUND", 3, "bin"),
            ("INVENTORY_NOT_FOUND", 4, "sku"),
            ("LOT_NOT_FOUND", 5, "lot"),
            ("COUNT_LINE_NOT_FOUND", 6, "line"),
        ],
    )
    assert set(CountLine.objects.filter(batch=batch).values_list("state", flat=True)) == {
        LineState.PENDING,
        LineState.COUNTED,
    }
    assert CountEntry.objects.count() == 1


def test_a_line_of_another_batch_is_none_of_this(ground: Ground) -> None:
    batch = ground.started()
    CountBatch.objects.filter(pk=batch.pk).update(state="cancelled")
    other = ground.started()
    line = ground.line(batch, *GLOVES)
    told = refused(counting(ground, other, Counted(1, line_id=line.pk)))
    assert told == ("NotFound", "COUNT_LINE_NOT_FOUND", [("COUNT_LINE_NOT_FOUND", 0, "line")])


# --- bins


def test_a_bin_was_seen(ground: Ground) -> None:
    batch = ground.started()
    before = timezone.now()
    ground.count(batch, {GLOVES: 10}, visited=[Visited(ground.bin("A-1"))])
    seen = {row.bin.code: row for row in CountBin.objects.filter(batch=batch)}
    assert sorted(seen) == ["A-1", "A-2", "A-3", "A-4"]
    assert seen["A-1"].visited_at is not None
    assert before <= seen["A-1"].visited_at <= timezone.now()
    assert seen["A-1"].visitor_name == "counter@acme.example"
    assert seen["A-2"].visited_at is None


def test_the_first_visit_stays(ground: Ground) -> None:
    batch = ground.started()
    visit = [Visited(ground.bin("A-1"))]
    first = ground.count(batch, {}, visited=visit)
    at = CountBin.objects.get(batch=batch, bin=ground.bin("A-1")).visited_at
    second = ground.count(batch, {}, visited=visit, by="manager")
    again = CountBin.objects.get(batch=batch, bin=ground.bin("A-1"))
    assert (again.visited_at, again.visitor_name) == (at, "counter@acme.example")
    assert second.batch.version == first.batch.version
    ground.count(batch, {GLOVES: 1})
    ground.submit(batch)
    # Its answer got lost, and the batch was submitted since.
    ground.count(batch, {}, visited=visit)


def test_a_visit_was_between_the_start_and_now(ground: Ground) -> None:
    batch = ground.started()
    long_ago = timezone.now() - timedelta(days=1)
    later = timezone.now() + timedelta(days=1)
    ground.count(batch, {}, visited=[Visited(ground.bin("A-1"), long_ago), Visited(ground.bin("A-2"), later)])
    early = CountBin.objects.get(batch=batch, bin=ground.bin("A-1")).visited_at
    late = CountBin.objects.get(batch=batch, bin=ground.bin("A-2")).visited_at
    assert early == batch.started_at
    assert late is not None
    assert late <= timezone.now()


def test_a_bin_that_was_not_planned_is_one_of_the_batch_from_then_on(ground: Ground) -> None:
    batch = ground.started()
    shelf = factories.make_bin(ground.warehouse, "B-9", room=ground.rooms["Back"])
    ground.count(batch, {}, visited=[Visited(shelf)])
    row = CountBin.objects.get(batch=batch, bin=shelf)
    assert (row.position, row.visitor_name) == (5, "counter@acme.example")


def test_a_bin_of_another_warehouse_is_not_there(ground: Ground) -> None:
    batch = ground.started()
    south = factories.make_warehouse(ground.organization, "South")
    visits = [Visited(ground.bin("A-1")), Visited(factories.make_bin(south, "S-1"))]
    told = refused(counting(ground, batch, visited=visits))
    assert told == ("NotFound", "BIN_NOT_FOUND", [("BIN_NOT_FOUND", 1, "visited")])
    assert not CountBin.objects.filter(visited_at__isnull=False).exists()
