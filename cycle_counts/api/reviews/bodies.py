"""What is decided on the lines of a cycle count."""

from __future__ import annotations

from typing import Final

from rest_framework import serializers

from cycle_counts.api.batches.bodies import MOST_COUNTS, assignees_field, version_field
from cycle_counts.models import CountBatch, CountLine, RootCause
from warehouses.http.fields import StrictCharField, StrictListField, StrictSerializer, TypeIdField

__all__ = ["DecideBody", "ResolveBody"]

_RESOLUTIONS: Final = (
    ("accept", "The difference is posted"),
    ("recount", "Somebody else counts it again"),
    ("ignore", "Nothing is posted"),
)
_DECISIONS: Final = (*_RESOLUTIONS, ("undecided", "As if nobody had decided"))


class LineResolutionBody(StrictSerializer):
    lineId = TypeIdField(CountLine.prefix, help_text="The count's line.")
    resolution = serializers.ChoiceField(
        choices=_RESOLUTIONS,
        help_text="`accept`: the difference is posted. `recount`: somebody else counts it again. `ignore`: neither.",
    )
    rootCause = serializers.ChoiceField(
        choices=RootCause.choices, required=False, help_text="Why the books differed."
    )
    note = StrictCharField(max_length=500, required=False, help_text="What is to be known about it.")
    sku = StrictCharField(
        max_length=64,
        required=False,
        help_text="Of a line whose SKU nobody knew: what it is. It cannot be accepted without.",
    )


class ResolutionsField(StrictListField):
    child = LineResolutionBody()


class LineDecisionBody(LineResolutionBody):
    resolution = serializers.ChoiceField(
        choices=_DECISIONS, help_text="As with `resolve`; `undecided` takes a decision back."
    )


class LineDecisionsField(StrictListField):
    child = LineDecisionBody()


class ResolveBody(StrictSerializer):
    """`POST /api/inventory/cycle-count/resolve`."""

    batchId = TypeIdField(CountBatch.prefix, help_text="The count that is resolved.")
    lines = ResolutionsField(
        required=False,
        allow_empty=False,
        max_length=MOST_COUNTS,
        help_text="What is decided on which lines; without it, all that are left are accepted. Where some are left, it "
        "stays in review.",
    )
    recountAssigneeIds = assignees_field(
        "Who counts again what is to be recounted; nobody who has counted it.", allow_empty=False
    )
    note = StrictCharField(max_length=500, required=False, help_text="Kept with the adjustment.")
    version = version_field()


class DecideBody(StrictSerializer):
    """`POST /api/inventory/cycle-count/decide`."""

    batchId = TypeIdField(CountBatch.prefix, help_text="The count.")
    lines = LineDecisionsField(
        allow_empty=False, max_length=MOST_COUNTS, help_text="What is decided on which lines."
    )
    version = version_field()
