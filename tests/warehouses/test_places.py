"""Warehouses, rooms and bins: born whole, closed only when empty, removed only without history."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.factories import make_organization, make_sku, make_warehouse, stock
from warehouses import places
from warehouses.actors import SYSTEM
from warehouses.models import Bin, Organization, Room, Warehouse
from warehouses.models.room import RoomType
from warehouses.refusals import Conflict, InvalidInput, NotFound, Refusal, RuleBroken


@pytest.fixture
def main(organization: Organization) -> Warehouse:
    return Warehouse.objects.get(organization=organization, name="Main warehouse")


@pytest.fixture
def depot(organization: Organization) -> Warehouse:
    return make_warehouse(organization, "Depot")


def by(organization: Organization) -> dict[str, Any]:
    return {"organization": organization, "actor": SYSTEM}


def codes(refusal: Refusal) -> list[tuple[str | None, str]]:
    return [(problem.field, problem.code) for problem in refusal.problems]


class TestCreateWarehouse:
    def test_it_is_born_with_default_room_and_bin(self, organization: Organization) -> None:
        warehouse = places.create_warehouse(**by(organization), name=" Depot ", address="Quay 1")

        assert (warehouse.name, warehouse.type, warehouse.address) == ("Depot", "own", "Quay 1")
        assert (warehouse.is_active, warehouse.is_readonly) == (True, False)
        room = Room.objects.get(warehouse=warehouse)
        assert (room.name, room.room_type, room.is_default, room.is_sellable) == (
            "Main",
            "storage",
            True,
            True,
        )
        shelf = Bin.objects.get(warehouse=warehouse)
        assert (shelf.code, shelf.room, shelf.is_default) == ("MAIN", room, True)
        assert shelf.organization == room.organization == organization

    def test_first_of_an_organization_becomes_its_default_and_the_next_does_not(self, db: None) -> None:
        organization = Organization.objects.create(name="Empty")

        first = places.create_warehouse(**by(organization), name="First")
        places.create_warehouse(**by(organization), name="Second")

        assert organization.default_warehouse == first
        organization.refresh_from_db()
        assert organization.default_warehouse == first

    @pytest.mark.parametrize("kind", ["FBA", "FBS"])
    def test_of_a_marketplace_it_is_readonly(self, organization: Organization, kind: str) -> None:
        assert places.create_warehouse(**by(organization), name="Amazon", type=kind).is_readonly is True

        with pytest.raises(RuleBroken) as caught:
            places.create_warehouse(**by(organization), name="Other", type=kind, is_readonly=False)
        assert codes(caught.value) == [("is_readonly", "READONLY_TYPE")]

    @pytest.mark.parametrize("name", ["depot", "DEPOT ", "Depot"])
    def test_name_taken_is_refused_whatever_its_case(
        self, organization: Organization, depot: Warehouse, name: str
    ) -> None:
        with pytest.raises(Conflict) as caught:
            places.create_warehouse(**by(organization), name=name)

        assert caught.value.code == "NAME_TAKEN"
        assert codes(caught.value) == [("name", "NAME_TAKEN")]
        assert Warehouse.objects.filter(organization=organization).count() == 2

    def test_name_of_another_organization_is_free(self, organization: Organization, depot: Warehouse) -> None:
        assert make_warehouse(make_organization("Other"), "Depot").name == "Depot"

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"name": "  "}, "name"),
            ({"name": "x" * 121}, "name"),
            ({"name": "a\x00b"}, "name"),
            ({"name": "Ok", "type": "castle"}, "type"),
            ({"name": "Ok", "address": "x" * 301}, "address"),
        ],
    )
    def test_bad_input_is_named(self, organization: Organization, given: dict[str, Any], field: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            places.create_warehouse(**by(organization), **given)

        assert codes(caught.value) == [(field, "INVALID_INPUT")]
        assert Warehouse.objects.filter(organization=organization).count() == 1

    def test_of_a_failure_nothing_is_left(
        self, organization: Organization, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(self: Bin, **options: Any) -> None:
            raise RuntimeError("the disk is full")

        monkeypatch.setattr(Bin, "save", fail)
        with pytest.raises(RuntimeError):
            places.create_warehouse(**by(organization), name="Depot")

        assert not Warehouse.objects.filter(name="Depot").exists()
        assert Room.objects.filter(organization=organization).count() == 1


class TestUpdateWarehouse:
    def test_changes_what_is_given(self, organization: Organization, depot: Warehouse) -> None:
        places.update_warehouse(**by(organization), warehouse=depot, name="North", address="Quay 2")

        assert (depot.name, depot.address) == ("North", "Quay 2")
        assert Warehouse.objects.get(pk=depot.pk).name == "North"

    def test_renaming_with_stock_is_fine(self, organization: Organization, depot: Warehouse) -> None:
        stock(make_sku(organization), depot, 5)

        places.update_warehouse(**by(organization), warehouse=depot, name="depot")

        assert Warehouse.objects.get(pk=depot.pk).name == "depot"

    def test_a_marketplace_type_makes_it_readonly(self, organization: Organization, depot: Warehouse) -> None:
        places.update_warehouse(**by(organization), warehouse=depot, type="FBA")

        assert Warehouse.objects.get(pk=depot.pk).is_readonly is True
        with pytest.raises(RuleBroken):
            places.update_warehouse(**by(organization), warehouse=depot, is_readonly=False)
        assert Warehouse.objects.get(pk=depot.pk).is_readonly is True

    def test_of_another_organization_is_not_found(self, organization: Organization) -> None:
        theirs = make_warehouse(make_organization("Other"), "Theirs")

        for act in (
            lambda: places.update_warehouse(**by(organization), warehouse=theirs, name="Mine"),
            lambda: places.deactivate_warehouse(**by(organization), warehouse=theirs),
            lambda: places.activate_warehouse(**by(organization), warehouse=theirs),
            lambda: places.delete_warehouse(**by(organization), warehouse=theirs),
            lambda: places.create_room(**by(organization), warehouse=theirs, name="Mine"),
        ):
            with pytest.raises(NotFound):
                act()
        theirs.refresh_from_db()
        assert (theirs.name, theirs.is_active) == ("Theirs", True)


class TestCloseWarehouse:
    def test_empty_one_is_deactivated_and_activated(
        self, organization: Organization, depot: Warehouse
    ) -> None:
        places.deactivate_warehouse(**by(organization), warehouse=depot)
        assert depot.is_active is False
        assert Warehouse.objects.get(pk=depot.pk).is_active is False

        places.activate_warehouse(**by(organization), warehouse=depot)
        assert Warehouse.objects.get(pk=depot.pk).is_active is True

    def test_with_stock_it_is_refused_naming_what_it_holds(
        self, organization: Organization, depot: Warehouse
    ) -> None:
        stock(make_sku(organization), depot, 300)
        stock(make_sku(organization), depot, 50)

        with pytest.raises(Conflict) as caught:
            places.deactivate_warehouse(**by(organization), warehouse=depot)

        assert caught.value.code == "WAREHOUSE_HAS_STOCK"
        assert "350 units of 2 SKUs" in caught.value.detail
        assert Warehouse.objects.get(pk=depot.pk).is_active is True

    def test_emptied_it_is_deactivated_but_never_deleted(
        self, organization: Organization, depot: Warehouse
    ) -> None:
        sku = make_sku(organization)
        stock(sku, depot, 5)
        stock(sku, depot, -5)

        with pytest.raises(Conflict) as caught:
            places.delete_warehouse(**by(organization), warehouse=depot)
        assert caught.value.code == "WAREHOUSE_HAS_HISTORY"
        assert "deactivate it instead" in caught.value.detail
        assert Bin.objects.filter(warehouse=depot).count() == 1

        places.deactivate_warehouse(**by(organization), warehouse=depot)
        assert Warehouse.objects.get(pk=depot.pk).is_active is False

    def test_without_history_its_rooms_and_bins_go_too(
        self, organization: Organization, depot: Warehouse
    ) -> None:
        room = places.create_room(**by(organization), warehouse=depot, name="Vault", room_type="vault")
        places.create_bin(**by(organization), room=room, code="V-1")

        places.delete_warehouse(**by(organization), warehouse=depot)

        assert not Warehouse.objects.filter(pk=depot.pk).exists()
        assert Room.objects.filter(organization=organization).count() == 1
        assert Bin.objects.filter(organization=organization).count() == 1

    @pytest.mark.parametrize("act", [places.deactivate_warehouse, places.delete_warehouse])
    def test_the_default_stays(self, organization: Organization, main: Warehouse, act: Any) -> None:
        with pytest.raises(Conflict) as caught:
            act(**by(organization), warehouse=main)

        assert caught.value.code == "WAREHOUSE_IS_DEFAULT"
        assert Warehouse.objects.get(pk=main.pk).is_active is True


class TestRooms:
    @pytest.mark.parametrize(
        ("kind", "sellable"), [("vault", True), ("quarantine", False), ("returns", False)]
    )
    def test_is_sellable_as_its_type_usually_is(
        self, organization: Organization, depot: Warehouse, kind: str, sellable: bool
    ) -> None:
        room = places.create_room(**by(organization), warehouse=depot, name="Room", room_type=kind)

        assert room.is_sellable is sellable

    def test_what_is_said_about_selling_wins(self, organization: Organization, depot: Warehouse) -> None:
        room = places.create_room(
            **by(organization),
            warehouse=depot,
            name="Bargains",
            room_type=RoomType.RETURNS,
            is_sellable=True,
        )

        assert room.is_sellable is True

    def test_name_is_taken_in_its_warehouse_only(
        self, organization: Organization, depot: Warehouse, main: Warehouse
    ) -> None:
        room = places.create_room(**by(organization), warehouse=depot, name="Cold")
        places.create_room(**by(organization), warehouse=main, name="Cold")

        with pytest.raises(Conflict) as caught:
            places.create_room(**by(organization), warehouse=depot, name="COLD")
        assert codes(caught.value) == [("name", "NAME_TAKEN")]
        with pytest.raises(Conflict):
            places.update_room(**by(organization), room=room, name="main")
        assert Room.objects.get(pk=room.pk).name == "Cold"

    def test_default_one_is_not_deleted(self, organization: Organization, depot: Warehouse) -> None:
        with pytest.raises(Conflict) as caught:
            places.delete_room(**by(organization), room=depot.rooms.get())

        assert caught.value.code == "ROOM_IS_DEFAULT"
        assert depot.rooms.count() == 1

    def test_without_history_goes_with_its_bins(self, organization: Organization, depot: Warehouse) -> None:
        room = places.create_room(**by(organization), warehouse=depot, name="Cold")
        places.create_bin(**by(organization), room=room, code="C-1")

        places.delete_room(**by(organization), room=room)

        assert depot.rooms.count() == 1
        assert depot.bins.count() == 1

    def test_with_stock_stays(self, organization: Organization, depot: Warehouse) -> None:
        room = places.create_room(**by(organization), warehouse=depot, name="Cold")
        shelf = places.create_bin(**by(organization), room=room, code="C-1")
        sku = make_sku(organization)
        stock(sku, depot, 3, bin=shelf)

        with pytest.raises(Conflict) as caught:
            places.delete_room(**by(organization), room=room)
        assert caught.value.code == "ROOM_HAS_STOCK"

        stock(sku, depot, -3, bin=shelf)
        with pytest.raises(Conflict) as caught:
            places.delete_room(**by(organization), room=room)
        assert caught.value.code == "ROOM_HAS_HISTORY"
        assert Room.objects.filter(pk=room.pk).exists()


class TestBins:
    def test_without_a_sequence_goes_to_the_end_of_the_walk(
        self, organization: Organization, depot: Warehouse
    ) -> None:
        room = depot.rooms.get()

        first = places.create_bin(**by(organization), room=room, code="A-1")
        placed = places.create_bin(**by(organization), room=room, code="A-2", pick_sequence=25)
        last = places.create_bin(**by(organization), room=room, code="A-3")

        assert [first.pick_sequence, placed.pick_sequence, last.pick_sequence] == [10, 25, 35]

    def test_code_and_barcode_are_taken_once(
        self, organization: Organization, depot: Warehouse, main: Warehouse
    ) -> None:
        room = depot.rooms.get()
        places.create_bin(**by(organization), room=room, code="A-1", barcode="4006381333931")
        places.create_bin(**by(organization), room=main.rooms.get(), code="A-1")

        with pytest.raises(Conflict) as caught:
            places.create_bin(**by(organization), room=room, code="a-1")
        assert codes(caught.value) == [("code", "CODE_TAKEN")]
        with pytest.raises(Conflict) as caught:
            places.create_bin(**by(organization), room=main.rooms.get(), code="A-2", barcode="4006381333931")
        assert codes(caught.value) == [("barcode", "BARCODE_TAKEN")]
        assert Bin.objects.filter(code__iexact="a-1").count() == 2

    def test_moves_with_its_stock_to_another_room(self, organization: Organization, depot: Warehouse) -> None:
        shelf = places.create_bin(**by(organization), room=depot.rooms.get(), code="A-1")
        stock(make_sku(organization), depot, 3, bin=shelf)
        vault = places.create_room(**by(organization), warehouse=depot, name="Vault", room_type="vault")

        places.update_bin(**by(organization), shelf=shelf, room=vault)

        assert Bin.objects.get(pk=shelf.pk).room == vault

    def test_does_not_move_to_another_warehouse(
        self, organization: Organization, depot: Warehouse, main: Warehouse
    ) -> None:
        shelf = places.create_bin(**by(organization), room=depot.rooms.get(), code="A-1")

        with pytest.raises(RuleBroken) as caught:
            places.update_bin(**by(organization), shelf=shelf, room=main.rooms.get())

        assert codes(caught.value) == [("room", "ROOM_IN_ANOTHER_WAREHOUSE")]
        assert Bin.objects.get(pk=shelf.pk).room == depot.rooms.get()

    def test_room_of_another_organization_is_not_found(
        self, organization: Organization, depot: Warehouse
    ) -> None:
        theirs = make_warehouse(make_organization("Other"), "Theirs").rooms.get()
        shelf = depot.bins.get()

        with pytest.raises(NotFound):
            places.create_bin(**by(organization), room=theirs, code="X")
        with pytest.raises(NotFound):
            places.update_bin(**by(organization), shelf=shelf, room=theirs)
        assert not Bin.objects.filter(code="X").exists()

    def test_with_stock_stays_open_and_empty_closes(
        self, organization: Organization, depot: Warehouse
    ) -> None:
        shelf = places.create_bin(**by(organization), room=depot.rooms.get(), code="A-1")
        sku = make_sku(organization)
        stock(sku, depot, 3, bin=shelf)

        with pytest.raises(Conflict) as caught:
            places.deactivate_bin(**by(organization), shelf=shelf)
        assert caught.value.code == "BIN_HAS_STOCK"

        stock(sku, depot, -3, bin=shelf)
        with pytest.raises(Conflict) as caught:
            places.delete_bin(**by(organization), shelf=shelf)
        assert caught.value.code == "BIN_HAS_HISTORY"
        places.deactivate_bin(**by(organization), shelf=shelf)
        assert Bin.objects.get(pk=shelf.pk).is_active is False
        places.activate_bin(**by(organization), shelf=shelf)
        assert Bin.objects.get(pk=shelf.pk).is_active is True

    @pytest.mark.parametrize("act", [places.deactivate_bin, places.delete_bin])
    def test_the_default_stays(self, organization: Organization, depot: Warehouse, act: Any) -> None:
        with pytest.raises(Conflict) as caught:
            act(**by(organization), shelf=depot.bins.get())

        assert caught.value.code == "BIN_IS_DEFAULT"
        assert Bin.objects.get(warehouse=depot).is_active is True


class TestGuards:
    @pytest.fixture
    def refusing(self) -> Iterator[list[Any]]:
        """Two guards that refuse; what they were asked about."""
        asked: list[Any] = []
        reasons: list[places.Guard] = [
            lambda place: asked.append(place) or "is on fire",  # type: ignore[func-returns-value]
            lambda place: "is flooded",
        ]
        places.guards.extend(reasons)
        yield asked
        for guard in reasons:
            places.guards.remove(guard)

    def test_all_reasons_are_told(
        self, organization: Organization, depot: Warehouse, refusing: list[Any]
    ) -> None:
        shelf = places.create_bin(**by(organization), room=depot.rooms.get(), code="A-1")

        with pytest.raises(Conflict) as caught:
            places.delete_bin(**by(organization), shelf=shelf)

        assert caught.value.detail == "“A-1” is on fire and is flooded, so it cannot be deleted."
        assert refusing == [shelf]
