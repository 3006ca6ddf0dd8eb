"""`/api/inventory/transfers`: what is sent, what arrives, and who may do which of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.api.backoffice.transfers import documentation
from inventory.demo import transfers as demo
from inventory.demo.documented import STORE, WAREHOUSE_A
from inventory.models import (
    Delivery,
    Event,
    EventType,
    Lot,
    LotState,
    Movement,
    Sku,
    StateChange,
    StockItem,
    StockLevel,
    Transfer,
    TransferLine,
    WebhookEndpoint,
)
from inventory.verification import verify
from tests import factories
from tests.factories import make_bin, make_key, make_lot, make_person, make_sku, stock
from tests.inventory.api.callers import Caller, problem, problem_of
from tests.inventory.api.snapshots import everything
from warehouses.models import Bin, IdempotencyRecord, Organization, Warehouse

pytestmark = pytest.mark.django_db

PATH = "/api/inventory/transfers"
SCOPES = ("transfers.read", "transfers.write")


@pytest.fixture
def stocked(sku: Sku, warehouse: Warehouse) -> Sku:
    """A hundred units in the default bin of Acme's first warehouse."""
    stock(sku, warehouse, 100)
    return sku


def wanted(source: Warehouse, destination: Warehouse, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "fromLocationId": source.public_id,
        "toLocationId": destination.public_id,
        "lines": list(lines) or [{"sku": "SKU-001", "quantity": 10}],
        **more,
    }


def done(response: Any, status: int = 200) -> dict[str, Any]:
    assert response.status_code == status, response.content
    return dict(response.json())


@pytest.fixture
def create(api: Caller, stocked: Sku, warehouse: Warehouse, second: Warehouse) -> Callable[..., Any]:
    """Create a transfer from the first warehouse to the second."""
    return lambda *lines, **more: done(api.post(PATH, wanted(warehouse, second, *lines, **more)), 201)


@pytest.fixture
def act(api: Caller) -> Callable[..., Any]:
    return lambda shown, action, **more: api.post(f"{PATH}/{shown['id']}", {"action": action, **more})


@pytest.fixture
def shipped(create: Callable[..., Any], act: Callable[..., Any]) -> dict[str, Any]:
    """Ten units of SKU-001 in transit."""
    return done(act(create(), "ship"))


def on_hand(sku: Sku, warehouse: Warehouse) -> int:
    level = StockLevel.objects.filter(sku=sku, warehouse=warehouse).first()
    return level.on_hand if level is not None else 0


def units(sku: Sku) -> tuple[int, int, int]:
    """Everywhere on hand, in transit, and written off less surplus: their sum never changes by a transfer."""
    there = StockLevel.objects.filter(sku=sku).aggregate(units=Sum("on_hand"))["units"] or 0
    lines = TransferLine.objects.filter(sku=sku)
    return (
        there,
        sum(line.in_transit for line in lines),
        sum(line.written_off - line.surplus for line in lines),
    )


def history(shown: dict[str, Any]) -> list[tuple[str, str | None, str, int | None]]:
    return [(row["action"], row["fromState"], row["toState"], row["quantity"]) for row in shown["history"]]


