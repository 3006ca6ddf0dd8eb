"""What the hold routes take."""

from __future__ import annotations

from rest_framework import serializers

from inventory.models import Hold, Lot, StockItem
from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses.http.fields import StrictCharField, StrictIntegerField, StrictSerializer, TypeIdField
from warehouses.models import Bin, Warehouse

__all__ = ["HoldBody", "HoldReleaseBody"]

#: What a stock item says of itself.
_SAID_BY_THE_ITEM = ("sku", "binId", "lotId")


class HoldBody(StrictSerializer):
    """`POST /api/inventory/holds`: a SKU in a location, narrowed to a bin or a lot; or one stock item."""

    sku = StrictCharField(
        max_length=128, required=False, help_text="The SKU's code; not together with `stockItemId`."
    )
    locationId = TypeIdField(
        Warehouse.prefix, required=False, help_text="The location; a stock item is in one already."
    )
    binId = TypeIdField(Bin.prefix, required=False, help_text="Only what lies in this bin.")
    lotId = TypeIdField(Lot.prefix, required=False, help_text="Only what is of this lot.")
    stockItemId = TypeIdField(
        StockItem.prefix, required=False, help_text="Only this stock item, instead of `sku` and the others."
    )
    quantity = StrictIntegerField(
        min_value=1,
        max_value=MAXIMUM_QUANTITY,
        required=False,
        help_text="How many units; without it, all that is free there.",
    )
    reason = StrictCharField(max_length=200, help_text="Why they are held.")
    referenceId = StrictCharField(
        max_length=120, required=False, allow_blank=True, help_text="The number of an inspection, say."
    )

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        faults = {}
        if "stockItemId" in attrs:
            faults = {
                name: serializers.ErrorDetail("The stock item says this already.", code="redundant")
                for name in _SAID_BY_THE_ITEM
                if name in attrs
            }
        else:
            faults = {
                name: serializers.ErrorDetail("Give this, or a `stockItemId`.", code="required")
                for name in ("sku", "locationId")
                if name not in attrs
            }
        if faults:
            raise serializers.ValidationError(faults)
        return attrs


class HoldReleaseBody(StrictSerializer):
    """`POST /api/inventory/holds/release`."""

    holdId = TypeIdField(Hold.prefix, help_text="The hold's id.")
    quantity = StrictIntegerField(
        min_value=1,
        max_value=MAXIMUM_QUANTITY,
        required=False,
        help_text="How many units of what is still held; without it, all of them.",
    )
    note = StrictCharField(max_length=500, required=False, allow_blank=True, help_text="Why.")
