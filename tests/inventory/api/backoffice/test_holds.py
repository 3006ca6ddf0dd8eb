"""Holds over HTTP: what they hold, what they block in every contract, and how they are let go of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.api.backoffice.holds import documentation
from inventory.demo import holds as demo
from inventory.models import Hold, Lot, Sku, StockItem, StockLevel
from tests import factories
from tests.factories import hold, make_bin, make_key, make_lot, make_sku, stock
from tests.inventory.api.callers import Caller, problem, problem_of
from tests.inventory.api.demonstration import make_demonstration
from tests.inventory.api.routes import EVERY_SCOPE
from warehouses.models import Bin, Organization, Warehouse

PATH = "/api/inventory/holds"


@pytest.fixture
def stocked(sku: Sku, warehouse: Warehouse) -> Sku:
    stock(sku, warehouse, 10)
    return sku


@pytest.fixture
def shelf(warehouse: Warehouse) -> Bin:
    return make_bin(warehouse, "A-1")


@pytest.fixture
def milk(organization: Organization, warehouse: Warehouse, shelf: Bin) -> Sku:
    """Four of lot SOON on A-1, and three of LATE in the default bin."""
    milk = make_sku(organization, "MILK", is_lot_controlled=True)
    stock(milk, warehouse, 4, bin=shelf, lot=make_lot(milk, "SOON", date(2099, 1, 1)))
    stock(milk, warehouse, 3, lot=make_lot(milk, "LATE", date(2099, 12, 1)))
    return milk


def body(sku: Sku, warehouse: Warehouse, **more: Any) -> dict[str, Any]:
    return {"sku": sku.code, "locationId": warehouse.public_id, "reason": "Leaking caps", **more}


def figures(sku: Sku) -> tuple[int, int, int]:
    level = StockLevel.objects.get(sku=sku)
    return level.on_hand, level.held, level.available


class TestCreating:
    def test_answers_with_the_resource_its_address_and_its_tag(
        self, api: Caller, milk: Sku, warehouse: Warehouse, shelf: Bin
    ) -> None:
        response = api.post(PATH, body(milk, warehouse, quantity=5, referenceId="QI-1"))
        assert response.status_code == 201, response.content
        made = response.json()
        stored = Hold.objects.get()
        assert response["Location"] == f"/backoffice/api/inventory/holds/{stored.public_id}"
        assert response["ETag"] == api.get(response["Location"])["ETag"]
        assert api.get(response["Location"]).json() == made
        parts, (created,) = made.pop("parts"), made.pop("history")
        assert made == {
            "id": stored.public_id,
            "state": "active",
            "sku": "MILK",
            "skuId": milk.public_id,
            "title": milk.title,
            "locationId": warehouse.public_id,
            "locationName": warehouse.name,
            "binId": None,
            "binCode": None,
            "lotId": None,
            "lotCode": None,
            "stockItemId": None,
            "quantity": 5,
            "open": 5,
            "reason": "Leaking caps",
            "referenceId": "QI-1",
            "closedAt": None,
            "createdBy": "Integration",
            "createdAt": made["createdAt"],
            "version": 1,
        }
        assert [(part["binCode"], part["lotCode"], part["quantity"]) for part in parts] == [
            ("A-1", "SOON", 4),
            ("MAIN", "LATE", 1),
        ]
        assert (parts[0]["binId"], parts[0]["lotId"]) == (
            shelf.public_id,
            Lot.objects.get(code="SOON").public_id,
        )
        assert (created["action"], created["quantity"], created["note"]) == ("create", 5, "Leaking caps")

    def test_on_a_bin_a_lot_and_an_item(
        self, api: Caller, milk: Sku, warehouse: Warehouse, shelf: Bin
    ) -> None:
        late = Lot.objects.get(code="LATE")
        made = api.post(PATH, body(milk, warehouse, binId=shelf.public_id, quantity=1)).json()
        assert (made["binCode"], made["parts"][0]["binCode"]) == ("A-1", "A-1")
        made = api.post(PATH, body(milk, warehouse, lotId=late.public_id, quantity=1)).json()
        assert (made["lotCode"], made["parts"][0]["lotCode"]) == ("LATE", "LATE")
        item = StockItem.objects.get(lot=late)
        made = api.post(PATH, {"stockItemId": item.public_id, "reason": "Rest of it"}).json()
        assert (made["stockItemId"], made["quantity"], made["sku"]) == (item.public_id, 2, "MILK")
        again = {"stockItemId": item.public_id, "locationId": warehouse.public_id, "reason": "More"}
        response = api.post(PATH, again)
        assert problem_of(response)[:2] == (409, "STOCK_UNAVAILABLE")
        assert problem(response)["available"] == 0
        assert figures(milk) == (7, 4, 3)

    def test_too_little_says_how_much_there_is(
        self, api: Caller, milk: Sku, warehouse: Warehouse, shelf: Bin
    ) -> None:
        response = api.post(PATH, body(milk, warehouse, binId=shelf.public_id, quantity=5))
        assert problem_of(response) == (409, "STOCK_UNAVAILABLE", [("/quantity", "STOCK_UNAVAILABLE")])
        assert problem(response)["available"] == 4

    @pytest.mark.parametrize(
        ("wrong", "expected"),
        [
            ({"sku": "NOTHING"}, (404, "INVENTORY_NOT_FOUND", [("/sku", "INVENTORY_NOT_FOUND")])),
            ({"locationId": "wh_x"}, (404, "WAREHOUSE_NOT_FOUND", [("/locationId", "WAREHOUSE_NOT_FOUND")])),
            ({"binId": "bin_x"}, (404, "BIN_NOT_FOUND", [("/binId", "BIN_NOT_FOUND")])),
            ({"lotId": "lot_x"}, (404, "LOT_NOT_FOUND", [("/lotId", "LOT_NOT_FOUND")])),
            ({"quantity": 0}, (400, "INVALID_REQUEST", [("/quantity", "MIN_VALUE")])),
            ({"reason": " "}, (400, "INVALID_REQUEST", [("/reason", "BLANK")])),
            (
                {"stockItemId": "inv_x"},
                (400, "INVALID_REQUEST", [("/sku", "REDUNDANT")]),
            ),
            ({"held": 1}, (400, "INVALID_REQUEST", [("/held", "UNKNOWN_FIELD")])),
        ],
    )
    def test_what_is_wrong_is_named(
        self, api: Caller, stocked: Sku, warehouse: Warehouse, wrong: dict[str, Any], expected: Any
    ) -> None:
        assert problem_of(api.post(PATH, body(stocked, warehouse) | wrong)) == expected
        assert not Hold.objects.exists()

    def test_a_bin_or_lot_of_something_else_is_none(
        self, api: Caller, stocked: Sku, milk: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        elsewhere = make_bin(second, "B-9")
        response = api.post(PATH, body(stocked, warehouse, binId=elsewhere.public_id))
        assert problem_of(response)[:2] == (404, "BIN_NOT_FOUND")
        lot = Lot.objects.get(code="SOON")
        response = api.post(PATH, body(stocked, warehouse, lotId=lot.public_id))
        assert problem_of(response)[:2] == (404, "LOT_NOT_FOUND")
        item = StockItem.objects.get(sku=stocked)
        response = api.post(
            PATH, {"stockItemId": item.public_id, "locationId": second.public_id, "reason": "x"}
        )
        assert problem_of(response) == (404, "INVENTORY_NOT_FOUND", [("/stockItemId", "INVENTORY_NOT_FOUND")])

    @pytest.mark.parametrize("missing", ["sku", "locationId"])
    def test_without_an_item_it_says_what_and_where(
        self, api: Caller, stocked: Sku, warehouse: Warehouse, missing: str
    ) -> None:
        given = body(stocked, warehouse)
        del given[missing]
        assert problem_of(api.post(PATH, given)) == (
            400, "INVALID_REQUEST", [(f"/{missing}", "REQUIRED")],
        )  # fmt: skip

    def test_not_in_a_read_only_location(self, api: Caller, sku: Sku, marketplace: Warehouse) -> None:
        stock(sku, marketplace, 10)
        response = api.post(PATH, body(sku, marketplace, quantity=1))
        assert problem_of(response)[:2] == (403, "READONLY_WAREHOUSE")


class TestReleasing:
    def release(self, api: Caller, made: Hold, headers: dict[str, str] | None = None, **more: Any) -> Any:
        return api.post(f"{PATH}/release", {"holdId": made.public_id, **more}, headers)

    def test_in_part_and_then_whole(self, api: Caller, milk: Sku, warehouse: Warehouse) -> None:
        made = hold(milk, warehouse, 6)
        part = self.release(api, made, quantity=5, note="Sound").json()
        assert (part["state"], part["open"], part["version"]) == ("active", 1, 2)
        assert [(row["lotCode"], row["quantity"]) for row in part["parts"]] == [("SOON", 0), ("LATE", 1)]
        assert part["history"][-1]["note"] == "Sound"
        assert figures(milk) == (7, 1, 6)
        whole = self.release(api, made).json()
        assert (whole["state"], whole["open"]) == ("released", 0)
        assert whole["closedAt"] is not None
        assert figures(milk) == (7, 0, 7)

    def test_twice_is_a_conflict_that_says_so(self, api: Caller, stocked: Sku, warehouse: Warehouse) -> None:
        made = hold(stocked, warehouse, 4)
        assert self.release(api, made).status_code == 200
        response = self.release(api, made)
        assert problem_of(response) == (409, "INVALID_TRANSITION", [])
        assert (problem(response)["state"], problem(response)["allowed"]) == ("released", [])

    def test_more_than_is_held(self, api: Caller, stocked: Sku, warehouse: Warehouse) -> None:
        response = self.release(api, hold(stocked, warehouse, 4), quantity=5)
        assert problem_of(response) == (409, "MORE_THAN_OPEN", [("/quantity", "MORE_THAN_OPEN")])
        assert problem(response)["open"] == 4

    def test_if_match_takes_the_tag_of_the_hold(
        self, api: Caller, stocked: Sku, warehouse: Warehouse
    ) -> None:
        made = hold(stocked, warehouse, 4)
        tag = api.get(f"{PATH}/{made.public_id}")["ETag"]
        done = self.release(api, made, {"If-Match": tag}, quantity=1)
        assert done.status_code == 200
        assert problem_of(self.release(api, made, {"If-Match": tag}))[:2] == (412, "PRECONDITION_FAILED")
        assert self.release(api, made, {"If-Match": done["ETag"]}).status_code == 200

    def test_once_with_a_key(self, api: Caller, stocked: Sku, warehouse: Warehouse) -> None:
        made = hold(stocked, warehouse, 4)
        for _ in range(2):
            assert self.release(api, made, {"Idempotency-Key": "K-1"}, quantity=1).status_code == 200
        assert figures(stocked) == (10, 3, 7)

    def test_one_that_there_is_not(self, api: Caller) -> None:
        for public_id in ("hold_01h455vb4pex5vsknk084sn02q", "rsv_01h455vb4pex5vsknk084sn02q", "x"):
            response = api.post(f"{PATH}/release", {"holdId": public_id})
            assert problem_of(response)[:2] == (404, "HOLD_NOT_FOUND")
            assert problem_of(api.get(f"{PATH}/{public_id}"))[:2] == (404, "HOLD_NOT_FOUND")

    def test_who_may_only_read_there_is_told_so(
        self, organization: Organization, stocked: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        made = hold(stocked, warehouse, 4)
        bob = factories.make_person(
            "bob@example.com", {organization: ["Viewer", ("Warehouse manager", second)]}
        )
        response = Caller.person(bob).post(f"/backoffice{PATH}/release", {"holdId": made.public_id})
        assert problem_of(response) == (403, "PERMISSION_DENIED", [("/holdId", "PERMISSION_DENIED")])


class TestWhatItBlocks:
    """Eight of ten are held."""

    @pytest.fixture
    def held(self, stocked: Sku, warehouse: Warehouse) -> Hold:
        return hold(stocked, warehouse, 8)

    def test_reserving_and_what_is_said_to_be_available(
        self, api: Caller, held: Hold, warehouse: Warehouse
    ) -> None:
        order = {"sku": "SKU-001", "locationId": warehouse.public_id, "quantity": 3, "referenceId": "SO-1"}
        response = api.post("/api/inventory/reservations", order)
        assert problem_of(response)[:2] == (409, "STOCK_UNAVAILABLE")
        assert api.get("/gateway/api/v1/inventory/SKU-001").json()["availableQuantity"] == 2
        assert api.get("/nexus/api/inventory/SKU-001").json()["total_available"] == 2
        (item,) = api.get("/pos/api/v1/inventory").json()["data"]
        assert (item["quantity"], item["available_quantity"]) == (10, 2)
        (item,) = api.get("/backoffice/api/inventory").json()["data"]
        assert (item["onHand"], item["held"], item["available"]) == (10, 8, 2)

    def test_issuing(self, api: Caller, held: Hold, stocked: Sku) -> None:
        item = StockItem.objects.get().public_id
        sale = {"quantity_change": -3, "reason_code": "SALE"}
        response = api.send("PATCH", f"/pos/api/v1/inventory/{item}", sale)
        assert problem_of(response)[:2] == (422, "INSUFFICIENT_STOCK")
        assert problem(response)["available"] == 2
        sale["quantity_change"] = -2
        assert api.send("PATCH", f"/pos/api/v1/inventory/{item}", sale).status_code == 200
        assert figures(stocked) == (8, 8, 0)

    def test_moving(self, api: Caller, held: Hold, warehouse: Warehouse, shelf: Bin) -> None:
        task = {
            "locationId": warehouse.public_id,
            "lines": [
                {
                    "sku": "SKU-001",
                    "quantity": 3,
                    "fromBinId": StockItem.objects.get().bin.public_id,
                    "toBinId": shelf.public_id,
                }
            ],
        }
        made = api.post("/api/inventory/put-away", task)
        if made.status_code == 201:  # a task may be planned; it cannot be done
            tasks = made.json().get("data", [made.json()])
            made = api.post(f"/api/inventory/put-away/{tasks[0]['id']}", {"action": "complete"})
        assert problem_of(made)[:2] == (409, "STOCK_UNAVAILABLE")
        assert StockItem.objects.get(on_hand__gt=0).on_hand == 10

    def test_never_counting_nor_correcting(
        self, api: Caller, held: Hold, stocked: Sku, warehouse: Warehouse
    ) -> None:
        item = StockItem.objects.get().public_id
        damage = {"quantity_change": -3, "reason_code": "DAMAGE"}
        assert api.send("PATCH", f"/pos/api/v1/inventory/{item}", damage).status_code == 200
        assert figures(stocked) == (7, 8, -1)
        count = {"warehouse_id": warehouse.public_id, "quantity": 1, "reason": "cycle_count"}
        assert api.put("/nexus/api/inventory/SKU-001", count).status_code == 200
        assert figures(stocked) == (1, 8, -7)
        adjust = {"sku": "SKU-001", "adjustment": 9, "warehouseId": warehouse.public_id}
        assert api.post("/gateway/api/v1/inventory/adjust", adjust).status_code == 200
        assert figures(stocked) == (10, 8, 2)


class TestList:
    @pytest.fixture
    def many(self, milk: Sku, stocked: Sku, warehouse: Warehouse, shelf: Bin) -> dict[str, Hold]:
        return {
            "all": hold(milk, warehouse, 5, reference="QI-1"),
            "late": hold(milk, warehouse, 1, lot=Lot.objects.get(code="LATE")),
            "other": hold(stocked, warehouse, 3),
        }

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("", ["other", "late", "all"]),
            ("?locationId={warehouse}", ["other", "late", "all"]),
            ("?locationId={second}", []),
            ("?sku=milk", ["late", "all"]),
            ("?binId={shelf}", ["all"]),
            ("?lotId={late}", ["late", "all"]),
            ("?lotId={soon}", ["all"]),
            ("?stockItemId={item}", ["late", "all"]),
            ("?lotId=lot_x", []),
            ("?state=active&referenceId=QI-1", ["all"]),
            ("?state=released", []),
            ("?startDate=2099-01-01", []),
            ("?sort=quantity", ["late", "other", "all"]),
            ("?sort=createdAt&limit=2", ["all", "late"]),
        ],
    )
    def test_filters_sorts_and_pages(
        self,
        api: Caller,
        many: dict[str, Hold],
        warehouse: Warehouse,
        second: Warehouse,
        shelf: Bin,
        query: str,
        expected: list[str],
    ) -> None:
        late, soon = Lot.objects.get(code="LATE"), Lot.objects.get(code="SOON")
        item = StockItem.objects.get(lot=late)
        named = {
            "warehouse": warehouse,
            "second": second,
            "shelf": shelf,
            "late": late,
            "soon": soon,
            "item": item,
        }
        ids = {name: record.public_id for name, record in named.items()}
        response = api.get(PATH + query.format(**ids))
        assert response.status_code == 200, response.content
        names = {made.public_id: name for name, made in many.items()}
        assert [names[row["id"]] for row in response.json()["data"]] == expected

    def test_a_limited_caller_sees_the_holds_there(
        self, api_with: Callable[..., Caller], many: dict[str, Hold], second: Warehouse
    ) -> None:
        limited = api_with(["inventory.read"], warehouses=[second])
        assert limited.get(PATH).json()["data"] == []
        assert problem_of(limited.get(f"{PATH}/{many['all'].public_id}"))[0] == 404

    def test_costs_the_same_for_one_and_three(self, api: Caller, milk: Sku, warehouse: Warehouse) -> None:
        api.get(PATH)  # noting that the key is used costs one statement a minute
        for count in (1, 3):
            for _ in range(Hold.objects.count(), count):
                hold(milk, warehouse, 2)
            with CaptureQueriesContext(connection) as queries:
                assert len(api.get(PATH).json()["data"]) == count
            assert len(queries) == 6  # the key, what is due, the count, the page, its rows, their parts
            path = f"{PATH}/{Hold.objects.first().public_id}"  # type: ignore[union-attr]
            with CaptureQueriesContext(connection) as queries:
                api.get(path)
            assert len(queries) == 5  # the key, what is due, the hold, its parts, its history


def test_the_example_is_what_the_demonstration_has(db: None) -> None:
    api = Caller(make_key(make_demonstration(), EVERY_SCOPE))
    found = api.get(f"{PATH}/{demo.HOLD}").json()
    assert documentation.HOLD == demo.HOLD
    assert (found["state"], found["sku"], found["open"]) == ("active", "REGEN-003", 8)
