"""How long the log of deliveries is kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from inventory.models import Delivery, DeliveryState, EndpointState, Event, WebhookEndpoint

__all__ = ["purge"]

_BATCH = 1000
#: A change of stock that is being committed may still have found the endpoint there.
_REMOVED_FOR = timedelta(days=1)


def purge(now: datetime, *, kept: timedelta | None = None) -> int:
    """Delete deliveries older than `kept` (WEBHOOK_LOG_KEPT) with their attempts; returns how many deliveries.

    Then go events that nobody is sent any more, and removed endpoints without a log. What an active endpoint is still
    to be sent stays, however old. In batches with a transaction each, which take no lock that others wait for long.
    """
    before = now - (settings.WEBHOOK_LOG_KEPT if kept is None else kept)
    deleted = _delete(_old_deliveries(before))
    _delete(_idle_events(before))
    _delete(_removed_endpoints(now))
    return deleted


def _old_deliveries(before: datetime) -> QuerySet[Delivery]:
    is_still_to_be_sent = Q(
        state=DeliveryState.PENDING,
        endpoint__state=EndpointState.ACTIVE,
        endpoint__removed_at__isnull=True,
    )
    return Delivery.objects.filter(~is_still_to_be_sent, created_at__lt=before).order_by("created_at", "id")


def _idle_events(before: datetime) -> QuerySet[Event]:
    deliveries = Delivery.objects.filter(event=OuterRef("pk"))
    return Event.objects.filter(~Exists(deliveries), created_at__lt=before).order_by("created_at", "id")


def _removed_endpoints(now: datetime) -> QuerySet[WebhookEndpoint]:
    deliveries = Delivery.objects.filter(endpoint=OuterRef("pk"))
    return WebhookEndpoint.objects.filter(~Exists(deliveries), removed_at__lt=now - _REMOVED_FOR).order_by(
        "created_at", "id"
    )


def _delete(rows: QuerySet[Any]) -> int:
    """Delete `rows`, oldest first; those that somebody else holds are left for the next time."""
    deleted = 0
    part = rows
    while True:
        with transaction.atomic():
            # Locked before they are deleted: one that is being replayed just now is no longer among them.
            locked = part.select_for_update(of=("self",), skip_locked=True)
            batch = list(locked.values_list("pk", "created_at")[:_BATCH])
            rows.model.objects.filter(pk__in=[pk for pk, _ in batch]).delete()
        deleted += len(batch)
        if len(batch) < _BATCH:
            return deleted
        part = rows.filter(created_at__gte=batch[-1][1])  # what was passed over is not looked at again
