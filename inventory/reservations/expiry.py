"""Reservations whose time is up: they stop counting before anybody looks at the stock."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Final

from django.utils import timezone

from inventory.ledger import expire
from inventory.models import Reservation, ReservationState
from warehouses import prepared, transactions
from warehouses.models import Organization

__all__ = ["expire_due", "organizations_with_due"]

_LEVELS_AT_ONCE: Final = 200
_IS_DUE: Final = (
    "SELECT 1 FROM inventory_reservation WHERE organization_id = %s::uuid AND state = 'active'"
    " AND expires_at IS NOT NULL AND expires_at <= %s::timestamptz LIMIT 1"
)


def expire_due(organization: Organization) -> None:
    """Take what has run out off the stock of the organization. One query where nothing has.

    Every reader of stock calls this first, so that an expired reservation stops counting at its instant; a task does
    the same for the events that it sets free.
    """
    now = timezone.now()
    # At nearly every request nothing is, and that is asked more cheaply than for what is.
    if prepared.is_possible() and not prepared.fetch(_IS_DUE, [organization.pk, now]):
        return
    due = Reservation.objects.filter(
        organization=organization, state=ReservationState.ACTIVE, expires_at__lte=now
    )
    rows = due.order_by("sku", "warehouse").select_related("sku", "warehouse")
    places = {(row.sku_id, row.warehouse_id): (row.sku, row.warehouse) for row in rows}
    wanted = list(places.values())
    for start in range(0, len(wanted), _LEVELS_AT_ONCE):
        some = wanted[start : start + _LEVELS_AT_ONCE]
        transactions.run(partial(expire, organization=organization, places=some))


def organizations_with_due(now: datetime) -> list[Organization]:
    """The organizations of which some reservation has run out by `now` and still stands as active. One query."""
    due = Reservation.objects.filter(state=ReservationState.ACTIVE, expires_at__lte=now)
    return list(Organization.objects.filter(pk__in=due.order_by().values("organization")).order_by("pk"))
