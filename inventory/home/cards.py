"""Four figures of stock, each against what is usual and with the way that it has come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.urls import reverse

from inventory.day_figures import Day, Days
from warehouses.access import Access
from warehouses.charts import sparkline
from warehouses.home import Card, against_the_usual

__all__ = ["cards_of"]

_SHOWN: Final = 28
_WEEK: Final = 7


def cards_of(access: Access, kept: Days) -> list[Card]:
    """From the days that are kept: no query."""
    days = kept.days
    today, before = days[-1], days[:-1]
    analytics = reverse("admin:inventory_analytics")
    values = [float(day.value) for day in days]
    units = [float(day.on_hand) for day in days]
    shares = [_share(day) for day in days]
    weeks = _weeks(before)
    unavailable = None if today.available is None else today.on_hand - today.available
    return [
        Card(
            label="Stock value",
            value=f"{today.value:,.0f} {access.organization.currency}",
            link=analytics,
            note="At unit cost",
            delta=against_the_usual(values[-1], values[:-1]),
            spark=sparkline(values[-_SHOWN:]),
            rank=10,
        ),
        Card(
            label="Units on hand",
            value=f"{today.on_hand:,}",
            link=reverse("admin:inventory_stocklevel_changelist"),
            delta=against_the_usual(units[-1], units[:-1]),
            spark=sparkline(units[-_SHOWN:]),
            rank=20,
        ),
        Card(
            label="Available",
            value="–" if shares[-1] is None else f"{shares[-1]:.1f}%",
            link=reverse("admin:inventory_reservation_changelist"),
            note="" if unavailable is None else f"{unavailable:,} units reserved or held",
            delta=against_the_usual(shares[-1], shares[:-1], points=True),
            spark=sparkline(shares[-_SHOWN:]),
            rank=30,
        ),
        Card(
            label="Units moved in 7 days",
            value=f"{sum(day.moved for day in before[-_WEEK:]):,}",
            link=reverse("admin:inventory_movement_changelist"),
            note=f"Today so far {today.moved:,}",
            delta=against_the_usual(weeks[-1], weeks[:-_WEEK]) if len(weeks) > _WEEK else "",
            spark=sparkline([float(day.moved) for day in before[-_SHOWN:]]),
            rank=40,
        ),
    ]


def _share(day: Day) -> float | None:
    """Percent of what is on hand that is neither reserved nor held."""
    return None if day.available is None or not day.on_hand else 100 * day.available / day.on_hand


def _weeks(days: Sequence[Day]) -> list[float]:
    """The units moved in each seven days on end, the last of which end with the last day."""
    return [float(sum(day.moved for day in days[end - _WEEK : end])) for end in range(_WEEK, len(days) + 1)]
