"""What is read about many stock requests together, and about what can be asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.models import Barcode, Sku, StockLevel
from stock_requests.api.reads import documentation
from stock_requests.drafting import Destination, WantedLine
from stock_requests.models import ApprovalRule, Priority, RequestState, StockRequest
from stock_requests.stocklists import create_stocklist, update_stocklist
from tests import factories
from tests.databases import gather_statistics
from tests.inventory.api.callers import Caller, problem_of
from tests.inventory.api.test_rows_read import cost
from tests.inventory.api.volume import make_levels, make_skus
from tests.stock_requests.api.desk import PATH, Desk, done
from tests.stock_requests.conftest import Ground
from tests.stock_requests.records import write_line, write_request
from warehouses import transactions
from warehouses.http.instants import instant
from warehouses.models import ApiKey, Organization, Warehouse

pytestmark = pytest.mark.django_db

DASHBOARD = f"{PATH}/dashboard"
CATEGORIES = f"{PATH}/by-category"
OPTIONS = f"{PATH}/filters"
PENDING = f"{PATH}/pending-approvals"
SEARCH = f"{PATH}/products/search"
LISTED = f"{PATH}/products/stocklist"
NOTHING = dict.fromkeys(RequestState.values, 0)


def ago(**span: float) -> datetime:
    return timezone.now() - timedelta(**span)


def statuses(**counts: int) -> dict[str, int]:
    return NOTHING | counts


def decided(
    source: Warehouse,
    asked: dict[Sku, int],
    state: RequestState,
    *,
    waited: float,
    took: float | None = None,
    at: datetime | None = None,
    **fields: Any,
) -> StockRequest:
    """Decided `waited` hours after it was submitted, fulfilled `took` hours after that; the last of it was `at`."""
    end = at or ago(hours=1)
    submitted_at = end - timedelta(hours=took if took is not None else waited)
    return write_request(
        source,
        asked,
        state=state,
        submitted_at=submitted_at,
        decided_at=submitted_at + timedelta(hours=waited),
        closed_at=end if took is not None else None,
        **fields,
    )


def query_count(caller: Caller, path: str) -> int:
    caller.get(path)  # what is noted once, such as the use of a session, is noted
    with CaptureQueriesContext(connection) as captured:
        done(caller.get(path))
    return len(captured)


class TestDashboard:
    def test_all_of_it(self, desk: Desk, ground: Ground) -> None:
        gloves, masks, saline = ground.skus
        today = ground.organization.today()
        people = ground.people
        viewer = {"requested_by": people["viewer"]}
        write_request(ground.source, state=RequestState.DRAFT, **viewer)
        write_request(ground.source, state=RequestState.DRAFT, requested_by=people["owner"])
        oldest = ago(days=4)
        for submitted_at, priority, needed_by in (
            (oldest, Priority.URGENT, today - timedelta(days=1)),
            (ago(days=2), Priority.HIGH, today),
            (ago(hours=5), Priority.NORMAL, None),
            (ago(hours=3), Priority.NORMAL, today - timedelta(days=2)),
        ):
            write_request(
                ground.source,
                {gloves: 2, masks: 1},
                submitted_at=submitted_at,
                priority=priority,
                needed_by=needed_by,
                **viewer,
            )
        late = today - timedelta(days=3)
        decided(ground.source, {saline: 1}, RequestState.APPROVED, waited=2, needed_by=late, **viewer)
        decided(ground.source, {saline: 1}, RequestState.REJECTED, waited=4, **viewer)
        whole = decided(ground.source, {}, RequestState.FULFILLED, waited=6, took=10, **viewer)
        write_line(whole, gloves, 8, approved=8, fulfilled=8)
        short = decided(ground.source, {}, RequestState.FULFILLED, waited=8, took=31, **viewer)
        replaced = write_line(short, masks, 8, approved=4, fulfilled=3, substituted=4, closed=1)
        newest = write_line(short, saline, 4, approved=4, fulfilled=4, substitute_for=replaced).request
        old = ago(days=40)
        decided(ground.source, {gloves: 1000}, RequestState.FULFILLED, waited=999, took=999, at=old)

        found = done(desk.caller("viewer").get(DASHBOARD))

        recent = found.pop("recent")
        as_of = found.pop("asOf")
        assert found == {
            "startDate": (today - timedelta(days=29)).isoformat(),
            "endDate": today.isoformat(),
            "locationId": None,
            "locationName": None,
            "byStatus": statuses(draft=2, submitted=4, approved=1, rejected=1, fulfilled=3),
            "byPriority": {"low": 0, "normal": 3, "high": 1, "urgent": 1},
            "pending": {
                "count": 4,
                "overdue": 2,
                "oldestAt": instant(oldest),
                "value": 28.0,
                "forYou": 0,
            },
            "ageing": [
                {"bucket": "0-4h", "fromHours": 0, "toHours": 4, "count": 1},
                {"bucket": "4-24h", "fromHours": 4, "toHours": 24, "count": 1},
                {"bucket": "1-3d", "fromHours": 24, "toHours": 72, "count": 1},
                {"bucket": ">3d", "fromHours": 72, "toHours": None, "count": 1},
            ],
            "late": 3,
            "drafts": 1,
            "decided": {"approved": 3, "rejected": 1},
            "fulfilled": 2,
            "fillRate": 0.9375,  # 15 of 16: what a substitute stands for is asked for once
            "medianHoursToDecision": 5.0,
            "medianHoursToFulfilment": 20.5,
            "currency": ground.organization.currency,
        }
        assert abs(datetime.fromisoformat(as_of) - timezone.now()) < timedelta(minutes=1)
        assert len(recent) == 10
        assert [row["number"] for row in recent] == sorted((row["number"] for row in recent), reverse=True), (
            "the newest first"
        )
        assert recent[0]["id"] != newest.public_id

    def test_nothing_yet(self, desk: Desk, ground: Ground) -> None:
        found = done(desk.caller("owner").get(DASHBOARD))

        assert found["byStatus"] == NOTHING
        assert found["pending"] == {
            "count": 0,
            "overdue": 0,
            "oldestAt": None,
            "value": 0,
            "forYou": 0,
        }
        assert [found[name] for name in ("fillRate", "medianHoursToDecision", "medianHoursToFulfilment")] == [
            None,
            None,
            None,
        ]
        assert found["recent"] == []

    def test_the_window_is_of_days(self, desk: Desk, ground: Ground) -> None:
        sku = ground.skus[0]
        for days in (1, 5, 9):
            decided(ground.source, {sku: 1}, RequestState.REJECTED, waited=days, at=ago(days=days))
        today = ground.organization.today()

        def rejected(start: int, end: int) -> tuple[int, float | None]:
            days = [(today - timedelta(days=each)).isoformat() for each in (start, end)]
            found = done(desk.caller("owner").get(f"{DASHBOARD}?startDate={days[0]}&endDate={days[1]}"))
            assert (found["startDate"], found["endDate"]) == tuple(days)
            return found["decided"]["rejected"], found["medianHoursToDecision"]

        assert rejected(9, 0) == (3, 5.0)
        assert rejected(9, 5) == (2, 7.0)
        assert rejected(5, 5) == (1, 5.0)
        assert rejected(4, 2) == (0, None)

    def test_of_one_location_either_end(self, desk: Desk, ground: Ground) -> None:
        sku = ground.skus[0]
        elsewhere = factories.make_warehouse(ground.organization, "Elsewhere")
        factories.submitted_request(ground.source, ground.destination, [(sku, 1)])
        factories.submitted_request(ground.source, None, [(sku, 1)])
        factories.stock(sku, elsewhere, 1)
        factories.submitted_request(elsewhere, None, [(sku, 1)])

        def count(place: Warehouse | None) -> tuple[int, int]:
            query = f"?locationId={place.public_id}" if place else ""
            pending = done(desk.caller("owner").get(f"{DASHBOARD}{query}"))["pending"]
            return pending["count"], pending["forYou"]

        assert [count(place) for place in (None, ground.source, ground.destination, elsewhere)] == [
            (3, 3),
            (2, 2),
            (1, 1),
            (1, 1),
        ]

    def test_for_you_is_what_pending_approvals_lists(self, desk: Desk, ground: Ground) -> None:
        sku = ground.skus[0]
        factories.submitted_request(ground.source, ground.destination, [(sku, 1)], access=ground.requester)
        factories.submitted_request(ground.source, None, [(sku, 1)], access=ground.owner)

        for who, expected in (("owner", 1), ("approver", 2), ("viewer", 0), ("requester", 0)):
            found = done(desk.caller(who).get(DASHBOARD))
            assert found["pending"]["forYou"] == expected, who
        assert done(desk.caller("owner").get(PENDING))["pagination"]["total"] == 1

    def test_only_what_the_caller_sees(self, desk: Desk, ground: Ground) -> None:
        sku = ground.skus[0]
        elsewhere = factories.make_warehouse(ground.organization, "Elsewhere")
        factories.stock(sku, elsewhere, 1)
        factories.submitted_request(elsewhere, None, [(sku, 1)])
        factories.submitted_request(ground.source, None, [(sku, 1)])
        rival = factories.make_organization("Rival")
        write_request(Warehouse.objects.get(organization=rival))
        thrown_away = write_request(ground.source, state=RequestState.DRAFT)
        StockRequest.objects.filter(pk=thrown_away.pk).update(deleted_at=timezone.now())

        assert done(desk.caller("owner").get(DASHBOARD))["byStatus"] == statuses(submitted=2)
        assert done(desk.caller("approver").get(DASHBOARD))["byStatus"] == statuses(submitted=1)

    def test_drafts_of_the_person_behind_a_key(self, ground: Ground) -> None:
        owner = ground.people["owner"]
        write_request(ground.source, state=RequestState.DRAFT, requested_by=owner)
        write_request(ground.source, state=RequestState.DRAFT)
        key = factories.make_key(ground.organization, ["stockrequests.read"])
        assert done(Caller(key).get(DASHBOARD))["drafts"] == 0

        ApiKey.objects.update(created_by=owner)
        assert done(Caller(key).get(DASHBOARD))["drafts"] == 1

    @pytest.mark.parametrize(
        ("query", "parameter", "code"),
        [
            ("startDate=yesterday", "startDate", "INVALID"),
            ("endDate=2026-02-30", "endDate", "INVALID"),
            ("startDate=2026-03-02&endDate=2026-03-01", "startDate", "INVALID_RANGE"),
            ("startDate=2020-01-01", "startDate", "INVALID_RANGE"),
            ("status=draft", "status", "UNKNOWN_PARAMETER"),
        ],
    )
    def test_bad_parameters(self, desk: Desk, query: str, parameter: str, code: str) -> None:
        found = problem_of(desk.caller("owner").get(f"{DASHBOARD}?{query}"))
        assert found == (400, "INVALID_REQUEST", [(parameter, code)])

    def test_an_unknown_location(self, desk: Desk, ground: Ground) -> None:
        rival = Warehouse.objects.get(organization=factories.make_organization("Rival"))
        for place in (rival.public_id, "wh_01h455vb4pex5vsknk084sn02q", "nonsense"):
            found = problem_of(desk.caller("owner").get(f"{DASHBOARD}?locationId={place}"))
            assert found == (404, "WAREHOUSE_NOT_FOUND", [("locationId", "WAREHOUSE_NOT_FOUND")])

    @pytest.mark.parametrize("count", [1, 3])
    def test_queries(self, desk: Desk, ground: Ground, count: int) -> None:
        for _ in range(count):
            factories.submitted_request(ground.source, None, [(sku, 1) for sku in ground.skus])
            decided(ground.source, {ground.skus[0]: 1}, RequestState.FULFILLED, waited=1, took=2)
            write_request(ground.source, state=RequestState.DRAFT)

        assert query_count(desk.caller("owner"), DASHBOARD) == 31


class TestByCategory:
    @pytest.fixture
    def requests(self, ground: Ground) -> None:
        """Three of two categories, two of none, one of them without a line."""
        gloves, masks, saline = ground.skus
        hygiene = factories.make_category(ground.organization, "Hygiene")
        surgery = factories.make_category(ground.organization, "surgery")
        write_request(ground.source, {gloves: 10, masks: 5}, category=hygiene)
        done_with = write_request(ground.source, state=RequestState.FULFILLED, category=hygiene)
        write_line(done_with, saline, 10, approved=8, fulfilled=7, back_ordered=2, closed=1)
        write_request(
            ground.source, {saline: 1}, category=surgery, priority=Priority.URGENT, created_at=ago(days=9)
        )
        write_request(ground.destination, {gloves: 4})
        write_request(ground.source, state=RequestState.DRAFT)

    def test_a_row_for_each_and_one_for_none(self, desk: Desk, ground: Ground, requests: None) -> None:
        found = done(desk.caller("owner").get(CATEGORIES))

        ids = [row.pop("categoryId") for row in found["data"]]
        assert [str(each)[:4] for each in ids] == ["cat_", "cat_", "None"]
        assert found == {
            "data": [
                {
                    "categoryName": "Hygiene",
                    "requests": 2,
                    "lines": 3,
                    "requested": 25,
                    "approved": 8,
                    "fulfilled": 7,
                    "remaining": 15,
                    "value": 85.0,
                    "byStatus": statuses(submitted=1, fulfilled=1),
                },
                {
                    "categoryName": "surgery",
                    "requests": 1,
                    "lines": 1,
                    "requested": 1,
                    "approved": 0,
                    "fulfilled": 0,
                    "remaining": 1,
                    "value": 5.0,
                    "byStatus": statuses(submitted=1),
                },
                {
                    "categoryName": None,
                    "requests": 2,
                    "lines": 1,
                    "requested": 4,
                    "approved": 0,
                    "fulfilled": 0,
                    "remaining": 4,
                    "value": 8.0,
                    "byStatus": statuses(submitted=1, draft=1),
                },
            ],
            "pagination": {"page": 1, "limit": 50, "total": 3, "totalPages": 1},
        }

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("status=fulfilled", [("Hygiene", 1)]),
            ("status=draft,fulfilled", [("Hygiene", 1), (None, 1)]),
            ("priority=urgent", [("surgery", 1)]),
            ("locationId={destination}", [(None, 1)]),
            ("locationId=nonsense", []),
            ("startDate={yesterday}", [("Hygiene", 2), (None, 2)]),
            ("endDate={yesterday}", [("surgery", 1)]),
            ("sort=-name", [(None, 2), ("surgery", 1), ("Hygiene", 2)]),
            ("sort=requests", [("surgery", 1), ("Hygiene", 2), (None, 2)]),
            ("sort=-requested", [("Hygiene", 2), (None, 2), ("surgery", 1)]),
            ("sort=value", [("surgery", 1), (None, 2), ("Hygiene", 2)]),
            ("limit=1", [("Hygiene", 2)]),
            ("limit=2&page=2", [(None, 2)]),
            ("limit=2&page=3", []),
        ],
    )
    def test_narrowed_and_sorted(
        self, desk: Desk, ground: Ground, requests: None, query: str, expected: list[Any]
    ) -> None:
        yesterday = (ground.organization.today() - timedelta(days=1)).isoformat()
        sent = query.format(destination=ground.destination.public_id, yesterday=yesterday)
        found = done(desk.caller("owner").get(f"{CATEGORIES}?{sent}"))
        assert [(row["categoryName"], row["requests"]) for row in found["data"]] == expected

    def test_only_what_the_caller_sees(self, desk: Desk, ground: Ground, requests: None) -> None:
        found = done(desk.caller("approver").get(CATEGORIES))
        assert [(row["categoryName"], row["requested"]) for row in found["data"]] == [
            ("Hygiene", 25),
            ("surgery", 1),
            (None, 0),
        ]

    @pytest.mark.parametrize(
        ("query", "parameter", "code"),
        [
            ("status=open", "status", "INVALID_CHOICE"),
            ("priority=1", "priority", "INVALID_CHOICE"),
            ("sort=category", "sort", "INVALID_CHOICE"),
            ("limit=201", "limit", "INVALID"),
            ("page=0", "page", "INVALID"),
            ("sku=X", "sku", "UNKNOWN_PARAMETER"),
        ],
    )
    def test_bad_parameters(self, desk: Desk, query: str, parameter: str, code: str) -> None:
        found = problem_of(desk.caller("owner").get(f"{CATEGORIES}?{query}"))
        assert found == (400, "INVALID_REQUEST", [(parameter, code)])

    @pytest.mark.parametrize("count", [1, 3])
    def test_queries(self, desk: Desk, ground: Ground, count: int) -> None:
        for number in range(count):
            category = factories.make_category(ground.organization, f"Category {number}")
            write_request(ground.source, dict.fromkeys(ground.skus, 1), category=category)
            write_request(ground.source, dict.fromkeys(ground.skus, 1))

        assert query_count(desk.caller("owner"), CATEGORIES) == 11


class TestFilterOptions:
    def test_what_occurs_and_how_often(self, desk: Desk, ground: Ground) -> None:
        category = factories.make_category(ground.organization, "Hygiene")
        lines = [WantedLine(ground.skus[0], 3)]
        stocklist = transactions.run(
            lambda: create_stocklist(
                access=ground.owner, name="Weekly", from_warehouse=ground.source, lines=lines
            )
        )
        person = ground.people["requester"]
        write_request(ground.source, to_warehouse=ground.destination, category=category, requested_by=person)
        write_request(ground.source, department=ground.department, stocklist=stocklist, actor_name="Kiosk")
        write_request(
            ground.destination, state=RequestState.DRAFT, priority=Priority.HIGH, actor_name="Kiosk"
        )

        found = done(desk.caller("owner").get(OPTIONS))

        def option(record: Any, count: int) -> dict[str, Any]:
            return {"value": record.public_id, "label": record.name, "count": count}

        assert found == {
            "statuses": [
                {
                    "value": state.value,
                    "label": state.label,
                    "count": {"submitted": 2, "draft": 1}.get(state.value, 0),
                }
                for state in RequestState
            ],
            "priorities": [
                {"value": "low", "label": "Low", "count": 0},
                {"value": "normal", "label": "Normal", "count": 2},
                {"value": "high", "label": "High", "count": 1},
                {"value": "urgent", "label": "Urgent", "count": 0},
            ],
            "fromLocations": [option(ground.source, 2), option(ground.destination, 1)],
            "toLocations": [option(ground.destination, 1)],
            "departments": [option(ground.department, 1)],
            "categories": [option(category, 1)],
            "stocklists": [option(stocklist, 1)],
            "requesters": [
                {"value": "Kiosk", "label": "Kiosk", "count": 2},
                {"value": person.email, "label": person.email, "count": 1},
            ],
        }

    def test_each_option_leaves_as_many_as_it_says(self, desk: Desk, ground: Ground) -> None:
        """The list takes the values, under the names that the documentation gives them."""
        write_request(ground.source, to_warehouse=ground.destination, requested_by=ground.people["owner"])
        write_request(ground.source, department=ground.department, actor_name="Kiosk", priority=Priority.LOW)
        owner = desk.caller("owner")
        found = done(owner.get(OPTIONS))
        for options, parameter in (
            ("statuses", "status"),
            ("priorities", "priority"),
            ("fromLocations", "fromLocationId"),
            ("toLocations", "toLocationId"),
            ("departments", "toDepartmentId"),
            ("requesters", "requester"),
        ):
            assert any(each["count"] for each in found[options]), options
            for each in found[options]:
                listed = done(owner.get(f"{PATH}?{parameter}={each['value']}"))
                assert listed["pagination"]["total"] == each["count"], (parameter, each)

    def test_only_what_the_caller_sees(self, desk: Desk, ground: Ground) -> None:
        elsewhere = factories.make_warehouse(ground.organization, "Elsewhere")
        write_request(elsewhere, department=ground.department, actor_name="Secret")
        write_request(Warehouse.objects.get(organization=factories.make_organization("Rival")))

        found = done(desk.caller("approver").get(OPTIONS))

        names = ("fromLocations", "toLocations", "departments", "categories", "stocklists", "requesters")
        assert [found[name] for name in names] == [[]] * 6
        assert {each["count"] for name in ("statuses", "priorities") for each in found[name]} == {0}

    @pytest.mark.parametrize("count", [1, 3])
    def test_queries(self, desk: Desk, ground: Ground, count: int) -> None:
        for number in range(count):
            place = factories.make_warehouse(ground.organization, f"Place {number}")
            write_request(place, to_warehouse=ground.source, actor_name=f"Key {number}")

        assert query_count(desk.caller("owner"), OPTIONS) == 17


class TestPendingApprovals:
    def ids(self, response: Any) -> list[str]:
        return [row["id"] for row in done(response)["data"]]

    def test_what_waits_and_what_approving_does(self, desk: Desk, ground: Ground) -> None:
        gloves, masks, _ = ground.skus
        factories.reserve(gloves, ground.source, 95)
        StockLevel.objects.filter(sku=masks, warehouse=ground.source).update(safety_stock=20)
        yesterday = ground.organization.today() - timedelta(days=1)
        request = factories.submitted_request(
            ground.source,
            ground.destination,
            [(gloves, 6), (masks, 80)],
            access=ground.requester,
            needed_by=yesterday,
        )
        StockRequest.objects.update(submitted_at=ago(hours=5, minutes=29))

        found = done(desk.caller("approver").get(PENDING))

        (row,) = found["data"]
        (listed,) = done(desk.caller("approver").get(f"{PATH}?status=submitted"))["data"]
        assert row == {
            **listed,
            "approvalsNeeded": 1,
            "approvalsGiven": 0,
            "ageHours": 5.5,
            "isOverdue": True,
            "isShort": True,
            "fallsBelowSafety": True,
        }
        assert (row["id"], row["value"]) == (request.public_id, 252.0)
        assert found["pagination"] == {"page": 1, "limit": 50, "total": 1, "totalPages": 1}

    def test_what_is_enough_is_no_risk(self, desk: Desk, ground: Ground) -> None:
        masks = ground.skus[1]
        StockLevel.objects.filter(sku=masks, warehouse=ground.source).update(safety_stock=20)
        factories.submitted_request(ground.source, None, [(masks, 80)], access=ground.owner)
        factories.submitted_request(
            ground.source, None, [(masks, 81)], access=ground.owner, priority=Priority.LOW
        )

        rows = done(desk.caller("approver").get(PENDING))["data"]

        assert [(row["isShort"], row["fallsBelowSafety"]) for row in rows] == [(False, False), (False, True)]
        assert [row["isOverdue"] for row in rows] == [False, False]

    def test_only_what_the_caller_may_decide(self, desk: Desk, ground: Ground) -> None:
        sku = ground.skus[0]
        own = factories.submitted_request(ground.source, None, [(sku, 1)], access=ground.owner)
        others = factories.submitted_request(
            ground.source, ground.destination, [(sku, 1)], access=ground.requester
        )
        factories.make_request(ground.source, ground.destination, [(sku, 1)], access=ground.requester)
        factories.stock(sku, ground.destination, 5)
        at_other_end = factories.submitted_request(ground.destination, None, [(sku, 1)], access=ground.owner)

        assert set(self.ids(desk.caller("approver").get(PENDING))) == {own.public_id, others.public_id}
        assert self.ids(desk.caller("owner").get(PENDING)) == [others.public_id]
        assert at_other_end.public_id not in self.ids(desk.caller("approver").get(PENDING))
        assert problem_of(desk.caller("viewer").get(PENDING))[:2] == (403, "PERMISSION_DENIED")

    def test_one_of_two_approvals_is_given(self, desk: Desk, ground: Ground) -> None:
        ApprovalRule.objects.create(organization=ground.organization, name="Two", approvals=2)
        shown = desk.brought_to("submitted")
        done(desk.post("approver", shown, "approve"))

        (row,) = done(desk.caller("second_approver").get(PENDING))["data"]

        assert (row["approvalsNeeded"], row["approvalsGiven"]) == (2, 1)
        assert self.ids(desk.caller("approver").get(PENDING)) == []

    @pytest.fixture
    def three(self, ground: Ground) -> dict[str, str]:
        """`old` is worth 2, `dear` 20, `new` 6; in the order in which they were submitted."""
        gloves, masks, saline = ground.skus
        today = ground.organization.today()
        category = factories.make_category(ground.organization, "Surgery")
        made = {
            "old": factories.submitted_request(
                ground.source, None, [(gloves, 1)], access=ground.owner, needed_by=today + timedelta(days=9)
            ),
            "dear": factories.submitted_request(
                ground.source,
                ground.destination,
                [(saline, 4)],
                access=ground.requester,
                priority=Priority.LOW,
                category=category,
            ),
            "new": factories.submitted_request(
                ground.source,
                None,
                [(masks, 2)],
                access=ground.owner,
                priority=Priority.HIGH,
                needed_by=today + timedelta(days=1),
            ),
        }
        for hours, request in zip((9, 8, 7), made.values(), strict=True):
            StockRequest.objects.filter(pk=request.pk).update(submitted_at=ago(hours=hours))
        return {request.public_id: name for name, request in made.items()}

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("", ["new", "old", "dear"]),
            ("sort=age", ["new", "dear", "old"]),
            ("sort=-age", ["old", "dear", "new"]),
            ("sort=value", ["old", "new", "dear"]),
            ("sort=-value", ["dear", "new", "old"]),
            ("sort=priority", ["dear", "old", "new"]),
            ("sort=-priority", ["new", "old", "dear"]),
            ("sort=neededBy", ["new", "old", "dear"]),
            ("sort=-neededBy", ["old", "new", "dear"]),
            ("minValue=6", ["new", "dear"]),
            ("minValue=6.01", ["dear"]),
            ("maxValue=6.00", ["new", "old"]),
            ("minValue=2.5&maxValue=19", ["new"]),
            ("priority=low", ["dear"]),
            ("categoryId={category}", ["dear"]),
            ("categoryId=nonsense", []),
            ("requester=requester@acme.example", ["dear"]),
            ("neededBefore={tomorrow}", ["new"]),
            ("locationId={source}", ["new", "old", "dear"]),
            ("locationId={destination}", []),
            ("limit=1&page=2", ["old"]),
        ],
    )
    def test_narrowed_and_sorted(
        self, desk: Desk, ground: Ground, three: dict[str, str], query: str, expected: list[str]
    ) -> None:
        sent = query.format(
            source=ground.source.public_id,
            destination=ground.destination.public_id,
            tomorrow=ground.organization.today() + timedelta(days=1),
            category=StockRequest.objects.exclude(category=None).get().category.public_id,  # type: ignore[union-attr]
        )
        found = self.ids(desk.caller("approver").get(f"{PENDING}?{sent}"))
        assert [three[each] for each in found] == expected

    @pytest.mark.parametrize(
        ("query", "parameter", "code"),
        [
            ("minValue=-1", "minValue", "INVALID"),
            ("minValue=1e400", "minValue", "INVALID"),
            ("maxValue=1.00001", "maxValue", "INVALID"),
            ("maxValue=NaN", "maxValue", "INVALID"),
            ("neededBefore=2026-02-30", "neededBefore", "INVALID"),
            ("sort=number", "sort", "INVALID_CHOICE"),
            ("status=submitted", "status", "UNKNOWN_PARAMETER"),
        ],
    )
    def test_bad_parameters(self, desk: Desk, query: str, parameter: str, code: str) -> None:
        found = problem_of(desk.caller("approver").get(f"{PENDING}?{query}"))
        assert found == (400, "INVALID_REQUEST", [(parameter, code)])

    @pytest.mark.parametrize("count", [1, 3])
    def test_queries(self, desk: Desk, ground: Ground, count: int) -> None:
        for _ in range(count):
            lines = [(sku, 1) for sku in ground.skus]
            factories.submitted_request(ground.source, ground.destination, lines, access=ground.requester)

        assert query_count(desk.caller("approver"), PENDING) == 26


class TestProductSearch:
    def found(self, caller: Caller, source: Warehouse, query: str = "") -> list[str]:
        path = f"{SEARCH}?locationId={source.public_id}{f'&{query}' if query else ''}"
        return [row["sku"] for row in done(caller.get(path))["data"]]

    def test_all_that_is_shown(self, desk: Desk, ground: Ground) -> None:
        gloves = ground.skus[0]
        category = factories.make_category(ground.organization, "Hygiene")
        gloves.product.category = category
        gloves.product.save()
        Barcode.objects.create(organization=ground.organization, sku=gloves, code="4006381333931")
        factories.reserve(gloves, ground.source, 30)
        factories.hold(gloves, ground.source, 4)
        factories.stock(gloves, ground.destination, 3)
        places = f"locationId={ground.source.public_id}&toLocationId={ground.destination.public_id}"

        found = done(desk.caller("owner").get(f"{SEARCH}?{places}&q=gloves"))

        shown = {
            "sku": "GLOVES",
            "skuId": gloves.public_id,
            "title": gloves.title,
            "productName": gloves.product.name,
            "categoryId": category.public_id,
            "categoryName": "Hygiene",
            "barcodes": ["4006381333931"],
            "baseUnit": "each",
            "unitCost": 2.0,
            "onHand": 100,
            "available": 66,
            "onOrder": 0,
            "toLocation": {"onHand": 3, "available": 3},
        }
        assert found == {
            "data": [shown],
            "pagination": {"page": 1, "limit": 50, "total": 1, "totalPages": 1},
        }
        (row,) = done(desk.caller("owner").get(f"{SEARCH}?locationId={ground.source.public_id}&q=gloves"))[
            "data"
        ]
        assert row == {**shown, "toLocation": None}

    def test_barcodes_codes_and_titles(self, desk: Desk, ground: Ground) -> None:
        organization = ground.organization
        factories.make_sku(organization, "4711-B", title="Blue bolt")
        factories.make_sku(organization, "4711", title="Zinc bolt, long")
        factories.make_sku(organization, "A-1", title="Scanned", barcodes=["4711", "12345670"])
        factories.make_sku(organization, "ZINC-NUT", title="A nut")
        owner = desk.caller("owner")

        assert self.found(owner, ground.source, "q=12345670") == ["A-1"]
        assert self.found(owner, ground.source, "q=4711") == ["A-1", "4711", "4711-B"]
        assert self.found(owner, ground.source, "q=4711-b") == ["4711-B"]
        assert self.found(owner, ground.source, "q=bolt") == ["4711", "4711-B"]
        assert self.found(owner, ground.source, "q=bolt%20zinc") == ["4711"]
        assert self.found(owner, ground.source, "q=zinc") == ["ZINC-NUT"], "codes come before titles"
        assert self.found(owner, ground.source, "q=1234567") == [], "a part of a barcode is none"
        assert self.found(owner, ground.source, "q=nothing%20of%20this") == []
        assert self.found(owner, ground.source, "q=4711&sort=-sku") == ["A-1", "4711-B", "4711"]
        assert self.found(owner, ground.source, "q=bolt&sort=title") == ["4711-B", "4711"]

    def test_narrowed_sorted_and_paged(self, desk: Desk, ground: Ground) -> None:
        _, masks, saline = ground.skus
        category = factories.make_category(ground.organization, "Hygiene")
        masks.product.category = category
        masks.product.save()
        factories.make_sku(ground.organization, "GONE", is_active=False)
        factories.stock(saline, ground.source, -100)
        factories.stock(saline, ground.destination, 1)
        owner = desk.caller("owner")

        assert self.found(owner, ground.source) == ["GLOVES", "MASKS", "SALINE"]
        assert self.found(owner, ground.source, "inStock=true") == ["GLOVES", "MASKS"]
        assert self.found(owner, ground.source, "inStock=false") == ["SALINE"]
        assert self.found(owner, ground.destination, "inStock=true") == ["SALINE"]
        assert self.found(owner, ground.source, f"categoryId={category.public_id}") == ["MASKS"]
        assert self.found(owner, ground.source, "categoryId=nonsense") == []
        assert self.found(owner, ground.source, "sort=-sku") == ["SALINE", "MASKS", "GLOVES"]
        assert self.found(owner, ground.source, "limit=1&page=2") == ["MASKS"]

    def test_a_rivals_skus_and_barcodes_are_not_found(self, desk: Desk, ground: Ground) -> None:
        rival = factories.make_organization("Rival")
        factories.make_sku(rival, "SECRET", barcodes=["999"])

        assert self.found(desk.caller("owner"), ground.source, "q=SECRET") == []
        assert self.found(desk.caller("owner"), ground.source, "q=999") == []

    def test_the_location_is_needed_and_has_to_be_seen(self, desk: Desk, ground: Ground) -> None:
        owner, approver = desk.caller("owner"), desk.caller("approver")
        assert problem_of(owner.get(SEARCH)) == (400, "INVALID_REQUEST", [("locationId", "REQUIRED")])
        hidden = problem_of(approver.get(f"{SEARCH}?locationId={ground.destination.public_id}"))
        assert hidden == (404, "WAREHOUSE_NOT_FOUND", [("locationId", "WAREHOUSE_NOT_FOUND")])
        places = f"locationId={ground.source.public_id}&toLocationId={ground.destination.public_id}"
        hidden = problem_of(approver.get(f"{SEARCH}?{places}"))
        assert hidden == (404, "WAREHOUSE_NOT_FOUND", [("toLocationId", "WAREHOUSE_NOT_FOUND")])

    @pytest.mark.parametrize("scope", ["products.read", "stockrequests.read"])
    def test_it_takes_both_permissions(self, ground: Ground, scope: str) -> None:
        caller = Caller(factories.make_key(ground.organization, [scope]))
        response = caller.get(f"{SEARCH}?locationId={ground.source.public_id}")
        assert problem_of(response)[:2] == (403, "PERMISSION_DENIED")

    @pytest.mark.parametrize("count", [1, 3])
    @pytest.mark.parametrize(("query", "number"), [("", 19), ("&q=V-", 21), ("&inStock=true&q=title", 21)])
    def test_queries(self, desk: Desk, ground: Ground, query: str, number: int, count: int) -> None:
        Sku.objects.filter(pk__in=[sku.pk for sku in ground.skus]).update(is_active=False)
        make_levels(ground.organization, make_skus(ground.organization, count), [ground.source])
        places = f"locationId={ground.source.public_id}&toLocationId={ground.destination.public_id}"

        assert query_count(desk.caller("owner"), f"{SEARCH}?{places}{query}") == number

    @pytest.mark.postgresql
    def test_a_page_reads_no_more_than_it_shows(
        self, organization: Organization, subtests: pytest.Subtests
    ) -> None:
        """Three thousand SKUs; a page of 20, by code or by a scan, looks at these 20."""
        source = Warehouse.objects.get(organization=organization)
        make_levels(organization, make_skus(organization, 2000, prefix="A-"), [source])
        make_levels(organization, make_skus(organization, 1000, prefix="Z-"), [source])
        scanned = Sku.objects.get(code="Z-00500")
        Barcode.objects.create(organization=organization, sku=scanned, code="4006381333931")
        gather_statistics()
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
        caller = Caller(factories.make_key(organization, ["stockrequests.read", "products.read"]))
        for query in ("", "&q=z-", "&q=Z-005", "&q=4006381333931", "&sort=-sku", "&q=z-&inStock=true"):
            with subtests.test(query):
                path = f"{SEARCH}?locationId={source.public_id}&limit=20{query}"
                shown, rows, _, plans = cost(caller, path)
                assert rows <= 20 * 24, f"{shown} rows shown, {rows} touched\n{plans}"


class TestStocklistStock:
    @pytest.fixture
    def made(self, ground: Ground) -> Callable[..., Any]:
        def make(name: str, *quantities: int, to: Destination | None = None, **fields: Any) -> Any:
            lines = [
                WantedLine(sku, quantity) for sku, quantity in zip(ground.skus, quantities, strict=False)
            ]
            return transactions.run(
                lambda: create_stocklist(
                    access=ground.owner,
                    name=name,
                    from_warehouse=fields.get("source", ground.source),
                    to=to or Destination(warehouse=ground.destination),
                    lines=lines,
                )
            )

        return make

    def test_each_line_with_what_there_is(self, desk: Desk, ground: Ground, made: Callable[..., Any]) -> None:
        factories.reserve(ground.skus[0], ground.source, 60)
        stocklist = made("Weekly", 40, 101)

        found = done(desk.caller("owner").get(LISTED))

        lines = list(stocklist.lines.order_by("position"))
        common = {
            "stocklistId": stocklist.public_id,
            "stocklistName": "Weekly",
            "fromLocationId": ground.source.public_id,
            "fromLocationName": "Central",
            "onOrder": 0,
        }
        assert found == {
            "data": [
                {
                    **common,
                    "lineId": line.public_id,
                    "sku": sku.code,
                    "skuId": sku.public_id,
                    "title": sku.title,
                    "quantity": quantity,
                    "available": available,
                    "isShort": is_short,
                }
                for line, sku, quantity, available, is_short in (
                    (lines[0], ground.skus[0], 40, 40, False),
                    (lines[1], ground.skus[1], 101, 100, True),
                )
            ],
            "pagination": {"page": 1, "limit": 50, "total": 2, "totalPages": 1},
        }

    def test_who_sees_the_destination_alone_is_not_told_of_the_source(
        self, desk: Desk, ground: Ground, made: Callable[..., Any]
    ) -> None:
        made("Weekly", 40)
        organization = ground.organization
        nurse = factories.make_person("nurse@acme.example", {organization: [("Viewer", ground.destination)]})

        (row,) = done(Caller.person(nurse).get(LISTED))["data"]

        assert (row["available"], row["isShort"], row["onOrder"]) == (None, None, None)
        assert row["quantity"] == 40

    def test_only_lists_in_use_that_the_caller_sees(
        self, desk: Desk, ground: Ground, made: Callable[..., Any]
    ) -> None:
        elsewhere = factories.make_warehouse(ground.organization, "Elsewhere")
        made("Hidden", 1, source=elsewhere)
        made("Theirs", 1, to=Destination())
        old = made("Old", 1)
        transactions.run(
            lambda: update_stocklist(access=ground.owner, stocklist=old, changes={"is_active": False})
        )

        def names(who: str) -> list[str]:
            return [row["stocklistName"] for row in done(desk.caller(who).get(LISTED))["data"]]

        assert names("owner") == ["Hidden", "Theirs"]
        assert names("approver") == ["Theirs"]

    def test_narrowed_and_sorted(self, desk: Desk, ground: Ground, made: Callable[..., Any]) -> None:
        weekly = made("Weekly", 5, 9)
        back = made("Back", 7, to=Destination(warehouse=ground.source), source=ground.destination)

        def found(query: str) -> list[tuple[str, str]]:
            rows = done(desk.caller("owner").get(f"{LISTED}?{query}"))["data"]
            return [(row["stocklistName"], row["sku"]) for row in rows]

        of_back, gloves, masks = ("Back", "GLOVES"), ("Weekly", "GLOVES"), ("Weekly", "MASKS")
        assert found("") == [of_back, gloves, masks]
        assert found(f"stocklistId={weekly.public_id}") == [gloves, masks]
        assert found(f"stocklistId={back.public_id}") == [of_back]
        assert found("stocklistId=nonsense") == []
        assert found(f"locationId={ground.source.public_id}") == [gloves, masks]
        assert found(f"toLocationId={ground.source.public_id}") == [of_back]
        assert found("search=mas") == [masks]
        assert found("search=week") == [gloves, masks]
        assert found("search=title%20of%20gl") == [of_back, gloves]
        assert found("sort=-quantity") == [masks, of_back, gloves]
        assert found("limit=1&page=3") == [masks]

    @pytest.mark.parametrize("count", [1, 3])
    def test_queries(self, desk: Desk, ground: Ground, made: Callable[..., Any], count: int) -> None:
        for number in range(count):
            source = factories.make_warehouse(ground.organization, f"Source {number}")
            made(f"List {number}", *[1] * count, source=source)

        assert query_count(desk.caller("owner"), LISTED) == 16


def test_examples_have_the_form_of_answers(desk: Desk, ground: Ground) -> None:
    """The members of the documented answers are those that there are."""
    desk.brought_to("submitted")
    transactions.run(
        lambda: create_stocklist(
            access=ground.owner,
            name="Weekly",
            from_warehouse=ground.source,
            lines=[WantedLine(ground.skus[0], 1)],
        )
    )
    approver = desk.caller("owner")
    for operation, path in (
        (documentation.get_request_dashboard, DASHBOARD),
        (documentation.list_request_filters, OPTIONS),
    ):
        assert operation.answer is not None
        assert set(done(approver.get(path))) == set(operation.answer)
    for operation, path in (
        (documentation.list_requests_by_category, CATEGORIES),
        (documentation.list_pending_approvals, PENDING),
        (documentation.search_request_products, f"{SEARCH}?locationId={ground.source.public_id}"),
        (documentation.list_stocklist_stock, LISTED),
    ):
        assert operation.answer is not None
        shown = done(approver.get(path))["data"]
        assert set(shown[0]) == set(operation.answer["data"][0]), path
