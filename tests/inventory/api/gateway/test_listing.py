"""`GET /inventory` and `/inventory/low-stock`: filters, paging, totals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from inventory.models import Sku
from tests.factories import make_person, make_sku, make_warehouse, stock
from tests.inventory.api.callers import Caller, problem_of
from warehouses.models import Organization, Warehouse

pytestmark = pytest.mark.django_db

LISTS = ["/api/v1/inventory", "/api/v1/inventory/low-stock"]


def codes(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["sku"] for row in response.json()["data"]]


@pytest.fixture
def shelf(organization: Organization, warehouse: Warehouse) -> Callable[..., list[Sku]]:
    """SKUs of the given codes, one unit of each in Acme's first warehouse, below the reorder point of 5."""

    def fill(*names: str, place: Warehouse = warehouse, quantity: int = 1) -> list[Sku]:
        skus = [make_sku(organization, name, reorder_point=5) for name in names]
        for sku in skus:
            stock(sku, place, quantity)
        return skus

    return fill


class TestFilters:
    def test_warehouse(
        self, api: Caller, shelf: Callable[..., list[Sku]], warehouse: Warehouse, second: Warehouse
    ) -> None:
        (both, _only_here) = shelf("BOTH", "HERE")
        shelf("THERE", place=second)
        stock(both, second, 2)

        listed = api.get(f"/api/v1/inventory?warehouse_id={second.public_id}")

        assert codes(listed) == ["BOTH", "THERE"]
        assert listed.json()["pagination"] == {"page": 1, "perPage": 50, "total": 2, "totalPages": 1}
        assert {row["warehouseId"] for row in listed.json()["data"]} == {second.public_id}
        assert codes(api.get("/api/v1/inventory")) == ["BOTH", "BOTH", "HERE", "THERE"]

    @pytest.mark.parametrize("path", LISTS)
    def test_unknown_malformed_and_foreign_warehouses_are_answered_alike(
        self, api: Caller, shelf: Callable[..., list[Sku]], rival_warehouse: Warehouse, path: str
    ) -> None:
        shelf("HERE")
        ids = [
            rival_warehouse.public_id,
            "wh_01h455vb4pex5vsknk084sn02q",
            "wh_",
            "nonsense",
            "lvl_01h455vb4pex5vsknk084sn02q",
            rival_warehouse.public_id.upper(),
            str(rival_warehouse.pk),
            "1",
            "x" * 300,
        ]

        answers = {problem_detail(api.get(f"{path}?warehouse_id={one}")) for one in ids}

        assert answers == {(404, "WAREHOUSE_NOT_FOUND", "There is no such warehouse.")}

    def test_low_stock(self, api: Caller, shelf: Callable[..., list[Sku]]) -> None:
        shelf("LOW-1", "LOW-2", quantity=4)
        shelf("EXACTLY", quantity=5)
        shelf("PLENTY", quantity=50)

        assert codes(api.get("/api/v1/inventory?low_stock=true")) == ["LOW-1", "LOW-2"]
        assert codes(api.get("/api/v1/inventory?low_stock=1")) == ["LOW-1", "LOW-2"]
        assert codes(api.get("/api/v1/inventory?low_stock=false")) == ["EXACTLY", "PLENTY"]
        assert codes(api.get("/api/v1/inventory/low-stock")) == ["LOW-1", "LOW-2"]

    def test_low_stock_takes_no_other_word(self, api: Caller) -> None:
        for value in ("yes", "TRUE", "True", "on", "2", "-1", "１", "null", "true,false"):
            found = problem_of(api.get(f"/api/v1/inventory?low_stock={value}"))
            assert found == (400, "INVALID_REQUEST", [("low_stock", "INVALID")]), value

    def test_sku_prefix(self, api: Caller, shelf: Callable[..., list[Sku]]) -> None:
        shelf("REGEN-001", "REGEN-002", "%ODD", "_ODD", "\\ODD", "'ODD", "XODD", "STRASSE-1")

        for prefix, found in (
            ("REGEN", ["REGEN-001", "REGEN-002"]),
            ("regen-", ["REGEN-001", "REGEN-002"]),
            ("Regen-002", ["REGEN-002"]),
            ("EGEN", []),
            ("%25", ["%ODD"]),
            ("%25O", ["%ODD"]),
            ("_", ["_ODD"]),
            ("%5C", ["\\ODD"]),
            ("R%25", []),
            ("R_GEN", []),
            ("%2A", []),
            ("%5BA-Z%5D", []),
            ("%27", ["'ODD"]),
            ("stra%C3%9F", ["STRASSE-1"]),
            ("STRASSE", ["STRASSE-1"]),
            ("%EF%BC%B2EGEN-001", ["REGEN-001"]),
        ):
            for path in LISTS:
                response = api.get(f"{path}?sku_prefix={prefix}")
                assert codes(response) == found, prefix
                assert response.json()["pagination"]["total"] == len(found)

    def test_a_blank_at_the_end_of_a_prefix_counts(
        self, api: Caller, shelf: Callable[..., list[Sku]]
    ) -> None:
        shelf("AB 1", "AB-1", "ABC")

        assert codes(api.get("/api/v1/inventory?sku_prefix=AB%20")) == ["AB 1"]
        assert codes(api.get("/api/v1/inventory?sku_prefix=%20AB%20%201")) == ["AB 1"]

    def test_filters_narrow_each_other(
        self, api: Caller, shelf: Callable[..., list[Sku]], second: Warehouse
    ) -> None:
        shelf("A-LOW", "B-LOW")
        shelf("A-PLENTY", quantity=90)
        (there,) = shelf("A-THERE", place=second)
        stock(there, second, 89)
        shelf("A-THERE-LOW", place=second)

        query = f"warehouse_id={second.public_id}&low_stock=true&sku_prefix=a"
        assert codes(api.get(f"/api/v1/inventory?{query}")) == ["A-THERE-LOW"]
        assert codes(api.get("/api/v1/inventory?low_stock=true&sku_prefix=a")) == ["A-LOW", "A-THERE-LOW"]
        assert codes(api.get("/api/v1/inventory?low_stock=false&sku_prefix=a")) == ["A-PLENTY", "A-THERE"]

    def test_low_is_judged_by_what_is_available(
        self, api: Caller, shelf: Callable[..., list[Sku]], warehouse: Warehouse
    ) -> None:
        from tests.factories import pretend_reserved

        (sku,) = shelf("PROMISED", quantity=50)
        pretend_reserved(sku, warehouse, 46)

        assert codes(api.get("/api/v1/inventory/low-stock")) == ["PROMISED"]


