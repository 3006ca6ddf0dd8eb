"""What the routes of sheets answer, for the document."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from cycle_counts.models import BatchState

__all__ = ["BlindForm"]


class BlindFormLine(serializers.Serializer[Any]):
    """What to look for, and where to write down how much is there."""

    lineId = serializers.CharField(help_text="The line's id.")
    position = serializers.IntegerField(min_value=1, help_text="Its place on the way through the bins.")
    sku = serializers.CharField(help_text="The SKU's code.")
    title = serializers.CharField(help_text="The SKU's title.")
    barcode = serializers.CharField(allow_null=True, help_text="One of its barcodes.")
    lotCode = serializers.CharField(allow_null=True, help_text="The lot's code.")
    expiresOn = serializers.DateField(allow_null=True, help_text="When the lot expires.")
    unit = serializers.CharField(help_text="What is counted: the SKU's base unit.")


class BlindFormBin(serializers.Serializer[Any]):
    """A bin on the way."""

    binId = serializers.CharField(help_text="The bin.")
    binCode = serializers.CharField(help_text="Its code.")
    roomName = serializers.CharField(help_text="The room that it is in.")
    lines = BlindFormLine(many=True, help_text="What is to be counted there; none: whether it is empty.")


class BlindForm(serializers.Serializer[Any]):
    """A cycle count as somebody takes it along: no quantities, blind or not."""

    batchId = serializers.CharField(help_text="The count's id.")
    number = serializers.CharField(help_text="What people call it.")
    name = serializers.CharField(allow_null=True, help_text="What somebody has named it.")
    locationId = serializers.CharField(help_text="The location that is counted.")
    locationName = serializers.CharField(help_text="Its name.")
    status = serializers.ChoiceField(choices=BatchState.choices, help_text="How far it has come.")
    dueOn = serializers.DateField(allow_null=True, help_text="The day on which it should be done.")
    note = serializers.CharField(allow_null=True, help_text="What to know about it.")
    bins = BlindFormBin(many=True, help_text="The bins in the order in which they are walked.")
