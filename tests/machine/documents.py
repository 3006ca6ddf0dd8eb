"""What the machine believes of the documents: what was promised, held, sent and asked for, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

__all__ = ["Hold", "Promise", "Request", "Row", "Sent", "Transfer"]


@dataclass
class Promise:
    place: tuple[str, str]
    units: int
    until: datetime | None
    open: int = 0
    fulfilled: int = 0
    ended: str = ""

    def __post_init__(self) -> None:
        self.open = self.units

    def counts(self, now: datetime) -> bool:
        return self.open > 0 and (self.until is None or self.until > now)

    def is_open(self, now: datetime) -> bool:
        return self.counts(now)

    def state(self, now: datetime) -> str:
        return self.ended or ("active" if self.counts(now) else "expired")


@dataclass
class Hold:
    """`parts` are the units of each lot, in the order in which they were held."""

    place: tuple[str, str]
    parts: dict[str, int]

    @property
    def open(self) -> int:
        return sum(self.parts.values())

    def is_open(self, _now: datetime) -> bool:
        return self.open > 0


@dataclass
class Sent:
    """One line of a transfer; `parts` are the units in transit of each lot that was shipped for it."""

    sku: str
    units: int
    line: str
    lot: str | None = None
    parts: dict[str, int] = field(default_factory=dict)
    shipped: int = 0
    arrived: int = 0
    surplus: int = 0
    lost: int = 0

    @property
    def in_transit(self) -> int:
        return sum(self.parts.values())


@dataclass
class Transfer:
    source: str
    destination: str
    lines: list[Sent]
    state: str = "draft"

    @property
    def in_transit(self) -> int:
        return sum(line.in_transit for line in self.lines)

    def is_open(self, _now: datetime) -> bool:
        return self.state in {"draft", "in_transit"}


@dataclass
class Row:
    """One line of a request; `promised` is what is reserved for it."""

    sku: str
    units: int
    line: str
    approved: int | None = None
    picked: int = 0
    fulfilled: int = 0
    back_ordered: int = 0
    closed: int = 0
    promised: int = 0

    def missing(self, units: int, rest: str) -> None:
        """So many do not come with this request; `rest` is what becomes of them."""
        if rest == "back_order":
            self.back_ordered += units
        else:
            self.closed += units


@dataclass
class Request:
    """`destination` None: somebody fetches the goods, and they leave for good."""

    source: str
    destination: str | None
    rows: list[Row]
    state: str = "submitted"

    def promised(self, place: tuple[str, str]) -> int:
        return sum(row.promised for row in self.rows if (row.sku, self.source) == place)

    def is_open(self, _now: datetime) -> bool:
        return self.state not in {"fulfilled", "cancelled"}
