"""What the routes of lots and expired goods take."""

from __future__ import annotations

from typing import Any, Final

from rest_framework import serializers

from inventory.models import Lot, LotState, StockItem
from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses.http.conditions import Changing, NotBoth
from warehouses.http.fields import (
    StrictCharField,
    StrictDateField,
    StrictIntegerField,
    StrictListField,
    StrictSerializer,
    TypeIdField,
)
from warehouses.models import Bin, Warehouse

__all__ = [
    "DestructionBody",
    "LotBody",
    "LotChangeBody",
    "LotControlBody",
    "MarkConsumedBody",
    "MarkExpiredBody",
]

MOST_LINES: Final = 500
_FIRST_STATES = (LotState.ACTIVE, LotState.QUARANTINED)


class UnitsField(StrictIntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=MAXIMUM_QUANTITY, **kwargs)


class LotBody(StrictSerializer):
    """`POST /api/lots`."""

    sku = StrictCharField(max_length=255, help_text="The code of the SKU.")
    code = StrictCharField(max_length=64, help_text="The lot's code, once per SKU.")
    expiresOn = StrictDateField(
        required=False, allow_null=True, help_text="The last day on which it is good; null: it keeps."
    )
    state = serializers.ChoiceField(
        choices=[state.value for state in _FIRST_STATES],
        required=False,
        help_text="`active` unless given; `quarantined` until somebody releases it.",
    )
    note = StrictCharField(
        max_length=300, required=False, allow_blank=True, help_text="Why, for its history."
    )


class LotChangeBody(StrictSerializer):
    """`PATCH /api/lots/[id]`: what is not given stays as it is."""

    conditions = (Changing(besides=("note",)),)

    code = StrictCharField(max_length=64, required=False, help_text="The lot's code, once per SKU.")
    expiresOn = StrictDateField(
        required=False, allow_null=True, help_text="The last day on which it is good; null: it keeps."
    )
    state = serializers.ChoiceField(
        choices=[state.value for state in LotState],
        required=False,
        help_text="Goods of a lot that is `quarantined` or `expired` neither leave nor are promised.",
    )
    note = StrictCharField(
        max_length=300, required=False, allow_blank=True, help_text="Why, for its history."
    )


class LotControlLine(StrictSerializer):
    conditions = (
        NotBoth("lotCode", "lotId", "Name the lot by its code or by its id, not by both.", "unknown_field"),
    )

    sku = StrictCharField(max_length=255, help_text="The code of the SKU.")
    locationId = TypeIdField(Warehouse.prefix, help_text="Where it is to be picked.")
    quantity = UnitsField(help_text="How many units.")
    lotCode = StrictCharField(max_length=64, required=False, help_text="The lot, by its code.")
    lotId = TypeIdField(
        Lot.prefix, required=False, help_text="The lot, by its id. Give one of the two, or neither."
    )


class LotControlBody(StrictSerializer):
    """`POST /api/inventory/lot-control/validate`."""

    lines = StrictListField(
        child=LotControlLine(), allow_empty=False, max_length=MOST_LINES, help_text="What is to be picked."
    )


class ExpiredLine(StrictSerializer):
    stockItemId = TypeIdField(StockItem.prefix, help_text="The stock item, once per request.")
    quantity = UnitsField(required=False, help_text="How many of its units; without it, all of them.")


class ExpiredLinesBody(StrictSerializer):
    lines = StrictListField(
        child=ExpiredLine(), allow_empty=False, max_length=MOST_LINES, help_text="Which goods."
    )
    note = StrictCharField(max_length=300, required=False, allow_blank=True, help_text="Why.")


class MarkExpiredBody(ExpiredLinesBody):
    """`POST /api/inventory/expired/mark-expired`."""


class MarkConsumedBody(ExpiredLinesBody):
    """`POST /api/inventory/expired/mark-consumed`."""


class DestructionBody(ExpiredLinesBody):
    """`POST /api/inventory/expired/transfer-destruction`."""

    reason = StrictCharField(max_length=200, help_text="Why they are destroyed.")
    binId = TypeIdField(
        Bin.prefix, required=False, help_text="The bin they are brought to; without it, the first one there."
    )
