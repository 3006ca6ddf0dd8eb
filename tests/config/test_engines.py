"""The exceptions of `tests/engines.py` are there, and are what they say."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.engines import ENOUGH, enough_for

TESTS = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("place", [place for places in ENOUGH.values() for place in places])
def test_each_is_there(place: str) -> None:
    path, _, name = place.partition("::")
    found = TESTS / path
    assert found.exists()
    if name:
        names = {getattr(node, "name", "") for node in ast.parse(found.read_text()).body}
        assert name in names


@pytest.mark.parametrize(
    ("node", "engine"),
    [
        ("tests/browser/test_sync.py::test_it", "sqlite"),
        ("tests/inventory/api/test_routes.py::TestCsrf::test_it[a]", "sqlite"),
        ("tests/inventory/api/test_routes.py::test_only_json_is_answered", "sqlite"),
        ("tests/inventory/api/test_openapi_fuzzed.py::test_pos[GET /a]", "postgresql"),
        ("tests/inventory/api/test_routes.py::TestGoodRequests::test_it", "postgresql"),
        ("tests/inventory/api/test_routes.py::test_a_key_limited_to_another_warehouse", ""),
        ("tests/inventory/api/test_routes.py::TestCsrfElsewhere::test_it", ""),
        ("tests/inventory/ledger/test_rules.py::test_it", ""),
    ],
)
def test_a_place_is_the_whole_of_it_and_no_more(node: str, engine: str) -> None:
    assert enough_for(node) == engine


@pytest.mark.parametrize(
    "folder", ["races", "inventory/ledger", "inventory/transfers", "stock_requests", "warehouses"]
)
def test_what_is_about_stock_runs_on_both(folder: str) -> None:
    places = [place for some in ENOUGH.values() for place in some]
    apart = ("/admin", "/api")
    own = [place for place in places if place.startswith(folder) and not place.startswith("warehouses/http/")]
    assert not [place for place in own if not place.endswith(apart)]
