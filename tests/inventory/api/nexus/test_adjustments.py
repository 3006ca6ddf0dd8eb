"""`GET /api/inventory/:sku/adjustments`: the history of a SKU."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from inventory.models import Sku
from tests.factories import make_bin, make_sku, stock
from tests.inventory.api.callers import Caller, problem_of
from warehouses.models import Organization, Warehouse

HISTORY = "/api/inventory/SKU-001/adjustments"


def deltas(response: Any) -> list[int]:
    assert response.status_code == 200, response.content
    assert response.json()["meta"]["total"] == len(response.json()["data"])
    return [row["delta"] for row in response.json()["data"]]


def at(day: int, hour: int, minute: int = 0, second: int = 0, micro: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, second, micro, tzinfo=UTC)


@pytest.fixture
def in_berlin(organization: Organization) -> None:
    """In March, at UTC+1: the day begins at 23:00 UTC of the day before."""
    type(organization).objects.update(time_zone="Europe/Berlin")


@pytest.fixture
def moves(sku: Sku, warehouse: Warehouse) -> Callable[..., None]:
    """One movement at each instant; the units are 1, 2, 4, 8, … in that order."""

    def make(*instants: datetime) -> None:
        for place, moment in enumerate(instants):
            stock(sku, warehouse, 2**place, recorded_at=moment)

    return make


class TestDates:
    def test_days_are_those_of_the_organization(
        self, api: Caller, in_berlin: None, moves: Callable[..., None]
    ) -> None:
        moves(
            at(11, 22, 59, 59, 999_999),  # the last moment of the 11th in Berlin
            at(11, 23),  # the first of the 12th
            at(12, 22, 59, 59, 999_999),  # the last of the 12th
            at(12, 23),  # the first of the 13th
        )

        assert deltas(api.get(f"{HISTORY}?start_date=2026-03-12")) == [8, 4, 2]
        assert deltas(api.get(f"{HISTORY}?end_date=2026-03-12")) == [4, 2, 1]
        assert deltas(api.get(f"{HISTORY}?start_date=2026-03-12&end_date=2026-03-12")) == [4, 2]
        assert deltas(api.get(f"{HISTORY}?start_date=2026-03-13&end_date=2026-03-12")) == []

    def test_a_day_with_a_change_of_the_clock_is_as_long_as_it_is(
        self, api: Caller, in_berlin: None, moves: Callable[..., None]
    ) -> None:
        """On 29 March 2026 the clock goes forward: the day has 23 hours and ends at 22:00 UTC."""
        moves(at(28, 22, 59), at(28, 23), at(29, 21, 59), at(29, 22))

        assert deltas(api.get(f"{HISTORY}?start_date=2026-03-29&end_date=2026-03-29")) == [4, 2]

    def test_instants_are_taken_as_they_are(
        self, api: Caller, in_berlin: None, moves: Callable[..., None]
    ) -> None:
        moves(at(12, 14), at(12, 14, 0, 0, 500), at(12, 15))

        assert deltas(api.get(f"{HISTORY}?start_date=2026-03-12T14:00:00.0005Z")) == [4, 2]
        assert deltas(api.get(f"{HISTORY}?end_date=2026-03-12T14:00:00Z")) == [1]
        assert deltas(
            api.get(f"{HISTORY}?end_date=2026-03-12T14:00:00.000Z&start_date=2026-03-12T14:00:00Z")
        ) == [1]
        assert deltas(api.get(f"{HISTORY}?start_date=2026-03-12T16:00:00%2B01:00")) == [4]
        assert deltas(api.get(f"{HISTORY}?start_date=2026-03-12T16:00:00+01:00")) == [4]
        assert deltas(api.get(f"{HISTORY}?end_date=2026-03-12T08:00:00-06:00")) == [1]

    @pytest.mark.parametrize("name", ["start_date", "end_date"])
    def test_what_is_no_moment_is_refused_by_name(
        self, api: Caller, moves: Callable[..., None], name: str
    ) -> None:
        moves(at(12, 14))

        for value in (
            *("2026-02-30", "2026-13-01", "2026-3-12", "12.03.2026", "20260312", "2026-W11-4", "2026-W1-11"),
            *(
                "yesterday",
                "1773324000",
                "2026-03-12T14:00:00",
                "2026-03-12T25:00:00Z",
                "2026-03-12T",
                "1e400",
            ),
            *("2026-03-12T14:00:00%2B99:00", "%EF%BC%92026-03-12", "0000-01-01", "10000-01-01", "-001-01-01"),
            *("2026-03-12%27--", "2026-W11-4T14:00:00Z", "20260312T140000Z", "2026-03-12T14Z%00"),
        ):
            found = problem_of(api.get(f"{HISTORY}?{name}={value}"))
            assert found == (400, "INVALID_REQUEST", [(name, "INVALID")]), value

    @pytest.mark.parametrize("zone", ["Asia/Tokyo", "Etc/GMT+12"])
    @pytest.mark.parametrize(
        ("early", "late"),
        [
            ("0001-01-01", "9999-12-31"),
            ("0001-01-02", "9999-12-30"),
            ("0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-12:00"),
            ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"),
        ],
    )
    def test_the_ends_of_the_calendar(
        self,
        api: Caller,
        organization: Organization,
        moves: Callable[..., None],
        zone: str,
        early: str,
        late: str,
    ) -> None:
        """East of Greenwich the first day begins before there are instants, and west of it the last one ends after."""
        type(organization).objects.update(time_zone=zone)
        moves(at(12, 14))

        assert deltas(api.get(f"{HISTORY}?start_date={early}&end_date={late}")) == [1]
        assert deltas(api.get(f"{HISTORY}?start_date={late}")) == []
        assert deltas(api.get(f"{HISTORY}?end_date={early}")) == []


class TestFilters:
    def test_warehouse(self, api: Caller, sku: Sku, warehouse: Warehouse, second: Warehouse) -> None:
        stock(sku, warehouse, 1)
        stock(sku, second, 2)

        assert deltas(api.get(f"{HISTORY}?warehouse_id={second.public_id}")) == [2]
        assert deltas(api.get(HISTORY)) == [2, 1]

    def test_a_warehouse_without_the_sku_has_no_history_of_it(
        self, api: Caller, sku: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        stock(sku, warehouse, 1)

        assert deltas(api.get(f"{HISTORY}?warehouse_id={second.public_id}")) == []

    def test_unknown_and_foreign_warehouses_are_answered_alike(
        self, api: Caller, sku: Sku, warehouse: Warehouse, rival_warehouse: Warehouse
    ) -> None:
        stock(sku, warehouse, 1)

        found = [
            api.get(f"{HISTORY}?warehouse_id={one}")
            for one in (rival_warehouse.public_id, "wh_01h455vb4pex5vsknk084sn02q", "junk")
        ]

        assert {problem_of(one)[:2] for one in found} == {(404, "WAREHOUSE_NOT_FOUND")}
        assert len({one.json()["detail"] for one in found}) == 1

    def test_reason(self, api: Caller, sku: Sku, warehouse: Warehouse) -> None:
        stock(sku, warehouse, 100, code="supplier_receipt")
        stock(sku, warehouse, -7, code="SALE")
        stock(sku, warehouse, 20, code="supplier_receipt")

        assert deltas(api.get(f"{HISTORY}?reason=supplier_receipt")) == [20, 100]
        assert deltas(api.get(f"{HISTORY}?reason=Supplier_Receipt")) == [20, 100]
        assert deltas(api.get(f"{HISTORY}?reason=sale")) == [-7]
        assert deltas(api.get(f"{HISTORY}?reason=DAMAGE")) == []
        assert deltas(api.get(f"{HISTORY}?reason=supplier%25")) == []
        assert deltas(api.get(f"{HISTORY}?reason=no_such_reason")) == []

    def test_filters_narrow_each_other(
        self, api: Caller, sku: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        for place, day in ((warehouse, 10), (second, 12)):
            stock(sku, place, day, code="found", recorded_at=at(day, 12))
            stock(sku, place, -1, code="SALE", recorded_at=at(day, 13))

        query = f"warehouse_id={second.public_id}&reason=found&start_date=2026-03-11&end_date=2026-03-12"
        assert deltas(api.get(f"{HISTORY}?{query}")) == [12]
        assert deltas(api.get(f"{HISTORY}?reason=found&end_date=2026-03-11")) == [10]

    def test_an_unknown_parameter_is_refused_by_name(
        self, api: Caller, sku: Sku, warehouse: Warehouse
    ) -> None:
        stock(sku, warehouse, 1)
        for name in ("sku", "page", "from", "date", "startDate", "warehouse"):
            assert problem_of(api.get(f"{HISTORY}?{name}=1"))[2] == [(name, "UNKNOWN_PARAMETER")]

    def test_repeated_and_empty_parameters_are_refused(
        self, api: Caller, sku: Sku, warehouse: Warehouse
    ) -> None:
        stock(sku, warehouse, 1)
        for name in ("start_date", "end_date", "warehouse_id", "reason", "limit", "cursor"):
            assert problem_of(api.get(f"{HISTORY}?{name}=1&{name}=2"))[2] == [(name, "REPEATED")]
            assert problem_of(api.get(f"{HISTORY}?{name}="))[2] == [(name, "BLANK")]


class TestOrder:
    def test_the_newest_comes_first_whichever_warehouse_was_written_last(
        self, api: Caller, sku: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        """An import writes one warehouse's past after another's; what counts is when it was."""
        for day in (10, 20):
            stock(sku, warehouse, day, recorded_at=at(day, 12))
        for day in (5, 15):
            stock(sku, second, day, recorded_at=at(day, 12))

        assert deltas(api.get(HISTORY)) == [20, 15, 10, 5]

    def test_pages_follow_the_same_order(
        self, api: Caller, sku: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        for place, days in ((warehouse, (10, 20)), (second, (5, 15))):
            for day in days:
                stock(sku, place, day, recorded_at=at(day, 12))

        found: list[int] = []
        cursor = ""
        for _ in range(4):
            page = api.get(f"{HISTORY}?limit=1{cursor}").json()
            found += [row["delta"] for row in page["data"]]
            cursor = f"&cursor={page['meta']['nextCursor']}"

        assert found == [20, 15, 10, 5]
        assert cursor == "&cursor=None"

    def test_the_movements_of_one_instant_read_backwards(
        self, api: Caller, sku: Sku, warehouse: Warehouse
    ) -> None:
        """One request may take from several bins: each row's `before` is the `after` of the row below it."""
        moment = timezone.now()
        for number in range(3):
            stock(sku, warehouse, 10, bin=make_bin(warehouse, f"B-{number}"), recorded_at=moment)
        stock(sku, warehouse, -25, recorded_at=moment)

        rows = api.get(HISTORY).json()["data"]

        assert len(rows) == 6
        assert rows[0]["after_quantity"] == 5
        assert [row["before_quantity"] for row in rows] == [row["after_quantity"] for row in rows[1:]] + [0]

    def test_movements_that_come_in_between_neither_repeat_nor_hide_others(
        self, api: Caller, sku: Sku, warehouse: Warehouse
    ) -> None:
        for number in (1, 2, 3, 4):
            stock(sku, warehouse, number)
        first = api.get(f"{HISTORY}?limit=2").json()
        stock(sku, warehouse, 5)

        second = api.get(f"{HISTORY}?limit=2&cursor={first['meta']['nextCursor']}").json()

        assert [row["delta"] for row in first["data"] + second["data"]] == [4, 3, 2, 1]
        assert second["meta"] == {"total": 5, "limit": 2, "nextCursor": None}


