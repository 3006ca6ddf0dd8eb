"""Fields: what counts as a number, an amount, a time; everything else is refused by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from inventory.imports.fields import (
    BadValue,
    read_boolean,
    read_change,
    read_code,
    read_count,
    read_instant,
    read_money,
    read_text,
)

LONDON = ZoneInfo("Europe/London")


def problem_of(read: Callable[[Mapping[str, str], str], Any], text: str) -> str:
    with pytest.raises(BadValue) as bad:
        read({"x": text}, "x")
    return str(bad.value)


@pytest.mark.parametrize(
    ("text", "value"), [("12", 12), (" -7 ", -7), ("+3", 3), ("1000000000", 1_000_000_000)]
)
def test_a_change_is_a_whole_number(text: str, value: int) -> None:
    assert read_change({"x": text}, "x") == value


@pytest.mark.parametrize(
    "text", ["1e3", "１２", "1.0", "1,000", "−5", "0x10", "1_000", "--1", "NaN", "٣", "9" * 19]
)
def test_what_only_looks_like_a_whole_number_is_refused(text: str) -> None:
    assert problem_of(read_change, text) == f"x: “{text}” is not a whole number such as 12 or -12"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "x: is missing"),
        ("  ", "x: is missing"),
        ("0", "x: is 0, which changes nothing"),
        ("-0", "x: is 0, which changes nothing"),
        ("-1000000001", "x: is more than 1,000,000,000 units"),
    ],
)
def test_a_change_is_there_and_within_bounds(text: str, words: str) -> None:
    assert problem_of(read_change, text) == words


def test_a_count_may_be_empty_or_0_but_not_negative() -> None:
    assert [read_count({"x": text}, "x") for text in ("", "0", "7")] == [None, 0, 7]
    assert read_count({}, "x") is None
    assert problem_of(read_count, "-1") == "x: -1 is less than 0"
    assert problem_of(read_count, "1000000001") == "x: is more than 1,000,000,000 units"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("2.55", Decimal("2.55")),
        ("0", Decimal(0)),
        ("9999999999.9999", Decimal("9999999999.9999")),
    ],
)
def test_an_amount_has_at_most_four_decimals(text: str, value: Decimal | None) -> None:
    assert read_money({"x": text}, "x") == value


@pytest.mark.parametrize(
    "text", ["2,55", "£2.55", "1e3", "NaN", "Infinity", ".5", "1.", "1.23456", "２", "1" * 11]
)
def test_what_only_looks_like_an_amount_is_refused(text: str) -> None:
    assert problem_of(read_money, text).startswith(f"x: “{text}” is not an amount such as 1234.5")


def test_an_amount_is_not_negative() -> None:
    assert problem_of(read_money, "-1.5") == "x: -1.5 is less than 0"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("TRUE", True),
        ("1", True),
        ("y", True),
        ("no", False),
        ("f", False),
        ("0", False),
        ("", None),
    ],
)
def test_a_boolean_has_many_spellings(text: str, value: bool | None) -> None:
    assert read_boolean({"x": text}, "x") is value


def test_what_is_no_boolean_is_refused() -> None:
    assert problem_of(read_boolean, "maybe") == "x: “maybe” is neither true nor false"


def test_a_code_is_printable_and_short() -> None:
    assert read_code({"x": " 85123A "}, "x") == "85123A"
    assert problem_of(read_code, "") == "x: is missing"
    assert problem_of(read_code, "x" * 65) == "x: is longer than 64 characters (65)"
    assert problem_of(read_code, "a\x1bb") == "x: 'a\\x1bb' holds characters that cannot be printed"
    assert problem_of(read_code, "\ufdfa" * 64) == "x: is too long once its ligatures are written out"


def test_text_is_one_line_unless_it_may_be_several() -> None:
    def read_note(cells: Mapping[str, str], field: str) -> str:
        return read_text(cells, field, longest=9, lines=True)

    assert read_text({"x": "  A\u00a0 red\n mug "}, "x", longest=9) == "A red mug"
    assert read_note({"x": " A\nb "}, "x") == "A\nb"
    assert read_text({}, "x", longest=9) == ""
    assert problem_of(read_note, "0123456789") == "x: is longer than 9 characters (10)"
    assert problem_of(read_note, "a\x1b[2J") == "x: holds control characters"


def test_a_time_without_a_zone_is_in_the_organizations() -> None:
    winter, written = read_instant({"x": "2010-12-01T08:26:00"}, "x", LONDON)
    summer, _ = read_instant({"x": "2011-06-01 08:26"}, "x", LONDON)
    day, _ = read_instant({"x": "2011-06-01"}, "x", LONDON)

    assert winter == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)
    assert written == "2010-12-01T08:26:00"
    assert summer == datetime(2011, 6, 1, 7, 26, tzinfo=UTC)
    assert day == datetime(2011, 5, 31, 23, tzinfo=UTC)


def test_a_time_with_a_zone_is_known_by_its_instant() -> None:
    instant, written = read_instant({"x": "2010-12-01T08:26:00+01:00"}, "x", LONDON)

    assert instant == datetime(2010, 12, 1, 7, 26, tzinfo=UTC)
    assert written == "2010-12-01T07:26:00+00:00" == read_instant({"x": "2010-12-01T07:26Z"}, "x", LONDON)[1]
    assert read_instant({"x": ""}, "x", LONDON) == (None, "")


@pytest.mark.parametrize("text", ["1/12/2010 8:26", "yesterday", "2010-13-01", "08:26", "2010-12-01T25:00"])
def test_what_is_no_iso_time_is_refused(text: str) -> None:
    words = problem_of(lambda cells, field: read_instant(cells, field, LONDON), text)

    assert words.startswith(f"x: “{text}” is not a time such as 2010-12-01T08:26")


def test_a_time_lies_in_the_past_and_in_a_calendar() -> None:
    def read(cells: Mapping[str, str], field: str) -> Any:
        return read_instant(cells, field, LONDON)

    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
    assert problem_of(read, tomorrow) == f"x: “{tomorrow}” is in the future"
    assert problem_of(read, "9999-12-31T23:59:59-14:00") == "x: “9999-12-31T23:59:59-14:00” is in the future"
    assert problem_of(read, "0001-01-01T00:00+14:00") == "x: “0001-01-01T00:00+14:00” is before 1900"
