"""`GET /inventory/snapshot`: which instant, which items, JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from inventory import snapshots
from inventory.adjustments import adjust
from inventory.ledger import Line
from inventory.models import Sku, Source, StockItem
from tests.factories import make_bin, make_key, make_organization, make_sku, reason, stock
from tests.inventory.api.callers import Caller, problem_of
from warehouses import transactions
from warehouses.actors import SYSTEM
from warehouses.models import Organization, Room, Warehouse

pytestmark = pytest.mark.django_db

SNAPSHOT = "/api/v1/inventory/snapshot"
HEADING = ["id", "product_id", "product_name", "sku", "location_id", "room_type", "quantity"]
TICK = timedelta(microseconds=1)

Stocked = Callable[..., StockItem]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def units(response: Any) -> dict[str, int]:
    assert response.status_code == 200, response.content
    return {row["sku"]: row["quantity"] for row in response.json()["data"]}


def as_of(response: Any) -> datetime:
    return datetime.fromisoformat(response.json()["as_of"])


def lines(response: Any) -> list[list[str]]:
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(response.streaming_content).decode()
    return list(csv.reader(io.StringIO(text, newline="")))


class TestInstants:
    def test_an_instant_takes_in_what_was_recorded_at_it(self, api: Caller, stocked: Stocked) -> None:
        first, second = at("2025-05-02T12:00:00.123456Z"), at("2025-05-03T12:00:00Z")
        stocked(5, recorded_at=first)
        stocked(2, recorded_at=second)

        for instant, found in (
            (first - TICK, {}),
            (first, {"SKU-001": 5}),
            (second - TICK, {"SKU-001": 5}),
            (second, {"SKU-001": 7}),
            (second + TICK, {"SKU-001": 7}),
        ):
            for text in (instant.isoformat(), instant.astimezone(UTC).isoformat().replace("+00:00", "Z")):
                response = api.get(f"{SNAPSHOT}?date={text.replace('+', '%2B')}")
                assert units(response) == found
                assert as_of(response) == instant

    def test_an_offset_is_heeded(self, api: Caller, stocked: Stocked) -> None:
        stocked(5, recorded_at=at("2025-05-02T12:00:00Z"))
        for text, found in (
            ("2025-05-02T13:59:59%2B02:00", {}),
            ("2025-05-02T14:00:00%2B02:00", {"SKU-001": 5}),
            ("2025-05-02T14:00:00+02:00", {"SKU-001": 5}),  # a bare + is read as a blank
            ("2025-05-02T06:59:59-05:00", {}),
            ("2025-05-02T07:00:00-05:00", {"SKU-001": 5}),
        ):
            assert units(api.get(f"{SNAPSHOT}?date={text}")) == found, text

    @pytest.mark.parametrize(
        ("zone", "day", "end"),
        [
            ("UTC", "2025-01-27", "2025-01-27T23:59:59.999999Z"),
            ("Europe/Berlin", "2025-01-27", "2025-01-27T22:59:59.999999Z"),
            ("Europe/Berlin", "2025-03-29", "2025-03-29T22:59:59.999999Z"),  # 23 hours long is the next
            ("Europe/Berlin", "2025-03-30", "2025-03-30T21:59:59.999999Z"),
            ("Europe/Berlin", "2025-10-25", "2025-10-25T21:59:59.999999Z"),
            ("Europe/Berlin", "2025-10-26", "2025-10-26T22:59:59.999999Z"),  # of 25 hours
            ("America/New_York", "2025-03-09", "2025-03-10T03:59:59.999999Z"),
            ("Asia/Kathmandu", "2025-01-27", "2025-01-27T18:14:59.999999Z"),
            ("Africa/Cairo", "2025-04-24", "2025-04-24T21:59:59.999999Z"),  # the next day begins at 1 o'clock
            ("Pacific/Kiritimati", "2025-01-27", "2025-01-27T09:59:59.999999Z"),
        ],
    )
    def test_a_day_is_its_end_where_the_organization_is(self, zone: str, day: str, end: str) -> None:
        organization = make_organization("Somewhere", time_zone=zone)
        caller = Caller(Authorization=f"Bearer {make_key(organization)}")
        place = Warehouse.objects.get(organization=organization)
        last = at(end)
        for number, moment in enumerate((last - timedelta(hours=30), last, last + TICK)):
            stock(make_sku(organization, f"S-{number}"), place, 1, recorded_at=moment)

        response = caller.get(f"{SNAPSHOT}?date={day}")

        assert list(units(response)) == ["S-0", "S-1"]
        assert as_of(response) == last

    def test_without_a_date_and_today_it_is_the_present(
        self, api: Caller, organization: Organization, stocked: Stocked
    ) -> None:
        stocked(5)
        for query in ("", f"?date={organization.today()}"):
            before = timezone.now()
            response = api.get(f"{SNAPSHOT}{query}")
            assert units(response) == {"SKU-001": 5}
            assert before <= as_of(response) <= timezone.now()

    def test_the_instant_that_was_read_can_be_read_again(self, api: Caller, stocked: Stocked) -> None:
        stocked(5)
        told = api.get(SNAPSHOT).json()["as_of"]
        assert len(told) == len("2026-01-27T10:30:00.123456Z")
        stocked(3)

        response = api.get(f"{SNAPSHOT}?date={told}")

        assert (units(response), response.json()["as_of"]) == ({"SKU-001": 5}, told)

    def test_before_anything_was_recorded(self, api: Caller, item: StockItem) -> None:
        for text in ("2001-01-01", "0001-01-01", "0001-01-01T00:00:00%2B14:00", "1969-12-31T23:59:59Z"):
            response = api.get(f"{SNAPSHOT}?date={text}")
            assert units(response) == {}
            assert response.json()["pagination"] == {"page": 1, "limit": 50, "total": 0}

    @pytest.mark.parametrize(
        "text",
        [
            *(
                "9999-12-31",
                "2999-01-01T00:00:00Z",
                "9999-12-31T23:59:59.999999-14:00",
                "2999-01-01T00:00:00-14:00",
            ),
            *("{tomorrow}", "{soon}"),
        ],
    )
    def test_the_future_is_refused(self, api: Caller, organization: Organization, text: str) -> None:
        named = text.format(
            tomorrow=organization.today() + timedelta(days=1),
            soon=(timezone.now() + timedelta(seconds=30)).isoformat().replace("+", "%2B"),
        )
        for accept in ("application/json", "text/csv"):
            response = api.get(f"{SNAPSHOT}?date={named}", Accept=accept)
            assert problem_of(response) == (400, "INVALID_REQUEST", [("date", "FUTURE")])

    def test_today_is_not_the_future_anywhere(self) -> None:
        for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
            organization = make_organization(zone, time_zone=zone)
            caller = Caller(Authorization=f"Bearer {make_key(organization)}")
            today = organization.today()
            assert caller.get(f"{SNAPSHOT}?date={today}").status_code == 200
            tomorrow = today + timedelta(days=1)
            assert problem_of(caller.get(f"{SNAPSHOT}?date={tomorrow}"))[2] == [("date", "FUTURE")]

    @pytest.mark.parametrize(
        "text",
        [
            *(
                "yesterday",
                "2025-02-30",
                "2025-13-01",
                "25-01-01",
                "2025-1-1",
                "20250101",
                "2025-W01-1",
                "1767225600",
            ),
            *(
                "2025-01-01T00:00:00",
                "2025-01-01 00:00",
                "2025-01-01T25:00:00Z",
                "2025-01-01T00:00:00%2B99:00",
            ),
            *("01/02/2025", "2025-01-01Z", "２０２５-01-01", "null", "2025-01-01,2025-01-02", "x" * 3000),
        ],
    )
    def test_what_is_neither_a_day_nor_an_instant(self, api: Caller, text: str) -> None:
        assert problem_of(api.get(f"{SNAPSHOT}?date={text}")) == (
            400,
            "INVALID_REQUEST",
            [("date", "INVALID")],
        )

    @pytest.mark.parametrize("name", ["room_type", "category", "low_stock", "start_date", "format", "as_of"])
    def test_what_is_no_parameter_here(self, api: Caller, name: str) -> None:
        assert problem_of(api.get(f"{SNAPSHOT}?{name}=1"))[2] == [(name, "UNKNOWN_PARAMETER")]


class TestRows:
    def test_what_is_entered_late_changes_no_snapshot_of_before(
        self, api: Caller, organization: Organization, stocked: Stocked, sku: Sku, warehouse: Warehouse
    ) -> None:
        stocked(5, recorded_at=at("2025-05-02T12:00:00Z"))
        before = api.get(f"{SNAPSHOT}?date=2025-05-03")
        late = Line(
            sku=sku,
            warehouse=warehouse,
            quantity=-2,
            reason=reason(organization, "SALE"),
            occurred_at=at("2025-05-02T18:00:00Z"),
        )
        transactions.run(
            lambda: adjust(
                organization=organization,
                actor=SYSTEM,
                source=Source.SYNC,
                lines=[late],
                recorded_at=at("2025-05-04T09:00:00Z"),
            )
        )

        assert api.get(f"{SNAPSHOT}?date=2025-05-03").json() == before.json()
        assert units(api.get(f"{SNAPSHOT}?date=2025-05-04")) == {"SKU-001": 3}

    def test_names_and_rooms_are_todays(self, api: Caller, item: StockItem) -> None:
        told = api.get(SNAPSHOT).json()["as_of"]
        Sku.objects.update(title="Renamed")
        Room.objects.update(room_type="vault")

        (row,) = api.get(f"{SNAPSHOT}?date={told}").json()["data"]

        assert (row["product_name"], row["room_type"]) == ("Renamed", "vault")

    def test_of_one_location(self, api: Caller, item: StockItem, second: Warehouse) -> None:
        stock(item.sku, second, 9)

        response = api.get(f"{SNAPSHOT}?location_id={second.public_id}")

        assert [(row["location_id"], row["quantity"]) for row in response.json()["data"]] == [
            (second.public_id, 9)
        ]
        assert response.json()["pagination"]["total"] == 1

    def test_pages(self, api: Caller, organization: Organization, warehouse: Warehouse) -> None:
        for number in range(5):
            stock(make_sku(organization, f"S-{number}"), warehouse, number + 1)

        pages = [api.get(f"{SNAPSHOT}?limit=2&page={page}") for page in (1, 2, 3, 4)]

        assert [list(units(page)) for page in pages] == [["S-0", "S-1"], ["S-2", "S-3"], ["S-4"], []]
        assert [page.json()["pagination"] for page in pages] == [
            {"page": page, "limit": 2, "total": 5} for page in (1, 2, 3, 4)
        ]
        assert problem_of(api.get(f"{SNAPSHOT}?limit=101"))[2] == [("limit", "INVALID")]

    def test_only_what_the_caller_may_see(
        self,
        api: Caller,
        api_with: Callable[..., Caller],
        item: StockItem,
        second: Warehouse,
        rival: Organization,
        rival_warehouse: Warehouse,
    ) -> None:
        stock(item.sku, second, 9)
        stock(make_sku(rival, "SECRET"), rival_warehouse, 5)
        limited = api_with(warehouses=[second])

        assert list(units(limited.get(SNAPSHOT)).values()) == [9]
        assert [row[-1] for row in lines(limited.get(SNAPSHOT, Accept="text/csv"))[1:]] == ["9"]
        assert "SECRET" not in str(units(api.get(SNAPSHOT)))
        assert "SECRET" not in str(lines(api.get(SNAPSHOT, Accept="text/csv")))


class TestAccept:
    @pytest.mark.parametrize(
        ("accept", "media_type"),
        [
            ("", "application/json"),
            ("*/*", "application/json"),
            ("application/json", "application/json"),
            ("application/*", "application/json"),
            ("text/csv", "text/csv"),
            ("TEXT/CSV; charset=utf-8", "text/csv"),
            ("text/*", "text/csv"),
            ("text/csv, application/json", "application/json"),
            ("text/csv, */*", "application/json"),
            ("text/csv, */*;q=0.1", "text/csv"),
            ("text/csv;q=0.9, application/json;q=0.8", "text/csv"),
            ("text/csv;q=0.8, application/json;q=0.9", "application/json"),
            ("text/csv;q=0.5, */*;q=0.5", "application/json"),
            ("application/json;q=0, */*", "text/csv"),
            ("text/html, text/csv;q=0.2", "text/csv"),
            ("application/problem+json, text/csv;q=0.5", "application/json"),
            ("text/csv;q=nonsense", "text/csv"),
            ("text/csv;q=2, application/json", "application/json"),
        ],
    )
    def test_what_is_preferred(self, api: Caller, item: StockItem, accept: str, media_type: str) -> None:
        response = api.get(SNAPSHOT, Accept=accept)
        assert response.status_code == 200
        assert response["Content-Type"].split(";")[0] == media_type
        assert "Accept" in response["Vary"]

    @pytest.mark.parametrize(
        "accept", ["text/html", "image/*", "text/csv;q=0", "*/*;q=0", "application/json;q=0.0, text/csv;q=0"]
    )
    def test_neither(self, api: Caller, accept: str) -> None:
        assert problem_of(api.get(SNAPSHOT, Accept=accept))[:2] == (406, "NOT_ACCEPTABLE")


class TestCsv:
    def file(self, api: Caller, query: str = "") -> Any:
        return api.get(f"{SNAPSHOT}{query}", Accept="text/csv")

    def test_it_has_what_the_json_has(self, api: Caller, stocked: Stocked, warehouse: Warehouse) -> None:
        stocked(5)
        stocked(7, bin=make_bin(warehouse, "A-1"))
        rows = api.get(SNAPSHOT).json()["data"]

        found = lines(self.file(api))

        assert found == [HEADING, *([str(value) for value in row.values()] for row in rows)]

    def test_all_items_however_many(
        self, api: Caller, organization: Organization, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """More than a page may hold, and more than are read at once."""
        monkeypatch.setattr(snapshots, "_ROWS_AT_ONCE", 40)
        for number in range(107):
            stock(make_sku(organization, f"S-{number}"), warehouse, number + 1)

        found = lines(self.file(api))

        assert [row[3] for row in found[1:]] == [f"S-{number}" for number in range(107)]
        assert [row[-1] for row in found[1:]] == [str(number + 1) for number in range(107)]

    def test_a_page_where_one_is_named(
        self, api: Caller, organization: Organization, warehouse: Warehouse
    ) -> None:
        for number in range(5):
            stock(make_sku(organization, f"S-{number}"), warehouse, 1)
        for query, codes in (
            ("?limit=2", ["S-0", "S-1"]),
            ("?limit=2&page=3", ["S-4"]),
            ("?page=2", []),
            ("?page=1", [f"S-{number}" for number in range(5)]),
        ):
            assert [row[3] for row in lines(self.file(api, query))[1:]] == codes, query
        assert problem_of(self.file(api, "?limit=101"))[2] == [("limit", "INVALID")]

    def test_it_is_of_one_instant_although_it_takes_a_while(
        self, api: Caller, organization: Organization, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(snapshots, "_ROWS_AT_ONCE", 2)
        skus = [make_sku(organization, f"S-{number}") for number in range(6)]
        for sku in skus:
            stock(sku, warehouse, 5)
        response = self.file(api)

        for sku in skus:
            stock(sku, warehouse, -5)

        assert [row[-1] for row in lines(response)[1:]] == ["5"] * 6

    def test_of_a_day_and_a_location(self, api: Caller, stocked: Stocked, second: Warehouse) -> None:
        stocked(5, recorded_at=at("2025-05-02T12:00:00Z"))
        stocked(3, place=second, recorded_at=at("2025-05-02T12:00:00Z"))
        stocked(9, place=second, recorded_at=at("2025-05-04T12:00:00Z"))

        response = self.file(api, f"?date=2025-05-03&location_id={second.public_id}")

        assert response["Content-Disposition"] == 'attachment; filename="inventory-2025-05-03T235959Z.csv"'
        assert [row[-1] for row in lines(response)[1:]] == ["3"]

    def test_nothing_is_a_heading(self, api: Caller) -> None:
        for query in ("", "?date=2001-01-01", "?page=1"):
            assert lines(self.file(api, query)) == [HEADING]

    def test_no_text_is_a_formula(
        self, api: Caller, organization: Organization, warehouse: Warehouse
    ) -> None:
        titles = ["=HYPERLINK(1)", "+1", "-1", "@x", "a=1", 'say "x", or not', "Grüße"]
        for number, title in enumerate(titles):
            code = f"-{number}" if number < 2 else f"S-{number}"
            stock(make_sku(organization, code, title=title), warehouse, 1)

        found = lines(self.file(api))[1:]

        assert [row[2] for row in found] == [
            "'=HYPERLINK(1)",
            "'+1",
            "'-1",
            "'@x",
            "a=1",
            'say "x", or not',
            "Grüße",
        ]
        assert [row[3] for row in found][:3] == ["'-0", "'-1", "S-2"]
        assert {row[-1] for row in found} == {"1"}

    def test_head(self, api: Caller, item: StockItem) -> None:
        response = api.send("HEAD", SNAPSHOT, headers={"Accept": "text/csv"})
        assert (response.status_code, response.content) == (200, b"")
        assert response["Content-Type"] == self.file(api)["Content-Type"]

    def test_it_has_the_headers_of_every_answer(self, api: Caller, item: StockItem) -> None:
        response = self.file(api)
        assert (response["X-API-Contract"], response["Cache-Control"]) == ("pos", "no-store")
        assert "RateLimit" in response

    @pytest.mark.parametrize(
        ("query", "status"), [("?location_id=junk", 404), ("?nonsense=1", 400), ("?date=x", 400)]
    )
    def test_what_goes_wrong_is_a_problem(self, api: Caller, query: str, status: int) -> None:
        assert problem_of(self.file(api, query))[0] == status
