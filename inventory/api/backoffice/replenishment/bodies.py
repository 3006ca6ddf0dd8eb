"""What the replenishment routes take."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from inventory.models import Category, ReplenishmentSource
from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses.http.conditions import BelongsTo, Changing, Needs
from warehouses.http.fields import (
    StrictCharField,
    StrictDateField,
    StrictIntegerField,
    StrictListField,
    StrictSerializer,
    TypeIdField,
)
from warehouses.models import Warehouse

__all__ = ["ReplenishmentActionBody", "ReplenishmentBody", "ReplenishmentConfigBody", "SuggestionsBody"]

_MOST_SKUS = 500
_MOST_DAYS = 730
_SMALL = 10_000
_LARGEST_PAGE = 10**9


def _quantity(words: str, **kwargs: Any) -> StrictIntegerField:
    kwargs = {"min_value": 0, "required": False} | kwargs
    return StrictIntegerField(max_value=MAXIMUM_QUANTITY, help_text=words, **kwargs)


class ReplenishmentSourceBody(StrictSerializer):
    """Where the goods come from: `{type: supplier, name}` or `{type: transfer, fromLocationId}`."""

    conditions = (
        Needs("type", "supplier", ("name",), "A source of this type needs this."),
        Needs("type", "transfer", ("fromLocationId",), "A source of this type needs this."),
        BelongsTo("type", ("supplier",), ("name",), "A source of this type has none.", "contradiction"),
        BelongsTo(
            "type", ("transfer",), ("fromLocationId",), "A source of this type has none.", "contradiction"
        ),
    )

    type = serializers.ChoiceField(
        choices=ReplenishmentSource.choices,
        help_text="`supplier`: bought. `transfer`: from another location.",
    )
    name = StrictCharField(max_length=120, required=False, help_text="The supplier's name.")
    fromLocationId = TypeIdField(
        Warehouse.prefix, required=False, help_text="The location that the goods come from."
    )


class ReplenishmentConfigBody(StrictSerializer):
    """`POST /api/inventory/replenishment/config`: what is not given stays as it is."""

    conditions = (Changing("Name at least one field to set.", besides=("sku", "locationId")),)

    sku = StrictCharField(max_length=64, help_text="The SKU's code.")
    locationId = TypeIdField(Warehouse.prefix, help_text="The location.")
    safetyStock = _quantity("Units that are kept back for bad days.")
    reorderPoint = _quantity(
        "Below this it is time to order; 0: the demand of the lead time and the safety stock."
    )
    reorderQuantity = _quantity("Ordered in as many of these as are needed, where there is no maximum.")
    maximum = _quantity(
        "What is available and inbound is lifted to this; null: by whole reorder quantities.", allow_null=True
    )
    orderMultiple = StrictIntegerField(
        min_value=1, max_value=_SMALL, required=False, help_text="What is ordered is a multiple of this."
    )
    leadTimeDays = StrictIntegerField(
        min_value=0, max_value=_MOST_DAYS, required=False, help_text="Days from ordering to receiving."
    )
    windowDays = StrictIntegerField(
        min_value=1, max_value=_MOST_DAYS, required=False, help_text="Demand a day is that of so many days."
    )
    source = ReplenishmentSourceBody(  # type: ignore[assignment]  # DRF takes fields off the class
        required=False, allow_null=True, help_text="Where it is ordered; null: nobody has said."
    )


class CodesField(StrictListField):
    """SKUs by their codes."""

    child = StrictCharField(max_length=64)


class SuggestionsBody(StrictSerializer):
    """`POST /api/inventory/replenishment/suggestions`."""

    locationId = TypeIdField(Warehouse.prefix, help_text="The location that is to be replenished.")
    categoryId = TypeIdField(Category.prefix, required=False, help_text="Only SKUs of this category.")
    skus = CodesField(
        required=False, allow_empty=False, max_length=_MOST_SKUS, help_text="Only SKUs of these codes."
    )
    page = StrictIntegerField(
        min_value=1, max_value=_LARGEST_PAGE, required=False, help_text="The number of the page, from 1."
    )
    limit = StrictIntegerField(
        min_value=1, max_value=200, required=False, help_text="How many a page has; 50 unless given."
    )


class ReplenishmentBody(StrictSerializer):
    """`POST /api/inventory/replenishment`."""

    sku = StrictCharField(max_length=64, help_text="The SKU's code.")
    locationId = TypeIdField(Warehouse.prefix, help_text="The location that is to be replenished.")
    quantity = _quantity("How many units are ordered.", min_value=1, required=True)
    source = ReplenishmentSourceBody(  # type: ignore[assignment]  # DRF takes fields off the class
        help_text="Where they come from."
    )
    expectedOn = StrictDateField(
        required=False, allow_null=True, help_text="The day on which they are expected."
    )
    referenceId = StrictCharField(
        max_length=120,
        required=False,
        allow_blank=True,
        help_text="A number of your own, such as that of the purchase order.",
    )
    note = StrictCharField(max_length=500, required=False, allow_blank=True, help_text="Why, in words.")


class ReplenishmentActionBody(StrictSerializer):
    """`POST /api/inventory/replenishment/[id]`."""

    action = serializers.ChoiceField(
        choices=("cancel",), help_text="`cancel`: what has not come is not expected any more."
    )
    note = StrictCharField(max_length=500, required=False, allow_blank=True, help_text="Why, in words.")
