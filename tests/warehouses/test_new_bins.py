"""Putting up many bins: all or none, every bad one named, nothing of another organization."""

from __future__ import annotations

import pytest

from tests.factories import make_bin, make_organization, make_warehouse
from warehouses import places
from warehouses.actors import SYSTEM
from warehouses.models import Bin, Organization, Room, Warehouse
from warehouses.places import NewBin
from warehouses.refusals import NotFound, Refusal


@pytest.fixture
def depot(organization: Organization) -> Warehouse:
    return make_warehouse(organization, "Depot")


@pytest.fixture
def room(depot: Warehouse) -> Room:
    return Room.objects.get(warehouse=depot)


def put_up(depot: Warehouse, *bins: NewBin, organization: Organization | None = None) -> list[Bin]:
    return places.create_bins(
        organization=organization or depot.organization, actor=SYSTEM, warehouse=depot, bins=bins
    )


def refused(depot: Warehouse, *bins: NewBin) -> list[tuple[int | None, str | None, str]]:
    before = Bin.objects.count()
    with pytest.raises(Refusal) as caught:
        put_up(depot, *bins)
    assert Bin.objects.count() == before
    return [(each.index, each.field, each.code) for each in caught.value.problems]


def test_they_stand_in_the_order_given(depot: Warehouse, room: Room) -> None:
    made = put_up(depot, NewBin(room, " B "), NewBin(room, "A", " X ", 5, 7), NewBin(room, "C"))
    assert [(each.code, each.barcode, each.pick_sequence, each.capacity) for each in made] == [
        ("B", "", 10, None),
        ("A", "X", 5, 7),
        ("C", "", 20, None),
    ]
    assert Bin.objects.filter(warehouse=depot, room=room, is_default=False, is_active=True).count() == 3


def test_every_bad_one_is_named(depot: Warehouse, room: Room) -> None:
    make_bin(depot, "A-1", barcode="X1")
    assert refused(
        depot,
        NewBin(room, "a-1", index=0),
        NewBin(room, "B", "X1", index=1),
        NewBin(room, "b", index=2),
        NewBin(room, "", index=3),
        NewBin(room, "C", "X2", index=4),
        NewBin(room, "D", "X2", index=5),
        NewBin(room, "E", capacity=-1, index=6),
    ) == [
        (3, "code", "INVALID_INPUT"),
        (6, "capacity", "INVALID_INPUT"),
        (0, "code", "CODE_TAKEN"),
        (1, "barcode", "BARCODE_TAKEN"),
        (2, "code", "CODE_TAKEN"),
        (5, "barcode", "BARCODE_TAKEN"),
    ]


@pytest.mark.parametrize("code", ["Ä-1", "ä-1", "Straße"])
def test_a_code_beyond_ascii_that_is_there_already(depot: Warehouse, room: Room, code: str) -> None:
    """The database's small letters may be fewer than Python's: what is spelt alike is taken on either engine."""
    put_up(depot, NewBin(room, code))
    assert refused(depot, NewBin(room, code)) == [(None, "code", "CODE_TAKEN")]


def test_barcodes_are_the_organizations_and_codes_the_warehouses(depot: Warehouse, room: Room) -> None:
    other = make_warehouse(depot.organization, "Other")
    make_bin(other, "A", barcode="X")
    make_bin(make_warehouse(make_organization("Rival")), "A", barcode="Y")
    assert refused(depot, NewBin(room, "A", "X", index=0)) == [(0, "barcode", "BARCODE_TAKEN")]
    assert put_up(depot, NewBin(room, "A", "Y"))


def test_rooms_of_elsewhere_are_not_there(depot: Warehouse, room: Room) -> None:
    elsewhere = Room.objects.get(warehouse=make_warehouse(depot.organization, "Other"))
    assert refused(depot, NewBin(room, "A", index=0), NewBin(elsewhere, "B", index=1)) == [
        (1, "room", "ROOM_NOT_FOUND")
    ]
    with pytest.raises(NotFound):
        put_up(depot, NewBin(room, "A"), organization=make_organization("Rival"))
