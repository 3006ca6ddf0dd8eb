"""Resolving: what is accepted is posted, once, as it was shown; and the batch is done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cycle_counts.drift import Drift, moved_since
from cycle_counts.models import BatchState, CountBatch, CountCycle, CountLine, LineState
from cycle_counts.planning import Scope
from cycle_counts.tolerances import Tolerance
from inventory.adjustments import reverse
from inventory.history import history_of
from inventory.models import Adjustment, AdjustmentKind, Lot, Movement, Source
from inventory.verification import verify
from tests import factories
from tests.cycle_counts.conftest import SHELVES, Ground, Place
from tests.cycle_counts.reviewing import codes, decide, find_unknown, named, resolve
from warehouses import transactions
from warehouses.models import Warehouse
from warehouses.refusals import Conflict, Forbidden, Refusal, RuleBroken

pytestmark = pytest.mark.django_db

GLOVES, MORE_GLOVES, MASKS, FAR_MASKS = (
    ("GLOVES", "A-1"),
    ("GLOVES", "A-2"),
    ("MASKS", "A-1"),
    ("MASKS", "A-4"),
)
FIRST_LOT, SECOND_LOT = ("SALINE", "A-3", "L-1"), ("SALINE", "A-3", "L-2")
OFF = {GLOVES: -2, MASKS: 1, FIRST_LOT: -7}


def shelves(ground: Ground) -> dict[Place, int]:
    return {place: ground.on_hand(*place) for place in SHELVES}


def changed(by: dict[Any, int]) -> dict[Place, int]:
    return {place: units + by.get(place, 0) for place, units in SHELVES.items()}


# --- what is posted


def test_one_adjustment_posts_what_was_shown(ground: Ground) -> None:
    batch = ground.submitted(off=OFF, name="Aisle A")
    decide(
        ground, batch, {GLOVES: {"resolution": "accept", "root_cause": "picking", "note": "Two on the floor"}}
    )
    done = resolve(ground, batch, note="Evening count")
    adjustment = done.adjustment
    assert adjustment is not None
    assert (adjustment.kind, adjustment.source, adjustment.reference) == ("count", "backoffice", "CC-00001")
    assert (adjustment.reason_code.code, adjustment.note) == ("cycle_count", "Evening count")  # type: ignore[union-attr]
    assert (adjustment.actor_name, adjustment.line_count) == ("approver@acme.example", 3)
    movements = Movement.objects.filter(document_id=adjustment.pk).select_related("sku", "stock_item__bin")
    assert {(m.sku.code, m.stock_item.bin.code): (m.delta, m.note, m.reference) for m in movements} == {
        ("GLOVES", "A-1"): (-2, "Picked wrong: Two on the floor", "CC-00001"),
        ("MASKS", "A-1"): (1, "", "CC-00001"),
        ("SALINE", "A-3"): (-7, "", "CC-00001"),
    }
    assert shelves(ground) == changed(OFF)
    batch.refresh_from_db()
    assert (batch.state, batch.adjustment, batch.closed_at) == ("resolved", adjustment, adjustment.created_at)
    assert done.batch.version == batch.version == 6
    assert set(batch.lines.values_list("state", flat=True)) == {"accepted"}
    assert ground.line(batch, *MASKS).reviewer_name == "approver@acme.example"
    assert ground.line(batch, *MORE_GLOVES).is_within, "What was accepted by itself was touched by nobody."
    last = history_of([batch])[batch.pk][-1]
    assert (last.action, last.from_state, last.to_state, last.quantity, last.note) == (
        "resolve",
        "review",
        "resolved",
        3,
        "Evening count",
    )
    assert list(verify()) == []


def test_a_cause_and_a_note_that_are_too_long_together_end_in_an_ellipsis(ground: Ground) -> None:
    batch = ground.submitted(off={GLOVES: -2})
    decide(ground, batch, {GLOVES: {"resolution": "accept", "root_cause": "picking", "note": "x" * 500}})
    adjustment = resolve(ground, batch).adjustment
    assert adjustment is not None
    note = Movement.objects.get(document_id=adjustment.pk).note
    assert (note[:16], note[-2:], len(note)) == ("Picked wrong: xx", "x…", 500)


def test_where_all_was_exact_nothing_is_posted(ground: Ground) -> None:
    batch = ground.submitted()
    before = Movement.objects.count()
    done = resolve(ground, batch)
    assert (done.adjustment, done.recount, done.batch.state) == (None, None, "resolved")
    assert done.batch.closed_at is not None
    assert Movement.objects.count() == before
    assert not Adjustment.objects.filter(kind=AdjustmentKind.COUNT).exists()
    assert history_of([batch])[batch.pk][-1].note == "6 accepted"
    assert list(verify()) == []


def test_what_is_inside_the_tolerance_is_posted_too(ground: Ground) -> None:
    batch = ground.submitted(
        off={GLOVES: -1}, tolerance=Tolerance(units=1), by="counter", access=ground.access_of("manager")
    )
    assert ground.line(batch, *GLOVES).is_within
    resolve(ground, batch)
    assert ground.on_hand(*GLOVES) == 9
    assert list(verify()) == []


def test_what_is_ignored_or_was_not_counted_stays_in_the_books(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {GLOVES: 8, MASKS: 6})
    ground.submit(batch)
    done = resolve(ground, batch, {GLOVES: "ignore", MASKS: "accept"})
    assert done.batch.state == BatchState.RESOLVED
    assert shelves(ground) == changed({MASKS: 1})
    assert ground.line(batch, *FAR_MASKS).state == LineState.PENDING
    assert list(verify()) == []


# --- stock moves meanwhile


def test_what_moved_since_stays_moved(ground: Ground) -> None:
    """The difference is posted, not the quantity: 8 were counted of 10; then 3 came and 5 of the masks went."""
    batch = ground.started()
    ground.stock_by("MASKS", "A-1", 5)
    ground.count_all(batch, off=OFF | {MASKS: 6})
    ground.stock_by("GLOVES", "A-1", 3)
    ground.submit(batch)
    ground.stock_by("MASKS", "A-1", -5)
    lines = {place: ground.line(batch, *place) for place in (GLOVES, MASKS, MORE_GLOVES)}
    drift = moved_since(list(lines.values()))
    assert drift[lines[GLOVES].pk] == Drift(then=10, now=13)
    assert drift[lines[MASKS].pk] == Drift(then=10, now=5)
    assert drift[lines[MORE_GLOVES].pk].moved == 0
    resolve(ground, batch)
    assert ground.on_hand(*GLOVES) == 13 - 2
    assert ground.on_hand(*MASKS) == 5 + 1
    assert list(verify()) == []


def test_what_is_missing_may_be_promised_or_held(ground: Ground) -> None:
    """A count is a fact: it may leave less than was promised."""
    factories.reserve(ground.sku("GLOVES"), ground.warehouse, 29)
    factories.hold(ground.sku("MASKS"), ground.warehouse, bin=ground.bin("A-1"))
    batch = ground.submitted(off={GLOVES: -10, MASKS: -5})
    resolve(ground, batch)
    assert (ground.on_hand(*GLOVES), ground.on_hand(*MASKS)) == (0, 0)
    assert list(verify()) == []


def test_a_line_that_the_stock_does_not_allow_any_more_is_named_and_nothing_happens(ground: Ground) -> None:
    batch = ground.submitted(off=OFF | {FAR_MASKS: -40})
    ground.stock_by("GLOVES", "A-1", -9)
    ground.stock_by("MASKS", "A-4", -1)
    before = Movement.objects.count()
    with pytest.raises(RuleBroken) as refused:
        resolve(ground, batch, {FAR_MASKS: "accept", MASKS: "accept"}, accepts_rest=True)
    refusal = refused.value
    assert refusal.code == "NEGATIVE_QUANTITY"
    assert codes(refusal.problems) == [("NEGATIVE_QUANTITY", None, "line"), ("NEGATIVE_QUANTITY", 0, "line")]
    assert refusal.extra["lineIds"] == [ground.line(batch, *place).public_id for place in (GLOVES, FAR_MASKS)]
    assert refusal.detail == (
        "Nothing was posted. GLOVES in A-1, MASKS in A-4 cannot be, as stock is now: recount or ignore them."
    )
    assert refusal.problems[0].detail.endswith("Recount the line, or ignore it.")
    assert Movement.objects.count() == before
    batch.refresh_from_db()
    assert (batch.state, batch.adjustment) == ("review", None)
    assert ground.line(batch, *MASKS).state == LineState.COUNTED, "Not even the decisions are kept."
    done = resolve(ground, batch, {GLOVES: "ignore", FAR_MASKS: "recount"}, accepts_rest=True)
    assert done.recount is not None
    assert ground.on_hand(*MASKS) == 6
    assert list(verify()) == []


def test_a_warehouse_that_became_read_only_takes_nothing(ground: Ground) -> None:
    batch = ground.submitted(off=OFF)
    Warehouse.objects.filter(pk=ground.warehouse.pk).update(is_readonly=True)
    with pytest.raises(Refusal) as refused:
        resolve(ground, batch)
    assert refused.value.code == "READONLY_WAREHOUSE"
    assert shelves(ground) == SHELVES


# --- counted for two batches


def spot(ground: Ground, units: int) -> CountBatch:
    """Another batch that counts the gloves in A-1, as found."""
    batch = ground.started(scope=Scope(skus=(ground.sku("TAPE"),)))
    ground.count(batch, {GLOVES: units}, by="other_counter")
    return ground.submit(batch)


def test_what_two_counts_have_found_missing_is_missing_once(ground: Ground) -> None:
    first = ground.submitted(off=OFF)
    second = spot(ground, 8)
    resolve(ground, first)
    with pytest.raises(Conflict) as refused:
        resolve(ground, second, {GLOVES: "accept"})
    assert codes(refused.value.problems) == [("COUNTED_ELSEWHERE", 0, "line")]
    assert "CC-00001" in refused.value.detail
    assert refused.value.extra == {"lineIds": [ground.line(second, *GLOVES).public_id]}
    assert ground.on_hand(*GLOVES) == 8
    resolve(ground, second, {GLOVES: "ignore"})
    assert list(verify()) == []


def test_an_exact_count_is_no_proof_either_once_another_is_posted(ground: Ground) -> None:
    """One counter saw 8 of 10 and the other all of them: somebody has to look again."""
    first = ground.submitted(off=OFF)
    second = spot(ground, 10)
    resolve(ground, first)
    with pytest.raises(Conflict, match="CC-00001"):
        resolve(ground, second)


def test_what_was_counted_after_the_other_was_posted_is_posted(ground: Ground) -> None:
    resolve(ground, ground.submitted(off=OFF))
    resolve(ground, spot(ground, 7))
    assert ground.on_hand(*GLOVES) == 7
    assert list(verify()) == []


def test_what_was_posted_and_reversed_is_in_nobodys_way(ground: Ground) -> None:
    first, second = ground.submitted(off=OFF), spot(ground, 8)
    adjustment = resolve(ground, first).adjustment
    assert adjustment is not None
    transactions.run(
        lambda: reverse(access=ground.access_of("owner"), source=Source.ADMIN, adjustment=adjustment)
    )
    resolve(ground, second)
    assert ground.on_hand(*GLOVES) == 8


# --- found and unknown


def test_what_was_found_comes_into_the_books(ground: Ground) -> None:
    batch = ground.started()
    ground.count_all(batch)
    ground.count(batch, {("TAPE", "A-4"): 3})
    ground.submit(batch)
    resolve(ground, batch)
    assert ground.on_hand("TAPE", "A-4") == 3
    assert list(verify()) == []


def test_the_rest_is_not_accepted_while_nobody_knows_what_it_is(ground: Ground) -> None:
    batch = ground.started()
    ground.count_all(batch, off=OFF)
    line = find_unknown(ground, batch, 4)
    ground.submit(batch)
    with pytest.raises(RuleBroken) as refused:
        resolve(ground, batch)
    assert codes(refused.value.problems) == [("SKU_UNKNOWN_YET", None, "sku")]
    assert shelves(ground) == SHELVES
    resolve(ground, batch, {line: named(ground.sku("TAPE"))}, accepts_rest=True)
    assert ground.on_hand("TAPE", "A-2") == 4
    assert list(verify()) == []


def test_a_lot_that_nobody_knew_is_made(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {FIRST_LOT: 7, ("SALINE", "A-3", "l-NEW"): 6, ("SALINE", "A-4", "L-NEW"): 1})
    ground.submit(batch)
    assert not Lot.objects.filter(code__iexact="l-new").exists()
    resolve(ground, batch)
    lot = Lot.objects.get(code__iexact="l-new")
    assert (lot.sku, lot.expires_on, lot.state) == (ground.sku("SALINE"), None, "active")
    lines = CountLine.objects.filter(batch=batch, lot=lot).order_by("position")
    assert [(line.bin.code, line.lot_code, line.variance) for line in lines] == [
        ("A-3", "", 6),
        ("A-4", "", 1),
    ]
    assert list(verify()) == []


def test_a_lot_of_which_nothing_was_there_is_not_made(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {FIRST_LOT: 7, ("SALINE", "A-3", "L-NEW"): 0})
    ground.submit(batch)
    resolve(ground, batch)
    assert not Lot.objects.filter(code="L-NEW").exists()


def test_one_thing_that_was_counted_twice_is_not_posted_twice(ground: Ground) -> None:
    """Gloves are not kept by lot: what is printed on a box makes no other goods of them."""
    batch = ground.started()
    ground.count(batch, {GLOVES: 8, ("GLOVES", "A-1", "B-77"): 8})
    ground.submit(batch)
    with pytest.raises(Conflict) as refused:
        resolve(ground, batch, {GLOVES: "accept", ("GLOVES", "A-1", "B-77"): "accept"})
    assert codes(refused.value.problems) == [("ITEM_COUNTED_TWICE", 1, "line")]
    resolve(ground, batch, {GLOVES: "accept", ("GLOVES", "A-1", "B-77"): "ignore"})
    assert ground.on_hand(*GLOVES) == 8
    assert list(verify()) == []


def test_a_lot_that_was_made_since_and_has_a_line_is_not_posted_twice(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {("SALINE", "A-3", "L-9"): 6})
    lot = factories.make_lot(ground.sku("SALINE"), "L-9")
    CountLine.objects.filter(pk=ground.line(batch, *SECOND_LOT).pk).update(lot=lot)
    ground.submit(batch)
    with pytest.raises(Conflict) as refused:
        resolve(ground, batch)
    assert codes(refused.value.problems) == [("ITEM_COUNTED_TWICE", None, "line")]


# --- in two steps, and once


def test_decisions_are_kept_while_others_are_left(ground: Ground) -> None:
    batch = ground.submitted(off=OFF)
    done = resolve(ground, batch, {GLOVES: "accept", MASKS: "ignore"})
    assert (done.batch.state, done.adjustment, done.recount) == ("review", None, None)
    assert done.batch.version == batch.version + 1
    assert ground.line(batch, *GLOVES).state == LineState.ACCEPTED
    assert shelves(ground) == SHELVES
    assert history_of([batch])[batch.pk][-1].note == "1 accepted, 1 ignored"
    done = resolve(ground, batch, {FIRST_LOT: "accept"})
    assert done.batch.state == BatchState.RESOLVED
    assert shelves(ground) == changed({GLOVES: -2, FIRST_LOT: -7})


def test_what_is_put_back_is_left(ground: Ground) -> None:
    batch = ground.submitted()
    assert resolve(ground, batch, {GLOVES: "undecided"}).batch.state == BatchState.REVIEW
    assert resolve(ground, batch, {GLOVES: "undecided"}, accepts_rest=True).batch.state == BatchState.RESOLVED
    assert ground.line(batch, *GLOVES).state == LineState.ACCEPTED


def test_without_a_word_nothing_is_resolved_that_nobody_has_decided_on(ground: Ground) -> None:
    batch = ground.submitted(off=OFF)
    with pytest.raises(RuleBroken) as refused:
        resolve(ground, batch, accepts_rest=False)
    assert (refused.value.code, refused.value.extra) == ("LINES_UNDECIDED", {"undecided": 3})
    assert "GLOVES in A-1, MASKS in A-1, SALINE, lot L-1 in A-3." in refused.value.detail
    decide(ground, batch, {GLOVES: "accept", MASKS: "accept", FIRST_LOT: "accept"})
    assert resolve(ground, batch, accepts_rest=False).adjustment is not None


def test_it_is_resolved_once(ground: Ground) -> None:
    batch = ground.submitted(off=OFF)
    resolve(ground, batch)
    for said in (None, {GLOVES: "accept"}):
        with pytest.raises(Conflict) as refused:
            resolve(ground, batch, said)  # type: ignore[arg-type]
        assert refused.value.code == "INVALID_TRANSITION"
    assert refused.value.extra["by"] == "approver@acme.example"
    assert shelves(ground) == changed(OFF)
    assert Adjustment.objects.filter(kind=AdjustmentKind.COUNT).count() == 1


def test_whoever_saw_another_version_resolves_nothing(ground: Ground) -> None:
    batch = ground.submitted(off=OFF)
    decide(ground, batch, {GLOVES: "ignore"})
    with pytest.raises(Conflict, match="version") as refused:
        resolve(ground, batch, version=batch.version)
    assert refused.value.code == "VERSION_CONFLICT"
    resolve(ground, batch, version=batch.version + 1)


def test_who_may_count_and_no_more_resolves_nothing(ground: Ground) -> None:
    batch = ground.submitted(off=OFF)
    for name in ("counter", "viewer"):
        with pytest.raises(Forbidden):
            resolve(ground, batch, by=name)
    assert resolve(ground, batch, access=ground.key_access()).adjustment is not None


# --- what follows


def test_what_was_accepted_was_counted(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {GLOVES: 8, MASKS: 6, FIRST_LOT: 1})
    ground.count(batch, {MORE_GLOVES: 20})
    ground.submit(batch)
    resolve(ground, batch, {GLOVES: "accept", MASKS: "ignore", FIRST_LOT: "recount"})
    cycles = CountCycle.objects.filter(last_counted_at__isnull=False).select_related("sku")
    last = ground.line(batch, *MORE_GLOVES).counted_at
    assert {cycle.sku.code: cycle.last_counted_at for cycle in cycles} == {"GLOVES": last}


def test_a_demonstration_resolves_in_the_past(ground: Ground) -> None:
    at = timezone.now() - timedelta(days=10)
    batch = ground.plan(recorded_at=at)
    batch = ground.start(batch, recorded_at=at + timedelta(hours=1))
    ground.count(batch, {GLOVES: 10}, recorded_at=at + timedelta(hours=2))
    ground.submit(batch, recorded_at=at + timedelta(hours=3))
    done = resolve(ground, batch, {GLOVES: "ignore"}, recorded_at=at + timedelta(hours=4))
    assert done.batch.closed_at == at + timedelta(hours=4)
    assert history_of([batch])[batch.pk][-1].created_at == at + timedelta(hours=4)
