"""What the routes of cycle counts answer, for the document; `objects` builds it, and a test holds the two together.

Members that are not required are absent where the caller is not to know what the books say.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from cycle_counts.models import AbcClass, BatchState, LineState, Origin, Remark, RootCause
from inventory.api.backoffice.objects import Pagination

__all__ = ["BatchPage", "BatchRecord", "BatchRow", "PagedBatchRecord", "PreviewRecord"]


class ToleranceRow(serializers.Serializer[Any]):
    """Limits of a difference; null: no limit of that kind. Without any, only what is exact is inside."""

    units = serializers.IntegerField(min_value=0, allow_null=True, help_text="Units.")
    percent = serializers.FloatField(min_value=0, allow_null=True, help_text="Percent of what the books say.")
    value = serializers.FloatField(min_value=0, allow_null=True, help_text="Worth, at cost.")


class AssigneeRow(serializers.Serializer[Any]):
    """A member who is to count it."""

    id = serializers.CharField(help_text="The user id.")
    name = serializers.CharField(help_text="The name, or the address of somebody without one.")
    email = serializers.CharField(help_text="The address.")


class ProgressRow(serializers.Serializer[Any]):
    """How far it has come."""

    lines = serializers.IntegerField(min_value=0, help_text="How many lines it has.")
    counted = serializers.IntegerField(min_value=0, help_text="How many of these somebody has counted.")
    pending = serializers.IntegerField(min_value=0, help_text="How many wait for it.")
    found = serializers.IntegerField(min_value=0, help_text="How many nobody had planned.")


class ReviewRow(serializers.Serializer[Any]):
    """What its lines come to. Units and values are of the lines that are accepted or may still be."""

    undecided = serializers.IntegerField(min_value=0, help_text="Counted lines on which nobody has decided.")
    accepted = serializers.IntegerField(min_value=0, help_text="Accepted lines.")
    withinTolerance = serializers.IntegerField(
        min_value=0, help_text="Of the accepted lines, those that the tolerance has accepted."
    )
    recount = serializers.IntegerField(min_value=0, help_text="Lines that are counted again.")
    ignored = serializers.IntegerField(min_value=0, help_text="Lines of which nothing is posted.")
    differences = serializers.IntegerField(min_value=0, help_text="Lines that are not exact.")
    unitsExpected = serializers.IntegerField(
        min_value=0, help_text="Units in the books when they were counted."
    )
    unitsCounted = serializers.IntegerField(min_value=0, help_text="Units that were counted.")
    unitsOver = serializers.IntegerField(min_value=0, help_text="Units that were too many.")
    unitsShort = serializers.IntegerField(min_value=0, help_text="Units that were missing.")
    valueOver = serializers.FloatField(min_value=0, help_text="What was too many is worth, at cost.")
    valueShort = serializers.FloatField(min_value=0, help_text="What was missing is worth, at cost.")
    currency = serializers.CharField(help_text="The organization's currency.")


class BatchRow(serializers.Serializer[Any]):
    """A cycle count without its lines."""

    id = serializers.CharField(help_text="The count's id.")
    number = serializers.CharField(help_text="What people call it.")
    name = serializers.CharField(allow_null=True, help_text="What somebody has named it.")
    locationId = serializers.CharField(help_text="The location that is counted.")
    locationName = serializers.CharField(help_text="Its name.")
    status = serializers.ChoiceField(choices=BatchState.choices, help_text="How far it has come.")
    version = serializers.IntegerField(min_value=1, help_text="Grows with everything that is done.")
    blind = serializers.BooleanField(
        help_text="Whether nobody is told what the books say until it is submitted."
    )
    origin = serializers.ChoiceField(choices=Origin.choices, help_text="How it came about.")
    scopeText = serializers.CharField(help_text="What is counted, in words.")
    tolerance = ToleranceRow(help_text="Up to which difference a line is accepted by itself.")
    dueOn = serializers.DateField(allow_null=True, help_text="The day on which it should be done.")
    isLate = serializers.BooleanField(help_text="Whether it is open and was due before today.")
    assignees = AssigneeRow(many=True, help_text="Who is to count it; nobody named: whoever may.")
    note = serializers.CharField(allow_null=True, help_text="What to know about it.")
    recountOfId = serializers.CharField(
        allow_null=True, help_text="The count of which it counts some lines again."
    )
    recountIds = serializers.ListField(
        child=serializers.CharField(), help_text="The counts that count some of its lines again."
    )
    adjustmentId = serializers.CharField(
        allow_null=True, help_text="The adjustment with which its differences were posted."
    )
    createdBy = serializers.CharField(help_text="Who made it: a person, or a key.")
    createdAt = serializers.DateTimeField(help_text="When it was made.")
    startedAt = serializers.DateTimeField(allow_null=True, help_text="When counting began.")
    submittedAt = serializers.DateTimeField(allow_null=True, help_text="When it was handed in.")
    closedAt = serializers.DateTimeField(allow_null=True, help_text="Since when it is resolved or cancelled.")
    progress = ProgressRow(help_text="How far it has come.")
    review = ReviewRow(
        required=False,
        help_text="What its lines come to, once it is submitted; absent for those who are not to know.",
    )


class BatchPage(serializers.Serializer[Any]):
    """A page of cycle counts, the newest first."""

    data = BatchRow(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()


class ScopeRow(serializers.Serializer[Any]):
    """What it was planned by; a condition that was not set is absent."""

    binIds = serializers.ListField(child=serializers.CharField(), required=False, help_text="These bins.")
    roomIds = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="The bins of these rooms."
    )
    categoryIds = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Goods of these categories."
    )
    skuIds = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="These SKUs: their ids."
    )
    classes = serializers.ListField(
        child=serializers.ChoiceField(choices=AbcClass.choices),
        required=False,
        help_text="These ABC classes.",
    )
    dueOnly = serializers.BooleanField(required=False, help_text="What was due by its class.")
    expiringWithinDays = serializers.IntegerField(
        min_value=0, required=False, help_text="Lots that expired within so many days."
    )
    availability = serializers.CharField(
        required=False,
        help_text="Goods of which nothing (`zero`) or less than nothing (`negative`) was available.",
    )
    notCountedForDays = serializers.IntegerField(
        min_value=1, required=False, help_text="What was not counted for so many days."
    )
    sample = serializers.IntegerField(min_value=1, required=False, help_text="So many lines at random.")
    limit = serializers.IntegerField(min_value=1, required=False, help_text="At most so many lines.")


class DriftRow(serializers.Serializer[Any]):
    """What the books said at the instant of the count, and what they say now."""

    then = serializers.IntegerField(min_value=0, help_text="Units when it was counted.")
    now = serializers.IntegerField(min_value=0, help_text="Units now.")


class FirstCountRow(serializers.Serializer[Any]):
    """What was counted before, of a line that counts again."""

    lineId = serializers.CharField(help_text="The line that was counted before.")
    countedQuantity = serializers.IntegerField(min_value=0, allow_null=True, help_text="What was counted.")
    expectedQuantity = serializers.IntegerField(
        min_value=0, allow_null=True, help_text="What the books said then."
    )
    variance = serializers.IntegerField(allow_null=True, help_text="Counted − expected.")
    countedAt = serializers.DateTimeField(allow_null=True, help_text="When it was counted.")
    countedBy = serializers.CharField(allow_null=True, help_text="Who counted it.")


class CountLineRow(serializers.Serializer[Any]):
    """A SKU, of one lot or none, in one bin."""

    id = serializers.CharField(help_text="The line's id.")
    position = serializers.IntegerField(min_value=1, help_text="Its place on the way through the bins.")
    binId = serializers.CharField(help_text="The bin.")
    binCode = serializers.CharField(help_text="Its code.")
    sku = serializers.CharField(
        allow_null=True, help_text="The SKU's code; null where nobody knows what was scanned."
    )
    skuId = serializers.CharField(allow_null=True, help_text="The SKU's id.")
    title = serializers.CharField(allow_null=True, help_text="The SKU's title.")
    lotId = serializers.CharField(allow_null=True, help_text="The lot.")
    lotCode = serializers.CharField(allow_null=True, help_text="Its code, also of a lot that nobody knows.")
    expiresOn = serializers.DateField(allow_null=True, help_text="When the lot expires.")
    code = serializers.CharField(allow_null=True, help_text="What was scanned.")
    isFound = serializers.BooleanField(help_text="Whether nobody had planned it.")
    status = serializers.ChoiceField(
        choices=LineState.choices,
        help_text="What has become of it; where the books are not to be known, no more than whether it was counted.",
    )
    countedQuantity = serializers.IntegerField(
        min_value=0,
        allow_null=True,
        required=False,
        help_text="What was counted; null: not counted, which is not 0. Absent where somebody who only counts"
        " asks about another's count.",
    )
    countedAt = serializers.DateTimeField(allow_null=True, help_text="When it was counted.")
    countedBy = serializers.CharField(allow_null=True, help_text="Who counted it.")
    remark = serializers.ChoiceField(
        choices=Remark.choices, allow_null=True, help_text="What was said about the goods."
    )
    note = serializers.CharField(
        allow_null=True, required=False, help_text="More about them, in words; absent as the quantity is."
    )
    abcClass = serializers.ChoiceField(
        choices=AbcClass.choices,
        allow_null=True,
        required=False,
        help_text="The SKU's ABC class when it was planned.",
    )
    expectedQuantity = serializers.IntegerField(
        min_value=0,
        allow_null=True,
        required=False,
        help_text="What the books said at the instant of the count; null until it is counted.",
    )
    variance = serializers.IntegerField(allow_null=True, required=False, help_text="Counted − expected.")
    variancePercent = serializers.FloatField(
        allow_null=True, required=False, help_text="The variance in percent of what was expected."
    )
    varianceValue = serializers.FloatField(
        allow_null=True, required=False, help_text="What the variance is worth, at the cost of then."
    )
    withinTolerance = serializers.BooleanField(
        required=False, help_text="Whether the tolerance has accepted it."
    )
    movedSince = DriftRow(
        allow_null=True, required=False, help_text="How the books have moved since; null once it is closed."
    )
    rootCause = serializers.ChoiceField(
        choices=RootCause.choices, allow_null=True, required=False, help_text="Why the books differed."
    )
    reviewNote = serializers.CharField(
        allow_null=True, required=False, help_text="What the reviewer has written."
    )
    reviewedBy = serializers.CharField(allow_null=True, required=False, help_text="Who has decided.")
    reviewedAt = serializers.DateTimeField(allow_null=True, required=False, help_text="When.")
    firstCount = FirstCountRow(
        allow_null=True,
        required=False,
        help_text="Of a recount, once it is submitted: what was counted before.",
    )


class BatchRecord(BatchRow):
    """A cycle count with its lines."""

    scope = ScopeRow(help_text="What it was planned by.")
    allowedTransitions = serializers.ListField(
        child=serializers.ChoiceField(choices=BatchState.choices),
        help_text="The statuses that the caller can bring it to now.",
    )
    lines = CountLineRow(
        many=True,
        help_text="What is counted: all of it; of `count`, the lines counted, in the order they were sent.",
    )


class PagedBatchRecord(BatchRecord):
    """A cycle count with its lines, all of them or a page."""

    pagination = Pagination(required=False, help_text="Where `page` or `limit` is given: the page of lines.")


class PreviewRecord(serializers.Serializer[Any]):
    """What such a count would come to."""

    lines = serializers.IntegerField(min_value=0, help_text="How many lines it would have.")
    bins = serializers.IntegerField(min_value=0, help_text="Through how many bins it would lead.")
    skus = serializers.IntegerField(min_value=0, help_text="How many SKUs it would be about.")
    seconds = serializers.IntegerField(min_value=0, help_text="About how long it would take.")
    reasons = serializers.ListField(child=serializers.CharField(), help_text="What was left out, and why.")
