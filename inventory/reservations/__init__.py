"""Reservations: units of a stock level that are promised to somebody, until they leave, are given back, or time is up.

What a document has reserved is changed by what is done with that document: `documents` is its door, the other modules
are for reservations that stand by themselves.
"""

from inventory.reservations.acts import fulfil_reservation, release_reservation
from inventory.reservations.creation import create_reservation
from inventory.reservations.documents import Promise, Taking, release_for, reserve_for
from inventory.reservations.expiry import expire_due, organizations_with_due
from inventory.reservations.finding import find_reservation
from inventory.reservations.shortages import as_unavailable
from inventory.reservations.states import FULFIL, READ, RELEASE, WRITE, allowed

__all__ = [
    "FULFIL",
    "READ",
    "RELEASE",
    "WRITE",
    "Promise",
    "Taking",
    "allowed",
    "as_unavailable",
    "create_reservation",
    "expire_due",
    "find_reservation",
    "fulfil_reservation",
    "organizations_with_due",
    "release_for",
    "release_reservation",
    "reserve_for",
]
