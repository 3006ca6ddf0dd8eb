"""Counting on paper: the form that is printed or downloaded, and what is uploaded of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from cycle_counts.counting import Counts, count_lines
from cycle_counts.models import CountBatch, CountEntry, CountLine
from cycle_counts.planning import Scope
from cycle_counts.sheets import COLUMNS, Form, csv_rows, form_of, read_sheet, upload_sheet
from cycle_counts.states import require_version
from inventory.history import history_of
from tests import factories
from tests.cycle_counts.conftest import Ground
from tests.stock_requests.refusals import refused
from warehouses import transactions
from warehouses.http.rendering import csv_text

pytestmark = pytest.mark.django_db

GLOVES = ("GLOVES", "A-1")


def form(ground: Ground, batch: CountBatch, by: str = "counter") -> Form:
    return form_of(access=ground.access_of(by), batch=batch)


def sheet(
    ground: Ground,
    batch: CountBatch,
    units: Mapping[int, object],
    *,
    notes: Mapping[int, str] | None = None,
    more: str = "",
    delimiter: str = ",",
) -> str:
    """The sheet of the batch, with so many units at some of its positions, and with rows of one's own under it."""
    rows = list(csv.DictReader(io.StringIO(csv_text(csv_rows(form(ground, batch))), newline="")))
    for row in rows:
        position = int(row["position"] or 0)
        row["counted"] = str(units.get(position, ""))
        row["note"] = (notes or {}).get(position, "")
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue() + more


def upload(ground: Ground, batch: CountBatch, text: str, *, by: str = "counter", **fields: Any) -> Counts:
    return transactions.run(
        lambda: upload_sheet(access=ground.access_of(by), batch=batch, text=text, **fields)
    )


def uploading(ground: Ground, batch: CountBatch, text: str, **fields: Any) -> Callable[[], Counts]:
    return partial(upload_sheet, access=ground.access_of("counter"), batch=batch, text=text, **fields)


# --- the form


def test_a_form_says_where_to_look_for_what(ground: Ground) -> None:
    factories.make_bin(ground.warehouse, "B-1", room=ground.rooms["Back"], pick_sequence=50)
    batch = ground.plan(scope=Scope(rooms=(ground.rooms["Front"], ground.rooms["Back"])))
    found = form(ground, batch)
    assert found.batch == batch
    assert [(place.bin.code, place.room_name) for place in found.bins] == [
        ("A-1", "Front"),
        ("A-2", "Front"),
        ("A-3", "Back"),
        ("A-4", "Back"),
        ("B-1", "Back"),
    ]
    assert [[(line.position, line.sku_code) for line in place.lines] for place in found.bins] == [
        [(1, "GLOVES"), (2, "MASKS")],
        [(3, "GLOVES")],
        [(4, "SALINE"), (5, "SALINE")],
        [(6, "MASKS")],
        [],
    ]
    line = found.bins[2].lines[1]
    assert line.line_id == ground.line(batch, "SALINE", "A-3", "L-2").public_id
    assert (line.title, line.barcode, line.unit) == ("Title of SALINE", "BAR-SALINE", "each")
    assert (line.lot_code, line.expires_on) == ("L-2", ground.lot("L-2").expires_on)


@pytest.mark.parametrize("is_blind", [True, False])
def test_a_form_says_nothing_of_how_much(ground: Ground, is_blind: bool) -> None:
    ground.stock_by("GLOVES", "A-1", 7919 - 10)
    batch = ground.plan(is_blind=is_blind)
    ground.start(batch)
    ground.count(batch, {GLOVES: 7907, ("TAPE", "A-1"): 7901})
    for by in ("owner", "counter"):
        text = csv_text(csv_rows(form(ground, batch, by)))
        for number in ("7919", "7907", "7901", "2.00", "TAPE"):
            assert number not in text
    # Nor is it read.
    shown = form(ground, batch)
    assert not any(hasattr(line, "expected") for place in shown.bins for line in place.lines)


def test_a_form_is_for_who_may_count_there(ground: Ground) -> None:
    batch = ground.plan()
    assert refused(partial(form_of, access=ground.access_of("viewer"), batch=batch))[1] == "PERMISSION_DENIED"
    south = factories.make_warehouse(ground.organization, "South")
    key = ground.key_access(warehouses=[south])
    assert refused(partial(form_of, access=key, batch=batch))[1] == "PERMISSION_DENIED"


