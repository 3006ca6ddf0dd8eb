"""What a timeline is made of, and how it is asked for.

Its parts read from tables that know nothing of each other. Each gives what lies in the reach that is asked for, in one
order for all: by the instant, then by the key of the row that tells of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from inventory.models import Sku
from warehouses.access import Access
from warehouses.actors import ActorType
from warehouses.identifiers import encode

__all__ = ["Documents", "Event", "Mark", "Part", "Reach", "Record"]

#: (instant, key): where in the order of all events something is.
Mark = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class Record:
    """What an event leads to: the model's label, its primary key, and what people call it."""

    model: str
    key: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a SKU.

    `on_hand`, `reserved` and `held` are by how much it changed them, `units` how many units it was about where it
    changed none. `after` is what was on hand in its location then, of an event of the ledger. `prefix` is that of the
    public id of the row that tells of it, whose key is `key`.
    """

    at: datetime
    key: UUID
    prefix: str
    part: str
    words: str
    place: str
    actor_type: str
    actor_name: str
    why: str = ""
    where: str = ""
    reference: str = ""
    record: Record | None = None
    warehouse_id: UUID | None = None
    on_hand: int = 0
    reserved: int = 0
    held: int = 0
    units: int | None = None
    after: int | None = None
    source: str = ""

    @property
    def available(self) -> int:
        """By how much it changed what is available."""
        return self.on_hand - self.reserved - self.held

    @property
    def mark(self) -> Mark:
        return (self.at, self.key)

    @property
    def public_id(self) -> str:
        return encode(self.prefix, self.key)


@dataclass(frozen=True, slots=True)
class Reach:
    """Which events of a SKU are asked for: at most `limit`, the newest or the oldest of those between two marks.

    `places` are the warehouses it is about (None: all of the organization's): those where the caller may read stock, or
    the one they chose, which is `chosen` then. `above` and `below` are left out themselves; `from_here` is let in.
    """

    access: Access
    sku: Sku
    limit: int
    places: frozenset[UUID] | None = None
    chosen: UUID | None = None
    who: ActorType | None = None
    above: Mark | None = None
    below: Mark | None = None
    newest_first: bool = True

    def there(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those of `rows` that are about the SKU, in the places that are asked for."""
        rows = rows.filter(sku=self.sku, organization=self.access.organization)
        return rows if self.places is None else rows.filter(warehouse__in=self.places)

    def bounded_by(self, last: Event) -> Reach:
        """The same, once enough events are found of which `last` is the last: what lies beyond it is not needed.

        Other events of the same instant still are, for a part may have found less than there is.
        """
        if self.newest_first:
            return replace(self, above=max(self.above or _first(last.at), _first(last.at)))
        return replace(self, below=min(self.below or _last(last.at), _last(last.at)))

    def between(self, at: str, key: str = "pk") -> Q:
        """That the instant `at` and the key lie in the reach: a walk of an index that begins with the instant."""
        found = Q()
        if self.above is not None:
            instant, last = self.above
            found &= Q(**{f"{at}__gte": instant}) & (Q(**{f"{at}__gt": instant}) | Q(**{f"{key}__gt": last}))
        if self.below is not None:
            instant, last = self.below
            found &= Q(**{f"{at}__lte": instant}) & (Q(**{f"{at}__lt": instant}) | Q(**{f"{key}__lt": last}))
        return found

    def take(self, rows: QuerySet[Any], at: str) -> Sequence[Any]:
        """As many of `rows` as may be needed, in the order that is asked for, by `at` and their keys."""
        sign = "-" if self.newest_first else ""
        return list(rows.filter(self.between(at)).order_by(f"{sign}{at}", f"{sign}pk")[: self.limit])

    def in_order(self, events: Sequence[Event]) -> list[Event]:
        return sorted(events, key=lambda event: event.mark, reverse=self.newest_first)[: self.limit]


def _first(at: datetime) -> Mark:
    return (at, UUID(int=0))


def _last(at: datetime) -> Mark:
    return (at, UUID(int=2**128 - 1))


@dataclass(frozen=True, slots=True)
class Documents:
    """Documents whose histories (`inventory.history`) belong to the timeline.

    `rows` are those about the SKU that the caller may see, with `created_at`, `closed_at` and `version`. `tell` makes
    an event of a line of the history. `silent` are the acts that the ledger tells of.
    """

    prefix: str
    rows: Callable[[Reach], QuerySet[Any]]
    tell: Callable[[Any, Any], Event]
    silent: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Part:
    """Events of one sort: read by themselves, or from the histories of documents.

    `words` is what people call them.
    """

    name: str
    words: str
    icon: str
    read: Callable[[Reach], Sequence[Event]] | None = None
    documents: Documents | None = None
