"""What is counted again is counted by somebody else."""

from __future__ import annotations

import pytest

from cycle_counts.counting import Counted, count_lines
from cycle_counts.models import CountBatch, CountLine
from tests.cycle_counts.conftest import Ground
from tests.stock_requests.refusals import refused
from warehouses.access import Access

pytestmark = pytest.mark.django_db

GLOVES = ("GLOVES", "A-1")


def again(ground: Ground, line: CountLine) -> CountLine:
    """The line of a new batch that counts `line` again."""
    CountBatch.objects.filter(pk=line.batch_id).update(state="cancelled")
    batch = ground.started()
    made = ground.line(batch, *GLOVES)
    CountLine.objects.filter(pk=made.pk).update(recount_of=line)
    return made


def told(ground: Ground, line: CountLine, access: Access) -> tuple[str, str]:
    count = Counted(9, line_id=line.pk)
    return refused(lambda: count_lines(access=access, batch=line.batch, counts=[count]))[:2]


RECOUNT = ("Forbidden", "RECOUNT_BY_ANOTHER")


def test_it_is_not_counted_again_by_whoever_counted_it(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {GLOVES: 8})
    line = again(ground, ground.line(batch, *GLOVES))
    count = Counted(9, line_id=line.pk, index=3)
    assert refused(
        lambda: count_lines(access=ground.access_of("counter"), batch=line.batch, counts=[count])
    ) == (*RECOUNT, [("RECOUNT_BY_ANOTHER", 3, "line")])
    ground.count(line.batch, {GLOVES: 9}, by="other_counter")
    line.refresh_from_db()
    assert (line.counted, line.counter_name) == (9, "other.counter@acme.example")


def test_also_not_named_by_its_place(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {GLOVES: 8})
    line = again(ground, ground.line(batch, *GLOVES))
    count = ground.counted(*GLOVES, quantity=9)
    access = ground.access_of("counter")
    assert refused(lambda: count_lines(access=access, batch=line.batch, counts=[count]))[:2] == RECOUNT


def test_nor_with_a_key_of_theirs(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {GLOVES: 8})
    line = again(ground, ground.line(batch, *GLOVES))
    assert told(ground, line, ground.key_access(created_by=ground.people["counter"])) == RECOUNT
    ground.count(line.batch, {GLOVES: 9}, access=ground.key_access())
    line.refresh_from_db()
    assert line.counted == 9


def test_nor_by_the_person_whose_key_counted_it(ground: Ground) -> None:
    batch = ground.started()
    key = ground.key_access(created_by=ground.people["counter"])
    ground.count(batch, {GLOVES: 8}, access=key)
    line = again(ground, ground.line(batch, *GLOVES))
    assert told(ground, line, ground.access_of("counter")) == RECOUNT
    assert told(ground, line, key) == RECOUNT


def test_a_key_that_nobody_made_does_not_count_its_own_again(ground: Ground) -> None:
    batch = ground.started()
    key = ground.key_access()
    ground.count(batch, {GLOVES: 8}, access=key)
    line = again(ground, ground.line(batch, *GLOVES))
    assert told(ground, line, key) == RECOUNT
    ground.count(line.batch, {GLOVES: 9}, access=ground.key_access())


def test_a_third_time_neither_of_the_first_two(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {GLOVES: 8})
    second = again(ground, ground.line(batch, *GLOVES))
    ground.count(second.batch, {GLOVES: 9}, by="other_counter")
    third = again(ground, second)
    assert told(ground, third, ground.access_of("counter")) == RECOUNT
    assert told(ground, third, ground.access_of("other_counter")) == RECOUNT
    ground.count(third.batch, {GLOVES: 10}, by="manager")
    third.refresh_from_db()
    assert third.counted == 10


def test_what_nobody_had_counted_anybody_counts(ground: Ground) -> None:
    line = again(ground, ground.line(ground.started(), *GLOVES))
    ground.count(line.batch, {GLOVES: 9})
    line.refresh_from_db()
    assert line.counted == 9


def test_the_other_lines_of_the_batch_are_anybodys(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {GLOVES: 8, ("MASKS", "A-1"): 5})
    line = again(ground, ground.line(batch, *GLOVES))
    ground.count(line.batch, {("MASKS", "A-1"): 5})
    assert ground.line(line.batch, "MASKS", "A-1").counted == 5
