"""How requests are going: what waits and for how long, what was decided and fulfilled, and how well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, F, Min, Q, QuerySet, Sum
from django.utils import timezone

from inventory.analytics import Window
from stock_requests.approvals.pending import pending_for
from stock_requests.models import Priority, RequestLine, RequestState, StockRequest
from stock_requests.rights import APPROVE, visible_requests
from stock_requests.totals import value_of_lines
from warehouses.access import Access
from warehouses.models import Warehouse
from warehouses.who_may import person_behind

__all__ = ["OPEN", "Ageing", "Dashboard", "Decisions", "Pending", "dashboard"]

#: Those that somebody still waits for.
OPEN: Final = (RequestState.SUBMITTED, RequestState.APPROVED, RequestState.PICKING)
_RECENT: Final = 10
_HOUR: Final = timedelta(hours=1)
_NOTHING: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Pending:
    """Submitted requests. `overdue`: needed before today; `for_you`: those that the caller may decide on now."""

    count: int
    overdue: int
    oldest_at: datetime | None
    value: Decimal
    for_you: int


@dataclass(frozen=True, slots=True)
class Ageing:
    """Submitted requests by how long they have waited; each begins where the one before ends."""

    up_to_4_hours: int
    up_to_24_hours: int
    up_to_3_days: int
    longer: int


@dataclass(frozen=True, slots=True)
class Decisions:
    """What was done in the window. `fill_rate` is the part of the units asked for that came, of requests fulfilled in
    it; it and the medians, from submitting on, are None where there is nothing to tell them from.
    """

    approved: int
    rejected: int
    fulfilled: int
    fill_rate: Decimal | None
    hours_to_decision: Decimal | None
    hours_to_fulfilment: Decimal | None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """`by_status` counts all requests as they are now, `by_priority` those that are open. `late` are open ones that
    were needed before today; `drafts` are the caller's own. `recent` are keys, the newest first.
    """

    as_of: datetime
    by_status: Mapping[str, int]
    by_priority: Mapping[Priority, int]
    pending: Pending
    ageing: Ageing
    late: int
    drafts: int
    decisions: Decisions
    recent: Sequence[UUID]


def dashboard(*, access: Access, window: Window, warehouse: Warehouse | None = None) -> Dashboard:
    """Of the requests that the caller sees, or of those from or to the warehouse. A constant number of queries.

    The database counts. Needs `stockrequests.read`: raises Forbidden `PERMISSION_DENIED`.
    """
    requests = _at(visible_requests(access=access), warehouse)
    now = timezone.now()
    return Dashboard(
        as_of=now,
        by_status={state.value: 0 for state in RequestState} | _counts(requests, "state"),
        by_priority=dict.fromkeys(Priority, 0)
        | {Priority(key): count for key, count in _counts(_open(requests), "priority").items()},
        pending=_pending(access, requests, warehouse),
        ageing=_ageing(requests, now),
        late=_open(requests).filter(_overdue(access)).count(),
        drafts=requests.filter(_own(access), state=RequestState.DRAFT).count(),
        decisions=_decisions(requests, window),
        recent=list(requests.order_by("-created_at", "-pk").values_list("pk", flat=True)[:_RECENT]),
    )


def _at(requests: QuerySet[StockRequest], warehouse: Warehouse | None) -> QuerySet[StockRequest]:
    if warehouse is None:
        return requests
    return requests.filter(Q(from_warehouse=warehouse) | Q(to_warehouse=warehouse))


def _open(requests: QuerySet[StockRequest]) -> QuerySet[StockRequest]:
    return requests.filter(state__in=OPEN)


def _overdue(access: Access) -> Q:
    return Q(needed_by__lt=access.organization.today())


def _own(access: Access) -> Q:
    """Made by the caller, or by the person who is behind it."""
    person = person_behind(access.actor)
    own = Q(actor_id=access.actor.id) if access.actor.id is not None else Q(pk__in=())
    return own | Q(requested_by=person) if person is not None else own


def _counts(requests: QuerySet[StockRequest], column: str) -> dict[Any, int]:
    return dict(requests.order_by().values_list(column).annotate(count=Count("pk")))


def _pending(access: Access, requests: QuerySet[StockRequest], warehouse: Warehouse | None) -> Pending:
    waiting = requests.filter(state=RequestState.SUBMITTED)
    sums = waiting.aggregate(
        count=Count("pk"), overdue=Count("pk", filter=_overdue(access)), oldest=Min("submitted_at")
    )
    lines = RequestLine.objects.order_by().filter(request__in=waiting.order_by().values("pk"))
    return Pending(
        count=sums["count"],
        overdue=sums["overdue"],
        oldest_at=sums["oldest"],
        value=lines.aggregate(value=value_of_lines())["value"],
        for_you=_at(pending_for(access), warehouse).count() if access.may(APPROVE) else 0,
    )


def _ageing(requests: QuerySet[StockRequest], now: datetime) -> Ageing:
    four, day, three_days = (now - timedelta(hours=hours) for hours in (4, 24, 72))
    waiting = requests.filter(state=RequestState.SUBMITTED)
    return Ageing(
        **waiting.aggregate(
            up_to_4_hours=Count("pk", filter=Q(submitted_at__gt=four)),
            up_to_24_hours=Count("pk", filter=Q(submitted_at__lte=four, submitted_at__gt=day)),
            up_to_3_days=Count("pk", filter=Q(submitted_at__lte=day, submitted_at__gt=three_days)),
            longer=Count("pk", filter=Q(submitted_at__lte=three_days)),
        )
    )


def _decisions(requests: QuerySet[StockRequest], window: Window) -> Decisions:
    decided = requests.filter(decided_at__gte=window.start, decided_at__lt=window.end)
    counts = decided.aggregate(
        rejected=Count("pk", filter=Q(state=RequestState.REJECTED)),
        approved=Count("pk", filter=~Q(state=RequestState.REJECTED)),
    )
    fulfilled = requests.filter(
        state=RequestState.FULFILLED, closed_at__gte=window.start, closed_at__lt=window.end
    )
    lines = RequestLine.objects.order_by().filter(request__in=fulfilled.order_by().values("pk"))
    units = lines.aggregate(
        # What a substitute stands for is asked for once.
        asked=Sum(F("requested") - F("substituted"), default=0),
        came=Sum("fulfilled", default=0),
    )
    return Decisions(
        approved=counts["approved"],
        rejected=counts["rejected"],
        fulfilled=fulfilled.count(),
        fill_rate=Decimal(units["came"]) / Decimal(units["asked"]) if units["asked"] else None,
        hours_to_decision=_median_hours(decided, "decided_at"),
        hours_to_fulfilment=_median_hours(fulfilled, "closed_at"),
    )


def _median_hours(requests: QuerySet[StockRequest], column: str) -> Decimal | None:
    """From submitting until `column`, of the one in the middle, or between the two in the middle. Two queries."""
    waits = requests.filter(submitted_at__isnull=False).annotate(wait=F(column) - F("submitted_at"))
    count = waits.count()
    if not count:
        return None
    middle = waits.order_by("wait").values_list("wait", flat=True)[(count - 1) // 2 : count // 2 + 1]
    spans = list(middle)
    return Decimal((sum(spans, timedelta()) / len(spans)) / _HOUR)
