"""What there was of a SKU after something had happened: on hand, reserved, held, over the places of a reach.

What is on hand is the ledger's: the quantity of each stock item after its last movement, an index look-up for each.
What is reserved and held follows from the documents that were open then, and their histories.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from inventory.models import Hold, Movement, Reservation, StateChange, StockItem, StockLevel
from inventory.sku_page.events import Mark, Reach

__all__ = ["Sums", "sums_after", "sums_now"]

_NOTHING: Final = Value(0)


@dataclass(frozen=True, slots=True)
class Sums:
    """`version` is that of all the levels together, of what there is now: it grows with every change."""

    on_hand: int
    reserved: int
    held: int
    version: int = 0

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved - self.held


def sums_now(reach: Reach) -> Sums:
    """What there is now. One query."""
    found = reach.there(StockLevel.objects.order_by()).aggregate(
        **{name: Coalesce(Sum(name), _NOTHING) for name in ("on_hand", "reserved", "held", "version")}
    )
    return Sums(**{name: int(number) for name, number in found.items()})


def sums_after(reach: Reach, mark: Mark) -> Sums:
    """What there was once the event of `mark` had happened. Six queries."""
    return Sums(
        _on_hand(reach, mark),
        _open(reach, mark, Reservation.objects.order_by()),
        _open(reach, mark, Hold.objects.order_by()),
    )


def _on_hand(reach: Reach, mark: Mark) -> int:
    at, key = mark
    last = Movement.objects.filter(stock_item=OuterRef("pk"), recorded_at__lte=at)
    there = last.order_by("-recorded_at", "-level_version").values("item_after")[:1]
    by_then = (
        reach.there(StockItem.objects.order_by())
        .filter(created_at__lte=at)
        .annotate(quantity=Coalesce(Subquery(there), 0))
        .aggregate(total=Coalesce(Sum("quantity"), _NOTHING))
    )
    # What the ledger recorded at the same instant comes after the event, where its key is greater.
    since = (
        reach.there(Movement.objects.order_by())
        .filter(recorded_at=at, pk__gt=key)
        .aggregate(total=Coalesce(Sum("delta"), _NOTHING))
    )
    return int(by_then["total"]) - int(since["total"])


def _open(reach: Reach, mark: Mark, documents: QuerySet[Any]) -> int:
    """Units that the documents kept. Of one that nobody has touched it is all of them; of others, what is left of them
    by the lines of their histories.
    """
    at, key = mark
    alive = reach.there(documents).filter(Q(closed_at=None) | Q(closed_at__gte=at), created_at__lte=at)
    untouched = Q(version=1, created_at__lt=at)
    whole = alive.filter(untouched).aggregate(total=Coalesce(Sum("quantity"), _NOTHING))["total"]
    touched = list(alive.exclude(untouched).values_list("pk", flat=True))
    change = Case(When(action="create", then=F("quantity")), default=-F("quantity"))
    part = (
        StateChange.objects.order_by()
        .filter(
            Q(created_at__lt=at) | Q(created_at=at, pk__lte=key),
            subject_id__in=touched,
            quantity__isnull=False,
        )
        .aggregate(total=Coalesce(Sum(change), _NOTHING))["total"]
    )
    return int(whole) + int(part)
