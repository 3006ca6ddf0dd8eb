"""The ninety days of one stock level, planned backwards from what shall be there today.

Going back in time a sale adds to the stock and a delivery takes from it, so the plan ends exactly at the wanted
quantity and never runs below zero on the way.
"""

from __future__ import annotations

import enum
import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from inventory.demo.catalogue import Article
from inventory.demo.places import Place
from inventory.formulas import StockStatus

__all__ = ["DAYS", "Aside", "Event", "Kind", "Rhythm", "Sent", "Shelf", "plan"]

DAYS: Final = 90


class Kind(enum.Enum):
    """What happens to stock, and at which hour of the day."""

    OPENING = "06:00"
    RECEIPT = "07:40"
    SENT = "09:05"
    FROM_WAREHOUSE = "09:06"
    SALE_MORNING = "11:20"
    RETURN = "13:35"
    DAMAGE = "14:10"
    THEFT = "14:20"
    EXPIRY = "14:30"
    SUPPLIER_RETURN = "14:50"
    COUNT = "16:15"
    SALE_EVENING = "19:30"
    SYNC_ARRIVAL = "22:45"
    SYNC_SALE = "23:10"


@dataclass(frozen=True, slots=True)
class Event:
    """`day` counts from 0, ninety days ago; -1 is the opening. `quantity` is signed."""

    day: int
    kind: Kind
    quantity: int


class Rhythm(enum.Enum):
    """How a week sells, Monday first."""

    WEB = (1.15, 1.05, 1.0, 1.0, 0.95, 0.75, 1.1)
    SHOP = (0.7, 0.75, 0.85, 1.0, 1.3, 1.9, 0.0)
    MARKETPLACE = (1.05, 1.0, 1.0, 1.0, 1.0, 1.05, 1.15)


@dataclass(frozen=True, slots=True, eq=False)
class Aside:
    """A lot that is nobody's to sell: expired, blocked, or arrived too short before its end.

    `expires_in` counts from today; `written_off` is the day on which it went, None while it is still there.
    """

    day: int
    units: int
    expires_in: int
    is_quarantined: bool = False
    written_off: int | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """Goods on their way to another warehouse."""

    to: Shelf
    units: int
    arrives: int


@dataclass(slots=True, eq=False)
class Shelf:
    """One stock level as the story has it: where it is, how it sells, and what shall be left today."""

    article: Article
    place: Place
    rhythm: Rhythm
    units_a_day: float
    safety_stock: int
    reorder_point: int
    delivery: Kind
    status: StockStatus
    left: int = 0
    aside: list[Aside] = field(default_factory=list)
    sent: dict[int, list[Sent]] = field(default_factory=dict)  # by the day of leaving
    events: list[Event] = field(default_factory=list)


def plan(shelf: Shelf, *, first_day: date, random: random.Random) -> None:
    """Fill in `shelf.events`, oldest first."""
    stock = shelf.left - sum(aside.units for aside in shelf.aside if aside.written_off is None)
    events: list[Event] = []
    # What is out of stock has been so for some days; what runs low was not delivered lately.
    sold_out_for = random.randint(1, 6) if shelf.status is StockStatus.OUT_OF_STOCK else 0
    undelivered_for = 0 if shelf.status is StockStatus.NORMAL else random.randint(9, 16)
    rhythm = random.randint(9, 24)
    next_delivery = DAYS - 1 - max(undelivered_for, random.randint(1, rhythm))
    for day in range(DAYS - 1, -1, -1):
        today = first_day + timedelta(days=day)
        happened = [] if day >= DAYS - sold_out_for else _happened(shelf, day, today, random)
        for kind, quantity in happened:
            if stock - quantity < 0:
                continue
            events.append(Event(day, kind, quantity))
            stock -= quantity
        if day in shelf.sent:
            units = sum(sent.units for sent in shelf.sent[day])
            events.append(Event(day, Kind.SENT, -units))
            stock += units
        # Nobody delivers on a Sunday.
        if day <= next_delivery and today.weekday() < 6:
            kept = random.randint(shelf.safety_stock // 2, max(shelf.reorder_point, 1))
            packs = (stock - kept) // 6
            if packs > 0:
                events.append(Event(day, shelf.delivery, packs * 6))
                stock -= packs * 6
                next_delivery = day - random.randint(rhythm - 4, rhythm + 4)
    if stock:
        events.append(Event(-1, Kind.OPENING, stock))
    shelf.events = events[::-1]


def _happened(shelf: Shelf, day: int, today: date, random: random.Random) -> list[tuple[Kind, int]]:
    """What the day brought besides deliveries, the last of it first."""
    if shelf.rhythm is Rhythm.MARKETPLACE:
        sold = _poisson(_demand(shelf, day, today), random)
        return [(Kind.SYNC_SALE, -sold)] if sold else []
    happened: list[tuple[Kind, int]] = []
    sold = _poisson(_demand(shelf, day, today), random)
    evening = shelf.rhythm is Rhythm.SHOP or random.random() < 0.6  # the till is read once, at closing time
    if sold and evening:
        happened.append((Kind.SALE_EVENING, -sold))
    chance = random.random()
    is_working_day = today.weekday() < 6
    if chance < 0.006 and today.weekday() == 4:  # shelves are counted on Fridays
        happened.append((Kind.COUNT, random.choice((-3, -2, -1, -1, 1, 2))))
    elif chance < 0.009 and is_working_day:
        happened.append((Kind.DAMAGE, -random.randint(1, 3)))
    elif chance < 0.011 and shelf.rhythm is Rhythm.SHOP and is_working_day:
        happened.append((Kind.THEFT, -1))
    elif chance < 0.0115 and is_working_day:
        happened.append((Kind.SUPPLIER_RETURN, -random.randint(2, 6)))
    elif chance < 0.03 and is_working_day:
        happened.append((Kind.RETURN, random.randint(1, 2)))
    if sold and not evening:
        happened.append((Kind.SALE_MORNING, -sold))
    return happened


def _demand(shelf: Shelf, day: int, today: date) -> float:
    """Units to be expected: the weekly rhythm on a trend that grows by a quarter in ninety days."""
    trend = 0.875 + 0.25 * day / DAYS
    return shelf.units_a_day * trend * float(shelf.rhythm.value[today.weekday()])


def _poisson(mean: float, random: random.Random) -> int:
    """How many of many unlikely buyers came: the waiting times between them are exponential."""
    count = 0
    waited = random.expovariate(1.0)
    while waited < mean:
        count += 1
        waited += random.expovariate(1.0)
    return count
