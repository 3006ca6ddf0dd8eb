"""`/api/inventory/put-away`: which bins are suggested, what is moved, and what the bins have room for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.api.backoffice.put_away import documentation
from inventory.demo import put_away as demo
from inventory.demo.documented import WAREHOUSE_A
from inventory.history import history_of
from inventory.models import Lot, LotState, Movement, PutAway, PutAwayLine, Sku, StockItem
from inventory.verification import verify
from tests import factories
from tests.factories import make_bin, make_lot, make_person, make_sku, stock
from tests.inventory.api.callers import Caller, problem_of
from tests.inventory.api.snapshots import everything
from warehouses.models import Bin, Organization, Room, RoomType, Warehouse

pytestmark = pytest.mark.django_db

PATH = "/api/inventory/put-away"


def done(response: Any, status: int = 200) -> dict[str, Any]:
    assert response.status_code == status, response.content
    return dict(response.json())


def make_room(warehouse: Warehouse, kind: RoomType, **fields: Any) -> Room:
    return Room.objects.create(
        organization=warehouse.organization,
        warehouse=warehouse,
        name=str(kind.label),
        room_type=kind,
        **fields,
    )


@pytest.fixture
def dock(warehouse: Warehouse, sku: Sku) -> Bin:
    """A bin of the receiving room with a hundred units of SKU-001."""
    shelf = make_bin(warehouse, "REC-1", room=make_room(warehouse, RoomType.RECEIVING, is_sellable=False))
    stock(sku, warehouse, 100, bin=shelf)
    return shelf


@pytest.fixture
def shelf(warehouse: Warehouse) -> Callable[..., Bin]:
    """Another bin of the default room, each further along the walk."""
    numbers = iter(range(1, 100))
    return lambda code, **fields: make_bin(warehouse, code, **({"pick_sequence": next(numbers)} | fields))


@pytest.fixture
def row(dock: Bin) -> Callable[..., dict[str, Any]]:
    return lambda quantity=10, **more: {
        "sku": "SKU-001",
        "quantity": quantity,
        "fromBinId": dock.public_id,
        **more,
    }


@pytest.fixture
def create(api: Caller, warehouse: Warehouse) -> Callable[..., Any]:
    return lambda *lines, **more: api.post(
        PATH, {"locationId": warehouse.public_id, "lines": list(lines), **more}
    )


@pytest.fixture
def act(api: Caller) -> Callable[..., Any]:
    return lambda shown, action, **more: api.post(f"{PATH}/{shown['id']}", {"action": action, **more})


def bins_of(shown: dict[str, Any]) -> list[tuple[str, int]]:
    return [(line["toBinCode"], line["quantity"]) for line in shown["lines"]]


def contents(sku: Sku) -> dict[str, int]:
    items = StockItem.objects.filter(sku=sku, on_hand__gt=0).order_by("bin__code")
    return dict(items.values_list("bin__code", "on_hand"))


class TestSuggestions:
    def test_a_bin_that_holds_the_sku_before_an_empty_one(
        self, create: Callable[..., Any], row: Callable[..., Any], shelf: Callable[..., Bin], sku: Sku
    ) -> None:
        shelf("A-1")
        stock(sku, shelf("A-2").warehouse, 5, bin=Bin.objects.get(code="A-2"))
        shown = done(create(row()), 201)
        assert bins_of(shown) == [("A-2", 10)]
        assert shown["lines"][0]["isSuggested"] is True

    def test_else_an_empty_one_on_the_walk(
        self,
        create: Callable[..., Any],
        row: Callable[..., Any],
        shelf: Callable[..., Bin],
        organization: Organization,
        warehouse: Warehouse,
    ) -> None:
        other = make_sku(organization, "SKU-002")
        stock(other, warehouse, 1, bin=shelf("A-1"))
        shelf("A-3", pick_sequence=9)
        shelf("A-2", pick_sequence=8)
        assert bins_of(done(create(row()), 201)) == [("A-2", 10)]

    @pytest.mark.parametrize(
        "kind",
        [
            RoomType.RECEIVING,
            RoomType.QUARANTINE,
            RoomType.DESTRUCTION,
            RoomType.RETURNS,
            RoomType.SHIPPING,
        ],
    )
    @pytest.mark.parametrize("holds", [False, True])
    def test_never_where_goods_only_wait(
        self,
        create: Callable[..., Any],
        row: Callable[..., Any],
        warehouse: Warehouse,
        sku: Sku,
        kind: RoomType,
        holds: bool,
    ) -> None:
        room = Room.objects.filter(warehouse=warehouse, room_type=kind).first() or make_room(warehouse, kind)
        Room.objects.filter(pk=room.pk).update(is_sellable=True)
        other = make_bin(warehouse, "X-1", room=room)
        if holds:
            stock(sku, warehouse, 5, bin=other)
        assert bins_of(done(create(row()), 201)) == [("MAIN", 10)]

    def test_never_into_a_room_that_is_not_sellable_or_a_bin_out_of_use(
        self,
        create: Callable[..., Any],
        row: Callable[..., Any],
        shelf: Callable[..., Bin],
        warehouse: Warehouse,
        sku: Sku,
    ) -> None:
        blocked = make_room(warehouse, RoomType.STORAGE, is_sellable=False)
        for code, fields in (("A-1", {"room": blocked}), ("A-2", {"is_active": True})):
            stock(sku, warehouse, 5, bin=shelf(code, **fields))
        Bin.objects.filter(code="A-2").update(is_active=False)
        assert bins_of(done(create(row()), 201)) == [("MAIN", 10)]

    def test_a_vault_only_for_what_lies_there(
        self,
        create: Callable[..., Any],
        row: Callable[..., Any],
        warehouse: Warehouse,
        organization: Organization,
        dock: Bin,
    ) -> None:
        vault = make_bin(warehouse, "V-1", room=make_room(warehouse, RoomType.VAULT), capacity=50)
        ring = make_sku(organization, "RING")
        stock(ring, warehouse, 3, bin=vault)
        make_bin(warehouse, "V-0", room=vault.room)
        stock(ring, warehouse, 5, bin=dock)
        shown = done(create(row(), {"sku": "RING", "quantity": 5, "fromBinId": dock.public_id}), 201)
        assert bins_of(shown) == [("MAIN", 10), ("V-1", 5)]

    def test_never_where_they_lie(
        self, create: Callable[..., Any], warehouse: Warehouse, shelf: Callable[..., Bin], sku: Sku
    ) -> None:
        here = shelf("A-1")
        stock(sku, warehouse, 5, bin=here)
        shelf("A-2", capacity=5)
        shown = done(create({"sku": "SKU-001", "quantity": 5, "fromBinId": here.public_id}), 201)
        assert bins_of(shown) == [("A-2", 5)]

    def test_spread_over_as_many_bins_as_it_takes(
        self,
        create: Callable[..., Any],
        act: Callable[..., Any],
        row: Callable[..., Any],
        shelf: Callable[..., Bin],
        warehouse: Warehouse,
        sku: Sku,
    ) -> None:
        stock(sku, warehouse, 7, bin=shelf("A-1", capacity=10))
        shelf("A-2", capacity=4)
        shelf("A-3", capacity=4)
        shown = done(create(row(9)), 201)
        assert bins_of(shown) == [("A-1", 3), ("A-2", 4), ("A-3", 2)]
        done(act(shown, "complete"))
        assert contents(sku) == {"A-1": 10, "A-2": 4, "A-3": 2, "REC-1": 91}
        assert list(verify()) == []

    def test_what_open_tasks_bring_counts_as_being_there(
        self,
        create: Callable[..., Any],
        act: Callable[..., Any],
        row: Callable[..., Any],
        shelf: Callable[..., Bin],
        organization: Organization,
        warehouse: Warehouse,
        sku: Sku,
        dock: Bin,
    ) -> None:
        stock(sku, warehouse, 2, bin=shelf("A-1", capacity=10))
        shelf("A-2", capacity=10)
        shelf("A-3", capacity=10)
        stock(make_sku(organization, "SKU-002"), warehouse, 20, bin=dock)
        first = done(create(row(8)), 201)
        assert bins_of(first) == [("A-1", 8)]
        second = done(create(row(4)), 201)
        assert bins_of(second) == [("A-2", 4)]
        # What comes to an empty bin makes it that SKU's.
        assert bins_of(done(create({**row(3), "sku": "SKU-002"}), 201)) == [("A-3", 3)]
        assert bins_of(done(create(row(6)), 201)) == [("A-2", 6)]
        done(act(first, "cancel"))
        assert bins_of(done(create(row(8)), 201)) == [("A-1", 8)]

    def test_rows_of_one_request_know_of_each_other(
        self,
        create: Callable[..., Any],
        row: Callable[..., Any],
        shelf: Callable[..., Bin],
        organization: Organization,
        warehouse: Warehouse,
        dock: Bin,
    ) -> None:
        stock(make_sku(organization, "SKU-002"), warehouse, 20, bin=dock)
        named = shelf("A-1", capacity=10)
        shelf("A-2", capacity=10)
        shelf("A-3", capacity=10)
        shown = done(
            create({**row(3), "sku": "SKU-002"}, row(4), row(5), row(9, toBinId=named.public_id)), 201
        )
        assert bins_of(shown) == [("A-2", 3), ("A-1", 1), ("A-3", 3), ("A-3", 5), ("A-1", 9)]

    def test_where_nothing_fits(
        self,
        create: Callable[..., Any],
        row: Callable[..., Any],
        shelf: Callable[..., Bin],
        warehouse: Warehouse,
    ) -> None:
        Bin.objects.filter(warehouse=warehouse, is_default=True).update(capacity=0)
        shelf("A-1", capacity=6)
        before = everything()
        response = create(row(4), row(9))
        assert problem_of(response) == (409, "NO_BIN", [("/lines/1/toBinId", "NO_BIN")])
        assert response.json()["available"] == 2
        assert everything() == before

    def test_the_default_bin_last(
        self,
        create: Callable[..., Any],
        row: Callable[..., Any],
        shelf: Callable[..., Bin],
        warehouse: Warehouse,
        sku: Sku,
    ) -> None:
        stock(sku, warehouse, 1)
        stock(sku, warehouse, 1, bin=shelf("A-1", capacity=5))
        assert bins_of(done(create(row(6)), 201)) == [("A-1", 4), ("MAIN", 2)]


class TestCreating:
    def test_it_moves_nothing(
        self, api: Caller, create: Callable[..., Any], row: Callable[..., Any], sku: Sku
    ) -> None:
        response = create(row(), note="why", referenceId="GR-1")
        shown = done(response, 201)
        assert response["Location"] == f"/backoffice{PATH}/{shown['id']}"
        assert (shown["state"], shown["version"], shown["quantity"], shown["putAway"]) == (
            "open",
            1,
            10,
            None,
        )
        assert (shown["note"], shown["referenceId"], shown["allowedActions"]) == (
            "why",
            "GR-1",
            ["complete", "cancel"],
        )
        assert [(entry["action"], entry["toState"], entry["quantity"]) for entry in shown["history"]] == [
            ("create", "open", 10)
        ]
        assert contents(sku) == {"REC-1": 100}
        got = api.get(response["Location"])
        assert (got.json(), got["ETag"]) == (shown, response["ETag"])

    def test_every_bad_row_is_named(
        self,
        create: Callable[..., Any],
        row: Callable[..., Any],
        second: Warehouse,
        organization: Organization,
        rival: Organization,
    ) -> None:
        elsewhere = second.bins.get(is_default=True).public_id
        other = make_sku(organization, "SKU-002")
        theirs = make_sku(rival, "THEIRS")
        response = create(
            row(),
            row(sku="NOBODY"),
            row(fromBinId=elsewhere),
            row(toBinId=elsewhere),
            row(lotId=make_lot(other).public_id),
            row(lotId=make_lot(theirs).public_id),
            row(sku="THEIRS"),
        )
        status, code, where = problem_of(response)
        assert (status, code) == (422, "BATCH_REFUSED")
        assert where == [
            ("/lines/1/sku", "INVENTORY_NOT_FOUND"),
            ("/lines/2/fromBinId", "BIN_NOT_FOUND"),
            ("/lines/3/toBinId", "BIN_NOT_FOUND"),
            ("/lines/4/lotId", "LOT_NOT_FOUND"),
            ("/lines/5/lotId", "LOT_NOT_FOUND"),
            ("/lines/6/sku", "INVENTORY_NOT_FOUND"),
        ]
        assert not PutAway.objects.exists()

    def test_the_bin_that_they_lie_in_and_one_that_is_not_in_use(
        self, create: Callable[..., Any], row: Callable[..., Any], dock: Bin, shelf: Callable[..., Bin]
    ) -> None:
        response = create(row(toBinId=dock.public_id))
        assert problem_of(response) == (422, "SAME_BIN", [("/lines/0/toBinId", "SAME_BIN")])
        response = create(row(toBinId=shelf("OLD", is_active=False).public_id))
        assert problem_of(response) == (409, "BIN_INACTIVE", [("/lines/0/toBinId", "BIN_INACTIVE")])

    def test_more_than_lies_there(
        self, create: Callable[..., Any], row: Callable[..., Any], dock: Bin, warehouse: Warehouse, sku: Sku
    ) -> None:
        factories.hold(sku, warehouse, 30, bin=dock)
        response = create(row(60), row(11))
        assert problem_of(response) == (
            409,
            "STOCK_UNAVAILABLE",
            [("/lines/1/quantity", "STOCK_UNAVAILABLE")],
        )
        assert response.json()["available"] == 10
        done(create(row(60), row(10)), 201)

    def test_expired_and_blocked_lots_only_by_name(
        self,
        create: Callable[..., Any],
        act: Callable[..., Any],
        organization: Organization,
        warehouse: Warehouse,
        dock: Bin,
    ) -> None:
        milk = make_sku(organization, "MILK")
        gone = make_lot(milk, "GONE", organization.today() - timedelta(days=1))
        blocked = make_lot(milk, "BLOCKED")
        Lot.objects.filter(pk=blocked.pk).update(state=LotState.QUARANTINED)
        for lot in (gone, blocked):
            stock(milk, warehouse, 4, lot=lot, bin=dock)
        body = {"sku": "MILK", "quantity": 4, "fromBinId": dock.public_id}
        assert problem_of(create(body))[:2] == (409, "STOCK_UNAVAILABLE")
        shown = done(create(*({**body, "lotId": lot.public_id} for lot in (gone, blocked))), 201)
        done(act(shown, "complete"))
        moved = StockItem.objects.filter(sku=milk, bin__code="MAIN")
        assert sorted(moved.values_list("lot__code", "on_hand")) == [("BLOCKED", 4), ("GONE", 4)]

    @pytest.mark.parametrize(
        ("change", "status", "code"),
        [
            ({"is_active": False}, 409, "WAREHOUSE_INACTIVE"),
            ({"is_readonly": True}, 403, "READONLY_WAREHOUSE"),
        ],
    )
    def test_where_nothing_can_be_moved(
        self,
        create: Callable[..., Any],
        row: Callable[..., Any],
        warehouse: Warehouse,
        change: dict[str, bool],
        status: int,
        code: str,
    ) -> None:
        Warehouse.objects.filter(pk=warehouse.pk).update(**change)
        assert problem_of(create(row())) == (status, code, [("/locationId", code)])

    def test_the_same_key_creates_one(
        self, api: Caller, row: Callable[..., Any], warehouse: Warehouse
    ) -> None:
        body = {"locationId": warehouse.public_id, "lines": [row()]}
        first, again = (api.post(PATH, body, {"Idempotency-Key": "k"}) for _ in range(2))
        assert (again.json(), again["Idempotent-Replayed"]) == (first.json(), "true")
        assert PutAway.objects.count() == 1


class TestCompleting:
    @pytest.fixture
    def task(
        self, create: Callable[..., Any], row: Callable[..., Any], shelf: Callable[..., Bin]
    ) -> dict[str, Any]:
        """Ten units and five more, for A-1, which has room for twenty."""
        target = shelf("A-1", capacity=20).public_id
        return done(create(row(10, toBinId=target), row(5, toBinId=target)), 201)

    def test_as_planned(self, act: Callable[..., Any], task: dict[str, Any], sku: Sku) -> None:
        shown = done(act(task, "complete", note="well"))

        assert (shown["state"], shown["version"], shown["putAway"]) == ("completed", 2, 15)
        assert (shown["allowedActions"], [line["putAway"] for line in shown["lines"]]) == ([], [10, 5])
        assert shown["closedAt"]
        last = shown["history"][-1]
        assert (last["action"], last["fromState"], last["toState"], last["quantity"], last["note"]) == (
            "complete",
            "open",
            "completed",
            15,
            "well",
        )
        assert contents(sku) == {"A-1": 15, "REC-1": 85}
        movements = Movement.objects.filter(document_type="put_away")
        assert sum(movement.delta for movement in movements) == 0
        assert {movement.reason_code.code for movement in movements} == {"put_away"}
        assert list(verify()) == []

    def test_otherwise_than_planned(
        self, act: Callable[..., Any], task: dict[str, Any], sku: Sku, shelf: Callable[..., Bin]
    ) -> None:
        other = shelf("A-2")
        first = task["lines"][0]
        lines = [{"lineId": first["id"], "quantity": 7, "toBinId": other.public_id}]
        shown = done(act(task, "complete", lines=lines))

        assert (shown["putAway"], [line["putAway"] for line in shown["lines"]]) == (12, [7, 5])
        assert [(line["toBinCode"], line["quantity"]) for line in shown["lines"]] == [("A-2", 10), ("A-1", 5)]
        assert contents(sku) == {"A-1": 5, "A-2": 7, "REC-1": 88}
        left = shown["history"][-1]
        assert (left["action"], left["quantity"], left["note"]) == ("leave", 3, "3 of SKU-001 in REC-1")

    def test_a_line_that_was_not_done(self, act: Callable[..., Any], task: dict[str, Any], sku: Sku) -> None:
        last = task["lines"][1]
        shown = done(act(task, "complete", lines=[{"lineId": last["id"], "quantity": 0}]))
        assert [line["putAway"] for line in shown["lines"]] == [10, 0]
        assert contents(sku) == {"A-1": 10, "REC-1": 90}

    @pytest.mark.parametrize(
        ("rows", "status", "code", "pointers"),
        [
            ([{"lineId": "ptl_nothing"}], 404, "PUT_AWAY_LINE_NOT_FOUND", ["/lines/0/lineId"]),
            ([{"quantity": 11}], 400, "INVALID_QUANTITY", ["/lines/0/quantity"]),
            ([{"quantity": 1}, {"quantity": 2}], 422, "DUPLICATE_ROW", ["/lines/1/lineId"]),
            ([{"toBinId": "bin_nothing"}], 404, "BIN_NOT_FOUND", ["/lines/0/toBinId"]),
        ],
    )
    def test_bad_rows(
        self,
        act: Callable[..., Any],
        task: dict[str, Any],
        rows: list[dict[str, Any]],
        status: int,
        code: str,
        pointers: list[str],
    ) -> None:
        before = everything()
        lines = [{"lineId": task["lines"][0]["id"], **row} for row in rows]
        assert problem_of(act(task, "complete", lines=lines)) == (
            status,
            code,
            [(pointer, code) for pointer in pointers],
        )
        assert everything() == before

    def test_nothing_done_is_no_completion(self, act: Callable[..., Any], task: dict[str, Any]) -> None:
        lines = [{"lineId": line["id"], "quantity": 0} for line in task["lines"]]
        assert problem_of(act(task, "complete", lines=lines)) == (400, "INVALID_QUANTITY", [])

    def test_back_into_the_bin_it_lies_in(
        self, act: Callable[..., Any], task: dict[str, Any], dock: Bin
    ) -> None:
        lines = [{"lineId": task["lines"][0]["id"], "toBinId": dock.public_id}]
        response = act(task, "complete", lines=lines)
        assert problem_of(response) == (422, "SAME_BIN", [("/lines/0/toBinId", "SAME_BIN")])

    def test_a_bin_that_has_become_full(
        self,
        act: Callable[..., Any],
        task: dict[str, Any],
        organization: Organization,
        warehouse: Warehouse,
        shelf: Callable[..., Bin],
    ) -> None:
        stock(make_sku(organization, "SKU-002"), warehouse, 6, bin=Bin.objects.get(code="A-1"))
        before = everything()
        response = act(task, "complete")
        assert problem_of(response)[:2] == (409, "BIN_FULL")
        assert "room for 14 more units, not for 15" in response.json()["detail"]
        small = shelf("A-2", capacity=9)
        lines = [{"lineId": task["lines"][0]["id"], "toBinId": small.public_id}]
        response = act(task, "complete", lines=lines)
        assert problem_of(response) == (409, "BIN_FULL", [("/lines/0/toBinId", "BIN_FULL")])
        assert PutAway.objects.get().state == "open"
        assert [value for name, value in everything().items() if "Movement" in name] == [
            value for name, value in before.items() if "Movement" in name
        ]
        done(act(task, "complete", lines=[{"lineId": task["lines"][0]["id"], "quantity": 9}]))

    def test_goods_that_have_left_since(
        self, act: Callable[..., Any], task: dict[str, Any], warehouse: Warehouse, sku: Sku, dock: Bin
    ) -> None:
        stock(sku, warehouse, -88, bin=dock)
        response = act(task, "complete")
        assert problem_of(response)[:2] == (409, "STOCK_UNAVAILABLE")
        assert response.json()["available"] == 2

    def test_what_is_on_hold_does_not_move(
        self, act: Callable[..., Any], task: dict[str, Any], warehouse: Warehouse, sku: Sku, dock: Bin
    ) -> None:
        factories.hold(sku, warehouse, 90, bin=dock)
        assert problem_of(act(task, "complete"))[:2] == (409, "STOCK_UNAVAILABLE")

    @pytest.mark.parametrize("before", [None, "complete", "cancel"])
    @pytest.mark.parametrize("action", ["complete", "cancel"])
    def test_what_the_state_forbids(
        self, act: Callable[..., Any], task: dict[str, Any], before: str | None, action: str
    ) -> None:
        if before is None:
            shown = done(act(task, action))
            assert shown["history"][-1]["fromState"] == "open"
            assert shown["history"][-1]["toState"] == shown["state"]
            return
        shown = done(act(task, before))
        nothing = everything()
        response = act(task, action)
        assert problem_of(response) == (409, "INVALID_TRANSITION", [])
        assert (response.json()["state"], response.json()["allowed"]) == (shown["state"], [])
        assert everything() == nothing

    def test_cancelled(self, act: Callable[..., Any], task: dict[str, Any], sku: Sku) -> None:
        shown = done(act(task, "cancel", note="planned twice"))
        assert (shown["state"], shown["version"], shown["putAway"]) == ("cancelled", 2, None)
        assert shown["history"][-1]["note"] == "planned twice"
        assert contents(sku) == {"REC-1": 100}
        assert problem_of(act(task, "cancel", lines=[{"lineId": task["lines"][0]["id"]}]))[0] == 400

    def test_if_match_and_the_same_key(self, api: Caller, task: dict[str, Any], sku: Sku) -> None:
        path = f"{PATH}/{task['id']}"
        tag = api.get(path)["ETag"]
        body = {"action": "complete"}
        assert problem_of(api.post(path, body, {"If-Match": '"old"'})) == (412, "PRECONDITION_FAILED", [])
        first = api.post(path, body, {"If-Match": tag, "Idempotency-Key": "k"})
        again = api.post(path, body, {"If-Match": tag, "Idempotency-Key": "k"})
        assert (first.status_code, again.status_code, again["Idempotent-Replayed"]) == (200, 200, "true")
        assert contents(sku)["A-1"] == 15


class TestWho:
    def test_a_key_limited_to_another_location(
        self,
        api_with: Callable[..., Caller],
        create: Callable[..., Any],
        row: Callable[..., Any],
        warehouse: Warehouse,
        second: Warehouse,
    ) -> None:
        shown = done(create(row()), 201)
        path = f"{PATH}/{shown['id']}"
        limited = api_with(warehouses=[second])
        assert done(limited.get(PATH))["data"] == []
        before = everything()
        assert problem_of(limited.get(path)) == (404, "PUT_AWAY_NOT_FOUND", [])
        for action in ("complete", "cancel"):
            assert problem_of(limited.post(path, {"action": action})) == (404, "PUT_AWAY_NOT_FOUND", [])
        body = {"locationId": warehouse.public_id, "lines": [row()]}
        assert problem_of(limited.post(PATH, body))[:2] == (404, "WAREHOUSE_NOT_FOUND")
        assert everything() == before

    def test_a_person_who_may_only_read_there(
        self,
        organization: Organization,
        create: Callable[..., Any],
        row: Callable[..., Any],
        warehouse: Warehouse,
        second: Warehouse,
    ) -> None:
        path = f"/backoffice{PATH}/{done(create(row()), 201)['id']}"
        roles = [("Viewer", warehouse), ("Warehouse manager", second)]
        ann = Caller.person(make_person("ann@example.com", {organization: roles}))
        assert done(ann.get(path))["allowedActions"] == []
        assert problem_of(ann.post(path, {"action": "complete"})) == (403, "PERMISSION_DENIED", [])
        body = {"locationId": warehouse.public_id, "lines": [row()]}
        response = ann.post(f"/backoffice{PATH}", body)
        assert problem_of(response) == (403, "PERMISSION_DENIED", [("/locationId", "PERMISSION_DENIED")])


class TestLists:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", [2, 1, 0]),
            ("state=open", [0]),
            ("state=completed", [1]),
            ("locationId={warehouse}", [2, 1, 0]),
            ("locationId={second}", []),
            ("sku=sku-002", [2]),
            ("sku=NOBODY", []),
            ("lotId={lot}", [2]),
            ("lotId=lot_nothing", []),
            ("binId={dock}", [2, 1, 0]),
            ("binId={shelf}", [1, 0]),
            ("binId=bin_nothing", []),
            ("referenceId=GR-1", [0]),
            ("createdBy=Integration", [2, 1, 0]),
            ("createdBy=nobody", []),
            ("startDate=2000-01-01", [2, 1, 0]),
            ("endDate=2000-01-01", []),
            ("sort=createdAt", [0, 1, 2]),
            ("sort=-state&limit=1", [0]),
            ("limit=1&page=2", [1]),
        ],
    )
    def test_filters_and_sorts(
        self,
        api: Caller,
        create: Callable[..., Any],
        act: Callable[..., Any],
        row: Callable[..., Any],
        shelf: Callable[..., Bin],
        organization: Organization,
        warehouse: Warehouse,
        second: Warehouse,
        dock: Bin,
        query: str,
        found: list[int],
    ) -> None:
        milk = make_sku(organization, "SKU-002")
        lot = make_lot(milk)
        stock(milk, warehouse, 5, lot=lot, bin=dock)
        target = shelf("A-1")
        tasks = [
            done(create(row(), referenceId="GR-1"), 201),
            done(act(done(create(row(3, toBinId=target.public_id)), 201), "complete")),
            done(act(done(create(row(2, sku="SKU-002", lotId=lot.public_id)), 201), "cancel")),
        ]
        ids = {
            "warehouse": warehouse.public_id,
            "second": second.public_id,
            "lot": lot.public_id,
            "dock": dock.public_id,
            "shelf": target.public_id,
        }
        shown = done(api.get(f"{PATH}?{query.format(**ids)}"))["data"]
        hidden = {"lines", "history", "allowedActions"}
        assert shown == [
            {name: value for name, value in tasks[number].items() if name not in hidden} for number in found
        ]

    @pytest.mark.parametrize("query", ["nonsense=1", "state=lost", "limit=201", "sort=price", "endDate=soon"])
    def test_bad_parameters(self, api: Caller, query: str) -> None:
        status, code, where = problem_of(api.get(f"{PATH}?{query}"))
        assert (status, code, [name for name, _ in where]) == (
            400,
            "INVALID_REQUEST",
            [query.partition("=")[0]],
        )


class TestStatements:
    """Literal numbers, the same for 1 and for 3 rows."""

    @pytest.fixture(params=[1, 3])
    def rows(
        self, request: pytest.FixtureRequest, organization: Organization, warehouse: Warehouse, dock: Bin
    ) -> list[dict[str, Any]]:
        found = []
        for number in range(request.param):
            sku = make_sku(organization, f"MANY-{number}")
            stock(sku, warehouse, 10, bin=dock)
            make_bin(warehouse, f"A-{number}", capacity=5)
            found.append({"sku": sku.code, "quantity": 5, "fromBinId": dock.public_id})
        return found

    def count(self, number: int, work: Callable[[], Any]) -> dict[str, Any]:
        with CaptureQueriesContext(connection) as captured:
            response = work()
        assert response.status_code < 300, response.content
        made = [query["sql"][:300] for query in captured.captured_queries]
        assert len(made) == number, "\n".join(made)
        return dict(response.json())

    def test_of_everything(self, api: Caller, rows: list[dict[str, Any]], warehouse: Warehouse) -> None:
        api.get(PATH)
        body = {"locationId": warehouse.public_id, "lines": rows}
        shown = self.count(16, lambda: api.post(PATH, body))
        assert len(shown["lines"]) == len(rows)
        path = f"{PATH}/{shown['id']}"
        self.count(4, lambda: api.get(path))
        lines = [{"lineId": line["id"], "quantity": 4} for line in shown["lines"]]
        # PostgreSQL locks the bins that have a capacity; on SQLite the whole transaction is a lock.
        completing = 23 + (connection.vendor == "postgresql")
        self.count(completing, lambda: api.post(path, {"action": "complete", "lines": lines}))
        self.count(5, lambda: api.get(path))
        for row in rows:
            api.post(PATH, {"locationId": warehouse.public_id, "lines": [row]})
        self.count(6, lambda: api.get(PATH))
        self.count(6, lambda: api.get(f"{PATH}?sku=MANY-0&sort=state&binId={rows[0]['fromBinId']}"))


def test_the_lines_remember_where_they_were_meant_to_go(
    create: Callable[..., Any], act: Callable[..., Any], row: Callable[..., Any], shelf: Callable[..., Bin]
) -> None:
    first, other = shelf("A-1"), shelf("A-2")
    shown = done(create(row(toBinId=first.public_id)), 201)
    lines = [{"lineId": shown["lines"][0]["id"], "toBinId": other.public_id}]
    done(act(shown, "complete", lines=lines))
    line = PutAwayLine.objects.get()
    assert line.to_bin == other
    (change,) = history_of([line])[line.pk]
    assert (change.quantity, change.note) == (10, "A-2 instead of A-1")


def test_the_examples_name_what_the_demonstration_has() -> None:
    assert (documentation.TASK, documentation.RECEIVING_BIN) == (demo.TASK, demo.RECEIVING_BIN)
    assert documentation.LOCATION == WAREHOUSE_A
