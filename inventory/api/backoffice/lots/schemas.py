"""What the routes of lots and expired goods answer, for the document; `objects` builds the answers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from inventory.api.backoffice.objects import HistoryRow, Pagination
from inventory.expiry.marking import Outcome
from inventory.models import LotState
from warehouses.models import RoomType

__all__ = [
    "DestructionPage",
    "DestructionRecord",
    "ExpiredPage",
    "LotControlResult",
    "LotPage",
    "LotRecord",
    "LotVerdict",
    "MarkConsumedResult",
    "MarkExpiredResult",
]

_STATES = [state.value for state in LotState]


class LotRow(serializers.Serializer[Any]):
    """A lot, with its stock where the caller may look."""

    id = serializers.CharField(help_text="The lot's id.")
    sku = serializers.CharField(help_text="The code of its SKU.")
    skuId = serializers.CharField(help_text="The SKU's id.")
    title = serializers.CharField(help_text="The SKU's title.")
    code = serializers.CharField(help_text="The lot's code.")
    state = serializers.ChoiceField(choices=_STATES, help_text="Its state today.")
    expiresOn = serializers.DateField(
        allow_null=True, help_text="The last day on which it is good; null: it keeps."
    )
    daysLeft = serializers.IntegerField(
        allow_null=True, help_text="0 on the last day, negative when it has passed."
    )
    receivedAt = serializers.DateTimeField(help_text="When it came, which decides between equal last days.")
    onHand = serializers.IntegerField(min_value=0, help_text="How many units there are.")
    held = serializers.IntegerField(min_value=0, help_text="How many of them are on hold.")
    version = serializers.IntegerField(min_value=1, help_text="Grows with every change.")


class LotPage(serializers.Serializer[Any]):
    """A page of lots, by SKU, and of a SKU the first to expire first."""

    data = LotRow(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()


class LotPlace(serializers.Serializer[Any]):
    """What of a lot is in one location."""

    locationId = serializers.CharField(help_text="The location's id.")
    locationName = serializers.CharField(help_text="Its name.")
    bins = serializers.IntegerField(min_value=1, help_text="In how many bins.")
    onHand = serializers.IntegerField(min_value=1, help_text="How many units there are.")
    held = serializers.IntegerField(min_value=0, help_text="How many of them are on hold.")


class LotRecord(LotRow):
    """A lot with where it is, what may be done with its state, and its history."""

    allowedStates = serializers.ListField(
        child=serializers.CharField(), help_text="The states that it may be brought to."
    )
    stock = LotPlace(many=True, help_text="Where it is.")
    history = HistoryRow(many=True, help_text="What was done with it, from its beginning on.")


class LotProblemRow(serializers.Serializer[Any]):
    """Why a line could not be picked as it stands."""

    code = serializers.ChoiceField(
        choices=["LOT_UNKNOWN", "LOT_EXPIRED", "LOT_ON_HOLD", "LOT_SHORT", "NOT_FEFO", "LOT_REQUIRED"],
        help_text="What is wrong.",
    )
    detail = serializers.CharField(help_text="In words.")
    available = serializers.IntegerField(
        min_value=0, allow_null=True, help_text="`LOT_SHORT`: how many units could be picked."
    )
    lotId = serializers.CharField(allow_null=True, help_text="`NOT_FEFO`: the lot that goes first.")
    lotCode = serializers.CharField(allow_null=True, help_text="Its code.")


class LotVerdict(serializers.Serializer[Any]):
    """Whether a line could be picked as it stands."""

    sku = serializers.CharField(help_text="The code of the SKU.")
    skuId = serializers.CharField(help_text="The SKU's id.")
    title = serializers.CharField(help_text="The SKU's title.")
    locationId = serializers.CharField(help_text="Where it is to be picked.")
    locationName = serializers.CharField(help_text="The location's name.")
    lotId = serializers.CharField(allow_null=True, help_text="The lot's id; null where none is known.")
    lotCode = serializers.CharField(allow_null=True, help_text="The lot's code.")
    expiresOn = serializers.DateField(allow_null=True, help_text="The last day on which the lot is good.")
    quantity = serializers.IntegerField(min_value=1, help_text="How many units are asked for.")
    available = serializers.IntegerField(
        min_value=0, help_text="How many units of the lot could be picked there; of the SKU, without a lot."
    )
    valid = serializers.BooleanField(help_text="Whether there is no problem.")
    problems = LotProblemRow(many=True, help_text="Everything that is wrong with the line.")


class LotControlResult(serializers.Serializer[Any]):
    valid = serializers.BooleanField(help_text="Whether all lines are.")
    data = LotVerdict(many=True, help_text="The lines in their order.")  # type: ignore[assignment]


class ItemPlace(serializers.Serializer[Any]):
    """A stock item and where it is."""

    stockItemId = serializers.CharField(help_text="The stock item's id.")
    sku = serializers.CharField(help_text="The code of the SKU.")
    skuId = serializers.CharField(help_text="The SKU's id.")
    title = serializers.CharField(help_text="The SKU's title.")
    locationId = serializers.CharField(help_text="The location's id.")
    locationName = serializers.CharField(help_text="The location's name.")
    binId = serializers.CharField(help_text="The bin's id.")
    binCode = serializers.CharField(help_text="The bin's code.")


class ExpiredRow(ItemPlace):
    """Units of one lot in one bin."""

    roomType = serializers.ChoiceField(choices=RoomType.choices, help_text="The type of the bin's room.")
    lotId = serializers.CharField(help_text="The lot's id.")
    lotCode = serializers.CharField(help_text="The lot's code.")
    state = serializers.ChoiceField(choices=_STATES, help_text="The lot's state today.")
    expiresOn = serializers.DateField(
        allow_null=True, help_text="Its last day; null for goods without one that were marked as expired."
    )
    daysLeft = serializers.IntegerField(
        allow_null=True, help_text="0 on the last day, negative when it has passed."
    )
    onHand = serializers.IntegerField(min_value=1, help_text="How many units there are.")
    held = serializers.IntegerField(min_value=0, help_text="How many of them are on hold.")
    unitCost = serializers.FloatField(
        min_value=0, allow_null=True, help_text="What a unit costs, in the organization's currency."
    )
    value = serializers.FloatField(
        min_value=0, allow_null=True, help_text="What the units cost together; null without a unit cost."
    )


class ExpiredTotals(serializers.Serializer[Any]):
    """The sums over all pages."""

    items = serializers.IntegerField(min_value=0, help_text="How many stock items.")
    units = serializers.IntegerField(min_value=0, help_text="How many units.")
    value = serializers.FloatField(
        min_value=0, allow_null=True, help_text="What they cost; null where no SKU has a unit cost."
    )
    unpricedUnits = serializers.IntegerField(
        min_value=0, help_text="How many units are of SKUs without a unit cost."
    )


class ExpiredPage(serializers.Serializer[Any]):
    """A page of expired goods, the first to expire first."""

    data = ExpiredRow(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()
    totals = ExpiredTotals(help_text="The sums over all pages.")


class MarkedRow(ItemPlace):
    """What became of one line."""

    quantity = serializers.IntegerField(min_value=1, help_text="How many units the line was about.")
    outcome = serializers.ChoiceField(
        choices=[outcome.value for outcome in Outcome],
        help_text="`lot_expired`: the lot itself is expired now. `moved`: the units are in an expired lot of their "
        "own. `unchanged`: the lot was expired already.",
    )
    lotId = serializers.CharField(help_text="The expired lot that the units are of now.")
    lotCode = serializers.CharField(help_text="Its code.")


class MarkExpiredResult(serializers.Serializer[Any]):
    data = MarkedRow(many=True, help_text="The lines in their order.")  # type: ignore[assignment]
    adjustmentId = serializers.CharField(
        allow_null=True, help_text="The lot correction that moved units; null where none were moved."
    )


class ConsumedRow(ItemPlace):
    """What was used up of one stock item."""

    quantity = serializers.IntegerField(min_value=1, help_text="How many units left.")
    onHand = serializers.IntegerField(min_value=0, help_text="How many units are left.")


class MarkConsumedResult(serializers.Serializer[Any]):
    data = ConsumedRow(many=True, help_text="The lines in their order.")  # type: ignore[assignment]
    adjustmentId = serializers.CharField(help_text="The adjustment by which they left.")


class DestructionRow(serializers.Serializer[Any]):
    """The record of goods that were brought to a destruction room."""

    id = serializers.CharField(help_text="The record's id.")
    locationId = serializers.CharField(help_text="The location's id.")
    locationName = serializers.CharField(help_text="The location's name.")
    binId = serializers.CharField(help_text="The bin that they were brought to.")
    binCode = serializers.CharField(help_text="Its code.")
    reason = serializers.CharField(help_text="Why they are destroyed.")
    note = serializers.CharField(allow_null=True, help_text="What else was said.")
    lineCount = serializers.IntegerField(min_value=1, help_text="How many lines it has.")
    units = serializers.IntegerField(min_value=1, help_text="How many units.")
    createdBy = serializers.CharField(help_text="Who did it.")
    createdAt = serializers.DateTimeField(help_text="When.")
    version = serializers.IntegerField(min_value=1, help_text="A record is never changed.")


class DestructionPage(serializers.Serializer[Any]):
    """A page of records, the newest first."""

    data = DestructionRow(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()


class DestructionLineRow(serializers.Serializer[Any]):
    """Goods of one kind from one bin."""

    sku = serializers.CharField(help_text="The code of the SKU.")
    skuId = serializers.CharField(help_text="The SKU's id.")
    title = serializers.CharField(help_text="The SKU's title.")
    lotId = serializers.CharField(allow_null=True, help_text="The lot's id; null for goods without one.")
    lotCode = serializers.CharField(allow_null=True, help_text="The lot's code.")
    fromBinId = serializers.CharField(help_text="The bin that they were in.")
    fromBinCode = serializers.CharField(help_text="Its code.")
    quantity = serializers.IntegerField(min_value=1, help_text="How many units.")


class DestructionRecord(DestructionRow):
    """With its lines and its history."""

    lines = DestructionLineRow(many=True, help_text="What was brought there.")
    history = HistoryRow(many=True, help_text="What was done with the record.")
