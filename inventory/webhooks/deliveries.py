"""Deliveries again: one, or all that failed since an instant.

An event keeps its id and its body, so a receiver that has seen it can tell. Writes run in the caller's transaction and
lock the endpoint before deliveries, as the courier does.
"""

from __future__ import annotations

from datetime import datetime

import structlog
from django.utils import timezone

from inventory import outbox
from inventory.models import Delivery, DeliveryState, EndpointState, WebhookEndpoint
from inventory.webhooks.endpoints import lock_endpoint, require_manager
from warehouses.access import Access
from warehouses.identifiers import decode
from warehouses.refusals import Conflict, NotFound

__all__ = ["find_delivery", "replay", "replay_failed"]

_BATCH = 20_000

_log = structlog.get_logger(__name__)


def replay(*, access: Access, delivery: Delivery) -> Delivery:
    """Send it once more, now, and on the whole schedule if that fails; a pending one too need not wait any longer.

    One that is being sent at this moment is left to it. An endpoint that is paused or on hold gets it afterwards.
    Locks the endpoint, then the delivery. Raises Forbidden `PERMISSION_DENIED`, NotFound `DELIVERY_NOT_FOUND`,
    Conflict `ENDPOINT_NOT_ACTIVE` when the endpoint is disabled or removed.
    """
    require_manager(access)
    organization = access.organization
    endpoints = WebhookEndpoint.objects.for_organization(organization).select_for_update(no_key=True)
    endpoint = endpoints.filter(pk=delivery.endpoint_id).first()
    deliveries = Delivery.objects.for_organization(organization).select_for_update(no_key=True)
    locked = deliveries.filter(pk=delivery.pk).first()
    if endpoint is None or locked is None:
        raise _not_found()
    _check_open(endpoint)
    now = timezone.now()
    locked.tries = 0
    is_being_sent = (
        locked.lease is not None and locked.next_attempt_at is not None and locked.next_attempt_at > now
    )
    if not is_being_sent:
        locked.state = DeliveryState.PENDING
        locked.lease = None
        locked.next_attempt_at = now
        locked.finished_at = None
    locked.save(update_fields=["state", "tries", "lease", "next_attempt_at", "finished_at"])
    outbox.wake_on_commit()
    _log.info("webhook.replayed", delivery=locked.public_id, **_who(access, endpoint))
    return locked


def replay_failed(*, access: Access, endpoint: WebhookEndpoint, since: datetime) -> int:
    """Send again what was queued for the endpoint at or after `since` and failed for good; returns how many.

    Locks the endpoint, then these deliveries. Raises Forbidden `PERMISSION_DENIED`, NotFound `ENDPOINT_NOT_FOUND`,
    Conflict `ENDPOINT_NOT_ACTIVE` when the endpoint is disabled.
    """
    require_manager(access)
    locked = lock_endpoint(access, endpoint)
    _check_open(locked)
    failed = Delivery.objects.filter(endpoint=locked, state=DeliveryState.FAILED, created_at__gte=since)
    count = 0
    while True:
        # In batches: however many they are, no single statement runs into the database's time limit.
        batch = failed.order_by("-created_at", "-id").values("pk")[:_BATCH]
        changed = Delivery.objects.filter(pk__in=batch).update(
            state=DeliveryState.PENDING, tries=0, lease=None, next_attempt_at=timezone.now(), finished_at=None
        )
        count += changed
        if changed < _BATCH:
            break
    if count:
        outbox.wake_on_commit()
    _log.info("webhook.failed_replayed", count=count, since=since.isoformat(), **_who(access, locked))
    return count


def find_delivery(*, access: Access, public_id: str, endpoint: WebhookEndpoint | None = None) -> Delivery:
    """The delivery of this id, to this `endpoint` if one is given, with its event.

    Raises Forbidden `PERMISSION_DENIED`, NotFound `DELIVERY_NOT_FOUND` (another organization's too).
    """
    require_manager(access)
    key = decode(Delivery.prefix, public_id)
    mine = Delivery.objects.for_organization(access.organization).select_related("endpoint", "event")
    if endpoint is not None:
        mine = mine.filter(endpoint=endpoint)
    found = mine.filter(pk=key).first() if key is not None else None
    if found is None:
        raise _not_found()
    return found


def _check_open(endpoint: WebhookEndpoint) -> None:
    if endpoint.removed_at is not None:
        raise Conflict("ENDPOINT_NOT_ACTIVE", "The endpoint has been removed.")
    if endpoint.state == EndpointState.DISABLED:
        raise Conflict("ENDPOINT_NOT_ACTIVE", "The endpoint is disabled; resume it first.")


def _not_found() -> NotFound:
    return NotFound("DELIVERY_NOT_FOUND", "There is no such delivery.")


def _who(access: Access, endpoint: WebhookEndpoint) -> dict[str, str]:
    return {
        "endpoint": endpoint.public_id,
        "organization": access.organization.public_id,
        "actor_type": access.actor.type.value,
        "actor_id": str(access.actor.id or ""),
    }
