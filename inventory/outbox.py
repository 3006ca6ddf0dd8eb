"""The outbox: events are written in the transaction of what they tell of, for those who subscribed to them.

There is neither an event without its change nor a change without its event. Who is subscribed is read in that same
transaction, and for each of them a delivery is written beside the event: from then on the tables are the queue. Once
the transaction is committed the `wakers` are called, so that nobody has to wait for the next look at the queue; when
that fails, the next look finds the deliveries all the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from inventory import statements
from inventory.models import Delivery, DeliveryState, EndpointState, Event, EventType, WebhookEndpoint
from warehouses.http.instants import instant
from warehouses.identifiers import new_id
from warehouses.models import Organization

__all__ = [
    "SUBSCRIBED",
    "Draft",
    "Subscription",
    "announce",
    "body_of",
    "subscribers",
    "subscriptions_of",
    "wake_on_commit",
    "wakers",
]

#: Called after the commit of a transaction that made deliveries due.
wakers: Final[list[Callable[[], None]]] = []

#: A paused endpoint is still subscribed: what happens meanwhile waits for it.
SUBSCRIBED: Final = f"state <> '{EndpointState.DISABLED.value}' AND removed_at IS NULL"

_EVENT = ("id", "organization", "type", "body", "created_at")
_DELIVERY = (
    "id", "organization", "endpoint", "event", "state", "tries", "attempt_count", "next_attempt_at", "created_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Draft:
    """An event to be: `data` is what its body tells, of a warehouse or (None) of the organization as a whole.

    What happens between two warehouses has the second as `other_warehouse_id`: one event, for who hears of either.
    """

    type: EventType
    warehouse_id: UUID | None
    data: dict[str, Any]
    other_warehouse_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """What one endpoint wants to know; `warehouse_ids` None is every warehouse."""

    endpoint_id: UUID
    types: frozenset[str]
    warehouse_ids: frozenset[UUID] | None

    def wants(self, draft: Draft) -> bool:
        if draft.type.value not in self.types:
            return False
        return (
            self.warehouse_ids is None
            or draft.warehouse_id is None
            or draft.warehouse_id in self.warehouse_ids
            or draft.other_warehouse_id in self.warehouse_ids
        )


def subscribers(organization: Organization) -> QuerySet[WebhookEndpoint]:
    """The endpoints that events are written for."""
    return WebhookEndpoint.objects.order_by().filter(
        ~Q(state=EndpointState.DISABLED), organization=organization, removed_at__isnull=True
    )


def subscriptions_of(organization: Organization) -> list[Subscription]:
    """One query, whatever the number of endpoints."""
    wanted: dict[UUID, list[str]] = {}
    places: dict[UUID, list[UUID]] = {}  # of those that are limited
    columns: Iterable[Any] = subscribers(organization).values_list(
        "pk", "event_types", "is_limited", "warehouses"
    )
    for pk, types, is_limited, warehouse_id in columns:
        wanted[pk] = types
        if is_limited:
            places[pk] = [*places.get(pk, ()), *([warehouse_id] if warehouse_id is not None else [])]
    return [
        Subscription(pk, frozenset(wanted[pk]), frozenset(places[pk]) if pk in places else None)
        for pk in sorted(wanted)
    ]


def announce(
    *,
    organization: Organization,
    drafts: Sequence[Draft],
    occurred_at: datetime,
    subscriptions: Collection[Subscription] | None = None,
) -> None:
    """Write the events that somebody is subscribed to, and a delivery to each of these. Three statements at most.

    Runs in the transaction of what has happened. `subscriptions` spares the look-up where the caller has them.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("An event is written in the transaction of what it tells of.")
    if subscriptions is None:
        subscriptions = subscriptions_of(organization)
    events: list[tuple[Any, ...]] = []
    deliveries: list[tuple[Any, ...]] = []
    for draft in drafts:
        wanting = [subscription for subscription in subscriptions if subscription.wants(draft)]
        if not wanting:
            continue
        event_id = new_id()
        events.append((event_id, organization.pk, draft.type.value, body_of(draft, occurred_at), occurred_at))
        deliveries += (
            (
                new_id(),
                organization.pk,
                subscription.endpoint_id,
                event_id,
                DeliveryState.PENDING.value,
                0,
                0,
                occurred_at,
                occurred_at,
            )
            for subscription in wanting
        )
    if not events:
        return
    statements.insert(Event, _EVENT, events)
    statements.insert(Delivery, _DELIVERY, deliveries)
    wake_on_commit()


def body_of(draft: Draft, occurred_at: datetime) -> str:
    """The JSON text of an event, as Standard Webhooks shapes it."""
    told = {"type": draft.type.value, "timestamp": instant(occurred_at), "data": draft.data}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def wake_on_commit() -> None:
    """Call the wakers once the running transaction is committed; what goes wrong there changes nothing here."""
    for wake in wakers:
        transaction.on_commit(wake, robust=True)
