"""Counts while stock moves, and several counters at once: each count is of one moment, and each line of one counter."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.db.models import QuerySet

from cycle_counts.counting import Counted, count_lines, start_batch, submit_batch
from cycle_counts.models import CountBatch, CountEntry, CountLine
from inventory.adjustments import adjust
from inventory.ledger import Line, rows
from inventory.models import Movement, Source
from tests import factories
from tests.cycle_counts import conftest as counting
from tests.cycle_counts.conftest import Ground
from tests.races.sessions import Other, wait_until_somebody_waits
from warehouses import transactions
from warehouses.actors import SYSTEM
from warehouses.refusals import Refusal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

AtOnce = Callable[..., list[Any]]
Work = Callable[[], Any]

ground = counting.ground
GLOVES = ("GLOVES", "A-1")


def outcome(work: Work) -> str:
    """ "done", or the code of the refusal."""
    try:
        transactions.run(work)
    except Refusal as refusal:
        return refusal.code
    return "done"


def issuing(ground: Ground, units: int) -> Work:
    line = Line(
        sku=ground.sku("GLOVES"),
        warehouse=ground.warehouse,
        quantity=units,
        bin=ground.bin("A-1"),
        reason=factories.reason(ground.organization),
    )
    return partial(adjust, organization=ground.organization, actor=SYSTEM, source=Source.SYSTEM, lines=[line])


def counting_gloves(
    ground: Ground, batch: CountBatch, units: int, by: str = "counter", **fields: Any
) -> Work:
    count = ground.counted(*GLOVES, quantity=units, **fields)
    return partial(count_lines, access=ground.access_of(by), batch=batch, counts=[count])


def test_a_count_waits_for_the_movement_that_is_under_way(ground: Ground) -> None:
    batch = ground.started()
    with transaction.atomic():
        issuing(ground, -4)()
        other = Other(partial(transactions.run, counting_gloves(ground, batch, 6)))
        wait_until_somebody_waits()
    other.result()
    line = ground.line(batch, *GLOVES)
    moved = Movement.objects.filter(sku=line.sku_id).latest("level_version")
    assert (line.expected, line.variance, line.level_version) == (6, 0, moved.level_version)
    assert line.counted_at is not None
    assert line.counted_at > moved.recorded_at


def test_a_movement_waits_for_the_count_and_comes_after_it(ground: Ground) -> None:
    batch = ground.started()
    with transaction.atomic():
        counting_gloves(ground, batch, 10)()
        other = Other(partial(transactions.run, issuing(ground, -4)))
        wait_until_somebody_waits()
    other.result()
    line = ground.line(batch, *GLOVES)
    moved = Movement.objects.filter(sku=line.sku_id).latest("level_version")
    assert (line.expected, line.variance) == (10, 0)
    assert line.counted_at is not None
    assert (line.level_version, moved.recorded_at > line.counted_at) == (moved.level_version - 1, True)
    assert ground.on_hand(*GLOVES) == 6


def test_without_the_lock_a_count_does_not_see_what_was_recorded_before_it(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proof that the two above look: what they hold is broken where the levels are not locked."""
    batch = ground.started()
    monkeypatch.setattr(rows, "_lock", lambda strength, alias: "")
    with transaction.atomic():
        issuing(ground, -4)()
        other = Other(partial(transactions.run, counting_gloves(ground, batch, 6)))
        other.result()
    assert ground.line(batch, *GLOVES).expected == 10


def test_while_goods_leave_every_count_is_of_one_moment(ground: Ground, at_once: AtOnce) -> None:
    """What the books said, the version that they had and the instant of the count are of the same movements."""
    batch = ground.started()
    ground.stock_by("GLOVES", "A-1", 90)

    def issue() -> None:
        for _ in range(15):
            transactions.run(issuing(ground, -1))

    def count() -> None:
        for turn in range(15):
            transactions.run(counting_gloves(ground, batch, 100, client_id=f"turn-{turn}"))

    at_once(lambda work: work(), [issue, issue, count])
    assert ground.on_hand(*GLOVES) == 70
    movements = list(Movement.objects.filter(sku=ground.sku("GLOVES")).order_by("level_version"))
    entries = list(CountEntry.objects.filter(batch=batch).order_by("counted_at"))
    assert len(entries) == 15
    for entry in entries:
        before = [moved for moved in movements if moved.recorded_at <= entry.counted_at]
        assert [moved.level_version for moved in before][-1] == entry.level_version
        in_bin = [moved for moved in before if moved.stock_item_id == movements[-1].stock_item_id]
        assert in_bin[-1].item_after == entry.expected
    assert ground.line(batch, *GLOVES).expected == entries[-1].expected


@pytest.mark.parametrize("how", ["of one count", "of different counts"])
def test_two_phones_send_at_once(ground: Ground, at_once: AtOnce, how: str) -> None:
    batch = ground.started()
    ids = ["one"] * 6 if how == "of one count" else [f"id-{place}" for place in range(6)]
    found = at_once(
        lambda name: outcome(counting_gloves(ground, batch, 8, client_id=name)),
        ids,
    )
    assert found == ["done"] * 6
    assert CountEntry.objects.count() == len(set(ids))
    assert ground.line(batch, *GLOVES).counted == 8


