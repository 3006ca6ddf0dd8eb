"""What the hold routes answer, for the document; a test holds it and `objects` together."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from inventory.api.backoffice.objects import HistoryRow, Pagination
from inventory.models import HoldState

__all__ = ["HoldPage", "HoldRecord", "HoldRow"]


class HoldPartRow(serializers.Serializer[Any]):
    """What of a hold is in one stock item."""

    stockItemId = serializers.CharField(help_text="The stock item's id.")
    binId = serializers.CharField(help_text="The bin's id.")
    binCode = serializers.CharField(help_text="The bin's code.")
    lotId = serializers.CharField(allow_null=True, help_text="The lot's id; null: goods without a lot.")
    lotCode = serializers.CharField(allow_null=True, help_text="The lot's code.")
    quantity = serializers.IntegerField(min_value=0, help_text="How many units are still held there.")


class HoldRow(serializers.Serializer[Any]):
    """Units of one SKU in one location that neither leave nor move."""

    id = serializers.CharField(help_text="The hold's id.")
    state = serializers.ChoiceField(
        choices=HoldState.choices, help_text="`active` until nothing of it is held any more."
    )
    sku = serializers.CharField(help_text="The SKU's code.")
    skuId = serializers.CharField(help_text="The SKU's id.")
    title = serializers.CharField(help_text="The SKU's title.")
    locationId = serializers.CharField(help_text="The location's id.")
    locationName = serializers.CharField(help_text="The location's name.")
    binId = serializers.CharField(allow_null=True, help_text="The bin that was named, if one was.")
    binCode = serializers.CharField(allow_null=True, help_text="Its code.")
    lotId = serializers.CharField(allow_null=True, help_text="The lot that was named, if one was.")
    lotCode = serializers.CharField(allow_null=True, help_text="Its code.")
    stockItemId = serializers.CharField(
        allow_null=True, help_text="The stock item that was named, if one was."
    )
    quantity = serializers.IntegerField(min_value=1, help_text="How many units were held.")
    open = serializers.IntegerField(min_value=0, help_text="How many still are.")
    reason = serializers.CharField(help_text="Why.")
    referenceId = serializers.CharField(allow_null=True, help_text="The caller's own reference.")
    parts = HoldPartRow(many=True, help_text="Where the units are, in the order in which they are let go of.")
    closedAt = serializers.DateTimeField(allow_null=True, help_text="Since when nothing of it is held.")
    createdBy = serializers.CharField(help_text="Who made it.")
    createdAt = serializers.DateTimeField(help_text="When it was made.")
    version = serializers.IntegerField(min_value=1, help_text="Grows with everything that is done with it.")


class HoldRecord(HoldRow):
    """A hold with its history."""

    history = HistoryRow(many=True, help_text="What was done with it, from the beginning on.")


class HoldPage(serializers.Serializer[Any]):
    """A page of holds, the newest first."""

    data = HoldRow(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()