class TestPaging:
    def test_pages_cover_every_row_once_in_one_order(
        self, api: Caller, shelf: Callable[..., list[Sku]], second: Warehouse
    ) -> None:
        for sku in shelf(*(f"P-{number:02d}" for number in range(5, 0, -1))):
            stock(sku, second, 3)

        pages = [api.get(f"/api/v1/inventory?per_page=3&page={page}") for page in (1, 2, 3, 4)]

        assert [len(page.json()["data"]) for page in pages] == [3, 3, 3, 1]
        rows = [(row["sku"], row["warehouseId"]) for page in pages for row in page.json()["data"]]
        assert len(set(rows)) == 10
        assert [code for code, _ in rows] == sorted(code for code, _ in rows)
        assert [page.json()["pagination"] for page in pages] == [
            {"page": number, "perPage": 3, "total": 10, "totalPages": 4} for number in (1, 2, 3, 4)
        ]

    @pytest.mark.parametrize("path", LISTS)
    def test_a_page_past_the_end_is_empty(
        self, api: Caller, shelf: Callable[..., list[Sku]], path: str
    ) -> None:
        shelf("A", "B")

        for page in (3, 1_000_000, 999_999_999_999_999):
            response = api.get(f"{path}?per_page=1&page={page}")
            assert response.status_code == 200
            assert response.json() == {
                "data": [],
                "pagination": {"page": page, "perPage": 1, "total": 2, "totalPages": 2},
            }

    @pytest.mark.parametrize("path", LISTS)
    def test_nothing_is_no_pages(self, api: Caller, path: str) -> None:
        assert api.get(path).json() == {
            "data": [],
            "pagination": {"page": 1, "perPage": 50, "total": 0, "totalPages": 0},
        }

    def test_the_largest_page_is_100(self, api: Caller) -> None:
        assert api.get("/api/v1/inventory?per_page=100").json()["pagination"]["perPage"] == 100

    @pytest.mark.parametrize("path", LISTS)
    @pytest.mark.parametrize("name", ["page", "per_page"])
    def test_bad_numbers_are_refused_by_name(self, api: Caller, path: str, name: str) -> None:
        for value in (
            *(
                "0",
                "-1",
                "-0",
                "1.0",
                "1e3",
                "%EF%BC%91%EF%BC%92",
                "+1",
                "%2B1",
                "%201",
                "1%20",
                "0x10",
                "1_0",
            ),
            *("9" * 20, "9" * 5000, "abc", "null", "NaN", "1,2", "%D9%A1"),
        ):
            found = problem_of(api.get(f"{path}?{name}={value}"))
            assert found == (400, "INVALID_REQUEST", [(name, "INVALID")]), value

    @pytest.mark.parametrize("path", LISTS)
    def test_a_size_over_the_maximum_is_refused(self, api: Caller, path: str) -> None:
        for value in ("101", "200", "1000000000000"):
            found = problem_of(api.get(f"{path}?per_page={value}"))
            assert found == (400, "INVALID_REQUEST", [("per_page", "INVALID")])


