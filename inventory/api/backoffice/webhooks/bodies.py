"""What the webhook routes take."""

from __future__ import annotations

import re

from rest_framework import serializers

from inventory.models import SUBSCRIBABLE
from warehouses.http.conditions import BelongsTo, Changing, Needs
from warehouses.http.fields import (
    StrictCharField,
    StrictDateTimeField,
    StrictListField,
    StrictSerializer,
    TypeIdField,
)
from warehouses.models import Warehouse

__all__ = ["ChangeBody", "CreateBody", "DeliveryActionBody", "EndpointActionBody"]

_EVENTS = ", ".join(kind.value for kind in SUBSCRIBABLE)


class EventTypesField(StrictListField):
    """Names of events, each once. Which there are is the business code's to say."""

    is_unique = True
    child = StrictCharField(max_length=40, like=f"({'|'.join(map(re.escape, SUBSCRIBABLE))})")


class WarehousesField(StrictListField):
    child = TypeIdField(Warehouse.prefix)


class ChangeBody(StrictSerializer):
    """`PATCH /api/webhooks/[id]`: what is not given stays as it is."""

    conditions = (Changing(),)

    url = StrictCharField(
        max_length=2000, required=False, help_text="Where to send to: public HTTPS, port 443 or 8443."
    )
    description = StrictCharField(
        max_length=200, required=False, allow_blank=True, help_text="What the endpoint is for."
    )
    events = EventTypesField(
        required=False, allow_empty=False, max_length=20, help_text=f"Which events: {_EVENTS}."
    )
    locationIds = WarehousesField(
        required=False,
        allow_null=True,
        allow_empty=False,
        max_length=500,
        help_text="Only events of these locations; null for all of them.",
    )


class CreateBody(ChangeBody):
    """`POST /api/webhooks`."""

    url = StrictCharField(max_length=2000, help_text="Where to send to: public HTTPS, port 443 or 8443.")
    events = EventTypesField(allow_empty=False, max_length=20, help_text=f"Which events: {_EVENTS}.")


class EndpointActionBody(StrictSerializer):
    """`POST /api/webhooks/[id]`. `since` belongs to `replay`, and has to be given there."""

    conditions = (
        Needs("action", "replay", ("since",), "Say from when on."),
        BelongsTo("action", ("replay",), ("since",), "Only `replay` takes this."),
    )

    action = serializers.ChoiceField(choices=("pause", "resume", "rotate", "test", "replay"))
    since = StrictDateTimeField(
        required=False, help_text="For `replay`: failed deliveries from this instant on are sent again."
    )


class DeliveryActionBody(StrictSerializer):
    """`POST /api/webhooks/[id]/deliveries/[deliveryId]`."""

    action = serializers.ChoiceField(choices=("replay",))
