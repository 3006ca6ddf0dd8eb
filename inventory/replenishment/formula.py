"""How much should be ordered: the formula, over whole units and without a database.

The position is what is available and what is inbound. A suggestion is made where the position is below the reorder
point, as a level is low where available is below it. It lifts the position to the maximum; where no maximum is set,
by as many whole reorder quantities as bring it to the reorder point; where neither is set, to the reorder point
itself. Then it is rounded up to the order multiple, beyond the maximum if need be: the multiple is what can be bought.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from django.db import models

__all__ = [
    "LEAD_TIME_DAYS",
    "ORDER_MULTIPLE",
    "WINDOW_DAYS",
    "Basis",
    "Need",
    "demand_per_day",
    "is_needed",
    "need",
    "reorder_point",
]

#: What holds where nobody has set anything.
LEAD_TIME_DAYS: Final = 7
WINDOW_DAYS: Final = 30
ORDER_MULTIPLE: Final = 1

_HUNDREDTH = Decimal("0.01")


class Basis(models.TextChoices):
    """What a suggestion lifts the position to."""

    MAXIMUM = "maximum", "Up to the maximum"
    REORDER_QUANTITY = "reorder_quantity", "Whole reorder quantities"
    REORDER_POINT = "reorder_point", "Up to the reorder point"


@dataclass(frozen=True, slots=True)
class Need:
    """`quantity` is `needed`, rounded up to the order multiple; `needed` lifts the position to `target`."""

    basis: Basis
    target: int
    needed: int
    quantity: int


def demand_per_day(*, units: int, window_days: int) -> Decimal:
    """For people, to the hundredth: the formula itself rounds once, at the reorder point."""
    return (Decimal(units) / window_days).quantize(_HUNDREDTH, rounding=ROUND_HALF_UP)


def reorder_point(
    *, setting: int, safety_stock: int, units: int, window_days: int, lead_time_days: int
) -> int:
    """The one that is set; where it is 0, the demand of the lead time, rounded up, and the safety stock.

    `units` were in demand in the last `window_days`.
    """
    if setting > 0:
        return setting
    return -(-units * lead_time_days // window_days) + safety_stock


def is_needed(*, position: int, reorder_point: int) -> bool:
    return position < reorder_point


def need(
    *, position: int, reorder_point: int, reorder_quantity: int, maximum: int | None, order_multiple: int
) -> Need | None:
    """What to order, or None where the position is not below the reorder point."""
    if not is_needed(position=position, reorder_point=reorder_point):
        return None
    if maximum is not None:
        basis, target = Basis.MAXIMUM, max(maximum, reorder_point)
    elif reorder_quantity > 0:
        basis = Basis.REORDER_QUANTITY
        target = position + -(-(reorder_point - position) // reorder_quantity) * reorder_quantity
    else:
        basis, target = Basis.REORDER_POINT, reorder_point
    needed = target - position
    return Need(basis, target, needed, -(-needed // order_multiple) * order_multiple)
