from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import RequestFactory

from tests.warehouses.http.conftest import Api, problem
from warehouses.http.etags import ANY, etag, expected_tags, not_modified, require_match
from warehouses.models import Bin
from warehouses.refusals import Stale


def test_a_tag_is_strong_quoted_and_safe() -> None:
    assert etag(7) == '"7"'
    assert etag("wh", 7) == '"wh-7"'
    for parts in (("a b",), ('"',), ("é",), ("x" * 100,), (datetime(2026, 1, 1, tzinfo=UTC),), ()):
        tag = etag(*parts)
        assert tag.isascii()
        assert tag.strip('"').isalnum()
    assert etag("a b", "c") != etag("a", "b c")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("*", ANY),
        (" * ", ANY),
        ('"7"', {'"7"'}),
        ('"7", "8"', {'"7"', '"8"'}),
        ('"7","8"', {'"7"', '"8"'}),
        ('"a,b"', {'"a,b"'}),
        ('""', {'""'}),
        ('W/"7"', set()),
        ('W/"7", "8"', {'"8"'}),
    ],
)
def test_if_match_is_read(rf: RequestFactory, header: str, expected: object) -> None:
    assert expected_tags(rf.get("/", headers={"If-Match": header})) == expected


def test_no_if_match_is_no_condition(rf: RequestFactory) -> None:
    assert expected_tags(rf.get("/")) is None
    require_match(None, None)
    require_match(None, '"7"')


@pytest.mark.parametrize(
    "header", ["", "7", '"7', '7"', '"7",', ',"7"', '"7" "8"', '*, "7"', 'w/"7"', '"7\x00"']
)
def test_an_if_match_that_cannot_be_read_is_400(
    api: Api, make_bins: Callable[..., None], header: str
) -> None:
    make_bins("A1")

    response = api.send("PUT", "/bins/A1", {"sequence": 9}, **{"If-Match": header})

    assert response.status_code == 400
    assert [error["header"] for error in problem(response)["errors"]] == ["If-Match"]
    assert Bin.objects.get(code="A1").pick_sequence == 1


def test_any_needs_a_record() -> None:
    require_match(ANY, '"7"')
    with pytest.raises(Stale):
        require_match(ANY, None)
    with pytest.raises(Stale):
        require_match(frozenset(), '"7"')
    with pytest.raises(Stale):
        require_match(frozenset({'"7"'}), None)


def test_a_write_on_a_stale_tag_is_412_and_changes_nothing(api: Api, make_bins: Callable[..., None]) -> None:
    make_bins("A1")
    tag = api.get("/bins/A1")["ETag"]
    assert tag == '"1"'

    first = api.send("PUT", "/bins/A1", {"sequence": 5}, **{"If-Match": tag})
    second = api.send("PUT", "/bins/A1", {"sequence": 6}, **{"If-Match": tag})
    weak = api.send("PUT", "/bins/A1", {"sequence": 6}, **{"If-Match": 'W/"5"'})

    assert (first.status_code, first["ETag"]) == (200, '"5"')
    assert (second.status_code, weak.status_code) == (412, 412)
    assert problem(second)["code"] == "PRECONDITION_FAILED"
    assert Bin.objects.get(code="A1").pick_sequence == 5
    assert api.send("PUT", "/bins/A1", {"sequence": 6}, **{"If-Match": '"4", "5"'}).status_code == 200


@pytest.mark.parametrize(
    ("header", "fresh"),
    [
        ('"1"', True),
        ('W/"1"', True),
        ('"0", "1"', True),
        ("*", True),
        ('"2"', False),
        ("1", False),
        ("", False),
    ],
)
def test_a_copy_that_is_still_good_is_304(
    api: Api, make_bins: Callable[..., None], header: str, fresh: bool
) -> None:
    make_bins("A1")

    response = api.get("/bins/A1", **{"If-None-Match": header})

    assert response.status_code == (304 if fresh else 200)
    assert response["ETag"] == '"1"'
    assert response["X-API-Contract"] == "toy"
    assert (response.content == b"") is fresh


def test_a_write_looks_at_no_if_none_match(
    rf: RequestFactory, api: Api, make_bins: Callable[..., None]
) -> None:
    make_bins("A1")

    response = api.send("PUT", "/bins/A1", {"sequence": 5}, **{"If-None-Match": '"5"'})

    assert response.status_code == 200
    assert not not_modified(rf.get("/"), '"1"')