class TestLife:
    def test_a_draft_moves_nothing(
        self, create: Callable[..., Any], stocked: Sku, warehouse: Warehouse, api: Caller
    ) -> None:
        shown = create(note="why", referenceId="TO-1", expectedOn="2026-03-16")

        assert (shown["state"], shown["version"], shown["allowedActions"]) == ("draft", 1, ["ship", "cancel"])
        assert (shown["note"], shown["referenceId"], shown["expectedOn"]) == ("why", "TO-1", "2026-03-16")
        assert history(shown) == [("create", None, "draft", 10)]
        assert on_hand(stocked, warehouse) == 100
        assert done(api.get(f"{PATH}/{shown['id']}")) == shown

    def test_creating_says_where_it_is(
        self, api: Caller, stocked: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        response = api.post(PATH, wanted(warehouse, second))
        shown = done(response, 201)
        assert response["Location"] == f"/backoffice{PATH}/{shown['id']}"
        got = api.get(response["Location"])
        assert (got.json(), got["ETag"]) == (shown, response["ETag"])

    def test_shipped_and_received(
        self,
        create: Callable[..., Any],
        act: Callable[..., Any],
        stocked: Sku,
        warehouse: Warehouse,
        second: Warehouse,
    ) -> None:
        shown = done(act(create(), "ship", note="by van"))

        assert (shown["state"], shown["version"], shown["allowedActions"]) == ("in_transit", 2, ["receive"])
        assert (shown["shipped"], shown["inTransit"]) == (10, 10)
        assert shown["shippedAt"]
        assert (on_hand(stocked, warehouse), on_hand(stocked, second)) == (90, 0)
        assert history(shown)[-1] == ("ship", "draft", "in_transit", 10)
        assert shown["history"][-1]["note"] == "by van"

        shown = done(act(shown, "receive"))

        assert (shown["state"], shown["version"], shown["allowedActions"]) == ("received", 3, [])
        assert (shown["received"], shown["inTransit"], shown["writtenOff"]) == (10, 0, 0)
        assert shown["closedAt"]
        assert (on_hand(stocked, warehouse), on_hand(stocked, second)) == (90, 10)
        assert history(shown)[-1] == ("receive", "in_transit", "received", 10)
        movements = Movement.objects.filter(document_type="transfer").order_by("id")
        assert [(row.delta, row.reason_code.code) for row in movements] == [
            (-10, "TRANSFER"),
            (10, "TRANSFER"),
        ]
        assert list(verify()) == []

    def test_cancelled(
        self, create: Callable[..., Any], act: Callable[..., Any], stocked: Sku, warehouse: Warehouse
    ) -> None:
        shown = done(act(create(), "cancel", note="not needed"))

        assert (shown["state"], shown["version"], shown["allowedActions"]) == ("cancelled", 2, [])
        assert history(shown)[-1] == ("cancel", "draft", "cancelled", None)
        assert on_hand(stocked, warehouse) == 100
        assert not Movement.objects.filter(document_type="transfer").exists()

    @pytest.mark.parametrize(
        ("before", "allowed"),
        [
            ([], {"ship", "cancel"}),
            (["ship"], {"receive"}),
            (["ship", "receive"], set()),
            (["cancel"], set()),
        ],
    )
    @pytest.mark.parametrize("action", ["ship", "receive", "cancel"])
    def test_what_the_state_forbids(
        self,
        create: Callable[..., Any],
        act: Callable[..., Any],
        before: list[str],
        allowed: set[str],
        action: str,
    ) -> None:
        shown = create()
        for earlier in before:
            shown = done(act(shown, earlier))
        rows = StateChange.objects.count()
        if action in allowed:
            after = done(act(shown, action))
            assert after["version"] == shown["version"] + 1
            assert after["history"][-1]["fromState"] == shown["state"]
            assert after["history"][-1]["toState"] == after["state"]
            assert StateChange.objects.count() == rows + 1
            return
        nothing = everything()
        response = act(shown, action)
        assert problem_of(response) == (409, "INVALID_TRANSITION", [])
        body = response.json()
        assert (body["state"], body["allowed"]) == (shown["state"], sorted(allowed))
        assert everything() == nothing

    def test_within_one_location(
        self, api: Caller, act: Callable[..., Any], stocked: Sku, warehouse: Warehouse
    ) -> None:
        shelf = make_bin(warehouse, "B-2")
        main = warehouse.bins.get(is_default=True)
        row = {"sku": "SKU-001", "quantity": 4, "fromBinId": main.public_id, "toBinId": shelf.public_id}
        shown = done(api.post(PATH, wanted(warehouse, warehouse, row)), 201)
        line = shown["lines"][0]
        assert (line["fromBinCode"], line["toBinCode"]) == (main.code, "B-2")

        shown = done(act(shown, "ship"))
        assert on_hand(stocked, warehouse) == 96
        done(act(shown, "receive"))

        assert on_hand(stocked, warehouse) == 100
        assert StockItem.objects.get(sku=stocked, bin=shelf).on_hand == 4
        assert list(verify()) == []


class TestCreating:
    @pytest.mark.parametrize(
        ("ends", "status", "code", "pointer"),
        [
            (("marketplace", "warehouse"), 403, "READONLY_WAREHOUSE", "/fromLocationId"),
            (("warehouse", "marketplace"), 403, "READONLY_WAREHOUSE", "/toLocationId"),
            (("closed", "warehouse"), 409, "WAREHOUSE_INACTIVE", "/fromLocationId"),
            (("warehouse", "closed"), 409, "WAREHOUSE_INACTIVE", "/toLocationId"),
            (("rival_warehouse", "warehouse"), 404, "WAREHOUSE_NOT_FOUND", "/fromLocationId"),
            (("warehouse", "rival_warehouse"), 404, "WAREHOUSE_NOT_FOUND", "/toLocationId"),
        ],
    )
    def test_places_that_it_cannot_be_between(
        self,
        api: Caller,
        stocked: Sku,
        request: pytest.FixtureRequest,
        organization: Organization,
        ends: tuple[str, str],
        status: int,
        code: str,
        pointer: str,
    ) -> None:
        closed = factories.make_warehouse(organization, "Closed")
        Warehouse.objects.filter(pk=closed.pk).update(is_active=False)
        source, destination = (closed if name == "closed" else request.getfixturevalue(name) for name in ends)
        response = api.post(PATH, wanted(source, destination))
        assert problem_of(response) == (status, code, [(pointer, code)])
        assert not Transfer.objects.exists()

    def test_one_location_needs_two_bins(self, api: Caller, stocked: Sku, warehouse: Warehouse) -> None:
        main = warehouse.bins.get(is_default=True).public_id
        other = make_bin(warehouse, "B-2").public_id
        rows = [
            {"sku": "SKU-001", "quantity": 1},
            {"sku": "SKU-001", "quantity": 1, "fromBinId": main},
            {"sku": "SKU-001", "quantity": 1, "fromBinId": main, "toBinId": other},
            {"sku": "SKU-001", "quantity": 1, "fromBinId": main, "toBinId": main},
        ]
        response = api.post(PATH, wanted(warehouse, warehouse, *rows))
        assert problem_of(response) == (
            422,
            "SAME_LOCATION",
            [
                ("/lines/0/fromBinId", "SAME_LOCATION"),
                ("/lines/1/toBinId", "SAME_LOCATION"),
                ("/lines/3/toBinId", "SAME_LOCATION"),
            ],
        )

    def test_every_bad_row_is_named(
        self,
        api: Caller,
        organization: Organization,
        stocked: Sku,
        warehouse: Warehouse,
        second: Warehouse,
        rival: Organization,
        rival_warehouse: Warehouse,
    ) -> None:
        theirs = make_sku(rival, "THEIRS")
        other = make_sku(organization, "SKU-002")
        there = second.bins.get(is_default=True).public_id
        rows = [
            {"sku": "SKU-001", "quantity": 1},
            {"sku": "NOBODY", "quantity": 1},
            {"sku": "THEIRS", "quantity": 1},
            {"sku": "SKU-001", "quantity": 1, "lotId": make_lot(other).public_id},
            {"sku": "SKU-001", "quantity": 1, "lotId": make_lot(theirs).public_id},
            {"sku": "SKU-001", "quantity": 1, "fromBinId": there},
            {"sku": "SKU-001", "quantity": 1, "toBinId": rival_warehouse.bins.get().public_id},
        ]
        response = api.post(PATH, wanted(warehouse, second, *rows))
        status, code, where = problem_of(response)
        assert (status, code) == (422, "BATCH_REFUSED")
        assert where == [
            ("/lines/1/sku", "INVENTORY_NOT_FOUND"),
            ("/lines/2/sku", "INVENTORY_NOT_FOUND"),
            ("/lines/3/lotId", "LOT_NOT_FOUND"),
            ("/lines/4/lotId", "LOT_NOT_FOUND"),
            ("/lines/5/fromBinId", "BIN_NOT_FOUND"),
            ("/lines/6/toBinId", "BIN_NOT_FOUND"),
        ]
        assert not Transfer.objects.exists()

    def test_a_bin_that_is_not_in_use(
        self, api: Caller, stocked: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        old = make_bin(second, "OLD", is_active=False)
        row = {"sku": "SKU-001", "quantity": 1, "toBinId": old.public_id}
        response = api.post(PATH, wanted(warehouse, second, row))
        assert problem_of(response) == (409, "BIN_INACTIVE", [("/lines/0/toBinId", "BIN_INACTIVE")])

    def test_at_most_500_lines(
        self, api: Caller, stocked: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        row = {"sku": "SKU-001", "quantity": 1}
        assert done(api.post(PATH, wanted(warehouse, second, *[row] * 500)), 201)["lineCount"] == 500
        assert problem_of(api.post(PATH, wanted(warehouse, second, *[row] * 501)))[0] == 400

    def test_the_same_key_creates_one(
        self, api: Caller, stocked: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        body = wanted(warehouse, second)
        first, again = (api.post(PATH, body, {"Idempotency-Key": "k"}) for _ in range(2))
        assert (again.json(), again["Idempotent-Replayed"]) == (first.json(), "true")
        assert Transfer.objects.count() == 1
        other = api.post(PATH, {**body, "note": "another"}, {"Idempotency-Key": "k"})
        assert problem_of(other)[:2] == (422, "IDEMPOTENCY_KEY_REUSED")


class TestShipping:
    def test_more_than_is_available(
        self, create: Callable[..., Any], act: Callable[..., Any], stocked: Sku, warehouse: Warehouse
    ) -> None:
        factories.reserve(stocked, warehouse, 30)
        factories.hold(stocked, warehouse, 20)
        shown = create({"sku": "SKU-001", "quantity": 51})
        before = everything()

        response = act(shown, "ship")

        assert problem_of(response) == (409, "STOCK_UNAVAILABLE", [("", "STOCK_UNAVAILABLE")])
        assert response.json()["available"] == 50
        assert everything() == before
        done(act(create({"sku": "SKU-001", "quantity": 50}), "ship"))

    def test_lines_of_one_sku_add_up(self, create: Callable[..., Any], act: Callable[..., Any]) -> None:
        row = {"sku": "SKU-001", "quantity": 60}
        assert problem_of(act(create(row, row), "ship"))[:2] == (409, "STOCK_UNAVAILABLE")

    def test_all_lines_or_none(
        self,
        create: Callable[..., Any],
        act: Callable[..., Any],
        organization: Organization,
        stocked: Sku,
        warehouse: Warehouse,
    ) -> None:
        make_sku(organization, "SKU-002")
        rare = make_sku(organization, "SKU-003")
        stock(rare, warehouse, 3)
        factories.hold(rare, warehouse, 1)
        shown = create(*({"sku": code, "quantity": 3} for code in ("SKU-001", "SKU-002", "SKU-003")))
        response = act(shown, "ship")
        assert problem_of(response)[:2] == (409, "STOCK_UNAVAILABLE")
        assert len(response.json()["errors"]) == 2
        assert on_hand(stocked, warehouse) == 100

    def test_first_expired_first_out_and_never_what_is_bad(
        self,
        create: Callable[..., Any],
        act: Callable[..., Any],
        organization: Organization,
        warehouse: Warehouse,
        second: Warehouse,
    ) -> None:
        milk = make_sku(organization, "MILK", is_lot_controlled=True)
        today = organization.today()
        days = {"LATE": 20, "SOON": 3, "GONE": -1, "BLOCKED": 1}
        lots = {code: make_lot(milk, code, today + timedelta(days=day)) for code, day in days.items()}
        Lot.objects.filter(code="BLOCKED").update(state=LotState.QUARANTINED)
        for lot in lots.values():
            stock(milk, warehouse, 10, lot=lot)

        shown = done(act(create({"sku": "MILK", "quantity": 15}), "ship"))

        assert [(lot["lotCode"], lot["shipped"]) for lot in shown["lines"][0]["lots"]] == [
            ("SOON", 10),
            ("LATE", 5),
        ]
        shown = done(act(shown, "receive"))
        there = StockItem.objects.filter(warehouse=second, on_hand__gt=0)
        assert dict(there.values_list("lot__code", "on_hand")) == {"SOON": 10, "LATE": 5}
        assert problem_of(act(create({"sku": "MILK", "quantity": 6}), "ship"))[:2] == (
            409,
            "STOCK_UNAVAILABLE",
        )
        assert list(verify()) == []

    def test_the_named_lot_and_bin(
        self,
        create: Callable[..., Any],
        act: Callable[..., Any],
        organization: Organization,
        warehouse: Warehouse,
    ) -> None:
        milk = make_sku(organization, "MILK")
        soon, late = (
            make_lot(milk, code, organization.today() + timedelta(days=day))
            for code, day in (("S", 1), ("L", 9))
        )
        shelf = make_bin(warehouse, "B-2")
        for lot in (soon, late):
            stock(milk, warehouse, 5, lot=lot)
            stock(milk, warehouse, 5, lot=lot, bin=shelf)
        done(
            act(
                create({"sku": "MILK", "quantity": 4, "lotId": late.public_id, "fromBinId": shelf.public_id}),
                "ship",
            )
        )
        items = StockItem.objects.filter(sku=milk).order_by("lot__code", "bin__code")
        assert [(item.lot.code, item.bin.code, item.on_hand) for item in items if item.lot] == [
            ("L", "B-2", 1),
            ("L", "MAIN", 5),
            ("S", "B-2", 5),
            ("S", "MAIN", 5),
        ]

    def test_nothing_leaves_for_where_it_cannot_arrive(
        self, create: Callable[..., Any], act: Callable[..., Any], second: Warehouse
    ) -> None:
        shown = create()
        Warehouse.objects.filter(pk=second.pk).update(is_active=False)
        assert problem_of(act(shown, "ship"))[:2] == (409, "WAREHOUSE_INACTIVE")
        Warehouse.objects.filter(pk=second.pk).update(is_active=True, is_readonly=True)
        assert problem_of(act(shown, "ship"))[:2] == (403, "READONLY_WAREHOUSE")

    def test_if_match(self, api: Caller, create: Callable[..., Any]) -> None:
        path = f"{PATH}/{create()['id']}"
        tag = api.get(path)["ETag"]
        stale = api.post(path, {"action": "ship"}, {"If-Match": '"another"'})
        assert problem_of(stale) == (412, "PRECONDITION_FAILED", [])
        done(api.post(path, {"action": "ship"}, {"If-Match": tag}))
        assert problem_of(api.post(path, {"action": "receive"}, {"If-Match": tag}))[0] == 412
        assert api.get(path, If_None_Match=api.get(path)["ETag"]).status_code == 304

    def test_the_same_key_ships_once(
        self, api: Caller, create: Callable[..., Any], stocked: Sku, warehouse: Warehouse
    ) -> None:
        path = f"{PATH}/{create()['id']}"
        first, again = (api.post(path, {"action": "ship"}, {"Idempotency-Key": "k"}) for _ in range(2))
        assert (first.status_code, again.status_code) == (200, 200)
        assert again["Idempotent-Replayed"] == "true"
        assert on_hand(stocked, warehouse) == 90
        assert IdempotencyRecord.objects.count() == 1


def line_of(shown: dict[str, Any], number: int = 0, **more: Any) -> dict[str, Any]:
    return {"lineId": shown["lines"][number]["id"], **more}


class TestReceiving:
    def test_in_parts(
        self, act: Callable[..., Any], shipped: dict[str, Any], stocked: Sku, second: Warehouse
    ) -> None:
        shown = done(act(shipped, "receive", lines=[line_of(shipped, quantity=4)]))
        assert (shown["state"], shown["received"], shown["inTransit"]) == ("in_transit", 4, 6)
        assert history(shown)[-1] == ("receive", "in_transit", "in_transit", 4)
        assert on_hand(stocked, second) == 4
        assert units(stocked) == (94, 6, 0)

        shown = done(act(shown, "receive", lines=[line_of(shipped, quantity=6)]))
        assert (shown["state"], shown["received"], shown["inTransit"]) == ("received", 10, 0)
        assert units(stocked) == (100, 0, 0)
        assert list(verify()) == []

    def test_the_rest_never_arrives(
        self, act: Callable[..., Any], shipped: dict[str, Any], stocked: Sku
    ) -> None:
        row = line_of(shipped, quantity=7, shortageReason="fell off the lorry")
        shown = done(act(shipped, "receive", lines=[row], note="in the rain"))

        assert (shown["state"], shown["received"], shown["writtenOff"]) == ("received", 7, 3)
        assert shown["lines"][0]["shortageReason"] == "fell off the lorry"
        assert history(shown)[-2:] == [
            ("receive", "in_transit", "received", 7),
            ("write_off", "in_transit", "received", 3),
        ]
        assert shown["history"][-1]["note"] == "SKU-001: 3, fell off the lorry"
        assert units(stocked) == (97, 0, 3)
        assert Movement.objects.filter(document_type="transfer", delta__gt=0).count() == 1
        assert list(verify()) == []

    def test_nothing_arrives(self, act: Callable[..., Any], shipped: dict[str, Any], stocked: Sku) -> None:
        row = line_of(shipped, quantity=0, shortageReason="the van burned")
        shown = done(act(shipped, "receive", lines=[row]))
        assert (shown["state"], shown["received"], shown["writtenOff"]) == ("received", 0, 10)
        assert units(stocked) == (90, 0, 10)
        assert list(verify()) == []

    def test_more_than_was_shipped(
        self, act: Callable[..., Any], shipped: dict[str, Any], stocked: Sku, second: Warehouse
    ) -> None:
        row = line_of(shipped, quantity=12)
        response = act(shipped, "receive", lines=[row])
        assert problem_of(response) == (
            422,
            "SURPLUS_REASON_REQUIRED",
            [("/lines/0/surplusReason", "SURPLUS_REASON_REQUIRED")],
        )
        shown = done(act(shipped, "receive", lines=[{**row, "surplusReason": "miscounted"}]))

        assert (shown["state"], shown["received"], shown["surplus"]) == ("received", 12, 2)
        assert history(shown)[-2:] == [
            ("receive", "in_transit", "received", 12),
            ("surplus", "in_transit", "received", 2),
        ]
        assert on_hand(stocked, second) == 12
        assert units(stocked) == (102, 0, -2)
        assert Movement.objects.filter(note="miscounted", delta=2).exists()
        assert list(verify()) == []

    def test_final_asks_why_each_line_is_short(
        self,
        create: Callable[..., Any],
        act: Callable[..., Any],
        organization: Organization,
        warehouse: Warehouse,
    ) -> None:
        stock(make_sku(organization, "SKU-002"), warehouse, 9)
        stock(make_sku(organization, "SKU-003"), warehouse, 9)
        rows = [{"sku": f"SKU-00{number}", "quantity": 5} for number in (1, 2, 3)]
        shown = done(act(create(*rows), "ship"))
        before = everything()

        named = act(
            shown,
            "receive",
            isFinal=True,
            lines=[line_of(shown, 0, quantity=5), line_of(shown, 1, quantity=4)],
        )
        assert problem_of(named) == (
            422,
            "SHORTAGE_REASON_REQUIRED",
            [("/lines/1/shortageReason", "SHORTAGE_REASON_REQUIRED")],
        )
        lines = [
            line_of(shown, 0, quantity=5),
            line_of(shown, 1, quantity=4, shortageReason="broken"),
        ]
        unnamed = act(shown, "receive", isFinal=True, lines=lines)
        assert problem_of(unnamed) == (
            422,
            "SHORTAGE_REASON_REQUIRED",
            [("", "SHORTAGE_REASON_REQUIRED")],
        )
        assert shown["lines"][2]["id"] in unnamed.json()["detail"]
        assert everything() == before

        lines.append(line_of(shown, 2, quantity=0, shortageReason="stolen"))
        shown = done(act(shown, "receive", isFinal=True, lines=lines))
        assert (shown["state"], shown["received"], shown["writtenOff"]) == ("received", 9, 6)
        assert list(verify()) == []

    def test_final_and_all_there(self, act: Callable[..., Any], shipped: dict[str, Any]) -> None:
        assert done(act(shipped, "receive", isFinal=True))["state"] == "received"

    def test_lot_by_lot(
        self,
        create: Callable[..., Any],
        act: Callable[..., Any],
        organization: Organization,
        warehouse: Warehouse,
        second: Warehouse,
    ) -> None:
        milk = make_sku(organization, "MILK", is_lot_controlled=True)
        today = organization.today()
        lots = [make_lot(milk, code, today + timedelta(days=day)) for code, day in (("A", 3), ("B", 9))]
        for lot in lots:
            stock(milk, warehouse, 5, lot=lot)
        shown = done(act(create({"sku": "MILK", "quantity": 10}), "ship"))
        first, other = (line_of(shown, lotId=lot.public_id) for lot in lots)

        shown = done(
            act(
                shown,
                "receive",
                lines=[{**first, "quantity": 3, "shortageReason": "soaked"}, {**other, "quantity": 4}],
            )
        )
        assert [(lot["lotCode"], lot["inTransit"]) for lot in shown["lines"][0]["lots"]] == [
            ("A", 0),
            ("B", 1),
        ]
        assert (shown["state"], shown["inTransit"], shown["writtenOff"]) == ("in_transit", 1, 2)
        shown = done(act(shown, "receive", lines=[{**other, "quantity": 3, "surplusReason": "found"}]))

        assert (shown["state"], shown["received"], shown["surplus"]) == ("received", 10, 2)
        there = StockItem.objects.filter(warehouse=second, on_hand__gt=0)
        assert dict(there.values_list("lot__code", "on_hand")) == {"A": 3, "B": 7}
        assert list(verify()) == []

    @pytest.mark.parametrize(
        ("rows", "status", "code", "pointers"),
        [
            ([{"quantity": 0}], 400, "INVALID_QUANTITY", ["/lines/0/quantity"]),
            ([{"quantity": 1}, {"quantity": 1}], 422, "DUPLICATE_ROW", ["/lines/1/lineId"]),
            ([{"quantity": 1, "lineId": "trl_nothing"}], 404, "TRANSFER_LINE_NOT_FOUND", ["/lines/0/lineId"]),
            ([{"quantity": 1, "toBinId": "bin_nothing"}], 404, "BIN_NOT_FOUND", ["/lines/0/toBinId"]),
            ([{"quantity": 1, "lotId": "lot_nothing"}], 404, "LOT_NOT_FOUND", ["/lines/0/lotId"]),
        ],
    )
    def test_bad_rows(
        self,
        act: Callable[..., Any],
        shipped: dict[str, Any],
        rows: list[dict[str, Any]],
        status: int,
        code: str,
        pointers: list[str],
    ) -> None:
        before = everything()
        response = act(shipped, "receive", lines=[{**line_of(shipped), **row} for row in rows])
        assert problem_of(response) == (status, code, [(pointer, code) for pointer in pointers])
        assert everything() == before

    def test_a_line_or_a_lot_of_another_transfer(
        self, create: Callable[..., Any], act: Callable[..., Any], shipped: dict[str, Any], stocked: Sku
    ) -> None:
        other = done(act(create(), "ship"))
        response = act(shipped, "receive", lines=[line_of(other, quantity=1)])
        assert problem_of(response)[:2] == (404, "TRANSFER_LINE_NOT_FOUND")
        lot = make_lot(stocked, "NEVER-SHIPPED")
        response = act(shipped, "receive", lines=[line_of(shipped, quantity=1, lotId=lot.public_id)])
        assert problem_of(response) == (404, "LOT_NOT_FOUND", [("/lines/0/lotId", "LOT_NOT_FOUND")])

    def test_into_the_bin_that_was_planned_or_another(
        self,
        create: Callable[..., Any],
        act: Callable[..., Any],
        stocked: Sku,
        warehouse: Warehouse,
        second: Warehouse,
    ) -> None:
        planned, other = make_bin(second, "P-1"), make_bin(second, "P-2")
        row = {"sku": "SKU-001", "quantity": 10, "toBinId": planned.public_id}
        shown = done(act(create(row), "ship"))
        shown = done(act(shown, "receive", lines=[line_of(shown, quantity=6, toBinId=other.public_id)]))
        done(act(shown, "receive"))
        there = StockItem.objects.filter(sku=stocked, warehouse=second)
        assert dict(there.values_list("bin__code", "on_hand")) == {"P-1": 4, "P-2": 6}
        away = warehouse.bins.get(is_default=True)
        other_shown = done(act(create(), "ship"))
        response = act(
            other_shown, "receive", lines=[line_of(other_shown, quantity=1, toBinId=away.public_id)]
        )
        assert problem_of(response) == (404, "BIN_NOT_FOUND", [("/lines/0/toBinId", "BIN_NOT_FOUND")])

    def test_a_named_bin_keeps_to_its_capacity(
        self, create: Callable[..., Any], act: Callable[..., Any], stocked: Sku, second: Warehouse
    ) -> None:
        small = make_bin(second, "SMALL", capacity=8)
        row = {"sku": "SKU-001", "quantity": 10, "toBinId": small.public_id}
        shown = done(act(create(row), "ship"))
        before = everything()
        response = act(shown, "receive")
        assert problem_of(response) == (409, "BIN_FULL", [("", "BIN_FULL")])
        response = act(shown, "receive", lines=[line_of(shown, quantity=9)])
        assert problem_of(response) == (409, "BIN_FULL", [("/lines/0/toBinId", "BIN_FULL")])
        assert response.json()["available"] == 8
        assert everything() == before
        done(act(shown, "receive", lines=[line_of(shown, quantity=8)]))

    def test_goods_that_should_have_a_lot_by_now(
        self, act: Callable[..., Any], shipped: dict[str, Any], stocked: Sku, second: Warehouse
    ) -> None:
        """The SKU was made lot-controlled while they were on their way: they must not be there for ever."""
        Sku.objects.filter(pk=stocked.pk).update(is_lot_controlled=True)
        done(act(shipped, "receive"))
        assert on_hand(stocked, second) == 10

    def test_only_receive_takes_lines(self, act: Callable[..., Any], shipped: dict[str, Any]) -> None:
        response = act(shipped, "cancel", lines=[line_of(shipped, quantity=1)], isFinal=True)
        assert problem_of(response)[0] == 400
        assert {where for where, _ in problem_of(response)[2]} == {"/lines", "/isFinal"}


class TestEnds:
    """Warehouse → second, seen by those who are limited to one of them."""

    @pytest.fixture
    def bins(self, warehouse: Warehouse, second: Warehouse) -> tuple[Bin, Bin]:
        return make_bin(warehouse, "OURS"), make_bin(second, "THEIRS")

    @pytest.fixture
    def draft(
        self, create: Callable[..., Any], stocked: Sku, warehouse: Warehouse, bins: tuple[Bin, Bin]
    ) -> Any:
        stock(stocked, warehouse, 10, bin=bins[0])
        return create(
            {
                "sku": "SKU-001",
                "quantity": 10,
                "fromBinId": bins[0].public_id,
                "toBinId": bins[1].public_id,
            }
        )

    @pytest.fixture
    def sender(self, api_with: Callable[..., Caller], warehouse: Warehouse) -> Caller:
        return api_with(SCOPES, warehouses=[warehouse], name="Sender")

    @pytest.fixture
    def recipient(self, api_with: Callable[..., Caller], second: Warehouse) -> Caller:
        return api_with(SCOPES, warehouses=[second], name="Recipient")

    @pytest.fixture
    def stranger(self, api_with: Callable[..., Caller], organization: Organization) -> Caller:
        third = factories.make_warehouse(organization, "Third")
        return api_with(SCOPES, warehouses=[third], name="Stranger")

    def test_keys(
        self, draft: Any, sender: Caller, recipient: Caller, stranger: Caller, second: Warehouse
    ) -> None:
        path = f"{PATH}/{draft['id']}"
        assert problem_of(stranger.get(path)) == (404, "TRANSFER_NOT_FOUND", [])
        assert done(stranger.get(PATH))["data"] == []
        assert [done(caller.get(PATH))["pagination"]["total"] for caller in (sender, recipient)] == [1, 1]
        for action in ("ship", "receive", "cancel"):
            assert problem_of(stranger.post(path, {"action": action})) == (404, "TRANSFER_NOT_FOUND", [])
        before = everything()
        for action in ("ship", "cancel"):
            assert problem_of(recipient.post(path, {"action": action})) == (403, "PERMISSION_DENIED", [])
        assert everything() == before
        assert done(recipient.get(path))["allowedActions"] == []
        assert done(sender.get(path))["allowedActions"] == ["ship", "cancel"]

        done(sender.post(path, {"action": "ship"}))
        before = everything()
        rows = [line_of(draft, quantity=1, toBinId=second.bins.get(code="THEIRS").public_id)]
        for body in ({"action": "receive"}, {"action": "receive", "lines": rows}):
            assert problem_of(sender.post(path, body)) == (403, "PERMISSION_DENIED", [])
        assert everything() == before
        assert done(recipient.post(path, {"action": "receive"}))["state"] == "received"

    def test_people(
        self, organization: Organization, draft: Any, warehouse: Warehouse, second: Warehouse
    ) -> None:
        path = f"/backoffice{PATH}/{draft['id']}"
        ann = make_person(
            "ann@example.com", {organization: [("Warehouse manager", warehouse), ("Viewer", second)]}
        )
        ben = make_person("ben@example.com", {organization: [("Warehouse manager", second)]})
        ann_calls, ben_calls = Caller.person(ann), Caller.person(ben)
        assert problem_of(ben_calls.post(path, {"action": "ship"}))[:2] == (403, "PERMISSION_DENIED")
        done(ann_calls.post(path, {"action": "ship"}))
        assert problem_of(ann_calls.post(path, {"action": "receive"}))[:2] == (403, "PERMISSION_DENIED")
        shown = done(ben_calls.post(path, {"action": "receive"}))
        assert [row["by"] for row in shown["history"]] == [
            "Integration",
            "ann@example.com",
            "ben@example.com",
        ]

    @pytest.mark.parametrize("limited", ["sender", "recipient"])
    def test_creating_takes_both(
        self,
        request: pytest.FixtureRequest,
        stocked: Sku,
        warehouse: Warehouse,
        second: Warehouse,
        limited: str,
    ) -> None:
        caller: Caller = request.getfixturevalue(limited)
        pointer = "/toLocationId" if limited == "sender" else "/fromLocationId"
        response = caller.post(PATH, wanted(warehouse, second))
        assert problem_of(response) == (404, "WAREHOUSE_NOT_FOUND", [(pointer, "WAREHOUSE_NOT_FOUND")])
        assert not Transfer.objects.exists()

    def test_creating_where_one_may_only_read(
        self, organization: Organization, stocked: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        ann = make_person(
            "ann@example.com", {organization: [("Warehouse manager", warehouse), ("Viewer", second)]}
        )
        response = Caller.person(ann).post(f"/backoffice{PATH}", wanted(warehouse, second))
        assert problem_of(response) == (403, "PERMISSION_DENIED", [("/toLocationId", "PERMISSION_DENIED")])

    def test_bins_of_the_other_end_are_nobodys_business(
        self, draft: Any, sender: Caller, recipient: Caller, api: Caller
    ) -> None:
        path = f"{PATH}/{draft['id']}"
        shown = [done(caller.get(path))["lines"][0] for caller in (api, sender, recipient)]
        assert [(line["fromBinCode"], line["toBinCode"]) for line in shown] == [
            ("OURS", "THEIRS"),
            ("OURS", None),
            (None, "THEIRS"),
        ]
        there = done(recipient.get(path))
        assert (there["fromLocationName"], there["toLocationName"]) == ("Main warehouse", "Second warehouse")

    def test_what_is_in_the_source_is_not_told_to_the_recipient(
        self, draft: Any, recipient: Caller, stocked: Sku, warehouse: Warehouse
    ) -> None:
        factories.hold(stocked, warehouse, 110)
        response = recipient.post(f"{PATH}/{draft['id']}", {"action": "ship"})
        assert problem_of(response)[:2] == (403, "PERMISSION_DENIED")
        assert "available" not in problem(response)

    def test_reading_at_one_end_and_writing_at_the_other(
        self, organization: Organization, draft: Any, warehouse: Warehouse, second: Warehouse
    ) -> None:
        """A key that only writes finds what it acts on."""
        writer = Caller(make_key(organization, ["transfers.write"], warehouses=[warehouse]))
        shown = done(writer.post(f"{PATH}/{draft['id']}", {"action": "ship"}))
        assert shown["state"] == "in_transit"
        assert problem_of(writer.get(f"{PATH}/{draft['id']}"))[:2] == (403, "PERMISSION_DENIED")


class TestEvents:
    def subscribe(self, organization: Organization, *places: Warehouse) -> WebhookEndpoint:
        endpoint = WebhookEndpoint.objects.create(
            organization=organization,
            url="https://receiver.example/hook",
            event_types=[EventType.TRANSFER_SHIPPED.value, EventType.TRANSFER_RECEIVED.value],
            secret="sealed",
            is_limited=bool(places),
        )
        endpoint.warehouses.set(places)
        return endpoint

    def test_nobody_listens(self, act: Callable[..., Any], create: Callable[..., Any]) -> None:
        done(act(done(act(create(), "ship")), "receive"))
        assert not Event.objects.exists()

    def test_shipped_and_received(
        self, act: Callable[..., Any], create: Callable[..., Any], organization: Organization
    ) -> None:
        self.subscribe(organization)
        shown = create(referenceId="TO-7")
        assert not Event.objects.exists()
        shown = done(act(shown, "ship", note="by van"))
        rows = [line_of(shown, quantity=4)]
        done(act(shown, "receive", lines=rows))
        rows = [line_of(shown, quantity=5, shortageReason="lost")]
        done(act(shown, "receive", lines=rows))

        events = [json.loads(event.body) for event in Event.objects.order_by("id")]
        assert [(event["type"], event["data"]["state"], event["data"]["version"]) for event in events] == [
            ("transfer.shipped", "in_transit", 2),
            ("transfer.received", "in_transit", 3),
            ("transfer.received", "received", 4),
        ]
        assert events[0]["data"] == {
            "transfer_id": shown["id"],
            "state": "in_transit",
            "version": 2,
            "from_warehouse_id": shown["fromLocationId"],
            "from_warehouse_name": "Main warehouse",
            "to_warehouse_id": shown["toLocationId"],
            "to_warehouse_name": "Second warehouse",
            "reference": "TO-7",
            "note": "by van",
            "actor": "Integration",
            "lines": [
                {
                    "id": shown["lines"][0]["id"],
                    "sku": "SKU-001",
                    "quantity": 10,
                    "shipped": 10,
                    "received": 0,
                    "surplus": 0,
                    "written_off": 0,
                    "in_transit": 10,
                }
            ],
            "lines_omitted": 0,
        }
        last = events[2]["data"]["lines"][0]
        assert (last["received"], last["written_off"], last["in_transit"]) == (9, 1, 0)

    def test_who_hears_of_it_hears_once(
        self,
        act: Callable[..., Any],
        create: Callable[..., Any],
        organization: Organization,
        warehouse: Warehouse,
        second: Warehouse,
    ) -> None:
        third = factories.make_warehouse(organization, "Third")
        places = ((), (warehouse,), (second,), (warehouse, second), (third,))
        endpoints = [self.subscribe(organization, *some) for some in places]
        done(act(create(), "ship"))
        counts = [Delivery.objects.filter(endpoint=endpoint).count() for endpoint in endpoints]
        assert counts == [1, 1, 1, 1, 0]
        assert Event.objects.count() == 1

    def test_many_lines_stay_below_the_limit(
        self, act: Callable[..., Any], create: Callable[..., Any], organization: Organization
    ) -> None:
        self.subscribe(organization)
        done(act(create(*({"sku": "SKU-001", "quantity": 1} for _ in range(60))), "ship"))
        body = Event.objects.get().body
        assert len(body.encode()) < 20_000
        assert len(json.loads(body)["data"]["lines"]) + json.loads(body)["data"]["lines_omitted"] == 60


class TestLists:
    @pytest.fixture
    def three(
        self, create: Callable[..., Any], act: Callable[..., Any], organization: Organization
    ) -> list[Any]:
        """A draft, one in transit and one that is cancelled."""
        make_sku(organization, "SKU-002")
        draft = create(referenceId="TO-1", expectedOn="2026-03-16")
        on_road = done(act(create(referenceId="TO-2"), "ship"))
        off = done(act(create({"sku": "SKU-002", "quantity": 1}), "cancel"))
        return [draft, on_road, off]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", [2, 1, 0]),
            ("state=draft", [0]),
            ("state=in_transit", [1]),
            ("fromLocationId={warehouse}", [2, 1, 0]),
            ("toLocationId={warehouse}", []),
            ("toLocationId={second}", [2, 1, 0]),
            ("locationId={second}", [2, 1, 0]),
            ("locationId={warehouse}&state=cancelled", [2]),
            ("locationId=wh_nothing", []),
            ("sku=sku-002", [2]),
            ("sku=NOBODY", []),
            ("lotId=lot_nothing", []),
            ("referenceId=TO-2", [1]),
            ("createdBy=Integration", [2, 1, 0]),
            ("createdBy=Nobody", []),
            ("startDate=2000-01-01", [2, 1, 0]),
            ("endDate=2000-01-01", []),
            ("sort=createdAt", [0, 1, 2]),
            ("sort=-createdAt&limit=1&page=2", [1]),
            ("sort=state&limit=1", [2]),
            ("page=9", []),
        ],
    )
    def test_filters_and_sorts(
        self,
        api: Caller,
        three: list[Any],
        warehouse: Warehouse,
        second: Warehouse,
        query: str,
        found: list[int],
    ) -> None:
        query = query.format(warehouse=warehouse.public_id, second=second.public_id)
        shown = done(api.get(f"{PATH}?{query}"))
        assert [row["id"] for row in shown["data"]] == [three[number]["id"] for number in found]

    def test_a_row_is_the_record_without_lines_and_history(self, api: Caller, three: list[Any]) -> None:
        rows = done(api.get(f"{PATH}?sort=createdAt"))["data"]
        for row, record in zip(rows, three, strict=True):
            assert row == {
                name: value
                for name, value in record.items()
                if name not in {"lines", "history", "allowedActions"}
            }

    def test_by_the_lot_that_was_picked(
        self,
        api: Caller,
        create: Callable[..., Any],
        act: Callable[..., Any],
        organization: Organization,
        warehouse: Warehouse,
    ) -> None:
        milk = make_sku(organization, "MILK")
        lot = make_lot(milk)
        stock(milk, warehouse, 5, lot=lot)
        shown = create({"sku": "MILK", "quantity": 2})
        path = f"{PATH}?lotId={lot.public_id}"
        assert done(api.get(path))["data"] == []
        done(act(shown, "ship"))
        assert [row["id"] for row in done(api.get(path))["data"]] == [shown["id"]]

    @pytest.mark.parametrize(
        ("query", "parameter"),
        [
            ("nonsense=1", "nonsense"),
            ("state=lost", "state"),
            ("limit=201", "limit"),
            ("startDate=yesterday", "startDate"),
            ("sort=price", "sort"),
        ],
    )
    def test_bad_parameters(self, api: Caller, query: str, parameter: str) -> None:
        status, code, where = problem_of(api.get(f"{PATH}?{query}"))
        assert (status, code, [name for name, _ in where]) == (400, "INVALID_REQUEST", [parameter])


class TestBins:
    PATH = f"{PATH}/bins"

    @pytest.fixture
    def shelves(self, warehouse: Warehouse, stocked: Sku, organization: Organization) -> dict[str, Bin]:
        """MAIN with 100 of SKU-001; A-1 with 8 of another; B-1 empty; C-1 closed, with 2 of SKU-001."""
        found = {
            code: make_bin(warehouse, code, pick_sequence=place, capacity=10)
            for place, code in enumerate(("A-1", "B-1", "C-1"), start=1)
        }
        stock(make_sku(organization, "SKU-002"), warehouse, 8, bin=found["A-1"])
        stock(stocked, warehouse, 2, bin=found["C-1"])
        Bin.objects.filter(code="C-1").update(is_active=False)
        return found

    @pytest.mark.parametrize(
        ("query", "codes"),
        [
            ("", ["MAIN", "A-1", "C-1"]),
            ("direction=from", ["MAIN", "A-1", "C-1"]),
            ("sku=SKU-001", ["MAIN", "C-1"]),
            ("sku=SKU-002", ["A-1"]),
            ("direction=to", ["MAIN", "A-1", "B-1"]),
            ("direction=to&sku=SKU-001", ["MAIN", "A-1", "B-1"]),
            ("direction=to&binCode=b", ["B-1"]),
            ("direction=to&sort=-binCode", ["MAIN", "B-1", "A-1"]),
            ("direction=to&limit=1&page=2", ["A-1"]),
            ("roomType=vault", []),
            ("roomId=room_nothing", []),
        ],
    )
    def test_which(
        self, api: Caller, shelves: dict[str, Bin], warehouse: Warehouse, query: str, codes: list[str]
    ) -> None:
        shown = done(api.get(f"{self.PATH}?locationId={warehouse.public_id}&{query}"))
        assert [row["binCode"] for row in shown["data"]] == codes

    def test_room_and_what_lies_there(
        self, api: Caller, shelves: dict[str, Bin], warehouse: Warehouse, organization: Organization
    ) -> None:
        milk = make_sku(organization, "MILK")
        today = organization.today()
        late, gone = (
            make_lot(milk, "LATE", today + timedelta(days=5)),
            make_lot(milk, "GONE", today - timedelta(days=5)),
        )
        for lot in (late, gone):
            stock(milk, warehouse, 4, lot=lot, bin=shelves["B-1"])
        factories.hold(milk, warehouse, 1, lot=late)

        path = f"{self.PATH}?locationId={warehouse.public_id}"
        (row,) = done(api.get(f"{path}&sku=MILK"))["data"]
        assert (row["capacity"], row["used"], row["free"], row["holdsSku"]) == (10, 8, 2, True)
        assert [
            (each["lotCode"], each["onHand"], each["held"], each["movable"]) for each in row["stock"]
        ] == [
            ("GONE", 4, 0, 0),
            ("LATE", 4, 1, 3),
        ]
        rows = {row["binCode"]: row for row in done(api.get(f"{path}&direction=to&sku=MILK"))["data"]}
        assert {code: row["holdsSku"] for code, row in rows.items()} == {
            "MAIN": False,
            "A-1": False,
            "B-1": True,
        }
        assert (rows["MAIN"]["capacity"], rows["MAIN"]["free"], rows["MAIN"]["isDefault"]) == (
            None,
            None,
            True,
        )
        (plain, *_) = done(api.get(path))["data"]
        assert (plain["holdsSku"], plain["stock"]) == (None, None)

    @pytest.mark.parametrize(
        ("query", "status", "code", "parameter"),
        [
            ("", 400, "INVALID_REQUEST", "locationId"),
            ("locationId=wh_nothing", 404, "WAREHOUSE_NOT_FOUND", "locationId"),
            ("locationId={}&direction=up", 400, "INVALID_REQUEST", "direction"),
            ("locationId={}&sku=NOBODY", 404, "INVENTORY_NOT_FOUND", "sku"),
            ("locationId={}&page=0", 400, "INVALID_REQUEST", "page"),
        ],
    )
    def test_bad_parameters(
        self, api: Caller, warehouse: Warehouse, query: str, status: int, code: str, parameter: str
    ) -> None:
        found = problem_of(api.get(f"{self.PATH}?{query.format(warehouse.public_id)}"))
        assert (found[0], found[1], [name for name, _ in found[2]]) == (status, code, [parameter])

    def test_of_a_location_that_one_does_not_see(
        self, api_with: Callable[..., Caller], warehouse: Warehouse, second: Warehouse
    ) -> None:
        limited = api_with(SCOPES, warehouses=[second])
        assert limited.get(f"{self.PATH}?locationId={second.public_id}").status_code == 200
        response = limited.get(f"{self.PATH}?locationId={warehouse.public_id}")
        assert problem_of(response)[:2] == (404, "WAREHOUSE_NOT_FOUND")


class TestStatements:
    """Literal numbers, the same for 1 and for 3 rows."""

    @pytest.fixture(params=[1, 3])
    def rows(
        self, request: pytest.FixtureRequest, organization: Organization, warehouse: Warehouse
    ) -> list[Any]:
        """So many SKUs with two lots each, twenty units in all."""
        found = []
        for number in range(request.param):
            sku = make_sku(organization, f"MANY-{number}")
            for lot in (make_lot(sku, "A"), make_lot(sku, "B")):
                stock(sku, warehouse, 10, lot=lot)
            found.append({"sku": sku.code, "quantity": 15})
        return found

    @pytest.fixture
    def caller(self, api: Caller) -> Caller:
        """Its key has been used in this minute: noting that costs one more statement, once."""
        api.get(PATH)
        return api

    def count(self, number: int, work: Callable[[], Any]) -> dict[str, Any]:
        with CaptureQueriesContext(connection) as captured:
            response = work()
        assert response.status_code < 300, response.content
        made = [query["sql"][:300] for query in captured.captured_queries]
        assert len(made) == number, "\n".join(made)
        return dict(response.json())

    def test_writing(self, caller: Caller, rows: list[Any], warehouse: Warehouse, second: Warehouse) -> None:
        body = wanted(warehouse, second, *rows)
        shown = self.count(11, lambda: caller.post(PATH, body))
        path = f"{PATH}/{shown['id']}"
        self.count(24, lambda: caller.post(path, {"action": "ship"}))
        lines = [{"lineId": line["id"], "quantity": 4} for line in shown["lines"]]
        self.count(29, lambda: caller.post(path, {"action": "receive", "lines": lines}))  # makes levels too
        lines = [{"lineId": line["id"], "quantity": 5, "shortageReason": "lost"} for line in shown["lines"]]
        self.count(27, lambda: caller.post(path, {"action": "receive", "lines": lines}))

    def test_reading(self, caller: Caller, rows: list[Any], warehouse: Warehouse, second: Warehouse) -> None:
        for row in rows:
            shown = done(caller.post(PATH, wanted(warehouse, second, *rows, row)), 201)
        self.count(5, lambda: caller.get(PATH))
        self.count(5, lambda: caller.get(f"{PATH}?sku=MANY-0&sort=state&locationId={second.public_id}"))
        self.count(5, lambda: caller.get(f"{PATH}/{shown['id']}"))

    def test_bins(self, caller: Caller, rows: list[Any], warehouse: Warehouse) -> None:
        for number, row in enumerate(rows):
            stock(Sku.objects.get(code=row["sku"]), warehouse, 3, bin=make_bin(warehouse, f"S-{number}"))
            stock(Sku.objects.get(code="MANY-0"), warehouse, 3, bin=Bin.objects.get(code=f"S-{number}"))
        path = f"{PATH}/bins?locationId={warehouse.public_id}"
        self.count(6, lambda: caller.get(path))
        self.count(8, lambda: caller.get(f"{path}&sku=MANY-0"))
        self.count(8, lambda: caller.get(f"{path}&sku=MANY-0&direction=to"))


def test_the_clock_of_a_transfer(act: Callable[..., Any], create: Callable[..., Any]) -> None:
    before = timezone.now()
    done(act(done(act(create(), "ship")), "receive"))
    transfer = Transfer.objects.get()
    assert transfer.shipped_at is not None
    assert transfer.closed_at is not None
    assert before <= transfer.created_at < transfer.shipped_at < transfer.closed_at


def test_the_examples_name_what_the_demonstration_has() -> None:
    assert (documentation.TRANSFER, documentation.LOCATION, documentation.STORE) == (
        demo.TRANSFER,
        WAREHOUSE_A,
        STORE,
    )
