"""Receiving goods over HTTP: `POST /api/inventory/record-stock`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import (
    Adjustment,
    AdjustmentKind,
    Lot,
    LotState,
    Movement,
    Replenishment,
    Sku,
    StateChange,
    StockItem,
    StockLevel,
)
from inventory.verification import verify
from tests import factories
from tests.inventory.api.callers import Caller, problem, problem_of
from tests.inventory.api.snapshots import everything
from tests.inventory.replenishment.orders import from_location, order
from warehouses.models import Organization, Warehouse

PATH = "/api/inventory/record-stock"
FAR = "2040-05-31"


@pytest.fixture
def receive(api: Caller, warehouse: Warehouse) -> Callable[..., Any]:
    """`receive(line, …, reference=…)` at the first warehouse."""

    def send(*lines: dict[str, Any], caller: Caller = api, **given: Any) -> Any:
        return caller.post(PATH, {"locationId": warehouse.public_id, "lines": list(lines), **given})

    return send


def test_a_receipt_is_one_document_with_the_stock_after_it(
    receive: Callable[..., Any], api: Caller, sku: Sku, warehouse: Warehouse
) -> None:
    factories.stock(sku, warehouse, 5)
    shelf = factories.make_bin(warehouse, "A-01", capacity=100)
    response = receive(
        {"sku": "sku-001", "quantity": 8, "lot": {"code": "L-1", "expiresOn": FAR}, "binId": shelf.public_id},
        {"sku": "SKU-001", "quantity": 2},
        referenceId="DN-7",
        note="Two boxes",
    )
    assert response.status_code == 201
    body = response.json()
    adjustment = Adjustment.objects.get(kind=AdjustmentKind.RECEIPT)
    lot = Lot.objects.get()
    in_lot, loose = StockItem.objects.get(lot=lot), StockItem.objects.get(lot=None)
    line = {
        "sku": "SKU-001",
        "skuId": sku.public_id,
        "title": "Blue Widget 500ml",
        "locationOnHand": 15,
        "locationAvailable": 15,
        "replenishmentId": None,
        "replenishmentState": None,
        "warnings": [],
    }
    assert body == {
        "id": adjustment.public_id,
        "kind": "receipt",
        "reasonCode": "supplier_receipt",
        "locationId": warehouse.public_id,
        "locationName": "Main warehouse",
        "referenceId": "DN-7",
        "note": "Two boxes",
        "lines": [
            {
                **line,
                "quantity": 8,
                "stockItemId": in_lot.public_id,
                "binId": shelf.public_id,
                "binCode": "A-01",
                "lotId": lot.public_id,
                "lotCode": "L-1",
                "expiresOn": FAR,
                "onHand": 8,
            },
            {
                **line,
                "quantity": 2,
                "stockItemId": loose.public_id,
                "binId": loose.bin.public_id,
                "binCode": "MAIN",
                "lotId": None,
                "lotCode": None,
                "expiresOn": None,
                "onHand": 7,
            },
        ],
        "createdBy": "Integration",
        "createdAt": body["createdAt"],
    }
    assert response["Location"] == f"/backoffice/api/inventory/adjustments/{adjustment.public_id}"
    assert response["ETag"]
    assert (adjustment.source, adjustment.line_count, adjustment.actor_name) == (
        "backoffice",
        2,
        "Integration",
    )
    assert set(
        Movement.objects.filter(document_id=adjustment.pk).values_list("reason_code__code", "delta")
    ) == {
        ("supplier_receipt", 8),
        ("supplier_receipt", 2),
    }
    assert api.get(response["Location"]).status_code == 200
    assert list(verify()) == []


class TestLots:
    def test_known_lot_is_used_whatever_its_capitals_and_keeps_its_date(
        self, receive: Callable[..., Any], sku: Sku
    ) -> None:
        lot = factories.make_lot(sku, "L-1", date(2040, 5, 31))
        for code in ("L-1", "l-1"):
            body = receive({"sku": "SKU-001", "quantity": 1, "lot": {"code": code}}).json()
            assert (body["lines"][0]["lotId"], body["lines"][0]["expiresOn"]) == (lot.public_id, FAR)
        assert Lot.objects.count() == 1
        assert StockItem.objects.get().on_hand == 2

    @pytest.mark.parametrize("known", [None, date(2039, 1, 1)])
    def test_lot_of_another_date_is_refused(
        self, receive: Callable[..., Any], sku: Sku, known: date | None
    ) -> None:
        factories.make_lot(sku, "L-1", known)
        before = everything()
        response = receive(
            {"sku": "SKU-001", "quantity": 1},
            {"sku": "SKU-001", "quantity": 1, "lot": {"code": "L-1", "expiresOn": FAR}},
        )
        where = [("/lines/1/lot/expiresOn", "LOT_EXPIRY_DIFFERS")]
        assert problem_of(response) == (409, "LOT_EXPIRY_DIFFERS", where)
        assert everything() == before

    def test_two_dates_for_one_new_lot_are_refused(self, receive: Callable[..., Any], sku: Sku) -> None:
        before = everything()
        response = receive(
            {"sku": "SKU-001", "quantity": 1, "lot": {"code": "L-1", "expiresOn": "2040-06-01"}},
            {"sku": "SKU-001", "quantity": 1, "lot": {"code": "l-1", "expiresOn": FAR}},
        )
        assert problem_of(response)[:2] == (409, "LOT_EXPIRY_DIFFERS")
        assert everything() == before

    def test_lot_controlled_goods_need_one(
        self, receive: Callable[..., Any], organization: Organization
    ) -> None:
        factories.make_sku(organization, "JUICE", is_lot_controlled=True)
        before = everything()
        response = receive({"sku": "JUICE", "quantity": 1})
        assert problem_of(response) == (422, "LOT_REQUIRED", [("/lines/0/lotId", "LOT_REQUIRED")])
        assert everything() == before
        assert receive({"sku": "JUICE", "quantity": 1, "lot": {"code": "J-1"}}).status_code == 201

    def test_lot_by_its_id_and_not_that_of_another_sku(
        self, receive: Callable[..., Any], organization: Organization, sku: Sku
    ) -> None:
        lot = factories.make_lot(sku)
        other = factories.make_lot(factories.make_sku(organization))
        assert receive({"sku": "SKU-001", "quantity": 1, "lotId": lot.public_id}).status_code == 201
        response = receive({"sku": "SKU-001", "quantity": 1, "lotId": other.public_id})
        assert problem_of(response) == (404, "LOT_NOT_FOUND", [("/lines/0/lotId", "LOT_NOT_FOUND")])

    def test_expired_and_quarantined_goods_come_in_with_a_warning(
        self, receive: Callable[..., Any], organization: Organization, sku: Sku
    ) -> None:
        yesterday = (organization.today() - timedelta(days=1)).isoformat()
        factories.make_lot(sku, "Q-1", state=LotState.QUARANTINED)
        body = receive(
            {"sku": "SKU-001", "quantity": 3, "lot": {"code": "OLD", "expiresOn": yesterday}},
            {"sku": "SKU-001", "quantity": 2, "lot": {"code": "Q-1"}},
            {
                "sku": "SKU-001",
                "quantity": 1,
                "lot": {"code": "LAST", "expiresOn": organization.today().isoformat()},
            },
        ).json()
        assert [line["warnings"] for line in body["lines"]] == [["LOT_EXPIRED"], ["LOT_QUARANTINED"], []]
        assert StockLevel.objects.get().on_hand == 6

    def test_both_ways_of_naming_a_lot_contradict(self, receive: Callable[..., Any], sku: Sku) -> None:
        lot = factories.make_lot(sku)
        line = {"sku": "SKU-001", "quantity": 1, "lotId": lot.public_id, "lot": {"code": "X"}}
        assert problem_of(receive(line))[2] == [("/lines/0/lot", "CONTRADICTION")]


class TestBins:
    def test_named_bins_are_not_overfilled(
        self, receive: Callable[..., Any], sku: Sku, warehouse: Warehouse
    ) -> None:
        small = factories.make_bin(warehouse, "S-01", capacity=10)
        factories.stock(sku, warehouse, 4, bin=small)
        before = everything()
        line = {"sku": "SKU-001", "binId": small.public_id}
        response = receive({**line, "quantity": 4}, {**line, "quantity": 3})
        assert problem_of(response)[:2] == (409, "BIN_FULL")
        assert {where for where, _ in problem_of(response)[2]} == {"/lines/0/binId", "/lines/1/binId"}
        assert everything() == before
        assert receive({**line, "quantity": 6}).status_code == 201

    def test_the_bin_of_the_request_is_that_of_lines_without_one(
        self, receive: Callable[..., Any], sku: Sku, warehouse: Warehouse
    ) -> None:
        one, two = (factories.make_bin(warehouse, code, capacity=5) for code in ("A-01", "A-02"))
        body = receive(
            {"sku": "SKU-001", "quantity": 1},
            {"sku": "SKU-001", "quantity": 1, "binId": two.public_id},
            binId=one.public_id,
        ).json()
        assert [line["binCode"] for line in body["lines"]] == ["A-01", "A-02"]
        response = receive({"sku": "SKU-001", "quantity": 5}, binId=one.public_id)
        assert problem_of(response)[:2] == (409, "BIN_FULL")

    def test_bins_of_another_location_are_not_found(
        self, receive: Callable[..., Any], sku: Sku, second: Warehouse
    ) -> None:
        elsewhere = factories.make_bin(second, "A-01").public_id
        response = receive({"sku": "SKU-001", "quantity": 1}, binId=elsewhere)
        assert problem_of(response) == (404, "BIN_NOT_FOUND", [("/binId", "BIN_NOT_FOUND")])
        response = receive({"sku": "SKU-001", "quantity": 1, "binId": elsewhere})
        assert problem_of(response) == (404, "BIN_NOT_FOUND", [("/lines/0/binId", "BIN_NOT_FOUND")])


class TestCosts:
    def test_a_unit_cost_becomes_the_skus(self, receive: Callable[..., Any], sku: Sku) -> None:
        line = {"sku": "SKU-001", "quantity": 1}
        assert receive({**line, "unitCost": 4.10}, {**line, "unitCost": 4.2525}).status_code == 201
        sku.refresh_from_db()
        assert sku.unit_cost == Decimal("4.2525")
        assert receive(line).status_code == 201
        sku.refresh_from_db()
        assert sku.unit_cost == Decimal("4.2525")

    @pytest.mark.parametrize("is_limited", [False, True])
    def test_it_takes_the_right_to_the_catalogue(
        self,
        receive: Callable[..., Any],
        api_with: Callable[..., Caller],
        sku: Sku,
        warehouse: Warehouse,
        is_limited: bool,
    ) -> None:
        caller = (
            api_with(["inventory.write", "products.write"], warehouses=[warehouse])
            if is_limited
            else api_with(["inventory.write"])
        )
        before = everything()
        response = receive(
            {"sku": "SKU-001", "quantity": 1},
            {"sku": "SKU-001", "quantity": 1, "unitCost": 4.10},
            caller=caller,
        )
        where = [("/lines/1/unitCost", "PERMISSION_DENIED")]
        assert problem_of(response) == (403, "PERMISSION_DENIED", where)
        assert problem(response)["missing"] == ["products.write"]
        assert everything() == before
        assert receive({"sku": "SKU-001", "quantity": 1}, caller=caller).status_code == 201


class TestOrders:
    def test_a_part_leaves_it_open_and_the_rest_closes_it(
        self, receive: Callable[..., Any], sku: Sku, warehouse: Warehouse
    ) -> None:
        expected = order(sku, warehouse, 10)
        line = {"sku": "SKU-001", "replenishmentId": expected.public_id}

        (first,) = receive({**line, "quantity": 4}).json()["lines"]
        assert (first["replenishmentState"], first["warnings"]) == ("open", [])
        expected.refresh_from_db()
        assert (expected.state, expected.received, expected.version, expected.closed_at) == (
            "open",
            4,
            2,
            None,
        )

        (second,) = receive({**line, "quantity": 6}).json()["lines"]
        assert second["replenishmentState"] == "received"
        expected.refresh_from_db()
        assert (expected.state, expected.received, expected.version) == ("received", 10, 3)
        assert expected.closed_at is not None
        history = StateChange.objects.filter(subject_id=expected.pk).values_list(
            "action", "from_state", "to_state", "quantity"
        )
        assert list(history) == [
            ("create", "", "open", 10),
            ("receive", "open", "open", 4),
            ("receive", "open", "received", 6),
        ]
        assert list(verify()) == []

    def test_the_same_order_is_not_received_twice(
        self, receive: Callable[..., Any], sku: Sku, warehouse: Warehouse
    ) -> None:
        expected = order(sku, warehouse, 10)
        line = {"sku": "SKU-001", "quantity": 10, "replenishmentId": expected.public_id}
        assert receive(line).status_code == 201
        before = everything()
        response = receive({"sku": "SKU-001", "quantity": 1}, line)
        where = [("/lines/1/replenishmentId", "INVALID_TRANSITION")]
        assert problem_of(response) == (409, "INVALID_TRANSITION", where)
        assert (problem(response)["state"], problem(response)["allowed"]) == ("received", [])
        assert everything() == before

    def test_more_than_was_ordered_closes_it_with_a_warning(
        self, receive: Callable[..., Any], sku: Sku, warehouse: Warehouse
    ) -> None:
        expected = order(sku, warehouse, 10)
        line = {"sku": "SKU-001", "replenishmentId": expected.public_id}
        lines = receive({**line, "quantity": 7}, {**line, "quantity": 5}).json()["lines"]
        assert [one["warnings"] for one in lines] == [["OVER_RECEIVED"], ["OVER_RECEIVED"]]
        expected.refresh_from_db()
        assert (expected.state, expected.received, expected.version) == ("received", 12, 2)
        assert list(verify()) == []

    def test_of_another_sku_or_location_or_organization_it_is_not_found(
        self,
        receive: Callable[..., Any],
        organization: Organization,
        sku: Sku,
        second: Warehouse,
        warehouse: Warehouse,
        rival_warehouse: Warehouse,
    ) -> None:
        theirs = factories.make_sku(rival_warehouse.organization, "SKU-001")
        wrong = [
            order(factories.make_sku(organization), warehouse, 1),
            order(sku, second, 1),
            order(theirs, rival_warehouse, 1),
        ]
        before = everything()
        ids = [*(found.public_id for found in wrong), "rpl_01h455vb4pex5vsknk084sn02q", "nonsense"]
        for public_id in ids:
            response = receive({"sku": "SKU-001", "quantity": 1, "replenishmentId": public_id})
            where = [("/lines/0/replenishmentId", "REPLENISHMENT_NOT_FOUND")]
            assert problem_of(response) == (404, "REPLENISHMENT_NOT_FOUND", where)
        assert everything() == before

    def test_one_that_comes_with_a_transfer_is_received_with_that(
        self, receive: Callable[..., Any], sku: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        coming = order(sku, warehouse, 5, from_location(second))
        before = everything()
        response = receive({"sku": "SKU-001", "quantity": 5, "replenishmentId": coming.public_id})
        where = [("/lines/0/replenishmentId", "NOT_EXPECTED_HERE")]
        assert problem_of(response) == (409, "NOT_EXPECTED_HERE", where)
        assert everything() == before


class TestAllOrNothing:
    def test_every_bad_line_is_named_and_nothing_changes(
        self, receive: Callable[..., Any], organization: Organization, sku: Sku, warehouse: Warehouse
    ) -> None:
        factories.make_sku(organization, "JUICE", is_lot_controlled=True)
        factories.make_lot(sku, "L-1")
        closed = order(sku, warehouse, 1)
        Replenishment.objects.update(state="cancelled")
        before = everything()
        response = receive(
            {"sku": "NOBODY", "quantity": 1},
            {"sku": "SKU-001", "quantity": 1, "lot": {"code": "NEW"}},
            {"sku": "JUICE", "quantity": 1},
            {"sku": "SKU-001", "quantity": 1, "replenishmentId": closed.public_id},
            {"sku": "SKU-001", "quantity": 1, "lot": {"code": "L-1", "expiresOn": FAR}},
        )
        assert problem_of(response) == (
            422,
            "BATCH_REFUSED",
            [
                ("/lines/0/sku", "INVENTORY_NOT_FOUND"),
                ("/lines/2/lotId", "LOT_REQUIRED"),
                ("/lines/3/replenishmentId", "INVALID_TRANSITION"),
                ("/lines/4/lot/expiresOn", "LOT_EXPIRY_DIFFERS"),
            ],
        )
        assert everything() == before

    def test_at_most_500_lines(self, receive: Callable[..., Any], sku: Sku) -> None:
        line = {"sku": "SKU-001", "quantity": 1}
        assert problem_of(receive(*[line] * 501)) == (400, "INVALID_REQUEST", [("/lines", "MAX_LENGTH")])
        assert receive(*[line] * 500).status_code == 201
        assert StockLevel.objects.get().on_hand == 500

    def test_a_read_only_location_receives_nothing(
        self, api: Caller, sku: Sku, marketplace: Warehouse
    ) -> None:
        response = api.post(
            PATH, {"locationId": marketplace.public_id, "lines": [{"sku": "SKU-001", "quantity": 1}]}
        )
        assert problem_of(response)[:2] == (403, "READONLY_WAREHOUSE")

    def test_where_the_caller_may_only_read(
        self, api_with: Callable[..., Caller], receive: Callable[..., Any], sku: Sku, second: Warehouse
    ) -> None:
        caller = api_with(["inventory.write"], warehouses=[second])
        response = receive({"sku": "SKU-001", "quantity": 1}, caller=caller)
        where = [("/locationId", "WAREHOUSE_NOT_FOUND")]
        assert problem_of(response) == (404, "WAREHOUSE_NOT_FOUND", where)

    def test_repeated_with_its_key_it_is_received_once(
        self, api: Caller, sku: Sku, warehouse: Warehouse
    ) -> None:
        body = {"locationId": warehouse.public_id, "lines": [{"sku": "SKU-001", "quantity": 3}]}
        first, second = (api.post(PATH, body, {"Idempotency-Key": "once"}) for _ in range(2))
        assert (second.content, second["Idempotent-Replayed"]) == (first.content, "true")
        assert StockLevel.objects.get().on_hand == 3


@pytest.mark.parametrize("rows", [1, 3])
def test_statements_are_the_same_for_any_number_of_lines(
    receive: Callable[..., Any],
    api: Caller,
    organization: Organization,
    warehouse: Warehouse,
    rows: int,
    is_postgresql: bool,
) -> None:
    shelf = factories.make_bin(warehouse, "A-01", capacity=100)
    lines = []
    for number in range(rows):
        sku = factories.make_sku(organization, f"Q-{number}")
        lines.append(
            {
                "sku": sku.code,
                "quantity": 1,
                "binId": shelf.public_id,
                "lot": {"code": f"L-{number}", "expiresOn": FAR},
                "unitCost": 1.5,
                "replenishmentId": order(sku, warehouse, 1).public_id,
            }
        )
    api.get("/nexus/api/inventory/warehouses")  # its key has been used in this minute
    with CaptureQueriesContext(connection) as captured:
        response = receive(*lines)
    assert response.status_code == 201
    made = [query["sql"][:160] for query in captured.captured_queries]
    # PostgreSQL locks the bins that have a capacity.
    assert len(made) == (32 if is_postgresql else 31), "\n".join(made)
