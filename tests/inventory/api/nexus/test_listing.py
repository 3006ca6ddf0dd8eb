"""`GET /api/inventory`: filters, totals, cursors."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable
from typing import Any

import pytest

from inventory.formulas import status
from inventory.models import Sku
from tests.factories import make_person, make_sku, make_warehouse, pretend_reserved, stock
from tests.inventory.api.callers import Caller, problem_of
from warehouses.models import Organization, Warehouse

pytestmark = pytest.mark.django_db

LIST = "/api/inventory"


def codes(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["sku"] for row in response.json()["data"]]


def walk(api: Caller, path: str, column: str = "sku") -> list[str]:
    """All rows of all pages, the totals of which agree."""
    found: list[str] = []
    page = api.get(path).json()
    total = page["meta"]["total"]
    while True:
        found += [row[column] for row in page["data"]]
        assert page["meta"]["total"] == total
        cursor = page["meta"]["nextCursor"]
        if cursor is None:
            return found
        assert page["data"]
        page = api.get(f"{path}{'&' if '?' in path else '?'}cursor={cursor}").json()


@pytest.fixture
def shelf(organization: Organization, warehouse: Warehouse) -> Callable[..., list[Sku]]:
    def fill(*names: str, place: Warehouse = warehouse, quantity: int = 100) -> list[Sku]:
        skus = [make_sku(organization, name, safety_stock=5, reorder_point=20) for name in names]
        for sku in skus:
            stock(sku, place, 1)
            if quantity != 1:
                stock(sku, place, quantity - 1)
        return skus

    return fill


class TestFilters:
    @pytest.mark.parametrize(
        ("quantity", "status"),
        [
            *((0, "out_of_stock"), (1, "critical"), (5, "critical"), (6, "low"), (19, "low")),
            *((20, "normal"), (21, "normal")),
        ],
    )
    def test_each_status_at_its_edges(
        self, api: Caller, shelf: Callable[..., list[Sku]], quantity: int, status: str
    ) -> None:
        shelf("S", quantity=quantity)

        for asked in ("normal", "low", "critical", "out_of_stock"):
            response = api.get(f"{LIST}?status={asked}")
            assert codes(response) == (["S"] if asked == status else [])
            assert response.json()["meta"]["total"] == (asked == status)
        assert api.get(LIST).json()["data"][0]["status"] == status
        assert api.get(f"{LIST}/S").json()["status"] == status

    def test_more_promised_than_there_is_out_of_stock(
        self, api: Caller, shelf: Callable[..., list[Sku]], warehouse: Warehouse
    ) -> None:
        (sku,) = shelf("S", quantity=10)
        pretend_reserved(sku, warehouse, 12)

        (found,) = api.get(f"{LIST}?status=out_of_stock").json()["data"]

        assert (found["total_available"], found["warehouses"][0]["available"]) == (-7, -7)

    def test_no_other_status(self, api: Caller) -> None:
        for value in ("Normal", "NORMAL", "out-of-stock", "in_stock", "1", "normal,low", "n%D0%BErmal"):
            found = problem_of(api.get(f"{LIST}?status={value}"))
            assert found == (400, "INVALID_REQUEST", [("status", "INVALID_CHOICE")]), value

    def test_status_is_that_of_the_sums(
        self, api: Caller, shelf: Callable[..., list[Sku]], warehouse: Warehouse, second: Warehouse
    ) -> None:
        (sku,) = shelf("S", quantity=3)  # critical here
        stock(sku, second, 300)  # normal over both

        assert codes(api.get(f"{LIST}?status=normal")) == ["S"]
        assert codes(api.get(f"{LIST}?status=critical")) == []
        assert codes(api.get(f"{LIST}?status=critical&warehouse_id={warehouse.public_id}")) == ["S"]
        assert codes(api.get(f"{LIST}?status=normal&warehouse_id={warehouse.public_id}")) == []

    def test_one_warehouse_shows_its_row_and_its_sums_only(
        self, api: Caller, shelf: Callable[..., list[Sku]], second: Warehouse
    ) -> None:
        (sku, _) = shelf("BOTH", "HERE", quantity=30)
        stock(sku, second, 3)

        response = api.get(f"{LIST}?warehouse_id={second.public_id}")

        assert response.json() == {
            "data": [
                {
                    "sku": "BOTH",
                    "title": "Title of BOTH",
                    "total_on_hand": 3,
                    "total_reserved": 0,
                    "total_available": -2,
                    "safety_stock": 5,
                    "status": "critical",
                    "warehouses": [
                        {
                            "warehouse_id": second.public_id,
                            "name": "Second warehouse",
                            "on_hand": 3,
                            "reserved": 0,
                            "available": -2,
                        }
                    ],
                }
            ],
            "meta": {"total": 1, "limit": 50, "nextCursor": None},
        }

    def test_unknown_malformed_and_foreign_warehouses_are_answered_alike(
        self, api: Caller, rival_warehouse: Warehouse
    ) -> None:
        ids = [
            rival_warehouse.public_id,
            "wh_01h455vb4pex5vsknk084sn02q",
            "x",
            "sku_01h455vb4pex5vsknk084sn02q",
        ]

        found = [api.get(f"{LIST}?warehouse_id={one}") for one in ids]

        assert {problem_of(one)[:2] for one in found} == {(404, "WAREHOUSE_NOT_FOUND")}
        assert len({one.json()["detail"] for one in found}) == 1

    def test_sku(self, api: Caller, shelf: Callable[..., list[Sku]]) -> None:
        shelf("SKU-001", "SKU-0011")

        for value, found in (
            ("SKU-001", ["SKU-001"]),
            ("sku-001", ["SKU-001"]),
            ("SKU-00", []),
            ("SKU%25", []),
            ("SKU-00_", []),
            ("nothing", []),
            ("%EF%BC%B3KU-001", ["SKU-001"]),
        ):
            response = api.get(f"{LIST}?sku={value}")
            assert codes(response) == found, value
            assert response.json()["meta"]["total"] == len(found)

    def test_filters_narrow_each_other(
        self, api: Caller, shelf: Callable[..., list[Sku]], warehouse: Warehouse, second: Warehouse
    ) -> None:
        shelf("A", quantity=3)
        shelf("B", quantity=3, place=second)

        assert codes(api.get(f"{LIST}?status=critical&sku=a&warehouse_id={warehouse.public_id}")) == ["A"]
        assert codes(api.get(f"{LIST}?status=critical&sku=b&warehouse_id={warehouse.public_id}")) == []
        assert codes(api.get(f"{LIST}?status=normal&sku=a")) == []

    def test_an_unknown_parameter_is_refused_by_name(self, api: Caller) -> None:
        for name in ("page", "per_page", "low_stock", "sku_prefix", "organization", "Limit", "lot"):
            found = problem_of(api.get(f"/nexus{LIST}?{name}=1"))
            assert found == (400, "INVALID_REQUEST", [(name, "UNKNOWN_PARAMETER")])

    def test_repeated_and_empty_parameters_are_refused(self, api: Caller) -> None:
        for name in ("limit", "cursor", "status", "warehouse_id", "sku"):
            assert problem_of(api.get(f"{LIST}?{name}=1&{name}=1"))[2] == [(name, "REPEATED")]
            assert problem_of(api.get(f"{LIST}?{name}="))[2] == [(name, "BLANK")]
            assert problem_of(api.get(f"{LIST}?{name}=a%00"))[2] == [(name, "INVALID")]


class TestLimit:
    def test_default_and_maximum(self, api: Caller) -> None:
        assert api.get(LIST).json()["meta"] == {"total": 0, "limit": 50, "nextCursor": None}
        assert api.get(f"{LIST}?limit=200").json()["meta"]["limit"] == 200

    def test_others_are_refused_by_name(self, api: Caller) -> None:
        for value in (
            *("0", "-1", "201", "1.0", "1e2", "%EF%BC%91", "+1", "%201", "9" * 20, "9" * 5000, "abc", "NaN"),
        ):
            found = problem_of(api.get(f"{LIST}?limit={value}"))
            assert found == (400, "INVALID_REQUEST", [("limit", "INVALID")]), value


class TestCursor:
    @pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
    def test_walking_shows_every_row_once_in_order(
        self, api: Caller, shelf: Callable[..., list[Sku]], limit: int
    ) -> None:
        names = ["A", "B B", "C-1", "C-10", "C-2", "Ä", "€"]
        shelf(*reversed(names))

        found = walk(api, f"{LIST}?limit={limit}")

        assert sorted(found) == sorted(names)
        assert found == walk(api, f"{LIST}?limit=200")

    @pytest.mark.parametrize("filters", ["status=normal", "warehouse_id={}", "status=normal&warehouse_id={}"])
    def test_walking_a_filtered_listing(
        self,
        api: Caller,
        shelf: Callable[..., list[Sku]],
        warehouse: Warehouse,
        second: Warehouse,
        filters: str,
    ) -> None:
        shelf("A", "C", "E")
        shelf("B", "D", quantity=3, place=second)

        assert walk(api, f"{LIST}?limit=1&{filters.format(warehouse.public_id)}") == ["A", "C", "E"]

    def test_rows_that_come_in_between_neither_repeat_nor_hide_others(
        self, api: Caller, shelf: Callable[..., list[Sku]]
    ) -> None:
        shelf("B", "D", "F", "H")
        first = api.get(f"{LIST}?limit=2").json()
        assert [row["sku"] for row in first["data"]] == ["B", "D"]

        shelf("A", "C", "E", "Z")
        second = api.get(f"{LIST}?limit=2&cursor={first['meta']['nextCursor']}").json()
        third = api.get(f"{LIST}?limit=2&cursor={second['meta']['nextCursor']}").json()

        assert [row["sku"] for row in second["data"]] == ["E", "F"]
        assert [row["sku"] for row in third["data"]] == ["H", "Z"]
        assert third["meta"] == {"total": 8, "limit": 2, "nextCursor": None}

    def test_the_same_cursor_gives_the_same_page_and_another_limit_may_follow(
        self, api: Caller, shelf: Callable[..., list[Sku]]
    ) -> None:
        shelf("A", "B", "C", "D")
        cursor = api.get(f"{LIST}?limit=1").json()["meta"]["nextCursor"]

        assert codes(api.get(f"{LIST}?limit=1&cursor={cursor}")) == ["B"]
        assert codes(api.get(f"{LIST}?limit=1&cursor={cursor}")) == ["B"]
        assert codes(api.get(f"{LIST}?cursor={cursor}")) == ["B", "C", "D"]

    def test_a_sku_that_is_gone_from_the_page_edge_does_not_break_the_walk(
        self, api: Caller, shelf: Callable[..., list[Sku]]
    ) -> None:
        (_, renamed, _) = shelf("A", "B", "C")
        cursor = api.get(f"{LIST}?limit=2").json()["meta"]["nextCursor"]
        renamed.code = "ZZ"
        renamed.save()

        assert codes(api.get(f"{LIST}?limit=2&cursor={cursor}")) == ["C", "ZZ"]

    @pytest.mark.parametrize("code", ["x" * 64, "🎁" * 64, "ﷺ" * 7, "\\" * 64, '"' * 64])
    def test_the_longest_codes_have_cursors_too(
        self, api: Caller, shelf: Callable[..., list[Sku]], code: str
    ) -> None:
        """A cursor that we made ourselves is never too long for us."""
        shelf(code, "~~~", "😀")

        assert sorted(walk(api, f"{LIST}?limit=1")) == sorted([code, "~~~", "😀"])

    def test_it_is_a_token_of_url_safe_characters(self, api: Caller, shelf: Callable[..., list[Sku]]) -> None:
        shelf("A B/ü+%", "Z")
        cursor = api.get(f"{LIST}?limit=1").json()["meta"]["nextCursor"]

        assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:~")
        assert codes(api.get(f"{LIST}?limit=1&cursor={cursor}")) == ["Z"]

    def test_tampering_is_refused(self, api: Caller, shelf: Callable[..., list[Sku]]) -> None:
        shelf("A", "B", "C")
        cursor = api.get(f"{LIST}?limit=1").json()["meta"]["nextCursor"]
        forged = base64.urlsafe_b64encode(b'"0"').decode().rstrip("=")
        others = [
            cursor[:-1],
            cursor + "A",
            cursor[1:],
            cursor.swapcase(),
            f"{forged}{cursor[cursor.index(':') :]}",
            cursor.split(":")[0],
            *("A", "1", "null", "cursor_abc123", ":::", "%2e", "a" * 999, "a" * 5000),
        ]

        for other in others:
            assert problem_of(api.get(f"{LIST}?limit=1&cursor={other}")) == (
                400,
                "INVALID_CURSOR",
                [("cursor", "INVALID_CURSOR")],
            ), other

    def test_other_filters_refuse_it(
        self, api: Caller, shelf: Callable[..., list[Sku]], warehouse: Warehouse
    ) -> None:
        shelf("A", "B", "C")
        cursor = api.get(f"{LIST}?limit=1&status=normal").json()["meta"]["nextCursor"]

        for query in ("", "status=low&", f"status=normal&warehouse_id={warehouse.public_id}&", "sku=a&"):
            assert problem_of(api.get(f"{LIST}?{query}cursor={cursor}"))[:2] == (400, "INVALID_CURSOR")

    def test_another_listing_refuses_it(self, api: Caller, shelf: Callable[..., list[Sku]]) -> None:
        shelf("A", "B")
        of_list = api.get(f"{LIST}?limit=1").json()["meta"]["nextCursor"]
        of_history = api.get(f"{LIST}/A/adjustments?limit=1").json()["meta"]["nextCursor"]
        assert of_history is not None

        for path, cursor in (
            (f"{LIST}/A/adjustments", of_list),
            (LIST, of_history),
            (f"{LIST}/B/adjustments", of_history),
        ):
            assert problem_of(api.get(f"{path}?cursor={cursor}"))[:2] == (400, "INVALID_CURSOR")

    def test_another_organization_refuses_it(
        self, api: Caller, shelf: Callable[..., list[Sku]], rival: Organization, rival_warehouse: Warehouse
    ) -> None:
        from tests.factories import make_key

        shelf("A", "B")
        stock(make_sku(rival, "B"), rival_warehouse, 5)
        cursor = api.get(f"{LIST}?limit=1").json()["meta"]["nextCursor"]

        theirs = Caller(make_key(rival))
        assert problem_of(theirs.get(f"{LIST}?cursor={cursor}"))[:2] == (400, "INVALID_CURSOR")

    def test_it_goes_on_at_the_prefixed_address(self, api: Caller, shelf: Callable[..., list[Sku]]) -> None:
        shelf("A", "B")
        cursor = api.get(f"{LIST}?limit=1").json()["meta"]["nextCursor"]

        assert codes(api.get(f"/nexus{LIST}/?cursor={cursor}")) == ["B"]


class TestVisibility:
    @pytest.fixture
    def third(self, organization: Organization) -> Warehouse:
        return make_warehouse(organization, "Third")

    def test_another_organization_is_not_there(
        self, api: Caller, shelf: Callable[..., list[Sku]], rival: Organization, rival_warehouse: Warehouse
    ) -> None:
        shelf("OURS")
        stock(make_sku(rival, "THEIRS"), rival_warehouse, 1)

        assert codes(api.get(LIST)) == ["OURS"]
        assert api.get(LIST).json()["meta"]["total"] == 1

    def test_a_key_limited_to_one_warehouse(
        self,
        api_with: Callable[..., Caller],
        shelf: Callable[..., list[Sku]],
        warehouse: Warehouse,
        second: Warehouse,
    ) -> None:
        (both, _) = shelf("BOTH", "HERE")
        stock(both, second, 3)
        limited = api_with(["inventory:read"], warehouses=[second])

        response = limited.get(LIST)

        assert codes(response) == ["BOTH"]
        assert response.json()["meta"]["total"] == 1
        (row,) = response.json()["data"]
        assert (row["total_on_hand"], row["status"], len(row["warehouses"])) == (3, "critical", 1)
        assert codes(limited.get(f"{LIST}?status=critical")) == ["BOTH"]
        assert codes(limited.get(f"{LIST}?status=normal")) == []
        assert limited.get(f"{LIST}/BOTH").json() == row
        assert problem_of(limited.get(f"{LIST}/HERE"))[:2] == (404, "INVENTORY_NOT_FOUND")
        assert [one["id"] for one in limited.get(f"{LIST}/warehouses").json()["data"]] == [second.public_id]
        hidden = limited.get(f"{LIST}?warehouse_id={warehouse.public_id}")
        assert problem_of(hidden)[:2] == (404, "WAREHOUSE_NOT_FOUND")

    def test_totals_and_status_are_those_of_the_two_warehouses_one_may_see(
        self,
        organization: Organization,
        shelf: Callable[..., list[Sku]],
        warehouse: Warehouse,
        second: Warehouse,
        third: Warehouse,
    ) -> None:
        """100 + 3 + 4 in all: normal for Alice, critical (7 against a safety stock of 10) for Bob."""
        (sku, _) = shelf("BOTH", "HERE")
        stock(sku, second, 3)
        stock(sku, third, 4)
        shelf("YONDER", place=third)
        bob = make_person("bob@example.com", {organization: [("Viewer", second), ("Viewer", third)]})
        browser = Caller.person(bob)
        path = f"/nexus{LIST}"

        (row, _) = browser.get(path).json()["data"]

        assert codes(browser.get(path)) == ["BOTH", "YONDER"]
        assert browser.get(path).json()["meta"]["total"] == 2
        assert (row["total_on_hand"], row["safety_stock"], row["status"]) == (7, 10, "critical")
        assert [one["warehouse_id"] for one in row["warehouses"]] == [second.public_id, third.public_id]
        assert codes(browser.get(f"{path}?status=critical")) == ["BOTH"]
        assert codes(browser.get(f"{path}?status=normal")) == ["YONDER"]
        assert browser.get(f"{path}?status=critical").json()["meta"]["total"] == 1
        assert walk(browser, f"{path}?limit=1") == ["BOTH", "YONDER"]
        assert browser.get(f"{path}/BOTH").json() == row
        rows = browser.get(f"{path}/BOTH/adjustments").json()
        assert {one["warehouse_id"] for one in rows["data"]} == {second.public_id, third.public_id}
        assert rows["meta"]["total"] == 2

    def test_the_status_filter_and_the_status_shown_agree_for_every_mixture(
        self,
        organization: Organization,
        warehouse: Warehouse,
        second: Warehouse,
        third: Warehouse,
    ) -> None:
        """Two warehouses seen of three, each with nothing, little or enough: the third is plenty for all."""
        edges = (0, 5, 6, 20, 60)
        for here, there in itertools.product(edges, edges):
            sku = make_sku(organization, f"{here}-{there}", safety_stock=5, reorder_point=20)
            stock(sku, warehouse, 1000)
            for place, quantity in ((second, here), (third, there)):
                stock(sku, place, quantity + 3)
                pretend_reserved(sku, place, 3)
        bob = make_person("bob@example.com", {organization: [("Viewer", second), ("Viewer", third)]})
        browser = Caller.person(bob)
        shown = browser.get(f"/nexus{LIST}").json()["data"]
        assert {row["sku"]: row["status"] for row in shown} == {
            f"{here}-{there}": status(available=here + there, safety_stock=10, reorder_point=40).value
            for here, there in itertools.product(edges, edges)
        }
        assert {row["status"] for row in shown} == {"normal", "low", "critical", "out_of_stock"}

        for asked in ("normal", "low", "critical", "out_of_stock"):
            found = browser.get(f"/nexus{LIST}?status={asked}").json()
            assert found["data"] == [row for row in shown if row["status"] == asked]
            assert found["meta"]["total"] == len(found["data"])

    def test_an_inactive_warehouse_is_still_shown(
        self, api: Caller, shelf: Callable[..., list[Sku]], second: Warehouse
    ) -> None:
        shelf("THERE", place=second)
        Warehouse.objects.filter(pk=second.pk).update(is_active=False)

        assert codes(api.get(f"{LIST}?warehouse_id={second.public_id}")) == ["THERE"]
        assert [one["is_active"] for one in api.get(f"{LIST}/warehouses").json()["data"]] == [True, False]


def test_warehouses_take_no_parameter(api: Caller) -> None:
    assert problem_of(api.get("/api/inventory/warehouses?limit=3"))[2] == [("limit", "UNKNOWN_PARAMETER")]


def test_one_sku_takes_no_parameter(api: Caller, sku: Sku) -> None:
    response = api.get("/api/inventory/SKU-001?warehouse_id=x")
    assert problem_of(response) == (400, "INVALID_REQUEST", [("warehouse_id", "UNKNOWN_PARAMETER")])
