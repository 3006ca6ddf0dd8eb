"""Columns: found by name or by mapping, and every doubt refused."""

from __future__ import annotations

import pytest

from inventory.imports.columns import Columns, match_columns, read_mapping
from inventory.imports.sheet import SheetError

KNOWN = ("sku", "title", "unit_cost")


def match(header: list[str], *maps: str) -> Columns:
    return match_columns(header, known=KNOWN, required=("sku",), mapping=read_mapping(maps, KNOWN))


def test_columns_are_found_by_name_whatever_their_case_and_order() -> None:
    columns = match(["Unit_Cost", "colour", " SKU ", ""])

    assert columns == Columns({"unit_cost": 0, "sku": 2}, ("colour",))
    assert columns.pick(["1.5", "red", "A", "-"]) == {"unit_cost": "1.5", "sku": "A"}


def test_columns_are_found_by_mapping() -> None:
    assert match(["Artikel Nr", "a=b"], "artikel  nr=sku", "a=b=title").places == {"sku": 0, "title": 1}


@pytest.mark.parametrize(
    ("header", "maps", "words"),
    [
        (["title"], [], "The file lacks the column “sku”; it has “title”."),
        (["sku", "title", "Title"], [], "The header names “title” more than once."),
        (["sku"], ["Artikel=sku"], "The file has no column “artikel”; it has “sku”."),
        (["sku", "Artikel"], ["Artikel=sku"], "Both “sku” and “Artikel” are the column “sku”."),
        (["a", "b"], ["a=sku", "b=sku"], "Both “a” and “b” are the column “sku”."),
        (["a"], ["a=sku", "A=title"], "The column “A” is mapped twice."),
        (["a"], ["a=price"], "there is no column “price”; there are sku, title, unit_cost."),
        (["a"], ["sku"], "“sku” is not of the form THEIRS=OURS, such as Artikel=sku."),
        (["a"], ["=sku"], "“=sku” is not of the form THEIRS=OURS"),
    ],
)
def test_every_doubt_is_refused_in_words(header: list[str], maps: list[str], words: str) -> None:
    with pytest.raises(SheetError) as refusal:
        match(header, *maps)

    assert words in str(refusal.value)
