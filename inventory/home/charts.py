"""What stock was worth day by day, and why it moved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from django.urls import reverse
from django.utils.formats import date_format

from inventory.day_figures import Days, ReasonUnits
from warehouses.access import Access
from warehouses.charts import curve, two_ways
from warehouses.home import Chart, Key

__all__ = ["charts_of"]

#: Reasons with a bar of their own; the others are added up.
_REASONS: Final = 5


def charts_of(access: Access, kept: Days) -> list[Chart]:
    """From the days that are kept: no query."""
    charts = [_value(access, kept)]
    if kept.reasons:
        charts.append(_moved(kept.reasons))
    return charts


def _value(access: Access, kept: Days) -> Chart:
    days, currency = kept.days, access.organization.currency
    first, last = days[0], days[-1]
    most = max(days, key=lambda day: day.value)
    least = min(days, key=lambda day: day.value)
    return Chart(
        key="value",
        title=f"Stock value, {len(days)} days",
        summary=(
            f"{last.value:,.0f} {currency} now; {first.value:,.0f} on {_day(first.day)}. "
            f"Highest {most.value:,.0f} on {_day(most.day)}, lowest {least.value:,.0f} on {_day(least.day)}."
        ),
        drawing=curve(
            [
                (place / max(len(days) - 1, 1), float(day.value), f"{_day(day.day)}: {day.value:,.0f}")
                for place, day in enumerate(days)
            ],
            ends=(_day(first.day), "Today"),
        ),
        head=("Day", f"Value ({currency})", "Units on hand", "In", "Out"),
        rows=[
            (
                _day(day.day),
                f"{day.value:,.2f}",
                f"{day.on_hand:,}",
                f"{day.units_in:,}",
                f"{day.units_out:,}",
            )
            for day in reversed(days)
        ],
        link=reverse("admin:inventory_analytics"),
        link_words="Analytics",
        rank=10,
    )


def _moved(reasons: Sequence[ReasonUnits]) -> Chart:
    shown = [(each.name, each.units_in, each.units_out) for each in reasons[:_REASONS]]
    others = reasons[_REASONS:]
    if others:
        came, went = sum(each.units_in for each in others), sum(each.units_out for each in others)
        shown.append((f"{len(others)} other reason{'s' * (len(others) > 1)}", came, went))
    units_in = sum(each.units_in for each in reasons)
    units_out = sum(each.units_out for each in reasons)
    first = reasons[0]
    return Chart(
        key="reasons",
        title="Why stock moved, 30 days",
        summary=(
            f"{units_in:,} units came and {units_out:,} went. "
            f"Most moved for {first.name}: {first.units_in:,} in, {first.units_out:,} out."
        ),
        drawing=two_ways(shown),
        head=("Reason", "In", "Out", "Movements"),
        rows=[
            (each.name, f"{each.units_in:,}", f"{each.units_out:,}", f"{each.movements:,}")
            for each in reasons
        ],
        keys=[Key("Out", "out"), Key("In", "in")],
        link=reverse("admin:inventory_analytics"),
        link_words="Analytics",
        rank=20,
    )


def _day(day: date) -> str:
    return date_format(day, "j M", use_l10n=False)
