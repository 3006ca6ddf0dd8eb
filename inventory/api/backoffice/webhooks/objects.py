"""The webhook resources as they are shown. No secret is in any of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from inventory.models import Delivery, DeliveryAttempt, Event, WebhookEndpoint
from warehouses.http.instants import instant, instant_or_none
from warehouses.http.paging import in_order
from warehouses.identifiers import encode

__all__ = ["delivery_object", "delivery_record", "endpoint_object", "endpoint_objects", "version_of"]


def endpoint_objects(keys: list[UUID]) -> list[dict[str, Any]]:
    """The endpoints of `keys` in their order. Two queries."""
    found = WebhookEndpoint.objects.filter(pk__in=keys).prefetch_related("warehouses")
    return [endpoint_object(endpoint) for endpoint in in_order(keys, found)]


def endpoint_object(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """`locationIds` is null for every location; an empty list has lost the last one that it was limited to."""
    places = [place.public_id for place in endpoint.warehouses.all()] if endpoint.is_limited else None
    return {
        "id": endpoint.public_id,
        "url": endpoint.url,
        "description": endpoint.description,
        "events": list(endpoint.event_types),
        "locationIds": places,
        "state": endpoint.state,
        "disabledAt": instant_or_none(endpoint.disabled_at),
        "disabledReason": endpoint.disabled_reason or None,
        "failingSince": instant_or_none(endpoint.failing_since),
        "lastSuccessAt": instant_or_none(endpoint.last_success_at),
        "createdBy": endpoint.created_by_name or None,
        "createdAt": instant(endpoint.created_at),
    }


def version_of(endpoint: WebhookEndpoint) -> str:
    """Moves with what people set, not with what deliveries leave behind."""
    places = sorted(place.hex for place in endpoint.warehouses.values_list("pk", flat=True))
    parts = [
        endpoint.url,
        endpoint.description,
        endpoint.event_types,
        endpoint.is_limited,
        places,
        endpoint.state,
    ]
    return f"{endpoint.pk.hex}-{hashlib.blake2s(json.dumps(parts).encode(), digest_size=6).hexdigest()}"


def delivery_object(delivery: Delivery) -> dict[str, Any]:
    """A delivery whose event is at hand."""
    return {
        "id": delivery.public_id,
        "endpointId": encode(WebhookEndpoint.prefix, delivery.endpoint_id),
        "eventId": encode(Event.prefix, delivery.event_id),
        "eventType": delivery.event.type,
        "state": delivery.state,
        "attemptCount": delivery.attempt_count,
        "nextAttemptAt": instant_or_none(delivery.next_attempt_at),
        "createdAt": instant(delivery.created_at),
        "finishedAt": instant_or_none(delivery.finished_at),
    }


def delivery_record(delivery: Delivery, attempts: Iterable[DeliveryAttempt]) -> dict[str, Any]:
    """With the body that is sent and every attempt, the newest first."""
    return {
        **delivery_object(delivery),
        "body": delivery.event.body,
        "attempts": [
            {
                "number": attempt.number,
                "trigger": attempt.trigger,
                "startedAt": instant(attempt.started_at),
                "durationMs": attempt.duration_ms,
                "url": attempt.url,
                "address": attempt.address,
                "requestHeaders": attempt.request_headers,
                "status": attempt.status,
                "responseHeaders": attempt.response_headers,
                "responseBody": attempt.response_body,
                "error": attempt.error or None,
            }
            for attempt in attempts
        ],
    }
