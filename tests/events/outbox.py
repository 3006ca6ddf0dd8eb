"""What the outbox holds, as the tests look at it."""

from __future__ import annotations

from inventory.models import Delivery, DeliveryState, Event

__all__ = ["all_delivered", "event_ids"]


def all_delivered() -> bool:
    states = set(Delivery.objects.order_by().values_list("state", flat=True).distinct())
    return states == {DeliveryState.DELIVERED}


def event_ids() -> set[str]:
    """As receivers know them."""
    return {event.public_id for event in Event.objects.all()}
