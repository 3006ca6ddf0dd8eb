"""What is to be counted again becomes a count of its own, for somebody else."""

from __future__ import annotations

from typing import Any

import pytest

from cycle_counts.models import CountBatch, Origin
from cycle_counts.tolerances import Tolerance, tolerance_of
from inventory.history import history_of
from inventory.verification import verify
from tests import factories
from tests.cycle_counts.conftest import Ground
from tests.cycle_counts.reviewing import codes, find_unknown, resolve
from warehouses.models import Notice, User
from warehouses.refusals import Forbidden, RuleBroken

pytestmark = pytest.mark.django_db

GLOVES, MASKS, FAR_MASKS = ("GLOVES", "A-1"), ("MASKS", "A-1"), ("MASKS", "A-4")
FIRST_LOT, SECOND_LOT = ("SALINE", "A-3", "L-1"), ("SALINE", "A-3", "L-2")
OFF = {GLOVES: -2, MASKS: 1, FIRST_LOT: -7}


def recounted(ground: Ground, batch: CountBatch, *places: Any, **fields: Any) -> CountBatch:
    said: dict[Any, Any] = dict.fromkeys(places, "recount")
    recount = resolve(ground, batch, said, **{"accepts_rest": True, **fields}).recount
    assert recount is not None
    return recount


def people(batch: CountBatch) -> set[str]:
    return set(batch.assignees.values_list("email", flat=True))


def test_it_is_planned_like_the_first_one(ground: Ground) -> None:
    batch = ground.submitted(off=OFF, is_blind=True, tolerance=Tolerance(units=1, percent=None, value=None))
    recount = recounted(ground, batch, FIRST_LOT, GLOVES)
    assert (recount.label, recount.name, recount.state) == ("CC-00002", "Recount of CC-00001", "draft")
    assert (recount.origin, recount.recount_of, recount.warehouse) == (
        Origin.RECOUNT,
        batch,
        ground.warehouse,
    )
    assert (recount.is_blind, tolerance_of(recount)) == (True, Tolerance(units=1))
    assert recount.due_on == ground.organization.today()
    assert recount.planned_by == ground.people["approver"]
    assert recount.scope == {}
    lines = list(recount.lines.order_by("position"))
    assert [(line.position, line.sku.code, line.bin.code) for line in lines if line.sku] == [
        (1, "GLOVES", "A-1"),
        (2, "SALINE", "A-3"),
    ]
    assert [line.recount_of for line in lines] == [
        ground.line(batch, *GLOVES),
        ground.line(batch, *FIRST_LOT),
    ]
    assert lines[1].lot == ground.lot("L-1")
    for line in lines:
        assert (line.state, line.counted, line.expected, line.is_found) == ("pending", None, None, False)
    assert [(each.position, each.bin.code) for each in recount.bins.all()] == [(1, "A-1"), (2, "A-3")]
    entry = history_of([recount])[recount.pk]
    assert [(line.action, line.to_state, line.quantity) for line in entry] == [("create", "draft", 2)]
    assert ground.on_hand(*GLOVES) == 10, "Of what is doubted nothing is posted."
    assert ground.on_hand(*MASKS) == 6
    assert list(verify()) == []


def test_what_was_recounted_is_posted_as_it_was_found_then(ground: Ground) -> None:
    batch = ground.submitted(off=OFF)
    recount = ground.start(recounted(ground, batch, GLOVES, MASKS, FIRST_LOT), by="other_counter")
    ground.stock_by("GLOVES", "A-1", 4)
    ground.count(recount, {GLOVES: 13, MASKS: 5, FIRST_LOT: 7}, by="other_counter")
    ground.submit(recount, by="other_counter")
    assert ground.line(recount, *MASKS).is_within
    resolve(ground, recount)
    assert (ground.on_hand(*GLOVES), ground.on_hand(*MASKS), ground.on_hand(*FIRST_LOT)) == (13, 5, 7)
    assert list(verify()) == []


def test_nobody_counts_what_they_have_counted_before(ground: Ground) -> None:
    batch = ground.submitted(off=OFF)
    recount = ground.start(recounted(ground, batch, GLOVES), by="other_counter")
    with pytest.raises(Forbidden) as refused:
        ground.count(recount, {GLOVES: 10})
    assert refused.value.code == "RECOUNT_BY_ANOTHER"


def test_a_count_that_nobody_made_may_be_ordered(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {GLOVES: 10})
    unknown = find_unknown(ground, batch, 4, code="4006381333931", lot_code="X-1")
    ground.submit(batch)
    recount = recounted(ground, batch, MASKS, unknown)
    masks, other = recount.lines.order_by("position")
    assert (masks.sku, masks.recount_of) == (ground.sku("MASKS"), ground.line(batch, *MASKS))
    assert (other.sku, other.code, other.lot_code, other.is_found) == (None, "4006381333931", "X-1", True)
    assert list(verify()) == []


