"""Which movements are demand: goods that left for good."""

from __future__ import annotations

from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from inventory.models import Adjustment, Movement, Nature, ReasonCode
from warehouses.models import Organization

__all__ = ["consumption"]

#: Goods leave for these, and are the organization's still.
_INTERNAL: Final = ("transfer", "put_away")
#: What a full sync finds gone has most likely been sold: the till says how much there is, and not why.
_SYNC: Final = "sync"


def consumption(*, organization: Organization, movements: QuerySet[Movement]) -> QuerySet[Movement]:
    """Those of `movements` with which goods were consumed: decreases for a reason by which goods leave.

    Sales and returns to suppliers are; transfers, put-away, damage, counts and other corrections are not. A movement of
    a document that was reversed is not either: it never happened. The reasons are one subquery over a short table.
    """
    leaving = Q(nature=Nature.ISSUE) & ~Q(code_key__in=_INTERNAL)
    reasons = ReasonCode.objects.order_by().filter(leaving | Q(code_key=_SYNC), organization=organization)
    undone = Adjustment.objects.order_by().filter(reverses=OuterRef("document_id"))
    return movements.filter(~Exists(undone), delta__lt=0, reason_code__in=reasons)
