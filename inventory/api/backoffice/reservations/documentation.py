"""How the reservation routes are described."""

from __future__ import annotations

from typing import Any, Final

from inventory.api.backoffice.objects import PAGINATION
from inventory.api.backoffice.reservations.bodies import ReservationActionBody, ReservationBody
from inventory.api.backoffice.reservations.problem_codes import (
    EXPIRES_IN_PAST,
    MORE_THAN_OPEN,
    REASON_NOT_ISSUE,
    RESERVATION_NOT_FOUND,
    RESERVATION_OF_DOCUMENT,
)
from inventory.api.backoffice.reservations.schemas import ReservationPage, ReservationRecord
from inventory.api.backoffice.transitions import INVALID_TRANSITION
from inventory.api.problem_codes import (
    CHANNEL_NOT_FOUND,
    INVENTORY_NOT_FOUND,
    READONLY_WAREHOUSE,
    STOCK_UNAVAILABLE,
    UNKNOWN_REASON_CODE,
    WAREHOUSE_INACTIVE,
    WAREHOUSE_NOT_FOUND,
)
from warehouses.http.operations import Operation, Parameter

__all__ = [
    "RESERVATION",
    "act_on_reservation",
    "create_reservation",
    "get_reservation",
    "list_reservations",
]

_TAG: Final = "Reservations"
#: The demonstration's reservation, and where it is.
RESERVATION: Final = "rsv_01hx000000e008000000000010"
_WAREHOUSE_A: Final = "wh_01hx000000e008000000000001"
_ID: Final = {"id": Parameter("The reservation's id.", example=RESERVATION)}
_MADE: Final = "2026-03-12T14:00:00.000Z"
_BY: Final = "anna@example.com"
_ROW: Final[dict[str, Any]] = {
    "id": RESERVATION,
    "state": "active",
    "sku": "SKU-002",
    "skuId": "sku_01hx000000e008000000000001",
    "title": "Blue Widget 750ml",
    "locationId": _WAREHOUSE_A,
    "locationName": "Warehouse A",
    "channelId": None,
    "channelName": None,
    "quantity": 6,
    "open": 6,
    "fulfilled": 0,
    "referenceId": "SO-104211",
    "documentType": None,
    "documentId": None,
    "note": "To be collected on Friday",
    "expiresAt": "2026-03-15T17:00:00.000Z",
    "closedAt": None,
    "createdBy": _BY,
    "createdAt": _MADE,
    "version": 1,
}
_CREATED: Final[dict[str, Any]] = {
    "action": "create",
    "fromState": None,
    "toState": "active",
    "quantity": 6,
    "note": "To be collected on Friday",
    "by": _BY,
    "at": _MADE,
}

list_reservations = Operation(
    id="listReservations",
    tag=_TAG,
    summary="List reservations",
    description="The reservations in the locations that the caller sees, the newest first.",
    problems=(WAREHOUSE_NOT_FOUND,),
    result=ReservationPage,
    answer={"data": [_ROW], "pagination": PAGINATION},
)

create_reservation = Operation(
    id="createReservation",
    tag=_TAG,
    summary="Reserve stock",
    description="Promise units of a SKU in a location to somebody. They are available to nobody else until they leave "
    "(`fulfil`), are given back (`release`), or `expiresAt` has come: from that instant on they do not count, whatever "
    "else happens. Too little stock is refused, never reserved in part.",
    problems=(
        INVENTORY_NOT_FOUND,
        WAREHOUSE_NOT_FOUND,
        CHANNEL_NOT_FOUND,
        READONLY_WAREHOUSE,
        WAREHOUSE_INACTIVE,
        STOCK_UNAVAILABLE,
        EXPIRES_IN_PAST,
    ),
    body=ReservationBody,
    example={"sku": "SKU-002", "locationId": _WAREHOUSE_A, "quantity": 2, "referenceId": "SO-104233"},
    result=ReservationRecord,
    answer={
        **_ROW,
        "id": "rsv_01hx000000e008000000000019",
        "quantity": 2,
        "open": 2,
        "referenceId": "SO-104233",
        "note": None,
        "expiresAt": None,
        "history": [{**_CREATED, "quantity": 2, "note": None}],
    },
    status=201,
    is_tagged=True,
)

get_reservation = Operation(
    id="getReservation",
    tag=_TAG,
    summary="Get a reservation",
    description="A reservation with its history.",
    parameters=_ID,
    problems=(RESERVATION_NOT_FOUND,),
    result=ReservationRecord,
    answer={**_ROW, "history": [_CREATED]},
    is_tagged=True,
)

act_on_reservation = Operation(
    id="actOnReservation",
    tag=_TAG,
    summary="Fulfil or release a reservation",
    description="`fulfil`: the goods leave, first expired first out, and are not reserved any more. `release`: they "
    "stay, and are available again. Either in part, with a `quantity`. What the last act was, the reservation ends as. "
    "One that is over, because somebody was faster or its time is up, is refused with `INVALID_TRANSITION`; one that a "
    "document has made (`documentId`), with `RESERVATION_OF_DOCUMENT`.",
    parameters=_ID,
    problems=(
        RESERVATION_NOT_FOUND,
        READONLY_WAREHOUSE,
        WAREHOUSE_INACTIVE,
        RESERVATION_OF_DOCUMENT,
        INVALID_TRANSITION,
        MORE_THAN_OPEN,
        STOCK_UNAVAILABLE,
        UNKNOWN_REASON_CODE,
        REASON_NOT_ISSUE,
    ),
    body=ReservationActionBody,
    example={"action": "fulfil", "quantity": 1},
    result=ReservationRecord,
    answer={
        **_ROW,
        "open": 5,
        "fulfilled": 1,
        "version": 2,
        "history": [
            _CREATED,
            {
                "action": "fulfil",
                "fromState": "active",
                "toState": "active",
                "quantity": 1,
                "note": None,
                "by": _BY,
                "at": "2026-03-12T15:00:00.000Z",
            },
        ],
    },
    is_tagged=True,
    takes_if_match=True,
)
