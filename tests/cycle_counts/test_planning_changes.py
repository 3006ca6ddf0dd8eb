"""Changing a plan, and counting a bin that nobody has planned."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import pytest_django

from cycle_counts.models import BatchState, CountBatch, CountLine, Origin
from cycle_counts.planning import BatchChanges, Scope, count_bin, scope_of, update_batch
from cycle_counts.preferences import change_settings
from cycle_counts.states import require_version
from cycle_counts.tolerances import Tolerance, tolerance_of
from inventory.history import history_of
from tests import factories
from tests.cycle_counts.conftest import Ground
from warehouses import transactions
from warehouses.models import Notice
from warehouses.refusals import Conflict, Forbidden, InvalidInput, NotFound, RuleBroken


def changed(ground: Ground, batch: CountBatch, *, by: str = "manager", **changes: object) -> CountBatch:
    wanted: BatchChanges = changes  # type: ignore[assignment]
    return transactions.run(lambda: update_batch(access=ground.access_of(by), batch=batch, changes=wanted))


def last_note(batch: CountBatch) -> tuple[str, str]:
    change = history_of([batch])[batch.pk][-1]
    return change.action, change.note


# --- changing


def test_what_is_given_changes_and_is_noted(ground: Ground) -> None:
    batch = ground.plan(name="Front", due_on=date(2026, 3, 1))
    changed(
        ground,
        batch,
        name="Front shelves",
        due_on=None,
        note="Ladder needed",
        is_blind=False,
        tolerance=Tolerance(2, Decimal("1.50"), Decimal("10.00")),
        assignees=[ground.people["counter"]],
    )
    found = CountBatch.objects.get(pk=batch.pk)
    assert (found.name, found.due_on, found.note, found.is_blind, found.version) == (
        "Front shelves",
        None,
        "Ladder needed",
        False,
        2,
    )
    assert tolerance_of(found) == Tolerance(2, Decimal("1.50"), Decimal("10.00"))
    assert last_note(found) == (
        "edit",
        "name Front → Front shelves; due 2026-03-01 → no day; note; not blind;"
        " tolerance none → 2 units and 1.5 % and 10 in value; counters nobody → counter@acme.example",
    )


def test_what_stays_as_it_is_is_not_written(ground: Ground) -> None:
    batch = ground.plan(name="Front", assignees=[ground.people["counter"]])
    changed(
        ground,
        batch,
        name="Front",
        is_blind=True,
        tolerance=Tolerance(),
        assignees=[ground.people["counter"]],
    )
    assert CountBatch.objects.get(pk=batch.pk).version == 1
    assert last_note(batch)[0] == "create"


def test_only_new_counters_are_told(ground: Ground) -> None:
    batch = ground.plan(assignees=[ground.people["counter"]])
    before = Notice.objects.count()
    changed(ground, batch, assignees=[ground.people["counter"], ground.people["other_counter"]])
    new = Notice.objects.order_by("-created_at")[: Notice.objects.count() - before]
    assert [notice.user for notice in new] == [ground.people["other_counter"]]
    changed(ground, batch, assignees=[])
    assert not batch.assignees.exists()
    assert last_note(batch)[1] == "counters counter@acme.example, other.counter@acme.example → nobody"


def test_blindness_ends_with_the_draft(ground: Ground) -> None:
    batch = ground.started()
    with pytest.raises(Conflict) as caught:
        changed(ground, batch, is_blind=False)
    assert caught.value.code == "INVALID_TRANSITION"
    assert CountBatch.objects.get(pk=batch.pk).is_blind


def test_the_tolerance_ends_when_it_is_submitted(ground: Ground) -> None:
    batch = ground.started()
    changed(ground, batch, tolerance=Tolerance(units=1))
    ground.count_all(batch)
    ground.submit(batch)
    with pytest.raises(Conflict):
        changed(ground, batch, tolerance=Tolerance(units=2))
    changed(ground, batch, note="Looked at twice")
    assert CountBatch.objects.get(pk=batch.pk).note == "Looked at twice"


@pytest.mark.parametrize("state", ["resolved", "cancelled"])
def test_what_is_over_is_not_changed(ground: Ground, state: str) -> None:
    batch = ground.plan()
    CountBatch.objects.filter(pk=batch.pk).update(state=state)
    with pytest.raises(Conflict) as caught:
        changed(ground, batch, name="Other")
    assert caught.value.code == "INVALID_TRANSITION"


def test_a_counter_opens_no_books_and_widens_no_tolerance(ground: Ground) -> None:
    batch = ground.plan()
    with pytest.raises(Forbidden) as caught:
        changed(ground, batch, by="counter", is_blind=False)
    assert caught.value.code == "BLIND_REQUIRED"
    with pytest.raises(Forbidden) as caught:
        changed(ground, batch, by="counter", tolerance=Tolerance(units=99))
    assert caught.value.code == "PERMISSION_DENIED"
    changed(ground, batch, by="counter", name="Mine")
    assert CountBatch.objects.get(pk=batch.pk).name == "Mine"


def test_counters_who_may_not_count_are_refused(ground: Ground) -> None:
    with pytest.raises(RuleBroken) as caught:
        changed(ground, ground.plan(), assignees=[ground.people["viewer"]])
    assert caught.value.code == "ASSIGNEE_MAY_NOT_COUNT"


def test_a_name_that_is_too_long_is_refused(ground: Ground) -> None:
    with pytest.raises(InvalidInput):
        changed(ground, ground.plan(), name="x" * 121)


def test_a_stale_version_is_refused(ground: Ground) -> None:
    batch = ground.plan()
    changed(ground, batch, name="One")
    with pytest.raises(Conflict) as caught:
        update_batch(
            access=ground.access_of("manager"),
            batch=batch,
            changes={"name": "Two"},
            condition=require_version(1),
        )
    assert caught.value.code == "VERSION_CONFLICT"


def test_others_do_not_change_it(ground: Ground) -> None:
    batch = ground.plan()
    with pytest.raises(Forbidden):
        changed(ground, batch, by="viewer", name="Mine")
    other = factories.make_organization("Other")
    batch.organization = other
    with pytest.raises(NotFound):
        changed(ground, batch, name="Mine")


def test_changing_asks_for_a_constant_number_of_statements(
    ground: Ground, django_assert_num_queries: pytest_django.DjangoAssertNumQueries
) -> None:
    access = ground.access_of("manager")
    people = [ground.people[name] for name in ("counter", "other_counter", "manager")]
    for number, bins in ((1, ("A-4",)), (3, ("A-1", "A-2"))):
        batch = ground.plan(scope=Scope(bins=tuple(ground.bin(code) for code in bins)))
        with django_assert_num_queries(10):
            update_batch(access=access, batch=batch, changes={"assignees": people[:number]})


# --- spot counts


def spotted(ground: Ground, code: str = "A-1", *, by: str = "counter") -> CountBatch:
    return transactions.run(lambda: count_bin(access=ground.access_of(by), bin=ground.bin(code)))


def test_a_bin_is_counted_at_once(ground: Ground) -> None:
    batch = CountBatch.objects.get(pk=spotted(ground).pk)
    assert (batch.state, batch.origin, batch.is_blind, batch.name, batch.version) == (
        BatchState.COUNTING,
        Origin.SPOT,
        True,
        "Bin A-1",
        2,
    )
    assert batch.started_at is not None
    assert (batch.planned_by, batch.due_on) == (ground.people["counter"], ground.organization.today())
    assert list(batch.assignees.all()) == [ground.people["counter"]]
    assert [str(line) for line in CountLine.objects.filter(batch=batch)] == ["GLOVES in A-1", "MASKS in A-1"]
    assert [str(row.bin) for row in batch.bins.all()] == ["A-1"]
    history = history_of([batch])[batch.pk]
    assert [(change.action, change.from_state, change.to_state) for change in history] == [
        ("create", "", "draft"),
        ("start", "draft", "counting"),
    ]
    assert scope_of(batch) is None
    assert not Notice.objects.exists()


def test_asked_twice_it_is_one_count(ground: Ground) -> None:
    first = spotted(ground)
    assert spotted(ground).pk == first.pk
    assert spotted(ground, by="other_counter").pk != first.pk
    assert spotted(ground, "A-2").pk != first.pk
    CountBatch.objects.filter(pk=first.pk).update(state=BatchState.CANCELLED)
    again = spotted(ground)
    assert (again.pk != first.pk, again.number) == (True, 4)


def test_a_bin_may_be_counted_though_it_is_planned(ground: Ground) -> None:
    ground.plan()
    assert spotted(ground).lines.count() == 2


def test_a_bin_with_nothing_in_it_may_be_counted(ground: Ground) -> None:
    ground.stock_by("GLOVES", "A-2", -20)
    batch = spotted(ground, "A-2")
    assert (batch.lines.count(), batch.bins.count()) == (0, 1)


def test_what_is_counted_can_be_counted_then(ground: Ground) -> None:
    batch = spotted(ground)
    ground.count(batch, {("GLOVES", "A-1"): 9})
    assert ground.line(batch, "GLOVES", "A-1").variance == -1


def test_spot_counts_are_blind_also_for_those_who_see_stock(ground: Ground) -> None:
    change_settings(access=ground.access_of("owner"), is_blind=False)
    assert spotted(ground, by="manager").is_blind


def test_spot_counts_can_be_off(ground: Ground) -> None:
    mine = spotted(ground)
    change_settings(access=ground.access_of("owner"), allows_spot_counts=False)
    with pytest.raises(Forbidden) as caught:
        spotted(ground, "A-2")
    assert caught.value.code == "SPOT_COUNTS_OFF"
    assert spotted(ground).pk == mine.pk  # what was begun is counted to its end


def test_a_bin_out_of_use_is_not_counted(ground: Ground) -> None:
    ground.bin("A-1").is_active = False
    with pytest.raises(Conflict) as caught:
        spotted(ground)
    assert caught.value.code == "BIN_INACTIVE"


def test_whoever_may_not_count_there_counts_no_bin(ground: Ground) -> None:
    with pytest.raises(Forbidden):
        spotted(ground, by="viewer")
    ground.warehouse.is_readonly = True
    with pytest.raises(Forbidden) as caught:
        spotted(ground)
    assert caught.value.code == "READONLY_WAREHOUSE"


def test_a_key_counts_a_bin_for_itself(ground: Ground) -> None:
    access = ground.key_access()
    first = transactions.run(lambda: count_bin(access=access, bin=ground.bin("A-1")))
    again = transactions.run(lambda: count_bin(access=access, bin=ground.bin("A-1")))
    assert (first.pk, first.assignees.count()) == (again.pk, 0)


def test_a_spot_count_asks_for_a_constant_number_of_statements(
    ground: Ground, django_assert_num_queries: pytest_django.DjangoAssertNumQueries
) -> None:
    access = ground.access_of("counter")
    factories.stock(ground.sku("TAPE"), ground.warehouse, 1, bin=ground.bin("A-1"))
    for code, lines in (("A-4", 1), ("A-1", 3)):
        with django_assert_num_queries(16):
            batch = count_bin(access=access, bin=ground.bin(code))
        assert batch.lines.count() == lines
