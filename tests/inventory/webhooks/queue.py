"""A queue to deliver from: endpoints, events that were announced to them, and time that passes at a word."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from inventory import outbox
from inventory.models import Delivery, DeliveryState, EventType, WebhookEndpoint
from inventory.webhooks.claims import Claimed, claim
from inventory.webhooks.endpoints import create_endpoint
from inventory.webhooks.results import Outcome
from warehouses import transactions
from warehouses.access import access_of_system
from warehouses.models import Organization

__all__ = ["announce", "answered", "deliveries", "make_endpoint", "pass_time", "take", "take_one"]


def make_endpoint(organization: Organization, url: str, **fields: Any) -> tuple[WebhookEndpoint, str]:
    """An endpoint that is told of every change of stock, and its secret."""
    fields = {"event_types": ["inventory.updated"], **fields}
    access = fields.pop("access", access_of_system(organization))
    return transactions.run(lambda: create_endpoint(access=access, url=url, **fields))


def announce(organization: Organization, count: int = 1) -> list[Delivery]:
    """Announce so many events, one after another; their deliveries in the order of the events, then of endpoints."""
    before = set(Delivery.objects.values_list("pk", flat=True))

    def work() -> None:
        for number in range(count):
            draft = outbox.Draft(EventType.INVENTORY_UPDATED, None, {"number": number, "title": "Zürich ×"})
            outbox.announce(organization=organization, drafts=[draft], occurred_at=timezone.now())

    transactions.run(work)
    return list(
        Delivery.objects.exclude(pk__in=before).select_related("event").order_by("event_id", "endpoint_id")
    )


def deliveries(endpoint: WebhookEndpoint, state: str | None = None) -> list[Delivery]:
    """An endpoint's deliveries, the oldest first."""
    rows = endpoint.deliveries.order_by("pk").select_related("event")
    return list(rows if state is None else rows.filter(state=state))


def pass_time(by: timedelta) -> None:
    """Let everything that is waiting have waited so much longer."""
    Delivery.objects.filter(state=DeliveryState.PENDING).update(next_attempt_at=F("next_attempt_at") - by)
    for name in ("failing_since", "hold_until", "last_success_at", "previous_secret_until"):
        WebhookEndpoint.objects.filter(**{f"{name}__isnull": False}).update(**{name: F(name) - by})


def take(endpoint: WebhookEndpoint, count: int) -> Sequence[Claimed]:
    return claim({endpoint.pk: count}, now=timezone.now())


def take_one(endpoint: WebhookEndpoint) -> Claimed:
    [claimed] = take(endpoint, 1)
    return claimed


def answered(status: int | None = 200, **fields: Any) -> Outcome:
    """What an attempt came to, without one."""
    fields = {"started_at": timezone.now(), "duration_ms": 5, **fields}
    if status is None:
        fields.setdefault("error", "The answer was not complete in time.")
    return Outcome(status=status, **fields)
