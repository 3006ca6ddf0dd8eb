"""The list of goods that have expired or soon will."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, DecimalField, ExpressionWrapper, F, Q, QuerySet, Sum

from inventory.lots.states import last_day_expression, state_expression
from inventory.models import LotState, StockItem
from warehouses.access import Access

__all__ = ["MOST_DAYS_AHEAD", "Totals", "expired_goods", "expires_within", "totals_of", "with_value"]

MOST_DAYS_AHEAD: Final = 3650
_MONEY: Final = DecimalField(max_digits=24, decimal_places=4)


@dataclass(frozen=True, slots=True)
class Totals:
    """`value` is None where no item has a unit cost; `unpriced` are the units of SKUs that have none."""

    items: int
    units: int
    value: Decimal | None
    unpriced: int


def expires_within(days: int, *, today: date, path: str = "lot__") -> Q:
    """What is expired and, with `days` from 1 on, what has its last day today or within so many days from today."""
    past = Q(**{f"{path}state": LotState.EXPIRED}) | Q(**{f"{path}expires_on__lt": today})
    if days:
        past |= Q(**{f"{path}expires_on__lte": today + timedelta(days=min(days, MOST_DAYS_AHEAD))})
    return past


def expired_goods(
    *, access: Access, days_ahead: int = 0, permission: str = "inventory.read"
) -> QuerySet[StockItem]:
    """The stock items with units whose lot is expired or expires within `days_ahead` days, where the caller may look.

    Each has `lot_condition`, the lot's state today in the organization's time zone, `last_day`, and `value`: on hand ×
    unit cost.
    """
    today = access.organization.today()
    rows = access.narrow(StockItem.objects.filter(on_hand__gt=0, lot__isnull=False), permission)
    rows = rows.filter(expires_within(days_ahead, today=today))
    return with_value(rows).annotate(
        lot_condition=state_expression(today, "lot__"), last_day=last_day_expression("lot__")
    )


def with_value(rows: QuerySet[StockItem]) -> QuerySet[StockItem]:
    """`rows` with `value`, on hand × unit cost: null where the SKU has no cost."""
    value: Any = ExpressionWrapper(F("on_hand") * F("sku__unit_cost"), output_field=_MONEY)
    return rows.annotate(value=value)


def totals_of(rows: QuerySet[Any]) -> Totals:
    """The sums over `rows`, which have a `value`. One query."""
    found = rows.order_by().aggregate(
        items=Count("pk"),
        units=Sum("on_hand", default=0),
        worth=Sum("value"),
        unpriced=Sum("on_hand", filter=Q(sku__unit_cost__isnull=True), default=0),
    )
    return Totals(found["items"], found["units"], found["worth"], found["unpriced"])
