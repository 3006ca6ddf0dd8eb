"""What a reviewer makes of the lines, before anything is posted."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from cycle_counts.counting import Counted, count_lines
from cycle_counts.models import BatchState, CountBatch, CountLine, CountSettings, LineState, RootCause
from cycle_counts.review import LineResolution, decide_lines
from cycle_counts.tolerances import Tolerance
from inventory.history import history_of
from inventory.models import Movement, Sku
from tests import factories
from tests.cycle_counts.conftest import Ground
from tests.cycle_counts.reviewing import codes, decide, find_unknown, named, resolve
from warehouses import transactions
from warehouses.access import access_of_system
from warehouses.identifiers import new_id
from warehouses.refusals import Conflict, Forbidden, InvalidInput, NotFound, Refusal, RuleBroken

pytestmark = pytest.mark.django_db

GLOVES, MASKS, FAR_MASKS = ("GLOVES", "A-1"), ("MASKS", "A-1"), ("MASKS", "A-4")
FIRST_LOT = ("SALINE", "A-3", "L-1")
OFF = {GLOVES: -2, MASKS: 1, FAR_MASKS: -7}


@pytest.fixture
def batch(ground: Ground) -> CountBatch:
    """In review: three lines differ, three were exact."""
    return ground.submitted(off=OFF)


def test_each_line_is_decided_on(ground: Ground, batch: CountBatch) -> None:
    movements = Movement.objects.count()
    before = timezone.now()
    done = decide(
        ground,
        batch,
        {
            GLOVES: {"resolution": "accept", "root_cause": "picking", "note": "Two on the floor"},
            MASKS: "recount",
            FAR_MASKS: {"resolution": "ignore", "note": "Counted by mistake"},
        },
    )
    gloves, masks, far = (ground.line(batch, *place) for place in (GLOVES, MASKS, FAR_MASKS))
    assert [line.state for line in (gloves, masks, far)] == ["accepted", "recount", "ignored"]
    assert (gloves.root_cause, gloves.review_note) == (RootCause.PICKING, "Two on the floor")
    assert (masks.root_cause, masks.review_note) == ("", "")
    assert far.review_note == "Counted by mistake"
    assert {line.reviewer_name for line in (gloves, masks, far)} == {"approver@acme.example"}
    assert gloves.reviewed_at is not None
    assert gloves.reviewed_at >= before
    assert (gloves.counted, gloves.expected, gloves.variance) == (8, 10, -2), "What was counted stays."
    assert (done.state, done.version) == (BatchState.REVIEW, batch.version + 1)
    assert CountBatch.objects.get(pk=batch.pk).version == batch.version + 1
    assert Movement.objects.count() == movements, "Nothing is posted yet."
    last = history_of([batch])[batch.pk][-1]
    assert (last.action, last.from_state, last.to_state, last.quantity) == ("decide", "review", "review", 3)
    assert last.note == "1 accepted, 1 to be recounted, 1 ignored"
    assert last.actor_name == "approver@acme.example"


def test_a_decision_is_changed_until_the_batch_is_resolved(ground: Ground, batch: CountBatch) -> None:
    decide(ground, batch, {GLOVES: {"resolution": "accept", "root_cause": "theft", "note": "Gone"}})
    decide(ground, batch, {GLOVES: "ignore"})
    line = ground.line(batch, *GLOVES)
    assert (line.state, line.root_cause, line.review_note) == ("ignored", "theft", "Gone")
    decide(ground, batch, {GLOVES: {"resolution": "recount", "root_cause": "", "note": ""}})
    line = ground.line(batch, *GLOVES)
    assert (line.state, line.root_cause, line.review_note) == ("recount", "", "")
    decide(ground, batch, {GLOVES: "undecided"})
    line = ground.line(batch, *GLOVES)
    assert (line.state, line.reviewer_name, line.reviewed_at) == ("counted", "", None)
    resolve(ground, batch)
    with pytest.raises(Conflict) as refused:
        decide(ground, batch, {GLOVES: "ignore"})
    assert refused.value.code == "INVALID_TRANSITION"


def test_a_line_that_was_accepted_by_itself_counts_as_reviewed_once_it_is_touched(
    ground: Ground, batch: CountBatch
) -> None:
    place = ("GLOVES", "A-2")
    line = ground.line(batch, *place)
    assert (line.state, line.is_within, line.reviewer_name) == ("accepted", True, "")
    decide(ground, batch, {place: "accept"})
    line = ground.line(batch, *place)
    assert (line.state, line.is_within, line.reviewer_name) == ("accepted", False, "approver@acme.example")
    decide(ground, batch, {FIRST_LOT: "undecided"})
    line = ground.line(batch, *FIRST_LOT)
    assert (line.state, line.is_within) == ("counted", False)


def test_a_line_that_was_not_counted_is_recounted_or_left(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {GLOVES: 10})
    ground.submit(batch)
    with pytest.raises(RuleBroken) as refused:
        decide(ground, batch, {MASKS: "recount", FAR_MASKS: "accept"})
    assert (refused.value.code, codes(refused.value.problems)) == (
        "LINE_NOT_COUNTED",
        [("LINE_NOT_COUNTED", 1, "resolution")],
    )
    assert ground.line(batch, *MASKS).state == LineState.PENDING, "All or nothing."
    decide(ground, batch, {MASKS: "recount", FAR_MASKS: "ignore"})
    assert [ground.line(batch, *place).state for place in (MASKS, FAR_MASKS)] == ["recount", "ignored"]
    decide(ground, batch, {MASKS: "undecided"})
    assert ground.line(batch, *MASKS).state == LineState.PENDING


def test_nothing_is_written_where_nothing_is_said(ground: Ground, batch: CountBatch) -> None:
    assert decide(ground, batch, {}).version == batch.version
    assert len(history_of([batch])[batch.pk]) == 3


# --- what is refused


BAD: list[tuple[dict[str, Any], type[Refusal], str, str]] = [
    ({"resolution": "agree"}, InvalidInput, "INVALID_REQUEST", "resolution"),
    ({"resolution": "accept", "root_cause": "magic"}, InvalidInput, "INVALID_REQUEST", "root_cause"),
    ({"resolution": "accept", "note": "x" * 501}, InvalidInput, "INVALID_REQUEST", "note"),
]


@pytest.mark.parametrize(("said", "kind", "code", "field"), BAD)
def test_what_means_nothing_is_refused(
    ground: Ground, batch: CountBatch, said: dict[str, Any], kind: type[Refusal], code: str, field: str
) -> None:
    with pytest.raises(kind) as refused:
        decide(ground, batch, {MASKS: "accept", GLOVES: said})
    assert codes(refused.value.problems) == [(code, 1, field)]
    assert ground.line(batch, *MASKS).state == LineState.COUNTED


def test_lines_that_are_not_there_and_lines_named_twice_are_told_together(
    ground: Ground, batch: CountBatch
) -> None:
    gloves = ground.line(batch, *GLOVES)
    said = [
        LineResolution(gloves.pk, "accept", index=0),
        LineResolution(new_id(), "accept", index=1),
        LineResolution(gloves.pk, "ignore", index=2),
    ]
    with pytest.raises(RuleBroken) as refused:
        transactions.run(
            lambda: decide_lines(access=ground.access_of("approver"), batch=batch, resolutions=said)
        )
    assert refused.value.code == "BATCH_REFUSED"
    assert codes(refused.value.problems) == [
        ("COUNT_LINE_NOT_FOUND", 1, "line"),
        ("DUPLICATE_ROW", 2, "line"),
    ]
    assert ground.line(batch, *GLOVES).state == LineState.COUNTED


def test_the_line_of_another_batch_is_not_there(ground: Ground, batch: CountBatch) -> None:
    resolve(ground, batch)
    other = ground.submitted(off={GLOVES: -1})
    with pytest.raises(NotFound) as refused:
        decide(ground, other, {ground.line(batch, *GLOVES): "ignore"})
    assert refused.value.code == "COUNT_LINE_NOT_FOUND"


@pytest.mark.parametrize("state", ["draft", "counting", "cancelled"])
def test_only_what_is_in_review_is_reviewed(ground: Ground, state: str) -> None:
    batch = ground.plan() if state == "draft" else ground.started()
    CountBatch.objects.filter(pk=batch.pk).update(state=state)
    with pytest.raises(Conflict) as refused:
        decide(ground, batch, {GLOVES: "ignore"})
    assert refused.value.code == "INVALID_TRANSITION"
    assert refused.value.extra["state"] == state


def test_whoever_saw_an_older_version_is_told(ground: Ground, batch: CountBatch) -> None:
    decide(ground, batch, {GLOVES: "ignore"}, version=batch.version)
    with pytest.raises(Conflict) as refused:
        decide(ground, batch, {MASKS: "ignore"}, version=batch.version)
    assert (refused.value.code, refused.value.extra) == ("VERSION_CONFLICT", {"version": batch.version + 1})

    def no(_: CountBatch) -> None:
        raise RuleBroken("NO", "No.")

    with pytest.raises(RuleBroken, match="No"):
        decide(ground, batch, {MASKS: "ignore"}, condition=no)
    assert ground.line(batch, *MASKS).state == LineState.COUNTED


# --- who


@pytest.mark.parametrize(
    ("name", "may"), [("owner", True), ("manager", True), ("approver", True), ("counter", False)]
)
def test_who_may_review_decides(ground: Ground, batch: CountBatch, name: str, may: bool) -> None:
    if may:
        decide(ground, batch, {GLOVES: "accept"}, by=name)
        assert ground.line(batch, *GLOVES).state == LineState.ACCEPTED
        return
    with pytest.raises(Forbidden) as refused:
        decide(ground, batch, {GLOVES: "accept"}, by=name)
    assert (refused.value.code, refused.value.extra) == (
        "PERMISSION_DENIED",
        {"missing": ["inventory.countreview"]},
    )
    assert ground.line(batch, *GLOVES).state == LineState.COUNTED


def test_a_key_decides_with_the_documented_scope(ground: Ground, batch: CountBatch) -> None:
    decide(ground, batch, {GLOVES: "accept"}, access=ground.key_access())
    assert ground.line(batch, *GLOVES).reviewer_name == "Key 1"
    with pytest.raises(Forbidden):
        decide(ground, batch, {GLOVES: "ignore"}, access=ground.key_access("inventory.read"))


def test_a_batch_of_others_is_not_there(ground: Ground, batch: CountBatch) -> None:
    stranger = factories.make_organization("Other")
    with pytest.raises(NotFound) as refused:
        decide(ground, batch, {GLOVES: "accept"}, access=access_of_system(stranger))
    assert refused.value.code == "CYCLE_COUNT_NOT_FOUND"


# --- whoever counted


def own_review_off(ground: Ground) -> None:
    CountSettings.objects.create(organization=ground.organization, allows_own_review=False)


@pytest.mark.parametrize("resolution", ["accept", "recount", "ignore", "undecided"])
def test_nobody_decides_on_their_own_count_where_that_is_off(ground: Ground, resolution: Any) -> None:
    own_review_off(ground)
    batch = ground.submitted(off=OFF, by="approver")
    with pytest.raises(Forbidden) as refused:
        decide(ground, batch, {("GLOVES", "A-2"): "accept", GLOVES: resolution})
    assert codes(refused.value.problems) == [("SELF_REVIEW", 1, "line")]
    assert ground.line(batch, *GLOVES).state == LineState.COUNTED
    decide(ground, batch, {GLOVES: resolution}, by="manager")


def test_their_own_count_inside_the_tolerance_is_theirs_to_look_at(ground: Ground) -> None:
    own_review_off(ground)
    batch = ground.submitted(off={GLOVES: -2, MASKS: -1}, by="manager", tolerance=Tolerance(units=1))
    decide(ground, batch, {MASKS: "recount"}, by="manager")
    with pytest.raises(Forbidden):
        decide(ground, batch, {GLOVES: "recount"}, by="manager")


def test_their_own_count_is_also_what_their_key_counted(ground: Ground) -> None:
    own_review_off(ground)
    key = ground.key_access(created_by=ground.people["approver"])
    batch = ground.started()
    ground.count(batch, {GLOVES: 8}, access=key)
    ground.submit(batch)
    for access in (key, ground.access_of("approver")):
        with pytest.raises(Forbidden, match="yourself"):
            decide(ground, batch, {GLOVES: "accept"}, access=access)
    decide(ground, batch, {GLOVES: "accept"}, access=ground.key_access())


def test_where_it_is_on_one_may_do_both(ground: Ground) -> None:
    batch = ground.submitted(off=OFF, by="approver")
    decide(ground, batch, {GLOVES: "accept"})
    assert ground.line(batch, *GLOVES).state == LineState.ACCEPTED


def test_the_rest_is_not_accepted_by_who_counted_it(ground: Ground) -> None:
    own_review_off(ground)
    batch = ground.submitted(off=OFF, by="approver")
    with pytest.raises(Forbidden) as refused:
        resolve(ground, batch)
    assert [problem.code for problem in refused.value.problems] == ["SELF_REVIEW"] * 3
    assert resolve(ground, batch, by="manager").adjustment is not None


# --- what nobody knew


CODE = "4006381333931"


@pytest.fixture
def with_unknown(ground: Ground) -> tuple[CountBatch, CountLine]:
    """Everything is exact, and in A-2 are 4 of something."""
    batch = ground.started()
    ground.count_all(batch)
    line = find_unknown(ground, batch, 4, code=CODE)
    return ground.submit(batch), line


def test_what_nobody_knows_is_not_accepted(
    ground: Ground, with_unknown: tuple[CountBatch, CountLine]
) -> None:
    batch, line = with_unknown
    with pytest.raises(RuleBroken) as refused:
        decide(ground, batch, {line: "accept"})
    assert codes(refused.value.problems) == [("SKU_UNKNOWN_YET", 0, "sku")]
    assert CODE in refused.value.detail
    assert "A-2" in refused.value.detail
    decide(ground, batch, {line: "ignore"})
    decide(ground, batch, {line: "recount"})


def test_naming_its_sku_reads_the_books_of_when_it_was_counted(
    ground: Ground, with_unknown: tuple[CountBatch, CountLine]
) -> None:
    batch, line = with_unknown
    ground.stock_by("TAPE", "A-2", 9)
    Sku.objects.filter(pk=ground.sku("TAPE").pk).update(unit_cost="1.50")
    decide(ground, batch, {line: named(Sku.objects.get(code="TAPE"))})
    line.refresh_from_db()
    assert (line.state, line.sku, line.code) == ("accepted", ground.sku("TAPE"), CODE)
    assert (line.counted, line.expected, line.variance, line.level_version) == (4, 0, 4, 0)
    assert line.unit_cost == Decimal("1.50")


def test_naming_reads_what_was_there_before_it_was_counted(ground: Ground) -> None:
    start = timezone.now() - timedelta(hours=3)
    batch = ground.started(started_at=start)
    ground.stock_by("TAPE", "A-2", 5, recorded_at=start + timedelta(minutes=30))
    line = find_unknown(ground, batch, 4, code=CODE, counted_at=start + timedelta(hours=1))
    ground.stock_by("TAPE", "A-2", -3)
    ground.submit(batch)
    decide(ground, batch, {line: named(ground.sku("TAPE"))})
    line.refresh_from_db()
    assert (line.expected, line.variance, line.level_version) == (5, -1, 1)


def test_a_line_that_nobody_counted_takes_over_what_was_counted_of_it(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {MASKS: 5})
    unknown = find_unknown(ground, batch, 18, code=CODE, remark="no_label", note="behind")
    ground.submit(batch)
    ground.stock_by("GLOVES", "A-2", 7)
    decide(
        ground,
        batch,
        {unknown: {**named(ground.sku("GLOVES")), "root_cause": "unit", "note": "New label"}},
    )
    line = ground.line(batch, "GLOVES", "A-2")
    unknown.refresh_from_db()
    assert (line.state, line.counted, line.expected, line.variance) == ("accepted", 18, 20, -2)
    assert (line.root_cause, line.review_note, line.remark, line.note) == (
        "unit",
        "New label",
        "no_label",
        "behind",
    )
    assert line.counter_name == unknown.counter_name == "counter@acme.example"
    assert (line.counted_by, line.counted_at) == (ground.people["counter"], unknown.counted_at)
    assert (unknown.state, unknown.sku, unknown.expected) == ("ignored", None, None)
    assert unknown.review_note == f"Counted as line {line.position}."
    entries = [(entry.quantity, entry.expected, entry.actor_name) for entry in line.entries.all()]
    assert entries == [(18, 20, "counter@acme.example")]


def test_what_was_counted_as_itself_too_is_told(
    ground: Ground, with_unknown: tuple[CountBatch, CountLine]
) -> None:
    batch, unknown = with_unknown
    with pytest.raises(Conflict) as refused:
        decide(ground, batch, {GLOVES: "recount", unknown: named(ground.sku("GLOVES"))})
    line = ground.line(batch, "GLOVES", "A-2")
    assert codes(refused.value.problems) == [("ITEM_COUNTED_TWICE", 1, "sku")]
    assert refused.value.extra == {"lineId": line.public_id}
    assert f"line {line.position}" in refused.value.detail
    unknown.refresh_from_db()
    assert (unknown.sku, unknown.state) == (None, "counted")
    assert ground.line(batch, *GLOVES).state == LineState.ACCEPTED


def test_two_unknown_codes_in_a_bin_are_not_one_thing(ground: Ground) -> None:
    batch = ground.started()
    one, other = (find_unknown(ground, batch, units, code=f"CODE-{units}") for units in (4, 5))
    ground.submit(batch)
    tape = named(ground.sku("TAPE"))
    with pytest.raises(Conflict) as refused:
        decide(ground, batch, {one: tape, other: tape})
    assert codes(refused.value.problems) == [("ITEM_COUNTED_TWICE", 1, "sku")]


def test_the_line_that_takes_over_is_not_named_as_well(ground: Ground) -> None:
    batch = ground.started()
    unknown = find_unknown(ground, batch, 18)
    ground.submit(batch)
    with pytest.raises(RuleBroken) as refused:
        decide(ground, batch, {("GLOVES", "A-2"): "ignore", unknown: named(ground.sku("GLOVES"))})
    assert codes(refused.value.problems) == [("DUPLICATE_ROW", 0, "line")]


def test_a_name_is_put_right(ground: Ground, with_unknown: tuple[CountBatch, CountLine]) -> None:
    batch, line = with_unknown
    decide(ground, batch, {line: named(ground.sku("TAPE"))})
    decide(ground, batch, {line: named(ground.sku("MASKS"), "undecided")})
    line.refresh_from_db()
    assert (line.state, line.sku, line.expected, line.variance) == ("counted", ground.sku("MASKS"), 0, 4)


def test_the_lot_that_was_read_is_found_or_stays_a_code(ground: Ground) -> None:
    batch = ground.started()
    known = find_unknown(ground, batch, 1, code="ONE", bin="A-3", lot_code="l-1")
    new = find_unknown(ground, batch, 2, code="TWO", bin="A-3", lot_code="L-NEW")
    ground.submit(batch)
    decide(ground, batch, {known: named(ground.sku("SALINE")), new: named(ground.sku("SALINE"))})
    line = ground.line(batch, *FIRST_LOT)
    assert (line.state, line.counted, line.expected) == ("accepted", 1, 7)
    new.refresh_from_db()
    assert (new.lot, new.lot_code, new.expected, new.variance) == (None, "L-NEW", 0, 2)


def test_only_what_nobody_knew_is_named(ground: Ground, batch: CountBatch) -> None:
    with pytest.raises(RuleBroken) as refused:
        decide(ground, batch, {GLOVES: named(ground.sku("MASKS"))})
    assert codes(refused.value.problems) == [("SKU_KNOWN", 0, "sku")]
    decide(ground, batch, {GLOVES: named(ground.sku("GLOVES"))})
    stranger = factories.make_sku(factories.make_organization("Other"), "GLOVES")
    with pytest.raises(NotFound) as missing:
        decide(ground, batch, {GLOVES: named(stranger)})
    assert codes(missing.value.problems) == [("INVENTORY_NOT_FOUND", 0, "sku")]


def test_a_count_that_was_taken_back_has_nothing_to_name(ground: Ground) -> None:
    batch = ground.started()
    ground.count_all(batch)
    unknown = find_unknown(ground, batch, 4)
    back = Counted(quantity=None, line_id=unknown.pk)
    transactions.run(lambda: count_lines(access=ground.access_of("counter"), batch=batch, counts=[back]))
    ground.submit(batch)
    with pytest.raises(RuleBroken) as refused:
        decide(ground, batch, {unknown: named(ground.sku("TAPE"), "ignore")})
    assert codes(refused.value.problems) == [("LINE_NOT_COUNTED", 0, "sku")]
