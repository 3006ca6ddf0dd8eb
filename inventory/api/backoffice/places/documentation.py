"""How the routes of locations, rooms and bins are described."""

from __future__ import annotations

from typing import Any, Final

from inventory.api.backoffice.catalogue.problem_codes import BARCODE_TAKEN, INVALID_INPUT
from inventory.api.backoffice.objects import PAGINATION
from inventory.api.backoffice.places.bodies import (
    BinChangeBody,
    BinsBody,
    LocationBody,
    LocationChangeBody,
    RoomBody,
    RoomChangeBody,
)
from inventory.api.backoffice.places.problem_codes import (
    BIN_HAS_HISTORY,
    BIN_HAS_STOCK,
    BIN_IS_DEFAULT,
    CODE_TAKEN,
    NAME_TAKEN,
    READONLY_TYPE,
    ROOM_HAS_HISTORY,
    ROOM_HAS_STOCK,
    ROOM_IS_DEFAULT,
    ROOM_NOT_FOUND,
    WAREHOUSE_HAS_HISTORY,
    WAREHOUSE_HAS_STOCK,
    WAREHOUSE_IS_DEFAULT,
)
from inventory.api.backoffice.places.schemas import (
    BinPage,
    BinRecord,
    LocationPage,
    LocationRecord,
    NewBins,
    RoomPage,
    RoomRecord,
)
from inventory.api.problem_codes import BATCH_REFUSED, BIN_NOT_FOUND, WAREHOUSE_NOT_FOUND
from warehouses.http.operations import Operation, Parameter

__all__ = [
    "BIN",
    "LOCATION",
    "OTHER_BIN",
    "OTHER_LOCATION",
    "OTHER_ROOM",
    "ROOM",
    "change_bin",
    "change_location",
    "change_room",
    "create_bins",
    "create_location",
    "create_room",
    "delete_bin",
    "delete_location",
    "delete_room",
    "get_bin",
    "get_location",
    "get_room",
    "list_bins",
    "list_locations",
    "list_rooms",
]

_TAG: Final = "Locations"
#: The demonstration's, and a location with a room and a bin that it can do without.
LOCATION: Final = "wh_01hx000000e008000000000001"
ROOM: Final = "room_01hx000000e008000000000001"
BIN: Final = "bin_01hx000000e008000000000001"
OTHER_LOCATION: Final = "wh_01hx000000e008000000000002"
OTHER_ROOM: Final = "room_01hx000000e008000000000002"
OTHER_BIN: Final = "bin_01hx000000e008000000000002"

_LOCATION: Final[dict[str, Any]] = {
    "id": LOCATION,
    "name": "Warehouse A",
    "type": "own",
    "marketplace": None,
    "address": "Industriestraße 1, 12345 Berlin, DE",
    "isActive": True,
    "isReadonly": False,
    "isDefault": True,
    "roomCount": 10,
    "binCount": 293,
    "createdAt": "2025-12-02T09:00:00.000Z",
}
_ROOM: Final[dict[str, Any]] = {
    "id": ROOM,
    "locationId": LOCATION,
    "name": "Mezzanine",
    "roomType": "storage",
    "isSellable": True,
    "isDefault": False,
    "binCount": 2,
}
_BIN: Final[dict[str, Any]] = {
    "id": BIN,
    "locationId": LOCATION,
    "roomId": ROOM,
    "roomName": "Mezzanine",
    "roomType": "storage",
    "code": "M-01",
    "barcode": "WA-M-01",
    "pickSequence": 9010,
    "capacity": 200,
    "isActive": True,
    "isDefault": False,
    "units": 0,
    "skuCount": 0,
    "free": 200,
}


def _path(location: str = LOCATION, *, room: str = "", shelf: str = "") -> dict[str, Parameter]:
    found = {"id": Parameter("The location's id.", example=location)}
    if room:
        found["roomId"] = Parameter("The room's id.", example=room)
    if shelf:
        found["binId"] = Parameter("The bin's id.", example=shelf)
    return found


