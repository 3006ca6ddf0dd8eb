"""What the report answers, for the document; `objects` builds it, and a test holds the two together."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

__all__ = ["InventoryReport"]


def _number(words: str, **kwargs: Any) -> serializers.FloatField:
    return serializers.FloatField(help_text=words, **kwargs)


class ReportTotals(serializers.Serializer[Any]):
    """What is there now."""

    onHand = serializers.IntegerField(min_value=0, help_text="Units that are there.")
    reserved = serializers.IntegerField(min_value=0, help_text="Units that are promised.")
    held = serializers.IntegerField(min_value=0, help_text="Units on hold.")
    available = serializers.IntegerField(help_text="Units that may still be promised.")
    value = _number("What the units on hand cost together.")
    skuCount = serializers.IntegerField(min_value=0, help_text="SKUs that are or were in stock.")
    skusInStock = serializers.IntegerField(min_value=0, help_text="SKUs with units on hand.")
    lowCount = serializers.IntegerField(
        min_value=0, help_text="SKUs below their reorder point, over these locations together."
    )
    criticalCount = serializers.IntegerField(
        min_value=0, help_text="SKUs at or below their safety stock; not among the low ones."
    )
    outOfStockCount = serializers.IntegerField(
        min_value=0, help_text="SKUs of which nothing is available; not among the others."
    )
    skusWithoutCost = serializers.IntegerField(
        min_value=0,
        help_text="SKUs in stock that count as worth nothing, because nobody has said what they cost.",
    )


class ReportReason(serializers.Serializer[Any]):
    """The movements of the window for one reason."""

    reasonCode = serializers.CharField(help_text="The reason code.")
    name = serializers.CharField(help_text="What it means.")
    unitsIn = serializers.IntegerField(min_value=0, help_text="Units that were added.")
    unitsOut = serializers.IntegerField(min_value=0, help_text="Units that were taken away.")
    count = serializers.IntegerField(min_value=1, help_text="How many movements.")


class ReportPoint(serializers.Serializer[Any]):
    """The end of a day, of which the last may not be over."""

    date = serializers.DateField(help_text="The day, in the organization's time zone.")
    units = serializers.IntegerField(help_text="Units on hand.")
    value = _number("What they cost together, at today's costs.")


class ReportTurnover(serializers.Serializer[Any]):
    """How often the stock was turned over in the window."""

    unitsOut = serializers.IntegerField(min_value=0, help_text="Units that were consumed.")
    cost = _number("What they cost.")
    averageValue = _number("The mean of the stock's values at the end of each day of the window.")
    ratio = _number("`cost` / `averageValue`; null where the stock was worth nothing.", allow_null=True)
    daysOfStock = _number(
        "Days of the window / `ratio`: how long the average stock lasts. Null where nothing was consumed.",
        allow_null=True,
    )


class TopMover(serializers.Serializer[Any]):
    """A SKU of which much was consumed."""

    sku = serializers.CharField(help_text="The SKU's code.")
    skuId = serializers.CharField(help_text="The SKU's id.")
    title = serializers.CharField(help_text="The SKU's title.")
    unitsOut = serializers.IntegerField(min_value=1, help_text="Units that were consumed.")
    cost = _number("What they cost.", allow_null=True)
    onHand = serializers.IntegerField(min_value=0, help_text="Units that are there now.")


class DeadSku(serializers.Serializer[Any]):
    """A SKU in stock of which nothing was consumed in the window."""

    sku = serializers.CharField(help_text="The SKU's code.")
    skuId = serializers.CharField(help_text="The SKU's id.")
    title = serializers.CharField(help_text="The SKU's title.")
    onHand = serializers.IntegerField(min_value=1, help_text="Units that are there now.")
    value = _number("What they cost.", allow_null=True)
    lastOutAt = serializers.DateTimeField(
        allow_null=True, help_text="When some of it was last consumed; null: never."
    )


class InventoryReport(serializers.Serializer[Any]):
    """How stock has moved over some days, and what it is worth."""

    fromDate = serializers.DateField(help_text="The first day.")
    toDate = serializers.DateField(help_text="The last day.")
    to = serializers.DateTimeField(help_text="Where the window ends: the first instant after it.")
    timeZone = serializers.CharField(help_text="The time zone whose days these are.")
    currency = serializers.CharField(help_text="The currency of all values.")
    locationId = serializers.CharField(allow_null=True, help_text="The location; null: all that are visible.")
    categoryId = serializers.CharField(allow_null=True, help_text="The category; null: all.")
    totals = ReportTotals()
    movements = ReportReason(many=True, help_text="What moved, by reason, the most frequent first.")
    interval = serializers.ChoiceField(
        choices=("day", "week"), help_text="How far the points of `stockOverTime` are apart."
    )
    stockOverTime = ReportPoint(many=True, help_text="What was there, the earliest first.")
    turnover = ReportTurnover()
    topMovers = TopMover(many=True, help_text="The ten SKUs of which most units were consumed.")
    deadStock = DeadSku(many=True, help_text="The ten that cost most without anybody having asked for them.")

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        # A Python class cannot have a member of that name.
        begins = serializers.DateTimeField(help_text="Where the window begins.")
        return {**{name: fields.pop(name) for name in ("fromDate", "toDate")}, "from": begins, **fields}
