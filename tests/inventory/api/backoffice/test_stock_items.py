"""`GET /api/inventory`, `POST /api/inventory/adjust`, and what locations and products have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Adjustment, Movement, Product, Sku, StockItem, StockLevel
from inventory.verification import verify
from inventory.versions import level_version
from tests.factories import (
    make_bin,
    make_category,
    make_lot,
    make_product,
    make_sku,
    make_warehouse,
    pretend_reserved,
    stock,
)
from tests.inventory.api.callers import Caller, problem_of
from tests.inventory.api.volume import make_levels, make_skus
from warehouses.models import Organization, Room, RoomType, User, Warehouse

pytestmark = pytest.mark.django_db

PATH = "/backoffice/api/inventory"
ADJUST = "/api/inventory/adjust"


@contextmanager
def statements(number: int) -> Iterator[None]:
    with CaptureQueriesContext(connection) as captured:
        yield
    made = [query["sql"][:200] for query in captured.captured_queries]
    assert len(made) == number, "\n".join(made)


@pytest.fixture
def api(api: Caller) -> Caller:
    """Its key has been used in this minute: noting that costs one more statement, once."""
    api.get("/nexus/api/inventory/warehouses")
    return api


def codes(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["sku"] for row in response.json()["data"]]


class TestAddress:
    """The nexus contract has it too."""

    def test_a_session_and_own_parameters_lead_here(
        self, api: Caller, alice: User, sku: Sku, warehouse: Warehouse
    ) -> None:
        stock(sku, warehouse, 5)
        browser = Caller.person(alice)
        for caller, path, contract in (
            (browser, "/api/inventory", "backoffice"),
            (browser, "/api/inventory/?sku=SKU-001", "backoffice"),
            (api, "/api/inventory", "nexus"),
            (api, "/api/inventory?sku=SKU-001", "nexus"),
            (api, "/api/inventory?page=1", "backoffice"),
            (api, f"/api/inventory?locationId={warehouse.public_id}&sku=SKU-001", "backoffice"),
            (api, "/backoffice/api/inventory", "backoffice"),
        ):
            response = caller.get(path)
            assert (response.status_code, response["X-API-Contract"]) == (200, contract), path
            assert codes(response) == ["SKU-001"]

    def test_the_header_has_the_last_word(self, api: Caller, sku: Sku) -> None:
        assert api.get("/api/inventory", X_API_Contract="backoffice")["X-API-Contract"] == "backoffice"
        assert api.get("/api/inventory?limit=3", X_API_Contract="nexus")["X-API-Contract"] == "nexus"


class TestList:
    def test_a_row_has_everything(
        self, api: Caller, organization: Organization, warehouse: Warehouse
    ) -> None:
        category = make_category(organization, "Tea")
        product = make_product(organization, "Darjeeling", category)
        sku = make_sku(
            organization, "TEA-1", product=product, title="Darjeeling 100 g", unit_cost=Decimal("3.1250")
        )
        lot = make_lot(sku, "L-7", organization.today() + timedelta(days=40))
        vault = Room.objects.create(
            organization=organization, warehouse=warehouse, name="Vault", room_type=RoomType.VAULT
        )
        shelf = make_bin(warehouse, "V-01", room=vault)
        stock(sku, warehouse, 9, bin=shelf, lot=lot)
        pretend_reserved(sku, warehouse, 4)
        item, level = StockItem.objects.get(), StockLevel.objects.get()

        (row,) = api.get(PATH).json()["data"]

        stamps = {name: row.pop(name) for name in ("createdAt", "updatedAt")}
        assert all(stamp.endswith("Z") for stamp in stamps.values())
        assert row == {
            "id": item.public_id,
            "sku": "TEA-1",
            "skuId": sku.public_id,
            "title": "Darjeeling 100 g",
            "productMasterId": product.public_id,
            "productName": "Darjeeling",
            "categoryId": category.public_id,
            "categoryName": "Tea",
            "locationId": warehouse.public_id,
            "locationName": warehouse.name,
            "roomId": vault.public_id,
            "roomName": "Vault",
            "roomType": "vault",
            "binId": shelf.public_id,
            "binCode": "V-01",
            "lotId": lot.public_id,
            "lotCode": "L-7",
            "lotState": "active",
            "expiresOn": str(lot.expires_on),
            "onHand": 9,
            "reserved": 4,
            "held": 0,
            "available": 5,
            "unitCost": 3.125,
            "value": 28.13,
            "version": level_version(level.pk, level.version),
        }

    def test_pages_of_twenty_and_at_most_a_hundred(
        self, api: Caller, organization: Organization, warehouse: Warehouse
    ) -> None:
        make_levels(organization, make_skus(organization, 45), [warehouse])
        first = api.get(PATH).json()
        assert first["pagination"] == {"page": 1, "limit": 20, "total": 45, "totalPages": 3}
        seen = [row["id"] for row in first["data"]]
        for page in (2, 3, 4):
            seen += [row["id"] for row in api.get(f"{PATH}?page={page}").json()["data"]]
        assert (len(seen), len(set(seen))) == (45, 45)
        assert len(api.get(f"{PATH}?limit=100").json()["data"]) == 45
        assert problem_of(api.get(f"{PATH}?limit=101")) == (400, "INVALID_REQUEST", [("limit", "INVALID")])

    @pytest.fixture
    def shop(self, organization: Organization, warehouse: Warehouse, second: Warehouse) -> dict[str, Any]:
        tea, cups = make_category(organization, "Tea"), make_category(organization, "Cups")
        black = make_sku(
            organization, "TEA-BLACK", title="Black tea loose", product=make_product(organization, "Tea", tea)
        )
        green = make_sku(
            organization, "TEA-GREEN", title="Green tea", product=black.product, barcodes=["4006381"]
        )
        cup = make_sku(
            organization, "CUP-1", title="Cup, black", product=make_product(organization, "Cup", cups)
        )
        today = organization.today()
        lot = make_lot(black, "B-1", today + timedelta(days=5))
        later = make_lot(black, "B-2", today + timedelta(days=50))
        receiving = Room.objects.create(
            organization=organization, warehouse=second, name="In", room_type=RoomType.RECEIVING
        )
        shelf = make_bin(second, "IN-1", room=receiving)
        stock(black, warehouse, 5, lot=lot)
        stock(black, warehouse, 6, lot=later)
        stock(green, warehouse, 7)
        stock(cup, second, 8, bin=shelf)
        stock(green, second, 3)
        stock(green, second, -3)
        return {
            "tea": tea.public_id, "black": black.product.public_id, "lot": lot.public_id, "shelf": shelf.public_id,
            "second": second.public_id, "soon": str(today + timedelta(days=6)),
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ["TEA-BLACK", "TEA-BLACK", "TEA-GREEN", "CUP-1", "TEA-GREEN"]),
            ("locationId={second}", ["CUP-1", "TEA-GREEN"]),
            ("productMasterId={black}", ["TEA-BLACK", "TEA-BLACK", "TEA-GREEN", "TEA-GREEN"]),
            ("productMasterId={black}&locationId={second}", ["TEA-GREEN"]),
            ("lotId={lot}", ["TEA-BLACK"]),
            ("binId={shelf}", ["CUP-1"]),
            ("sku=tea-green", ["TEA-GREEN", "TEA-GREEN"]),
            ("sku=tea", []),
            ("search=tea", ["TEA-BLACK", "TEA-BLACK", "TEA-GREEN", "TEA-GREEN"]),
            ("search=black", ["TEA-BLACK", "TEA-BLACK", "CUP-1"]),
            ("search=loose%20black", ["TEA-BLACK", "TEA-BLACK"]),
            ("search=4006381", ["TEA-GREEN", "TEA-GREEN"]),
            ("search=400", []),
            ("categoryId={tea}&hasStock=true", ["TEA-BLACK", "TEA-BLACK", "TEA-GREEN"]),
            ("roomType=receiving", ["CUP-1"]),
            ("hasStock=false", ["TEA-GREEN"]),
            ("expiresBefore={soon}", ["TEA-BLACK"]),
            ("sort=-onHand&hasStock=true", ["CUP-1", "TEA-GREEN", "TEA-BLACK", "TEA-BLACK"]),
            ("sort=sku", ["CUP-1", "TEA-BLACK", "TEA-BLACK", "TEA-GREEN", "TEA-GREEN"]),
            ("sort=-createdAt", ["TEA-GREEN", "CUP-1", "TEA-GREEN", "TEA-BLACK", "TEA-BLACK"]),
            ("lotId=lot_nonsense", []),
            ("categoryId=nonsense", []),
            ("productMasterId=prod_nonsense", []),
        ],
    )
    def test_every_filter_filters(
        self, api: Caller, shop: dict[str, Any], query: str, found: list[str]
    ) -> None:
        assert codes(api.get(f"{PATH}?{query.format(**shop)}")) == found

    def test_by_expiry_what_has_to_go_first_is_first_and_what_keeps_is_last(
        self, api: Caller, shop: dict[str, Any]
    ) -> None:
        for sort, lots in (("expiresOn", ["B-1", "B-2"]), ("-expiresOn", ["B-2", "B-1"])):
            rows = api.get(f"{PATH}?sort={sort}").json()["data"]
            assert [row["lotCode"] for row in rows] == [*lots, None, None, None]

    @pytest.mark.parametrize(
        ("query", "name"),
        [
            ("sort=colour", "sort"),
            ("hasStock=maybe", "hasStock"),
            ("expiresBefore=soon", "expiresBefore"),
            ("roomType=attic", "roomType"),
            ("colour=red", "colour"),
        ],
    )
    def test_what_cannot_be_read_is_named(self, api: Caller, query: str, name: str) -> None:
        status, code, where = problem_of(api.get(f"{PATH}?{query}"))
        assert (status, code, [parameter for parameter, _ in where]) == (400, "INVALID_REQUEST", [name])

    def test_a_location_that_is_not_there(self, api: Caller, rival_warehouse: Warehouse) -> None:
        for named in ("wh_nowhere", rival_warehouse.public_id):
            assert problem_of(api.get(f"{PATH}?locationId={named}")) == (
                404, "WAREHOUSE_NOT_FOUND", [("locationId", "WAREHOUSE_NOT_FOUND")],
            )  # fmt: skip

    @pytest.mark.parametrize("count", [1, 3, 200])
    @pytest.mark.parametrize(
        ("query", "number"),
        [("limit=100", 4), ("limit=100&search=v-", 5), ("limit=100&roomType=storage&sort=sku", 5)],
    )
    def test_it_costs_the_same_whatever_there_is(
        self,
        api: Caller,
        organization: Organization,
        warehouse: Warehouse,
        count: int,
        query: str,
        number: int,
    ) -> None:
        make_levels(organization, make_skus(organization, count), [warehouse])
        with statements(number + 1):  # the key is one
            rows = api.get(f"{PATH}?{query}").json()["data"]
        assert len(rows) == min(count, 100)
        for sku in Sku.objects.all()[:40]:
            pretend_reserved(sku, warehouse, 1)
        with statements(number + 2):  # what is reserved is shared out
            api.get(f"{PATH}?{query}")


class TestAdjust:
    @pytest.fixture
    def body(self, sku: Sku, warehouse: Warehouse) -> dict[str, Any]:
        stock(sku, warehouse, 10)
        return {
            "sku": "sku-001", "locationId": warehouse.public_id, "quantityChange": -3, "reasonCode": "sale",
            "note": "Counter", "referenceId": "R-7",
        }  # fmt: skip

    def test_the_item_and_its_document(self, api: Caller, body: dict[str, Any]) -> None:
        response = api.post(ADJUST, body)
        assert response.status_code == 200, response.content
        shown = response.json()
        item = StockItem.objects.get()
        (listed,) = api.get(PATH).json()["data"]
        document = Adjustment.objects.latest("created_at")
        changes = shown.pop("changes")
        assert shown.pop("adjustmentId") == document.public_id
        assert shown == listed
        assert changes == [
            {
                "stockItemId": item.public_id, "binCode": "MAIN", "lotCode": None,
                "quantityBefore": 10, "quantityChange": -3, "quantityAfter": 7,
            }
        ]  # fmt: skip
        assert (document.kind, document.source, document.note, document.reference) == (
            "adjustment", "backoffice", "Counter", "R-7",
        )  # fmt: skip
        assert response["ETag"].startswith(f'"{listed["version"]}.')
        assert list(verify()) == []

    def test_by_the_item(
        self, api: Caller, organization: Organization, sku: Sku, warehouse: Warehouse
    ) -> None:
        stock(sku, warehouse, 10)
        shelf = make_bin(warehouse, "A-1")
        stock(sku, warehouse, 4, bin=shelf)
        item = StockItem.objects.get(bin=shelf)
        for place in ({}, {"locationId": warehouse.public_id}):
            body = {"stockItemId": item.public_id, "quantityChange": -2, "reasonCode": "DAMAGE", **place}
            shown = api.post(ADJUST, body).json()
            assert shown["id"] == item.public_id
        item.refresh_from_db()
        assert item.on_hand == 0
        other = make_warehouse(organization, "Elsewhere").public_id
        answer = api.post(ADJUST, {**body, "locationId": other})
        assert problem_of(answer) == (404, "INVENTORY_NOT_FOUND", [("/stockItemId", "INVENTORY_NOT_FOUND")])

    def test_what_leaves_is_found_first_expired_first(
        self, api: Caller, organization: Organization, sku: Sku, warehouse: Warehouse
    ) -> None:
        today = organization.today()
        for number, days in enumerate((9, 2, 5)):
            stock(sku, warehouse, 4, lot=make_lot(sku, f"L-{number}", today + timedelta(days=days)))
        body = {
            "sku": "SKU-001",
            "locationId": warehouse.public_id,
            "quantityChange": -6,
            "reasonCode": "SALE",
        }
        shown = api.post(ADJUST, body).json()
        assert [(row["lotCode"], row["quantityChange"]) for row in shown["changes"]] == [
            ("L-1", -4),
            ("L-2", -2),
        ]
        assert shown["lotCode"] == "L-1"

    def test_if_match(self, api: Caller, body: dict[str, Any]) -> None:
        (listed,) = api.get(PATH).json()["data"]
        tag = {"If-Match": f'"{listed["version"]}"'}
        first = api.post(ADJUST, body, tag)
        assert first.status_code == 200
        before = Movement.objects.count()
        assert problem_of(api.post(ADJUST, body, tag))[:2] == (412, "PRECONDITION_FAILED")
        assert Movement.objects.count() == before
        assert api.post(ADJUST, body, {"If-Match": first["ETag"]}).status_code == 200
        assert api.post(ADJUST, body, {"If-Match": "*"}).status_code == 200

    def test_once_for_an_idempotency_key(self, api: Caller, body: dict[str, Any]) -> None:
        make = {"Idempotency-Key": "K-1"}
        first, again = (api.post(ADJUST, body, make) for _ in range(2))
        assert first.json() == again.json()
        assert again["Idempotent-Replayed"] == "true"
        assert StockLevel.objects.get().on_hand == 7

    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            ({"quantityChange": -11}, (422, "NEGATIVE_QUANTITY", [("/quantityChange", "NEGATIVE_QUANTITY")])),
            ({"quantityChange": 0}, (400, "INVALID_REQUEST", [("/quantityChange", "ZERO")])),
            ({"quantityChange": 3}, (422, "REASON_DIRECTION", [("/reasonCode", "REASON_DIRECTION")])),
            ({"reasonCode": "whim"}, (422, "UNKNOWN_REASON_CODE", [("/reasonCode", "UNKNOWN_REASON_CODE")])),
            ({"reasonCode": "Reversal"}, (422, "REASON_RESERVED", [("/reasonCode", "REASON_RESERVED")])),
            ({"sku": "NOTHING"}, (404, "INVENTORY_NOT_FOUND", [("/sku", "INVENTORY_NOT_FOUND")])),
            ({"locationId": "wh_x"}, (404, "WAREHOUSE_NOT_FOUND", [("/locationId", "WAREHOUSE_NOT_FOUND")])),
            ({"binId": "bin_x"}, (404, "BIN_NOT_FOUND", [("/binId", "BIN_NOT_FOUND")])),
            ({"lotId": "lot_x"}, (404, "LOT_NOT_FOUND", [("/lotId", "LOT_NOT_FOUND")])),
            ({"stockItemId": "inv_x"}, (400, "INVALID_REQUEST", [("/sku", "REQUIRED")])),
        ],
    )
    def test_refusals_name_the_field_and_change_nothing(
        self, api: Caller, body: dict[str, Any], change: dict[str, Any], expected: Any
    ) -> None:
        before = Movement.objects.count(), Adjustment.objects.count()
        assert problem_of(api.post(ADJUST, {**body, **change})) == expected
        assert (Movement.objects.count(), Adjustment.objects.count()) == before

    def test_neither_item_nor_sku(self, api: Caller) -> None:
        answer = api.post(ADJUST, {"quantityChange": 1, "reasonCode": "found"})
        assert problem_of(answer) == (
            400,
            "INVALID_REQUEST",
            [("/sku", "REQUIRED"), ("/locationId", "REQUIRED")],
        )

    def test_where_one_may_only_read(
        self,
        api_with: Callable[..., Caller],
        organization: Organization,
        body: dict[str, Any],
        second: Warehouse,
    ) -> None:
        bob = api_with(["inventory.read", "inventory.adjust"], warehouses=[second])
        assert problem_of(bob.post(ADJUST, body))[:2] == (404, "WAREHOUSE_NOT_FOUND")

    def test_a_lot_has_to_be_named_and_a_closed_shelf_takes_nothing(
        self, api: Caller, organization: Organization, warehouse: Warehouse
    ) -> None:
        sku = make_sku(organization, "LOTTED", is_lot_controlled=True)
        body = {
            "sku": "LOTTED",
            "locationId": warehouse.public_id,
            "quantityChange": 2,
            "reasonCode": "found",
        }
        assert problem_of(api.post(ADJUST, body)) == (422, "LOT_REQUIRED", [("/lotId", "LOT_REQUIRED")])
        shelf = make_bin(warehouse, "OLD", is_active=False)
        lot = make_lot(sku, "L")
        closed = {**body, "lotId": lot.public_id, "binId": shelf.public_id}
        assert problem_of(api.post(ADJUST, closed)) == (409, "BIN_INACTIVE", [("/binId", "BIN_INACTIVE")])

    def test_it_costs_the_same_each_time(self, api: Caller, body: dict[str, Any], sku: Sku) -> None:
        for _ in range(2):
            with statements(17):
                assert api.post(ADJUST, body).status_code == 200


class TestLocations:
    PATH = "/api/inventory/locations"

    def test_what_is_there(
        self, api: Caller, organization: Organization, warehouse: Warehouse, second: Warehouse
    ) -> None:
        tea = make_sku(organization, "TEA", unit_cost=Decimal("2.50"), safety_stock=2, reorder_point=10)
        cup = make_sku(organization, "CUP", unit_cost=None, safety_stock=5, reorder_point=9)
        pot = make_sku(organization, "POT", unit_cost=Decimal("0.3333"))
        moved = stock(tea, warehouse, 8).posting.recorded_at
        stock(cup, warehouse, 4)
        stock(pot, warehouse, 3)
        moved = stock(pot, warehouse, -3).posting.recorded_at
        pretend_reserved(tea, warehouse, 1)
        make_bin(warehouse, "A-1")
        shown = api.get(self.PATH).json()
        assert shown["pagination"]["total"] == 2
        first, empty = shown["data"]
        stamp = first.pop("lastMovementAt")
        assert stamp == moved.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        assert first == {
            "locationId": warehouse.public_id, "locationName": warehouse.name, "type": "own", "isActive": True,
            "isReadonly": False, "roomCount": 1, "binCount": 2, "skuCount": 3, "skusInStock": 2, "onHand": 12,
            "reserved": 1, "held": 0, "available": 11, "value": 20.00, "lowCount": 1, "criticalCount": 1,
            "outOfStockCount": 1,
        }  # fmt: skip
        assert (empty["locationId"], empty["onHand"], empty["value"]) == (second.public_id, 0, 0)
        assert empty["lastMovementAt"] is None

    def test_the_last_movement_is_found_behind_other_changes(
        self, api: Caller, organization: Organization, sku: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        moved = stock(sku, warehouse, 8).posting.recorded_at
        stock(sku, second, 1)
        level = StockLevel.objects.filter(warehouse=warehouse)
        level.update(updated_at=level.get().updated_at + timedelta(minutes=5))
        rows = {row["locationId"]: row["lastMovementAt"] for row in api.get(self.PATH).json()["data"]}
        assert rows[warehouse.public_id] == moved.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def test_filters_and_sorts(self, api: Caller, organization: Organization, warehouse: Warehouse) -> None:
        make_warehouse(organization, "Amazon", type="FBA", marketplace="amazon_eu", is_readonly=True)
        closed = make_warehouse(organization, "Closed", address="Hafen 1")
        Warehouse.objects.filter(pk=closed.pk).update(is_active=False)

        def names(query: str) -> list[str]:
            return [row["locationName"] for row in api.get(f"{self.PATH}?{query}").json()["data"]]

        assert names("") == ["Amazon", "Closed", warehouse.name]
        assert names("type=FBA") == ["Amazon"]
        assert names("isActive=false") == ["Closed"]
        assert names("search=hafen") == ["Closed"]
        assert names("sort=-name") == [warehouse.name, "Closed", "Amazon"]
        assert names("limit=1&page=2") == ["Closed"]

    def test_a_limited_caller_sees_their_own(
        self, api_with: Callable[..., Caller], sku: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        stock(sku, warehouse, 8)
        rows = api_with(["inventory.read"], warehouses=[second]).get(self.PATH).json()["data"]
        assert [row["locationId"] for row in rows] == [second.public_id]

    @pytest.mark.parametrize("count", [1, 3, 40])
    def test_it_costs_the_same_whatever_there_is(
        self, api: Caller, organization: Organization, count: int
    ) -> None:
        made = [make_warehouse(organization, f"W-{number}") for number in range(count)]
        make_levels(organization, make_skus(organization, 5), made)
        with statements(9):
            assert len(api.get(self.PATH).json()["data"]) == count + 1


class TestProductLevels:
    def test_skus_with_their_levels(
        self, api: Caller, organization: Organization, warehouse: Warehouse, second: Warehouse
    ) -> None:
        product = make_product(organization, "Tea", make_category(organization, "Drinks"))
        black = make_sku(organization, "TEA-B", product=product, unit_cost=Decimal("2.00"), reorder_point=30)
        make_sku(organization, "TEA-G", product=product)
        make_sku(organization, "CUP")
        stock(black, warehouse, 12)
        stock(black, second, 5)
        path = f"/api/products/{product.public_id}/inventory-levels"
        shown = api.get(path).json()
        assert shown["product"] == {
            "id": product.public_id, "name": "Tea", "categoryId": product.category.public_id,
            "categoryName": "Drinks", "onHand": 17, "reserved": 0, "held": 0, "available": 17, "value": 34.00,
        }  # fmt: skip
        one, other = shown["data"]
        assert (one["sku"], one["onHand"], one["status"], one["value"]) == ("TEA-B", 17, "low", 34.00)
        assert [(row["locationId"], row["onHand"], row["isLow"], row["status"]) for row in one["levels"]] == [
            (warehouse.public_id, 12, True, "low"),
            (second.public_id, 5, True, "low"),
        ]
        assert (other["sku"], other["onHand"], other["status"], other["levels"]) == ("TEA-G", 0, None, [])
        for query, found in (
            ("isStocked=true", ["TEA-B"]), ("isStocked=false", ["TEA-G"]), ("search=tea-g", ["TEA-G"]),
            ("sort=-sku", ["TEA-G", "TEA-B"]), ("limit=1&page=2", ["TEA-G"]),
        ):  # fmt: skip
            assert codes(api.get(f"{path}?{query}")) == found
        there = api.get(f"{path}?locationId={second.public_id}").json()
        assert (there["product"]["onHand"], len(there["data"][0]["levels"])) == (5, 1)

    def test_both_rights_are_needed_and_levels_are_narrowed(
        self, api_with: Callable[..., Caller], sku: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        stock(sku, warehouse, 12)
        path = f"/api/products/{sku.product.public_id}/inventory-levels"
        for scopes in (["products.read"], ["inventory.read"]):
            assert problem_of(api_with(scopes).get(path))[:2] == (403, "PERMISSION_DENIED")
        limited = api_with(["products.read", "inventory.read"], warehouses=[second]).get(path).json()
        assert (limited["product"]["onHand"], limited["data"][0]["levels"]) == (0, [])

    def test_a_product_that_is_not_there(self, api: Caller, rival: Organization) -> None:
        for named in ("prod_nothing", make_product(rival, "Theirs").public_id):
            answer = api.get(f"/api/products/{named}/inventory-levels")
            assert problem_of(answer)[:2] == (404, "PRODUCT_NOT_FOUND")

    @pytest.mark.parametrize("count", [1, 3, 200])
    def test_it_costs_the_same_whatever_there_is(
        self, api: Caller, organization: Organization, warehouse: Warehouse, second: Warehouse, count: int
    ) -> None:
        make_levels(organization, make_skus(organization, count), [warehouse, second])
        product = Product.objects.get(name="Product of V-")
        with statements(8):
            shown = api.get(f"/api/products/{product.public_id}/inventory-levels?limit=200").json()
        assert [len(row["levels"]) for row in shown["data"]] == [2] * count
