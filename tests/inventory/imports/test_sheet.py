"""Sheets: what is read, under which line number, and what is refused."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from inventory.imports.sheet import LONGEST_LINE, Record, Sheet, SheetError


def read(path: Path, *expected: str) -> list[Record]:
    with Sheet(path, expected=expected or ("sku", "title")) as sheet:
        return list(sheet)


@pytest.fixture
def make(tmp_path: Path) -> Callable[[bytes], Path]:
    def make(content: bytes) -> Path:
        path = tmp_path / "file.csv"
        path.write_bytes(content)
        return path

    return make


Make = Callable[[bytes], Path]


@pytest.mark.parametrize(
    "content",
    [
        b"sku,title\nA,one\n",
        b"sku,title\r\nA,one\r\n",
        b"sku,title\rA,one\r",
        b"sku,title\nA,one",
        b"\xef\xbb\xbfsku,title\nA,one\n",
        b"sku;title\nA;one\n",
        b"sku\ttitle\nA\tone\n",
        b"sku|title\nA|one\n",
        b'"sku","title"\n"A","one"\n',
        gzip.compress(b"sku,title\nA,one\n", mtime=0),
        gzip.compress(b"\xef\xbb\xbfsku,title\nA,one\n", mtime=0),
    ],
)
def test_every_usual_form_reads_alike(make: Make, content: bytes) -> None:
    assert read(make(content)) == [Record(2, ("A", "one"))]


def test_the_delimiter_is_the_one_that_finds_our_columns(make: Make) -> None:
    path = make(b"sku,title;with;many;semicolons;in;it\nA,x\n")

    with Sheet(path, expected=("sku", "title")) as sheet:
        assert (sheet.delimiter, sheet.header) == (",", ("sku", "title;with;many;semicolons;in;it"))


def test_lines_are_counted_as_an_editor_does(make: Make) -> None:
    content = b'sku,title\n\nA,"two\nlines"\n,\nB,"three\r\nmore\rlines"\nC,last\n'

    assert read(make(content)) == [
        Record(3, ("A", "two\nlines")),
        Record(6, ("B", "three\r\nmore\rlines")),
        Record(9, ("C", "last")),
    ]


def test_a_header_may_run_over_lines(make: Make) -> None:
    path = make(b'sku,"the\ntitle"\nA,one\n')

    with Sheet(path, expected=("sku",)) as sheet:
        assert sheet.header == ("sku", "the title")
        assert list(sheet) == [Record(3, ("A", "one"))]


def test_ragged_records_are_bad_and_the_others_are_not(make: Make) -> None:
    assert read(make(b"sku,title\nA\nB,one,more\nC,fine\n")) == [
        Record(2, ("A",), "has 1 values, but the header names 2 columns"),
        Record(3, ("B", "one", "more"), "has 3 values, but the header names 2 columns"),
        Record(4, ("C", "fine")),
    ]


def test_bytes_that_are_not_utf_8_spoil_their_record_only(make: Make) -> None:
    records = read(make("sku,title\nA,Café\nB,fine\n".encode("latin-1")))

    assert [(record.line, record.problem) for record in records] == [(2, "is not UTF-8"), (3, None)]


def test_a_null_character_is_named_with_its_column(make: Make) -> None:
    assert read(make(b"sku,title\nA,o\x00ne\n"))[0].problem == "title: holds a null character"


def test_an_open_quote_costs_what_it_swallows(make: Make) -> None:
    records = read(make(b'sku,title\nA,"open\nB,two\nC,three\n'))

    assert records == [Record(2, (), "this is not CSV (through line 4): unexpected end of data")]


def test_text_behind_a_closing_quote_is_not_guessed_at(make: Make) -> None:
    records = read(make(b'sku,title\nA,"5" pipe"\nB,5" pipe\n'))

    assert records == [
        Record(2, (), "this is not CSV: ',' expected after '\"'"),
        Record(3, ("B", '5" pipe')),
    ]


def test_a_huge_value_spoils_its_record_only(make: Make) -> None:
    records = read(make(b"sku,title\nA," + b"x" * 140_000 + b"\nB,two\n"))

    assert records == [
        Record(2, (), "this is not CSV: field larger than field limit (131072)"),
        Record(3, ("B", "two")),
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (gzip.compress(b"", mtime=0), "is empty"),
        ("sku,title\n".encode("utf-16"), "is UTF-16: save it as “CSV UTF-8”"),
        ("sku,Größe\n".encode("latin-1"), "line 1: the header is not UTF-8 text"),
        (b"sk\x00u,title\n", "line 1: the header is not UTF-8 text"),
        (b"\x1f\x8bnot gzip at all", "cannot be read"),
        (b"x" * (LONGEST_LINE + 1), "line 1 is longer than 1,000,000 characters"),
    ],
)
def test_a_file_that_is_no_sheet_is_refused_in_words(make: Make, content: bytes, words: str) -> None:
    with pytest.raises(SheetError, match=words):
        read(make(content))


def test_a_missing_file_and_a_folder_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(SheetError, match="cannot be read: No such file or directory"):
        read(tmp_path / "absent.csv")
    with pytest.raises(SheetError, match="cannot be read: Is a directory"):
        read(tmp_path)


def test_a_truncated_gzip_says_where_it_ended(make: Make) -> None:
    whole = gzip.compress(b"sku,title\n" + b"".join(b"S%d,%d\n" % (n, n * n) for n in range(5000)))
    path = make(whole[: len(whole) // 2])
    records: list[Record] = []

    with (
        pytest.raises(SheetError, match=r"cannot be read beyond line \d+: "),
        Sheet(path, expected=()) as sheet,
    ):
        records.extend(sheet)
