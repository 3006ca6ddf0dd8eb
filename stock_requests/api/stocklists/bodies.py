"""What the stocklist routes take."""

from __future__ import annotations

from rest_framework import serializers

from inventory.models.sku import MAXIMUM_QUANTITY
from stock_requests.api.ends import ChangedEnds, Destined
from stock_requests.api.requests.bodies import PRIORITIES
from stock_requests.drafting import MOST_LINES
from warehouses.http.conditions import Changing
from warehouses.http.fields import (
    StrictBooleanField,
    StrictCharField,
    StrictIntegerField,
    StrictListField,
    StrictSerializer,
    TypeIdField,
)
from warehouses.models import Warehouse

__all__ = ["StocklistBody", "StocklistChangeBody"]


class StocklistLineBody(StrictSerializer):
    sku = StrictCharField(max_length=64, help_text="The SKU's code; each is in a stocklist once.")
    quantity = StrictIntegerField(
        min_value=1, max_value=MAXIMUM_QUANTITY, help_text="How many units are asked for."
    )


class StocklistLinesField(StrictListField):
    child = StocklistLineBody()


class StocklistBody(Destined):
    """`POST /api/stocklists`."""

    name = StrictCharField(max_length=120, help_text="What it is called; capitals make no difference.")
    fromLocationId = TypeIdField(Warehouse.prefix, help_text="The location that the goods are asked of.")
    priority = serializers.ChoiceField(
        choices=PRIORITIES, required=False, help_text="How urgent its requests are; `normal` unless given."
    )
    note = StrictCharField(max_length=500, required=False, help_text="What its requests say, in words.")
    lines = StocklistLinesField(
        allow_empty=False, max_length=MOST_LINES, help_text=f"What is asked for: 1 to {MOST_LINES} lines."
    )


class StocklistChangeBody(ChangedEnds):
    """`PATCH /api/stocklists/[id]`: what is not given stays as it is."""

    conditions = (Changing(),)

    name = StrictCharField(
        max_length=120, required=False, help_text="What it is called; capitals make no difference."
    )
    priority = serializers.ChoiceField(
        choices=PRIORITIES, required=False, help_text="How urgent its requests are."
    )
    note = StrictCharField(
        max_length=500, required=False, allow_null=True, help_text="What its requests say; null for nothing."
    )
    isActive = StrictBooleanField(
        required=False, help_text="Whether it is in use: no new request is made of one that is not."
    )
    lines = StocklistLinesField(
        required=False,
        allow_empty=False,
        max_length=MOST_LINES,
        help_text="All lines that it shall have: a SKU that is not among them goes.",
    )
