"""What each request costs in statements: literal numbers, the same for 1, 3 and 200 rows.

Authentication is part of it: one query for the key (and one for the warehouses of a limited one). So is the look for
reservations that have run out, before anything with a reserved quantity is read. A savepoint of the
tests' own transaction costs a write two statements, as BEGIN and COMMIT would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory import snapshots
from inventory.models import Movement, Product, Sku, StockItem, SyncProblem
from tests.factories import make_category, make_person, make_warehouse, pretend_reserved, stock
from tests.inventory.api.callers import Caller
from tests.inventory.api.syncs import make_run
from tests.inventory.api.volume import make_levels, make_skus
from warehouses import keys
from warehouses.actors import SYSTEM
from warehouses.models import ApiKey, Organization, Warehouse

# A write of any number of rows; where it finds the warehouse itself, one statement more than where it is named.
GATEWAY_WRITE = 18
NEXUS_WRITE = 17
NEXUS_WRITE_OF_NEW_LEVELS = 19
GATEWAY_WRITE_THAT_CHANGES_NOTHING = 13
REFUSED_WRITE = 6
POS_WRITE = 16
# On PostgreSQL, what is plain goes the ledger's short ways: the key, and one stroke; or one to read and one to write it
# all, and nexus shows the other warehouses of a SKU too. What turns out not to be plain has cost the first look.
GATEWAY_QUICKLY = 2
NEXUS_QUICKLY = 4
FIRST_LOOK = 1


@contextmanager
def statements(number: int) -> Iterator[None]:
    with CaptureQueriesContext(connection) as captured:
        yield
    made = [query["sql"][:200] for query in captured.captured_queries]
    assert len(made) == number, "\n".join(made)


def shows_reserved(path: str) -> int:
    """Where reserved quantities are shown, reservations that have run out are looked for first: one more."""
    return 0 if "snapshot" in path else 1


@pytest.fixture
def api(api: Caller) -> Caller:
    """Its key has been used in this minute: noting that costs one more statement, once."""
    api.get("/nexus/api/inventory/warehouses")
    return api


@pytest.fixture(params=[1, 3, 200])
def rows(
    request: pytest.FixtureRequest, organization: Organization, warehouse: Warehouse, second: Warehouse
) -> int:
    """So many SKUs in each of two warehouses."""
    count: int = request.param
    make_levels(organization, make_skus(organization, count), [warehouse, second], every=1)
    return count


class TestLists:
    @pytest.mark.parametrize(
        ("path", "shown", "number"),
        [
            ("/api/v1/inventory?per_page=100", 2, 5),
            ("/api/v1/inventory?per_page=100&low_stock=true&sku_prefix=v", 2, 5),
            ("/api/v1/inventory?per_page=100&warehouse_id={}", 1, 6),
            ("/api/v1/inventory/low-stock?per_page=100", 2, 5),
            ("/api/inventory?limit=100", 1, 5),
            ("/api/inventory?limit=100&status=low", 1, 5),
            ("/api/inventory?limit=100&status=low&warehouse_id={}", 1, 6),
            ("/pos/api/v1/inventory?limit=100", 2, 5),
            ("/pos/api/v1/inventory?limit=100&location_id={}", 1, 6),
            ("/pos/api/v1/inventory?limit=100&low_stock=true", 2, 5),
            ("/pos/api/v1/inventory?limit=100&low_stock=true&room_type=storage&location_id={}", 1, 7),
            ("/pos/api/v1/inventory/snapshot?limit=100", 2, 4),
            ("/pos/api/v1/inventory/snapshot?limit=100&date=2026-02-01&location_id={}", 1, 5),
        ],
    )
    def test_of_an_integrator(
        self, api: Caller, rows: int, second: Warehouse, path: str, shown: int, number: int
    ) -> None:
        with statements(number):
            response = api.get(path.format(second.public_id))
        assert len(response.json()["data"]) == min(rows * shown, 100)

    def test_shares_cost_one_more_where_something_is_reserved(
        self, api: Caller, organization: Organization, rows: int, warehouse: Warehouse
    ) -> None:
        first = Sku.objects.order_by("code_key")[0]
        for skus in ([first], list(Sku.objects.all())):
            for sku in skus[:40]:
                pretend_reserved(sku, warehouse, 3)
            with statements(6):
                shown = api.get("/pos/api/v1/inventory?limit=100").json()["data"]
            assert sum(row["reserved_quantity"] for row in shown) == 3 * len(
                [sku for sku in skus[:40] if sku.code in {row["sku"] for row in shown}]
            )

    def test_of_a_category(self, api: Caller, organization: Organization, rows: int) -> None:
        category = make_category(organization)
        Product.objects.update(category=category)
        for value, number in (("widgets", 7), (category.public_id, 6)):
            with statements(number):
                shown = api.get(f"/pos/api/v1/inventory?limit=100&category={value}").json()["data"]
            assert len(shown) == min(rows * 2, 100)

    def test_of_a_file(
        self, api: Caller, rows: int, second: Warehouse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Two for each part, and one to see that there is no more."""
        monkeypatch.setattr(snapshots, "_ROWS_AT_ONCE", 100)
        path = f"/pos/api/v1/inventory/snapshot?location_id={second.public_id}"
        with statements(3 + 2 * -(-rows // 100)):
            response = api.get(path, Accept="text/csv")
            assert len(b"".join(response.streaming_content).splitlines()) == rows + 1

    @pytest.mark.parametrize(
        "path",
        [
            "/api/v1/inventory",
            "/api/v1/inventory/low-stock",
            "/api/inventory",
            "/pos/api/v1/inventory",
            "/pos/api/v1/inventory/snapshot",
        ],
    )
    def test_of_a_key_limited_to_a_warehouse(
        self,
        api_with: Callable[..., Caller],
        rows: int,
        second: Warehouse,
        path: str,
        is_postgresql: bool,
    ) -> None:
        limited = api_with(warehouses=[second])
        limited.get("/nexus/api/inventory/warehouses")

        # On PostgreSQL a key comes with its warehouses.
        with statements(5 - is_postgresql + shows_reserved(path)):
            assert limited.get(path).json()["data"]

    @pytest.mark.parametrize(
        "path",
        [
            "/gateway/api/v1/inventory",
            "/nexus/api/inventory",
            "/nexus/api/inventory?status=low",
            "/pos/api/v1/inventory",
            "/pos/api/v1/inventory?low_stock=true",
            "/pos/api/v1/inventory/snapshot",
        ],
    )
    def test_of_a_person_with_two_of_three_warehouses(
        self, organization: Organization, rows: int, warehouse: Warehouse, second: Warehouse, path: str
    ) -> None:
        make_warehouse(organization, "Third")
        bob = make_person("bob@example.com", {organization: [("Viewer", warehouse), ("Viewer", second)]})
        browser = Caller.person(bob)

        # The session, the person, their organization, six for what they may, and three for the page.
        with statements(12 + shows_reserved(path)):
            assert browser.get(path).json()["data"]

    def test_of_warehouses(self, api: Caller, organization: Organization, warehouse: Warehouse) -> None:
        for count in (1, 3, 10):
            for number in range(Warehouse.objects.count(), count):
                make_warehouse(organization, f"W-{number}")
            with statements(2):
                assert len(api.get("/api/inventory/warehouses").json()["data"]) == count

    @pytest.mark.parametrize("query", ["", "&reason=adjustment&start_date=2026-01-01"])
    def test_of_a_history(self, api: Caller, sku: Sku, warehouse: Warehouse, query: str) -> None:
        for movements in (1, 3, 60):
            for _ in range(Movement.objects.count(), movements):
                stock(sku, warehouse, 1)
            with statements(5):
                response = api.get(f"/api/inventory/SKU-001/adjustments?limit=200{query}")
            assert len(response.json()["data"]) == movements

    def test_an_empty_page_costs_no_more(self, api: Caller, rows: int) -> None:
        with statements(3):
            assert api.get("/api/v1/inventory?page=999").json()["data"] == []
        with statements(4):
            assert api.get("/api/inventory?sku=nothing").json()["data"] == []


class TestOneSku:
    @pytest.mark.parametrize("path", ["/api/v1/inventory/SKU-001", "/api/inventory/SKU-001"])
    def test_reading(
        self, api: Caller, organization: Organization, sku: Sku, warehouse: Warehouse, path: str
    ) -> None:
        for places in (1, 3):
            with statements(3):
                api.get(path)
            stock(sku, warehouse if places == 1 else make_warehouse(organization, f"W-{places}"), 1)
        with statements(3):
            assert api.get(path).status_code == 200

    def test_reading_an_item(self, api: Caller, sku: Sku, warehouse: Warehouse) -> None:
        for reserved in (0, 1):
            stock(sku, warehouse, 1)
            pretend_reserved(sku, warehouse, reserved)
            item = StockItem.objects.get().public_id
            with statements(3 + reserved):
                assert api.get(f"/pos/api/v1/inventory/{item}").status_code == 200

    def test_reading_a_sync(self, api: Caller, warehouse: Warehouse) -> None:
        run = make_run(warehouse)
        for count in (0, 1, 120):
            SyncProblem.objects.bulk_create(
                SyncProblem(run=run, row=number + 1, code="X", detail="x")
                for number in range(SyncProblem.objects.count(), count)
            )
            with statements(3):
                found = api.get(f"/pos/api/v1/inventory/sync/{run.public_id}").json()
            assert len(found["problems"]) == min(count, 100)

    def test_a_bad_key_costs_one_query_and_a_guess_none(self, api: Caller, key: str) -> None:
        with statements(0):
            assert Caller("th_live_guess").get("/api/inventory").status_code == 401
        found = ApiKey.objects.select_related("organization").get()
        keys.revoke_key(organization=found.organization, actor=SYSTEM, key=found)
        with statements(1):
            assert api.get("/api/inventory").status_code == 401


class TestWrites:
    @pytest.fixture
    def codes(self, organization: Organization, warehouse: Warehouse) -> list[str]:
        found = make_skus(organization, 500)
        make_levels(organization, found, [warehouse])
        return found

    @pytest.mark.parametrize("count", [1, 3, 100])
    def test_gateway_bulk(self, api: Caller, codes: list[str], warehouse: Warehouse, count: int) -> None:
        rows: list[dict[str, Any]] = [
            {"sku": code, "quantity": 7, "reorderPoint": 9} for code in codes[:count]
        ]

        with statements(GATEWAY_WRITE):
            assert api.post("/api/v1/inventory/bulk", {"updates": rows}).status_code == 200
        with statements(GATEWAY_WRITE_THAT_CHANGES_NOTHING):
            assert api.post("/api/v1/inventory/bulk", {"updates": rows}).status_code == 200
        for row in rows:
            row["warehouseId"] = warehouse.public_id
            row["quantity"] = 8
        with statements(GATEWAY_WRITE - 1):
            assert api.post("/api/v1/inventory/bulk", {"updates": rows}).status_code == 200

    @pytest.mark.parametrize("count", [1, 3, 500])
    def test_nexus_bulk(
        self, api: Caller, codes: list[str], warehouse: Warehouse, count: int, is_postgresql: bool
    ) -> None:
        rows = [
            {"sku": code, "quantity": 7, "warehouse_id": warehouse.public_id, "reason": "AUDIT"}
            for code in codes[:count]
        ]

        with statements(NEXUS_QUICKLY if is_postgresql else NEXUS_WRITE):
            assert api.post("/api/inventory/bulk", {"updates": rows}).status_code == 200

    @pytest.mark.parametrize("count", [1, 3, 500])
    def test_nexus_bulk_of_new_levels(
        self, api: Caller, organization: Organization, warehouse: Warehouse, count: int, is_postgresql: bool
    ) -> None:
        rows = [
            {"sku": code, "quantity": 7, "warehouse_id": warehouse.public_id, "reason": "AUDIT"}
            for code in make_skus(organization, count)
        ]

        with statements(NEXUS_WRITE_OF_NEW_LEVELS + FIRST_LOOK * is_postgresql):
            assert api.post("/api/inventory/bulk", {"updates": rows}).status_code == 200

    @pytest.mark.parametrize("count", [1, 3, 500])
    def test_a_refused_bulk(self, api: Caller, codes: list[str], warehouse: Warehouse, count: int) -> None:
        rows = [
            {"sku": f"NOTHING-{code}", "quantity": 7, "warehouse_id": "wh_x", "reason": "AUDIT"}
            for code in codes[:count]
        ]

        with statements(REFUSED_WRITE):
            assert api.post("/api/inventory/bulk", {"updates": rows}).status_code == 404

    @pytest.mark.parametrize("count", [1, 3, 500])
    def test_pos_bulk(self, api: Caller, codes: list[str], count: int) -> None:
        keys = StockItem.objects.filter(sku__code__in=codes[:count])
        rows: list[dict[str, Any]] = [
            {"id": item.public_id, "quantity_change": 7, "reason_code": "AUDIT"} for item in keys
        ]

        with statements(POS_WRITE):
            assert api.post("/api/v1/inventory/bulk-update", {"updates": rows}).status_code == 200
        pretend_reserved(Sku.objects.get(code=codes[0]), Warehouse.objects.get(), 3)
        with statements(POS_WRITE + 1):  # what is reserved is shared out
            assert api.post("/api/v1/inventory/bulk-update", {"updates": rows}).status_code == 200

    @pytest.mark.parametrize("count", [1, 3, 500])
    def test_a_refused_pos_bulk(self, api: Caller, codes: list[str], count: int) -> None:
        row = {"id": "inv_01h455vb4pex5vsknk084sn02q", "quantity_change": 7, "reason_code": "AUDIT"}
        with statements(REFUSED_WRITE):
            assert api.post("/api/v1/inventory/bulk-update", {"updates": [row] * count}).status_code == 404

    def test_one_item(self, api: Caller, codes: list[str]) -> None:
        for item in StockItem.objects.all()[:2]:
            with statements(POS_WRITE):
                body = {"quantity_change": -7, "reason_code": "SALE"}
                response = api.send("PATCH", f"/api/v1/inventory/{item.public_id}", body)
                assert response.status_code == 200

    def test_one_sku(self, api: Caller, codes: list[str], warehouse: Warehouse, is_postgresql: bool) -> None:
        for quantity, code in enumerate(codes[:2]):
            with statements(GATEWAY_WRITE):
                assert api.put(f"/api/v1/inventory/{code}", {"quantity": quantity}).status_code == 200
            with statements(GATEWAY_QUICKLY if is_postgresql else GATEWAY_WRITE):
                assert api.post("/api/v1/inventory/adjust", {"sku": code, "adjustment": 3}).status_code == 200
            body: dict[str, Any] = {"quantity": 7, "warehouse_id": warehouse.public_id, "reason": "AUDIT"}
            with statements(NEXUS_QUICKLY if is_postgresql else NEXUS_WRITE):
                assert api.put(f"/api/inventory/{code}", body).status_code == 200

    def test_once_and_again_with_a_key(
        self, api: Caller, codes: list[str], warehouse: Warehouse, is_postgresql: bool
    ) -> None:
        body = {"updates": [{"sku": code, "quantity": 7} for code in codes[:3]]}
        make = {"Idempotency-Key": "K-1"}
        claim = 1 if is_postgresql else 0  # the advisory lock

        with statements(GATEWAY_WRITE + 2 + claim):  # look for the stored answer, store it
            assert api.post("/api/v1/inventory/bulk", body, make).status_code == 200
        with statements(1 + 2 + 1 + claim):  # the key, the savepoint, the stored answer
            assert api.post("/api/v1/inventory/bulk", body, make)["Idempotent-Replayed"] == "true"
