"""What the routes of cycle counts take."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from rest_framework import serializers

from cycle_counts.models import AbcClass, CountLine, Remark
from inventory.models import Category, Lot
from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses.http.conditions import Changing, Described, Needs, NotBoth, Takes, without
from warehouses.http.fields import (
    StrictBooleanField,
    StrictCharField,
    StrictDateField,
    StrictDateTimeField,
    StrictIntegerField,
    StrictListField,
    StrictMoneyField,
    StrictSerializer,
    TypeIdField,
)
from warehouses.models import Bin, Room, User, Warehouse

__all__ = [
    "ACTIONS",
    "MOST_COUNTS",
    "ActBody",
    "CountBody",
    "MadeBody",
    "PlanBody",
    "ToleranceBody",
    "assignees_field",
    "refuse_fields",
    "surplus",
    "version_field",
]

ACTIONS: Final = ("start", "count", "submit", "cancel", "update")
MOST_COUNTS: Final = 10_000
_MOST_NAMED: Final = 1000
_MOST_ROOMS: Final = 200
_MOST_ASSIGNEES: Final = 50
_MOST_DAYS: Final = 3650
_MOST_LINES: Final = 10_000
_AVAILABILITIES: Final = (("zero", "Nothing available"), ("negative", "Less than nothing available"))
#: Which of the members each act takes, besides `action` and `version`.
_MEMBERS: Final = {
    "start": frozenset[str](),
    "count": frozenset({"counts", "visited", "sentAt"}),
    "submit": frozenset[str](),
    "cancel": frozenset({"reason"}),
    "update": frozenset({"name", "dueOn", "assigneeIds", "note", "blind", "tolerance"}),
}


def version_field() -> StrictIntegerField:
    return StrictIntegerField(
        min_value=1, required=False, help_text="The version that you have read; another one is refused."
    )


def surplus(attrs: Iterable[str], names: Iterable[str], words: str) -> dict[str, Any]:
    """A fault for each of `names` that is given."""
    given = set(attrs)
    return {
        name: serializers.ErrorDetail(words, code="unknown_field") for name in sorted(names) if name in given
    }


def refuse_fields(faults: dict[str, Any]) -> None:
    if faults:
        raise serializers.ValidationError(faults)


class CentsField(StrictMoneyField):
    """A JSON number from 0 up with at most two decimals."""

    default_error_messages = {"cents": "Give at most two decimals."}

    def to_internal_value(self, data: Any) -> Decimal:
        amount = super().to_internal_value(data)
        exponent = amount.as_tuple().exponent
        if isinstance(exponent, int) and exponent < -2:
            self.fail("cents")
        return amount


class NamesField(StrictListField):
    """Ids or codes, each given once."""

    is_unique = True
    default_error_messages = {"repeated": "Give each of them once."}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", _MOST_NAMED)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> list[Any]:
        names = super().to_internal_value(data)
        if len(set(names)) != len(names):
            self.fail("repeated")
        return names


class BinsField(NamesField):
    child = TypeIdField(Bin.prefix)


class RoomsField(NamesField):
    child = TypeIdField(Room.prefix)


class SkusField(NamesField):
    child = StrictCharField(max_length=64)


class UsersField(NamesField):
    child = TypeIdField(User.prefix)


class ClassesField(NamesField):
    child = serializers.ChoiceField(choices=AbcClass.choices)


def assignees_field(words: str, **kwargs: Any) -> UsersField:
    return UsersField(required=False, max_length=_MOST_ASSIGNEES, help_text=words, **kwargs)


class ToleranceBody(StrictSerializer):
    """Up to which difference a line is accepted by itself: inside each limit that is given."""

    conditions = (Changing("Give at least one limit.", "required"),)

    units = StrictIntegerField(
        min_value=0,
        max_value=MAXIMUM_QUANTITY,
        required=False,
        help_text="Units, in the SKU's base unit.",
    )
    percent = CentsField(required=False, max_value=9999, help_text="Percent of what the books say.")
    value = CentsField(required=False, help_text="Worth, at cost, in the organization's currency.")


class MadeBody(StrictSerializer):
    """What every count that is made takes, besides what is counted: it comes last, whatever else a body has."""

    blind = StrictBooleanField(
        required=False,
        help_text="Whether nobody is told what the books say until it is submitted; as the settings say unless given.",
    )
    tolerance = ToleranceBody(
        required=False, help_text="Up to which difference a line is accepted by itself; as the settings say."
    )
    assigneeIds = assignees_field(
        "Who is to count it: ids of members who may count there. Nobody named: whoever may.",
        allow_empty=False,
    )
    dueOn = StrictDateField(required=False, help_text="The day on which it should be done.")
    name = StrictCharField(max_length=120, required=False, help_text="What it is called.")
    note = StrictCharField(max_length=500, required=False, help_text="What to know about it.")

    def get_fields(self) -> dict[str, Any]:
        shared = MadeBody._declared_fields
        return dict(sorted(super().get_fields().items(), key=lambda field: field[0] in shared))


class PlanBody(MadeBody):
    """`POST /api/inventory/cycle-count`: what is given narrows what is counted, all of it together."""

    conditions = (NotBoth("sample", "limit", "Give `sample` or `limit`, not both.", "unknown_field"),)

    locationId = TypeIdField(Warehouse.prefix, help_text="The location that is counted.")
    binIds = BinsField(required=False, allow_empty=False, help_text="Only these bins, empty ones too.")
    roomIds = RoomsField(
        required=False,
        allow_empty=False,
        max_length=_MOST_ROOMS,
        help_text="Only the bins of these rooms, empty ones too.",
    )
    categoryId = TypeIdField(
        Category.prefix,
        required=False,
        help_text="Only goods of this category.",
    )
    skus = SkusField(
        required=False,
        allow_empty=False,
        help_text="Only these SKUs: their codes. One that is nowhere there is looked for in the default bin.",
    )
    classes = ClassesField(required=False, allow_empty=False, help_text="Only SKUs of these ABC classes.")
    dueOnly = StrictBooleanField(
        required=False, help_text="`true`: only SKUs whose next count is due by their class."
    )
    expiringWithinDays = StrictIntegerField(
        min_value=0,
        max_value=_MOST_DAYS,
        required=False,
        help_text="Only lots that expire within so many days, or have expired.",
    )
    availability = serializers.ChoiceField(
        choices=_AVAILABILITIES,
        required=False,
        help_text="Only SKUs of which nothing is available there (`zero`), or less than nothing (`negative`).",
    )
    notCountedForDays = StrictIntegerField(
        min_value=1,
        max_value=_MOST_DAYS,
        required=False,
        help_text="Only SKUs that were not counted there for so many days, or never.",
    )
    sample = StrictIntegerField(
        min_value=1,
        max_value=_MOST_LINES,
        required=False,
        help_text="So many lines of these, chosen at random.",
    )
    limit = StrictIntegerField(
        min_value=1,
        max_value=_MOST_LINES,
        required=False,
        help_text="At most so many lines: with `classes` or `dueOnly` the most urgent ones.",
    )


class CountBody(StrictSerializer):
    """What was counted: of a line that is there, or of a SKU in a bin."""

    conditions = (
        Described(
            {
                "anyOf": [
                    {"required": ["lineId"], **without("sku", "code", "binId", "lotId", "lotCode")},
                    {"required": ["sku", "binId"], **without("lineId", "code", "lotId")},
                    {"required": ["sku", "binId"], **without("lineId", "code", "lotCode")},
                    {"required": ["code", "binId"], **without("lineId", "sku", "lotId")},
                ]
            }
        ),
    )

    lineId = TypeIdField(CountLine.prefix, required=False, help_text="The line, where it was planned.")
    sku = StrictCharField(
        max_length=64, required=False, help_text="In place of a line: the SKU's code, with `binId`."
    )
    code = StrictCharField(
        max_length=128,
        required=False,
        help_text="In place of a line: what was scanned, with `binId`. A barcode or a SKU's code; what nobody knows is "
        "kept.",
    )
    binId = TypeIdField(Bin.prefix, required=False, help_text="The bin that it was found in.")
    lotId = TypeIdField(Lot.prefix, required=False, help_text="Its lot, with `sku`.")
    lotCode = StrictCharField(
        max_length=64,
        required=False,
        help_text="Its lot's code, in place of `lotId`; an unknown one is kept.",
    )
    countedQuantity = StrictIntegerField(
        min_value=0,
        max_value=MAXIMUM_QUANTITY,
        allow_null=True,
        help_text="How many units are there; null takes back what you had counted.",
    )
    clientId = StrictCharField(
        max_length=64,
        required=False,
        help_text="Your own id of this entry: sent again, it counts once.",
    )
    countedAt = StrictDateTimeField(
        required=False, help_text="When it was counted, with offset; now, unless given."
    )
    remark = serializers.ChoiceField(
        choices=Remark.choices, required=False, help_text="What is to be said about the goods."
    )
    note = StrictCharField(max_length=500, required=False, help_text="More about them, in words.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        named = [name for name in ("lineId", "sku", "code") if name in attrs]
        if len(named) != 1:
            words = "Give one of `lineId`, `sku` and `code`."
            code = "required" if not named else "unknown_field"
            detail = serializers.ErrorDetail(words, code=code)
            raise serializers.ValidationError({(named or ["lineId"])[-1]: detail})
        if named == ["lineId"]:
            words = "The line says that: give it with `sku` or `code`."
            refuse_fields(surplus(attrs, ("binId", "lotId", "lotCode"), words))
        elif "binId" not in attrs:
            raise serializers.ValidationError(
                {"binId": serializers.ErrorDetail("Say in which bin it was found.", code="required")}
            )
        if "lotId" in attrs and "lotCode" in attrs:
            refuse_fields(surplus(attrs, ("lotCode",), "Give `lotId` or `lotCode`, not both."))
        if "lotId" in attrs and named == ["code"]:
            refuse_fields(surplus(attrs, ("lotId",), "With `code`, give `lotCode`."))
        return attrs


class CountsField(StrictListField):
    child = CountBody()


class VisitedBody(StrictSerializer):
    binId = TypeIdField(Bin.prefix, help_text="The bin in which there is nothing more to count.")
    visitedAt = StrictDateTimeField(required=False, help_text="When; now, unless given.")


class VisitedField(StrictListField):
    child = VisitedBody()


class ActBody(StrictSerializer):
    """`POST /api/inventory/cycle-count/[batchId]`."""

    conditions = (
        Takes("action", _MEMBERS, ("version",), "The action `{value}` does not take this."),
        Needs("action", "count", ("counts", "visited"), "Say what was counted."),
        Needs(
            "action",
            "update",
            tuple(sorted(_MEMBERS["update"])),
            "Name what shall change.",
            is_about_all=True,
        ),
    )

    action = serializers.ChoiceField(
        choices=[(name, name) for name in ACTIONS], help_text="What is to be done with it."
    )
    version = version_field()
    counts = CountsField(
        required=False,
        allow_empty=False,
        max_length=MOST_COUNTS,
        help_text=f"`count`: what was counted, up to {MOST_COUNTS:,} entries, all or none.",
    )
    visited = VisitedField(
        required=False,
        allow_empty=False,
        max_length=_MOST_NAMED,
        help_text="`count`: bins that are finished, empty ones too.",
    )
    sentAt = StrictDateTimeField(
        required=False,
        help_text="`count`: what your own clock says while you send; `countedAt` is then read against it.",
    )
    reason = StrictCharField(max_length=500, required=False, help_text="`cancel`: why.")
    name = StrictCharField(
        max_length=120,
        required=False,
        allow_null=True,
        help_text="`update`: what it is called; null: nothing.",
    )
    dueOn = StrictDateField(
        required=False, allow_null=True, help_text="`update`: when it should be done; null: some day."
    )
    assigneeIds = assignees_field(
        "`update`: who is to count it; null or none: whoever may.", allow_null=True, allow_empty=True
    )
    note = StrictCharField(
        max_length=500, required=False, allow_null=True, help_text="`update`: what to know; null: nothing."
    )
    blind = StrictBooleanField(
        required=False, help_text="`update`, while it is planned: whether it is blind."
    )
    tolerance = ToleranceBody(
        required=False,
        allow_null=True,
        help_text="`update`, until it is submitted: up to which difference a line is accepted by itself; null: none.",
    )