def test_of_two_counters_one_counts_the_line(ground: Ground, at_once: AtOnce) -> None:
    people = ["counter", "other_counter", "manager", "owner"]
    batch = ground.started()
    found = at_once(
        lambda place: outcome(counting_gloves(ground, batch, 5 + place, people[place])), list(range(4))
    )
    assert sorted(found) == ["COUNTED_BY_ANOTHER"] * 3 + ["done"]
    line = ground.line(batch, *GLOVES)
    assert line.counted == 5 + found.index("done")
    assert CountEntry.objects.count() == 1


def test_without_the_lock_two_count_it(
    ground: Ground, at_once: AtOnce, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proof that the one above looks."""
    batch = ground.started()
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **options: rows)
    first = counting_gloves(ground, batch, 5)
    second = counting_gloves(ground, batch, 6, "other_counter")
    barrier = threading.Barrier(2)
    real = count_lines.__globals__["find_targets"]

    def find_targets(*given: Any) -> Any:
        found = real(*given)
        barrier.wait(timeout=10)
        return found

    monkeypatch.setitem(count_lines.__globals__, "find_targets", find_targets)
    assert at_once(outcome, [first, second]) == ["done", "done"]
    assert CountEntry.objects.count() == 2


def test_what_two_find_is_one_line(ground: Ground, at_once: AtOnce) -> None:
    batch = ground.started()
    people = ["counter", "other_counter", "manager", "owner"]

    def find(place: int) -> str:
        known = ground.counted("TAPE", "A-1", quantity=1)
        unknown = Counted(1, code="4006", bin=ground.bin("A-2"))
        count = known if place % 2 else unknown
        return outcome(
            partial(count_lines, access=ground.access_of(people[place]), batch=batch, counts=[count])
        )

    found = at_once(find, list(range(4)))
    assert sorted(found) == ["COUNTED_BY_ANOTHER"] * 2 + ["done"] * 2
    rows = CountLine.objects.filter(batch=batch, is_found=True).order_by("position")
    assert sorted(rows.values_list("position", flat=True)) == [7, 8]


def test_a_count_comes_before_the_submission_or_not_at_all(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {("MASKS", "A-1"): 5})
    with transaction.atomic():
        submit_batch(access=ground.access_of("counter"), batch=batch)
        other = Other(partial(outcome, counting_gloves(ground, batch, 8)))
        wait_until_somebody_waits()
    assert other.result() == "INVALID_TRANSITION"
    assert ground.line(batch, *GLOVES).state == "pending"


def test_a_submission_sees_the_count_that_was_under_way(ground: Ground) -> None:
    batch = ground.started()
    with transaction.atomic():
        counting_gloves(ground, batch, 10)()
        submitting = partial(submit_batch, access=ground.access_of("manager"), batch=batch)
        other = Other(partial(outcome, submitting))
        wait_until_somebody_waits()
    assert other.result() == "done"
    assert ground.line(batch, *GLOVES).state == "accepted"


@pytest.mark.parametrize("act", [start_batch, submit_batch])
def test_what_two_do_at_once_is_done_once(ground: Ground, at_once: AtOnce, act: Callable[..., Any]) -> None:
    batch = ground.plan()
    if act is submit_batch:
        ground.start(batch)
        ground.count(batch, {GLOVES: 8})
    before = CountBatch.objects.values_list("version", flat=True).get()
    people = ["counter", "other_counter", "manager"]
    found = at_once(lambda name: outcome(partial(act, access=ground.access_of(name), batch=batch)), people)
    assert sorted(found) == ["INVALID_TRANSITION"] * 2 + ["done"]
    batch.refresh_from_db()
    assert batch.version == before + 1


def test_counts_and_movements_of_the_same_goods_do_not_wait_in_a_circle(
    ground: Ground, at_once: AtOnce
) -> None:
    batch = ground.started()
    skus = [ground.sku(code) for code in ("GLOVES", "MASKS")]
    reason = factories.reason(ground.organization)

    def count(turn: int) -> str:
        places = [("MASKS", "A-1"), ("GLOVES", "A-1")]
        counts = [ground.counted(*place, quantity=turn) for place in (places if turn % 2 else places[::-1])]
        return outcome(partial(count_lines, access=ground.access_of("counter"), batch=batch, counts=counts))

    def move(turn: int) -> str:
        lines = [
            Line(sku=sku, warehouse=ground.warehouse, quantity=1, bin=ground.bin("A-1"), reason=reason)
            for sku in (skus if turn % 2 else skus[::-1])
        ]
        return outcome(
            partial(adjust, organization=ground.organization, actor=SYSTEM, source=Source.SYSTEM, lines=lines)
        )

    works = [partial(work, turn) for turn in range(5) for work in (count, move)]
    assert at_once(lambda work: work(), works) == ["done"] * 10
