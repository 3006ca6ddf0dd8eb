"""What somebody finds that was not planned, and what nobody knows."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from cycle_counts.counting import Counted, count_lines, read_codes
from cycle_counts.models import Classification, CountBatch, CountBin, CountLine
from cycle_counts.planning import Scope
from inventory.models import Barcode
from tests import factories
from tests.cycle_counts.conftest import Ground
from tests.stock_requests.refusals import refused
from warehouses import transactions

pytestmark = pytest.mark.django_db


def count(ground: Ground, batch: CountBatch, *counts: Counted, by: str = "counter") -> list[CountLine]:
    numbered = [replace(each, index=index) for index, each in enumerate(counts)]
    done = transactions.run(lambda: count_lines(access=ground.access_of(by), batch=batch, counts=numbered))
    return done.lines


def scanned(ground: Ground, code: str, bin: str, quantity: int | None = 1, **fields: Any) -> Counted:
    return Counted(quantity, code=code, bin=ground.bin(bin), **fields)


def lines_of(batch: CountBatch) -> int:
    return CountLine.objects.filter(batch=batch).count()


# --- SKUs that are known


def test_what_was_not_planned_gets_a_line_behind_the_last(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {("TAPE", "A-1"): 4, ("GLOVES", "A-4"): 2})
    tape, gloves = ground.line(batch, "TAPE", "A-1"), ground.line(batch, "GLOVES", "A-4")
    assert [(line.position, line.is_found, line.state) for line in (tape, gloves)] == [
        (7, True, "counted"),
        (8, True, "counted"),
    ]
    assert (tape.expected, tape.variance, tape.unit_cost) == (0, 4, None)
    assert (gloves.expected, gloves.variance) == (0, 2)
    assert tape.entries.get().quantity == 4


def test_what_was_found_has_the_class_of_its_sku(ground: Ground) -> None:
    batch = ground.started()
    Classification.objects.create(
        sku=ground.sku("TAPE"),
        organization=ground.organization,
        abc_class="B",
        rank=1,
        units=0,
        value=0,
        share=0,
        cumulative_share=0,
        classified_at=timezone.now(),
    )
    count(ground, batch, scanned(ground, "TAPE", "A-1"), scanned(ground, "4006", "A-1"))
    found = CountLine.objects.filter(batch=batch, is_found=True).order_by("position")
    assert list(found.values_list("abc_class", flat=True)) == ["B", ""]


def test_the_books_may_know_of_what_was_not_planned(ground: Ground) -> None:
    batch = ground.started(scope=Scope(bins=(ground.bin("A-1"),)))
    ground.count(batch, {("MASKS", "A-4"): 38})
    line = ground.line(batch, "MASKS", "A-4")
    assert (line.is_found, line.expected, line.variance) == (True, 40, -2)


def test_what_is_found_again_is_the_same_line(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {("TAPE", "A-1"): 4})
    ground.count(batch, {("TAPE", "A-1"): 5})
    count(ground, batch, scanned(ground, "BAR-TAPE", "A-1", 6), scanned(ground, "tape", "A-1", 7))
    line = ground.line(batch, "TAPE", "A-1")
    assert (lines_of(batch), line.counted) == (7, 7)
    assert list(line.entries.values_list("quantity", flat=True)) == [4, 5, 6, 7]


def test_twice_in_one_call_it_is_one_line(ground: Ground) -> None:
    batch = ground.started()
    found = ground.counted("TAPE", "A-2", quantity=3)
    first, second = count(ground, batch, found, replace(found, quantity=9))
    assert first.pk == second.pk
    line = ground.line(batch, "TAPE", "A-2")
    assert (line.counted, line.position, line.entries.count()) == (9, 7, 2)


def test_found_and_then_not_is_looked_for_by_nobody(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {("TAPE", "A-1"): 4})
    ground.count(batch, {("TAPE", "A-1"): None})
    line = ground.line(batch, "TAPE", "A-1")
    assert (line.state, line.counted, line.counter_name) == ("ignored", None, "")
    ground.count(batch, {("TAPE", "A-1"): 2}, by="other_counter")
    line.refresh_from_db()
    assert (line.state, line.counted) == ("counted", 2)


def test_the_batch_leads_to_the_bin_from_then_on(ground: Ground) -> None:
    batch = ground.started(scope=Scope(bins=(ground.bin("A-1"),)))
    ground.count(batch, {("MASKS", "A-4"): 40, ("TAPE", "A-3"): 1, ("GLOVES", "A-1"): 10})
    bins = CountBin.objects.filter(batch=batch)
    assert sorted(bins.values_list("bin__code", "visited_at")) == [
        ("A-1", None),
        ("A-3", None),
        ("A-4", None),
    ]
    assert sorted(bins.values_list("position", flat=True)) == [1, 2, 3]


# --- codes


def test_a_scanned_code_is_a_barcode_or_a_sku(ground: Ground) -> None:
    batch = ground.started()
    lines = count(
        ground,
        batch,
        scanned(ground, "BAR-GLOVES", "A-1", 9),
        scanned(ground, " masks ", "A-1", 5),
        scanned(ground, "BAR-TAPE", "A-1", 1),
    )
    assert [(line.sku.code, line.is_found, line.code) for line in lines if line.sku] == [
        ("GLOVES", False, ""),
        ("MASKS", False, ""),
        ("TAPE", True, "BAR-TAPE"),
    ]


def test_a_barcode_goes_before_a_sku_of_the_same_name(ground: Ground) -> None:
    Barcode.objects.create(organization=ground.organization, sku=ground.sku("TAPE"), code="GLOVES")
    found = read_codes(organization=ground.organization, codes=["GLOVES", "gloves", "", "4006"])
    assert {code: sku.code for code, sku in found.items()} == {"GLOVES": "TAPE", "gloves": "GLOVES"}


def test_codes_of_another_organization_mean_nothing(ground: Ground) -> None:
    factories.make_sku(factories.make_organization("Other"), "THEIRS", barcodes=["4006"])
    assert read_codes(organization=ground.organization, codes=["4006", "THEIRS"]) == {}
    assert read_codes(organization=ground.organization, codes=[]) == {}


def test_what_nobody_knows_is_kept_by_its_code(ground: Ground) -> None:
    batch = ground.started()
    count(ground, batch, scanned(ground, "4006381333931", "A-2", 6, remark="no_label"))
    line = CountLine.objects.get(batch=batch, sku__isnull=True)
    assert (line.code, line.is_found, line.position) == ("4006381333931", True, 7)
    assert (line.state, line.counted, line.remark) == ("counted", 6, "no_label")
    assert (line.expected, line.variance, line.unit_cost, line.level_version) == (None, None, None, None)
    entry = line.entries.get()
    assert (entry.quantity, entry.expected, entry.level_version) == (6, None, None)
    assert line.counted_at is not None
    assert str(line) == "4006381333931 in A-2"


def test_what_nobody_knows_is_one_line_in_each_bin(ground: Ground) -> None:
    batch = ground.started()
    count(ground, batch, scanned(ground, "4006", "A-1", 6), scanned(ground, "4006", "A-2", 7))
    count(ground, batch, scanned(ground, "4006", "A-2", 8))
    unknown = CountLine.objects.filter(batch=batch, sku__isnull=True)
    assert sorted(unknown.values_list("bin__code", "counted")) == [("A-1", 6), ("A-2", 8)]
    code = scanned(ground, "4006", "A-2", 9)
    told = refused(lambda: count_lines(access=ground.access_of("other_counter"), batch=batch, counts=[code]))
    assert told[1] == "COUNTED_BY_ANOTHER"


def test_it_is_the_same_line_when_somebody_has_given_a_sku_the_code(ground: Ground) -> None:
    batch = ground.started()
    count(ground, batch, scanned(ground, "4006", "A-1", 6))
    Barcode.objects.create(organization=ground.organization, sku=ground.sku("TAPE"), code="4006")
    count(ground, batch, scanned(ground, "4006", "A-1", 7))
    assert CountLine.objects.get(batch=batch, is_found=True).counted == 7


# --- lots


def test_a_lot_is_named_by_its_code(ground: Ground) -> None:
    batch = ground.started()
    saline = ground.sku("SALINE")
    (line,) = count(ground, batch, Counted(2, sku=saline, bin=ground.bin("A-3"), lot_code="l-2"))
    assert (line.lot, line.expected, line.is_found) == (ground.lot("L-2"), 3, False)


def test_a_lot_in_another_bin_is_found_there(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {("SALINE", "A-1", "L-1"): 2})
    line = ground.line(batch, "SALINE", "A-1", "L-1")
    assert (line.is_found, line.expected, line.variance) == (True, 0, 2)


def test_a_lot_that_nobody_knows_is_kept_by_its_code(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {("SALINE", "A-3", "L-9"): 4})
    line = ground.line(batch, "SALINE", "A-3", "L-9")
    assert (line.lot, line.lot_code, line.is_found) == (None, "L-9", True)
    assert (line.expected, line.variance, line.level_version) == (0, 4, 2)
    ground.count(batch, {("SALINE", "A-3", "l-9"): 3})
    ground.count(batch, {("SALINE", "A-3", "L-9"): 5})
    assert lines_of(batch) == 7
    assert ground.line(batch, "SALINE", "A-3", "L-9").counted == 5


def test_once_somebody_knows_the_lot_the_line_is_of_it(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {("SALINE", "A-3", "L-9"): 4})
    lot = factories.make_lot(ground.sku("SALINE"), "L-9")
    factories.stock(ground.sku("SALINE"), ground.warehouse, 4, bin=ground.bin("A-3"), lot=lot)
    (line,) = count(
        ground, batch, Counted(4, sku=ground.sku("SALINE"), bin=ground.bin("A-3"), lot_code="L-9")
    )
    line.refresh_from_db()
    assert (line.lot, line.lot_code, line.position) == (lot, "", 7)
    assert (line.expected, line.variance) == (4, 0)
    assert lines_of(batch) == 7


def test_where_goods_are_not_kept_by_lot_an_unknown_lot_is_only_said(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {("GLOVES", "A-1", "WET"): 9})
    line = ground.line(batch, "GLOVES", "A-1", "WET")
    assert (line.is_found, line.lot_code, line.expected) == (True, "WET", 10)


def test_a_lot_of_another_sku_is_none_of_this(ground: Ground) -> None:
    batch = ground.started()
    wrong = replace(ground.counted("GLOVES", "A-1", quantity=1), lot=ground.lot("L-1"))
    unknown = scanned(ground, "4006", "A-1", lot=ground.lot("L-1"))
    for bad in (wrong, unknown):
        told = refused(partial(count_lines, access=ground.access_of("counter"), batch=batch, counts=[bad]))
        assert told == ("NotFound", "LOT_NOT_FOUND", [("LOT_NOT_FOUND", 0, "lot")])


def test_a_planned_line_of_no_lot_is_another_than_that_of_a_lot(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {("SALINE", "A-3", "L-1"): 7})
    ground.count(batch, {("SALINE", "A-3"): 1}, by="other_counter")
    line = ground.line(batch, "SALINE", "A-3")
    assert (line.is_found, line.lot, line.lot_code, line.expected) == (True, None, "", 0)
