"""What the machine believes: two locations, two SKUs, and what was promised, held, sent, asked for and counted.

Plain numbers and dictionaries; it knows nothing of the product but what its documentation says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

__all__ = ["Hold", "Place", "Promise", "Request", "Shop", "Transfer"]

Place = tuple[str, str]  # SKU and location


@dataclass
class Promise:
    place: Place
    open: int
    until: datetime | None

    def counts(self, now: datetime) -> bool:
        return self.open > 0 and (self.until is None or self.until > now)


@dataclass
class Hold:
    place: Place
    open: int


@dataclass
class Transfer:
    sku: str
    source: str
    destination: str
    units: int
    in_transit: int = 0
    state: str = "draft"


@dataclass
class Request:
    place: Place
    destination: str
    units: int
    line: str
    state: str = "draft"
    promised: int = 0


@dataclass
class Shop:
    on_hand: dict[Place, int]
    promises: dict[str, Promise] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    transfers: dict[str, Transfer] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)
    came: int = 0

    def reserved(self, place: Place, now: datetime) -> int:
        promised = sum(p.open for p in self.promises.values() if p.place == place and p.counts(now))
        return promised + sum(r.promised for r in self.requests.values() if r.place == place)

    def held(self, place: Place) -> int:
        return sum(hold.open for hold in self.holds.values() if hold.place == place)

    def available(self, place: Place, now: datetime) -> int:
        return self.on_hand[place] - self.reserved(place, now) - self.held(place)

    def in_transit(self) -> int:
        return sum(transfer.in_transit for transfer in self.transfers.values())

    def change(self, place: Place, delta: int) -> None:
        """Units that come from outside, or go there."""
        self.on_hand[place] += delta
        self.came += delta
