"""Rules, suggestions and replenishments over HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.api.backoffice.replenishment import documentation
from inventory.demo import replenishment as demonstration
from inventory.models import (
    Replenishment,
    ReplenishmentRule,
    Sku,
    StateChange,
    StockLevel,
    Transfer,
    TransferState,
)
from inventory.replenishment.orders import Order, place_orders
from inventory.transfers import Receipt, receive_transfer, ship_transfer
from inventory.verification import verify
from tests import factories
from tests.inventory.api.callers import Caller, problem, problem_of
from tests.inventory.api.snapshots import everything
from tests.inventory.replenishment.orders import SUPPLIER, from_location, order, rule
from warehouses import transactions
from warehouses.access import access_of_system
from warehouses.models import Organization, Warehouse

PATH = "/api/inventory/replenishment"
WORKS = {"type": "supplier", "name": "Widget works"}
UNKNOWN = "01h455vb4pex5vsknk084sn02q"


def in_order(rows: list[dict[str, Any]]) -> list[str]:
    return [row["sku"] for row in rows]


class TestConfig:
    @pytest.fixture
    def configure(self, api: Caller, warehouse: Warehouse) -> Callable[..., Any]:
        def send(headers: dict[str, str] | None = None, caller: Caller = api, **given: Any) -> Any:
            body = {"sku": "SKU-001", "locationId": warehouse.public_id, **given}
            return caller.post(f"{PATH}/config", body, headers)

        return send

    def test_it_sets_the_levels_thresholds_and_the_rest(
        self, configure: Callable[..., Any], sku: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        response = configure(
            safetyStock=5,
            reorderPoint=20,
            reorderQuantity=40,
            maximum=100,
            orderMultiple=6,
            leadTimeDays=3,
            windowDays=14,
            source={"type": "transfer", "fromLocationId": second.public_id},
        )
        assert response.status_code == 200
        shown = response.json()
        assert shown == {
            "sku": "SKU-001",
            "skuId": sku.public_id,
            "title": "Blue Widget 500ml",
            "locationId": warehouse.public_id,
            "locationName": "Main warehouse",
            "safetyStock": 5,
            "reorderPoint": 20,
            "reorderQuantity": 40,
            "maximum": 100,
            "orderMultiple": 6,
            "leadTimeDays": 3,
            "windowDays": 14,
            "source": {
                "type": "transfer",
                "name": None,
                "fromLocationId": second.public_id,
                "fromLocationName": "Second warehouse",
            },
            "isDefault": False,
        }
        level = StockLevel.objects.get()
        assert (level.safety_stock, level.reorder_point, level.reorder_quantity) == (5, 20, 40)
        assert list(verify()) == []

    def test_what_is_not_given_stays(self, configure: Callable[..., Any], sku: Sku) -> None:
        first = configure(safetyStock=5, reorderPoint=20, maximum=100, leadTimeDays=3, source=WORKS).json()
        assert first["source"] == {**WORKS, "fromLocationId": None, "fromLocationName": None}
        assert configure(leadTimeDays=9).json() == {**first, "leadTimeDays": 9}
        assert configure(maximum=None, source=None).json() == {
            **first,
            "leadTimeDays": 9,
            "maximum": None,
            "source": None,
        }
        assert configure(safetyStock=0).json()["safetyStock"] == 0
        assert ReplenishmentRule.objects.count() == StockLevel.objects.count() == 1

    def test_a_maximum_below_the_reorder_point_is_refused(
        self, configure: Callable[..., Any], sku: Sku
    ) -> None:
        configure(reorderPoint=20)
        before = everything()
        for given in ({"maximum": 19}, {"maximum": 30, "reorderPoint": 31}):
            where = [("/maximum", "MAXIMUM_TOO_LOW")]
            assert problem_of(configure(**given)) == (422, "MAXIMUM_TOO_LOW", where)
        assert everything() == before
        assert configure(maximum=20).status_code == 200

    def test_a_location_does_not_supply_itself(
        self, configure: Callable[..., Any], sku: Sku, warehouse: Warehouse
    ) -> None:
        before = everything()
        response = configure(source={"type": "transfer", "fromLocationId": warehouse.public_id})
        where = [("/source/fromLocationId", "SAME_LOCATION")]
        assert problem_of(response) == (422, "SAME_LOCATION", where)
        assert everything() == before

    @pytest.mark.parametrize(
        ("source", "where"),
        [
            ({"type": "supplier"}, "/source/name"),
            ({"type": "transfer"}, "/source/fromLocationId"),
            ({"type": "transfer", "name": "X", "fromLocationId": f"wh_{UNKNOWN}"}, "/source/name"),
            ({"type": "supplier", "name": "X", "fromLocationId": f"wh_{UNKNOWN}"}, "/source/fromLocationId"),
            ({"type": "thin air", "name": "X"}, "/source/type"),
        ],
    )
    def test_sources_that_make_no_sense(
        self, configure: Callable[..., Any], sku: Sku, source: dict[str, str], where: str
    ) -> None:
        response = configure(source=source)
        assert (response.status_code, [found for found, _ in problem_of(response)[2]]) == (400, [where])

    def test_nothing_to_set(self, configure: Callable[..., Any], sku: Sku) -> None:
        assert problem_of(configure()) == (400, "INVALID_REQUEST", [("", "EMPTY")])

    def test_if_match(self, configure: Callable[..., Any], sku: Sku, warehouse: Warehouse) -> None:
        assert problem_of(configure({"If-Match": "*"}, reorderPoint=1))[:2] == (412, "PRECONDITION_FAILED")
        assert not StockLevel.objects.exists()
        tag = configure(reorderPoint=20)["ETag"]
        factories.stock(sku, warehouse, 5)  # what is there is no part of the rule
        response = configure({"If-Match": tag}, leadTimeDays=9)
        assert response.status_code == 200
        before = everything()
        for given in ({"leadTimeDays": 10}, {"reorderPoint": 21}):
            assert problem_of(configure({"If-Match": tag}, **given))[:2] == (412, "PRECONDITION_FAILED")
        assert everything() == before
        assert configure({"If-Match": response["ETag"]}, reorderPoint=21).status_code == 200
        assert configure({"If-Match": "*"}, reorderPoint=22).status_code == 200
        assert problem_of(configure({"If-Match": response["ETag"]}, reorderPoint=1))[0] == 412

    def test_a_read_only_location_has_none_set(
        self, configure: Callable[..., Any], sku: Sku, marketplace: Warehouse
    ) -> None:
        response = configure(locationId=marketplace.public_id, reorderPoint=1)
        where = [("/locationId", "READONLY_WAREHOUSE")]
        assert problem_of(response) == (403, "READONLY_WAREHOUSE", where)

    def test_limited_callers_name_only_what_they_see(
        self,
        configure: Callable[..., Any],
        api_with: Callable[..., Caller],
        sku: Sku,
        warehouse: Warehouse,
        second: Warehouse,
    ) -> None:
        caller = api_with(["replenishment.write"], warehouses=[warehouse])
        assert configure(caller=caller, reorderPoint=1).status_code == 200
        before = everything()
        response = configure(caller=caller, locationId=second.public_id, reorderPoint=1)
        assert problem_of(response)[2] == [("/locationId", "WAREHOUSE_NOT_FOUND")]
        response = configure(caller=caller, source={"type": "transfer", "fromLocationId": second.public_id})
        assert problem_of(response)[2] == [("/source/fromLocationId", "WAREHOUSE_NOT_FOUND")]
        assert everything() == before

    def test_the_list_has_each_sku_at_each_location(
        self, api: Caller, organization: Organization, sku: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        widgets = factories.make_category(organization)
        other = factories.make_sku(
            organization, "A-1", product=factories.make_product(organization, category=widgets)
        )
        for place in (warehouse, second):
            factories.stock(sku, place, 1)
        factories.stock(other, warehouse, 1)
        rule(sku, second, changes={"window_days": 90}, source=SUPPLIER)

        def listed(query: str = "") -> list[tuple[str, str, bool]]:
            body = api.get(f"{PATH}/config{query}").json()
            assert body["pagination"]["total"] == len(body["data"])
            return [(row["sku"], row["locationName"], row["isDefault"]) for row in body["data"]]

        main, set_one = ("SKU-001", "Main warehouse", True), ("SKU-001", "Second warehouse", False)
        first = ("A-1", "Main warehouse", True)
        assert sorted(listed()) == sorted([first, main, set_one])
        assert listed()[0] == first
        assert listed(f"?locationId={warehouse.public_id}") == [first, main]
        assert sorted(listed("?sku=sku-001")) == sorted([main, set_one])
        assert listed(f"?categoryId={widgets.public_id}") == [first]
        assert listed("?isDefault=false") == [set_one]
        assert sorted(listed("?isDefault=true")) == sorted([first, main])
        assert listed("?sort=-location")[0] == set_one
        row = next(row for row in api.get(f"{PATH}/config").json()["data"] if row["sku"] == "A-1")
        assert (row["leadTimeDays"], row["windowDays"], row["orderMultiple"], row["maximum"]) == (
            7,
            30,
            1,
            None,
        )
        assert row["source"] is None

    def test_limited_callers_list_only_their_locations(
        self, api_with: Callable[..., Caller], sku: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        for place in (warehouse, second):
            factories.stock(sku, place, 1)
        caller = api_with(["replenishment.read"], warehouses=[second])
        (row,) = caller.get(f"{PATH}/config").json()["data"]
        assert row["locationId"] == second.public_id
        response = caller.get(f"{PATH}/config?locationId={warehouse.public_id}")
        assert problem_of(response) == (404, "WAREHOUSE_NOT_FOUND", [("locationId", "WAREHOUSE_NOT_FOUND")])


class TestSuggestions:
    @pytest.fixture
    def suggest(self, api: Caller, warehouse: Warehouse) -> Callable[..., Any]:
        def send(caller: Caller = api, **given: Any) -> Any:
            return caller.post(f"{PATH}/suggestions", {"locationId": warehouse.public_id, **given})

        return send

    def test_every_number_behind_one(
        self, suggest: Callable[..., Any], sku: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        long_ago = timezone.now() - timedelta(days=100)
        factories.stock(sku, warehouse, 70, recorded_at=long_ago)
        factories.stock(sku, second, 50)
        factories.stock(sku, warehouse, -51, code="SALE")
        factories.reserve(sku, warehouse, 4)
        factories.hold(sku, warehouse, 2)
        changes = {"lead_time_days": 14, "maximum": 60, "order_multiple": 8}
        rule(sku, warehouse, safety_stock=10, changes=changes, source=from_location(second))
        order(sku, warehouse, 3)
        on_the_road(order(sku, warehouse, 5, from_location(second)))

        body = suggest().json()

        assert body == {
            "data": [
                {
                    "sku": "SKU-001",
                    "skuId": sku.public_id,
                    "title": "Blue Widget 500ml",
                    "locationId": warehouse.public_id,
                    "locationName": "Main warehouse",
                    "quantity": 40,
                    "onHand": 19,
                    "reserved": 4,
                    "held": 2,
                    "available": 13,
                    "onOrder": 3,
                    "inTransit": 5,
                    "inbound": 8,
                    "position": 21,
                    "demand": 51,
                    "windowDays": 30,
                    "demandPerDay": 1.7,
                    "leadTimeDays": 14,
                    "safetyStock": 10,
                    "reorderPoint": 34,
                    "isReorderPointSet": False,
                    "reorderQuantity": 0,
                    "maximum": 60,
                    "orderMultiple": 8,
                    "basis": "maximum",
                    "target": 60,
                    "needed": 39,
                    "source": {
                        "type": "transfer",
                        "name": None,
                        "fromLocationId": second.public_id,
                        "fromLocationName": "Second warehouse",
                    },
                }
            ],
            "pagination": {"page": 1, "limit": 50, "total": 1, "totalPages": 1},
        }
        assert '"demandPerDay":1.70' in suggest().content.decode()

    def test_ordering_what_is_suggested_is_enough(
        self, suggest: Callable[..., Any], api: Caller, sku: Sku, warehouse: Warehouse
    ) -> None:
        rule(sku, warehouse, reorder_point=10, reorder_quantity=4, changes={"order_multiple": 6})
        (row,) = suggest().json()["data"]
        body = {"sku": row["sku"], "locationId": row["locationId"], "quantity": row["quantity"]}
        assert api.post(PATH, {**body, "source": WORKS}).status_code == 201
        assert suggest().json()["data"] == []

    def test_filters_and_pages(
        self, suggest: Callable[..., Any], organization: Organization, warehouse: Warehouse
    ) -> None:
        widgets = factories.make_category(organization)
        for number in range(3):
            product = factories.make_product(organization, category=widgets if number else None)
            sku = factories.make_sku(organization, f"S-{number}", product=product)
            rule(sku, warehouse, reorder_point=1)
        assert in_order(suggest().json()["data"]) == ["S-0", "S-1", "S-2"]
        assert in_order(suggest(categoryId=widgets.public_id).json()["data"]) == ["S-1", "S-2"]
        assert suggest(categoryId=f"cat_{UNKNOWN}").json()["data"] == []
        assert suggest(categoryId="nonsense").json()["pagination"]["total"] == 0
        assert in_order(suggest(skus=["s-2", "S-0"]).json()["data"]) == ["S-0", "S-2"]
        page = suggest(page=2, limit=2).json()
        assert in_order(page["data"]) == ["S-2"]
        assert page["pagination"] == {"page": 2, "limit": 2, "total": 3, "totalPages": 2}
        page = suggest(page=10**9, limit=200).json()
        assert (page["data"], page["pagination"]["total"]) == ([], 3)
        response = suggest(skus=["S-0", "NOBODY"])
        assert problem_of(response)[:2] == (404, "INVENTORY_NOT_FOUND")

    def test_it_changes_nothing_and_may_be_repeated(
        self, api: Caller, sku: Sku, warehouse: Warehouse
    ) -> None:
        rule(sku, warehouse, reorder_point=10)
        before = everything()
        body = {"locationId": warehouse.public_id}
        assert len(api.post(f"{PATH}/suggestions", body).json()["data"]) == 1
        assert everything() == before
        first, again = (api.post(f"{PATH}/suggestions", body, {"Idempotency-Key": "twice"}) for _ in range(2))
        assert first.content == again.content
        assert again["Idempotent-Replayed"] == "true"

    def test_what_has_run_out_is_available_again(
        self, suggest: Callable[..., Any], sku: Sku, warehouse: Warehouse
    ) -> None:
        factories.stock(sku, warehouse, 10)
        rule(sku, warehouse, reorder_point=10)
        found = factories.reserve(sku, warehouse, 5, expires_at=timezone.now() + timedelta(seconds=1))
        while timezone.now() <= found.expires_at:
            time.sleep(0.05)
        assert suggest().json()["data"] == []

    @pytest.mark.parametrize("rows", [1, 3])
    def test_statements_are_the_same_for_any_number(
        self,
        suggest: Callable[..., Any],
        api: Caller,
        organization: Organization,
        warehouse: Warehouse,
        rows: int,
    ) -> None:
        for number in range(rows):
            rule(factories.make_sku(organization, f"Q-{number}"), warehouse, reorder_point=1)
        api.get("/nexus/api/inventory/warehouses")
        with CaptureQueriesContext(connection) as captured:
            assert len(suggest().json()["data"]) == rows
        made = [query["sql"][:160] for query in captured.captured_queries]
        assert len(made) == 12, "\n".join(made)


def on_the_road(replenishment: Replenishment) -> Transfer:
    """Its transfer, shipped."""
    replenishment.refresh_from_db()
    line = replenishment.transfer_line
    assert line is not None
    access = access_of_system(replenishment.organization)
    return transactions.run(lambda: ship_transfer(access=access, transfer=line.transfer))


class TestOrders:
    @pytest.fixture
    def place(self, api: Caller, sku: Sku, warehouse: Warehouse) -> Callable[..., Any]:
        def send(caller: Caller = api, **given: Any) -> Any:
            body = {"sku": "SKU-001", "locationId": warehouse.public_id, "quantity": 12, "source": WORKS}
            return caller.post(PATH, {**body, **given})

        return send

    def test_from_a_supplier_is_an_expected_receipt(
        self, place: Callable[..., Any], api: Caller, sku: Sku, warehouse: Warehouse
    ) -> None:
        response = place(expectedOn="2040-05-31", referenceId="PO-1", note="Urgent")
        assert response.status_code == 201
        body = response.json()
        assert body == {
            "id": Replenishment.objects.get().public_id,
            "state": "open",
            "sku": "SKU-001",
            "skuId": sku.public_id,
            "title": "Blue Widget 500ml",
            "locationId": warehouse.public_id,
            "locationName": "Main warehouse",
            "quantity": 12,
            "received": 0,
            "inbound": 12,
            "source": {**WORKS, "fromLocationId": None, "fromLocationName": None},
            "transferId": None,
            "transferState": None,
            "expectedOn": "2040-05-31",
            "referenceId": "PO-1",
            "note": "Urgent",
            "version": 1,
            "createdBy": "Integration",
            "createdAt": body["createdAt"],
            "closedAt": None,
            "history": [
                {
                    "action": "create",
                    "fromState": None,
                    "toState": "open",
                    "quantity": 12,
                    "note": "Urgent",
                    "by": "Integration",
                    "at": body["createdAt"],
                }
            ],
        }
        assert response["Location"] == f"/backoffice{PATH}/{body['id']}"
        again = api.get(response["Location"])
        assert (again.json(), again["ETag"]) == (body, response["ETag"])
        assert not Transfer.objects.exists()

    def test_from_another_location_is_a_draft_transfer(
        self, place: Callable[..., Any], warehouse: Warehouse, second: Warehouse
    ) -> None:
        source = {"type": "transfer", "fromLocationId": second.public_id}
        body = place(source=source, expectedOn="2040-05-31", referenceId="R-1", note="why").json()
        transfer = Transfer.objects.get()
        line = transfer.lines.get()
        assert (transfer.from_warehouse, transfer.to_warehouse, transfer.state) == (
            second,
            warehouse,
            "draft",
        )
        assert (transfer.reference, transfer.note, str(transfer.expected_on)) == ("R-1", "why", "2040-05-31")
        assert (line.sku.code, line.quantity) == ("SKU-001", 12)
        assert (body["transferId"], body["transferState"]) == (transfer.public_id, "draft")
        assert body["source"] == {
            "type": "transfer",
            "name": None,
            "fromLocationId": second.public_id,
            "fromLocationName": "Second warehouse",
        }

    def test_a_transfer_takes_the_right_to_transfers_at_both_ends(
        self,
        place: Callable[..., Any],
        api_with: Callable[..., Caller],
        warehouse: Warehouse,
        second: Warehouse,
    ) -> None:
        source = {"type": "transfer", "fromLocationId": second.public_id}
        rights = ["replenishment.read", "replenishment.write"]
        before = everything()
        response = place(caller=api_with(rights), source=source)
        assert problem_of(response)[:2] == (403, "PERMISSION_DENIED")
        assert problem(response)["missing"] == ["transfers.write"]
        limited = api_with([*rights, "transfers.write"], warehouses=[warehouse])
        where = [("/source/fromLocationId", "WAREHOUSE_NOT_FOUND")]
        assert problem_of(place(caller=limited, source=source)) == (404, "WAREHOUSE_NOT_FOUND", where)
        assert everything() == before
        assert place(caller=api_with([*rights, "transfers.write"]), source=source).status_code == 201

    @pytest.mark.parametrize("kind", ["supplier", "transfer"])
    def test_for_a_location_where_nothing_can_be_received(
        self, place: Callable[..., Any], marketplace: Warehouse, second: Warehouse, kind: str
    ) -> None:
        source = WORKS if kind == "supplier" else {"type": kind, "fromLocationId": second.public_id}
        response = place(locationId=marketplace.public_id, source=source)
        where = [("/locationId", "READONLY_WAREHOUSE")]
        assert problem_of(response) == (403, "READONLY_WAREHOUSE", where)
        Warehouse.objects.filter(pk=second.pk).update(is_active=False)
        response = place(locationId=second.public_id)
        assert problem_of(response) == (409, "WAREHOUSE_INACTIVE", [("/locationId", "WAREHOUSE_INACTIVE")])

    def test_from_itself(self, place: Callable[..., Any], warehouse: Warehouse) -> None:
        response = place(source={"type": "transfer", "fromLocationId": warehouse.public_id})
        where = [("/source/fromLocationId", "SAME_LOCATION")]
        assert problem_of(response) == (422, "SAME_LOCATION", where)

    def test_cancelled_once(self, place: Callable[..., Any], api: Caller) -> None:
        made = place().json()
        response = api.post(f"{PATH}/{made['id']}", {"action": "cancel", "note": "They have none."})
        body = response.json()
        assert response.status_code == 200
        assert (body["state"], body["inbound"], body["version"]) == ("cancelled", 0, 2)
        assert body["closedAt"] is not None
        assert body["history"][-1] == {
            "action": "cancel",
            "fromState": "open",
            "toState": "cancelled",
            "quantity": 12,
            "note": "They have none.",
            "by": "Integration",
            "at": body["closedAt"],
        }
        before = everything()
        response = api.post(f"{PATH}/{made['id']}", {"action": "cancel"})
        assert problem_of(response) == (409, "INVALID_TRANSITION", [])
        assert (problem(response)["state"], problem(response)["allowed"]) == ("cancelled", [])
        assert everything() == before

    def test_cancelled_with_its_draft_transfer(
        self, place: Callable[..., Any], api: Caller, second: Warehouse
    ) -> None:
        made = place(source={"type": "transfer", "fromLocationId": second.public_id}).json()
        body = api.post(f"{PATH}/{made['id']}", {"action": "cancel", "note": "Found."}).json()
        assert (body["state"], body["transferState"], body["version"]) == ("cancelled", "cancelled", 2)
        assert [(line["action"], line["note"]) for line in body["history"]] == [
            ("create", None),
            ("cancel", "Found."),
        ]
        assert Transfer.objects.get().state == TransferState.CANCELLED
        assert list(verify()) == []

    def test_not_cancelled_once_it_is_on_the_road(
        self, place: Callable[..., Any], api: Caller, sku: Sku, second: Warehouse
    ) -> None:
        factories.stock(sku, second, 20)
        made = place(source={"type": "transfer", "fromLocationId": second.public_id}).json()
        on_the_road(Replenishment.objects.get())
        before = everything()
        response = api.post(f"{PATH}/{made['id']}", {"action": "cancel"})
        assert problem_of(response) == (409, "INVALID_TRANSITION", [])
        assert problem(response)["state"] == "in_transit"
        assert everything() == before

    def test_if_match(self, place: Callable[..., Any], api: Caller, warehouse: Warehouse) -> None:
        made = place()
        address = f"{PATH}/{made.json()['id']}"
        line = {"sku": "SKU-001", "quantity": 1, "replenishmentId": made.json()["id"]}
        api.post("/api/inventory/record-stock", {"locationId": warehouse.public_id, "lines": [line]})
        before = everything()
        response = api.post(address, {"action": "cancel"}, {"If-Match": made["ETag"]})
        assert problem_of(response)[:2] == (412, "PRECONDITION_FAILED")
        assert everything() == before
        tag = api.get(address)["ETag"]
        body = api.post(address, {"action": "cancel"}, {"If-Match": tag}).json()
        assert (body["state"], body["received"], body["version"]) == ("cancelled", 1, 3)

    def test_of_others_it_is_not_found(
        self,
        api: Caller,
        api_with: Callable[..., Caller],
        sku: Sku,
        warehouse: Warehouse,
        second: Warehouse,
        rival_warehouse: Warehouse,
    ) -> None:
        mine = order(sku, second, 1)
        theirs = order(factories.make_sku(rival_warehouse.organization), rival_warehouse, 1)
        limited = api_with(["replenishment.read", "replenishment.write"], warehouses=[warehouse])
        before = everything()
        for caller, public_id in (
            (api, theirs.public_id),
            (api, f"rpl_{UNKNOWN}"),
            (api, "nonsense"),
            (limited, mine.public_id),
        ):
            for response in (
                caller.get(f"{PATH}/{public_id}"),
                caller.post(f"{PATH}/{public_id}", {"action": "cancel"}),
            ):
                assert problem_of(response) == (404, "REPLENISHMENT_NOT_FOUND", [])
        assert limited.get(PATH).json()["data"] == []
        assert everything() == before

    def test_list_filters_and_sorts(
        self, api: Caller, organization: Organization, sku: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        widgets = factories.make_category(organization)
        other = factories.make_sku(
            organization, "A-1", product=factories.make_product(organization, category=widgets)
        )
        day = organization.today()
        first = order(sku, warehouse, 3, reference="PO-1", expected_on=day)
        two = order(other, warehouse, 1, from_location(second), expected_on=day + timedelta(days=9))
        three = order(sku, second, 2)
        Replenishment.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(days=9))
        Replenishment.objects.filter(pk=three.pk).update(state="cancelled", received=1)
        transfer = Transfer.objects.get()

        def listed(query: str) -> list[str]:
            body = api.get(f"{PATH}?{query}").json()
            assert body["pagination"]["total"] == len(body["data"])
            return [row["id"] for row in body["data"]]

        one, second_id, third = first.public_id, two.public_id, three.public_id
        assert listed("") == [third, second_id, one]
        assert listed("state=open") == [second_id, one]
        assert listed(f"locationId={second.public_id}") == [third]
        assert listed("sku=sku-001") == [third, one]
        assert listed(f"skuId={other.public_id}") == [second_id]
        assert listed(f"categoryId={widgets.public_id}") == [second_id]
        assert listed("sourceType=transfer") == [second_id]
        assert listed("supplier=widget%20WORKS") == [third, one]
        assert listed(f"transferId={transfer.public_id}") == [second_id]
        assert listed("referenceId=PO-1") == [one]
        assert listed(f"expectedBy={day}") == [one]
        assert listed(f"startDate={day - timedelta(days=1)}") == [third, second_id]
        assert listed(f"endDate={day - timedelta(days=2)}") == [one]
        assert listed("sort=quantity") == [second_id, third, one]
        assert listed("sort=-createdAt") == [third, second_id, one]
        assert listed("sort=sku")[0] == second_id

    @pytest.mark.parametrize("rows", [1, 3])
    @pytest.mark.parametrize("path", [PATH, f"{PATH}/config"])
    def test_lists_take_the_same_statements_for_any_number(
        self,
        api: Caller,
        organization: Organization,
        warehouse: Warehouse,
        second: Warehouse,
        rows: int,
        path: str,
    ) -> None:
        for number in range(rows):
            sku = factories.make_sku(organization, f"Q-{number}")
            rule(sku, warehouse, source=from_location(second))
            order(sku, warehouse, 1, from_location(second))
        api.get("/nexus/api/inventory/warehouses")
        with CaptureQueriesContext(connection) as captured:
            assert len(api.get(path).json()["data"]) == rows
        made = [query["sql"][:160] for query in captured.captured_queries]
        assert len(made) == (5 if path.endswith("config") else 4), "\n".join(made)


class TestTransfers:
    """What becomes of an order with the transfer that brings it."""

    @pytest.fixture
    def coming(self, sku: Sku, warehouse: Warehouse, second: Warehouse) -> Replenishment:
        factories.stock(sku, second, 100)
        found = order(sku, warehouse, 10, from_location(second))
        on_the_road(found)
        return found

    def receive(
        self, coming: Replenishment, received: int, *, is_final: bool = False, **reasons: str
    ) -> None:
        coming.refresh_from_db()
        line = coming.transfer_line
        assert line is not None
        access = access_of_system(coming.organization)
        transactions.run(
            lambda: receive_transfer(
                access=access,
                transfer=line.transfer,
                receipts=[Receipt(line.pk, received, **reasons)],
                is_final=is_final,
            )
        )

    def shown(self, api: Caller, coming: Replenishment) -> tuple[str, int, int]:
        body = api.get(f"{PATH}/{coming.public_id}").json()
        assert list(verify()) == []
        return body["state"], body["received"], body["inbound"]

    def test_a_part_leaves_it_open(self, api: Caller, coming: Replenishment) -> None:
        assert self.shown(api, coming) == ("open", 0, 10)
        self.receive(coming, 4)
        assert self.shown(api, coming) == ("open", 4, 6)
        self.receive(coming, 6)
        assert self.shown(api, coming) == ("received", 10, 0)
        history = StateChange.objects.filter(subject_id=coming.pk).values_list(
            "action", "to_state", "quantity"
        )
        assert list(history) == [("create", "open", 10), ("receive", "open", 4), ("receive", "received", 6)]

    def test_what_is_written_off_is_not_expected_any_more(self, api: Caller, coming: Replenishment) -> None:
        self.receive(coming, 7, is_final=True, shortage_reason="Lost")
        assert self.shown(api, coming) == ("received", 7, 0)
        history = StateChange.objects.filter(subject_id=coming.pk).values_list(
            "action", "to_state", "quantity"
        )
        assert list(history)[1:] == [("receive", "received", 7), ("write_off", "received", 3)]

    def test_all_of_it_is_lost(self, api: Caller, coming: Replenishment) -> None:
        self.receive(coming, 0, is_final=True, shortage_reason="Lost")
        assert self.shown(api, coming) == ("received", 0, 0)

    def test_a_surplus_is_received_too(self, api: Caller, coming: Replenishment) -> None:
        self.receive(coming, 12, is_final=True, surplus_reason="Two too many")
        assert self.shown(api, coming) == ("received", 12, 0)


def test_orders_on_one_transfer_are_cancelled_with_it(
    api: Caller, organization: Organization, sku: Sku, warehouse: Warehouse, second: Warehouse
) -> None:
    other = factories.make_sku(organization)
    here = from_location(second)
    orders = [Order(each, warehouse, 1, here) for each in (sku, other)]
    made = transactions.run(lambda: place_orders(access=access_of_system(organization), orders=orders))
    transfer = Transfer.objects.get()
    assert [row.transfer_line.sku for row in Replenishment.objects.order_by("pk")] == [sku, other]  # type: ignore[union-attr]
    before = everything()
    response = api.post(f"{PATH}/{made[0].public_id}", {"action": "cancel"})
    assert problem_of(response) == (409, "TRANSFER_SHARED", [])
    assert problem(response)["transferId"] == transfer.public_id
    assert everything() == before
    api.post(f"/api/inventory/transfers/{transfer.public_id}", {"action": "cancel"})
    assert set(Replenishment.objects.values_list("state", flat=True)) == {"cancelled"}


def test_the_documented_orders_are_the_demonstrations() -> None:
    assert (documentation.ORDER, documentation.TO_CANCEL) == (demonstration.ORDER, demonstration.TO_CANCEL)
