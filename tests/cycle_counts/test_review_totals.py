"""What the lines of a batch come to."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from cycle_counts.drift import Drift, moved_since
from cycle_counts.models import CountLine
from cycle_counts.planning import Scope
from cycle_counts.totals import Totals, totals_of
from cycle_counts.wording import goods_of, line_in_words, lines_in_words, money, title_of
from inventory.models import Lot
from tests import factories
from tests.cycle_counts.conftest import Ground
from tests.cycle_counts.reviewing import decide, find_unknown, resolve
from warehouses.identifiers import new_id

pytestmark = pytest.mark.django_db

GLOVES, MASKS, FAR_MASKS = ("GLOVES", "A-1"), ("MASKS", "A-1"), ("MASKS", "A-4")
FIRST_LOT = ("SALINE", "A-3", "L-1")


def test_totals_say_how_far_it_is_and_what_it_comes_to(ground: Ground) -> None:
    batch = ground.started()
    assert totals_of([batch.pk])[batch.pk] == Totals(lines=6, pending=6)
    ground.count(batch, {GLOVES: 8, MASKS: 6, ("GLOVES", "A-2"): 20})
    ground.count(batch, {FIRST_LOT: 1, ("TAPE", "A-1"): 4}, by="other_counter")
    find_unknown(ground, batch, 9)
    ground.submit(batch)
    lines = CountLine.objects.filter(batch=batch, counted__isnull=False)
    times = [line.counted_at for line in lines if line.counted_at is not None]
    review = Totals(
        lines=8,
        pending=2,
        counted=6,
        found=2,
        undecided=5,
        accepted=1,
        within=1,
        differences=4,
        units_expected=10 + 5 + 20 + 7,
        units_counted=8 + 6 + 20 + 1 + 4,
        units_over=1 + 4,
        units_short=2 + 6,
        value_over=Decimal("3.00"),
        value_short=Decimal("34.00"),
        counters=2,
        first_at=min(times),
        last_at=max(times),
    )
    assert totals_of([batch.pk])[batch.pk] == review
    assert (review.units_net, review.value_net) == (-3, Decimal("-31.00"))
    decide(ground, batch, {GLOVES: "accept", FIRST_LOT: "recount", ("TAPE", "A-1"): "ignore"})
    assert totals_of([batch.pk])[batch.pk] == replace(
        review,
        undecided=2,
        accepted=2,
        recount=1,
        ignored=1,
        differences=2,
        units_expected=35,
        units_counted=34,
        units_over=1,
        units_short=2,
        value_short=Decimal("4.00"),
    )


def test_what_there_is_not_comes_to_nothing() -> None:
    key = new_id()
    assert totals_of([key]) == {key: Totals()}
    assert totals_of([]) == {}


def test_batches_are_told_apart(ground: Ground) -> None:
    one = ground.started(scope=Scope(bins=(ground.bin("A-1"),)))
    other = ground.started(scope=Scope(bins=(ground.bin("A-4"),)))
    ground.count(one, {GLOVES: 8})
    found = totals_of({one.pk, other.pk})
    assert (found[one.pk].lines, found[one.pk].units_short) == (2, 2)
    assert (found[other.pk].lines, found[other.pk].counted) == (1, 0)


def test_what_has_moved_is_asked_of_the_very_goods(ground: Ground) -> None:
    batch = ground.started()
    new_lot = ("SALINE", "A-3", "L-9")
    ground.count(batch, {FIRST_LOT: 7, new_lot: 2, ("TAPE", "A-1"): 1})
    unknown = find_unknown(ground, batch, 4)
    ground.stock_by("SALINE", "A-3", -3, "L-1")
    ground.stock_by("SALINE", "A-3", 5, "L-2")
    lines = {place: ground.line(batch, *place) for place in (FIRST_LOT, new_lot, ("TAPE", "A-1"))}
    drift = moved_since([*lines.values(), unknown, ground.line(batch, *GLOVES)])
    assert drift == {
        lines[FIRST_LOT].pk: Drift(7, 4),
        lines[new_lot].pk: Drift(0, 0),
        lines["TAPE", "A-1"].pk: Drift(0, 0),
    }
    lot = factories.make_lot(ground.sku("SALINE"), "l-9")
    factories.stock(ground.sku("SALINE"), ground.warehouse, 6, bin=ground.bin("A-3"), lot=lot)
    assert moved_since([lines[new_lot]]) == {lines[new_lot].pk: Drift(0, 6)}
    assert Lot.objects.filter(code__iexact="l-9").count() == 1


def test_of_goods_that_are_not_kept_by_lot_a_printed_one_makes_no_others(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {("GLOVES", "A-1", "B-77"): 8})
    line = ground.line(batch, "GLOVES", "A-1", "B-77")
    ground.stock_by("GLOVES", "A-1", 2)
    assert moved_since([line]) == {line.pk: Drift(10, 12)}


def test_words(ground: Ground) -> None:
    batch = ground.submitted(name="Aisle A")
    assert title_of(batch) == "CC-00001 “Aisle A”"
    batch.name = ""
    assert title_of(batch) == "CC-00001"
    assert line_in_words(ground.line(batch, *GLOVES)) == "GLOVES in A-1"
    assert goods_of(ground.line(batch, *FIRST_LOT)) == "SALINE, lot L-1"
    assert goods_of(CountLine(code="4006", lot_code="X")) == "“4006”, lot X"
    assert [lines_in_words(number) for number in (0, 1, 2000)] == ["0 lines", "1 line", "2,000 lines"]
    assert money(Decimal("-1234.5"), "EUR") == "-1,234.50 EUR"
    resolve(ground, batch)
