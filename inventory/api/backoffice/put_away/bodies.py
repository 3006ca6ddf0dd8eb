"""What the put-away routes take."""

from __future__ import annotations

from rest_framework import serializers

from inventory.models import Lot, PutAwayLine
from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses.http.conditions import BelongsTo
from warehouses.http.fields import (
    StrictCharField,
    StrictIntegerField,
    StrictListField,
    StrictSerializer,
    TypeIdField,
)
from warehouses.models import Bin, Warehouse

__all__ = ["PutAwayActionBody", "PutAwayBody"]

_MOST_LINES = 500


class PutAwayGoodsBody(StrictSerializer):
    sku = StrictCharField(max_length=64, help_text="The SKU's code.")
    quantity = StrictIntegerField(
        min_value=1, max_value=MAXIMUM_QUANTITY, help_text="How many units shall be put away."
    )
    fromBinId = TypeIdField(Bin.prefix, help_text="The bin that they lie in.")
    lotId = TypeIdField(
        Lot.prefix, required=False, help_text="Only of this lot; without it, first expired, first out."
    )
    toBinId = TypeIdField(
        Bin.prefix,
        required=False,
        help_text="The bin that they shall go to; without it one is suggested, or several.",
    )


class PutAwayGoodsField(StrictListField):
    child = PutAwayGoodsBody()


class PutAwayBody(StrictSerializer):
    """`POST /api/inventory/put-away`."""

    locationId = TypeIdField(Warehouse.prefix, help_text="The location that the goods are in.")
    lines = PutAwayGoodsField(
        allow_empty=False,
        max_length=_MOST_LINES,
        help_text=f"What shall be put away: 1 to {_MOST_LINES} lines.",
    )
    note = StrictCharField(max_length=500, required=False, help_text="Why, in words.")
    referenceId = StrictCharField(max_length=120, required=False, help_text="The number that you know it by.")


class PutAwayDoneBody(StrictSerializer):
    lineId = TypeIdField(PutAwayLine.prefix, help_text="The task's line.")
    quantity = StrictIntegerField(
        min_value=0,
        max_value=MAXIMUM_QUANTITY,
        required=False,
        help_text="How many units were put away; without it, all of the line. The rest stays where it is.",
    )
    toBinId = TypeIdField(Bin.prefix, required=False, help_text="The bin they were put into, if another.")


class PutAwayDoneField(StrictListField):
    child = PutAwayDoneBody()


class PutAwayActionBody(StrictSerializer):
    """`POST /api/inventory/put-away/[id]`. `lines` belong to `complete`."""

    conditions = (BelongsTo("action", ("complete",), ("lines",), "Only `complete` takes this."),)

    action = serializers.ChoiceField(choices=("complete", "cancel"))
    lines = PutAwayDoneField(
        required=False,
        allow_empty=False,
        max_length=_MOST_LINES,
        help_text="`complete`: what was done otherwise than planned. Lines that are left out were done as planned.",
    )
    note = StrictCharField(max_length=500, required=False, help_text="Why, in words; kept in the history.")
