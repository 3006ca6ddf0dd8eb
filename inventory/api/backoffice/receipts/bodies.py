"""What the receipt routes take."""

from __future__ import annotations

from inventory.models import Lot, Replenishment
from inventory.models.sku import MAXIMUM_QUANTITY
from inventory.receipts import MOST_LINES
from warehouses.http.conditions import NotBoth
from warehouses.http.fields import (
    StrictCharField,
    StrictDateField,
    StrictIntegerField,
    StrictMoneyField,
    StrictSerializer,
    TypeIdField,
)
from warehouses.models import Bin, Warehouse

__all__ = ["ReceiptBody"]


class ReceiptLotBody(StrictSerializer):
    """The lot that goods are of, by its code: made, if the SKU has none of that code."""

    code = StrictCharField(max_length=64, help_text="The lot's code, in any capitals.")
    expiresOn = StrictDateField(
        required=False,
        allow_null=True,
        help_text="The last day on which it may be used. Left out: a known lot keeps its date, a new one has none.",
    )


class ReceiptLineBody(StrictSerializer):
    """So many units of a SKU."""

    conditions = (NotBoth("lotId", "lot", "Give this or `lotId`, not both."),)

    sku = StrictCharField(max_length=64, help_text="The SKU's code.")
    quantity = StrictIntegerField(min_value=1, max_value=MAXIMUM_QUANTITY, help_text="How many units came.")
    binId = TypeIdField(
        Bin.prefix, required=False, help_text="Where they are put; without it, into the request's `binId`."
    )
    lot = ReceiptLotBody(required=False, help_text="Their lot, by its code.")
    lotId = TypeIdField(Lot.prefix, required=False, help_text="Their lot, by its id, instead of `lot`.")
    unitCost = StrictMoneyField(
        required=False,
        help_text="What a unit cost: the SKU's unit cost from now on. Takes `products.write`.",
    )
    replenishmentId = TypeIdField(
        Replenishment.prefix, required=False, help_text="The order at a supplier that they were expected by."
    )


class ReceiptBody(StrictSerializer):
    """`POST /api/inventory/record-stock`."""

    locationId = TypeIdField(Warehouse.prefix, help_text="The location that the goods came to.")
    binId = TypeIdField(
        Bin.prefix,
        required=False,
        help_text="Where they are put; without it, into the location's default bin.",
    )
    referenceId = StrictCharField(
        max_length=120,
        required=False,
        allow_blank=True,
        help_text="A number of your own, such as that of the delivery note.",
    )
    note = StrictCharField(max_length=500, required=False, allow_blank=True, help_text="Why, in words.")
    lines = ReceiptLineBody(  # type: ignore[call-arg]
        many=True, allow_empty=False, max_length=MOST_LINES, help_text="What came, all or nothing."
    )
