"""Counting on paper: the printed sheet, the file, and what is keyed in or uploaded."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cycle_counts.admin.sheet_pages import ROWS_PER_SHEET, pages_of
from cycle_counts.models import CountBatch
from cycle_counts.planning import Scope
from cycle_counts.sheets import Form, FormBin, FormLine, form_of
from inventory.labels.code128 import code128
from tests.cycle_counts.admin.conftest import Pages, page_of
from tests.cycle_counts.conftest import Ground

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(ground: Ground) -> CountBatch:
    return ground.started()


class TestPrinting:
    def test_bins_and_skus_with_their_bars_and_nothing_of_the_books(
        self, ground: Ground, batch: CountBatch, pages: Pages
    ) -> None:
        page = pages("counter").get(page_of(batch, "print-sheet"))
        words = page.content.decode()
        for text in ("BIN-A-1", "GLOVES", "SALINE", "CC-00001"):
            assert code128(text) in words
        for told in ("Bin A-1", "Front", "L-1", "31 Jan 2098", "Sheet 1 of 1", "6 lines in 4 bins"):
            assert told in words
        assert "script" not in words
        assert ">40<" not in words

    def test_a_bin_without_anything_is_looked_into(self, ground: Ground, pages: Pages) -> None:
        ground.stock_by("GLOVES", "A-2", -20)
        batch = ground.plan(scope=Scope(bins=(ground.bin("A-2"),)))
        words = pages("counter").get(page_of(batch, "print-sheet")).content.decode()
        assert "nothing planned: write down what is there" in words

    def test_a_bin_that_goes_on_is_named_again_and_none_ends_a_sheet(self, ground: Ground) -> None:
        def bin_of(code: str, number: int) -> FormBin:
            lines = [FormLine(f"ccl_{n}", n, f"S-{n}", "", "", "", None, "each") for n in range(number)]
            return FormBin(ground.bin(code), "Front", lines)

        some = pages_of(Form(CountBatch(), [bin_of("A-1", ROWS_PER_SHEET - 2), bin_of("A-2", 14)]))
        shapes = [
            [(row.place.bin.code, row.line is not None, row.is_continued) for row in page] for page in some
        ]
        assert all(len(page) <= ROWS_PER_SHEET for page in shapes)
        assert [page[0] for page in shapes] == [
            ("A-1", False, False), ("A-2", False, False), ("A-2", False, True),
        ]  # fmt: skip
        assert all(page[-1][1] for page in shapes)
        assert sum(is_line for page in shapes for _, is_line, _ in page) == ROWS_PER_SHEET - 2 + 14
        assert pages_of(Form(CountBatch(), [])) == [[]]

    def test_it_costs_the_same_for_one_line_and_more(self, ground: Ground, pages: Pages) -> None:
        client = pages("counter")
        counts = []
        for bins in (("A-2",), ("A-1", "A-3", "A-4")):
            batch = ground.plan(scope=Scope(bins=tuple(ground.bin(code) for code in bins)))
            client.get(page_of(batch, "print-sheet"))
            with CaptureQueriesContext(connection) as found:
                assert client.get(page_of(batch, "print-sheet")).status_code == 200
            counts.append(len(found))
        assert counts[0] == counts[1]


class TestFile:
    def rows(self, batch: CountBatch, pages: Pages) -> list[dict[str, str]]:
        answer = pages("counter").get(page_of(batch, "sheet.csv"))
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert answer["Content-Disposition"] == 'attachment; filename="CC-00001.csv"'
        return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))

    def filled(self, batch: CountBatch, pages: Pages, **counted: str) -> str:
        rows = self.rows(batch, pages)
        text = io.StringIO()
        writer = csv.DictWriter(text, rows[0])
        writer.writeheader()
        writer.writerows(row | {"counted": counted.get(row["sku"], "")} for row in rows)
        return text.getvalue()

    def test_downloaded_filled_in_and_uploaded(self, ground: Ground, batch: CountBatch, pages: Pages) -> None:
        text = self.filled(batch, pages, MASKS="4")
        client = pages("counter")
        sheet = SimpleUploadedFile("CC-00001.csv", b"\xef\xbb\xbf" + text.encode())
        page = client.post(page_of(batch, "upload"), {"file": sheet}, follow=True)
        assert "2 lines counted." in page.content.decode()
        assert [ground.line(batch, "MASKS", code).counted for code in ("A-1", "A-4")] == [4, 4]
        assert ground.line(batch, "GLOVES", "A-1").counted is None
        page = client.post(page_of(batch, "upload"), {"text": text}, follow=True)
        assert "2 lines counted, of which 2 were known already." in page.content.decode()

    def test_what_is_wrong_is_told_by_row_and_column(
        self, batch: CountBatch, pages: Pages, ground: Ground
    ) -> None:
        text = self.filled(batch, pages, MASKS="four", GLOVES="-1")
        page = pages("counter").post(page_of(batch, "upload"), {"text": text})
        assert page.status_code == 422
        words = page.content.decode()
        assert "nothing was counted" in words
        assert {place for place, _ in page.context["faults"]} == {
            "Row 2, counted", "Row 3, counted", "Row 4, counted", "Row 7, counted",
        }  # fmt: skip
        assert not batch.lines.filter(counted__isnull=False).exists()

    @pytest.mark.parametrize(
        ("sent", "words"),
        [
            ({}, "Choose a file, or paste its rows."),
            (
                {"file": SimpleUploadedFile("x.csv", b"line_id,counted\n\xff\xfe,1")},
                "Save the file as “CSV UTF-8”",
            ),
            ({"file": SimpleUploadedFile("x.csv", b"x" * 2_000_001)}, "The file is larger than 2 MB."),
            ({"text": "nothing at all"}, "The header needs"),
        ],
    )
    def test_what_is_no_sheet(
        self, batch: CountBatch, pages: Pages, sent: dict[str, Any], words: str
    ) -> None:
        page = pages("counter").post(page_of(batch, "upload"), sent)
        assert page.status_code == 422
        assert words in page.content.decode()


class TestKeyingIn:
    def names(self, batch: CountBatch) -> list[str]:
        return [f"count-{line.public_id}" for line in batch.lines.order_by("position")]

    def test_in_the_order_of_the_sheet(self, ground: Ground, batch: CountBatch, pages: Pages) -> None:
        page = pages("counter").get(page_of(batch, "key-in"))
        form = form_of(access=ground.access_of("counter"), batch=batch)
        assert [each.name for each in page.context["lines"]] == [
            f"count-{line.line_id}" for place in form.bins for line in place.lines
        ]
        assert all(each.typed == "" for each in page.context["lines"])

    def test_what_is_typed_is_counted_and_what_is_not_is_not(
        self, ground: Ground, batch: CountBatch, pages: Pages
    ) -> None:
        first, second, *_ = self.names(batch)
        response = pages("counter").post(page_of(batch, "key-in"), {first: "0", second: " 12 "}, follow=True)
        assert "2 lines counted." in response.content.decode()
        counts = list(batch.lines.order_by("position").values_list("counted", flat=True))
        assert counts == [0, 12, None, None, None, None]

    @pytest.mark.parametrize("typed", ["-1", "1.5", "many", "9" * 12, "٣"])
    def test_what_is_no_number(self, batch: CountBatch, pages: Pages, typed: str) -> None:
        first, second, *_ = self.names(batch)
        page = pages("counter").post(page_of(batch, "key-in"), {first: typed, second: "5"})
        assert page.status_code == 422
        assert page.context["lines"][0].fault == "Enter a whole number, 0 or more."
        assert [each.typed for each in page.context["lines"]][:2] == [typed, "5"]
        assert not batch.lines.filter(counted__isnull=False).exists()

    def test_nothing_typed(self, batch: CountBatch, pages: Pages) -> None:
        page = pages("counter").post(page_of(batch, "key-in"), {})
        assert page.status_code == 422
        assert "Type how many there are" in page.content.decode()

    def test_what_somebody_else_has_counted_is_told_at_its_line(
        self, ground: Ground, batch: CountBatch, pages: Pages
    ) -> None:
        ground.count(batch, {("MASKS", "A-1"): 4711}, by="other_counter")
        first, second, *_ = self.names(batch)
        page = pages("counter").post(page_of(batch, "key-in"), {first: "1", second: "5"})
        assert page.status_code == 422
        assert page.context["lines"][0].fault == ""
        assert "other.counter@acme.example" in page.context["lines"][1].fault
        assert "4711" not in page.content.decode()
