"""The palette's two small questions: what a title says, and what is a barcode."""

from __future__ import annotations

import pytest

from warehouses.palette import Found, Hit, is_barcode, is_whole, says


@pytest.mark.parametrize("term", ["new transfer", "New", "tr", "trans new", ""])
def test_title_says_what_begins_its_words(term: str) -> None:
    assert says("New transfer", term)


@pytest.mark.parametrize("term", ["ew", "new transfers", "new x"])
def test_title_says_nothing_else(term: str) -> None:
    assert not says("New transfer", term)


@pytest.mark.parametrize("code", ["4006381333931", "96385074", "036000291452", "10614141000415"])
def test_code_whose_last_digit_checks_the_others_is_a_barcode(code: str) -> None:
    assert is_barcode(code)


@pytest.mark.parametrize(
    "code", ["4006381333932", "400638133393", "96385075", "MUG-RED", "", "４００６３８１３３３９３１"]
)
def test_anything_else_is_no_barcode(code: str) -> None:
    assert not is_barcode(code)


@pytest.mark.parametrize(
    "term", ["4006381333931", "adj_01h455vb4pex5vsknk084sn02q", "01a2015b32bc7270a0c663fc53c8fef2"]
)
def test_whole_codes_need_no_enter(term: str) -> None:
    assert is_whole(term)


@pytest.mark.parametrize(
    "term", ["MUG-RED", "adj_01h455vb4pex5vsknk084sn02", "01a2015b32bc7270a0c663fc53c8fef", "SR-00001"]
)
def test_what_may_be_a_beginning_does(term: str) -> None:
    assert not is_whole(term)


def hit(title: str, *, is_exact: bool) -> Hit:
    return Hit(title, "SKU", f"/{title}/", "barcode", is_exact=is_exact)


def test_only_is_the_one_record_that_the_term_names() -> None:
    one, two, near = hit("A", is_exact=True), hit("B", is_exact=True), hit("AB", is_exact=False)
    assert Found((near, one)).only is one
    assert Found((one, two)).only is None
    assert Found((near,)).only is None
