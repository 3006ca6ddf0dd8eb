"""What the receipt routes answer, for the document; `objects` builds the answers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from inventory.receipts import Caution

__all__ = ["ReceiptRecord"]


class ReceiptLineRow(serializers.Serializer[Any]):
    """What came, and the stock item that it is in as it is now."""

    sku = serializers.CharField(help_text="The SKU's code.")
    skuId = serializers.CharField(help_text="The SKU's id.")
    title = serializers.CharField(help_text="The SKU's title.")
    quantity = serializers.IntegerField(min_value=1, help_text="How many units came.")
    stockItemId = serializers.CharField(help_text="The stock item that they are in.")
    binId = serializers.CharField(help_text="Its bin.")
    binCode = serializers.CharField(help_text="The bin's code.")
    lotId = serializers.CharField(allow_null=True, help_text="Its lot.")
    lotCode = serializers.CharField(allow_null=True, help_text="The lot's code.")
    expiresOn = serializers.DateField(allow_null=True, help_text="The lot's last day.")
    onHand = serializers.IntegerField(help_text="How many units the stock item has now.")
    locationOnHand = serializers.IntegerField(help_text="How many units of the SKU the location has now.")
    locationAvailable = serializers.IntegerField(
        help_text="How many of these are neither reserved nor held; negative where more is promised than is there."
    )
    replenishmentId = serializers.CharField(allow_null=True, help_text="The order that was received.")
    replenishmentState = serializers.CharField(
        allow_null=True, help_text="`open` while more is expected, `received` once all of it has come."
    )
    warnings = serializers.ListField(
        child=serializers.ChoiceField(choices=[caution.value for caution in Caution]),
        help_text="`LOT_EXPIRED`, `LOT_QUARANTINED`: received, and never picked. `OVER_RECEIVED`: more than was "
        "ordered.",
    )


class ReceiptRecord(serializers.Serializer[Any]):
    """A receipt: an adjustment of the kind `receipt`, with the stock after it."""

    id = serializers.CharField(help_text="The id of the adjustment, by which it is read and reversed.")
    kind = serializers.ChoiceField(choices=("receipt",), help_text="What kind of document it is.")
    reasonCode = serializers.CharField(help_text="`supplier_receipt`.")
    locationId = serializers.CharField(help_text="The location.")
    locationName = serializers.CharField(help_text="The location's name.")
    referenceId = serializers.CharField(allow_null=True, help_text="Your number.")
    note = serializers.CharField(allow_null=True, help_text="Why, in words.")
    lines = ReceiptLineRow(many=True, help_text="What came, in the order of the request.")
    createdBy = serializers.CharField(help_text="Who received it.")
    createdAt = serializers.DateTimeField(help_text="When.")
