"""How right the books were, by week and class."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cycle_counts.models import CountBatch, CountLine
from cycle_counts.reports import AccuracyRow, accuracy
from tests import factories
from tests.cycle_counts.conftest import Ground
from tests.cycle_counts.reviewing import resolve
from warehouses.access import Access
from warehouses.refusals import Forbidden, InvalidInput, NotFound

pytestmark = pytest.mark.django_db

GLOVES, MASKS, FAR_MASKS = ("GLOVES", "A-1"), ("MASKS", "A-1"), ("MASKS", "A-4")
MONDAY = date(2026, 3, 30)


def resolved(
    ground: Ground, on: datetime, *, off: dict[Any, int] | None = None, **classes: str
) -> CountBatch:
    """A batch of six lines that was resolved then; `classes` are those of the SKUs, C where none is named."""
    batch = ground.submitted(off=off)
    resolve(ground, batch)
    CountBatch.objects.filter(pk=batch.pk).update(closed_at=on)
    for line in CountLine.objects.filter(batch=batch).select_related("sku"):
        line.abc_class = classes.get(line.sku.code, "C") if line.sku is not None else ""
        line.save(update_fields=["abc_class"])
    return batch


def at(day: date, hour: int = 12) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def rows_of(
    ground: Ground, *, by: str = "owner", access: Access | None = None, **fields: Any
) -> list[AccuracyRow]:
    given = {"until": MONDAY} | fields
    return accuracy(access=access or ground.access_of(by), **given)


def test_a_week_in_lines_units_and_value(ground: Ground) -> None:
    """Of 30 gloves 1 was missing, of 45 masks 2 were too many and 3 too few; saline was exact."""
    resolved(ground, at(MONDAY), off={GLOVES: -1, MASKS: 2, FAR_MASKS: -3}, GLOVES="A", MASKS="B")
    assert rows_of(ground) == [
        AccuracyRow(MONDAY, "A", 2, 1, 30, 1, Decimal("60"), Decimal("2")),
        AccuracyRow(MONDAY, "B", 2, 0, 45, 5, Decimal("135"), Decimal("15")),
        AccuracyRow(MONDAY, "C", 2, 2, 10, 0, Decimal("50"), Decimal("0")),
        AccuracyRow(MONDAY, "", 6, 3, 85, 6, Decimal("245"), Decimal("17")),
    ]
    gloves, masks, _, whole = rows_of(ground)
    assert (gloves.hit_rate, gloves.unit_accuracy, gloves.value_accuracy) == (
        Decimal("50.00"),
        Decimal("96.66"),
        Decimal("96.66"),
    )
    assert (masks.hit_rate, masks.unit_accuracy) == (Decimal("0.00"), Decimal("88.88"))
    assert (whole.hit_rate, whole.unit_accuracy, whole.value_accuracy) == (
        Decimal("50.00"),
        Decimal("92.94"),
        Decimal("93.06"),
    )


def test_rates_are_of_something_and_never_below_nothing() -> None:
    empty = AccuracyRow(MONDAY, "")
    assert (empty.hit_rate, empty.unit_accuracy, empty.value_accuracy) == (None, None, None)
    lost = AccuracyRow(MONDAY, "", 1, 0, units_expected=2, units_off=7)
    assert lost.unit_accuracy == Decimal("0.00")
    nearly = AccuracyRow(MONDAY, "", 100_000, 99_999, units_expected=100_000, units_off=1)
    assert (nearly.hit_rate, nearly.unit_accuracy) == (Decimal("99.99"), Decimal("99.99"))


def test_weeks_are_those_of_the_organization(ground: Ground) -> None:
    """In Auckland it is Monday already when it is Sunday noon in Greenwich."""
    sunday = MONDAY - timedelta(days=1)
    resolved(ground, at(sunday))
    assert {row.week for row in rows_of(ground)} == {MONDAY - timedelta(weeks=1)}
    ground.organization.time_zone = "Pacific/Auckland"
    ground.organization.save()
    assert {row.week for row in rows_of(ground)} == {MONDAY}


def test_so_many_weeks_are_looked_back(ground: Ground) -> None:
    weeks = [MONDAY - timedelta(weeks=number) for number in range(4)]
    for week in weeks:
        resolved(ground, at(week + timedelta(days=6)))
    assert [row.week for row in rows_of(ground, weeks=2) if not row.abc_class] == weeks[1::-1]
    assert [row.week for row in rows_of(ground) if not row.abc_class] == weeks[::-1]
    last = rows_of(ground, weeks=1, until=weeks[2] + timedelta(days=3))
    assert {row.week for row in last} == {weeks[2]}
    assert rows_of(ground, weeks=1, until=MONDAY + timedelta(weeks=1)) == []


def test_only_what_was_accepted_and_resolved_is_looked_at(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {GLOVES: 9, MASKS: 1, FAR_MASKS: 2})
    ground.submit(batch)
    assert rows_of(ground, until=None) == []
    resolve(ground, batch, {GLOVES: "accept", MASKS: "ignore", FAR_MASKS: "recount"})
    whole = rows_of(ground, until=None)[-1]
    assert (whole.lines, whole.units_off) == (1, 1)


def test_what_nobody_knows_the_cost_of_has_no_value(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {("TAPE", "A-1"): 3})
    ground.submit(batch)
    resolve(ground, batch)
    whole = rows_of(ground, until=None)[-1]
    assert (whole.lines, whole.units_expected, whole.units_off) == (1, 0, 3)
    assert (whole.unit_accuracy, whole.value_accuracy, whole.value_off) == (None, None, Decimal(0))


def test_classes_that_nobody_has_computed_are_in_all(ground: Ground) -> None:
    resolved(ground, at(MONDAY), GLOVES="", MASKS="", SALINE="")
    assert [(row.abc_class, row.lines) for row in rows_of(ground)] == [("", 6)]


# --- who


def test_of_the_warehouses_where_one_may_know(ground: Ground) -> None:
    south = factories.make_warehouse(ground.organization, "South")
    elsewhere = resolved(ground, at(MONDAY))
    CountBatch.objects.filter(pk=elsewhere.pk).update(warehouse=south)
    resolved(ground, at(MONDAY))
    assert rows_of(ground)[-1].lines == 12
    assert rows_of(ground, warehouse=south)[-1].lines == 6
    for name in ("manager", "approver"):
        assert rows_of(ground, by=name)[-1].lines == 6
        assert rows_of(ground, by=name, warehouse=ground.warehouse)[-1].lines == 6
        with pytest.raises(Forbidden):
            rows_of(ground, by=name, warehouse=south)
    assert rows_of(ground, access=ground.key_access())[-1].lines == 12


@pytest.mark.parametrize("name", ["counter", "viewer"])
def test_who_may_not_know_or_not_count_sees_nothing(ground: Ground, name: str) -> None:
    for fields in ({}, {"warehouse": ground.warehouse}):
        with pytest.raises(Forbidden) as refused:
            rows_of(ground, by=name, **fields)
        assert refused.value.code == "PERMISSION_DENIED"


def test_others_are_not_there(ground: Ground) -> None:
    other = factories.make_organization("Other").warehouses.get()
    with pytest.raises(NotFound):
        rows_of(ground, warehouse=other)


@pytest.mark.parametrize("weeks", [0, 521, -1])
def test_weeks_are_some(ground: Ground, weeks: int) -> None:
    with pytest.raises(InvalidInput):
        rows_of(ground, weeks=weeks)


@pytest.mark.parametrize("number", [1, 3])
def test_it_is_one_query(ground: Ground, number: int) -> None:
    for week in range(number):
        resolved(ground, at(MONDAY - timedelta(weeks=week)))
    access = ground.access_of("owner")
    with CaptureQueriesContext(connection) as queries:
        assert len(accuracy(access=access, until=MONDAY)) == 2 * number
    assert len(queries) == 1
