"""Finding the reservation that somebody names."""

from __future__ import annotations

from inventory.models import Reservation
from inventory.reservations.states import READ, not_found
from inventory.resolution import permission_denied
from warehouses.access import Access
from warehouses.identifiers import decode

__all__ = ["find_reservation"]


def find_reservation(*, access: Access, public_id: str, permission: str = READ) -> Reservation:
    """The reservation of this id, with its SKU, warehouse and channel, where the caller has the permission.

    Raises NotFound `RESERVATION_NOT_FOUND`, and Forbidden `PERMISSION_DENIED` where the caller may only read.
    """
    key = decode(Reservation.prefix, public_id)
    rows = Reservation.objects.for_organization(access.organization).select_related(
        "sku", "warehouse", "channel"
    )
    found = rows.filter(pk=key).first() if key is not None else None
    if found is None or not any(access.covers(name, found.warehouse_id) for name in (permission, READ)):
        raise not_found()
    if not access.covers(permission, found.warehouse_id):
        raise permission_denied(permission, found.warehouse, None)
    return found
