"""The state table of reservations, who may act, and the refusals that several acts share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from inventory.models import Reservation, ReservationState
from inventory.resolution import permission_denied
from warehouses.access import Access
from warehouses.models import Warehouse
from warehouses.refusals import Conflict, InvalidInput, NotFound, Problem

__all__ = [
    "ALLOWED",
    "ENDS",
    "FULFIL",
    "READ",
    "RELEASE",
    "WRITE",
    "allowed",
    "invalid_quantity",
    "not_found",
    "of_document",
    "require_writer",
]

READ: Final = "inventory.read"
WRITE: Final = "inventory.write"
FULFIL: Final = "fulfil"
RELEASE: Final = "release"

#: What can be done with a reservation, by its state; each of the others is an end.
ALLOWED: Final[Mapping[str, frozenset[str]]] = {ReservationState.ACTIVE.value: frozenset({FULFIL, RELEASE})}
ENDS: Final = {FULFIL: ReservationState.FULFILLED, RELEASE: ReservationState.RELEASED}


def allowed(reservation: Reservation) -> frozenset[str]:
    """What can be done with it by itself: nothing, where a document has made it."""
    return frozenset() if reservation.document_id else ALLOWED.get(reservation.state, frozenset())


def of_document(reservation: Reservation) -> Conflict:
    """For whoever acts on a reservation that a document has made."""
    return Conflict(
        "RESERVATION_OF_DOCUMENT",
        f"{reservation.public_id} was made for {reservation.reference}:"
        " it is changed by what is done with that, and by nothing else.",
    )


def require_writer(access: Access, warehouse: Warehouse) -> None:
    access.require(WRITE)
    if not access.covers(WRITE, warehouse.pk):
        raise permission_denied(WRITE, warehouse, None)


def invalid_quantity() -> InvalidInput:
    detail = "A quantity is 1 unit or more."
    return InvalidInput(
        "INVALID_QUANTITY", detail, problems=[Problem("INVALID_QUANTITY", detail, field="quantity")]
    )


def not_found() -> NotFound:
    return NotFound("RESERVATION_NOT_FOUND", "There is no such reservation.")