def test_what_was_found_is_on_the_form_when_it_is_to_be_counted_again(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {("TAPE", "A-1"): 2})
    line = ground.line(batch, "TAPE", "A-1")
    CountLine.objects.filter(pk=line.pk).update(recount_of=ground.line(batch, *GLOVES))
    assert line.public_id in csv_text(csv_rows(form(ground, batch)))


def test_a_sheet_has_a_row_for_each_line_and_each_empty_bin(ground: Ground) -> None:
    shelf = factories.make_bin(ground.warehouse, "B-1", room=ground.rooms["Back"], pick_sequence=50)
    batch = ground.plan(scope=Scope(bins=(ground.bin("A-3"), shelf)))
    rows = list(csv_rows(form(ground, batch)))
    first = ground.line(batch, "SALINE", "A-3", "L-1")
    second = ground.line(batch, "SALINE", "A-3", "L-2")
    assert rows == [
        ("line_id", "position", "bin", "sku", "title", "lot", "unit", "counted", "note"),
        (first.public_id, 1, "A-3", "SALINE", "Title of SALINE", "L-1", "each", "", ""),
        (second.public_id, 2, "A-3", "SALINE", "Title of SALINE", "L-2", "each", "", ""),
        ("", "", "B-1", "", "", "", "", "", ""),
    ]


# --- the way back


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_what_was_written_is_counted(ground: Ground, delimiter: str, mark: str) -> None:
    batch = ground.started()
    text = mark + sheet(ground, batch, {1: 8, 4: " 7 ", 6: 0}, notes={1: "Wet"}, delimiter=delimiter)
    done = upload(ground, batch, text)
    assert [(line.position, line.counted) for line in done.lines] == [(1, 8), (4, 7), (6, 0)]
    line = ground.line(batch, *GLOVES)
    assert (line.expected, line.note, line.counter_name) == (10, "Wet", "counter@acme.example")
    # An empty cell is no 0.
    assert ground.line(batch, "GLOVES", "A-2").state == "pending"
    change = history_of([batch])[batch.pk][-1]
    assert (change.action, change.quantity, change.actor_name) == ("upload", 3, "counter@acme.example")


def test_a_spreadsheet_that_names_its_delimiter_is_understood(ground: Ground) -> None:
    batch = ground.started()
    upload(ground, batch, "sep=;\r\nCounted;BIN;Sku\r\n3;a-1;gloves\r\n")
    assert ground.line(batch, *GLOVES).counted == 3


def test_the_same_sheet_counts_once(ground: Ground) -> None:
    batch = ground.started()
    text = sheet(ground, batch, {1: 8, 2: 5}, more=",,A-1,TAPE,,,,3,\r\n")
    first = upload(ground, batch, text)
    ground.stock_by("GLOVES", "A-1", 1)
    second = upload(ground, batch, text)
    assert (first.replayed, second.replayed, CountEntry.objects.count()) == (0, 3, 3)
    assert second.batch.version == first.batch.version
    assert ground.line(batch, *GLOVES).expected == 10
    assert [change.action for change in history_of([batch])[batch.pk]].count("upload") == 1


def test_of_a_corrected_sheet_only_what_was_corrected_counts_again(ground: Ground) -> None:
    batch = ground.started()
    upload(ground, batch, sheet(ground, batch, {1: 8, 2: 5}))
    done = upload(ground, batch, sheet(ground, batch, {1: 9, 2: 5}))
    assert done.replayed == 1
    assert [line.counted for line in done.lines] == [9, 5]
    assert CountEntry.objects.count() == 3


def test_the_first_sheet_after_a_corrected_one_counts_again(ground: Ground) -> None:
    batch = ground.started()
    first, second = sheet(ground, batch, {1: 8}), sheet(ground, batch, {1: 9})
    for text, units in ((first, 8), (second, 9), (first, 8), (first, 8), (second, 9)):
        upload(ground, batch, text)
        assert ground.line(batch, *GLOVES).counted == units
    assert CountEntry.objects.count() == 4


def test_also_after_it_was_counted_otherwise(ground: Ground) -> None:
    batch = ground.started()
    text = sheet(ground, batch, {1: 8})
    upload(ground, batch, text)
    ground.count(batch, {GLOVES: 11})
    upload(ground, batch, text)
    assert ground.line(batch, *GLOVES).counted == 8


def test_an_id_that_only_looks_like_ours_is_no_matter(ground: Ground) -> None:
    batch = ground.started()
    counts = [ground.counted(*GLOVES, quantity=3, client_id="sheet-1.x")]
    transactions.run(lambda: count_lines(access=ground.access_of("counter"), batch=batch, counts=counts))
    upload(ground, batch, sheet(ground, batch, {1: 8}))
    assert ground.line(batch, *GLOVES).counted == 8


