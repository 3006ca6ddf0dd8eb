"""`/api/locations` with their rooms and bins: made, read, found, changed by two at once, closed and taken down."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.api.backoffice.places import documentation
from inventory.demo import documented, places_examples
from inventory.ledger import Mode
from inventory.models import Movement
from tests.factories import make_bin, make_key, make_person, make_sku, make_warehouse, stock
from tests.inventory.api.callers import Caller, problem, problem_of
from warehouses.models import Bin, Organization, Room, Warehouse

pytestmark = pytest.mark.django_db

PATH = "/api/locations"
SCOPES = ["inventory.read", "locations.write"]


@pytest.fixture
def builder(organization: Organization) -> Caller:
    return Caller(make_key(organization, SCOPES))


@pytest.fixture
def path(warehouse: Warehouse) -> str:
    return f"{PATH}/{warehouse.public_id}"


def created(caller: Caller, path: str, body: dict[str, Any]) -> dict[str, Any]:
    response = caller.post(path, body)
    assert response.status_code == 201, response.content
    shown: dict[str, Any] = response.json()
    assert response["Location"] == f"/backoffice{path}/{shown['id']}"
    read = caller.get(response["Location"])
    assert read.json() == shown
    assert read["ETag"] == response["ETag"]
    return shown


def put_up(caller: Caller, path: str, *bins: dict[str, Any]) -> list[dict[str, Any]]:
    response = caller.post(f"{path}/bins", {"bins": list(bins)})
    assert response.status_code == 201, response.content
    assert response["Location"] == f"/backoffice{path}/bins"
    rows: list[dict[str, Any]] = response.json()["data"]
    for row in rows:
        assert caller.get(f"{path}/bins/{row['id']}").json() == row
    return rows


def found(caller: Caller, query: str, name: str = "name") -> list[str]:
    response = caller.get(query)
    assert response.status_code == 200, response.content
    return [row[name] for row in response.json()["data"]]


class TestLocations:
    def test_a_life(self, builder: Caller, warehouse: Warehouse) -> None:
        shown = created(builder, PATH, {"name": " Depot ", "type": "3PL", "address": "Quay 1"})
        place = Warehouse.objects.get(name="Depot")
        assert shown == {
            "id": place.public_id,
            "name": "Depot",
            "type": "3PL",
            "marketplace": None,
            "address": "Quay 1",
            "isActive": True,
            "isReadonly": False,
            "isDefault": False,
            "roomCount": 1,
            "binCount": 1,
            "createdAt": shown["createdAt"],
        }
        path = f"{PATH}/{shown['id']}"
        changed = builder.send("PATCH", path, {"name": "Dock", "address": None, "isActive": False})
        assert changed.json() == {**shown, "name": "Dock", "address": None, "isActive": False}
        assert builder.send("PATCH", path, {"isActive": True}).json()["isActive"] is True
        assert [row["isDefault"] for row in builder.get(PATH).json()["data"]] == [False, True]
        assert builder.send("DELETE", path).status_code == 204
        assert problem_of(builder.get(path)) == (404, "WAREHOUSE_NOT_FOUND", [])
        assert Warehouse.objects.get() == warehouse

    def test_marketplaces_are_read_only(self, builder: Caller) -> None:
        shown = created(builder, PATH, {"name": "FBA EU", "type": "FBA", "marketplace": "amazon_eu"})
        assert (shown["isReadonly"], shown["marketplace"]) == (True, "amazon_eu")
        refused = (422, "READONLY_TYPE", [("/isReadonly", "READONLY_TYPE")])
        body = {"name": "FBS", "type": "FBS", "isReadonly": False}
        assert problem_of(builder.post(PATH, body)) == refused
        change = builder.send("PATCH", f"{PATH}/{shown['id']}", {"isReadonly": False})
        assert problem_of(change) == refused

    def test_a_name_that_is_taken(self, builder: Caller, second: Warehouse) -> None:
        taken = (409, "NAME_TAKEN", [("/name", "NAME_TAKEN")])
        assert problem_of(builder.post(PATH, {"name": "SECOND WAREHOUSE"})) == taken
        body = {"name": "main warehouse", "isActive": False}
        assert problem_of(builder.send("PATCH", f"{PATH}/{second.public_id}", body)) == taken
        second.refresh_from_db()
        assert second.is_active

    def test_what_cannot_be_closed_or_deleted(
        self, builder: Caller, organization: Organization, path: str, second: Warehouse
    ) -> None:
        """The default; one with stock; one that had some."""
        other = f"{PATH}/{second.public_id}"
        sku = make_sku(organization)
        stock(sku, second, 5)
        close = {"isActive": False, "address": "x"}
        for where, code in ((path, "WAREHOUSE_IS_DEFAULT"), (other, "WAREHOUSE_HAS_STOCK")):
            assert problem_of(builder.send("PATCH", where, close)) == (409, code, [])
            assert problem_of(builder.send("DELETE", where)) == (409, code, [])
            assert builder.get(where).json()["address"] is None
        stock(sku, second, -5)
        assert problem_of(builder.send("DELETE", other)) == (409, "WAREHOUSE_HAS_HISTORY", [])
        assert builder.send("PATCH", other, close).json()["isActive"] is False
        assert Movement.objects.count() == 2

    def test_found_and_sorted(
        self, builder: Caller, organization: Organization, warehouse: Warehouse
    ) -> None:
        make_warehouse(organization, "FBA EU", type="FBA")
        closed = make_warehouse(organization, "Old depot")
        Warehouse.objects.filter(pk=closed.pk).update(
            is_active=False, created_at=datetime(2026, 1, 27, 12, tzinfo=UTC)
        )
        for query, names in (
            ("", ["FBA EU", "Main warehouse", "Old depot"]),
            ("search=DEPOT", ["Old depot"]),
            ("type=FBA", ["FBA EU"]),
            ("isActive=false", ["Old depot"]),
            ("isReadonly=true", ["FBA EU"]),
            ("endDate=2026-01-27", ["Old depot"]),
            ("sort=-name&limit=1", ["Old depot"]),
            ("sort=createdAt&limit=1", ["Old depot"]),
        ):
            assert found(builder, f"{PATH}?{query}".rstrip("?")) == names, query
        refused = problem_of(builder.get(f"{PATH}?type=castle"))
        assert refused == (400, "INVALID_REQUEST", [("type", "INVALID_CHOICE")])

    @pytest.mark.parametrize(
        ("body", "fault"),
        [
            ({"name": ""}, ("/name", "BLANK")),
            ({"name": "A", "type": "castle"}, ("/type", "INVALID_CHOICE")),
            ({"name": "A", "isActive": True}, ("/isActive", "UNKNOWN_FIELD")),
            ({"name": "A", "isDefault": True}, ("/isDefault", "UNKNOWN_FIELD")),
            ({"name": "A", "address": "x" * 301}, ("/address", "MAX_LENGTH")),
        ],
    )
    def test_a_bad_value_is_named(
        self, builder: Caller, body: dict[str, Any], fault: tuple[str, str]
    ) -> None:
        assert problem_of(builder.post(PATH, body)) == (400, "INVALID_REQUEST", [fault])


class TestRooms:
    def test_a_life(self, builder: Caller, path: str, warehouse: Warehouse) -> None:
        shown = created(builder, f"{path}/rooms", {"name": "Returns", "roomType": "returns"})
        assert shown == {
            "id": Room.objects.get(name="Returns").public_id,
            "locationId": warehouse.public_id,
            "name": "Returns",
            "roomType": "returns",
            "isSellable": False,  # as such rooms usually are
            "isDefault": False,
            "binCount": 0,
        }
        room = f"{path}/rooms/{shown['id']}"
        sellable = builder.send("PATCH", room, {"isSellable": True})
        assert sellable.json() == {**shown, "isSellable": True}
        put_up(builder, path, {"code": "R-1", "roomId": shown["id"]})
        assert builder.get(room).json()["binCount"] == 1
        assert builder.send("DELETE", room).status_code == 204
        assert problem_of(builder.get(room)) == (404, "ROOM_NOT_FOUND", [])
        assert Bin.objects.count() == 1

    def test_a_name_that_is_taken(self, builder: Caller, path: str, second: Warehouse) -> None:
        taken = (409, "NAME_TAKEN", [("/name", "NAME_TAKEN")])
        assert problem_of(builder.post(f"{path}/rooms", {"name": "MAIN"})) == taken
        room = created(builder, f"{path}/rooms", {"name": "Cellar"})
        assert problem_of(builder.send("PATCH", f"{path}/rooms/{room['id']}", {"name": "main"})) == taken
        assert builder.post(f"{PATH}/{second.public_id}/rooms", {"name": "Cellar"}).status_code == 201

    def test_what_cannot_be_deleted(
        self, builder: Caller, organization: Organization, path: str, warehouse: Warehouse
    ) -> None:
        main = Room.objects.get(is_default=True)
        refused = builder.send("DELETE", f"{path}/rooms/{main.public_id}")
        assert problem_of(refused) == (409, "ROOM_IS_DEFAULT", [])
        cellar = Room.objects.create(organization=organization, warehouse=warehouse, name="Cellar")
        shelf = make_bin(warehouse, "C-1", room=cellar)
        sku = make_sku(organization)
        stock(sku, warehouse, 5, bin=shelf)
        room = f"{path}/rooms/{cellar.public_id}"
        assert problem_of(builder.send("DELETE", room)) == (409, "ROOM_HAS_STOCK", [])
        stock(sku, warehouse, -5, bin=shelf)
        assert problem_of(builder.send("DELETE", room)) == (409, "ROOM_HAS_HISTORY", [])

    def test_a_room_of_another_location_is_not_there(
        self, builder: Caller, path: str, second: Warehouse
    ) -> None:
        theirs = Room.objects.get(warehouse=second)
        for method, body in (("GET", None), ("PATCH", {"name": "x"}), ("DELETE", None)):
            response = builder.send(method, f"{path}/rooms/{theirs.public_id}", body)
            assert problem_of(response) == (404, "ROOM_NOT_FOUND", [])

    def test_found_and_sorted(
        self, builder: Caller, organization: Organization, path: str, warehouse: Warehouse, second: Warehouse
    ) -> None:
        for name, kind, is_sellable in (("Vault", "vault", True), ("Cellar", "quarantine", False)):
            Room.objects.create(
                organization=organization,
                warehouse=warehouse,
                name=name,
                room_type=kind,
                is_sellable=is_sellable,
            )
        for query, names in (
            ("", ["Cellar", "Main", "Vault"]),
            ("roomType=vault", ["Vault"]),
            ("isSellable=false", ["Cellar"]),
            ("search=ELL", ["Cellar"]),
            ("sort=-name", ["Vault", "Main", "Cellar"]),
            ("sort=roomType", ["Cellar", "Main", "Vault"]),
        ):
            assert found(builder, f"{path}/rooms?{query}".rstrip("?")) == names, query


class TestBins:
    def test_a_life(
        self, builder: Caller, organization: Organization, path: str, warehouse: Warehouse
    ) -> None:
        cellar = created(builder, f"{path}/rooms", {"name": "Cellar", "roomType": "quarantine"})
        first, second = put_up(
            builder,
            path,
            {"code": " A-1 ", "barcode": "X1", "roomId": cellar["id"], "pickSequence": 7, "capacity": 6},
            {"code": "A-2"},
        )
        shelf = Bin.objects.get(code="A-1")
        assert first == {
            "id": shelf.public_id,
            "locationId": warehouse.public_id,
            "roomId": cellar["id"],
            "roomName": "Cellar",
            "roomType": "quarantine",
            "code": "A-1",
            "barcode": "X1",
            "pickSequence": 7,
            "capacity": 6,
            "isActive": True,
            "isDefault": False,
            "units": 0,
            "skuCount": 0,
            "free": 6,
        }
        assert (second["roomName"], second["barcode"], second["capacity"], second["free"]) == (
            *("Main", None),
            *(None, None),
        )
        at = f"{path}/bins/{first['id']}"
        for code in ("A", "B"):
            stock(make_sku(organization, code), warehouse, 2, bin=shelf)
        filled = {"units": 4, "skuCount": 2, "free": 2}
        assert builder.get(at).json() == {**first, **filled}
        # Less than there is: it is full, and what is in it stays.
        small = builder.send("PATCH", at, {"capacity": 3})
        assert small.json() == {**first, **filled, "capacity": 3, "free": 0}
        moved = builder.send("PATCH", at, {"roomId": second["roomId"], "barcode": None, "capacity": None})
        assert (moved.json()["roomName"], moved.json()["barcode"], moved.json()["free"]) == (
            "Main",
            None,
            None,
        )
        assert moved.json()["units"] == 4

    def test_bins_without_a_place_in_the_walk_go_to_its_end(self, builder: Caller, path: str) -> None:
        (first,) = put_up(builder, path, {"code": "Z", "pickSequence": 95})
        rows = put_up(builder, path, {"code": "Y"}, {"code": "X", "pickSequence": 3}, {"code": "W"})
        assert [row["pickSequence"] for row in rows] == [105, 3, 115]
        walk = ["MAIN", "X", "Z", "Y", "W"]
        assert found(builder, f"{path}/bins", "code") == walk
        assert first["pickSequence"] == 95

    def test_five_hundred_at_once(self, builder: Caller, path: str) -> None:
        rows = [{"code": f"A-{number}", "barcode": f"B-{number}"} for number in range(500)]
        response = builder.post(f"{path}/bins", {"bins": rows})
        assert [row["code"] for row in response.json()["data"]] == [row["code"] for row in rows]
        over = builder.post(f"{path}/bins", {"bins": [{"code": f"C-{number}"} for number in range(501)]})
        assert problem_of(over) == (400, "INVALID_REQUEST", [("/bins", "MAX_LENGTH")])
        assert Bin.objects.count() == 501

    def test_one_bad_row_puts_up_none(
        self, builder: Caller, organization: Organization, path: str, warehouse: Warehouse, second: Warehouse
    ) -> None:
        make_bin(warehouse, "A-1", barcode="X1")
        make_bin(second, "A-2", barcode="X2")
        foreign = Room.objects.get(warehouse=second).public_id
        for rows, status, code, faults in (
            ([{"code": "B"}, {"code": "a-1"}], 409, "CODE_TAKEN", [("/bins/1/code", "CODE_TAKEN")]),
            ([{"code": "B"}, {"code": "b"}], 409, "CODE_TAKEN", [("/bins/1/code", "CODE_TAKEN")]),
            (
                [
                    {"code": "B", "barcode": "X2"},
                    {"code": "C", "barcode": "X3"},
                    {"code": "D", "barcode": "X3"},
                ],
                409,
                "BARCODE_TAKEN",
                [("/bins/0/barcode", "BARCODE_TAKEN"), ("/bins/2/barcode", "BARCODE_TAKEN")],
            ),
            (
                [{"code": "B"}, {"code": "C", "roomId": foreign}, {"code": "D", "roomId": "nonsense"}],
                404,
                "ROOM_NOT_FOUND",
                [("/bins/1/roomId", "ROOM_NOT_FOUND"), ("/bins/2/roomId", "ROOM_NOT_FOUND")],
            ),
            (
                [{"code": "MAIN"}, {"code": "C", "barcode": "X1"}],
                422,
                "BATCH_REFUSED",
                [("/bins/0/code", "CODE_TAKEN"), ("/bins/1/barcode", "BARCODE_TAKEN")],
            ),
            (
                [{"code": "B"}, {"barcode": "X9"}, {"code": "D", "capacity": -1}],
                400,
                "INVALID_REQUEST",
                [("/bins/1/code", "REQUIRED"), ("/bins/2/capacity", "MIN_VALUE")],
            ),
        ):
            response = builder.post(f"{path}/bins", {"bins": rows})
            assert problem_of(response) == (status, code, faults)
        assert Bin.objects.filter(warehouse=warehouse).count() == 2
        assert builder.post(f"{path}/bins", {"bins": [{"code": "A-2"}]}).status_code == 201

    def test_a_change_that_is_refused(
        self, builder: Caller, path: str, warehouse: Warehouse, second: Warehouse
    ) -> None:
        make_bin(warehouse, "A-1", barcode="X1")
        at = f"{path}/bins/{make_bin(warehouse, 'A-2').public_id}"
        foreign = Room.objects.get(warehouse=second).public_id
        for body, expected in (
            ({"code": "a-1"}, (409, "CODE_TAKEN", [("/code", "CODE_TAKEN")])),
            ({"barcode": "X1"}, (409, "BARCODE_TAKEN", [("/barcode", "BARCODE_TAKEN")])),
            ({"roomId": foreign}, (404, "ROOM_NOT_FOUND", [("/roomId", "ROOM_NOT_FOUND")])),
            ({"pickSequence": -1}, (400, "INVALID_REQUEST", [("/pickSequence", "MIN_VALUE")])),
            ({"units": 5}, (400, "INVALID_REQUEST", [("/units", "UNKNOWN_FIELD")])),
            ({}, (400, "INVALID_REQUEST", [("", "EMPTY")])),
        ):
            assert problem_of(builder.send("PATCH", at, body)) == expected

    def test_what_cannot_be_closed_or_deleted(
        self, builder: Caller, organization: Organization, path: str, warehouse: Warehouse
    ) -> None:
        main = f"{path}/bins/{Bin.objects.get(is_default=True).public_id}"
        shelf = make_bin(warehouse, "A-1")
        at = f"{path}/bins/{shelf.public_id}"
        sku = make_sku(organization)
        stock(sku, warehouse, 5, bin=shelf)
        for where, code in ((main, "BIN_IS_DEFAULT"), (at, "BIN_HAS_STOCK")):
            assert problem_of(builder.send("PATCH", where, {"isActive": False})) == (409, code, [])
            assert problem_of(builder.send("DELETE", where)) == (409, code, [])
        stock(sku, warehouse, 0, bin=shelf, mode=Mode.TO)
        assert problem_of(builder.send("DELETE", at)) == (409, "BIN_HAS_HISTORY", [])
        assert builder.send("PATCH", at, {"isActive": False}).json()["isActive"] is False
        never = f"{path}/bins/{make_bin(warehouse, 'A-2').public_id}"
        assert builder.send("DELETE", never).status_code == 204
        assert problem_of(builder.get(never)) == (404, "BIN_NOT_FOUND", [])

    def test_found_and_sorted(
        self, builder: Caller, organization: Organization, path: str, warehouse: Warehouse, second: Warehouse
    ) -> None:
        cellar = Room.objects.create(
            organization=organization, warehouse=warehouse, name="Cellar", room_type="quarantine"
        )
        first = make_bin(warehouse, "A-1", pick_sequence=20, barcode="X1")
        make_bin(warehouse, "A-2", pick_sequence=10, room=cellar, is_active=False)
        make_bin(second, "A-3")
        sku = make_sku(organization)
        stock(sku, warehouse, 5, bin=first)
        stock(sku, warehouse, 5)
        stock(sku, warehouse, -5, bin=Bin.objects.get(is_default=True, warehouse=warehouse))
        for query, codes in (
            ("", ["MAIN", "A-2", "A-1"]),
            ("code=a-", ["A-2", "A-1"]),
            ("code=-1", []),
            ("barcode=X1", ["A-1"]),
            ("barcode=X", []),
            (f"roomId={cellar.public_id}", ["A-2"]),
            ("roomId=nonsense", []),
            ("roomType=quarantine", ["A-2"]),
            ("isActive=false", ["A-2"]),
            ("hasStock=true", ["A-1"]),
            ("hasStock=false", ["MAIN", "A-2"]),
            ("sort=code", ["A-1", "A-2", "MAIN"]),
            ("sort=-pickSequence", ["A-1", "A-2", "MAIN"]),
            ("sort=room", ["A-2", "A-1", "MAIN"]),
            ("limit=1&page=2", ["A-2"]),
        ):
            assert found(builder, f"{path}/bins?{query}".rstrip("?"), "code") == codes, query


class TestTwoWriters:
    @pytest.fixture(params=["location", "room", "bin"])
    def record(
        self, request: pytest.FixtureRequest, path: str, second: Warehouse
    ) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """An address, and two changes of different fields."""
        path = f"{PATH}/{second.public_id}"
        return {
            "location": (path, {"name": "New"}, {"address": "Quay 2"}),
            "room": (
                f"{path}/rooms/{Room.objects.get(warehouse=second).public_id}",
                {"name": "New"},
                {"isSellable": False},
            ),
            "bin": (
                f"{path}/bins/{Bin.objects.get(warehouse=second).public_id}",
                {"code": "NEW"},
                {"capacity": 5},
            ),
        }[request.param]

    def test_the_second_is_refused(
        self, builder: Caller, record: tuple[str, dict[str, Any], dict[str, Any]]
    ) -> None:
        path, one, other = record
        tag = builder.get(path)["ETag"]
        first = builder.send("PATCH", path, one, {"If-Match": tag})
        assert first.status_code == 200
        for response in (
            builder.send("PATCH", path, other, {"If-Match": tag}),
            builder.send("DELETE", path, headers={"If-Match": tag}),
        ):
            assert problem_of(response) == (412, "PRECONDITION_FAILED", [])
        assert builder.send("PATCH", path, other, {"If-Match": first["ETag"]}).status_code == 200

    def test_changes_of_different_fields_both_stay(
        self, builder: Caller, record: tuple[str, dict[str, Any], dict[str, Any]]
    ) -> None:
        path, one, other = record
        for change in (one, other):
            assert builder.send("PATCH", path, change).status_code == 200
        shown = builder.get(path).json()
        assert {name: shown[name] for name in (*one, *other)} == {**one, **other}

    def test_stock_that_comes_and_goes_is_no_change_of_the_bin(
        self, builder: Caller, organization: Organization, path: str, warehouse: Warehouse
    ) -> None:
        shelf = make_bin(warehouse, "A-1")
        at = f"{path}/bins/{shelf.public_id}"
        tag = builder.get(at)["ETag"]
        stock(make_sku(organization), warehouse, 5, bin=shelf)
        assert builder.get(at, If_None_Match=tag).status_code == 200
        assert builder.send("PATCH", at, {"capacity": 9}, {"If-Match": tag}).status_code == 200

    def test_a_repeated_request_puts_up_once(self, builder: Caller, path: str) -> None:
        body, headers = {"bins": [{"code": "A"}, {"code": "B"}]}, {"Idempotency-Key": "once"}
        first, again = (builder.post(f"{path}/bins", body, headers) for _ in range(2))
        assert first.content == again.content
        assert again["Idempotent-Replayed"] == "true"
        assert Bin.objects.count() == 3


class TestCallers:
    def test_a_limited_key_has_its_own_location_and_no_other(
        self, organization: Organization, path: str, warehouse: Warehouse, second: Warehouse
    ) -> None:
        limited = Caller(make_key(organization, SCOPES, warehouses=[second]))
        assert found(limited, PATH) == ["Second warehouse"]
        own = f"{PATH}/{second.public_id}"
        put_up(limited, own, {"code": "A"})
        created(limited, f"{own}/rooms", {"name": "Cellar"})
        assert limited.send("PATCH", own, {"address": "x"}).status_code == 200
        room, shelf = Room.objects.get(warehouse=warehouse), Bin.objects.get(warehouse=warehouse)
        for method, end, body in (
            ("GET", "", None),
            ("PATCH", "", {"name": "x"}),
            ("DELETE", "", None),
            ("GET", "/rooms", None),
            ("POST", "/rooms", {"name": "x"}),
            ("GET", f"/rooms/{room.public_id}", None),
            ("PATCH", f"/rooms/{room.public_id}", {"name": "x"}),
            ("DELETE", f"/rooms/{room.public_id}", None),
            ("GET", "/bins", None),
            ("POST", "/bins", {"bins": [{"code": "x"}]}),
            ("GET", f"/bins/{shelf.public_id}", None),
            ("PATCH", f"/bins/{shelf.public_id}", {"code": "x"}),
            ("DELETE", f"/bins/{shelf.public_id}", None),
        ):
            response = limited.send(method, f"{path}{end}", body)
            assert problem_of(response) == (404, "WAREHOUSE_NOT_FOUND", []), (method, end)
        response = limited.post(PATH, {"name": "x"})
        assert problem_of(response) == (403, "PERMISSION_DENIED", [])
        assert problem(response)["missing"] == ["locations.write"]

    def test_a_person_who_reads_everywhere_and_writes_in_one(
        self, organization: Organization, warehouse: Warehouse, second: Warehouse
    ) -> None:
        bob = make_person("bob@example.com", {organization: ["Viewer", ("Warehouse manager", second)]})
        caller = Caller.person(bob)
        paths = [f"{PATH}/{place.public_id}" for place in (warehouse, second)]
        statuses = [caller.send("PATCH", path, {"address": "x"}).status_code for path in paths]
        assert statuses == [403, 200]
        refused = caller.post(f"{paths[0]}/bins", {"bins": [{"code": "x"}]})
        assert problem_of(refused) == (403, "PERMISSION_DENIED", [])
        assert problem_of(caller.post(PATH, {"name": "x"}))[0] == 403

    def test_another_organizations_places_are_not_there(
        self, builder: Caller, path: str, rival_warehouse: Warehouse
    ) -> None:
        theirs = f"{PATH}/{rival_warehouse.public_id}"
        for method, end, body in (
            ("GET", "", None),
            ("PATCH", "", {"name": "x"}),
            ("POST", "/rooms", {"name": "x"}),
            ("POST", "/bins", {"bins": [{"code": "x"}]}),
        ):
            response = builder.send(method, f"{theirs}{end}", body)
            assert problem_of(response) == (404, "WAREHOUSE_NOT_FOUND", [])
        shelf = Bin.objects.get(warehouse=rival_warehouse)
        response = builder.get(f"{path}/bins/{shelf.public_id}")
        assert problem_of(response) == (404, "BIN_NOT_FOUND", [])


class TestCost:
    """Statements: the same for 1, 3 and 200 rows."""

    @pytest.fixture
    def builder(self, builder: Caller) -> Caller:
        builder.get(PATH)  # noting that the key is in use costs a statement, once a minute
        return builder

    @pytest.fixture(params=[1, 3, 200])
    def rows(self, request: pytest.FixtureRequest, organization: Organization, warehouse: Warehouse) -> int:
        """So many locations and rooms besides the first, each room with a bin."""
        count: int = request.param
        Warehouse.objects.bulk_create(
            Warehouse(organization=organization, name=f"W{number}") for number in range(count)
        )
        rooms = Room.objects.bulk_create(
            Room(organization=organization, warehouse=warehouse, name=f"R{number}") for number in range(count)
        )
        Bin.objects.bulk_create(
            Bin(organization=organization, warehouse=warehouse, room=room, code=room.name) for room in rooms
        )
        sku = make_sku(organization)
        for shelf in Bin.objects.all()[:2]:
            stock(sku, warehouse, 5, bin=shelf)
        return count

    @pytest.mark.parametrize(
        ("end", "number"),
        [
            ("", 6),
            ("{}/rooms", 5),
            ("{}/bins", 6),
            ("{}/bins?hasStock=true&roomType=storage&sort=room", 6),
        ],
    )
    def test_of_a_list(self, builder: Caller, rows: int, warehouse: Warehouse, end: str, number: int) -> None:
        query = f"{PATH}{end.format(f'/{warehouse.public_id}')}"
        with CaptureQueriesContext(connection) as captured:
            response = builder.get(f"{query}{'&' if '?' in query else '?'}limit=200")
        assert len(response.json()["data"]) >= (2 if "hasStock" in end else min(rows, 200))
        assert len(captured) == number, [query["sql"][:150] for query in captured]

    def test_of_putting_up_bins(self, builder: Caller, path: str, is_postgresql: bool) -> None:
        assert [self._cost(builder, path, count) for count in (1, 3)] == [16, 16]
        # SQLite takes so many parameters at once; each further statement is one of an insert.
        assert self._cost(builder, path, 200) <= (16 if is_postgresql else 20)

    def _cost(self, builder: Caller, path: str, count: int) -> int:
        rows = [{"code": f"{count}-{number}", "barcode": f"X{count}-{number}"} for number in range(count)]
        with CaptureQueriesContext(connection) as captured:
            assert builder.post(f"{path}/bins", {"bins": rows}).status_code == 201
        return len(captured)


def test_the_examples_name_what_the_demonstration_has() -> None:
    for name in ("ROOM", "BIN", "OTHER_LOCATION", "OTHER_ROOM", "OTHER_BIN"):
        assert getattr(documentation, name) == getattr(places_examples, name)
    assert documentation.LOCATION == documented.WAREHOUSE_A
