"""What the machine believes of the goods: how many of each SKU, lot and location, and what is promised and held.

Plain numbers and dictionaries; it knows nothing of the product but what its documentation says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo

from tests.machine.documents import Hold, Promise, Request, Transfer

__all__ = ["HOUSES", "LOTS", "PLACES", "SKUS", "Clock", "Goods", "Place", "Shop"]

Place = tuple[str, str]  # SKU and location
#: Units by lot, in the order in which they were picked.
Parts = dict[str, int]

HOUSES = ("North", "South")
#: Which lots there are of each SKU, in the order in which they leave; "" is none, and the only one where it stands.
LOTS = {"MUG": ("",), "JAR": ("",), "SERUM": ("A", "B", "C")}
SKUS = tuple(LOTS)
PLACES = tuple((sku, house) for sku in SKUS for house in HOUSES)


@dataclass
class Clock:
    """The only clock there is, and the time zone in which lots expire."""

    now: datetime
    zone: tzinfo

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()


@dataclass
class Goods:
    """Those of one SKU and lot in one location."""

    units: int = 0
    held: int = 0

    @property
    def free(self) -> int:
        return max(self.units - self.held, 0)


@dataclass
class Shop:
    clock: Clock
    last_days: dict[str, date]
    goods: dict[Place, dict[str, Goods]] = field(
        default_factory=lambda: {place: {lot: Goods() for lot in LOTS[place[0]]} for place in PLACES}
    )
    promises: dict[str, Promise] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    transfers: dict[str, Transfer] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)
    came: int = 0

    # --- how much there is

    def on_hand(self, place: Place) -> int:
        return sum(goods.units for goods in self.goods[place].values())

    def held(self, place: Place) -> int:
        return sum(goods.held for goods in self.goods[place].values())

    def reserved(self, place: Place) -> int:
        promised = sum(
            p.open for p in self.promises.values() if p.place == place and p.counts(self.clock.now)
        )
        return promised + sum(request.promised(place) for request in self.requests.values())

    def available(self, place: Place) -> int:
        return self.on_hand(place) - self.reserved(place) - self.held(place)

    def is_over(self, lot: str) -> bool:
        """The last day of a lot is one on which it is still good."""
        return lot in self.last_days and self.last_days[lot] < self.clock.today

    def pickable(self, place: Place, lot: str | None = None) -> Iterator[tuple[str, Goods]]:
        """What may leave, in the order in which it does; of the one lot only, if one is named."""
        for name, goods in self.goods[place].items():
            if lot in (None, name) and not self.is_over(name):
                yield name, goods

    def free(self, place: Place, lot: str | None = None) -> int:
        return sum(goods.free for _, goods in self.pickable(place, lot))

    def issuable(self, place: Place, lot: str | None = None) -> int:
        """What may leave that nobody was promised: expired goods neither leave nor back a promise."""
        most = min(self.free(place) - self.reserved(place), self.available(place))
        return max(min(self.free(place, lot), most), 0)

    def in_transit(self) -> int:
        return sum(transfer.in_transit for transfer in self.transfers.values())

    # --- changing it

    def bring(self, place: Place, lot: str, units: int) -> None:
        """Units that come from outside."""
        self.goods[place][lot].units += units
        self.came += units

    def take(self, place: Place, units: int, lot: str | None = None) -> Parts:
        """Goods that leave: first expired, first out."""
        parts = {}
        for name, goods in self.pickable(place, lot):
            if part := min(units, goods.free):
                goods.units -= part
                units -= part
                parts[name] = part
        assert not units
        return parts

    def issue(self, place: Place, units: int, lot: str | None = None) -> None:
        """Goods that leave for good."""
        self.take(place, units, lot)
        self.came -= units

    def correct(self, place: Place, delta: int) -> None:
        """The books are put right: what is missing was free and good, as far as there is such."""
        self.came += delta
        if delta > 0:
            (goods,) = self.goods[place].values()
            goods.units += delta
            return
        missing = -delta
        for goods, gives in [
            *((goods, goods.free) for _, goods in self.pickable(place)),
            *((goods, goods.units) for goods in self.goods[place].values()),
        ]:
            part = min(missing, gives, goods.units)
            goods.units -= part
            missing -= part
        assert not missing

    def hold(self, place: Place, units: int, lot: str | None) -> Parts | None:
        """What is held of which lot: of what may leave only what nobody was promised, then the rest; None: too much."""
        good = self.issuable(place, lot)
        over = [
            (name, goods)
            for name, goods in self.goods[place].items()
            if self.is_over(name) and lot in (None, name)
        ]
        if units > min(self.available(place), good + sum(goods.free for _, goods in over)):
            return None
        parts: Parts = {}
        for offers, most in ((list(self.pickable(place, lot)), min(units, good)), (over, units)):
            left = most - sum(parts.values())
            for name, goods in offers:
                if part := min(left, goods.free):
                    parts[name] = part
                    left -= part
        for name, part in parts.items():
            self.goods[place][name].held += part
        return parts
