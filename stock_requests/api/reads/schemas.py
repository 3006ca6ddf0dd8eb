"""What these routes answer, for the document; `objects` builds it, and a test holds the two together."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from inventory.api.backoffice.objects import Pagination
from stock_requests.api.reads.objects import BUCKETS
from stock_requests.api.requests.schemas import RequestRow

__all__ = [
    "FilterOptions",
    "PendingPage",
    "RequestCategoryPage",
    "RequestDashboard",
    "RequestProductPage",
    "StocklistStockPage",
]


class CountsByStatus(serializers.Serializer[Any]):
    """How many requests are in each status."""

    draft = serializers.IntegerField(min_value=0, help_text="Not submitted yet.")
    submitted = serializers.IntegerField(min_value=0, help_text="Waiting for a decision.")
    approved = serializers.IntegerField(min_value=0, help_text="Reserved at the source.")
    picking = serializers.IntegerField(min_value=0, help_text="Being picked.")
    fulfilled = serializers.IntegerField(min_value=0, help_text="The goods have left the source.")
    rejected = serializers.IntegerField(min_value=0, help_text="Turned down.")
    cancelled = serializers.IntegerField(min_value=0, help_text="Called off.")


class CountsByPriority(serializers.Serializer[Any]):
    """How many open requests are of each priority."""

    low = serializers.IntegerField(min_value=0, help_text="They can wait.")
    normal = serializers.IntegerField(min_value=0, help_text="As most are.")
    high = serializers.IntegerField(min_value=0, help_text="Before the others.")
    urgent = serializers.IntegerField(min_value=0, help_text="At once.")


class PendingSums(serializers.Serializer[Any]):
    """The requests that wait for a decision."""

    count = serializers.IntegerField(min_value=0, help_text="How many they are.")
    overdue = serializers.IntegerField(min_value=0, help_text="How many of them were needed before today.")
    oldestAt = serializers.DateTimeField(
        allow_null=True, help_text="When the one that has waited longest was submitted."
    )
    value = serializers.FloatField(min_value=0, help_text="What they are worth together, at unit cost.")
    forYou = serializers.IntegerField(min_value=0, help_text="How many of them the caller may decide on now.")


class AgeingBucket(serializers.Serializer[Any]):
    """Those that have waited for a decision so long."""

    bucket = serializers.ChoiceField(
        choices=[name for name, _, _ in BUCKETS.values()], help_text="What it is called."
    )
    fromHours = serializers.IntegerField(min_value=0, help_text="For so many hours or longer.")
    toHours = serializers.IntegerField(
        min_value=1, allow_null=True, help_text="And for less than so many; null: however long."
    )
    count = serializers.IntegerField(min_value=0, help_text="How many they are.")


class Decided(serializers.Serializer[Any]):
    """The decisions of the window."""

    approved = serializers.IntegerField(min_value=0, help_text="Requests that were approved.")
    rejected = serializers.IntegerField(min_value=0, help_text="Requests that were turned down.")


class RequestDashboard(serializers.Serializer[Any]):
    """How requests are going: now, and in a window of days."""

    asOf = serializers.DateTimeField(help_text="The instant that all of it is about.")
    startDate = serializers.DateField(help_text="The first day of the window.")
    endDate = serializers.DateField(help_text="Its last day.")
    locationId = serializers.CharField(
        allow_null=True, help_text="The location that it is about; null: all that the caller sees."
    )
    locationName = serializers.CharField(allow_null=True, help_text="Its name.")
    byStatus = CountsByStatus(help_text="All requests, as they are now.")
    byPriority = CountsByPriority(
        help_text="Those that somebody waits for: submitted, approved or being picked."
    )
    pending = PendingSums(help_text="The requests that wait for a decision.")
    ageing = AgeingBucket(many=True, help_text="The same, by how long they have waited.")
    late = serializers.IntegerField(
        min_value=0, help_text="Requests that somebody waits for and that were needed before today."
    )
    drafts = serializers.IntegerField(min_value=0, help_text="The caller's own drafts.")
    decided = Decided(help_text="What was decided in the window.")
    fulfilled = serializers.IntegerField(min_value=0, help_text="Requests that were fulfilled in the window.")
    fillRate = serializers.FloatField(
        min_value=0,
        allow_null=True,
        help_text="Of these, the part of the units asked for that came; null where there are none.",
    )
    medianHoursToDecision = serializers.FloatField(
        allow_null=True, help_text="From submitting to the decision, of those decided in the window."
    )
    medianHoursToFulfilment = serializers.FloatField(
        allow_null=True, help_text="From submitting until the goods left, of those fulfilled in the window."
    )
    currency = serializers.CharField(help_text="The organization's currency.")
    recent = RequestRow(many=True, help_text="The requests that were made last, 10 at most.")


class RequestCategoryRow(serializers.Serializer[Any]):
    """The requests of one category, or of none; the quantities are units."""

    categoryId = serializers.CharField(allow_null=True, help_text="The category; null: requests without one.")
    categoryName = serializers.CharField(allow_null=True, help_text="Its name.")
    requests = serializers.IntegerField(min_value=1, help_text="How many requests there are.")
    lines = serializers.IntegerField(min_value=0, help_text="How many lines they have.")
    requested = serializers.IntegerField(min_value=0, help_text="Units asked for.")
    approved = serializers.IntegerField(min_value=0, help_text="Units approved.")
    fulfilled = serializers.IntegerField(min_value=0, help_text="Units that have left the source.")
    remaining = serializers.IntegerField(min_value=0, help_text="Units of which nothing is settled yet.")
    value = serializers.FloatField(min_value=0, help_text="What is asked for is worth, at unit cost.")
    byStatus = CountsByStatus(help_text="How many requests are in each status.")


class RequestCategoryPage(serializers.Serializer[Any]):
    """A page of categories that have requests."""

    data = RequestCategoryRow(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()


class FilterOption(serializers.Serializer[Any]):
    """Something that the list of requests can be narrowed to."""

    value = serializers.CharField(help_text="What the filter takes.")
    label = serializers.CharField(  # type: ignore[assignment]  # DRF takes fields off the class
        help_text="What people call it."
    )
    count = serializers.IntegerField(min_value=0, help_text="How many requests the caller sees of it.")


class FilterOptions(serializers.Serializer[Any]):
    """Every status and priority; of the rest, at most 200 of each that occur in requests that the caller sees."""

    statuses = FilterOption(many=True, help_text="For `status`.")
    priorities = FilterOption(many=True, help_text="For `priority`.")
    fromLocations = FilterOption(many=True, help_text="For `fromLocationId`.")
    toLocations = FilterOption(many=True, help_text="For `toLocationId`.")
    departments = FilterOption(many=True, help_text="For `toDepartmentId`.")
    categories = FilterOption(many=True, help_text="For `categoryId`.")
    stocklists = FilterOption(many=True, help_text="For `stocklistId`.")
    requesters = FilterOption(many=True, help_text="For `requester`.")


class PendingRow(RequestRow):
    """A request that waits for the caller's decision."""

    approvalsNeeded = serializers.IntegerField(
        min_value=1, help_text="How many approvals its rules need together."
    )
    approvalsGiven = serializers.IntegerField(min_value=0, help_text="How many of these there are.")
    ageHours = serializers.FloatField(min_value=0, help_text="Hours since it was submitted.")
    isOverdue = serializers.BooleanField(help_text="Whether it was needed before today.")
    isShort = serializers.BooleanField(
        help_text="Whether the source has less of something than could be promised for it now."
    )
    fallsBelowSafety = serializers.BooleanField(
        help_text="Whether approving it leaves less of something at the source than its safety stock."
    )


