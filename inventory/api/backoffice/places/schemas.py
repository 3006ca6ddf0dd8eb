"""What the routes of locations, rooms and bins answer, for the document; `objects` builds the answers, and a test holds
the two together.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from inventory.api.backoffice.objects import Pagination
from warehouses.models import RoomType, WarehouseType

__all__ = [
    "BinPage",
    "BinRecord",
    "LocationPage",
    "LocationRecord",
    "NewBins",
    "RoomPage",
    "RoomRecord",
]


class LocationRecord(serializers.Serializer[Any]):
    """A place with stock."""

    id = serializers.CharField(help_text="The location's id: what other routes call `locationId`.")
    name = serializers.CharField(help_text="What it is called.")
    type = serializers.ChoiceField(choices=WarehouseType.choices, help_text="What kind of place it is.")
    marketplace = serializers.CharField(
        allow_null=True, help_text="Which marketplace runs it; null for none."
    )
    address = serializers.CharField(allow_null=True, help_text="Where it is; null where nobody has said.")
    isActive = serializers.BooleanField(
        help_text="An inactive one is still shown, but its stock cannot change."
    )
    isReadonly = serializers.BooleanField(help_text="Whether only a sync changes its stock.")
    isDefault = serializers.BooleanField(
        help_text="Whether it is the one that is meant where none is named. Chosen in the organization's settings."
    )
    roomCount = serializers.IntegerField(min_value=0, help_text="How many rooms it has.")
    binCount = serializers.IntegerField(min_value=0, help_text="How many bins it has.")
    createdAt = serializers.DateTimeField(help_text="When it was made.")


class LocationPage(serializers.Serializer[Any]):
    """A page of locations, by name unless sorted otherwise."""

    data = LocationRecord(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()


class RoomRecord(serializers.Serializer[Any]):
    """A zone of a location."""

    id = serializers.CharField(help_text="The room's id.")
    locationId = serializers.CharField(help_text="The location's id.")
    name = serializers.CharField(help_text="What it is called.")
    roomType = serializers.ChoiceField(choices=RoomType.choices, help_text="What the goods in it are for.")
    isSellable = serializers.BooleanField(help_text="Whether what lies there may be promised to channels.")
    isDefault = serializers.BooleanField(help_text="Whether it is the one that the location was born with.")
    binCount = serializers.IntegerField(min_value=0, help_text="How many bins it has.")


class RoomPage(serializers.Serializer[Any]):
    """A page of rooms, by name unless sorted otherwise."""

    data = RoomRecord(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()


class BinRecord(serializers.Serializer[Any]):
    """A shelf position, and how much is in it."""

    id = serializers.CharField(help_text="The bin's id.")
    locationId = serializers.CharField(help_text="The location's id.")
    roomId = serializers.CharField(help_text="The id of the room it is in.")
    roomName = serializers.CharField(help_text="What the room is called.")
    roomType = serializers.ChoiceField(
        choices=RoomType.choices, help_text="What the goods in the room are for."
    )
    code = serializers.CharField(help_text="What it is called.")
    barcode = serializers.CharField(allow_null=True, help_text="What its label says to a scanner.")
    pickSequence = serializers.IntegerField(
        min_value=0, help_text="Pickers and counters walk bins in this order."
    )
    capacity = serializers.IntegerField(
        min_value=0, allow_null=True, help_text="How many units fit; null for no limit."
    )
    isActive = serializers.BooleanField(help_text="Nothing is put into an inactive one.")
    isDefault = serializers.BooleanField(
        help_text="Whether it is the one that stock is in where none is named."
    )
    units = serializers.IntegerField(min_value=0, help_text="How many units are in it.")
    skuCount = serializers.IntegerField(min_value=0, help_text="Of how many SKUs.")
    free = serializers.IntegerField(
        min_value=0, allow_null=True, help_text="How many more units fit; null for no limit."
    )


class BinPage(serializers.Serializer[Any]):
    """A page of bins, in the order of the walk unless sorted otherwise."""

    data = BinRecord(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()


class NewBins(serializers.Serializer[Any]):
    """The bins that were put up, in the order of the request."""

    data = BinRecord(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
