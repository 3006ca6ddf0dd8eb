from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.warehouses.http.conftest import Api, problem
from warehouses.http.paging import Page
from warehouses.models import Bin, Organization, Warehouse

CODES = ["A1", "A2", "A3", "A4", "A5"]


def codes(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["code"] for row in response.json()["data"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["A1", "A2"]),
        ("page=2", ["A3", "A4"]),
        ("page=3", ["A5"]),
        ("page=4", []),
        ("page=999999999999999", []),
        ("per_page=5", CODES),
        ("page=2&per_page=3", ["A4", "A5"]),
        ("page=01&per_page=1", ["A1"]),
    ],
)
def test_pages_by_number(api: Api, make_bins: Callable[..., None], query: str, expected: list[str]) -> None:
    make_bins(*reversed(CODES))

    response = api.get(f"/bins?{query}")

    assert codes(response) == expected
    assert response.json()["total"] == 5


@pytest.mark.parametrize("name", ["page", "per_page"])
@pytest.mark.parametrize(
    "value", ["0", "-1", "1.5", "1e2", "x", "9" * 30, "%D9%A1", "+1", "%201", "null", "true", "0x1"]
)
def test_a_page_that_cannot_be_meant_is_400(api: Api, name: str, value: str) -> None:
    response = api.get(f"/bins?{name}={value}")

    assert response.status_code == 400
    assert [error["parameter"] for error in problem(response)["errors"]] == [name]


def test_a_page_size_over_the_maximum_is_400_and_says_the_maximum(api: Api) -> None:
    response = api.get("/bins?per_page=6")

    assert response.status_code == 400
    assert problem(response)["errors"] == [
        {"parameter": "per_page", "code": "INVALID", "detail": "Give at most 5."}
    ]


def test_pages_are_counted() -> None:
    assert [Page([], 1, 2, total).total_pages for total in (0, 1, 2, 3)] == [0, 1, 1, 2]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("path", ["/bins", "/cursor"])
def test_a_page_costs_a_count_its_keys_and_its_rows(
    api: Api, make_bins: Callable[..., None], path: str, count: int
) -> None:
    make_bins(*CODES[:count])
    api.get(path)  # notes the key's use

    with CaptureQueriesContext(connection) as captured:
        api.get(path)

    statements = [query["sql"] for query in captured]
    assert len(statements) == 4  # the API key first
    assert "COUNT(" in statements[1]
    keys, rows = statements[2], statements[3]
    assert "pick_sequence" not in keys.split("FROM")[0]
    assert "pick_sequence" in rows.split("FROM")[0]


def test_an_empty_page_fetches_no_rows(api: Api) -> None:
    api.get("/bins")

    with CaptureQueriesContext(connection) as captured:
        assert codes(api.get("/bins?page=7")) == []

    assert len(captured) == 2


def walk(api: Api, path: str) -> list[str]:
    found: list[str] = []
    cursor = None
    for _ in range(20):
        separator = "&" if "?" in path else "?"
        response = api.get(path if cursor is None else f"{path}{separator}cursor={quote(cursor)}")
        found += codes(response)
        cursor = response.json()["next"]
        if cursor is None:
            return found
    raise AssertionError("The cursors never end.")


@pytest.mark.parametrize("count", range(6))
def test_cursors_walk_over_all_rows_once(api: Api, make_bins: Callable[..., None], count: int) -> None:
    make_bins(*reversed(CODES[:count]))

    assert walk(api, "/cursor") == CODES[:count]


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_columns_that_are_unique_only_together_are_walked_over_once(
    api: Api, warehouse: Warehouse, size: int
) -> None:
    for code, sequence in (("A1", 2), ("A2", 1), ("A3", 2), ("A4", 1), ("A5", 2), ("A6", 0)):
        factories.make_bin(warehouse, code, pick_sequence=sequence)
    expected = ["A6", "A2", "A4", "A1", "A3", "A5"]

    assert walk(api, f"/pair-cursor?limit={size}") == expected
    assert walk(api, f"/descending-cursor?limit={size}") == expected[::-1]


def test_the_total_is_of_all_rows_on_every_page(api: Api, make_bins: Callable[..., None]) -> None:
    make_bins(*CODES)
    first = api.get("/cursor").json()

    second = api.get(f"/cursor?cursor={first['next']}").json()

    assert (first["total"], second["total"]) == (5, 5)


def test_rows_that_come_and_go_in_between_repeat_and_skip_nothing(
    api: Api, make_bins: Callable[..., None]
) -> None:
    make_bins("B1", "B2", "B3", "B4")
    first = api.get("/cursor").json()

    make_bins("A0", "B25", "C1")
    Bin.objects.filter(code__in=["B1", "B2", "B3"]).delete()

    assert codes(api.get(f"/cursor?cursor={first['next']}")) == ["B25", "B4"]


def test_the_size_may_change_on_the_way(api: Api, make_bins: Callable[..., None]) -> None:
    make_bins(*CODES)
    first = api.get("/cursor?limit=1").json()

    assert codes(api.get(f"/cursor?limit=5&cursor={first['next']}")) == ["A2", "A3", "A4", "A5"]


def _is_refused(response: Any) -> None:
    assert response.status_code == 400
    found = problem(response)
    assert found["code"] == "INVALID_CURSOR"
    assert [error["parameter"] for error in found["errors"]] == ["cursor"]


def test_a_cursor_is_good_for_its_own_listing_only(
    api: Api, api_of: Callable[..., Api], make_bins: Callable[..., None]
) -> None:
    make_bins(*CODES)
    cursor = api.get("/cursor?prefix=A").json()["next"]
    assert codes(api.get(f"/cursor?prefix=A&cursor={cursor}")) == ["A3", "A4"]

    _is_refused(api.get(f"/cursor?cursor={cursor}"))
    _is_refused(api.get(f"/cursor?prefix=A&active=1&cursor={cursor}"))
    _is_refused(api.get(f"/cursor?prefix=B&cursor={cursor}"))
    _is_refused(api.get(f"/pair-cursor?prefix=A&cursor={cursor}"))
    _is_refused(api.get(f"/other-cursor?prefix=A&cursor={cursor}"))
    _is_refused(api.get(f"/cursor/A1?prefix=A&cursor={cursor}"))
    other = factories.make_key(factories.make_organization("Other"))
    _is_refused(api_of(other).get(f"/cursor?prefix=A&cursor={cursor}"))


def test_a_cursor_that_was_tampered_with_is_refused(api: Api, make_bins: Callable[..., None]) -> None:
    make_bins(*CODES)
    cursor = api.get("/cursor").json()["next"]
    payload, rest = cursor.split(":", 1)
    forged = base64.urlsafe_b64encode(b'"A4"').decode().rstrip("=")
    assert payload != forged

    for bad in (
        f"{forged}:{rest}",
        cursor[:-1],
        cursor + "x",
        "x",
        "cursor_abc123",
        cursor * 50,
        "%E2%82%AC",
        "::",
    ):
        _is_refused(api.get(f"/cursor?cursor={bad}"))


def test_a_page_of_another_organization_is_never_seen(
    api: Api, make_bins: Callable[..., None], organization: Organization
) -> None:
    make_bins("A1")
    other = factories.make_warehouse(factories.make_organization("Other"))
    factories.make_bin(other, "A0")

    assert codes(api.get("/bins")) == ["A1"]
    assert codes(api.get("/cursor")) == ["A1"]
    assert api.get("/bins").json()["total"] == 1
