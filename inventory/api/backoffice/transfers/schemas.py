"""What the transfer routes answer, for the document; `objects` builds it, and a test holds the two together."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from inventory.api.backoffice.objects import HistoryRow, Pagination
from inventory.models import TransferState
from warehouses.models import RoomType

__all__ = ["TransferBinPage", "TransferPage", "TransferRecord"]


class TransferRow(serializers.Serializer[Any]):
    """A transfer without its lines; the quantities are their sums, in units."""

    id = serializers.CharField(help_text="The transfer's id.")
    state = serializers.ChoiceField(choices=TransferState.choices, help_text="How far it has come.")
    fromLocationId = serializers.CharField(help_text="The location that the goods leave.")
    fromLocationName = serializers.CharField(help_text="Its name.")
    toLocationId = serializers.CharField(help_text="The location that they go to.")
    toLocationName = serializers.CharField(help_text="Its name.")
    referenceId = serializers.CharField(allow_null=True, help_text="The number that you know it by.")
    note = serializers.CharField(allow_null=True, help_text="Why it was made.")
    expectedOn = serializers.DateField(allow_null=True, help_text="The day on which it should arrive.")
    lineCount = serializers.IntegerField(min_value=0, help_text="How many lines it has.")
    quantity = serializers.IntegerField(min_value=0, help_text="Units asked for.")
    shipped = serializers.IntegerField(min_value=0, help_text="Units that have left the source.")
    received = serializers.IntegerField(min_value=0, help_text="Units that have arrived, surplus among them.")
    surplus = serializers.IntegerField(
        min_value=0, help_text="Units that have arrived beyond those that were shipped."
    )
    writtenOff = serializers.IntegerField(min_value=0, help_text="Units that never arrive.")
    inTransit = serializers.IntegerField(
        min_value=0, help_text="Units on their way: shipped − (received − surplus) − written off."
    )
    createdBy = serializers.CharField(help_text="Who made it.")
    createdAt = serializers.DateTimeField(help_text="When it was made.")
    shippedAt = serializers.DateTimeField(allow_null=True, help_text="When the goods left.")
    closedAt = serializers.DateTimeField(
        allow_null=True, help_text="Since when nothing is in transit any more, or it is cancelled."
    )
    version = serializers.IntegerField(min_value=1, help_text="Grows with everything that is done.")


class TransferPage(serializers.Serializer[Any]):
    """A page of transfers, the newest first."""

    data = TransferRow(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()


class TransferLot(serializers.Serializer[Any]):
    """What was shipped of one lot."""

    lotId = serializers.CharField(allow_null=True, help_text="The lot; null: goods without one.")
    lotCode = serializers.CharField(allow_null=True, help_text="Its code.")
    expiresOn = serializers.DateField(allow_null=True, help_text="The last day on which it is good.")
    shipped = serializers.IntegerField(min_value=0, help_text="Units that have left.")
    inTransit = serializers.IntegerField(min_value=0, help_text="Units neither received nor written off.")


class TransferLineObject(serializers.Serializer[Any]):
    """One SKU of a transfer."""

    id = serializers.CharField(help_text="The line's id, which receiving names.")
    sku = serializers.CharField(help_text="The SKU's code.")
    skuId = serializers.CharField(help_text="The SKU's id.")
    title = serializers.CharField(help_text="The SKU's title.")
    lotId = serializers.CharField(allow_null=True, help_text="The lot that was asked for; null: any.")
    lotCode = serializers.CharField(allow_null=True, help_text="Its code.")
    fromBinId = serializers.CharField(
        allow_null=True, help_text="The bin to take from; null: any, or the caller does not see the source."
    )
    fromBinCode = serializers.CharField(allow_null=True, help_text="Its code.")
    toBinId = serializers.CharField(
        allow_null=True,
        help_text="The bin to bring to; null: the default one, or the caller does not see the destination.",
    )
    toBinCode = serializers.CharField(allow_null=True, help_text="Its code.")
    quantity = serializers.IntegerField(min_value=1, help_text="Units asked for.")
    shipped = serializers.IntegerField(min_value=0, help_text="Units that have left the source.")
    received = serializers.IntegerField(min_value=0, help_text="Units that have arrived, surplus among them.")
    surplus = serializers.IntegerField(min_value=0, help_text="Units beyond those that were shipped.")
    writtenOff = serializers.IntegerField(min_value=0, help_text="Units that never arrive.")
    inTransit = serializers.IntegerField(min_value=0, help_text="Units on their way.")
    shortageReason = serializers.CharField(allow_null=True, help_text="Why units were written off.")
    lots = TransferLot(many=True, help_text="What was shipped, lot by lot.")


class TransferRecord(TransferRow):
    """A transfer with its lines, and with everything that was done."""

    allowedActions = serializers.ListField(
        child=serializers.CharField(), help_text="What the caller can do with it now."
    )
    lines = TransferLineObject(many=True, help_text="What is sent.")
    history = HistoryRow(many=True, help_text="Everything that was done, from the beginning on.")


class TransferBinStock(serializers.Serializer[Any]):
    """What of the SKU lies in the bin, of one lot."""

    stockItemId = serializers.CharField(help_text="The stock item's id.")
    lotId = serializers.CharField(allow_null=True, help_text="The lot; null: goods without one.")
    lotCode = serializers.CharField(allow_null=True, help_text="Its code.")
    expiresOn = serializers.DateField(allow_null=True, help_text="The last day on which it is good.")
    onHand = serializers.IntegerField(min_value=0, help_text="Units in the bin.")
    held = serializers.IntegerField(min_value=0, help_text="Units of these on hold.")
    movable = serializers.IntegerField(
        min_value=0,
        help_text="Units that can be moved without naming the lot: not on hold, not expired, not quarantined.",
    )


class TransferBin(serializers.Serializer[Any]):
    """A bin to take from or to bring to."""

    binId = serializers.CharField(help_text="The bin's id.")
    binCode = serializers.CharField(help_text="Its code.")
    roomId = serializers.CharField(help_text="The room's id.")
    roomName = serializers.CharField(help_text="Its name.")
    roomType = serializers.ChoiceField(choices=RoomType.choices, help_text="What the room is for.")
    isSellable = serializers.BooleanField(help_text="Whether what lies there may be promised to channels.")
    isDefault = serializers.BooleanField(help_text="Whether goods go there when nobody names a bin.")
    isActive = serializers.BooleanField(
        help_text="Whether it is in use: nothing is put into one that is not."
    )
    pickSequence = serializers.IntegerField(min_value=0, help_text="Its place on the pickers' walk.")
    capacity = serializers.IntegerField(
        min_value=0, allow_null=True, help_text="How many units fit; null: no limit."
    )
    used = serializers.IntegerField(min_value=0, help_text="Units in it, of all SKUs.")
    free = serializers.IntegerField(
        min_value=0, allow_null=True, help_text="Units that there is room for; null: no limit."
    )
    holdsSku = serializers.BooleanField(
        allow_null=True, help_text="Whether the SKU lies there already; null where none was asked about."
    )
    stock = TransferBinStock(
        many=True,
        allow_null=True,
        help_text="What of the SKU lies there, by lot, in picking order; null where none was asked about.",
    )


class TransferBinPage(serializers.Serializer[Any]):
    """A page of bins, in the order of the pickers' walk."""

    data = TransferBin(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()