class TestAbsence:
    def test_an_unknown_sku(self, api: Caller) -> None:
        response = api.get("/api/inventory/NOTHING/adjustments")
        assert problem_of(response)[:2] == (404, "INVENTORY_NOT_FOUND")

    def test_a_known_sku_without_a_level(self, api: Caller, sku: Sku) -> None:
        assert problem_of(api.get(HISTORY))[:2] == (404, "INVENTORY_NOT_FOUND")

    def test_another_organizations_sku(
        self, api: Caller, rival: Organization, rival_warehouse: Warehouse
    ) -> None:
        stock(make_sku(rival, "SKU-001"), rival_warehouse, 5)
        assert problem_of(api.get(HISTORY))[:2] == (404, "INVENTORY_NOT_FOUND")

    def test_a_limited_key_sees_its_warehouses_movements_only(
        self,
        api_with: Callable[..., Caller],
        sku: Sku,
        warehouse: Warehouse,
        second: Warehouse,
    ) -> None:
        stock(sku, warehouse, 1)
        limited = api_with(["inventory.read"], warehouses=[second])
        assert problem_of(limited.get(HISTORY))[:2] == (404, "INVENTORY_NOT_FOUND")

        stock(sku, second, 2)

        assert deltas(limited.get(HISTORY)) == [2]
        hidden = limited.get(f"{HISTORY}?warehouse_id={warehouse.public_id}")
        assert problem_of(hidden)[:2] == (404, "WAREHOUSE_NOT_FOUND")


def test_it_is_recorded_when_it_happened_not_when_it_is_read(
    api: Caller, sku: Sku, warehouse: Warehouse
) -> None:
    moment = timezone.now() - timedelta(days=400)
    stock(sku, warehouse, 1, recorded_at=moment)

    (row,) = api.get(HISTORY).json()["data"]

    assert row["created_at"] == moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