@pytest.mark.parametrize("path", LISTS)
class TestStrictQuery:
    KNOWN = ("warehouse_id", "sku_prefix", "page", "per_page")

    def test_an_unknown_parameter_is_refused_by_name(self, api: Caller, path: str) -> None:
        for name in (
            "limit",
            "perPage",
            "warehouseId",
            "lowStock",
            "skuPrefix",
            "q",
            "organization",
            "format",
        ):
            found = problem_of(api.get(f"{path}?{name}=1"))
            assert found == (400, "INVALID_REQUEST", [(name, "UNKNOWN_PARAMETER")])

    def test_a_parameter_given_twice_is_refused(self, api: Caller, path: str) -> None:
        for name in self.KNOWN:
            found = problem_of(api.get(f"{path}?{name}=1&{name}=1"))
            assert found == (400, "INVALID_REQUEST", [(name, "REPEATED")])

    def test_an_empty_parameter_is_refused(self, api: Caller, path: str) -> None:
        for name in self.KNOWN:
            for value in ("", "%20", "%09"):
                found = problem_of(api.get(f"{path}?{name}={value}"))
                assert found == (400, "INVALID_REQUEST", [(name, "BLANK")])

    def test_control_characters_are_refused(self, api: Caller, path: str) -> None:
        for value in ("a%00b", "a%0Ab", "%7Fa", "%1B%5B31m"):
            found = problem_of(api.get(f"{path}?sku_prefix={value}"))
            assert found == (400, "INVALID_REQUEST", [("sku_prefix", "INVALID")])

    def test_every_fault_is_named(self, api: Caller, path: str) -> None:
        response = api.get(f"{path}?colour=red&sku_prefix=&page=1&page=2")
        assert problem_of(response) == (
            400,
            "INVALID_REQUEST",
            [("colour", "UNKNOWN_PARAMETER"), ("sku_prefix", "BLANK"), ("page", "REPEATED")],
        )

    def test_a_prefix_longer_than_any_code_is_refused(self, api: Caller, path: str) -> None:
        assert problem_of(api.get(f"{path}?sku_prefix={'a' * 129}"))[:2] == (400, "INVALID_REQUEST")


def test_low_stock_parameter_belongs_to_the_list_only(api: Caller) -> None:
    response = api.get("/api/v1/inventory/low-stock?low_stock=true")
    assert problem_of(response) == (400, "INVALID_REQUEST", [("low_stock", "UNKNOWN_PARAMETER")])


class TestVisibility:
    def test_another_organization_is_not_there(
        self, api: Caller, shelf: Callable[..., list[Sku]], rival: Organization, rival_warehouse: Warehouse
    ) -> None:
        shelf("OURS")
        stock(make_sku(rival, "THEIRS", reorder_point=9), rival_warehouse, 1)

        for path in LISTS:
            response = api.get(path)
            assert codes(response) == ["OURS"]
            assert response.json()["pagination"]["total"] == 1

    def test_a_limited_key_sees_its_warehouses_only(
        self,
        api_with: Callable[..., Caller],
        shelf: Callable[..., list[Sku]],
        warehouse: Warehouse,
        second: Warehouse,
    ) -> None:
        shelf("HERE")
        shelf("THERE", place=second)
        limited = api_with(["inventory.read"], warehouses=[second])

        for path in LISTS:
            response = limited.get(path)
            assert codes(response) == ["THERE"]
            assert response.json()["pagination"]["total"] == 1
            assert codes(limited.get(f"{path}?warehouse_id={second.public_id}")) == ["THERE"]
            hidden = limited.get(f"{path}?warehouse_id={warehouse.public_id}")
            assert problem_of(hidden)[:2] == (404, "WAREHOUSE_NOT_FOUND")

    def test_a_person_limited_to_two_warehouses_sees_these(
        self,
        organization: Organization,
        shelf: Callable[..., list[Sku]],
        warehouse: Warehouse,
        second: Warehouse,
    ) -> None:
        third = make_warehouse(organization, "Third")
        shelf("HERE")
        shelf("THERE", place=second)
        shelf("YONDER", place=third)
        bob = make_person("bob@example.com", {organization: [("Viewer", second), ("Approver", third)]})
        browser = Caller.person(bob)

        assert codes(browser.get("/api/v1/inventory")) == ["THERE", "YONDER"]
        assert browser.get("/api/v1/inventory").json()["pagination"]["total"] == 2
        assert problem_of(browser.get(f"/api/v1/inventory?warehouse_id={warehouse.public_id}"))[0] == 404


def problem_detail(response: Any) -> tuple[int, str, str]:
    status, code, _ = problem_of(response)
    return status, code, response.json()["detail"]
