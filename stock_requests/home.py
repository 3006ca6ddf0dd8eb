"""The stock requests' part of the overview."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from stock_requests.admin.approvals import APPROVALS_URL
from stock_requests.admin.approvals_filters import AGES, age_key
from stock_requests.approvals.pending import pending_for
from stock_requests.models import RequestState
from stock_requests.reports.dashboard import OPEN
from stock_requests.rights import APPROVE, READ, visible_requests
from warehouses.access import Access
from warehouses.charts import lanes, sparkline
from warehouses.home import MOST, Card, Chart, Key, Part, Work, against_the_usual

__all__ = ["part"]

_DAYS: Final = 35
#: Requests that are read for how many were open on each day, at most.
_MOST_READ: Final = 5000
#: One that was closed within the days looked at is found if it was made within so many more.
_OLDEST: Final = timedelta(days=90)
_KINDS: Final = {"4h": "step-1", "24h": "step-2", "3d": "step-3", "old": "step-4"}


def part(access: Access) -> Part:
    """What waits for the caller's decision, by age, and how many requests are open where they may read them."""
    now = timezone.now()
    work: list[Work] = []
    charts: list[Chart] = []
    if access.may(APPROVE):
        waits = _waiting(access, now)
        work.append(_approvals(waits))
        if waits:
            charts.append(_ageing(waits))
    return Part(work=work, cards=_cards(access, now), charts=charts)


def _waiting(access: Access, now: datetime) -> list[timedelta]:
    """How long each request has waited that the caller may decide on and has not put off: `MOST` + 1 at most."""
    rows = pending_for(access, with_snoozed=False).values_list("submitted_at", "created_at")
    return [now - (submitted or made) for submitted, made in rows[: MOST + 1]]


def _approvals(waits: list[timedelta]) -> Work:
    old = sum(1 for each in waits if age_key(each) == "old")
    return Work(
        label="Approvals",
        count=len(waits),
        link=reverse(APPROVALS_URL),
        icon="approval",
        tone="waits",
        note=f"{old:,} for more than 3 days" if old else "None for more than 3 days",
        rank=10,
    )


def _ageing(waits: list[timedelta]) -> Chart:
    numbers = Counter(age_key(each) for each in waits)
    page = reverse(APPROVALS_URL)
    told = f"{MOST:,}+" if len(waits) > MOST else f"{len(waits):,}"
    old = numbers["old"]
    return Chart(
        key="ageing",
        title="Approvals waiting for you",
        summary=(
            f"{told} wait{'s' * (len(waits) == 1)} for your decision, "
            f"{f'{old:,}' if old else 'none'} of them for more than three days."
        ),
        drawing=lanes([(words, numbers[key], _KINDS[key]) for key, words in AGES.items()]),
        head=("Waiting", "Requests"),
        rows=[(words, f"{numbers[key]:,}") for key, words in AGES.items()],
        keys=[
            Key(f"{words}: {numbers[key]:,}", _KINDS[key], f"{page}?age={key}")
            for key, words in AGES.items()
            if numbers[key]
        ],
        link=page,
        link_words="Open the queue",
        rank=30,
    )


def _cards(access: Access, now: datetime) -> list[Card]:
    if not access.may(READ):
        return []
    zone = access.organization.zone
    today = now.astimezone(zone).date()
    days = [today - timedelta(days=back) for back in reversed(range(_DAYS))]
    recent = Q(created_at__gte=now - timedelta(days=_DAYS) - _OLDEST, submitted_at__isnull=False)
    rows: Any = visible_requests(access=access).filter(Q(state__in=OPEN) | recent)
    found = list(rows.values_list("state", "submitted_at", "decided_at", "closed_at")[: _MOST_READ + 1])
    is_all = len(found) <= _MOST_READ
    open_now = sum(1 for row in found if row[0] in OPEN)
    by_day = _open_by_day(found, [_end(day, zone) for day in days]) if is_all else []
    values: list[float | None] = [float(each) for each in by_day]
    undecided = sum(1 for row in found if row[0] == RequestState.SUBMITTED)
    return [
        Card(
            label="Requests open",
            value=f"{open_now:,}" if is_all else f"{open_now:,}+",
            link=f"{reverse('admin:stock_requests_stockrequest_changelist')}?state__in={'%2C'.join(OPEN)}",
            note=f"{undecided:,} to be decided",
            delta=against_the_usual(float(open_now), values[:-1]) if values else "",
            spark=sparkline(values[-28:]),
            rank=50,
        )
    ]


def _open_by_day(rows: Iterable[tuple[str, Any, Any, Any]], ends: list[datetime]) -> list[int]:
    """How many were handed in and neither rejected nor closed at each of `ends`."""
    spans = [
        (submitted, decided if state == RequestState.REJECTED else closed)
        for state, submitted, decided, closed in rows
        if submitted is not None
    ]
    return [
        sum(1 for submitted, closed in spans if submitted < end and (closed is None or closed >= end))
        for end in ends
    ]


def _end(day: date, zone: Any) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone).astimezone(UTC)
