"""What the stocklist routes answer, for the document; `objects` builds it, and a test holds the two together."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from inventory.api.backoffice.objects import Pagination
from stock_requests.api.ends import EndsRow
from stock_requests.api.requests.bodies import PRIORITIES

__all__ = ["StocklistPage", "StocklistRecord"]


class StocklistRow(EndsRow):
    """A stocklist without its lines."""

    id = serializers.CharField(help_text="The stocklist's id.")
    name = serializers.CharField(help_text="What it is called.")
    version = serializers.IntegerField(min_value=1, help_text="Grows with every change.")
    isActive = serializers.BooleanField(help_text="Whether requests are made of it.")
    priority = serializers.ChoiceField(choices=PRIORITIES, help_text="How urgent its requests are.")
    note = serializers.CharField(allow_null=True, help_text="What its requests say, in words.")
    lineCount = serializers.IntegerField(min_value=0, help_text="How many lines it has.")
    quantity = serializers.IntegerField(min_value=0, help_text="Units over all lines.")
    createdAt = serializers.DateTimeField(help_text="When it was made.")


class StocklistPage(serializers.Serializer[Any]):
    """A page of stocklists, by name."""

    data = StocklistRow(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()


class StocklistLineObject(serializers.Serializer[Any]):
    """So many units of one SKU."""

    id = serializers.CharField(help_text="The line's id.")
    position = serializers.IntegerField(min_value=1, help_text="Its place in the stocklist.")
    sku = serializers.CharField(help_text="The SKU's code.")
    skuId = serializers.CharField(help_text="The SKU's id.")
    title = serializers.CharField(help_text="Its title.")
    quantity = serializers.IntegerField(min_value=1, help_text="Units that are asked for.")


class StocklistRecord(StocklistRow):
    """A stocklist with its lines."""

    lines = StocklistLineObject(many=True, help_text="What is asked for, in its order.")
