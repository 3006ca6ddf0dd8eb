"""`PUT /inventory/{sku}` and `POST /inventory/adjust`: which warehouse, what is refused, what is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from inventory.models import Adjustment, Movement, Sku, StockLevel
from tests.factories import make_lot, make_person, make_sku, stock
from tests.inventory.api.callers import Caller, problem, problem_of
from tests.inventory.api.snapshots import everything
from warehouses import places
from warehouses.actors import SYSTEM
from warehouses.models import Organization, User, Warehouse

ADJUST = "/api/v1/inventory/adjust"
SKU = "/api/v1/inventory/SKU-001"


def on_hand(sku: Sku) -> dict[str, int]:
    return dict(StockLevel.objects.filter(sku=sku).values_list("warehouse__name", "on_hand"))


def put(api: Caller, quantity: int, path: str = SKU, **fields: Any) -> Any:
    return api.put(path, {"quantity": quantity, **fields})


def adjust(api: Caller, change: int, path: str = ADJUST, **fields: Any) -> Any:
    return api.post(path, {"sku": "SKU-001", "adjustment": change, **fields})


WRITES = [put, adjust]


@pytest.mark.parametrize("write", WRITES)
class TestWhichWarehouse:
    def test_the_default_where_nothing_stocks_it(
        self, api: Caller, sku: Sku, second: Warehouse, write: Callable[..., Any]
    ) -> None:
        response = write(api, 5)

        assert (response.status_code, response.json()["warehouseName"]) == (200, "Main warehouse")
        assert on_hand(sku) == {"Main warehouse": 5}

    def test_the_only_one_that_stocks_it(
        self, api: Caller, sku: Sku, second: Warehouse, write: Callable[..., Any]
    ) -> None:
        stock(sku, second, 5)

        response = write(api, 7)

        assert (response.status_code, response.json()["warehouseId"]) == (200, second.public_id)
        assert on_hand(sku) == {"Second warehouse": 7 if write is put else 12}

    def test_one_must_be_named_where_several_stock_it(
        self, api: Caller, sku: Sku, warehouse: Warehouse, second: Warehouse, write: Callable[..., Any]
    ) -> None:
        stock(sku, warehouse, 5)
        stock(sku, second, 5)
        before = everything()

        response = write(api, 7)

        assert problem_of(response) == (
            422,
            "WAREHOUSE_REQUIRED",
            [("/warehouseId", "WAREHOUSE_REQUIRED")],
        )
        assert everything() == before

    @pytest.mark.parametrize("where", ["body", "query", "both"])
    def test_it_may_be_named_in_the_body_or_the_query(
        self,
        api: Caller,
        sku: Sku,
        warehouse: Warehouse,
        second: Warehouse,
        write: Callable[..., Any],
        where: str,
    ) -> None:
        stock(sku, warehouse, 5)
        stock(sku, second, 5)
        path = SKU if write is put else ADJUST
        query = f"{path}?warehouse_id={second.public_id}" if where != "body" else path
        fields = {"warehouseId": second.public_id} if where != "query" else {}

        response = write(api, 7, query, **fields)

        assert (response.status_code, response.json()["warehouseId"]) == (200, second.public_id)
        assert on_hand(sku) == {"Main warehouse": 5, "Second warehouse": 7 if write is put else 12}

    def test_a_named_one_need_not_stock_it_yet(
        self, api: Caller, sku: Sku, warehouse: Warehouse, second: Warehouse, write: Callable[..., Any]
    ) -> None:
        stock(sku, warehouse, 5)

        assert write(api, 7, warehouseId=second.public_id).status_code == 200
        assert on_hand(sku) == {"Main warehouse": 5, "Second warehouse": 7}

    def test_two_different_ones_are_a_contradiction(
        self, api: Caller, sku: Sku, warehouse: Warehouse, second: Warehouse, write: Callable[..., Any]
    ) -> None:
        path = SKU if write is put else ADJUST
        before = everything()

        response = write(api, 7, f"{path}?warehouse_id={warehouse.public_id}", warehouseId=second.public_id)

        assert problem_of(response) == (400, "INVALID_REQUEST", [("warehouse_id", "CONTRADICTION")])
        assert everything() == before

    def test_unknown_malformed_and_foreign_ones_are_answered_alike(
        self, api: Caller, sku: Sku, rival_warehouse: Warehouse, write: Callable[..., Any]
    ) -> None:
        path = SKU if write is put else ADJUST
        ids = [
            rival_warehouse.public_id,
            "wh_01h455vb4pex5vsknk084sn02q",
            "x",
            str(rival_warehouse.pk),
            sku.public_id,
        ]
        before = everything()

        found = [write(api, 7, warehouseId=one) for one in ids]
        found += [write(api, 7, f"{path}?warehouse_id={one}") for one in ids]

        assert {problem_of(one)[:2] for one in found} == {(404, "WAREHOUSE_NOT_FOUND")}
        assert len({one.json()["detail"] for one in found}) == 1
        assert everything() == before

    def test_a_caller_limited_to_one_of_two_need_not_name_it(
        self,
        api_with: Callable[..., Caller],
        sku: Sku,
        warehouse: Warehouse,
        second: Warehouse,
        write: Callable[..., Any],
    ) -> None:
        stock(sku, warehouse, 5)
        stock(sku, second, 5)
        limited = api_with(warehouses=[second])

        assert write(limited, 7).json()["warehouseId"] == second.public_id
        hidden = write(limited, 9, warehouseId=warehouse.public_id)
        assert problem_of(hidden)[:2] == (404, "WAREHOUSE_NOT_FOUND")
        assert on_hand(sku) == {"Main warehouse": 5, "Second warehouse": 7 if write is put else 12}

    def test_a_caller_who_may_not_write_the_default_has_to_name_one(
        self,
        api_with: Callable[..., Caller],
        sku: Sku,
        warehouse: Warehouse,
        second: Warehouse,
        write: Callable[..., Any],
    ) -> None:
        stock(sku, warehouse, 5)
        limited = api_with(warehouses=[second])
        before = everything()

        assert problem_of(write(limited, 7))[:2] == (422, "WAREHOUSE_REQUIRED")
        assert everything() == before
        assert write(limited, 7, warehouseId=second.public_id).status_code == 200
        assert on_hand(sku) == {"Main warehouse": 5, "Second warehouse": 7}

    def test_a_person_who_reads_both_and_writes_one(
        self,
        organization: Organization,
        sku: Sku,
        warehouse: Warehouse,
        second: Warehouse,
        write: Callable[..., Any],
    ) -> None:
        stock(sku, warehouse, 5)
        stock(sku, second, 5)
        bob = make_person("bob@example.com", {organization: ["Viewer", ("Warehouse manager", second)]})
        browser = Caller.person(bob)

        refused = write(browser, 9, warehouseId=warehouse.public_id)
        assert problem_of(refused) == (403, "PERMISSION_DENIED", [("/warehouseId", "PERMISSION_DENIED")])
        assert on_hand(sku) == {"Main warehouse": 5, "Second warehouse": 5}
        assert write(browser, 7).json()["warehouseId"] == second.public_id


@pytest.mark.parametrize("write", WRITES)
class TestRefusals:
    def test_a_sku_that_nobody_knows(
        self, api: Caller, warehouse: Warehouse, write: Callable[..., Any]
    ) -> None:
        before = everything()

        response = write(api, 7)

        assert problem_of(response)[:2] == (404, "INVENTORY_NOT_FOUND")
        assert everything() == before

    def test_a_sku_of_another_organization_is_as_unknown(
        self, api: Caller, rival: Organization, rival_warehouse: Warehouse, write: Callable[..., Any]
    ) -> None:
        unknown = write(api, 7).json()
        stock(make_sku(rival, "SKU-001"), rival_warehouse, 50)
        before = everything()

        foreign = write(api, 7).json()

        assert {**foreign, "instance": ""} == {**unknown, "instance": ""}
        assert everything() == before

    def test_read_only_warehouses(
        self, api: Caller, sku: Sku, marketplace: Warehouse, write: Callable[..., Any]
    ) -> None:
        stock(sku, marketplace, 50)
        before = everything()

        for response in (write(api, 7), write(api, 7, warehouseId=marketplace.public_id)):
            assert problem_of(response) == (
                403,
                "READONLY_WAREHOUSE",
                [("/warehouseId", "READONLY_WAREHOUSE")],
            )
        assert everything() == before

    def test_inactive_warehouses(
        self, api: Caller, sku: Sku, organization: Organization, second: Warehouse, write: Callable[..., Any]
    ) -> None:
        places.deactivate_warehouse(organization=organization, actor=SYSTEM, warehouse=second)
        before = everything()

        response = write(api, 7, warehouseId=second.public_id)

        status, code, _ = problem_of(response)
        assert (status, code) == (409, "WAREHOUSE_INACTIVE")
        assert everything() == before

    def test_lot_controlled_goods_come_in_by_lot(
        self, api: Caller, organization: Organization, warehouse: Warehouse, write: Callable[..., Any]
    ) -> None:
        milk = make_sku(organization, "SKU-001", is_lot_controlled=True)
        stock(milk, warehouse, 5, lot=make_lot(milk))
        before = everything()

        response = write(api, 7)

        assert problem_of(response)[:2] == (422, "LOT_REQUIRED")
        assert everything() == before
        assert write(api, 3 if write is put else -2).status_code == 200
        assert on_hand(milk) == {"Main warehouse": 3}

    def test_more_than_a_level_can_hold(
        self, api: Caller, sku: Sku, warehouse: Warehouse, write: Callable[..., Any]
    ) -> None:
        stock(sku, warehouse, 1)
        most = 1_000_000_000
        before = everything()

        response = write(api, most + 1 if write is put else most)

        assert response.status_code in {400, 422}
        problem(response)
        assert everything() == before
        assert write(api, most if write is put else most - 1).status_code == 200
        assert on_hand(sku) == {"Main warehouse": most}


class TestPut:
    def test_a_negative_quantity_is_the_documented_error(
        self, api: Caller, sku: Sku, warehouse: Warehouse
    ) -> None:
        """Of the contracts' error table: 422, "Resulting quantity would be negative"."""
        stock(sku, warehouse, 5)
        before = everything()

        assert problem_of(put(api, -1)) == (422, "NEGATIVE_QUANTITY", [("/quantity", "NEGATIVE_QUANTITY")])
        assert everything() == before

    def test_nothing_left(self, api: Caller, sku: Sku, warehouse: Warehouse) -> None:
        stock(sku, warehouse, 5)

        assert put(api, 0).json()["quantity"] == 0
        assert on_hand(sku) == {"Main warehouse": 0}

    def test_what_is_there_already_is_no_movement(self, api: Caller, sku: Sku, warehouse: Warehouse) -> None:
        stock(sku, warehouse, 5)
        before = everything()

        assert put(api, 5, reason="again").status_code == 200
        assert everything() == before

    def test_zero_of_a_known_sku_creates_its_level(self, api: Caller, sku: Sku, warehouse: Warehouse) -> None:
        response = put(api, 0)

        assert (response.status_code, response.json()["quantity"]) == (200, 0)
        assert api.get(SKU).json() == response.json()
        assert Movement.objects.count() == 0

    def test_thresholds_are_those_of_the_warehouse(
        self, api: Caller, organization: Organization, warehouse: Warehouse, second: Warehouse
    ) -> None:
        sku = make_sku(organization, "SKU-001", reorder_point=10, reorder_quantity=11)
        stock(sku, warehouse, 5)
        stock(sku, second, 5)

        put(api, 5, reorderPoint=3, warehouseId=second.public_id)
        put(api, 5, reorderQuantity=0, reorderPoint=0, warehouseId=warehouse.public_id)

        found = {
            name: rest
            for name, *rest in StockLevel.objects.values_list(
                "warehouse__name", "on_hand", "reorder_point", "reorder_quantity"
            )
        }
        assert found == {"Main warehouse": [5, 0, 0], "Second warehouse": [5, 3, 11]}
        sku.refresh_from_db()
        assert (sku.reorder_point, sku.reorder_quantity) == (10, 11)

    def test_thresholds_may_come_with_the_first_quantity(
        self, api: Caller, sku: Sku, warehouse: Warehouse
    ) -> None:
        body = put(api, 5, reorderPoint=30, reorderQuantity=100).json()

        assert (body["quantity"], body["reorderPoint"], body["reorderQuantity"]) == (5, 30, 100)
        assert [row["sku"] for row in api.get("/api/v1/inventory/low-stock").json()["data"]] == ["SKU-001"]

    def test_a_new_threshold_is_a_new_version_and_no_movement(
        self, api: Caller, sku: Sku, warehouse: Warehouse
    ) -> None:
        stock(sku, warehouse, 5)
        first = api.get(SKU)

        second = put(api, 5, reorderPoint=30)

        assert second["ETag"] != first["ETag"]
        assert Movement.objects.count() == 1

    def test_the_reason_is_kept_as_the_note(self, api: Caller, sku: Sku, warehouse: Warehouse) -> None:
        put(api, 5, reason="  Größe – “counted” 🎁  ")

        movement = Movement.objects.get()
        assert (movement.note, movement.reference) == ("Größe – “counted” 🎁", "")
        assert movement.reason_code.code == "ADJUSTMENT"
        assert Adjustment.objects.get().note == "Größe – “counted” 🎁"


