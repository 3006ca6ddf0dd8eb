"""What the put-away routes answer, for the document; `objects` builds it, and a test holds the two together."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from inventory.api.backoffice.objects import HistoryRow, Pagination
from inventory.models import PutAwayState

__all__ = ["PutAwayPage", "PutAwayRecord"]


class PutAwayRow(serializers.Serializer[Any]):
    """A put-away task without its lines."""

    id = serializers.CharField(help_text="The task's id.")
    state = serializers.ChoiceField(choices=PutAwayState.choices, help_text="Whether it is to be done still.")
    locationId = serializers.CharField(help_text="The location.")
    locationName = serializers.CharField(help_text="Its name.")
    referenceId = serializers.CharField(allow_null=True, help_text="The number that you know it by.")
    note = serializers.CharField(allow_null=True, help_text="Why it was made.")
    lineCount = serializers.IntegerField(min_value=0, help_text="How many lines it has.")
    quantity = serializers.IntegerField(min_value=0, help_text="Units that were planned.")
    putAway = serializers.IntegerField(
        min_value=0, allow_null=True, help_text="Units that were put away; null until it is completed."
    )
    createdBy = serializers.CharField(help_text="Who made it.")
    createdAt = serializers.DateTimeField(help_text="When it was made.")
    closedAt = serializers.DateTimeField(allow_null=True, help_text="When it was completed or cancelled.")
    version = serializers.IntegerField(min_value=1, help_text="Grows with everything that is done.")


class PutAwayPage(serializers.Serializer[Any]):
    """A page of put-away tasks, the newest first."""

    data = PutAwayRow(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()


class PutAwayLineObject(serializers.Serializer[Any]):
    """Units of one SKU on their way from one bin to another."""

    id = serializers.CharField(help_text="The line's id, which completing names.")
    sku = serializers.CharField(help_text="The SKU's code.")
    skuId = serializers.CharField(help_text="The SKU's id.")
    title = serializers.CharField(help_text="The SKU's title.")
    lotId = serializers.CharField(allow_null=True, help_text="The lot that was asked for; null: any.")
    lotCode = serializers.CharField(allow_null=True, help_text="Its code.")
    fromBinId = serializers.CharField(help_text="The bin that they lie in.")
    fromBinCode = serializers.CharField(help_text="Its code.")
    fromRoomName = serializers.CharField(help_text="Its room's name.")
    toBinId = serializers.CharField(help_text="The bin that they go to.")
    toBinCode = serializers.CharField(help_text="Its code.")
    toRoomName = serializers.CharField(help_text="Its room's name.")
    isSuggested = serializers.BooleanField(help_text="Nobody named the bin: it was chosen for its room.")
    quantity = serializers.IntegerField(min_value=1, help_text="Units that were planned.")
    putAway = serializers.IntegerField(
        min_value=0, allow_null=True, help_text="Units that were put away; null until the task is completed."
    )


class PutAwayRecord(PutAwayRow):
    """A put-away task with its lines, and with everything that was done."""

    allowedActions = serializers.ListField(
        child=serializers.CharField(), help_text="What the caller can do with it now."
    )
    lines = PutAwayLineObject(many=True, help_text="What goes where.")
    history = HistoryRow(many=True, help_text="Everything that was done, from the beginning on.")
