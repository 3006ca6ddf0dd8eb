"""The picture of a SKU's stock over time: a stepped line, the levels that bound it, and how it will go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.utils import timezone

from inventory.sku_page.over_time import Course, Day, Outlook

__all__ = ["Band", "Chart", "Mark", "Tick", "chart_of", "summary_of"]

#: The picture's own units; it is stretched to the width that there is.
_WIDTH: Final = 1000
_HEIGHT: Final = 200
#: How much of the width, at most, is for what is to come.
_AHEAD: Final = 0.34
#: What a date takes of the width, on a narrow screen.
_ROOM: Final = 0.2
_STEPS: Final = (1, 2, 5)

_Scale = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Tick:
    """A label of an axis, at so many percent of it."""

    words: str
    percent: str


@dataclass(frozen=True, slots=True)
class Band:
    """A level line: its height, its name, and its number."""

    y: str
    percent: str
    words: str
    kind: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A count: where it is in the picture, and in words."""

    left: str
    top: str
    words: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Chart:
    width: int
    height: int
    line: str
    area: str
    ahead: str
    today: str
    bands: Sequence[Band]
    levels: Sequence[Tick]
    days: Sequence[Tick]
    marks: Sequence[Mark]


def chart_of(course: Course) -> Chart:
    """Days are as wide as each other; the last is today, after it comes the outlook where there is one."""
    days = course.days
    ahead = _days_ahead(course)
    span = max(len(days) + ahead, 1)
    top = _round_up(max([day.on_hand for day in days] + [course.reorder_point, course.safety_stock, 1]))

    def x(place: float) -> float:
        return _WIDTH * place / span

    def y(units: float) -> float:
        return _HEIGHT - _HEIGHT * units / top

    now = days[-1].on_hand if days else 0
    steps = "".join(
        f"{'L' if place else 'M'}{x(place):.1f} {y(day.on_hand):.1f}H{x(place + 1):.1f}"
        for place, day in enumerate(days)
    )
    marks = [
        Mark(
            f"{100 * (place + 0.5) / span:.2f}",
            f"{100 - 100 * days[place].on_hand / top:.2f}",
            f"{event.words} ({timezone.localtime(event.at):%-d %b})",
            event.public_id,
        )
        for event in course.counts
        if 0 <= (place := _place(days, timezone.localtime(event.at).date())) < len(days)
    ]
    return Chart(
        width=_WIDTH,
        height=_HEIGHT,
        line=steps,
        area=f"{steps}V{_HEIGHT}H0Z" if steps else "",
        ahead=_ahead(course, x, y, len(days), now, ahead),
        today=f"{x(len(days)):.1f}" if ahead else "",
        bands=[
            Band(f"{y(units):.1f}", f"{100 - 100 * units / top:.2f}", f"{words} {units:,}", kind)
            for units, words, kind in (
                (course.reorder_point, "Reorder point", "reorder"),
                (course.safety_stock, "Safety stock", "safety"),
            )
            if units
        ],
        levels=[Tick(f"{units:,}", f"{100 - 100 * units / top:.2f}") for units in _levels(top)],
        days=_days(days, ahead, span),
        marks=marks,
    )


def _place(days: Sequence[Day], day: date) -> int:
    return (day - days[0].day).days if days else -1


def _days_ahead(course: Course) -> int:
    lasts = course.outlook.lasts
    if not course.outlook.demand or not lasts or not course.days:
        return 0
    most = int(len(course.days) * _AHEAD / (1 - _AHEAD))
    return max(min(lasts + max(lasts // 10, 2), most), 1)


def _ahead(course: Course, x: _Scale, y: _Scale, begin: int, now: int, ahead: int) -> str:
    """A straight line: what is there less the demand of each day, down to what is promised or held already."""
    outlook = course.outlook
    if not ahead or not outlook.lasts:
        return ""
    days = min(ahead, outlook.lasts)
    # On the day on which nothing is available any more, what is promised and held is there still.
    kept = max(now - outlook.available, 0)
    left = now - (now - kept) * days / outlook.lasts
    return f"M{x(begin):.1f} {y(now):.1f}L{x(begin + days):.1f} {y(max(left, 0)):.1f}"


def _round_up(units: int) -> int:
    """A round number that has room above `units`."""
    size = 1
    while True:
        for step in _STEPS:
            if step * size * 4 >= units:
                return step * size * 4
        size *= 10


def _levels(top: int) -> list[int]:
    return [top * part // 4 for part in range(5)]


def _days(days: Sequence[Day], ahead: int, span: int) -> list[Tick]:
    """The first day, today, and the end of what is to come, where there is room for it beside today."""
    if not days:
        return []
    ticks = [Tick(f"{days[0].day:%-d %b %Y}", "0")]
    ticks.append(Tick("Today", f"{100 * len(days) / span:.2f}"))
    if ahead >= span * _ROOM:
        last = days[-1].day + timedelta(days=ahead)
        ticks.append(Tick(f"{last:%-d %b}", "100"))
    return ticks


def summary_of(course: Course) -> str:
    """What the picture shows, in words."""
    days = course.days
    if not days:
        return "There was none of it yet."
    first, last = days[0].on_hand, days[-1].on_hand
    least = min(day.on_hand for day in days)
    came, went = sum(day.came for day in days), sum(day.went for day in days)
    if first == last:
        moved = f"{last:,} on hand, as many as {len(days)} days ago"
    else:
        moved = f"{'Up' if last > first else 'Down'} from {first:,} to {last:,} on hand in {len(days)} days"
    return f"{moved}; {came:,} came, {went:,} went, {least:,} at the least. {outlook_of(course.outlook)}"


def outlook_of(outlook: Outlook) -> str:
    if outlook.available <= 0:
        return "Nothing is available now."
    if not outlook.demand:
        return f"Nothing was consumed in the last {outlook.window} days."
    rate = f"At {outlook.demand.normalize():f} a day"
    if outlook.lasts is None or outlook.runs_out_on is None:
        return f"{rate} it lasts for years."
    words = f"{rate} it lasts {_in_days(outlook.lasts)}, until about {outlook.runs_out_on:%-d %b %Y}"
    if outlook.low_in and outlook.low_on is not None:
        words += f"; it is below its reorder point from about {outlook.low_on:%-d %b}"
    elif outlook.low_in == 0:
        words += "; it is at its reorder point or below it"
    return f"{words}."


def _in_days(days: int) -> str:
    return f"{days:,} day{'s' * (days != 1)}"
