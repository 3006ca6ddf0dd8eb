"""What the routes of locations, rooms and bins take."""

from __future__ import annotations

from typing import Final

from rest_framework import serializers

from warehouses.http.conditions import Changing
from warehouses.http.fields import (
    LARGEST_QUANTITY,
    StrictBooleanField,
    StrictCharField,
    StrictIntegerField,
    StrictSerializer,
    TypeIdField,
)
from warehouses.models import Room, RoomType, WarehouseType

__all__ = [
    "BINS_AT_ONCE",
    "BinChangeBody",
    "BinsBody",
    "LocationBody",
    "LocationChangeBody",
    "RoomBody",
    "RoomChangeBody",
]

BINS_AT_ONCE: Final = 500
_LOCATION_NAME: Final = "What it is called; capitals make no difference."
_ROOM_NAME: Final = "What it is called in its location; capitals make no difference."
_SELLABLE: Final = "Whether what lies there may be promised to channels."


class LocationFields(StrictSerializer):
    """What a location says of itself, besides its name."""

    type = serializers.ChoiceField(
        choices=WarehouseType.choices,
        required=False,
        help_text="What kind of place it is; `own` unless given.",
    )
    marketplace = StrictCharField(
        max_length=60,
        required=False,
        allow_null=True,
        help_text="For FBA and FBS: which marketplace, for example amazon_eu. Null for none.",
    )
    address = StrictCharField(
        max_length=300, required=False, allow_null=True, help_text="Where it is; null for nothing."
    )
    isReadonly = StrictBooleanField(
        required=False, help_text="Whether only a sync changes its stock; FBA and FBS always are read-only."
    )


class LocationBody(LocationFields):
    """`POST /api/locations`."""

    name = StrictCharField(max_length=120, help_text=_LOCATION_NAME)


class LocationChangeBody(LocationFields):
    """`PATCH /api/locations/[id]`: what is not given stays as it is."""

    conditions = (Changing(),)

    name = StrictCharField(max_length=120, required=False, help_text=_LOCATION_NAME)
    isActive = StrictBooleanField(
        required=False, help_text="False closes it, if it is empty; true opens it again."
    )


class RoomBody(StrictSerializer):
    """`POST /api/locations/[id]/rooms`."""

    name = StrictCharField(max_length=80, help_text=_ROOM_NAME)
    roomType = serializers.ChoiceField(
        choices=RoomType.choices,
        required=False,
        help_text="What the goods in it are for; `storage` unless given.",
    )
    isSellable = StrictBooleanField(
        required=False, help_text=f"{_SELLABLE} Unless given, as rooms of that type usually are."
    )


class RoomChangeBody(StrictSerializer):
    """`PATCH /api/locations/[id]/rooms/[roomId]`: what is not given stays as it is."""

    conditions = (Changing(),)

    name = StrictCharField(max_length=80, required=False, help_text=_ROOM_NAME)
    roomType = serializers.ChoiceField(
        choices=RoomType.choices, required=False, help_text="What the goods in it are for."
    )
    isSellable = StrictBooleanField(required=False, help_text=_SELLABLE)


class BinFields(StrictSerializer):
    """What a bin says of itself, besides its code."""

    barcode = StrictCharField(
        max_length=80,
        required=False,
        allow_null=True,
        help_text="What its label says to a scanner, unique in the organization; null for none.",
    )
    roomId = TypeIdField(
        Room.prefix,
        required=False,
        help_text="The room of the location that it is in; what is in it goes with it.",
    )
    pickSequence = StrictIntegerField(
        min_value=0,
        max_value=LARGEST_QUANTITY,
        required=False,
        help_text="Pickers and counters walk bins in this order.",
    )
    capacity = StrictIntegerField(
        min_value=0,
        max_value=LARGEST_QUANTITY,
        required=False,
        allow_null=True,
        help_text="How many units fit; null for no limit. With less than is in it, it is full.",
    )


class NewBinRow(BinFields):
    """A bin to be put up. Without `roomId` it is in the default room, without `pickSequence` at the end of the walk."""

    code = StrictCharField(
        max_length=40, help_text="What it is called in its location; capitals make no difference."
    )


class BinsBody(StrictSerializer):
    """`POST /api/locations/[id]/bins`: up to 500 at once, all or none."""

    bins = NewBinRow(
        many=True, allow_empty=False, max_length=BINS_AT_ONCE, help_text="The bins, each with a code."
    )  # type: ignore[call-arg]


class BinChangeBody(BinFields):
    """`PATCH /api/locations/[id]/bins/[binId]`: what is not given stays as it is."""

    conditions = (Changing(),)

    code = StrictCharField(
        max_length=40,
        required=False,
        help_text="What it is called in its location; capitals make no difference.",
    )
    isActive = StrictBooleanField(
        required=False, help_text="False closes it, if it is empty; true opens it again."
    )
