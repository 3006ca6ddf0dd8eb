"""The demonstration's webhook: an endpoint of the web shop with a short history, paused so that nothing leaves here."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from inventory.demo.documented import DELIVERY, WEBHOOK, key_of
from inventory.ledger import DocumentRef, Line
from inventory.ledger.events import Telling
from inventory.ledger.state import Change, ItemState, LevelState
from inventory.models import (
    Delivery,
    DeliveryAttempt,
    DeliveryState,
    DocumentType,
    EndpointState,
    Event,
    EventType,
    Movement,
    WebhookEndpoint,
)
from inventory.outbox import Draft, body_of
from inventory.webhooks.schedule import GAPS
from inventory.webhooks.signatures import new_secret, signed_headers
from warehouses.actors import Actor, ActorType
from warehouses.identifiers import new_id
from warehouses.models import Organization
from warehouses.sealing import seal

__all__ = ["URL", "subscribe_shop"]

# A name that is reserved for examples, and an address that is reserved for documentation.
URL: Final = "https://shop.example/hooks/stock"
_ADDRESS: Final = "203.0.113.24"


class _Past(NamedTuple):
    """One delivery: what came back from each try, of the newest change that is so many days old."""

    type: EventType
    days: int
    tries: tuple[int, ...]  # statuses; 0 is no answer


_PAST: Final = (
    _Past(EventType.INVENTORY_UPDATED, 12, (200,)),
    _Past(EventType.LOW_STOCK, 9, (503,) * 3 + (0,) * 7),
    _Past(EventType.INVENTORY_UPDATED, 8, (0,) * 6 + (500,) * 4),
    _Past(EventType.INVENTORY_UPDATED, 3, (503, 200)),
    _Past(EventType.LOW_STOCK, 2, (200,)),
    _Past(EventType.INVENTORY_UPDATED, 1, (200,)),
)
_BODIES: Final = {200: "ok", 500: "Internal Server Error", 503: "Down for maintenance"}


def subscribe_shop(*, organization: Organization, owner: str, now: datetime) -> None:
    """Write the endpoint and what was sent to it: the latest changes of stock, with the values that they made."""
    secret = new_secret()
    movements = Movement.objects.filter(organization=organization).select_related(
        "sku", "warehouse", "level", "reason_code", "stock_item"
    )
    endpoint = WebhookEndpoint.objects.create(
        id=key_of(WEBHOOK),
        organization=organization,
        url=URL,
        description="Web shop",
        event_types=[EventType.INVENTORY_UPDATED.value, EventType.LOW_STOCK.value],
        state=EndpointState.PAUSED,
        secret=seal(secret),
        created_by_name=owner,
        created_at=now - timedelta(days=60),
    )
    for past in _PAST:
        older = movements.filter(recorded_at__lt=now - timedelta(days=past.days))
        movement = older.order_by("-recorded_at", "-id").first()
        if movement is not None:
            _write(endpoint, past, movement, secret, key_of(DELIVERY) if past is _PAST[-1] else new_id())
    taken = Delivery.objects.filter(endpoint=endpoint, state=DeliveryState.DELIVERED)
    last = taken.order_by("-finished_at").values_list("finished_at", flat=True).first()
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(last_success_at=last)


def _write(endpoint: WebhookEndpoint, past: _Past, movement: Movement, secret: str, key: UUID) -> None:
    happened = movement.recorded_at
    data = _told(movement)
    if past.type is not EventType.INVENTORY_UPDATED:
        data = {name: value for name, value in data.items() if name not in {"items", "items_omitted"}}
    event = Event.objects.create(
        organization=endpoint.organization,
        type=past.type,
        body=body_of(Draft(past.type, movement.warehouse_id, data), happened),
        created_at=happened,
    )
    is_taken = past.tries[-1] == 200
    times = [happened + sum(GAPS[:number], timedelta(seconds=1)) for number in range(len(past.tries))]
    delivery = Delivery.objects.create(
        id=key,
        organization=endpoint.organization,
        endpoint=endpoint,
        event=event,
        state=DeliveryState.DELIVERED if is_taken else DeliveryState.FAILED,
        tries=len(past.tries),
        attempt_count=len(past.tries),
        created_at=happened,
        finished_at=times[-1],
    )
    DeliveryAttempt.objects.bulk_create(
        DeliveryAttempt(
            delivery=delivery,
            number=number,
            started_at=started,
            duration_ms=5000 if status == 0 else 84 + 37 * number,
            url=endpoint.url,
            address=_ADDRESS,
            request_headers={
                "content-type": "application/json",
                **signed_headers(
                    [secret],
                    message_id=event.public_id,
                    timestamp=int(started.timestamp()),
                    body=event.body.encode(),
                ),
            },
            status=status or None,
            response_headers={"content-type": "text/plain"} if status else {},
            response_body=_BODIES.get(status, ""),
            error="" if status else "There was no connection within 5 seconds.",
        )
        for number, (status, started) in enumerate(zip(past.tries, times, strict=True), start=1)
    )


def _told(movement: Movement) -> dict[str, Any]:
    """What the ledger tells of a change of stock, for this movement alone in its batch."""
    level = LevelState(
        id=movement.level_id,
        sku_id=movement.sku_id,
        warehouse_id=movement.warehouse_id,
        on_hand=movement.level_after,
        reserved=0,
        held=0,
        safety_stock=movement.level.safety_stock,
        reorder_point=movement.level.reorder_point,
        reorder_quantity=movement.level.reorder_quantity,
        version=movement.level_version,
        updated_at=movement.recorded_at,
    )
    level.base = replace(level.base, on_hand=movement.level_before, version=movement.level_version - 1)
    item = ItemState(id=movement.stock_item_id, bin_id=movement.stock_item.bin_id, lot_id=None)
    change = Change(
        level=level,
        item=item,
        line=0,
        delta=movement.delta,
        level_before=movement.level_before,
        level_after=movement.level_after,
        item_after=movement.item_after,
        level_version=movement.level_version,
    )
    line = Line(
        sku=movement.sku,
        warehouse=movement.warehouse,
        quantity=movement.delta,
        reason=movement.reason_code,
        reference=movement.reference,
    )
    actor = Actor(ActorType(movement.actor_type), movement.actor_id, movement.actor_name)
    document = DocumentRef(DocumentType(movement.document_type), movement.document_id)
    telling = Telling(actor, [line], document, [change], {EventType.INVENTORY_UPDATED.value})
    (draft,) = telling.drafts([level])
    return draft.data
