"""Code 128 on sheets that are printed: what the bars say, and what cannot be said in them."""

from __future__ import annotations

import re

import pytest
from barcode.charsets import code128 as charsets

from inventory.labels.code128 import code128

QUIET = 10


def modules_of(picture: str) -> str:
    """The bars and gaps, one digit for the narrowest: read back from where they are drawn."""
    width = re.search(r'viewBox="0 0 (\d+) 1"', picture)
    assert width is not None
    found = ["0"] * int(width.group(1))
    for start, length in re.findall(r"M(\d+) 0h(\d+)v1", picture):
        for place in range(int(start), int(start) + int(length)):
            found[place] = "1"
    return "".join(found)


def read(picture: str) -> str:
    """What a scanner reads: sets, checksum and all."""
    bars = modules_of(picture).strip("0")
    assert bars.endswith("1100011101011")
    values = [charsets.CODES.index(bars[place : place + 11]) for place in range(0, len(bars) - 13, 11)]
    start, *data, checksum = values
    assert checksum == (start + sum(place * value for place, value in enumerate(data, 1))) % 103
    charset = {103: "A", 104: "B", 105: "C"}[start]
    text = ""
    for value in data:
        if charset == "C" and value < 100:
            text += f"{value:02}"
        elif charset == "C":
            charset = {100: "B", 101: "A"}[value]
        elif value == 99:
            charset = "C"
        else:
            text += chr(value + 32)
    return text


def test_the_bars_are_those_of_the_standard() -> None:
    # Start B, the letter (33), the checksum ((104 + 33) mod 103 = 34), the stop.
    expected = "1101001000010100011000100010110001100011101011"
    assert modules_of(code128("A")) == "0" * QUIET + expected + "0" * QUIET


@pytest.mark.parametrize("text", ["A-03-1", "4006381333931", "007", "SKU 12345 x", "a~b", "1", "x" * 80])
def test_what_is_printed_is_read_back(text: str) -> None:
    assert read(code128(text)) == text


@pytest.mark.parametrize("text", ["", "Größe", "日本", "two\nlines", "tab\t", "x" * 81, "\xf1"])
def test_what_no_scanner_would_type_has_no_bars(text: str) -> None:
    assert code128(text) == ""


def test_nothing_of_the_text_is_in_the_markup() -> None:
    assert "<script>" not in code128("<script>")
    assert code128("<script>").startswith('<svg class="code128" width="')