# --- what was written under it


def test_what_is_written_under_it_was_found(ground: Ground) -> None:
    batch = ground.started()
    more = ",,A-4,TAPE,,,,4,On the floor\r\n,,a-3,BAR-SALINE,,L-9,,2,\r\n,,A-3,saline,,l-1,,6,\r\n"
    upload(ground, batch, sheet(ground, batch, {1: 10}, more=more))
    tape = ground.line(batch, "TAPE", "A-4")
    assert (tape.is_found, tape.counted, tape.note) == (True, 4, "On the floor")
    assert ground.line(batch, "SALINE", "A-3", "L-9").counted == 2
    planned = ground.line(batch, "SALINE", "A-3", "L-1")
    assert (planned.is_found, planned.counted) == (False, 6)


def test_a_text_that_was_guarded_is_read_as_it_is(ground: Ground) -> None:
    shelf = factories.make_bin(ground.warehouse, "-B1", room=ground.rooms["Back"])
    sku = factories.make_sku(ground.organization, "=X1")
    factories.stock(sku, ground.warehouse, 5, bin=shelf)
    batch = ground.started(scope=Scope(skus=(sku,)))
    text = sheet(ground, batch, {1: 4}, notes={1: "'-3 are wet"})
    assert "'=X1" in text
    upload(ground, batch, text)
    by_codes = "bin,sku,counted,note\r\n'-B1,'=X1,5,'tis all\r\n"
    upload(ground, batch, by_codes)
    line = CountLine.objects.get(batch=batch)
    assert list(line.entries.values_list("quantity", "note")) == [(4, "-3 are wet"), (5, "'tis all")]


def test_columns_may_be_missing_or_more_in_any_order_and_rows_short(ground: Ground) -> None:
    batch = ground.started()
    line = ground.line(batch, *GLOVES)
    text = f"Remark,Counted,Line ID\r\nx,8,{line.public_id}\r\n\r\ny\r\n,,\r\n"
    assert upload(ground, batch, text).lines[0].counted == 8


# --- when


def test_what_was_counted_earlier_is_held_against_the_books_of_then(ground: Ground) -> None:
    batch = ground.started()
    at = timezone.now()
    ground.stock_by("GLOVES", "A-1", -4)
    ground.organization.time_zone = "Asia/Kolkata"
    ground.organization.save()
    local = at.astimezone(ground.organization.zone).replace(tzinfo=None)
    text = f"bin,sku,counted,counted_at\r\nA-1,GLOVES,9,{local.isoformat(' ')}\r\n"
    upload(ground, batch, text)
    line = ground.line(batch, *GLOVES)
    assert (line.expected, line.variance, line.counted_at) == (10, -1, at)
    upload(ground, batch, f"bin,sku,counted,counted_at\r\nA-2,GLOVES,9,{at.isoformat()}\r\n")
    assert ground.line(batch, "GLOVES", "A-2").counted_at == at


def test_a_demonstration_gives_the_clock(ground: Ground) -> None:
    batch = ground.plan()
    at = datetime(2026, 5, 4, 9, tzinfo=UTC)
    CountBatch.objects.filter(pk=batch.pk).update(state="counting", started_at=at - timedelta(hours=1))
    upload(ground, batch, sheet(ground, batch, {1: 8}), recorded_at=at)
    line = ground.line(batch, *GLOVES)
    assert (line.counted_at, line.expected) == (at, 0)
    assert history_of([batch])[batch.pk][0].created_at == at


# --- what is wrong with it