list_locations = Operation(
    id="listLocations",
    tag=_TAG,
    summary="List locations",
    description="The locations that the caller may see, by name; inactive ones too.",
    result=LocationPage,
    answer={"data": [_LOCATION], "pagination": PAGINATION},
)

create_location = Operation(
    id="createLocation",
    tag=_TAG,
    summary="Create a location",
    description="It is born with a room and a bin, so that stock can come at once. Takes the permission in the whole "
    "organization: a new location is in none of those that a limited one names.",
    problems=(INVALID_INPUT, NAME_TAKEN, READONLY_TYPE),
    body=LocationBody,
    example={"name": "Warehouse C", "type": "own", "address": "Kanalstraße 5, 04109 Leipzig, DE"},
    result=LocationRecord,
    answer={
        **_LOCATION,
        "id": "wh_01hx000000e008000000000003",
        "name": "Warehouse C",
        "address": "Kanalstraße 5, 04109 Leipzig, DE",
        "isDefault": False,
        "roomCount": 1,
        "binCount": 1,
    },
    status=201,
    is_tagged=True,
)

get_location = Operation(
    id="getLocation",
    tag=_TAG,
    summary="Get a location",
    description="The location, and how many rooms and bins it has.",
    parameters=_path(),
    problems=(WAREHOUSE_NOT_FOUND,),
    result=LocationRecord,
    answer=_LOCATION,
    is_tagged=True,
)

change_location = Operation(
    id="changeLocation",
    tag=_TAG,
    summary="Change, close or open a location",
    description="What is not given stays as it is. Only an empty location can be closed; its history is still shown.",
    parameters=_path(),
    problems=(
        INVALID_INPUT,
        WAREHOUSE_NOT_FOUND,
        NAME_TAKEN,
        WAREHOUSE_HAS_STOCK,
        WAREHOUSE_IS_DEFAULT,
        READONLY_TYPE,
    ),
    body=LocationChangeBody,
    example={"address": "Industriestraße 3, 12345 Berlin, DE"},
    result=LocationRecord,
    answer={**_LOCATION, "address": "Industriestraße 3, 12345 Berlin, DE"},
    is_tagged=True,
    takes_if_match=True,
)

delete_location = Operation(
    id="deleteLocation",
    tag=_TAG,
    summary="Delete a location",
    description="With its rooms and bins. Only one that never had stock or documents can be deleted.",
    parameters=_path(OTHER_LOCATION),
    problems=(WAREHOUSE_NOT_FOUND, WAREHOUSE_HAS_STOCK, WAREHOUSE_HAS_HISTORY, WAREHOUSE_IS_DEFAULT),
    status=204,
    takes_if_match=True,
)

list_rooms = Operation(
    id="listRooms",
    tag=_TAG,
    summary="List a location's rooms",
    description="Its rooms, by name.",
    parameters=_path(),
    problems=(WAREHOUSE_NOT_FOUND,),
    result=RoomPage,
    answer={"data": [_ROOM], "pagination": PAGINATION},
)

create_room = Operation(
    id="createRoom",
    tag=_TAG,
    summary="Create a room",
    description="A zone of the location. Unless `isSellable` is given, it is what rooms of that type usually are.",
    parameters=_path(),
    problems=(INVALID_INPUT, WAREHOUSE_NOT_FOUND, NAME_TAKEN),
    body=RoomBody,
    example={"name": "Returns, large items", "roomType": "returns"},
    result=RoomRecord,
    answer={
        **_ROOM,
        "id": "room_01hx000000e008000000000003",
        "name": "Returns, large items",
        "roomType": "returns",
        "isSellable": False,
        "binCount": 0,
    },
    status=201,
    is_tagged=True,
)

get_room = Operation(
    id="getRoom",
    tag=_TAG,
    summary="Get a room",
    description="The room, and how many bins are in it.",
    parameters=_path(room=ROOM),
    problems=(WAREHOUSE_NOT_FOUND, ROOM_NOT_FOUND),
    result=RoomRecord,
    answer=_ROOM,
    is_tagged=True,
)