class TestAdjust:
    def test_more_than_there_is_names_what_there_is(
        self, api: Caller, sku: Sku, warehouse: Warehouse
    ) -> None:
        stock(sku, warehouse, 5)
        before = everything()

        response = adjust(api, -6)

        assert problem_of(response) == (
            422,
            "NEGATIVE_QUANTITY",
            [("/adjustment", "NEGATIVE_QUANTITY")],
        )
        assert response.json()["available"] == 5
        assert everything() == before
        assert adjust(api, -5).json()["quantity"] == 0

    def test_from_a_sku_in_no_warehouse(self, api: Caller, sku: Sku, warehouse: Warehouse) -> None:
        before = everything()

        assert problem_of(adjust(api, -1))[:2] == (422, "NEGATIVE_QUANTITY")
        assert everything() == before

    def test_by_nothing(self, api: Caller, sku: Sku, warehouse: Warehouse) -> None:
        stock(sku, warehouse, 5)
        before = everything()

        status, _code, where = problem_of(adjust(api, 0))
        assert status in {400, 422}
        assert [pointer for pointer, _ in where] == ["/adjustment"]
        assert everything() == before

    def test_a_correction_may_take_what_is_promised(
        self, api: Caller, sku: Sku, warehouse: Warehouse
    ) -> None:
        from tests.factories import pretend_reserved

        stock(sku, warehouse, 5)
        pretend_reserved(sku, warehouse, 4)

        body = adjust(api, -3).json()

        assert (body["quantity"], body["reservedQuantity"], body["availableQuantity"]) == (2, 4, -2)

    @pytest.mark.parametrize("scope", ["inventory.adjust", "inventory:adjust", "inventory.write"])
    def test_the_scope_of_adjusting_suffices(
        self, api_with: Callable[..., Caller], sku: Sku, warehouse: Warehouse, scope: str
    ) -> None:
        assert adjust(api_with([scope]), 3).status_code == 200

    def test_adjusting_is_not_setting(
        self, api_with: Callable[..., Caller], sku: Sku, warehouse: Warehouse
    ) -> None:
        before = everything()

        response = put(api_with(["inventory.adjust"]), 3)

        assert problem_of(response)[:2] == (403, "PERMISSION_DENIED")
        assert everything() == before


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [
        ("Owner", 200, 200),
        ("Warehouse manager", 200, 200),
        ("Approver", 200, 403),
        ("Counter", 403, 403),
        ("Viewer", 200, 403),
    ],
)
def test_what_each_role_may(
    organization: Organization, sku: Sku, warehouse: Warehouse, role: str, reads: int, writes: int
) -> None:
    stock(sku, warehouse, 5)
    browser = Caller.person(make_person("bob@example.com", {organization: [role]}))

    assert browser.get(SKU).status_code == reads
    for path in (SKU, "/api/inventory/SKU-001"):
        assert browser.get(f"/nexus{path}" if "v1" not in path else f"/gateway{path}").status_code == reads
    assert put(browser, 6).status_code == writes
    assert adjust(browser, 1).status_code == writes
    assert on_hand(sku) == {"Main warehouse": 7 if writes == 200 else 5}


def test_a_member_without_a_role_may_nothing(
    organization: Organization, sku: Sku, warehouse: Warehouse
) -> None:
    stock(sku, warehouse, 5)
    browser = Caller.person(make_person("bob@example.com", {organization: []}))

    assert problem_of(browser.get(SKU))[:2] == (403, "PERMISSION_DENIED")


def test_the_person_is_on_the_movement(sku: Sku, warehouse: Warehouse, alice: User) -> None:
    assert put(Caller.person(alice), 5).status_code == 200

    movement = Movement.objects.get()
    assert (movement.actor_type, movement.actor_id, movement.actor_name) == (
        "user",
        alice.pk,
        "alice@example.com",
    )
