"""What these routes answer, for the document; `objects` builds the answers, and a test holds the two together."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from inventory.api.backoffice.channels.objects import COUNTS, TERMS
from inventory.api.backoffice.objects import HistoryRow, Pagination
from inventory.models import ChannelPolicy

__all__ = [
    "AvailabilityAnswers",
    "AvailabilityPage",
    "ChannelMatrix",
    "ChannelPage",
    "ChannelRecord",
    "ChannelTotals",
    "MatrixDrilldown",
    "SkuAvailability",
]

_ATP = "What may still be promised: never less than 0."


class Channel(serializers.Serializer[Any]):
    """Where stock is sold."""

    id = serializers.CharField(help_text="The channel's id.")
    code = serializers.CharField(help_text="Small letters and digits, as in web-shop.")
    name = serializers.CharField(help_text="What people call it.")
    buffer = serializers.IntegerField(
        min_value=0, help_text="Units kept back from it in every location, unless a rule says otherwise."
    )
    isActive = serializers.BooleanField(help_text="Nothing is promised to a channel that is not active.")
    createdAt = serializers.DateTimeField(help_text="When it was made.")


class ChannelRecord(Channel):
    """A channel with its history."""

    history = HistoryRow(many=True, help_text="What was done to it, the oldest first.")


class ChannelPage(serializers.Serializer[Any]):
    """A page of channels."""

    data = Channel(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()


class ChannelColumn(serializers.Serializer[Any]):
    """A channel, in short."""

    channelId = serializers.CharField(help_text="The channel's id.")
    code = serializers.CharField(help_text="The channel's code.")
    name = serializers.CharField(help_text="The channel's name.")
    isActive = serializers.BooleanField(help_text="Nothing is promised to a channel that is not active.")


class ChannelShare(ChannelColumn):
    """What one channel may be promised of a SKU in a location, and on which terms."""

    policy = serializers.ChoiceField(choices=ChannelPolicy.choices, help_text="On which terms.")
    hasRule = serializers.BooleanField(help_text="false: it shares for want of a rule.")
    buffer = serializers.IntegerField(min_value=0, help_text="Units kept back from the channel here.")
    allocation = serializers.IntegerField(
        min_value=0, allow_null=True, help_text="At most so many; null: no limit."
    )
    allocationLeft = serializers.IntegerField(
        allow_null=True,
        help_text="The allocation less what is reserved for the channel; negative where that is more.",
    )
    reserved = serializers.IntegerField(min_value=0, help_text="Open reservations for the channel here.")
    availableToPromise = serializers.IntegerField(min_value=0, help_text=_ATP)


class LocationTerms(serializers.Serializer[Any]):
    """The terms of availability in one location: `sellable - reserved - held - safetyStock`, then each channel's."""

    locationId = serializers.CharField(help_text="The location's id.")
    locationName = serializers.CharField(help_text="The location's name.")
    locationIsActive = serializers.BooleanField(
        help_text="Nothing is promised from a location that is not active."
    )
    onHand = serializers.IntegerField(min_value=0, help_text="Everything that is there.")
    notSellable = serializers.IntegerField(
        min_value=0, help_text="Of it, what lies in rooms that are not for selling."
    )
    quarantined = serializers.IntegerField(min_value=0, help_text="In sellable rooms, of quarantined lots.")
    expired = serializers.IntegerField(min_value=0, help_text="In sellable rooms, of expired lots.")
    sellable = serializers.IntegerField(
        min_value=0, help_text="What is left of `onHand` without these three."
    )
    reserved = serializers.IntegerField(min_value=0, help_text="Open reservations, for whomever.")
    held = serializers.IntegerField(
        min_value=0, help_text="Held of what is sellable; and held elsewhere though it is not there any more."
    )
    safetyStock = serializers.IntegerField(min_value=0, help_text="Kept back from every channel.")
    availableToPromise = serializers.IntegerField(
        min_value=0, help_text="What may be promised without naming a channel: no buffer and no allocation."
    )
    channels = ChannelShare(many=True, help_text="The active channels, by name.")


class AvailabilityRow(LocationTerms):
    """Availability of one SKU in one location."""

    skuId = serializers.CharField(help_text="The SKU's id.")
    sku = serializers.CharField(help_text="The SKU's code.")
    title = serializers.CharField(help_text="The SKU's title.")


class AvailabilityPage(serializers.Serializer[Any]):
    """A page of availability records, by SKU code."""

    data = AvailabilityRow(many=True)  # type: ignore[assignment]
    pagination = Pagination()


