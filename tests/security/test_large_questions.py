"""Questions that would cost much are answered cheaply, or refused."""

from __future__ import annotations

import time

import pytest

from config import contracts
from inventory.models import Sku
from tests.inventory.api.callers import Caller, problem_of
from tests.inventory.api.ground import lay_ground
from tests.inventory.api.routes import ROUTES, Route
from warehouses.http import throttling
from warehouses.http.paging import CursorPaging, PageNumberPaging
from warehouses.models import Organization, Warehouse

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]

LISTS = [route for route in ROUTES if route.method == "GET" and "{" not in route.path]


@pytest.fixture
def organization(db: None) -> Organization:
    return lay_ground(None)


def path_of(route: Route, warehouse: Warehouse) -> str:
    path = route.prefixed(route.requests("SKU-001", warehouse.public_id)[0]).path
    return f"{path}{'&' if '?' in path else '?'}"


def test_a_page_is_no_larger_than_it_may_be(api: Caller, warehouse: Warehouse) -> None:
    paged = 0
    for route in LISTS:
        for name in ("limit", "per_page", "page", "perPage"):
            for value in ("1000000000", "99999999999999999999", "9" * 400, "-1", "0", "1e9", "０", "NaN"):
                answer = api.get(f"{path_of(route, warehouse)}{name}={value}", **route.headers)
                throttling.forget_counts()
                if answer.status_code == 200:
                    assert name == "page", (route, name, value)  # a page past the end is an empty one
                    assert value == "1000000000"
                else:
                    assert problem_of(answer)[0] == 400, (route, name, value)
        paged += api.get(f"{path_of(route, warehouse)}limit=1", **route.headers).status_code == 200
        throttling.forget_counts()
    assert paged > 30
    assert all(
        kind.maximum_size <= 1000 for base in (PageNumberPaging, CursorPaging) for kind in _kinds(base)
    )


def _kinds(base: type) -> list[type]:
    assert contracts.CONTRACTS  # which loads them all
    return [base, *(kind for each in base.__subclasses__() for kind in _kinds(each))]


def test_a_thousand_parameters(api: Caller, warehouse: Warehouse) -> None:
    many = "&".join(f"filter{number}=x" for number in range(1001))
    same = "&".join("sku=SKU-001" for _ in range(1001))
    before = time.process_time()
    for query in (many, same):
        answer = api.get(f"/nexus/api/inventory?{query}")
        assert problem_of(answer)[0] == 400
    assert len(answer.content) < 300_000
    assert time.process_time() > before  # it is no matter of the clock: what is looked at is the answer


@pytest.mark.parametrize(
    "term", ["(a+)+$", "^(([a-z])+.)+[A-Z]([a-z])+$", ".*", "%", "_", "\\", "a%' OR 1=1 --", "[[:alpha:]]*"]
)
def test_a_search_is_no_pattern(api: Caller, organization: Organization, term: str) -> None:
    """Neither of regular expressions nor of LIKE."""
    Sku.objects.filter(organization=organization).update(title="aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")
    for path in ("/backoffice/api/skus", "/backoffice/api/products", "/backoffice/api/channels"):
        answer = api.send("GET", f"{path}?search=" + "".join(f"%{byte:02x}" for byte in term.encode()))
        assert answer.status_code == 200, answer.content
        assert answer.json()["data"] == [], (path, term)
