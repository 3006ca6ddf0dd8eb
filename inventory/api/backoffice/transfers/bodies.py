"""What the transfer routes take."""

from __future__ import annotations

from rest_framework import serializers

from inventory.models import Lot, TransferLine
from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses.http.conditions import BelongsTo
from warehouses.http.fields import (
    StrictBooleanField,
    StrictCharField,
    StrictDateField,
    StrictIntegerField,
    StrictListField,
    StrictSerializer,
    TypeIdField,
)
from warehouses.models import Bin, Warehouse

__all__ = ["TransferActionBody", "TransferBody"]

_MOST_LINES = 500


class TransferLineBody(StrictSerializer):
    sku = StrictCharField(max_length=64, help_text="The SKU's code.")
    quantity = StrictIntegerField(
        min_value=1, max_value=MAXIMUM_QUANTITY, help_text="How many units are asked for."
    )
    lotId = TypeIdField(
        Lot.prefix, required=False, help_text="Only of this lot; without it, first expired, first out."
    )
    fromBinId = TypeIdField(Bin.prefix, required=False, help_text="Only from this bin of the source.")
    toBinId = TypeIdField(
        Bin.prefix,
        required=False,
        help_text="The bin of the destination that they shall go to; without it, its default bin.",
    )


class TransferLinesField(StrictListField):
    child = TransferLineBody()


class TransferBody(StrictSerializer):
    """`POST /api/inventory/transfers`."""

    fromLocationId = TypeIdField(Warehouse.prefix, help_text="The location that the goods leave.")
    toLocationId = TypeIdField(
        Warehouse.prefix, help_text="The location that they go to; the same one to move them between bins."
    )
    lines = TransferLinesField(
        allow_empty=False, max_length=_MOST_LINES, help_text=f"What is sent: 1 to {_MOST_LINES} lines."
    )
    note = StrictCharField(max_length=500, required=False, help_text="Why, in words.")
    referenceId = StrictCharField(max_length=120, required=False, help_text="The number that you know it by.")
    expectedOn = StrictDateField(required=False, help_text="The day on which it should arrive.")


class TransferReceiptBody(StrictSerializer):
    lineId = TypeIdField(TransferLine.prefix, help_text="The transfer's line.")
    quantity = StrictIntegerField(
        min_value=0, max_value=MAXIMUM_QUANTITY, help_text="How many units have arrived now."
    )
    lotId = TypeIdField(
        Lot.prefix,
        required=False,
        help_text="Only of this lot, where several were shipped for the line; then a line may stand here once a lot.",
    )
    toBinId = TypeIdField(
        Bin.prefix, required=False, help_text="The bin they are put into, if another than planned."
    )
    shortageReason = StrictCharField(
        max_length=200,
        required=False,
        help_text="Why the rest never arrives: it is written off. Not used where nothing is short.",
    )
    surplusReason = StrictCharField(
        max_length=200,
        required=False,
        help_text="Where units beyond those in transit come from. Not used where there are none.",
    )


class TransferReceiptsField(StrictListField):
    child = TransferReceiptBody()


class TransferActionBody(StrictSerializer):
    """`POST /api/inventory/transfers/[id]`. `lines` and `isFinal` belong to `receive`."""

    conditions = (BelongsTo("action", ("receive",), ("lines", "isFinal"), "Only `receive` takes this."),)

    action = serializers.ChoiceField(choices=("ship", "receive", "cancel"))
    lines = TransferReceiptsField(
        required=False,
        allow_empty=False,
        max_length=_MOST_LINES,
        help_text="`receive`: what has arrived. Without it, all that is in transit.",
    )
    isFinal = StrictBooleanField(
        required=False,
        help_text="`receive`: nothing more comes. What is short then has to say why on its line.",
    )
    note = StrictCharField(max_length=500, required=False, help_text="Why, in words; kept in the history.")
