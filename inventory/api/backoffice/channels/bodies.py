"""What the channel and availability routes take."""

from __future__ import annotations

import re

from django.core.validators import RegexValidator
from rest_framework import serializers

from inventory.channel_rules import LARGEST
from inventory.models import Channel, ChannelPolicy
from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses.http.conditions import Changing, Described
from warehouses.http.fields import (
    StrictBooleanField,
    StrictCharField,
    StrictIntegerField,
    StrictSerializer,
    TypeIdField,
)
from warehouses.models import Warehouse

__all__ = ["ChannelBody", "ChannelChangeBody", "ChannelRuleBody", "CheckBody"]

(_CODE_FORM,) = (
    re.compile(validator.regex).pattern.removeprefix(r"\A").removesuffix(r"\Z")
    for validator in Channel._meta.get_field("code").validators
    if isinstance(validator, RegexValidator)
)
_CODE = "Small letters and digits, with - or _ between, as in web-shop."
#: As the business code has it, which names the field at fault.
_ALLOCATED = {
    "required": ["allocation"],
    "properties": {"policy": {"enum": [ChannelPolicy.ALLOCATED.value]}, "allocation": {"type": "integer"}},
}
_NOT_ALLOCATED = {
    "properties": {
        "policy": {"enum": [policy.value for policy in ChannelPolicy if policy != ChannelPolicy.ALLOCATED]},
        "allocation": {"nullable": True, "enum": [None]},
    }
}
_BUFFER = "Units kept back from the channel in every location, unless a rule says otherwise."


class ChannelChangeBody(StrictSerializer):
    """`PATCH /api/channels/[id]`: what is not given stays as it is."""

    conditions = (Changing(),)

    code = StrictCharField(max_length=40, like=_CODE_FORM, required=False, help_text=_CODE)
    name = StrictCharField(max_length=120, required=False, help_text="What people call it.")
    buffer = StrictIntegerField(min_value=0, max_value=LARGEST, required=False, help_text=_BUFFER)
    isActive = StrictBooleanField(
        source="is_active", required=False, help_text="Nothing is promised to a channel that is not active."
    )


class ChannelBody(ChannelChangeBody):
    """`POST /api/channels`."""

    code = StrictCharField(max_length=40, like=_CODE_FORM, help_text=_CODE)
    name = StrictCharField(max_length=120, help_text="What people call it.")


class ChannelRuleBody(StrictSerializer):
    """`POST /api/inventory/availability/[id]`: what a channel may be promised of the SKU in one location."""

    conditions = (Described({"anyOf": [_ALLOCATED, _NOT_ALLOCATED]}),)

    locationId = TypeIdField(Warehouse.prefix, help_text="The location.")
    channelId = TypeIdField(Channel.prefix, help_text="The channel.")
    policy = serializers.ChoiceField(
        choices=ChannelPolicy.choices,
        help_text="`shared`: whatever can be promised; `allocated`: no more than its allocation; `excluded`: nothing.",
    )
    allocation = StrictIntegerField(
        min_value=0,
        max_value=LARGEST,
        required=False,
        allow_null=True,
        help_text="Needed for `allocated`: at most so many units, less what is reserved for the channel.",
    )
    buffer = StrictIntegerField(
        min_value=0,
        max_value=LARGEST,
        required=False,
        allow_null=True,
        help_text="Units kept back from the channel here; null: the channel's own buffer.",
    )


class CheckLine(StrictSerializer):
    sku = StrictCharField(max_length=64, help_text="The SKU's code.")
    quantity = StrictIntegerField(min_value=1, max_value=MAXIMUM_QUANTITY, help_text="How many are wanted.")


class CheckBody(StrictSerializer):
    """`POST /api/inventory/availability/check`."""

    locationId = TypeIdField(
        Warehouse.prefix, required=False, help_text="Look in this location only; without it, in all of them."
    )
    channelId = TypeIdField(
        Channel.prefix,
        required=False,
        help_text="What this channel may be promised; without it, what could be promised at all.",
    )
    lines = CheckLine(
        many=True,
        allow_empty=False,
        max_length=500,  # type: ignore[call-arg]
        help_text="What is wanted, 1 to 500 lines.",
    )
