"""The requests that wait for the caller: what of each is shown in the queue, which filters there are, in what order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from stock_requests.admin.approvals_filters import Filters, age_key
from stock_requests.approvals.delegations import delegators_of
from stock_requests.approvals.pending import pending_for
from stock_requests.approvals.standing import Standing, standings_of
from stock_requests.figures import Risks, figures_of_many
from stock_requests.models import Priority, RequestLine, Snooze, StockRequest
from stock_requests.rights import READ
from stock_requests.totals import Totals, totals_of
from stock_requests.wording import destination_of, requester_of
from warehouses.access import Access
from warehouses.identifiers import decode

__all__ = ["MOST_WAITING", "Facts", "Flag", "Queue", "read_queue"]

#: Nobody decides on more in a day, and the figures of each are asked for at each look at the page.
MOST_WAITING: Final = 1000

_NO_RISKS: Final = Risks()
#: Days after which a request that waits is pointed out.
_OLD: Final = timedelta(days=3)
_AGING: Final = timedelta(days=1)
_FAR: Final = date.max


@dataclass(frozen=True, slots=True)
class Flag:
    """A word on a request, with the kind that the theme colours it by."""

    words: str
    kind: str
    icon: str


@dataclass(frozen=True, slots=True)
class Facts:
    """A request that waits, with what is told of it in the queue."""

    request: StockRequest
    totals: Totals
    risks: Risks
    knows_stock: bool
    is_mine: bool
    #: Whether one of its SKUs is what the caller searches for.
    is_found_by_sku: bool
    snoozed_until: datetime | None
    now: datetime
    today: date

    @property
    def key(self) -> str:
        return self.request.public_id

    @property
    def waits_since(self) -> datetime:
        return self.request.submitted_at or self.request.created_at

    @property
    def age(self) -> str:
        return age_of(self.now - self.waits_since)

    @property
    def age_kind(self) -> str:
        waits = self.now - self.waits_since
        if waits >= _OLD:
            return "old"
        return "aging" if waits >= _AGING else "fresh"

    @property
    def destination(self) -> str:
        return destination_of(self.request)

    @property
    def requester(self) -> str:
        return requester_of(self.request)

    @property
    def is_late(self) -> bool:
        return self.request.needed_by is not None and self.request.needed_by < self.today

    @property
    def is_safe(self) -> bool:
        """Whether what is left stays at the safety stock or above it, on every line."""
        return self.knows_stock and not (self.risks.is_short or self.risks.falls_below_safety)

    @property
    def flags(self) -> list[Flag]:
        found = []
        if self.is_late:
            found.append(Flag("Late", "danger", "event_busy"))
        if self.risks.is_short:
            found.append(Flag("Short", "danger", "production_quantity_limits"))
        elif self.risks.falls_below_safety:
            found.append(Flag("Below safety stock", "warning", "trending_down"))
        return found

    @property
    def is_pressing(self) -> bool:
        return self.request.priority > Priority.NORMAL

    @property
    def priority(self) -> Priority:
        return Priority(self.request.priority)


@dataclass(frozen=True, slots=True)
class Queue:
    """`waiting` is all that waits for the caller, those put off too; `shown` what the filters leave, in order.

    Of more than `MOST_WAITING` those that wait longest are looked at; `total` is how many there are.
    """

    waiting: list[Facts]
    shown: list[Facts]
    filters: Filters
    total: int

    def find(self, public_id: str) -> Facts | None:
        return next((facts for facts in self.waiting if facts.key == public_id), None)

    def count(self, **changes: str) -> int:
        """How many would be shown with other filters."""
        other = self.filters.but(**changes)
        return sum(1 for facts in self.waiting if _passes(facts, other))


def read_queue(access: Access, filters: Filters, *, chosen: str = "") -> Queue:
    """The same number of queries, whatever waits; two more where it is more than is looked at.

    `chosen` is the public id of a request that is looked at wherever it stands.
    """
    pending = pending_for(access)
    detailed = pending.select_related(
        "organization",
        "from_warehouse",
        "to_warehouse",
        "to_room",
        "department",
        "category",
        "requested_by",
    ).order_by("submitted_at", "pk")
    rows = list(detailed[:MOST_WAITING])
    total = len(rows)
    if total == MOST_WAITING:
        total = pending.count()
        key = decode(StockRequest.prefix, chosen)
        if key is not None and key not in {row.pk for row in rows}:
            rows += detailed.filter(pk=key)
    now = timezone.now()
    totals = totals_of([row.pk for row in rows])
    # The stock of a source where the caller may not read is not theirs to see.
    risks = figures_of_many([row for row in rows if access.covers(READ, row.from_warehouse_id)])
    standings = standings_of(rows)
    snoozed = _snoozed(access, rows, now)
    today = access.organization.today()
    me = _names_of(access)
    found_by_sku = _found_by_sku(rows, filters.q)
    waiting = [
        Facts(
            request=row,
            totals=totals[row.pk],
            risks=risks.get(row.pk, _NO_RISKS),
            knows_stock=row.pk in risks,
            is_mine=asks_for(standings[row.pk], me),
            is_found_by_sku=row.pk in found_by_sku,
            snoozed_until=snoozed.get(row.pk),
            now=now,
            today=today,
        )
        for row in rows
    ]
    shown = [facts for facts in waiting if _passes(facts, filters)]
    shown.sort(key=_ORDER[filters.order])
    return Queue(waiting, shown, filters, total)


def asks_for(standing: Standing, people: frozenset[UUID]) -> bool:
    """Whether a rule that is not satisfied yet names one of these people."""
    return any(
        not requirement.is_satisfied and requirement.approver_ids & people
        for requirement in standing.requirements
    )


def age_of(waits: timedelta) -> str:
    """Short, for a chip: `5 min`, `3 h`, `2 d`."""
    minutes = max(int(waits.total_seconds() // 60), 0)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} d"


def _names_of(access: Access) -> frozenset[UUID]:
    """The caller, and those in whose place they decide today."""
    if access.actor.id is None:
        return frozenset()
    return delegators_of(access.organization, access.actor.id) | {access.actor.id}


def _found_by_sku(rows: Sequence[StockRequest], term: str) -> frozenset[UUID]:
    """One query, none without a term."""
    if not term:
        return frozenset()
    found = RequestLine.objects.filter(request__in=rows).filter(
        Q(sku__code__icontains=term) | Q(sku__title__icontains=term)
    )
    return frozenset(found.values_list("request_id", flat=True))


def _snoozed(access: Access, rows: Sequence[StockRequest], now: datetime) -> dict[UUID, datetime]:
    mine = Snooze.objects.filter(
        organization=access.organization, user=access.actor.id, until__gt=now, request__in=rows
    )
    return dict(mine.values_list("request_id", "until"))


def _passes(facts: Facts, filters: Filters) -> bool:
    request = facts.request
    if (facts.snoozed_until is not None) != (filters.show == "snoozed"):
        return False
    if filters.show in _TESTS and not _TESTS[filters.show](facts):
        return False
    if filters.source and request.from_warehouse.public_id != filters.source:
        return False
    if filters.priority and facts.priority.word != filters.priority:
        return False
    if filters.category and (request.category is None or request.category.public_id != filters.category):
        return False
    if filters.age and age_key(facts.now - facts.waits_since) != filters.age:
        return False
    needle = filters.q.casefold()
    return not needle or facts.is_found_by_sku or any(needle in text.casefold() for text in _texts(facts))


_TESTS: Final[Mapping[str, Callable[[Facts], bool]]] = {
    "mine": lambda facts: facts.is_mine,
    "late": lambda facts: facts.is_late,
    "short": lambda facts: facts.risks.is_short,
    "safe": lambda facts: facts.is_safe,
}


def _texts(facts: Facts) -> tuple[str, ...]:
    request = facts.request
    return (
        request.name,
        facts.requester,
        request.from_warehouse.name,
        facts.destination,
        request.category.name if request.category else "",
        request.note,
    )


def _oldest(facts: Facts) -> tuple[Any, ...]:
    return (facts.waits_since, facts.request.pk)


def _needed(facts: Facts) -> tuple[Any, ...]:
    return (facts.request.needed_by or _FAR, *_oldest(facts))


def _value(facts: Facts) -> Decimal:
    return -facts.totals.value


_ORDER: Final[Mapping[str, Callable[[Facts], Any]]] = {
    "oldest": _oldest,
    "newest": lambda facts: (datetime.max.replace(tzinfo=UTC) - facts.waits_since, facts.request.pk),
    "needed": _needed,
    "priority": lambda facts: (-facts.request.priority, *_needed(facts)),
    "value": lambda facts: (_value(facts), *_oldest(facts)),
    "units": lambda facts: (-facts.totals.requested, *_oldest(facts)),
}
