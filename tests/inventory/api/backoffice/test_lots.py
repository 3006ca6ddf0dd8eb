"""Lots: made, found, changed by their table of states, deleted; and what a change means for what may leave."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Lot, LotState, Sku, StateChange, StockItem, StockLevel
from tests.factories import make_lot, make_sku, stock
from tests.inventory.api.callers import Caller, problem, problem_of
from tests.inventory.api.snapshots import everything
from warehouses.models import Organization, Warehouse

PATH = "/backoffice/api/lots"


@pytest.fixture
def today(organization: Organization) -> date:
    return organization.today()


@pytest.fixture
def lot(sku: Sku, today: date) -> Lot:
    return make_lot(sku, "L-1", today + timedelta(days=30))


def send(
    api: Caller, lot: Lot, body: dict[str, Any] | None = None, method: str = "PATCH", **headers: str
) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return api.send(method, f"{PATH}/{lot.public_id}", body, named)


def history_of(lot: Lot) -> list[tuple[str, str, str, int | None, str]]:
    rows = StateChange.objects.filter(subject_id=lot.pk).order_by("created_at", "id")
    return list(rows.values_list("action", "from_state", "to_state", "quantity", "note"))


def sell(api: Caller, warehouse: Warehouse, quantity: int, **named: str) -> Any:
    body = {
        "sku": "SKU-001",
        "locationId": warehouse.public_id,
        "quantityChange": -quantity,
        "reasonCode": "SALE",
    }
    return api.post("/backoffice/api/inventory/adjust", {**body, **named})


class TestCreating:
    def test_answers_the_lot_and_where_it_is(self, api: Caller, sku: Sku, today: date) -> None:
        last = today + timedelta(days=10)
        response = api.post(
            PATH, {"sku": "sku-001", "code": "L-9", "expiresOn": last.isoformat(), "note": "Announced"}
        )
        assert response.status_code == 201
        lot = Lot.objects.get()
        shown = response.json()
        assert response["Location"] == f"{PATH}/{lot.public_id}"
        assert response["ETag"] == api.get(f"{PATH}/{lot.public_id}")["ETag"]
        (entry,) = shown.pop("history")
        assert (entry["action"], entry["fromState"], entry["toState"]) == ("create", None, "active")
        assert (entry["note"], entry["by"]) == ("Announced", "Integration")
        assert shown.pop("receivedAt").endswith("Z")
        assert shown == {
            "id": lot.public_id,
            "sku": "SKU-001",
            "skuId": sku.public_id,
            "title": "Blue Widget 500ml",
            "code": "L-9",
            "state": "active",
            "expiresOn": last.isoformat(),
            "daysLeft": 10,
            "onHand": 0,
            "held": 0,
            "version": 1,
            "allowedStates": ["expired", "quarantined"],
            "stock": [],
        }

    def test_the_code_is_one_per_sku_without_regard_to_case(self, api: Caller, lot: Lot) -> None:
        make_sku(lot.organization, "SKU-002")
        before = everything()
        assert problem_of(api.post(PATH, {"sku": "SKU-001", "code": "l-1"})) == (
            409,
            "LOT_EXISTS",
            [("/code", "LOT_EXISTS")],
        )
        assert everything() == before
        assert api.post(PATH, {"sku": "SKU-002", "code": "L-1"}).status_code == 201

    def test_a_day_that_has_passed_makes_it_expired(self, api: Caller, sku: Sku, today: date) -> None:
        for code, ago, state in (("Y", 1, "expired"), ("T", 0, "active")):
            last = (today - timedelta(days=ago)).isoformat()
            made = api.post(PATH, {"sku": "SKU-001", "code": code, "expiresOn": last}).json()
            assert (made["state"], made["daysLeft"]) == (state, -ago)

    def test_an_unknown_sku(self, api: Caller) -> None:
        assert problem_of(api.post(PATH, {"sku": "NOBODY", "code": "L"})) == (
            404,
            "INVENTORY_NOT_FOUND",
            [("/sku", "INVENTORY_NOT_FOUND")],
        )

    def test_the_same_key_makes_one(self, api: Caller, sku: Sku) -> None:
        for _ in range(2):
            response = api.post(PATH, {"sku": "SKU-001", "code": "L"}, {"Idempotency-Key": "K"})
            assert response.status_code == 201
        assert Lot.objects.count() == 1


class TestStates:
    ALLOWED = {
        ("active", "quarantined"): "quarantine",
        ("active", "expired"): "expire",
        ("quarantined", "active"): "release",
        ("quarantined", "expired"): "expire",
        ("expired", "quarantined"): "reinstate",
    }

    @pytest.mark.parametrize("old", LotState.values)
    @pytest.mark.parametrize("new", LotState.values)
    def test_the_whole_table(self, api: Caller, lot: Lot, warehouse: Warehouse, old: str, new: str) -> None:
        stock(lot.sku, warehouse, 7, lot=lot)
        Lot.objects.update(state=old)
        response = send(api, lot, {"state": new, "note": "why"})
        lot.refresh_from_db()
        if old == new:
            assert response.status_code == 200
            assert (lot.state, lot.version, history_of(lot)) == (old, 1, [])
        elif (old, new) in self.ALLOWED:
            assert (response.status_code, response.json()["state"]) == (200, new)
            assert (lot.state, lot.version) == (new, 2)
            assert history_of(lot) == [(self.ALLOWED[old, new], old, new, 7, "why")]
        else:
            refused = problem(response)
            assert (refused["status"], refused["code"]) == (409, "INVALID_TRANSITION")
            assert (refused["state"], refused["allowed"]) == (old, ["quarantined"])
            assert (lot.state, lot.version, history_of(lot)) == (old, 1, [])

    @pytest.mark.parametrize("state", ["active", "quarantined"])
    def test_the_day_stands_above_the_state(self, api: Caller, lot: Lot, today: date, state: str) -> None:
        """The task has not come yet, and still nobody brings it back without a better date."""
        Lot.objects.update(state=state, expires_on=today - timedelta(days=1))
        assert api.get(f"{PATH}/{lot.public_id}").json()["state"] == "expired"
        before = everything()
        assert problem(send(api, lot, {"state": "active"}))["code"] == "INVALID_TRANSITION"
        assert problem_of(send(api, lot, {"state": "quarantined"}))[:2] == (409, "LOT_DAY_PASSED")
        assert everything() == before

        better = (today + timedelta(days=5)).isoformat()
        response = send(api, lot, {"state": "quarantined", "expiresOn": better})
        assert (response.status_code, response.json()["state"]) == (200, "quarantined")
        assert [line[:3] for line in history_of(lot)] == [
            ("expire", state, "expired"),
            ("change", "expired", "expired"),
            ("reinstate", "expired", "quarantined"),
        ]
        assert send(api, lot, {"state": "active"}).json()["state"] == "active"

    def test_a_last_day_in_the_past_expires_it_at_once(self, api: Caller, lot: Lot, today: date) -> None:
        past, was = today - timedelta(days=1), lot.expires_on
        response = send(api, lot, {"expiresOn": past.isoformat(), "note": "Misread"})
        assert response.json()["state"] == "expired"
        assert history_of(lot) == [
            ("change", "active", "active", None, f"last day {was} → {past}. Misread"),
            ("expire", "active", "expired", 0, ""),
        ]
        assert Lot.objects.get().version == 2

    def test_the_last_day_may_be_taken_away(self, api: Caller, lot: Lot) -> None:
        shown = send(api, lot, {"expiresOn": None}).json()
        assert (shown["expiresOn"], shown["daysLeft"], shown["state"]) == (None, None, "active")

    def test_a_code_that_another_lot_has(self, api: Caller, lot: Lot) -> None:
        make_lot(lot.sku, "L-2")
        assert problem_of(send(api, lot, {"code": "l-2"}))[:2] == (409, "LOT_EXISTS")
        assert send(api, lot, {"code": "l-1"}).json()["code"] == "l-1"

    def test_nothing_to_change_is_an_error(self, api: Caller, lot: Lot) -> None:
        assert problem_of(send(api, lot, {"note": "why"}))[:2] == (400, "INVALID_REQUEST")

    def test_two_who_have_read_the_same(self, api: Caller, lot: Lot) -> None:
        tag = api.get(f"{PATH}/{lot.public_id}")["ETag"]
        assert send(api, lot, {"state": "quarantined"}, If_Match=tag).status_code == 200
        assert problem_of(send(api, lot, {"state": "expired"}, If_Match=tag))[0] == 412
        assert problem_of(send(api, lot, method="DELETE", If_Match=tag))[0] == 412
        assert Lot.objects.get().state == "quarantined"


class TestDeleting:
    def test_one_that_never_had_stock_goes_and_its_history_stays(self, api: Caller, lot: Lot) -> None:
        assert send(api, lot, method="DELETE").status_code == 204
        assert not Lot.objects.exists()
        assert history_of(lot) == [("delete", "active", "deleted", None, "")]
        assert problem_of(send(api, lot, method="DELETE"))[:2] == (404, "LOT_NOT_FOUND")

    def test_one_that_had_stock_stays(self, api: Caller, lot: Lot, warehouse: Warehouse) -> None:
        stock(lot.sku, warehouse, 5, lot=lot)
        stock(lot.sku, warehouse, -5, lot=lot)
        before = everything()
        assert problem_of(send(api, lot, method="DELETE"))[:2] == (409, "LOT_IN_USE")
        assert everything() == before


class TestListing:
    @pytest.fixture
    def lots(self, sku: Sku, warehouse: Warehouse, today: date) -> None:
        other = make_sku(sku.organization, "AAA-1")
        make_lot(other, "X-1", today + timedelta(days=3))
        for code, days in (("L-1", 30), ("L-2", 10), ("M-1", -1), ("M-2", None)):
            lot = make_lot(sku, code, None if days is None else today + timedelta(days=days))
            if code.startswith("L"):
                stock(sku, warehouse, 5, lot=lot)
        Lot.objects.filter(code="L-2").update(state="quarantined")

    @pytest.mark.parametrize(
        ("query", "codes"),
        [
            ("", ["X-1", "M-1", "L-2", "L-1", "M-2"]),
            ("sku=sku-001", ["M-1", "L-2", "L-1", "M-2"]),
            ("code=l-", ["L-2", "L-1"]),
            ("state=quarantined", ["L-2"]),
            ("state=expired", ["M-1"]),
            ("state=active", ["X-1", "L-1", "M-2"]),
            ("hasStock=true", ["L-2", "L-1"]),
            ("hasStock=false", ["X-1", "M-1", "M-2"]),
            ("sort=code", ["L-1", "L-2", "M-1", "M-2", "X-1"]),
            ("sort=-expiresOn", ["M-2", "L-1", "L-2", "X-1", "M-1"]),
            ("startDate=2020-01-01&limit=1&page=2", ["M-1"]),
            ("endDate=2020-01-01", []),
        ],
    )
    def test_filters_and_orders(self, api: Caller, lots: None, query: str, codes: list[str]) -> None:
        shown = api.get(f"{PATH}?{query}").json()
        assert [row["code"] for row in shown["data"]] == codes

    def test_before_and_after_a_day(self, api: Caller, lots: None, today: date) -> None:
        day = (today + timedelta(days=10)).isoformat()
        for name, codes in (("expiresBefore", ["X-1", "M-1"]), ("expiresAfter", ["L-1"])):
            assert [row["code"] for row in api.get(f"{PATH}?{name}={day}").json()["data"]] == codes

    @pytest.mark.parametrize(
        "query", ["state=gone", "expiresBefore=soon", "hasStock=maybe", "colour=red", "sort=age"]
    )
    def test_what_cannot_be_read_is_refused(self, api: Caller, query: str) -> None:
        status, _, errors = problem_of(api.get(f"{PATH}?{query}"))
        assert (status, [name for name, _ in errors]) == (400, [query.partition("=")[0]])

    @pytest.mark.parametrize("count", [1, 3])
    def test_statements(self, api: Caller, sku: Sku, warehouse: Warehouse, count: int) -> None:
        for number in range(count):
            stock(sku, warehouse, 5, lot=make_lot(sku, f"L-{number}"))
        (lot, *_) = Lot.objects.all()
        api.get(PATH)
        for path, number in ((PATH, 5), (f"{PATH}/{lot.public_id}", 4)):
            with CaptureQueriesContext(connection) as captured:
                assert api.get(path).status_code == 200
            assert len(captured) == number, [query["sql"][:150] for query in captured.captured_queries]


class TestLimitedCallers:
    def test_see_what_is_or_was_in_their_warehouses(
        self,
        api_with: Callable[..., Caller],
        sku: Sku,
        warehouse: Warehouse,
        second: Warehouse,
    ) -> None:
        for code, place in (("HERE", warehouse), ("THERE", second)):
            stock(sku, place, 5, lot=make_lot(sku, code))
        make_lot(sku, "NOWHERE")
        make_lot(make_sku(sku.organization, "NEVER-HERE"), "STRANGE")
        stock(sku, warehouse, -5, lot=Lot.objects.get(code="HERE"))
        limited = api_with(warehouses=[warehouse])
        rows = limited.get(PATH).json()["data"]
        assert {row["code"]: row["onHand"] for row in rows} == {"HERE": 0, "NOWHERE": 0}
        for code, status in (("HERE", 200), ("NOWHERE", 200), ("THERE", 404), ("STRANGE", 404)):
            lot = Lot.objects.get(code=code)
            assert limited.get(f"{PATH}/{lot.public_id}").status_code == status
            assert send(limited, lot, {"state": "quarantined"}).status_code == status

    def test_do_not_change_what_is_elsewhere_too(
        self, api_with: Callable[..., Caller], lot: Lot, warehouse: Warehouse, second: Warehouse
    ) -> None:
        stock(lot.sku, warehouse, 5, lot=lot)
        stock(lot.sku, second, 5, lot=lot)
        limited = api_with(warehouses=[warehouse])
        assert limited.get(f"{PATH}/{lot.public_id}").json()["onHand"] == 5  # theirs
        before = everything()
        for body in ({"state": "quarantined"}, {"expiresOn": "2020-01-01"}, {"code": "NEW"}):
            assert problem_of(send(limited, lot, body))[:2] == (403, "PERMISSION_DENIED")
        assert everything() == before
        stock(lot.sku, second, -5, lot=lot)
        assert send(limited, lot, {"state": "quarantined"}).status_code == 200

    def test_make_lots_of_what_is_kept_there(
        self, api_with: Callable[..., Caller], sku: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        stock(sku, second, 1)
        body = {"sku": "SKU-001", "code": "L"}
        assert problem_of(api_with(warehouses=[warehouse]).post(PATH, body))[:2] == (
            404,
            "INVENTORY_NOT_FOUND",
        )
        assert api_with(warehouses=[second]).post(PATH, body).status_code == 201


class TestWhatLeaves:
    """First expired, first out, wherever no lot is named; nothing of what is quarantined or past its day."""

    @pytest.fixture
    def shelves(self, sku: Sku, warehouse: Warehouse, today: date) -> Callable[[], dict[str, int]]:
        for code, days in (("LATE", 60), ("SOON", 5), ("PAST", -1), ("TODAY", 0)):
            stock(sku, warehouse, 10, lot=make_lot(sku, code, today + timedelta(days=days)))

        def read() -> dict[str, int]:
            rows: Any = StockItem.objects.filter(lot__isnull=False, on_hand__gt=0)
            return dict(rows.values_list("lot__code", "on_hand"))

        return read

    def test_an_issue(self, api: Caller, warehouse: Warehouse, shelves: Callable[[], dict[str, int]]) -> None:
        assert sell(api, warehouse, 15).status_code == 200
        assert shelves() == {"LATE": 10, "SOON": 5, "PAST": 10}
        lot = Lot.objects.get(code="SOON")
        assert send(api, lot, {"state": "quarantined"}).status_code == 200
        assert sell(api, warehouse, 10).status_code == 200
        assert shelves() == {"SOON": 5, "PAST": 10}
        for named in ({}, {"lotId": lot.public_id}, {"lotId": Lot.objects.get(code="PAST").public_id}):
            refused = problem(sell(api, warehouse, 1, **named))
            assert (refused["status"], refused["code"], refused["available"]) == (
                422,
                "INSUFFICIENT_STOCK",
                0,
            )
        assert send(api, lot, {"state": "active"}).status_code == 200
        assert sell(api, warehouse, 5).status_code == 200
        assert shelves() == {"PAST": 10}

    def test_the_fulfilment_of_a_promise(
        self, api: Caller, sku: Sku, warehouse: Warehouse, shelves: Callable[[], dict[str, int]]
    ) -> None:
        body = {"sku": "SKU-001", "locationId": warehouse.public_id, "quantity": 12, "referenceId": "SO-1"}
        promise = api.post("/backoffice/api/inventory/reservations", body).json()
        path = f"/backoffice/api/inventory/reservations/{promise['id']}"
        assert api.post(path, {"action": "fulfil"}).status_code == 200
        assert shelves() == {"LATE": 10, "SOON": 8, "PAST": 10}

    def test_a_promise(
        self, api: Caller, warehouse: Warehouse, shelves: Callable[[], dict[str, int]]
    ) -> None:
        body = {"sku": "SKU-001", "locationId": warehouse.public_id, "quantity": 31, "referenceId": "SO-1"}
        refused = problem(api.post("/backoffice/api/inventory/reservations", body))
        assert (refused["code"], refused["available"]) == ("STOCK_UNAVAILABLE", 30)

    def test_a_transfer(
        self,
        api: Caller,
        warehouse: Warehouse,
        second: Warehouse,
        shelves: Callable[[], dict[str, int]],
    ) -> None:
        body = {
            "fromLocationId": warehouse.public_id,
            "toLocationId": second.public_id,
            "lines": [{"sku": "SKU-001", "quantity": 12}],
        }
        transfer = api.post("/backoffice/api/inventory/transfers", body).json()
        path = f"/backoffice/api/inventory/transfers/{transfer['id']}"
        assert api.post(path, {"action": "ship"}).status_code == 200
        assert shelves() == {"LATE": 10, "SOON": 8, "PAST": 10}

    def test_what_is_available_does_not_look_at_lots(
        self, api: Caller, sku: Sku, warehouse: Warehouse, shelves: Callable[[], dict[str, int]]
    ) -> None:
        level = StockLevel.objects.get()
        for lot in Lot.objects.exclude(code="PAST"):
            assert send(api, lot, {"state": "expired"}).status_code == 200
        assert StockLevel.objects.get().available == level.available == 40
