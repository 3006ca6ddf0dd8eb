"""What a reservation could still get of a stock level: the ledger's rule, as a database expression.

It differs from ATP, which keeps back what is for no channel: a reservation takes from rooms that are not for selling
too, and from the safety stock. A test holds it and the ledger together.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import BigIntegerField, F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Cast, Coalesce, Greatest, Least

from inventory.models import LotState, Reservation, ReservationState, StockItem
from warehouses.models import RoomType

__all__ = ["reservable_units"]

_UNITS: Any = BigIntegerField()


def reservable_units(*, today: date, now: datetime) -> Any:
    """Over stock levels: the most that the ledger lets anybody reserve of one. `today` is the organization's.

    What lies free where goods may leave from, less what is reserved; no more than is available, for an item may have
    less than is held of it. Reservations that have run out by `now` count no more, whether or not they have been
    written off.
    """
    from_here = Q(lot=None) | (
        Q(lot__state=LotState.ACTIVE) & (Q(lot__expires_on=None) | Q(lot__expires_on__gte=today))
    )
    items = StockItem.objects.filter(from_here, level=OuterRef("pk"), on_hand__gt=F("held"))
    free = _sum(items.exclude(bin__room__room_type=RoomType.DESTRUCTION), F("on_hand") - F("held"))
    over = Reservation.objects.filter(
        level=OuterRef("pk"), state=ReservationState.ACTIVE, expires_at__lte=now
    )
    promised = F("reserved") - _sum(over, F("open"))
    return Greatest(Least(free, F("on_hand") - F("held")) - promised, Value(0), output_field=_UNITS)


def _sum(rows: Any, units: Any) -> Any:
    """The sum of what belongs to one level. PostgreSQL adds bigints up to a numeric."""
    total = rows.order_by().values("level").annotate(total=Cast(Sum(units), _UNITS)).values("total")
    return Coalesce(Subquery(total), Value(0), output_field=_UNITS)