change_room = Operation(
    id="changeRoom",
    tag=_TAG,
    summary="Change a room",
    description="What is not given stays as it is. What lies in a room that is not sellable is promised to no channel.",
    parameters=_path(room=ROOM),
    problems=(INVALID_INPUT, WAREHOUSE_NOT_FOUND, ROOM_NOT_FOUND, NAME_TAKEN),
    body=RoomChangeBody,
    example={"isSellable": False},
    result=RoomRecord,
    answer={**_ROOM, "isSellable": False},
    is_tagged=True,
    takes_if_match=True,
)

delete_room = Operation(
    id="deleteRoom",
    tag=_TAG,
    summary="Delete a room",
    description="With its bins. Only a room whose bins never had stock or documents can be deleted.",
    parameters=_path(OTHER_LOCATION, room=OTHER_ROOM),
    problems=(WAREHOUSE_NOT_FOUND, ROOM_NOT_FOUND, ROOM_IS_DEFAULT, ROOM_HAS_STOCK, ROOM_HAS_HISTORY),
    status=204,
    takes_if_match=True,
)

list_bins = Operation(
    id="listBins",
    tag=_TAG,
    summary="List a location's bins",
    description="Its bins in the order of the walk, with how much is in each.",
    parameters=_path(),
    problems=(WAREHOUSE_NOT_FOUND,),
    result=BinPage,
    answer={"data": [_BIN], "pagination": PAGINATION},
)

create_bins = Operation(
    id="createBins",
    tag=_TAG,
    summary="Put up bins",
    description="Up to 500 at once, all or none. Without `roomId` a bin is in the default room, without `pickSequence` "
    "at the end of the walk, in the order given.",
    parameters=_path(),
    problems=(
        INVALID_INPUT,
        WAREHOUSE_NOT_FOUND,
        ROOM_NOT_FOUND,
        CODE_TAKEN,
        BARCODE_TAKEN,
        BATCH_REFUSED,
    ),
    body=BinsBody,
    example={
        "bins": [
            {"code": "M-03", "roomId": ROOM, "capacity": 200},
            {"code": "M-04", "roomId": ROOM, "capacity": 200},
        ]
    },
    result=NewBins,
    answer={
        "data": [
            {
                **_BIN,
                "id": f"bin_01hx000000e00800000000000{number}",
                "code": f"M-0{number}",
                "barcode": None,
                "pickSequence": 9000 + 10 * number,
            }
            for number in (3, 4)
        ]
    },
    status=201,
)

get_bin = Operation(
    id="getBin",
    tag=_TAG,
    summary="Get a bin",
    description="The bin, and how much is in it.",
    parameters=_path(shelf=BIN),
    problems=(WAREHOUSE_NOT_FOUND, BIN_NOT_FOUND),
    result=BinRecord,
    answer=_BIN,
    is_tagged=True,
)

change_bin = Operation(
    id="changeBin",
    tag=_TAG,
    summary="Change, close or open a bin",
    description="What is not given stays as it is. A bin takes what is in it along to another room. Only an empty bin "
    "can be closed. A capacity below what is in it makes it full.",
    parameters=_path(shelf=BIN),
    problems=(
        INVALID_INPUT,
        WAREHOUSE_NOT_FOUND,
        BIN_NOT_FOUND,
        ROOM_NOT_FOUND,
        CODE_TAKEN,
        BARCODE_TAKEN,
        BIN_HAS_STOCK,
        BIN_IS_DEFAULT,
    ),
    body=BinChangeBody,
    example={"capacity": 240, "pickSequence": 9005},
    result=BinRecord,
    answer={**_BIN, "capacity": 240, "free": 240, "pickSequence": 9005},
    is_tagged=True,
    takes_if_match=True,
)

delete_bin = Operation(
    id="deleteBin",
    tag=_TAG,
    summary="Delete a bin",
    description="Only a bin that never had stock or documents can be deleted.",
    parameters=_path(OTHER_LOCATION, shelf=OTHER_BIN),
    problems=(WAREHOUSE_NOT_FOUND, BIN_NOT_FOUND, BIN_IS_DEFAULT, BIN_HAS_STOCK, BIN_HAS_HISTORY),
    status=204,
    takes_if_match=True,
)
