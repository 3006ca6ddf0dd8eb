"""What the stock-request routes take."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from rest_framework import serializers

from inventory.models.sku import MAXIMUM_QUANTITY
from stock_requests.api.ends import ChangedEnds, Destined
from stock_requests.models import Priority, Remainder, RequestLine, RequestState, Stocklist
from warehouses.http.conditions import AnyOf, BelongsTo, Changing, Described, without
from warehouses.http.fields import (
    StrictCharField,
    StrictDateField,
    StrictIntegerField,
    StrictListField,
    StrictSerializer,
    TypeIdField,
)
from warehouses.models import Warehouse

__all__ = [
    "PRIORITIES",
    "ApproveBody",
    "CommentBody",
    "LineBody",
    "RejectBody",
    "RequestBody",
    "RequestChangeBody",
    "RollbackBody",
    "StatusBody",
    "SubmitBody",
]

_MOST_LINES: Final = 500
_MOST_SUBSTITUTES: Final = 10
PRIORITIES: Final = Priority.words()
#: The states that a request can be brought into.
_TARGETS: Final = tuple(RequestState.choices)
_WITH_LINES: Final = (RequestState.APPROVED, RequestState.PICKING, RequestState.FULFILLED)


def _version() -> StrictIntegerField:
    return StrictIntegerField(
        min_value=1, required=False, help_text="The version that you decide about; another one is refused."
    )


def _remainder(words: str) -> serializers.ChoiceField:
    return serializers.ChoiceField(choices=Remainder.choices, required=False, help_text=words)


class LineBody(StrictSerializer):
    """`POST /api/stock-requests/[id]/lines`, and a line of a new request."""

    sku = StrictCharField(max_length=64, help_text="The SKU's code.")
    quantity = StrictIntegerField(
        min_value=1, max_value=MAXIMUM_QUANTITY, help_text="How many units are asked for."
    )
    note = StrictCharField(max_length=200, required=False, help_text="What to know about the line.")


class LinesField(StrictListField):
    child = LineBody()


class ChangedLineBody(StrictSerializer):
    conditions = (AnyOf(("sku", "lineId"), "A new line names its SKU."),)

    lineId = TypeIdField(
        RequestLine.prefix,
        required=False,
        help_text="The line that stays; without it, the line is a new one.",
    )
    sku = StrictCharField(
        max_length=64, required=False, help_text="The SKU's code; of a line that stays, it may be left out."
    )
    quantity = StrictIntegerField(
        min_value=1, max_value=MAXIMUM_QUANTITY, help_text="How many units are asked for."
    )
    note = StrictCharField(max_length=200, required=False, help_text="What to know about the line.")


class ChangedLinesField(StrictListField):
    child = ChangedLineBody()


class RequestBody(Destined):
    """`POST /api/stock-requests`."""

    conditions = (AnyOf(("fromLocationId", "stocklistId"), "This field is required."),)

    fromLocationId = TypeIdField(
        Warehouse.prefix,
        required=False,
        help_text="The location that the goods are asked of. Needed, unless a stocklist names it.",
    )
    priority = serializers.ChoiceField(
        choices=PRIORITIES, required=False, help_text="How urgent it is; `normal` unless given."
    )
    neededBy = StrictDateField(required=False, help_text="The day on which they are needed.")
    note = StrictCharField(max_length=500, required=False, help_text="Why, in words.")
    stocklistId = TypeIdField(
        Stocklist.prefix,
        required=False,
        help_text="A stocklist to make it of: what is not named here is as it says, its lines too.",
    )
    lines = LinesField(
        required=False,
        allow_empty=False,
        max_length=_MOST_LINES,
        help_text=f"What is asked for: up to {_MOST_LINES} lines. A draft may be without any.",
    )


class RequestChangeBody(ChangedEnds):
    """`PATCH /api/stock-requests/[id]`: what is not given stays as it is."""

    conditions = (Changing("Name what shall change.", "required", besides=("version",)),)

    version = StrictIntegerField(
        min_value=1,
        required=False,
        help_text="The version that you have read; another one is refused. Needed, unless `If-Match` names it.",
    )
    priority = serializers.ChoiceField(choices=PRIORITIES, required=False, help_text="How urgent it is.")
    neededBy = StrictDateField(
        required=False, allow_null=True, help_text="The day on which they are needed; null for none."
    )
    note = StrictCharField(
        max_length=500, required=False, allow_null=True, help_text="Why, in words; null for nothing."
    )
    lines = ChangedLinesField(
        required=False,
        allow_empty=False,
        max_length=_MOST_LINES,
        help_text="All lines that it shall have: one that is not among them goes.",
    )


class SubmitBody(StrictSerializer):
    """`POST /api/stock-requests/[id]/submit`."""

    version = _version()
    note = StrictCharField(max_length=500, required=False, help_text="What to tell those who decide.")


class SubstituteBody(StrictSerializer):
    sku = StrictCharField(max_length=64, help_text="The code of the SKU that comes instead.")
    quantity = StrictIntegerField(
        min_value=1, max_value=MAXIMUM_QUANTITY, help_text="How many units of it, for as many of the line."
    )


class SubstitutesField(StrictListField):
    child = SubstituteBody()


class DecisionBody(StrictSerializer):
    lineId = TypeIdField(RequestLine.prefix, help_text="The request's line.")
    quantity = StrictIntegerField(
        min_value=0, max_value=MAXIMUM_QUANTITY, help_text="How many units are approved; 0 refuses the line."
    )
    reason = StrictCharField(max_length=200, required=False, help_text="Why it is less than was asked for.")
    remainder = _remainder("What becomes of the rest: `closed` unless given.")
    substitutes = SubstitutesField(
        required=False,
        allow_empty=False,
        max_length=_MOST_SUBSTITUTES,
        help_text="What comes in place of units that are not approved.",
    )


class DecisionsField(StrictListField):
    child = DecisionBody()


class ApproveBody(StrictSerializer):
    """`POST /api/stock-requests/[id]/approve`."""

    version = _version()
    lines = DecisionsField(
        required=False,
        allow_empty=False,
        max_length=_MOST_LINES,
        help_text="Lines of which less is approved; the others are approved as asked for.",
    )
    note = StrictCharField(max_length=500, required=False, help_text="Kept with the approval.")
    reason = StrictCharField(
        max_length=200, required=False, help_text="Why it is less, for lines that do not say."
    )
    remainder = _remainder("What becomes of the rest, for lines that do not say.")


class RejectBody(StrictSerializer):
    """`POST /api/stock-requests/[id]/reject`."""

    version = _version()
    reason = StrictCharField(max_length=500, help_text="Why: the requester is told.")


class RollbackBody(StrictSerializer):
    """`POST /api/stock-requests/[id]/rollback`."""

    version = _version()
    reason = StrictCharField(max_length=500, required=False, help_text="Why; kept in the history.")


class CommentBody(StrictSerializer):
    """`POST /api/stock-requests/[id]/comment`."""

    text = StrictCharField(
        max_length=2000,
        multiline=True,
        help_text="What you have to say; `@name@example.com` calls a member, who is told.",
    )


class TakenLineBody(StrictSerializer):
    lineId = TypeIdField(RequestLine.prefix, help_text="The request's line.")
    quantity = StrictIntegerField(
        min_value=0,
        max_value=MAXIMUM_QUANTITY,
        help_text="How many units are approved, picked or handed over.",
    )
    remainder = _remainder("What becomes of units that were approved and do not come.")
    reason = StrictCharField(max_length=200, required=False, help_text="Why it is less.")


class TakenLinesField(StrictListField):
    child = TakenLineBody()


class StatusBody(StrictSerializer):
    """`POST /api/stock-requests/[id]/status`."""

    conditions = (
        BelongsTo(
            "status",
            _WITH_LINES,
            ("lines", "remainder"),
            "Only `approved`, `picking` and `fulfilled` take this.",
        ),
        Described(
            {
                "anyOf": [
                    {
                        "properties": {
                            "status": {
                                "enum": [state for state, _ in _TARGETS if state != RequestState.PICKING]
                            }
                        }
                    },
                    {
                        "properties": {
                            "lines": {"items": without("remainder", "reason")},
                            **without("remainder")["properties"],
                        }
                    },
                ]
            }
        ),
    )

    status = serializers.ChoiceField(choices=_TARGETS, help_text="The status that it shall have.")
    version = _version()
    reason = StrictCharField(
        max_length=500, required=False, help_text="Why; `rejected` needs it, and units that are closed."
    )
    remainder = _remainder("What becomes of units that do not come, for lines that do not say.")
    lines = TakenLinesField(
        required=False,
        allow_empty=False,
        max_length=_MOST_LINES,
        help_text="`approved`, `picking` and `fulfilled`: how many units of which lines.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        if attrs["status"] == RequestState.PICKING:
            words = "Only `approved` and `fulfilled` take this."
            rows = [_surplus(row, ("remainder", "reason"), words) for row in attrs.get("lines", ())]
            named = {"lines": {index: row for index, row in enumerate(rows) if row}} if any(rows) else {}
            _refuse_fields(_surplus(attrs, ("remainder",), words) | named)
        return attrs


def _surplus(attrs: dict[str, Any], names: Iterable[str], words: str) -> dict[str, Any]:
    return {name: serializers.ErrorDetail(words, code="unknown_field") for name in names if name in attrs}


def _refuse_fields(faults: dict[str, Any]) -> None:
    if faults:
        raise serializers.ValidationError(faults)
