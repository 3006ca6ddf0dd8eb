"""Webhook endpoints and their deliveries, as far as routes have to do with them. Nothing is sent."""

from __future__ import annotations

from typing import Any, Final

from django.utils import timezone

from inventory.models import Delivery, DeliveryAttempt, DeliveryState, Event, EventType, WebhookEndpoint
from inventory.webhooks.signatures import new_secret
from warehouses.models import Organization
from warehouses.sealing import seal

__all__ = ["WEBHOOK_URL", "make_delivery", "make_endpoint", "make_webhooks"]

#: A public address that needs no look-up.
WEBHOOK_URL: Final = "https://9.9.9.9/hook"


def make_endpoint(organization: Organization) -> WebhookEndpoint:
    return WebhookEndpoint.objects.create(
        organization=organization,
        url=WEBHOOK_URL,
        event_types=[EventType.INVENTORY_UPDATED.value],
        secret=seal(new_secret()),
    )


def make_webhooks(organization: Organization) -> None:
    """Endpoints with a delivery each: more of them than any test removes."""
    for _ in range(6):
        make_delivery(make_endpoint(organization))


def make_delivery(endpoint: WebhookEndpoint, state: str = "delivered", **fields: Any) -> Delivery:
    """A delivery in the log, with one attempt unless it is pending."""
    event = Event.objects.create(
        organization=endpoint.organization,
        type=EventType.INVENTORY_UPDATED,
        body='{"type":"inventory.updated"}',
    )
    is_pending = state == DeliveryState.PENDING
    delivery = Delivery.objects.create(
        organization=endpoint.organization,
        endpoint=endpoint,
        event=event,
        state=state,
        attempt_count=0 if is_pending else 1,
        next_attempt_at=timezone.now() if is_pending else None,
        finished_at=None if is_pending else timezone.now(),
        **fields,
    )
    if not is_pending:
        DeliveryAttempt.objects.create(
            delivery=delivery,
            number=1,
            started_at=timezone.now(),
            duration_ms=12,
            url=endpoint.url,
            address="9.9.9.9",
            request_headers={"webhook-id": event.public_id},
            status=200 if state == DeliveryState.DELIVERED else 500,
            response_body="<b>ok</b>",
        )
    return delivery