class ChannelUnits(ChannelColumn):
    availableToPromise = serializers.IntegerField(
        min_value=0, help_text="Over all locations, each clamped at 0 before they are added up."
    )


class SkuAvailability(serializers.Serializer[Any]):
    """Availability of one SKU: in all, and in each location where it is stocked or a rule is about it."""

    skuId = serializers.CharField(help_text="The SKU's id.")
    sku = serializers.CharField(help_text="The SKU's code.")
    title = serializers.CharField(help_text="The SKU's title.")
    availableToPromise = serializers.IntegerField(
        min_value=0, help_text="Over all locations, without a channel."
    )
    channels = ChannelUnits(many=True, help_text="Over all locations, for each active channel.")
    locations = LocationTerms(many=True, help_text="By name.")


class CheckSource(serializers.Serializer[Any]):
    """A location that could give something."""

    locationId = serializers.CharField(help_text="The location's id.")
    locationName = serializers.CharField(help_text="The location's name.")
    available = serializers.IntegerField(
        min_value=1, help_text="What it could give when the line's turn came."
    )
    quantity = serializers.IntegerField(min_value=0, help_text="What the line takes of it.")


class CheckAnswer(serializers.Serializer[Any]):
    """The answer to one line."""

    sku = serializers.CharField(help_text="The SKU's code.")
    skuId = serializers.CharField(help_text="The SKU's id.")
    quantity = serializers.IntegerField(min_value=1, help_text="How many are wanted.")
    available = serializers.IntegerField(
        min_value=0, help_text="What can be promised, less what lines before it for the same SKU take."
    )
    canFulfil = serializers.BooleanField(help_text="Whether that is enough.")
    shortBy = serializers.IntegerField(min_value=0, help_text="How many are missing.")
    locations = CheckSource(many=True, help_text="Where it would come from, the fullest location first.")


class AvailabilityAnswers(serializers.Serializer[Any]):
    """An answer for each line, in the order of the lines."""

    data = CheckAnswer(many=True)  # type: ignore[assignment]


class MatrixCell(serializers.Serializer[Any]):
    """What one channel may be promised of one SKU."""

    channelId = serializers.CharField(help_text="The channel's id.")
    availableToPromise = serializers.IntegerField(min_value=0, help_text=_ATP)
    policy = serializers.ChoiceField(choices=ChannelPolicy.choices, help_text="On which terms.")


class MatrixRow(serializers.Serializer[Any]):
    """One SKU of the location."""

    skuId = serializers.CharField(help_text="The SKU's id.")
    sku = serializers.CharField(help_text="The SKU's code.")
    title = serializers.CharField(help_text="The SKU's title.")
    onHand = serializers.IntegerField(min_value=0, help_text="Everything that is there.")
    availableToPromise = serializers.IntegerField(min_value=0, help_text="Without naming a channel.")
    cells = MatrixCell(many=True, help_text="In the order of `channels`.")


class ChannelMatrix(serializers.Serializer[Any]):
    """A page of SKUs of one location, with a cell for each channel."""

    locationId = serializers.CharField(help_text="The location's id.")
    locationName = serializers.CharField(help_text="The location's name.")
    channels = ChannelColumn(many=True, help_text="The columns, by name.")
    data = MatrixRow(many=True)  # type: ignore[assignment]
    pagination = Pagination()


class DrilldownTerm(serializers.Serializer[Any]):
    """One term, with its sign: all of them together are `availableToPromise`."""

    term = serializers.ChoiceField(choices=[(name, name) for name in TERMS.values()], help_text="Which one.")
    quantity = serializers.IntegerField(help_text="Units, negative where they are taken away.")


class DrilldownRule(serializers.Serializer[Any]):
    """The rule of SKU, location and channel."""

    id = serializers.CharField(help_text="The rule's id.")
    policy = serializers.ChoiceField(choices=ChannelPolicy.choices, help_text="On which terms.")
    allocation = serializers.IntegerField(min_value=0, allow_null=True, help_text="At most so many units.")
    buffer = serializers.IntegerField(min_value=0, allow_null=True, help_text="null: the channel's own.")
    updatedAt = serializers.DateTimeField(help_text="When it was written.")