def test_every_bad_cell_is_told(ground: Ground) -> None:
    batch = ground.started()
    ids = dict(enumerate(CountLine.objects.order_by("position"), start=1))
    rows = [
        "line_id,bin,sku,counted,counted_at",
        f"{ids[1].public_id},A-1,GLOVES,many,yesterday",
        f"{ids[2].public_id},A-2,GLOVES,5,",
        f"{CountLine().public_id},,,1,",
        "ccl_nonsense,,,1,",
        ",Z-9,NONE,1.5,",
        ",A-1,,2,",
        ",,TAPE,2,",
        f"{ids[3].public_id},,,,",
        f"{ids[4].public_id},,,-1,",
        f"{ids[6].public_id},,,6,",
        f"{ids[6].public_id},,,6,",
        ",A-4,MASKS,6,",
        ",A-4,TAPE,6,",
        ",A-4,TAPE,7,",
        "a,b,c,9999999999999,",
    ]
    told = refused(uploading(ground, batch, "\n".join(rows)))
    assert told == (
        "RuleBroken",
        "BATCH_REFUSED",
        [
            ("INVALID_QUANTITY", 0, "counted"),
            ("INVALID_INPUT", 0, "counted_at"),
            ("INVALID_SHEET", 1, "bin"),
            ("INVALID_SHEET", 1, "sku"),
            ("COUNT_LINE_NOT_FOUND", 2, "line_id"),
            ("COUNT_LINE_NOT_FOUND", 3, "line_id"),
            ("INVALID_QUANTITY", 4, "counted"),
            ("BIN_NOT_FOUND", 4, "bin"),
            ("INVENTORY_NOT_FOUND", 4, "sku"),
            ("INVENTORY_NOT_FOUND", 5, "sku"),
            ("BIN_NOT_FOUND", 6, "bin"),
            ("INVALID_QUANTITY", 8, "counted"),
            ("DUPLICATE_ROW", 10, "line_id"),
            ("DUPLICATE_ROW", 11, "sku"),
            ("DUPLICATE_ROW", 13, "sku"),
            ("INVALID_QUANTITY", 14, "counted"),
            ("COUNT_LINE_NOT_FOUND", 14, "line_id"),
        ],
    )
    assert not CountEntry.objects.exists()


def test_what_counting_refuses_is_told_by_the_row(ground: Ground) -> None:
    batch = ground.started()
    ground.count(batch, {("GLOVES", "A-2"): 1}, by="manager")
    text = sheet(ground, batch, {1: 10, 3: 20})
    assert refused(uploading(ground, batch, text)) == (
        "Conflict",
        "COUNTED_BY_ANOTHER",
        [("COUNTED_BY_ANOTHER", 2, "line_id")],
    )
    assert CountEntry.objects.count() == 1
    long = sheet(ground, batch, {1: 10}, notes={1: "n" * 501})
    assert refused(uploading(ground, batch, long))[2] == [("INVALID_INPUT", 0, "note")]
    large = sheet(ground, batch, {1: 10**10})
    assert refused(uploading(ground, batch, large))[2] == [("INVALID_QUANTITY", 0, "counted")]


def test_a_code_that_a_spreadsheet_has_spoilt_does_not_matter_beside_the_line(ground: Ground) -> None:
    sku = factories.make_sku(ground.organization, "00123")
    factories.stock(sku, ground.warehouse, 5, bin=ground.bin("A-1"))
    batch = ground.started()
    line = CountLine.objects.get(batch=batch, sku=sku)
    upload(ground, batch, f"line_id,bin,sku,counted\r\n{line.public_id},A-1,123,5\r\n")
    line.refresh_from_db()
    assert line.counted == 5


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\ufeff \r\n",
        "line_id,bin\r\nx,y\r\n",
        "counted,bin\r\n1,A-1\r\n",
        "counted,bin,sku,Counted\r\n1,A-1,GLOVES,2\r\n",
        "bin,sku,counted\r\n",
        "bin,sku,counted\r\nA-1,GLOVES,\r\n",
        'bin,sku,counted\r\nA-1,"GLOVES,1\r\n',
        "bin,sku,counted\r\nA-1,GLOVES\x00,1\r\n",
    ],
)
def test_what_is_no_sheet_is_refused(ground: Ground, text: str) -> None:
    batch = ground.started()
    assert refused(uploading(ground, batch, text)) == ("InvalidInput", "INVALID_SHEET", [])


def test_more_rows_than_are_taken_at_once_are_refused(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cycle_counts.sheets.reading.MOST_COUNTS", 1)
    batch = ground.started()
    upload(ground, batch, sheet(ground, batch, {1: 1}))
    assert refused(uploading(ground, batch, sheet(ground, batch, {1: 1, 2: 1})))[1] == "TOO_MANY_COUNTS"


def test_a_sheet_is_taken_from_who_may_count_while_it_is_counted(ground: Ground) -> None:
    batch = ground.started()
    text = sheet(ground, batch, {1: 8})
    for act in (read_sheet, upload_sheet):
        told = refused(partial(act, access=ground.access_of("viewer"), batch=batch, text=text))
        assert told[1] == "PERMISSION_DENIED"
    stale = require_version(1)
    assert refused(uploading(ground, batch, text, condition=stale))[1] == "VERSION_CONFLICT"
    CountBatch.objects.filter(pk=batch.pk).update(state="draft")
    assert refused(uploading(ground, batch, text))[1] == "INVALID_TRANSITION"
