"""When something was counted: by this clock, by that of a phone, and out of order."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from cycle_counts.counting import count_lines
from cycle_counts.models import CountBatch, CountEntry
from inventory.models import Movement
from tests.cycle_counts.conftest import Ground
from tests.stock_requests.refusals import refused
from warehouses import transactions

pytestmark = pytest.mark.django_db

GLOVES = ("GLOVES", "A-1")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def began() -> datetime:
    """An hour ago: what is recorded since is recorded at its own time."""
    return timezone.now() - 60 * MINUTE


@pytest.fixture
def batch(ground: Ground, began: datetime) -> CountBatch:
    """Being counted for an hour."""
    made = ground.started()
    CountBatch.objects.filter(pk=made.pk).update(started_at=began)
    made.refresh_from_db()
    return made


def refusal_of(ground: Ground, batch: CountBatch, at: datetime, **fields: Any) -> Any:
    count = ground.counted(*GLOVES, quantity=8, counted_at=at)
    return refused(
        lambda: count_lines(access=ground.access_of("counter"), batch=batch, counts=[count], **fields)
    )


def test_what_was_counted_before_is_held_against_the_books_of_then(ground: Ground, batch: CountBatch) -> None:
    at = timezone.now()
    version = Movement.objects.filter(sku=ground.sku("GLOVES")).latest("level_version").level_version
    ground.stock_by("GLOVES", "A-1", -6)
    ground.count(batch, {GLOVES: 9}, counted_at=at)
    line = ground.line(batch, *GLOVES)
    assert (line.expected, line.variance, line.counted_at) == (10, -1, at)
    assert line.level_version == version
    entry = line.entries.get()
    assert (entry.counted_at, entry.expected) == (at, 10)
    assert entry.recorded_at > at


def test_of_two_counts_that_holds_which_was_made_last(ground: Ground, batch: CountBatch) -> None:
    early = timezone.now()
    ground.stock_by("GLOVES", "A-1", 1)
    late = timezone.now()
    ground.count(batch, {GLOVES: 11}, counted_at=late)
    ground.count(batch, {GLOVES: 3}, counted_at=early)
    line = ground.line(batch, *GLOVES)
    assert (line.counted, line.expected, line.counted_at) == (11, 11, late)
    # The one that came late is kept, with what it was held against.
    assert list(line.entries.values_list("quantity", "expected")) == [(3, 10), (11, 11)]


def test_a_count_that_comes_late_does_not_undo_one_that_was_taken_back(
    ground: Ground, batch: CountBatch
) -> None:
    at = timezone.now()
    ground.count(batch, {GLOVES: 9})
    ground.count(batch, {GLOVES: None})
    ground.count(batch, {GLOVES: 3}, counted_at=at)
    assert ground.line(batch, *GLOVES).state == "pending"


def test_of_counts_in_one_call_too(ground: Ground, batch: CountBatch) -> None:
    now = timezone.now()
    counts = [
        ground.counted(*GLOVES, quantity=units, counted_at=now - ago * MINUTE, index=index)
        for index, (units, ago) in enumerate([(1, 3), (2, 1), (3, 2)])
    ]
    transactions.run(lambda: count_lines(access=ground.access_of("counter"), batch=batch, counts=counts))
    assert ground.line(batch, *GLOVES).counted == 2


def test_a_clock_that_is_ahead_a_little_means_now(ground: Ground, batch: CountBatch) -> None:
    before = timezone.now()
    ground.count(batch, {GLOVES: 9}, counted_at=before + timedelta(seconds=50))
    counted_at = ground.line(batch, *GLOVES).counted_at
    assert counted_at is not None
    assert before <= counted_at <= timezone.now()


def test_a_clock_that_is_far_ahead_is_refused(ground: Ground, batch: CountBatch) -> None:
    told = refusal_of(ground, batch, timezone.now() + timedelta(seconds=90))
    assert told == ("InvalidInput", "COUNTED_IN_FUTURE", [("COUNTED_IN_FUTURE", 0, "counted_at")])
    assert not CountEntry.objects.exists()


def test_nothing_was_counted_before_it_began(ground: Ground, batch: CountBatch, began: datetime) -> None:
    told = refusal_of(ground, batch, began - timedelta(microseconds=1))
    assert told == ("RuleBroken", "COUNTED_BEFORE_START", [("COUNTED_BEFORE_START", 0, "counted_at")])
    ground.count(batch, {GLOVES: 9}, counted_at=began)
    assert ground.line(batch, *GLOVES).counted_at == began


def test_what_is_counted_now_is_counted_last(ground: Ground, batch: CountBatch) -> None:
    """Also where what was counted before was stamped by a clock that is ahead of ours."""
    ground.stock_by("GLOVES", "A-1", 5, recorded_at=timezone.now() + timedelta(seconds=20))
    ground.count(batch, {GLOVES: 9})
    ground.count(batch, {GLOVES: 8})
    assert ground.line(batch, *GLOVES).counted == 8
    ground.count(batch, {GLOVES: None})
    line = ground.line(batch, *GLOVES)
    assert line.state == "pending"
    entries = line.entries.order_by("counted_at", "pk")
    assert list(entries.values_list("quantity", flat=True)) == [9, 8, None]


def test_in_one_call_the_order_is_that_of_the_call(ground: Ground, batch: CountBatch) -> None:
    said = [ground.counted(*GLOVES, quantity=units) for units in (9, None, 7, None)]
    for counts, units in ((said[:2], None), (said[:3], 7), (said, None)):
        transactions.run(partial(count_lines, access=ground.access_of("counter"), batch=batch, counts=counts))
        assert ground.line(batch, *GLOVES).counted == units


# --- phones with clocks of their own


@pytest.mark.parametrize("wrong", [timedelta(days=-400), timedelta(), timedelta(hours=7)])
def test_a_phone_is_believed_only_how_long_ago_it_was(
    ground: Ground, batch: CountBatch, wrong: timedelta
) -> None:
    phone = timezone.now() + wrong
    before = timezone.now()
    ground.count(batch, {GLOVES: 9}, counted_at=phone - 5 * MINUTE, sent_at=phone)
    counted_at = ground.line(batch, *GLOVES).counted_at
    assert counted_at is not None
    assert before - 5 * MINUTE <= counted_at <= timezone.now() - 5 * MINUTE


def test_counted_when_it_was_sent_is_now(ground: Ground, batch: CountBatch) -> None:
    phone = timezone.now() + timedelta(days=1)
    ground.stock_by("GLOVES", "A-1", 2)
    ground.count(batch, {GLOVES: 9}, counted_at=phone, sent_at=phone)
    line = ground.line(batch, *GLOVES)
    assert line.expected == 12
    assert line.counted_at is not None
    assert line.counted_at <= timezone.now()


def test_a_phone_too_counts_neither_later_than_now_nor_before_it_began(
    ground: Ground, batch: CountBatch
) -> None:
    phone = timezone.now() - timedelta(days=30)
    assert refusal_of(ground, batch, phone + 2 * MINUTE, sent_at=phone)[1] == "COUNTED_IN_FUTURE"
    assert refusal_of(ground, batch, phone - 61 * MINUTE, sent_at=phone)[1] == "COUNTED_BEFORE_START"


def test_what_a_phone_sends_later_was_counted_later(ground: Ground, batch: CountBatch) -> None:
    """The first answer took half a minute on its way: by our clock the second count was made before the first."""
    phone = timezone.now()
    ground.count(batch, {GLOVES: 9}, counted_at=phone, sent_at=phone)
    first = ground.line(batch, *GLOVES).counted_at
    later = phone + timedelta(seconds=32)
    ground.count(batch, {GLOVES: 8}, counted_at=phone + timedelta(seconds=2), sent_at=later)
    line = ground.line(batch, *GLOVES)
    assert first is not None
    assert (line.counted, line.counted_at) == (8, first + timedelta(microseconds=1))
    assert line.entries.latest("counted_at").quantity == 8


def test_but_not_what_waited_for_long(ground: Ground, batch: CountBatch) -> None:
    phone = timezone.now()
    ground.count(batch, {GLOVES: 9})
    ground.count(batch, {GLOVES: 8}, counted_at=phone - 5 * MINUTE, sent_at=phone)
    line = ground.line(batch, *GLOVES)
    assert (line.counted, line.entries.count()) == (9, 2)


# --- a clock that is given


def test_a_demonstration_counts_in_the_past(ground: Ground, began: datetime) -> None:
    at = timezone.now()
    ground.stock_by("GLOVES", "A-1", -6)
    batch = ground.plan()
    CountBatch.objects.filter(pk=batch.pk).update(state="counting", started_at=began)
    ground.count(batch, {GLOVES: 10, ("TAPE", "A-1"): 1}, recorded_at=at)
    line = ground.line(batch, *GLOVES)
    assert (line.expected, line.counted_at, line.entries.get().recorded_at) == (10, at, at)
    assert ground.line(batch, "TAPE", "A-1").counted_at == at