class DrilldownItem(serializers.Serializer[Any]):
    """A stock item, and what it counts as."""

    id = serializers.CharField(help_text="The stock item's id.")
    roomName = serializers.CharField(help_text="The room.")
    binId = serializers.CharField(help_text="The bin's id.")
    binCode = serializers.CharField(help_text="The bin.")
    lotId = serializers.CharField(allow_null=True, help_text="The lot's id.")
    lotCode = serializers.CharField(allow_null=True, help_text="The lot.")
    expiresOn = serializers.DateField(allow_null=True, help_text="The last day on which it may be sold.")
    countsAs = serializers.ChoiceField(
        choices=[(name, name) for name in COUNTS.values()],
        help_text="`sellable`, or the term that takes its units away.",
    )
    onHand = serializers.IntegerField(min_value=0, help_text="Units there.")
    held = serializers.IntegerField(min_value=0, help_text="Units held.")
    heldCounted = serializers.IntegerField(min_value=0, help_text="Its part of the term `held`.")


class DrilldownReservation(serializers.Serializer[Any]):
    """An open reservation."""

    id = serializers.CharField(help_text="The reservation's id.")
    channelId = serializers.CharField(allow_null=True, help_text="For which channel.")
    quantity = serializers.IntegerField(min_value=1, help_text="Units that are still open.")
    referenceId = serializers.CharField(allow_null=True, help_text="For what.")
    expiresAt = serializers.DateTimeField(allow_null=True, help_text="When it stops counting by itself.")
    createdAt = serializers.DateTimeField(help_text="When it was made.")


class DrilldownMore(serializers.Serializer[Any]):
    """Open reservations that are not listed: the oldest 500 are."""

    count = serializers.IntegerField(min_value=0, help_text="How many.")
    quantity = serializers.IntegerField(help_text="Their units.")


class DrilldownHold(serializers.Serializer[Any]):
    """What of a hold is in one stock item."""

    id = serializers.CharField(help_text="The hold's id.")
    stockItemId = serializers.CharField(help_text="The stock item's id.")
    quantity = serializers.IntegerField(min_value=1, help_text="Units held there.")
    reason = serializers.CharField(help_text="Why.")
    createdBy = serializers.CharField(help_text="Who holds them.")
    createdAt = serializers.DateTimeField(help_text="Since when.")


class MatrixDrilldown(serializers.Serializer[Any]):
    """Why a cell of the matrix says what it says."""

    skuId = serializers.CharField(help_text="The SKU's id.")
    sku = serializers.CharField(help_text="The SKU's code.")
    title = serializers.CharField(help_text="The SKU's title.")
    locationId = serializers.CharField(help_text="The location's id.")
    locationName = serializers.CharField(help_text="The location's name.")
    locationIsActive = serializers.BooleanField(
        help_text="Nothing is promised from a location that is not active."
    )
    channel = ChannelColumn()
    availableToPromise = serializers.IntegerField(min_value=0, help_text="The cell: the sum of all `terms`.")
    beforeLimits = serializers.IntegerField(
        help_text="The sum of the terms down to `buffer`: before it is clamped and limited by policy."
    )
    terms = DrilldownTerm(many=True, help_text="In the order in which they add up.")
    rule = DrilldownRule(allow_null=True, help_text="null: the channel shares for want of a rule.")
    policy = serializers.ChoiceField(
        choices=ChannelPolicy.choices, help_text="On which terms the channel has it."
    )
    buffer = serializers.IntegerField(
        min_value=0, help_text="Units kept back: the rule's, else the channel's."
    )
    allocation = serializers.IntegerField(
        min_value=0, allow_null=True, help_text="At most so many; null: no limit."
    )
    allocationUsed = serializers.IntegerField(
        min_value=0, help_text="Open reservations for the channel here."
    )
    allocationLeft = serializers.IntegerField(
        allow_null=True, help_text="The allocation less what is used of it."
    )
    stockItems = DrilldownItem(
        many=True, help_text="All that is there, counted or not, in the order of the pickers' walk."
    )
    reservations = DrilldownReservation(many=True, help_text="The oldest 500 that are open.")
    moreReservations = DrilldownMore()
    holds = DrilldownHold(many=True, help_text="What is held, and why.")


class ChannelTotal(ChannelColumn):
    """What a channel may be promised in all."""

    skuCount = serializers.IntegerField(min_value=0, help_text="SKUs of which it may be promised anything.")
    units = serializers.IntegerField(min_value=0, help_text="Units over all SKUs and locations.")
    value = serializers.FloatField(
        min_value=0, help_text="Their value at unit cost; a SKU without one counts as nothing."
    )
    allocated = serializers.IntegerField(min_value=0, help_text="Units that rules allocate to the channel.")
    reserved = serializers.IntegerField(min_value=0, help_text="Open reservations for the channel.")


class ChannelTotals(serializers.Serializer[Any]):
    """A page of channels with their totals. Channels share one stock: the totals do not add up over channels."""

    data = ChannelTotal(many=True)  # type: ignore[assignment]
    pagination = Pagination()
