"""Who may be sent something now, and taking deliveries so that nobody else sends them.

A claim is a lease: a token on the delivery, and a `next_attempt_at` in the future at which the delivery comes due
again by itself if whoever took it has died. Nothing is locked while a request is under way. Claims are made under the
lock of the endpoint, so that the limit of requests at once holds over all processes together; locks are taken in the
order endpoint, delivery, and those that somebody else holds are passed over.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Case, Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from inventory.models import Delivery, DeliveryState, EndpointState, EventType, WebhookEndpoint
from warehouses import transactions
from warehouses.identifiers import encode

__all__ = ["LEASE", "SLOTS", "Claimed", "claim", "find_due"]

#: Requests that one endpoint has under way at most; one that is failing has only one.
SLOTS: Final = 4
#: Far above the deadline of a request.
LEASE: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is ours to send, with all that sending needs: the database is not asked again until then."""

    delivery: Delivery
    lease: UUID
    endpoint_id: UUID
    is_failing: bool
    url: str
    sealed_secrets: tuple[str, ...] = field(repr=False)
    message_id: str
    body: bytes = field(repr=False)

    @property
    def names(self) -> dict[str, str]:
        """What a line of the log calls it."""
        return {
            "delivery": self.delivery.public_id,
            "message": self.message_id,
            "endpoint": encode(WebhookEndpoint.prefix, self.endpoint_id),
        }

    @property
    def is_test(self) -> bool:
        return self.delivery.event.type == EventType.TEST


def find_due(now: datetime) -> dict[UUID, bool]:
    """The endpoints that have something due and room for another request, and whether each is failing.

    Those that have waited longest come first. One statement, without a lock, of two look-ups in an index for each
    endpoint that may be sent to, however much is queued.
    """
    due = _due(now).filter(endpoint=OuterRef("pk")).order_by("next_attempt_at", "id")
    waiting = (
        _open_to_requests(now)
        # A scalar sub-query is a probe into the index; EXISTS may be planned as a join with the whole queue.
        .annotate(waiting_since=Subquery(due.values("next_attempt_at")[:1]), busy=_busy(now), slots=_slots())
        .filter(waiting_since__isnull=False, busy__lt=F("slots"))
        .order_by("waiting_since", "pk")
    )
    return {pk: failures > 0 for pk, failures in waiting.values_list("pk", "failures")}


def claim(wanted: Mapping[UUID, int], *, now: datetime) -> list[Claimed]:
    """Take what has been due longest: of each endpoint as many as `wanted`, or as it has room for.

    Four statements in a transaction of its own, however many endpoints; endpoints that somebody else is claiming from
    or writing to are passed over.
    """
    return transactions.run(lambda: _claim(wanted, now)) if wanted else []


def _claim(wanted: Mapping[UUID, int], now: datetime) -> list[Claimed]:
    # Not the stronger lock: deliveries that point at these endpoints go on being written.
    lockable = _open_to_requests(now).select_for_update(skip_locked=True, of=("self",), no_key=True)
    endpoints = {endpoint.pk: endpoint for endpoint in lockable.filter(pk__in=wanted)}
    if not endpoints:
        return []
    picked = _pick(wanted, endpoints, now)
    if not picked:
        return []
    free = Delivery.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
    deliveries = list(
        free.filter(_is_due(now), pk__in=picked).select_related("event").order_by("next_attempt_at", "id")
    )
    lease = uuid.uuid4()
    Delivery.objects.filter(pk__in=[delivery.pk for delivery in deliveries]).update(
        lease=lease, next_attempt_at=now + LEASE
    )
    return [_claimed(delivery, endpoints[delivery.endpoint_id], lease, now) for delivery in deliveries]


def _pick(wanted: Mapping[UUID, int], endpoints: Mapping[UUID, WebhookEndpoint], now: datetime) -> list[UUID]:
    """The oldest due deliveries of each endpoint, read once it is locked: what others have claimed is seen."""
    due = _due(now).filter(endpoint=OuterRef("pk")).order_by("next_attempt_at", "id").values("pk")
    oldest = {f"due_{place}": Subquery(due[place : place + 1]) for place in range(SLOTS)}
    rows = (
        WebhookEndpoint.objects.order_by()
        .filter(pk__in=endpoints)
        .annotate(busy=_busy(now), slots=_slots(), **oldest)
        .values_list("pk", "busy", "slots", *oldest)
    )
    picked: list[UUID] = []
    for endpoint_id, busy, slots, *found in rows:
        room = max(0, min(wanted[endpoint_id], slots - busy))
        picked += [pk for pk in found[:room] if pk is not None]
    return picked


def _claimed(delivery: Delivery, endpoint: WebhookEndpoint, lease: UUID, now: datetime) -> Claimed:
    secrets = [endpoint.secret]
    if endpoint.previous_secret_until is not None and endpoint.previous_secret_until > now:
        secrets.append(endpoint.previous_secret)
    return Claimed(
        delivery=delivery,
        lease=lease,
        endpoint_id=endpoint.pk,
        is_failing=endpoint.failures > 0,
        url=endpoint.url,
        sealed_secrets=tuple(secrets),
        message_id=delivery.event.public_id,
        body=delivery.event.body.encode(),
    )


def _open_to_requests(now: datetime) -> QuerySet[WebhookEndpoint]:
    return WebhookEndpoint.objects.order_by().filter(
        Q(hold_until__isnull=True) | Q(hold_until__lte=now),
        state=EndpointState.ACTIVE,
        removed_at__isnull=True,
    )


def _is_due(now: datetime) -> Q:
    return Q(state=DeliveryState.PENDING, next_attempt_at__lte=now)


def _due(now: datetime) -> QuerySet[Delivery]:
    return Delivery.objects.filter(_is_due(now))


def _busy(now: datetime) -> Any:
    """How many deliveries of an endpoint are being sent: those whose lease has not run out.

    Others wait for another try, perhaps a great many; nearly all of those are due later than any lease can end.
    """
    leased = Delivery.objects.filter(
        endpoint=OuterRef("pk"),
        state=DeliveryState.PENDING,
        lease__isnull=False,
        next_attempt_at__gt=now,
        next_attempt_at__lte=now + 2 * LEASE,  # machines' clocks differ
    )
    counted = leased.order_by().values("endpoint").annotate(count=Count("*")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _slots() -> Any:
    return Case(When(failures__gt=0, then=Value(1)), default=Value(SLOTS))
