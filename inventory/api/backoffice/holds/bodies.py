"""What the hold routes take."""

from __future__ import annotations

from inventory.models import Hold, Lot, StockItem
from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses.http.conditions import Instead
from warehouses.http.fields import StrictCharField, StrictIntegerField, StrictSerializer, TypeIdField
from warehouses.models import Bin, Warehouse

__all__ = ["HoldBody", "HoldReleaseBody"]


class HoldBody(StrictSerializer):
    """`POST /api/inventory/holds`: a SKU in a location, narrowed to a bin or a lot; or one stock item."""

    conditions = (
        Instead(
            "stockItemId",
            others=("sku", "binId", "lotId"),
            needed=("sku", "locationId"),
            too_much="The stock item says this already.",
            too_little="Give this, or a `stockItemId`.",
        ),
    )

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
