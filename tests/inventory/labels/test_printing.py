"""Labels on their papers: what a scanner reads of each, and sheets filled from where one was begun."""

from __future__ import annotations

import re

import pytest
import segno

from inventory.labels import PAPERS, Codes, Subject, print_sheets
from inventory.labels.code128 import code128, width_of
from inventory.labels.qr import qr
from tests.inventory.labels.test_code128 import read

A4 = PAPERS["a4-3x8"]
ROLL = PAPERS["62x29"]


def subject(code: str) -> Subject:
    return Subject("bin_1", code, code)


def matrix_of(picture: str) -> list[list[int]]:
    """The squares of a drawn QR code, read back from where they are drawn."""
    side = int(re.search(r'viewBox="0 0 (\d+)', picture).group(1))  # type: ignore[union-attr]
    found = [[0] * side for _ in range(side)]
    for column, row, length in re.findall(r"M(\d+) (\d+)h(\d+)v1", picture):
        for place in range(int(column), int(column) + int(length)):
            found[int(row)][place] = 1
    return found


@pytest.mark.parametrize(
    "text", ["A-03-1", "4006381333931", "wh_01m80mp8s2ec0tn29kwyearn4f", "Müll ☂", "x" * 128]
)
def test_squares_are_those_of_the_standard_with_white_around(text: str) -> None:
    found = matrix_of(qr(text))
    assert all(not any(row[:4] + row[-4:]) for row in found)
    assert all(not any(row) for row in found[:4] + found[-4:])
    wanted = segno.make_qr(text, error="m", boost_error=False)
    assert [row[4:-4] for row in found[4:-4]] == [list(row) for row in wanted.matrix]


def test_neither_draws_what_stands_in_the_text() -> None:
    assert "<script" not in qr("<script>alert(1)</script>")


@pytest.mark.parametrize("paper", PAPERS.values(), ids=str)
@pytest.mark.parametrize("code", ["A1", "A-03-12-B", "4006381333931"])
def test_bars_of_usual_codes_fit_every_paper_and_can_be_read(paper: object, code: str) -> None:
    ((label,),) = (sheet.labels for sheet in print_sheets([subject(code)], paper=paper, codes=Codes.BARS))  # type: ignore[arg-type]
    assert read(label.bars) == code
    width = float(re.search(r'width="([\d.]+)mm"', label.bars).group(1))  # type: ignore[union-attr]
    assert width <= paper.inner_width + 0.06  # type: ignore[attr-defined]
    assert width / width_of(code) >= 0.19  # type: ignore[operator]
    assert label.square == ""


@pytest.mark.parametrize("code", ["X" * 60, "Läger"])
def test_code_that_bars_cannot_say_or_not_so_small_is_a_square(code: str) -> None:
    ((label,),) = (sheet.labels for sheet in print_sheets([subject(code)], paper=ROLL, codes=Codes.BARS))
    assert label.bars == ""
    assert label.square == qr(code)


def test_both_are_both_and_squares_are_squares() -> None:
    def drawn(codes: Codes) -> tuple[bool, bool]:
        ((label,),) = (sheet.labels for sheet in print_sheets([subject("A1")], paper=A4, codes=codes))
        return bool(label.bars), bool(label.square)

    assert [drawn(codes) for codes in Codes] == [(True, False), (False, True), (True, True)]


def shape(count: int, **how: int) -> list[tuple[int, int]]:
    sheets = print_sheets([subject(f"A{n}") for n in range(count)], paper=A4, codes=Codes.BARS, **how)
    return [(len(sheet.free), len(sheet.labels)) for sheet in sheets]


def test_sheets_are_filled_from_where_one_was_begun() -> None:
    assert shape(24) == [(0, 24)]
    assert shape(25) == [(0, 24), (0, 1)]
    assert shape(24, first=5) == [(4, 20), (0, 4)]
    assert shape(10, copies=3) == [(0, 24), (0, 6)]
    assert shape(1, first=24) == [(23, 1)]
    assert shape(1, first=40) == [(23, 1)]
    assert shape(0) == []


def test_copies_lie_side_by_side() -> None:
    (sheet,) = print_sheets([subject("A"), subject("B")], paper=A4, codes=Codes.BARS, copies=2)
    assert [label.subject.code for label in sheet.labels] == ["A", "A", "B", "B"]


def test_roll_has_one_on_each_piece_and_none_left_out() -> None:
    sheets = print_sheets([subject("A"), subject("B")], paper=ROLL, codes=Codes.BARS, first=9)
    assert [(len(sheet.free), len(sheet.labels)) for sheet in sheets] == [(0, 1), (0, 1)]


def test_more_than_a_page_holds_is_left_out() -> None:
    sheets = print_sheets([subject(f"A{n}") for n in range(500)], paper=A4, codes=Codes.BARS, copies=100)
    assert sum(len(sheet.labels) for sheet in sheets) == 2_000


def test_width_is_what_is_drawn() -> None:
    assert width_of("A") == 66
    assert 'viewBox="0 0 66 1"' in code128("A")
    assert 'width="13.2mm"' in code128("A", narrowest=0.2)
    assert width_of("ä") is None
