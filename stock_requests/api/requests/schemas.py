"""What the stock-request routes answer, for the document; `objects` builds it, and a test holds the two together."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from inventory.api.backoffice.objects import HistoryRow, Pagination
from stock_requests.api.ends import EndsRow
from stock_requests.api.requests.bodies import PRIORITIES
from stock_requests.models import RequestState

__all__ = [
    "CreatedLine",
    "RequestComment",
    "RequestLinePage",
    "RequestPage",
    "RequestRecord",
    "RequestRow",
    "RequestStatus",
]


class RequestRow(EndsRow):
    """A request without its lines; the quantities are their sums, in units."""

    id = serializers.CharField(help_text="The request's id.")
    number = serializers.CharField(help_text="What people call it.")
    status = serializers.ChoiceField(choices=RequestState.choices, help_text="How far it has come.")
    version = serializers.IntegerField(min_value=1, help_text="Grows with everything that is done.")
    priority = serializers.ChoiceField(choices=PRIORITIES, help_text="How urgent it is.")
    neededBy = serializers.DateField(allow_null=True, help_text="The day on which the goods are needed.")
    note = serializers.CharField(allow_null=True, help_text="Why, in words.")
    stocklistId = serializers.CharField(allow_null=True, help_text="The stocklist that it was made of.")
    backOrderOfId = serializers.CharField(
        allow_null=True, help_text="The request whose back-ordered units it is about."
    )
    transferId = serializers.CharField(
        allow_null=True, help_text="The transfer with which the goods are on their way."
    )
    requester = serializers.CharField(help_text="Who asks: the person, or the key that nobody stands behind.")
    createdBy = serializers.CharField(help_text="Who made it: a person, or a key.")
    createdAt = serializers.DateTimeField(help_text="When it was made.")
    submittedAt = serializers.DateTimeField(allow_null=True, help_text="When it was submitted last.")
    decidedAt = serializers.DateTimeField(allow_null=True, help_text="When it was approved or rejected.")
    closedAt = serializers.DateTimeField(
        allow_null=True, help_text="Since when it is fulfilled or cancelled."
    )
    lineCount = serializers.IntegerField(min_value=0, help_text="How many lines it has.")
    requested = serializers.IntegerField(min_value=0, help_text="Units asked for.")
    approved = serializers.IntegerField(
        min_value=0, allow_null=True, help_text="Units approved; null: nobody has decided yet."
    )
    picked = serializers.IntegerField(min_value=0, help_text="Units that lie ready.")
    fulfilled = serializers.IntegerField(min_value=0, help_text="Units that have left the source.")
    substituted = serializers.IntegerField(min_value=0, help_text="Units in whose place others come.")
    backOrdered = serializers.IntegerField(min_value=0, help_text="Units that come with another request.")
    closed = serializers.IntegerField(min_value=0, help_text="Units that do not come.")
    remaining = serializers.IntegerField(
        min_value=0, help_text="Requested − fulfilled − substituted − back-ordered − closed."
    )
    value = serializers.FloatField(
        min_value=0, help_text="What is asked for is worth, at the SKUs' unit cost."
    )
    currency = serializers.CharField(help_text="The organization's currency.")


class RequestPage(serializers.Serializer[Any]):
    """A page of requests, the newest first."""

    data = RequestRow(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()


class RequestLineObject(serializers.Serializer[Any]):
    """So many units of one SKU."""

    id = serializers.CharField(help_text="The line's id.")
    position = serializers.IntegerField(min_value=1, help_text="Its place in the request.")
    sku = serializers.CharField(help_text="The SKU's code.")
    skuId = serializers.CharField(help_text="The SKU's id.")
    title = serializers.CharField(help_text="The SKU's title.")
    note = serializers.CharField(allow_null=True, help_text="What to know about the line.")
    requested = serializers.IntegerField(min_value=1, help_text="Units asked for.")
    approved = serializers.IntegerField(
        min_value=0, allow_null=True, help_text="Units approved so far; null: nobody has decided yet."
    )
    picked = serializers.IntegerField(min_value=0, help_text="Units that lie ready.")
    fulfilled = serializers.IntegerField(min_value=0, help_text="Units that have left the source.")
    received = serializers.IntegerField(
        min_value=0, allow_null=True, help_text="Units that have arrived; null where no transfer brings them."
    )
    substituted = serializers.IntegerField(min_value=0, help_text="Units in whose place others come.")
    backOrdered = serializers.IntegerField(min_value=0, help_text="Units that come with another request.")
    closed = serializers.IntegerField(min_value=0, help_text="Units that do not come.")
    remaining = serializers.IntegerField(min_value=0, help_text="Units of which nothing is settled yet.")
    changeReason = serializers.CharField(allow_null=True, help_text="Why less was approved.")
    shortageReason = serializers.CharField(allow_null=True, help_text="Why less came than was approved.")
    substituteForId = serializers.CharField(allow_null=True, help_text="The line in whose place it comes.")
    reservationId = serializers.CharField(allow_null=True, help_text="What holds its units at the source.")
    onHand = serializers.IntegerField(
        allow_null=True, help_text="Units at the source; null for those who do not see it, as below."
    )
    available = serializers.IntegerField(allow_null=True, help_text="Units there that could be promised now.")
    availableAfter = serializers.IntegerField(
        allow_null=True,
        help_text="What of these is left once the whole request is reserved; below 0: so many are missing.",
    )
    onOrder = serializers.IntegerField(allow_null=True, help_text="Units that are expected there.")
    safetyStock = serializers.IntegerField(allow_null=True, help_text="Units that should always stay there.")


class RequestLinePage(serializers.Serializer[Any]):
    """A page of a request's lines, in their order."""

    data = RequestLineObject(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()


class CreatedLine(RequestLineObject):
    """A new line, and what its request has become by it."""

    requestId = serializers.CharField(help_text="The request's id.")
    requestVersion = serializers.IntegerField(min_value=1, help_text="The request's version, with the line.")


class Requirement(serializers.Serializer[Any]):
    """A rule that the request meets; where it meets none, one approval is needed."""

    name = serializers.CharField(help_text="What the rule is called.")
    needed = serializers.IntegerField(min_value=1, help_text="Of how many people it needs the approval.")
    given = serializers.ListField(child=serializers.CharField(), help_text="Who counts for it so far.")
    approvers = serializers.ListField(
        child=serializers.CharField(),
        help_text="Who can count for it; none named: whoever may approve at the source.",
    )


class GivenApproval(serializers.Serializer[Any]):
    """What somebody has said yes to."""

    by = serializers.CharField(help_text="Who approved.")
    onBehalfOf = serializers.ListField(child=serializers.CharField(), help_text="In whose place too.")
    version = serializers.IntegerField(min_value=1, help_text="The version that was approved.")
    note = serializers.CharField(allow_null=True, help_text="What was said.")
    at = serializers.DateTimeField(help_text="When.")


class RequestApprovals(serializers.Serializer[Any]):
    """Whose yes it needs, and whose it has; those that were withdrawn are in the history."""

    isSatisfied = serializers.BooleanField(help_text="Whether every rule has what it needs.")
    needed = serializers.IntegerField(min_value=0, help_text="How many approvals the rules need together.")
    given = serializers.IntegerField(min_value=0, help_text="How many of these there are.")
    requirements = Requirement(many=True, help_text="What the rules need, one by one.")
    approvals = GivenApproval(many=True, help_text="What was approved, from the beginning on.")


class RequestComment(serializers.Serializer[Any]):
    """What somebody wrote."""

    id = serializers.CharField(help_text="The comment's id.")
    text = serializers.CharField(help_text="The words.")
    mentions = serializers.ListField(
        child=serializers.CharField(), help_text="The members whom it calls, who are told."
    )
    by = serializers.CharField(help_text="Who wrote it.")
    at = serializers.DateTimeField(help_text="When.")


class RequestRecord(RequestRow):
    """A request with its lines, approvals and comments, and with everything that was done."""

    allowedTransitions = serializers.ListField(
        child=serializers.ChoiceField(choices=RequestState.choices),
        help_text="The statuses that the caller can bring it to now.",
    )
    approvals = RequestApprovals(help_text="Whose yes it needs, and whose it has.")
    lines = RequestLineObject(many=True, help_text="What is asked for.")
    comments = RequestComment(many=True, help_text="What was written, from the beginning on.")
    history = HistoryRow(many=True, help_text="Everything that was done, from the beginning on.")


class RequestStatus(serializers.Serializer[Any]):
    """How far a request has come, how it came there, and where it can go."""

    id = serializers.CharField(help_text="The request's id.")
    number = serializers.CharField(help_text="What people call it.")
    status = serializers.ChoiceField(choices=RequestState.choices, help_text="How far it has come.")
    version = serializers.IntegerField(min_value=1, help_text="Grows with everything that is done.")
    allowedTransitions = serializers.ListField(
        child=serializers.ChoiceField(choices=RequestState.choices),
        help_text="The statuses that the caller can bring it to now.",
    )
    by = serializers.CharField(help_text="Who brought it into this status.")
    at = serializers.DateTimeField(help_text="When.")
    reason = serializers.CharField(allow_null=True, help_text="Why, if somebody said.")
    submittedAt = serializers.DateTimeField(allow_null=True, help_text="When it was submitted last.")
    decidedAt = serializers.DateTimeField(allow_null=True, help_text="When it was approved or rejected.")
    closedAt = serializers.DateTimeField(
        allow_null=True, help_text="Since when it is fulfilled or cancelled."
    )
    approvals = RequestApprovals(help_text="Whose yes it needs, and whose it has.")
    history = HistoryRow(many=True, help_text="Everything that was done, from the beginning on.")
