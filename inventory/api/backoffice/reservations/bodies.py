"""What the reservation routes take."""

from __future__ import annotations

from rest_framework import serializers

from inventory.models import Channel
from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses.http.conditions import BelongsTo
from warehouses.http.fields import (
    StrictCharField,
    StrictDateTimeField,
    StrictIntegerField,
    StrictSerializer,
    TypeIdField,
)
from warehouses.models import Warehouse

__all__ = ["ReservationActionBody", "ReservationBody"]


class ReservationBody(StrictSerializer):
    """`POST /api/inventory/reservations`."""

    sku = StrictCharField(max_length=128, help_text="The SKU's code.")
    locationId = TypeIdField(Warehouse.prefix, help_text="The location that promises the units.")
    quantity = StrictIntegerField(min_value=1, max_value=MAXIMUM_QUANTITY, help_text="How many units.")
    referenceId = StrictCharField(max_length=120, help_text="What they are reserved for: an order's number.")
    channelId = TypeIdField(
        Channel.prefix,
        required=False,
        help_text="The channel that sells them: no more than it may be promised there.",
    )
    expiresAt = StrictDateTimeField(
        required=False,
        help_text="The instant from which the promise does not count any more. Without one, it does not end by itself.",
    )
    note = StrictCharField(max_length=500, required=False, allow_blank=True, help_text="A remark.")


class ReservationActionBody(StrictSerializer):
    """`POST /api/inventory/reservations/[id]`. `reasonCode` belongs to `fulfil`."""

    conditions = (BelongsTo("action", ("fulfil",), ("reasonCode",), "Only `fulfil` takes this."),)

    action = serializers.ChoiceField(
        choices=("fulfil", "release"),
        help_text="`fulfil`: the goods leave. `release`: they are not promised any more.",
    )
    quantity = StrictIntegerField(
        min_value=1,
        max_value=MAXIMUM_QUANTITY,
        required=False,
        help_text="How many units of what is open; without it, all of them.",
    )
    reasonCode = StrictCharField(
        max_length=40, required=False, help_text="For `fulfil`: why the goods leave, SALE if nothing is said."
    )
    note = StrictCharField(max_length=500, required=False, allow_blank=True, help_text="A remark.")
