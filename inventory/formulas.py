"""The formulas of stock, one function each, used by every page, contract and event.

Each stands twice where it must: as Python over integers, and as a database expression over the columns of a stock
level or summary, from which the database computes the column that lists filter by. A test holds the two together.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.expressions import CombinedExpression

__all__ = [
    "StockStatus",
    "available",
    "available_expression",
    "is_low",
    "is_low_expression",
    "promisable",
    "status",
    "status_expression",
]


class StockStatus(models.TextChoices):
    NORMAL = "normal", "Normal"
    LOW = "low", "Low"
    CRITICAL = "critical", "Critical"
    OUT_OF_STOCK = "out_of_stock", "Out of stock"


def available(*, on_hand: int, reserved: int, held: int) -> int:
    """Units that may still be promised. Negative when more is promised than is there; never clamped."""
    return on_hand - reserved - held


def promisable(*, on_hand: int, reserved: int, held: int, safety_stock: int) -> int:
    """The nexus contract's `available`, which keeps the safety stock back: 350 - 18 - 15 = 317."""
    return available(on_hand=on_hand, reserved=reserved, held=held) - safety_stock


def is_low(*, available: int, reorder_point: int) -> bool:
    return available < reorder_point


def status(*, available: int, safety_stock: int, reorder_point: int) -> StockStatus:
    """The worst that is true, in this order: out of stock, critical, low, normal."""
    if available <= 0:
        return StockStatus.OUT_OF_STOCK
    if available <= safety_stock:
        return StockStatus.CRITICAL
    if is_low(available=available, reorder_point=reorder_point):
        return StockStatus.LOW
    return StockStatus.NORMAL


def available_expression() -> CombinedExpression:
    return F("on_hand") - F("reserved") - F("held")


def is_low_expression() -> Case:
    return Case(
        When(Q(on_hand__lt=F("reserved") + F("held") + F("reorder_point")), then=Value(True)),
        default=Value(False),
    )


def status_expression(prefix: str = "") -> Case:
    """`status` over columns or annotations named `<prefix>on_hand` and so on."""
    promised = F(f"{prefix}reserved") + F(f"{prefix}held")
    on_hand = f"{prefix}on_hand"
    return Case(
        When(Q(**{f"{on_hand}__lte": promised}), then=Value(StockStatus.OUT_OF_STOCK.value)),
        When(
            Q(**{f"{on_hand}__lte": promised + F(f"{prefix}safety_stock")}),
            then=Value(StockStatus.CRITICAL.value),
        ),
        When(
            Q(**{f"{on_hand}__lt": promised + F(f"{prefix}reorder_point")}),
            then=Value(StockStatus.LOW.value),
        ),
        default=Value(StockStatus.NORMAL.value),
    )