def test_it_is_for_those_who_have_not_counted_these_lines(ground: Ground) -> None:
    assignees = [ground.people[name] for name in ("counter", "other_counter", "manager")]
    batch = ground.started(assignees=assignees)
    ground.count(batch, {GLOVES: 8}, by="counter")
    ground.count(batch, {MASKS: 4}, by="manager")
    ground.submit(batch)
    recount = recounted(ground, batch, GLOVES)
    assert people(recount) == {"other.counter@acme.example", "manager@acme.example"}


def test_it_is_for_anybody_where_all_have_counted(ground: Ground) -> None:
    batch = ground.submitted(off=OFF, assignees=[ground.people["counter"]])
    assert people(recounted(ground, batch, GLOVES)) == set()


def test_the_reviewer_says_who_counts(ground: Ground) -> None:
    batch = ground.submitted(off=OFF)
    chosen = [ground.people[name] for name in ("other_counter", "manager", "other_counter")]
    recount = recounted(ground, batch, GLOVES, recount_assignees=chosen)
    assert people(recount) == {"other.counter@acme.example", "manager@acme.example"}
    told = Notice.objects.filter(kind="cycle_count.to_count")
    assert {(notice.user.email, notice.title) for notice in told} == {
        ("other.counter@acme.example", "CC-00002 is yours to count"),
        ("manager@acme.example", "CC-00002 is yours to count"),
    }
    for notice in told:
        assert notice.text == f"North: 1 line, due {recount.due_on:%-d %B %Y}.\nBy approver@acme.example."
        assert notice.path == f"/count/{recount.public_id}/"


@pytest.mark.parametrize("chosen", [["viewer"], ["other_counter", "viewer"]])
def test_who_may_not_count_is_not_asked(ground: Ground, chosen: list[str]) -> None:
    batch = ground.submitted(off=OFF)
    users = [ground.people[name] for name in chosen]
    with pytest.raises(RuleBroken) as refused:
        recounted(ground, batch, GLOVES, recount_assignees=users)
    assert codes(refused.value.problems) == [("ASSIGNEE_MAY_NOT_COUNT", len(chosen) - 1, "recount_assignees")]
    assert ground.on_hand(*MASKS) == 5, "Nothing was posted."


def test_a_stranger_is_not_asked(ground: Ground) -> None:
    batch = ground.submitted(off=OFF)
    stranger: User = factories.make_person(
        "else@other.example", {factories.make_organization("Other"): ["Owner"]}
    )
    with pytest.raises(RuleBroken) as refused:
        recounted(ground, batch, GLOVES, recount_assignees=[stranger])
    assert refused.value.code == "ASSIGNEE_MAY_NOT_COUNT"


def test_who_has_counted_all_of_a_line_before_is_not_left_alone_with_it(ground: Ground) -> None:
    batch = ground.submitted(off=OFF)
    counter, other = ground.people["counter"], ground.people["other_counter"]
    with pytest.raises(RuleBroken) as refused:
        recounted(ground, batch, GLOVES, recount_assignees=[counter])
    assert codes(refused.value.problems) == [("NOBODY_TO_RECOUNT", None, "recount_assignees")]
    recount = ground.start(recounted(ground, batch, GLOVES, MASKS, recount_assignees=[counter, other]))
    ground.count(recount, {GLOVES: 9, MASKS: 6}, by="other_counter")
    ground.submit(recount)
    with pytest.raises(RuleBroken, match="2 of the lines"):
        recounted(ground, recount, GLOVES, MASKS, recount_assignees=[counter, other])
    third = recounted(ground, recount, GLOVES, recount_assignees=[counter, ground.people["manager"]])
    assert third.recount_of == recount
    again = ground.start(third, by="manager")
    for name in ("counter", "other_counter"):
        with pytest.raises(Forbidden):
            ground.count(again, {GLOVES: 9}, by=name)
    ground.count(again, {GLOVES: 9}, by="manager")
    assert list(verify()) == []
    ground.submit(again, by="manager")
    everybody = [counter, other, ground.people["manager"]]
    with pytest.raises(RuleBroken) as nobody:
        recounted(ground, again, GLOVES, recount_assignees=everybody)
    assert nobody.value.code == "NOBODY_TO_RECOUNT"
    recounted(ground, again, GLOVES, recount_assignees=[*everybody, ground.people["approver"]])


def test_several_recounts_of_one_person_are_told_apart(ground: Ground) -> None:
    """Assigned to two who have each counted what the other has not."""
    batch = ground.started()
    ground.count(batch, {GLOVES: 8}, by="counter")
    ground.count(batch, {MASKS: 4}, by="other_counter")
    ground.submit(batch)
    both = [ground.people["counter"], ground.people["other_counter"]]
    recount = recounted(ground, batch, GLOVES, MASKS, recount_assignees=both)
    assert people(recount) == {person.email for person in both}
