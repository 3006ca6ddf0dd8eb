"""What the replenishment routes answer, for the document; `objects` builds the answers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from inventory.api.backoffice.objects import HistoryRow, Pagination
from inventory.models import ReplenishmentSource, ReplenishmentState, TransferState
from inventory.replenishment.formula import Basis

__all__ = [
    "ReplenishmentConfig",
    "ReplenishmentConfigPage",
    "ReplenishmentPage",
    "ReplenishmentRecord",
    "ReplenishmentRow",
    "SuggestionPage",
]


class ReplenishmentSourceRow(serializers.Serializer[Any]):
    """Where goods come from."""

    type = serializers.ChoiceField(
        choices=ReplenishmentSource.choices,
        help_text="`supplier`: bought. `transfer`: from another location.",
    )
    name = serializers.CharField(allow_null=True, help_text="The supplier's name.")
    fromLocationId = serializers.CharField(
        allow_null=True, help_text="The location that the goods come from."
    )
    fromLocationName = serializers.CharField(allow_null=True, help_text="That location's name.")


class ReplenishmentPlace(serializers.Serializer[Any]):
    """A SKU at a location."""

    sku = serializers.CharField(help_text="The SKU's code.")
    skuId = serializers.CharField(help_text="The SKU's id.")
    title = serializers.CharField(help_text="The SKU's title.")
    locationId = serializers.CharField(help_text="The location.")
    locationName = serializers.CharField(help_text="The location's name.")


class ReplenishmentConfig(ReplenishmentPlace):
    """How one SKU is replenished at one location."""

    safetyStock = serializers.IntegerField(min_value=0, help_text="Units that are kept back for bad days.")
    reorderPoint = serializers.IntegerField(
        min_value=0,
        help_text="Below this it is time to order; 0: the demand of the lead time and the safety stock.",
    )
    reorderQuantity = serializers.IntegerField(
        min_value=0, help_text="Ordered in as many of these as are needed, where there is no maximum."
    )
    maximum = serializers.IntegerField(
        min_value=0, allow_null=True, help_text="What is available and inbound is lifted to this."
    )
    orderMultiple = serializers.IntegerField(min_value=1, help_text="What is ordered is a multiple of this.")
    leadTimeDays = serializers.IntegerField(min_value=0, help_text="Days from ordering to receiving.")
    windowDays = serializers.IntegerField(min_value=1, help_text="Demand a day is that of so many days.")
    source = ReplenishmentSourceRow(  # type: ignore[assignment]  # DRF takes fields off the class
        allow_null=True, help_text="Where it is ordered; null: nobody has said."
    )
    isDefault = serializers.BooleanField(
        help_text="Whether maximum, multiple, days and source are what holds where nobody has set any."
    )


class ReplenishmentConfigPage(serializers.Serializer[Any]):
    """A page of rules, by SKU and location."""

    data = ReplenishmentConfig(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()


class SuggestionRow(ReplenishmentPlace):
    """A SKU that is below its reorder point, and how much to order. The numbers add up from top to bottom."""

    quantity = serializers.IntegerField(
        min_value=1, help_text="How much to order: `needed`, rounded up to `orderMultiple`."
    )
    onHand = serializers.IntegerField(min_value=0, help_text="Units that are there.")
    reserved = serializers.IntegerField(min_value=0, help_text="Units of them that are promised.")
    held = serializers.IntegerField(min_value=0, help_text="Units of them that are on hold.")
    available = serializers.IntegerField(help_text="`onHand` − `reserved` − `held`.")
    onOrder = serializers.IntegerField(
        min_value=0, help_text="Units of open replenishments that are not on their way yet."
    )
    inTransit = serializers.IntegerField(min_value=0, help_text="Units of transfers on their way here.")
    inbound = serializers.IntegerField(min_value=0, help_text="`onOrder` + `inTransit`.")
    position = serializers.IntegerField(help_text="`available` + `inbound`.")
    demand = serializers.IntegerField(
        min_value=0, help_text="Units that left for good in the last `windowDays`."
    )
    windowDays = serializers.IntegerField(min_value=1, help_text="The days that demand is counted over.")
    demandPerDay = serializers.FloatField(
        min_value=0,
        help_text="`demand` ÷ `windowDays`, to the hundredth; what follows is computed unrounded.",
    )
    leadTimeDays = serializers.IntegerField(min_value=0, help_text="Days from ordering to receiving.")
    safetyStock = serializers.IntegerField(min_value=0, help_text="Units that are kept back for bad days.")
    reorderPoint = serializers.IntegerField(
        min_value=0,
        help_text="The one that is set; else `demand` × `leadTimeDays` ÷ `windowDays`, rounded up, + `safetyStock`.",
    )
    isReorderPointSet = serializers.BooleanField(help_text="Whether somebody has set the reorder point.")
    reorderQuantity = serializers.IntegerField(
        min_value=0, help_text="Whole ones are ordered, where there is no maximum."
    )
    maximum = serializers.IntegerField(allow_null=True, help_text="What `position` is lifted to.")
    orderMultiple = serializers.IntegerField(min_value=1, help_text="`quantity` is a multiple of this.")
    basis = serializers.ChoiceField(
        choices=Basis.choices,
        help_text="What `target` is: the maximum; the first whole number of reorder quantities above `position` that "
        "reaches the reorder point; or the reorder point.",
    )
    target = serializers.IntegerField(help_text="What `position` is to become.")
    needed = serializers.IntegerField(min_value=1, help_text="`target` − `position`.")
    source = ReplenishmentSourceRow(  # type: ignore[assignment]  # DRF takes fields off the class
        allow_null=True, help_text="Where the rule says it is ordered; null: nowhere."
    )


class SuggestionPage(serializers.Serializer[Any]):
    """A page of suggestions, by SKU."""

    data = SuggestionRow(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()


class ReplenishmentRow(ReplenishmentPlace):
    """Units on order for a location."""

    id = serializers.CharField(help_text="The replenishment's id.")
    state = serializers.ChoiceField(
        choices=ReplenishmentState.choices,
        help_text="`open`: expected. `received`: all that will come has come. `cancelled`.",
    )
    quantity = serializers.IntegerField(min_value=1, help_text="How many were ordered.")
    received = serializers.IntegerField(min_value=0, help_text="How many have come.")
    inbound = serializers.IntegerField(min_value=0, help_text="How many are expected still.")
    source = ReplenishmentSourceRow(  # type: ignore[assignment]  # DRF takes fields off the class
        help_text="Where they come from."
    )
    transferId = serializers.CharField(allow_null=True, help_text="The transfer that brings them.")
    transferState = serializers.ChoiceField(
        choices=TransferState.choices, allow_null=True, help_text="The state of that transfer."
    )
    expectedOn = serializers.DateField(allow_null=True, help_text="When they are expected.")
    referenceId = serializers.CharField(allow_null=True, help_text="Your number.")
    note = serializers.CharField(allow_null=True, help_text="Why, in words.")
    version = serializers.IntegerField(min_value=1, help_text="Grows with every change.")
    createdBy = serializers.CharField(help_text="Who ordered them.")
    createdAt = serializers.DateTimeField(help_text="When.")
    closedAt = serializers.DateTimeField(
        allow_null=True, help_text="When it was received in full or cancelled."
    )


class ReplenishmentRecord(ReplenishmentRow):
    """Units on order, with what was done about them."""

    history = HistoryRow(many=True, help_text="What was done, from the beginning on.")


class ReplenishmentPage(serializers.Serializer[Any]):
    """A page of replenishments, the newest first."""

    data = ReplenishmentRow(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()
