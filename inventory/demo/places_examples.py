"""What the examples of the routes of places name: a new room of Warehouse A, and a location that has not opened yet."""

from __future__ import annotations

from typing import Final

from inventory.demo.documented import WAREHOUSE_A, key_of
from warehouses.models import Bin, Organization, Room, RoomType, Warehouse, WarehouseType
from warehouses.places import DEFAULT_BIN, DEFAULT_ROOM, PICK_SEQUENCE_STEP

__all__ = ["BIN", "OTHER_BIN", "OTHER_LOCATION", "OTHER_ROOM", "ROOM", "add_place_examples"]

ROOM: Final = "room_01hx000000e008000000000001"
BIN: Final = "bin_01hx000000e008000000000001"
#: Nothing needs these: the examples delete them.
OTHER_LOCATION: Final = "wh_01hx000000e008000000000002"
OTHER_ROOM: Final = "room_01hx000000e008000000000002"
OTHER_BIN: Final = "bin_01hx000000e008000000000002"

#: Where the walk through Warehouse A has come to by then; the other bins are all before it.
_WALK: Final = 9000


def add_place_examples(*, organization: Organization) -> None:
    """All of it empty, and at the end of every walk."""
    warehouse = Warehouse.objects.get(pk=key_of(WAREHOUSE_A))
    mezzanine = Room.objects.create(
        id=key_of(ROOM), organization=organization, warehouse=warehouse, name="Mezzanine"
    )
    _put_up(mezzanine, "M", "WA", BIN, start=_WALK, capacity=200)
    shop = Warehouse.objects.create(
        id=key_of(OTHER_LOCATION),
        organization=organization,
        name="Pop-up Hamburg",
        type=WarehouseType.STORE,
        address="Große Bleichen 30, 20354 Hamburg, DE",
    )
    main = Room.objects.create(organization=organization, warehouse=shop, name=DEFAULT_ROOM, is_default=True)
    Bin.objects.create(
        organization=organization, warehouse=shop, room=main, code=DEFAULT_BIN, is_default=True
    )
    counter = Room.objects.create(
        id=key_of(OTHER_ROOM),
        organization=organization,
        warehouse=shop,
        name="Counter",
        room_type=RoomType.SALES_FLOOR,
    )
    _put_up(counter, "C", "PH", OTHER_BIN, start=0, capacity=40)


def _put_up(room: Room, aisle: str, mark: str, first: str, *, start: int, capacity: int) -> None:
    """Two bins, of which the `first` has a documented id."""
    for number in (1, 2):
        code = f"{aisle}-{number:02d}"
        shelf = Bin(
            organization=room.organization,
            warehouse=room.warehouse,
            room=room,
            code=code,
            barcode=f"{mark}-{code}",
            pick_sequence=start + number * PICK_SEQUENCE_STEP,
            capacity=capacity,
        )
        if number == 1:
            shelf.pk = key_of(first)
        shelf.save(force_insert=True)
