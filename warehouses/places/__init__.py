"""Warehouses, rooms and bins: the one door through which they are made, changed, closed and removed.

Every function takes rows that the caller was allowed to fetch, and refuses rows of another organization as if they
did not exist. What stands above this floor is asked through `guards` before a place is closed, so that no stock is
ever in a place that is gone.
"""

from warehouses.places.bins import (
    BinChanges,
    activate_bin,
    create_bin,
    deactivate_bin,
    delete_bin,
    update_bin,
)
from warehouses.places.closing import Guard, guards
from warehouses.places.finding import find_bin, find_location, find_room, require_builder, room_not_found
from warehouses.places.new_bins import PICK_SEQUENCE_STEP, NewBin, create_bins
from warehouses.places.rooms import RoomChanges, create_room, delete_room, update_room
from warehouses.places.rows import locked
from warehouses.places.warehouses import (
    DEFAULT_BIN,
    DEFAULT_ROOM,
    WarehouseChanges,
    activate_warehouse,
    create_warehouse,
    deactivate_warehouse,
    delete_warehouse,
    update_warehouse,
)

__all__ = [
    "DEFAULT_BIN",
    "DEFAULT_ROOM",
    "PICK_SEQUENCE_STEP",
    "BinChanges",
    "Guard",
    "NewBin",
    "RoomChanges",
    "WarehouseChanges",
    "activate_bin",
    "activate_warehouse",
    "create_bin",
    "create_bins",
    "create_room",
    "create_warehouse",
    "deactivate_bin",
    "deactivate_warehouse",
    "delete_bin",
    "delete_room",
    "delete_warehouse",
    "find_bin",
    "find_location",
    "find_room",
    "guards",
    "locked",
    "require_builder",
    "room_not_found",
    "update_bin",
    "update_room",
    "update_warehouse",
]
