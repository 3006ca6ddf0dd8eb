"""The patterns that documents show of texts, beside what is taken."""

from __future__ import annotations

import re

import pytest
from django.http import QueryDict
from rest_framework.exceptions import ValidationError

from warehouses.http.faults import RequestFault
from warehouses.http.fields import StrictCharField
from warehouses.http.filters import check_parameters
from warehouses.http.texts import QUERY_PATTERN

#: All controls and blanks that Unicode has, and others; not halves of surrogate pairs, which are no text.
LETTERS = [chr(number) for number in (*range(0x3100), 0xFEFF, 0x1F600)]


def takes(field: StrictCharField, text: str) -> bool:
    try:
        field.run_validation(text)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("blank", [False, True], ids=["something", "blank too"])
@pytest.mark.parametrize("multiline", [False, True], ids=["line", "lines"])
def test_a_text_is_taken_as_its_pattern_says(multiline: bool, blank: bool) -> None:
    field = StrictCharField(max_length=9, multiline=multiline, allow_blank=blank)
    matches = re.compile(field.pattern).search
    inside = [f"a{letter}b" for letter in (*LETTERS, "", "\r\n", "\r\r\n")]
    assert [text for text in inside if takes(field, text)] == [text for text in inside if matches(text)]
    # Whatever is blank around a text is taken off, controls too: less is promised.
    alone = ["", *LETTERS, *(f" {letter}" for letter in LETTERS)]
    assert all(takes(field, text) for text in alone if matches(text) and not text.endswith("\n"))


def test_a_text_that_is_not_trimmed_may_be_blank_but_not_empty() -> None:
    field = StrictCharField(max_length=9, multiline=True, trim_whitespace=False)
    texts = [*LETTERS, "\r\n", " \n "]
    # Python's $ is before a line feed at the end too.
    assert [text for text in texts if takes(field, text)] == [
        text for text in texts if re.fullmatch(field.pattern, text)
    ]


def test_a_query_is_taken_as_its_pattern_says() -> None:
    def is_taken(text: str) -> bool:
        query = QueryDict(mutable=True)
        query["name"] = text
        try:
            check_parameters(query, {"name"})
        except RequestFault:
            return False
        return True

    texts = ["", *LETTERS, *(f"a{letter}b" for letter in LETTERS)]
    assert [text for text in texts if is_taken(text)] == [
        text for text in texts if re.fullmatch(QUERY_PATTERN, text)
    ]