class PendingPage(serializers.Serializer[Any]):
    """A page of requests that wait for the caller's decision."""

    data = PendingRow(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()


class StockAtDestination(serializers.Serializer[Any]):
    """What there is where the goods would go."""

    onHand = serializers.IntegerField(min_value=0, help_text="Units there.")
    available = serializers.IntegerField(min_value=0, help_text="Units of these that could be promised now.")


class RequestProductRow(serializers.Serializer[Any]):
    """A SKU that can be asked for."""

    sku = serializers.CharField(help_text="The SKU's code.")
    skuId = serializers.CharField(help_text="The SKU's id.")
    title = serializers.CharField(help_text="Its title.")
    productName = serializers.CharField(help_text="What its product is called.")
    categoryId = serializers.CharField(allow_null=True, help_text="The product's category.")
    categoryName = serializers.CharField(allow_null=True, help_text="Its name.")
    barcodes = serializers.ListField(child=serializers.CharField(), help_text="Its barcodes.")
    baseUnit = serializers.CharField(help_text="What is counted: each, box, kg.")
    unitCost = serializers.FloatField(
        min_value=0, allow_null=True, help_text="What a unit costs, in the organization's currency."
    )
    onHand = serializers.IntegerField(min_value=0, help_text="Units at the source.")
    available = serializers.IntegerField(
        min_value=0, help_text="Units there that could be promised to a request now."
    )
    onOrder = serializers.IntegerField(min_value=0, help_text="Units that are expected there.")
    toLocation = StockAtDestination(
        allow_null=True, help_text="What there is at `toLocationId`; null where none is named."
    )


class RequestProductPage(serializers.Serializer[Any]):
    """A page of SKUs that can be asked for."""

    data = RequestProductRow(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()


class StocklistStockRow(serializers.Serializer[Any]):
    """A line of a stocklist, with what there is of it at the source."""

    stocklistId = serializers.CharField(help_text="The stocklist.")
    stocklistName = serializers.CharField(help_text="Its name.")
    lineId = serializers.CharField(help_text="The stocklist's line.")
    sku = serializers.CharField(help_text="The SKU's code.")
    skuId = serializers.CharField(help_text="The SKU's id.")
    title = serializers.CharField(help_text="Its title.")
    quantity = serializers.IntegerField(min_value=1, help_text="Units that the stocklist asks for.")
    fromLocationId = serializers.CharField(help_text="The location that they are asked of.")
    fromLocationName = serializers.CharField(help_text="Its name.")
    available = serializers.IntegerField(
        min_value=0,
        allow_null=True,
        help_text="Units there that could be promised now; null for those who do not see the source, as below.",
    )
    isShort = serializers.BooleanField(allow_null=True, help_text="Whether these are too few.")
    onOrder = serializers.IntegerField(
        min_value=0, allow_null=True, help_text="Units that are expected there."
    )


class StocklistStockPage(serializers.Serializer[Any]):
    """A page of the lines of stocklists."""

    data = StocklistStockRow(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()
