"""A count is started, submitted, or called off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from cycle_counts.counting import Counted, Visited, cancel_batch, count_lines, start_batch, submit_batch
from cycle_counts.models import BatchState, CountBatch, CountBin, CountLine
from cycle_counts.planning import Scope
from cycle_counts.states import require_version
from cycle_counts.tolerances import Tolerance
from inventory.history import history_of
from inventory.models import Movement
from tests import factories
from tests.cycle_counts.conftest import SHELVES, Ground, Place
from tests.stock_requests.refusals import refused
from warehouses import transactions
from warehouses.access import access_of_user

pytestmark = pytest.mark.django_db

GLOVES = ("GLOVES", "A-1")


def last_change(batch: CountBatch) -> tuple[str, str, str, str, str]:
    change = history_of([batch])[batch.pk][-1]
    return change.action, change.from_state, change.to_state, change.actor_name, change.note


def lines(batch: CountBatch) -> list[tuple[int, str, str]]:
    rows = CountLine.objects.filter(batch=batch).order_by("position")
    return list(rows.values_list("position", "sku__code", "bin__code"))


# --- start


def test_a_planned_count_is_started(ground: Ground) -> None:
    batch = ground.plan()
    before = timezone.now()
    started = ground.start(batch)
    batch.refresh_from_db()
    assert (batch.state, batch.version, started.version) == ("counting", 2, 2)
    assert batch.started_at is not None
    assert before <= batch.started_at <= timezone.now()
    assert last_change(batch) == ("start", "draft", "counting", "counter@acme.example", "")
    assert len(lines(batch)) == len(SHELVES)


def test_what_has_come_since_is_counted_too(ground: Ground) -> None:
    batch = ground.plan()
    planned = lines(batch)
    ground.stock_by("TAPE", "A-2", 3)
    ground.stock_by("GLOVES", "A-1", -10)
    ground.start(batch)
    assert lines(batch) == [*planned, (7, "TAPE", "A-2")]
    assert ground.line(batch, "TAPE", "A-2").is_found is False
    assert last_change(batch)[4] == "1 line more since it was planned"


def test_also_into_a_bin_that_was_not_planned(ground: Ground) -> None:
    batch = ground.plan(scope=Scope(skus=(ground.sku("GLOVES"),)))
    ground.stock_by("GLOVES", "A-4", 3)
    ground.stock_by("GLOVES", "A-3", 3)
    ground.start(batch)
    assert lines(batch)[2:] == [(3, "GLOVES", "A-3"), (4, "GLOVES", "A-4")]
    bins = CountBin.objects.filter(batch=batch).order_by("position")
    assert list(bins.values_list("position", "bin__code")) == [
        (1, "A-1"),
        (2, "A-2"),
        (3, "A-3"),
        (4, "A-4"),
    ]
    assert last_change(batch)[4] == "2 lines more since it was planned"


def test_a_sample_stays_what_it_is(ground: Ground) -> None:
    batch = ground.plan(scope=Scope(bins=tuple(ground.bins.values()), sample=2))
    ground.stock_by("TAPE", "A-2", 3)
    planned = lines(batch)
    ground.start(batch)
    assert (lines(batch), len(planned)) == (planned, 2)


def test_a_limit_stays_one(ground: Ground) -> None:
    batch = ground.plan(scope=Scope(bins=tuple(ground.bins.values()), limit=6))
    ground.stock_by("TAPE", "A-1", 3)
    planned = lines(batch)
    ground.start(batch)
    assert lines(batch) == planned


def test_it_does_not_grow_beyond_the_most_lines(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cycle_counts.counting.starting.MOST_LINES", 7)
    batch = ground.plan()
    ground.stock_by("TAPE", "A-1", 3)
    ground.stock_by("TAPE", "A-2", 3)
    ground.start(batch)
    assert lines(batch)[6:] == [(7, "TAPE", "A-1")]


def test_what_another_count_leads_to_is_left_to_it(ground: Ground) -> None:
    batch = ground.plan(scope=Scope(bins=(ground.bin("A-1"),)))
    ground.stock_by("TAPE", "A-1", 3)
    ground.plan(scope=Scope(skus=(ground.sku("TAPE"),)))
    ground.start(batch)
    assert len(lines(batch)) == 2


def test_a_place_that_was_closed_since_is_not_counted(ground: Ground) -> None:
    batch = ground.plan()
    ground.warehouse.is_active = False
    ground.warehouse.save()
    starting = partial(start_batch, access=ground.access_of("counter"), batch=batch)
    assert refused(starting)[:2] == ("Conflict", "WAREHOUSE_INACTIVE")
    ground.warehouse.is_active, ground.warehouse.is_readonly = True, True
    ground.warehouse.save()
    assert refused(starting)[:2] == ("Forbidden", "READONLY_WAREHOUSE")
    batch.refresh_from_db()
    assert batch.state == "draft"


# --- submit


def states(batch: CountBatch) -> dict[tuple[str, ...], tuple[str, bool]]:
    rows = CountLine.objects.filter(batch=batch).order_by("position")
    found = rows.values_list("sku__code", "bin__code", "lot__code", "state", "is_within")
    return {
        (sku or "", bin, lot) if lot else (sku or "", bin): (state, is_within)
        for sku, bin, lot, state, is_within in found
    }


def test_what_is_exact_is_accepted(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {GLOVES: 8, ("MASKS", "A-1"): 5, ("GLOVES", "A-2"): 21})
    before = timezone.now()
    submitted = ground.submit(batch, note="Back room locked")
    batch.refresh_from_db()
    assert (batch.state, batch.version, submitted.version) == ("review", 4, 4)
    assert batch.submitted_at is not None
    assert before <= batch.submitted_at <= timezone.now()
    assert batch.submitted_by == ground.people["counter"]
    assert states(batch) == {
        GLOVES: ("counted", False),
        ("MASKS", "A-1"): ("accepted", True),
        ("GLOVES", "A-2"): ("counted", False),
        ("SALINE", "A-3", "L-1"): ("pending", False),
        ("SALINE", "A-3", "L-2"): ("pending", False),
        ("MASKS", "A-4"): ("pending", False),
    }
    told = "3 counted, 3 not counted: Back room locked"
    assert last_change(batch) == ("submit", "counting", "review", "counter@acme.example", told)


@pytest.mark.parametrize(
    ("tolerance", "accepted"),
    [
        (Tolerance(units=2), {"G1", "M1", "G2", "S1"}),
        (Tolerance(units=1), {"G1", "G2", "S1"}),
        (Tolerance(units=0), {"S1"}),
        (Tolerance(percent=Decimal(10)), {"G1", "G2", "S1", "M4"}),
        (Tolerance(percent=Decimal("9.99")), {"G2", "S1"}),
        (Tolerance(value=Decimal(6)), {"G1", "M1", "G2", "S1"}),
        (Tolerance(value=Decimal("5.99")), {"G1", "G2", "S1"}),
        (Tolerance(units=4, percent=Decimal(10), value=Decimal(9)), {"G1", "G2", "S1"}),
    ],
)
def test_what_is_inside_every_limit_is_accepted(
    ground: Ground, tolerance: Tolerance, accepted: set[str]
) -> None:
    names: dict[Place, str] = dict(zip(SHELVES, ("G1", "M1", "G2", "S1", "S2", "M4"), strict=True))
    off: dict[Place, int] = {
        GLOVES: -1,
        ("MASKS", "A-1"): 2,
        ("GLOVES", "A-2"): 1,
        ("SALINE", "A-3", "L-2"): -3,
        ("MASKS", "A-4"): 4,
    }
    batch = ground.submitted(off=off, tolerance=tolerance)
    found = states(batch)
    assert {name for place, name in names.items() if found[place] == ("accepted", True)} == accepted
    assert {name for place, name in names.items() if found[place] == ("counted", False)} == (
        set(names.values()) - accepted
    )


def test_what_nobody_knows_is_for_the_reviewer(ground: Ground) -> None:
    batch = ground.started(tolerance=Tolerance(units=100))
    done = ground.count(batch, {GLOVES: 10})
    unknown = Counted(0, code="4006", bin=ground.bin("A-1"))
    transactions.run(
        lambda: count_lines(access=ground.access_of("counter"), batch=done.batch, counts=[unknown])
    )
    ground.submit(batch)
    assert states(batch)["", "A-1"] == ("counted", False)


def test_more_of_no_lot_is_for_the_reviewer_where_goods_are_kept_by_lot(ground: Ground) -> None:
    batch = ground.started(tolerance=Tolerance(units=100))
    ground.count(
        batch, {("SALINE", "A-1"): 2, ("SALINE", "A-2", "L-9"): 2, ("SALINE", "A-4"): 0, ("TAPE", "A-1"): 1}
    )
    ground.submit(batch)
    found = states(batch)
    assert found["SALINE", "A-1"] == ("counted", False)
    assert found["SALINE", "A-2"] == ("accepted", True)  # a lot that is made when it is posted
    assert found["SALINE", "A-4"] == ("accepted", True)  # none of nothing
    assert found["TAPE", "A-1"] == ("accepted", True)


def test_found_and_taken_back_is_not_left_to_anybody(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {GLOVES: 10, ("TAPE", "A-1"): 1})
    ground.count(batch, {("TAPE", "A-1"): None})
    ground.submit(batch)
    assert states(batch)["TAPE", "A-1"] == ("ignored", False)
    assert last_change(batch)[4] == "1 counted, 5 not counted"


def test_where_nothing_was_counted_there_is_nothing_to_submit(ground: Ground) -> None:
    batch = ground.started()
    submitting = partial(submit_batch, access=ground.access_of("counter"), batch=batch)
    assert refused(submitting) == ("RuleBroken", "NOTHING_COUNTED", [])
    ground.count(batch, {}, visited=[Visited(ground.bin("A-1"))])
    assert refused(submitting) == ("RuleBroken", "NOTHING_COUNTED", [])
    ground.count(batch, {GLOVES: 1})
    ground.count(batch, {GLOVES: None})
    assert refused(submitting)[1] == "NOTHING_COUNTED"
    batch.refresh_from_db()
    assert batch.state == "counting"


def test_of_empty_bins_it_is_enough_to_have_been_there(ground: Ground) -> None:
    shelf = factories.make_bin(ground.warehouse, "B-1", room=ground.rooms["Back"])
    batch = ground.started(scope=Scope(bins=(shelf,)))
    submitting = partial(submit_batch, access=ground.access_of("counter"), batch=batch)
    assert refused(submitting)[1] == "NOTHING_COUNTED"
    ground.count(batch, {}, visited=[Visited(shelf)])
    assert ground.submit(batch).state == "review"


def test_the_history_of_a_count_does_not_say_how_right_it_was(ground: Ground) -> None:
    right = ground.submitted()
    CountBatch.objects.filter(pk=right.pk).update(state="cancelled")
    wrong = ground.submitted(off={GLOVES: -3, ("MASKS", "A-4"): 5})
    assert last_change(right) == last_change(wrong)


def test_a_key_submits_for_whoever_made_it(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {GLOVES: 10})
    key = ground.key_access(created_by=ground.people["manager"])
    transactions.run(lambda: submit_batch(access=key, batch=batch))
    batch.refresh_from_db()
    assert batch.submitted_by == ground.people["manager"]
    assert last_change(batch)[3] == key.actor.name


# --- call off


@pytest.mark.parametrize("state", ["draft", "counting", "review"])
def test_a_count_is_called_off(ground: Ground, state: str) -> None:
    batch = ground.plan()
    if state != "draft":
        ground.start(batch)
        ground.count(batch, {GLOVES: 8})
    if state == "review":
        ground.submit(batch)
    before = Movement.objects.count()
    done = transactions.run(
        lambda: cancel_batch(access=ground.access_of("manager"), batch=batch, reason="Roof leaks")
    )
    batch.refresh_from_db()
    assert (batch.state, batch.version) == ("cancelled", done.version)
    assert batch.closed_at is not None
    assert last_change(batch) == ("cancel", state, "cancelled", "manager@acme.example", "Roof leaks")
    assert Movement.objects.count() == before
    if state != "draft":
        assert ground.line(batch, *GLOVES).counted == 8


def test_who_only_counts_calls_off_what_is_not_submitted(ground: Ground) -> None:
    access = ground.access_of("counter")
    batch = ground.started()
    ground.count(batch, {GLOVES: 8})
    ground.submit(batch)
    told = refused(lambda: cancel_batch(access=access, batch=batch))
    assert told[:2] == ("Forbidden", "PERMISSION_DENIED")
    transactions.run(lambda: cancel_batch(access=ground.access_of("approver"), batch=batch))
    other = ground.started()
    transactions.run(lambda: cancel_batch(access=access, batch=other))
    with_key = ground.submitted()
    transactions.run(lambda: cancel_batch(access=ground.key_access(), batch=with_key))
    assert set(CountBatch.objects.values_list("state", flat=True)) == {"cancelled"}


def test_a_long_reason_is_shortened(ground: Ground) -> None:
    batch = ground.plan()
    transactions.run(lambda: cancel_batch(access=ground.access_of("owner"), batch=batch, reason="w" * 900))
    assert len(last_change(batch)[4]) == 500


# --- what all of them ask

Act = Callable[..., CountBatch]
ACTS: list[tuple[Act, set[str]]] = [
    (start_batch, {"draft"}),
    (submit_batch, {"counting"}),
    (cancel_batch, {"draft", "counting", "review"}),
]


@pytest.mark.parametrize(
    ("act", "state"),
    [(act, state) for act, allowed in ACTS for state in BatchState if state.value not in allowed],
)
def test_each_act_has_its_states(ground: Ground, act: Act, state: BatchState) -> None:
    batch = ground.plan()
    CountBatch.objects.filter(pk=batch.pk).update(state=state)
    told = refused(lambda: act(access=ground.access_of("owner"), batch=batch))
    assert told == ("Conflict", "INVALID_TRANSITION", [])
    batch.refresh_from_db()
    assert (batch.state, batch.version) == (state, 1)


@pytest.mark.parametrize(("act", "allowed"), ACTS)
def test_each_act_asks_who_and_which_version(ground: Ground, act: Act, allowed: set[str]) -> None:
    batch = ground.plan()
    state = "counting" if "counting" in allowed else "draft"
    CountBatch.objects.filter(pk=batch.pk).update(state=state)

    def told(name: str, **fields: Any) -> str:
        return refused(lambda: act(access=ground.access_of(name), batch=batch, **fields))[1]

    assert told("viewer") == "PERMISSION_DENIED"
    assert told("owner", condition=require_version(7)) == "VERSION_CONFLICT"
    elsewhere = factories.make_organization("Other")
    stranger = factories.make_person("stranger@other.example", {elsewhere: ["Owner"]})
    access = access_of_user(stranger, elsewhere)
    assert refused(lambda: act(access=access, batch=batch))[1] == "CYCLE_COUNT_NOT_FOUND"
    batch.refresh_from_db()
    assert (batch.state, batch.version) == (state, 1)


@pytest.mark.parametrize(
    ("act", "state", "field"),
    [
        (start_batch, "draft", "started_at"),
        (submit_batch, "counting", "submitted_at"),
        (cancel_batch, "draft", "closed_at"),
    ],
)
def test_a_demonstration_gives_the_clock(ground: Ground, act: Act, state: str, field: str) -> None:
    at = datetime(2026, 5, 4, 9, tzinfo=UTC)
    batch = ground.plan()
    if state == "counting":
        ground.start(batch)
        ground.count(batch, {GLOVES: 8})
    transactions.run(lambda: act(access=ground.access_of("owner"), batch=batch, recorded_at=at))
    batch.refresh_from_db()
    assert getattr(batch, field) == at
    assert history_of([batch])[batch.pk][0].created_at <= timezone.now()
