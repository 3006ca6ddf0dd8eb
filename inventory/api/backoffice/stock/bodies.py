"""What the stock routes take."""

from __future__ import annotations

from typing import Any, Final

from rest_framework import serializers

from inventory.api.quantities import AbsoluteQuantityField, QuantityChangeField
from inventory.models import Lot, StockItem
from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses.http.conditions import AnyOf, Instead, NotBoth
from warehouses.http.fields import (
    StrictCharField,
    StrictDateField,
    StrictIntegerField,
    StrictSerializer,
    TypeIdField,
)
from warehouses.models import Bin, Warehouse

__all__ = ["AdjustBody", "AdjustmentActionBody", "AdjustmentBody", "LotCorrectionBody", "RecordedStockBody"]

MAXIMUM_LINES: Final = 500
_BIN_WORDS: Final = (
    "The bin's id; without one, what leaves is found first-expired-first, and what comes goes to the "
    "default bin."
)


def _sku(**kwargs: Any) -> StrictCharField:
    return StrictCharField(max_length=64, help_text="The SKU's code.", **kwargs)


def _note() -> StrictCharField:
    return StrictCharField(max_length=500, required=False, allow_blank=True, help_text="Why, in words.")


def _reference() -> StrictCharField:
    return StrictCharField(
        max_length=120, required=False, allow_blank=True, help_text="A number of your own that it belongs to."
    )


def _reason(**kwargs: Any) -> StrictCharField:
    return StrictCharField(
        max_length=40, help_text=kwargs.pop("help_text", "A reason code, in any capitals."), **kwargs
    )


class AdjustBody(StrictSerializer):
    """`POST /api/inventory/adjust`: a stock item, or a SKU at a location."""

    conditions = (
        Instead(
            "stockItemId",
            others=("sku", "binId", "lotId"),
            needed=("sku", "locationId"),
            too_much="The stock item says this.",
            too_little="Give this, or a stock item.",
            too_much_code="required",
        ),
    )

    sku = _sku(required=False)
    stockItemId = TypeIdField(
        StockItem.prefix, required=False, help_text="A stock item, instead of SKU, bin and lot."
    )
    locationId = TypeIdField(
        Warehouse.prefix, required=False, help_text="The location; may be left out with `stockItemId`."
    )
    binId = TypeIdField(Bin.prefix, required=False, help_text=_BIN_WORDS)
    lotId = TypeIdField(Lot.prefix, required=False, help_text="The lot's id.")
    quantityChange = QuantityChangeField()
    reasonCode = _reason()
    note = _note()
    referenceId = _reference()


class AdjustmentLine(StrictSerializer):
    """A SKU at a location: changed by so much, or made so much."""

    conditions = (
        AnyOf(("quantityChange", "newQuantity"), "Give this or `newQuantity`."),
        NotBoth("quantityChange", "newQuantity", "Give this or `quantityChange`, not both."),
    )

    sku = _sku()
    locationId = TypeIdField(Warehouse.prefix, help_text="The location.")
    binId = TypeIdField(Bin.prefix, required=False, help_text=_BIN_WORDS)
    lotId = TypeIdField(Lot.prefix, required=False, help_text="The lot's id.")
    quantityChange = QuantityChangeField(required=False)
    newQuantity = AbsoluteQuantityField(required=False)


class AdjustmentBody(StrictSerializer):
    """`POST /api/inventory/adjustments`."""

    reasonCode = _reason()
    note = _note()
    referenceId = _reference()
    lines = AdjustmentLine(  # type: ignore[call-arg]
        many=True, allow_empty=False, max_length=MAXIMUM_LINES, help_text="What changes, all or nothing."
    )


class AdjustmentActionBody(StrictSerializer):
    """`POST /api/inventory/adjustments/[id]`."""

    action = serializers.ChoiceField(choices=("reverse",), help_text="What to do with it.")
    note = _note()


class NewLotBody(StrictSerializer):
    """A lot by its code: made, if the SKU has none of that code."""

    code = StrictCharField(max_length=64, help_text="The lot's code, in any capitals.")
    expiresOn = StrictDateField(
        required=False, allow_null=True, help_text="The last day on which it may be used; null: it keeps."
    )


class LotCorrectionBody(StrictSerializer):
    """`POST /api/inventory/adjustments/lot-correction`."""

    conditions = (
        AnyOf(("toLotId", "toLot"), "Give this or `toLot`."),
        NotBoth("toLotId", "toLot", "Give this or `toLotId`, not both."),
    )

    sku = _sku()
    locationId = TypeIdField(Warehouse.prefix, help_text="The location.")
    binId = TypeIdField(
        Bin.prefix, required=False, help_text="The bin; without one, the goods are found first-expired-first."
    )
    fromLotId = TypeIdField(
        Lot.prefix, allow_null=True, help_text="The lot that the books say; null: they say none."
    )
    toLotId = TypeIdField(Lot.prefix, required=False, help_text="The lot that the goods are of.")
    toLot = NewLotBody(required=False, help_text="The lot that the goods are of, made if it is not known.")
    quantity = StrictIntegerField(min_value=1, max_value=MAXIMUM_QUANTITY, help_text="How many units.")
    note = _note()


class RecordedStockLine(StrictSerializer):
    """What there is of a SKU, at the location or in a bin of it, of all lots or of one."""

    sku = _sku()
    binId = TypeIdField(Bin.prefix, required=False, help_text="The bin; without one, the whole location.")
    lotId = TypeIdField(Lot.prefix, required=False, help_text="The lot; without one, all lots together.")
    quantity = AbsoluteQuantityField()


class RecordedStockBody(StrictSerializer):
    """`POST /api/inventory/adjustments/record-stock`."""

    locationId = TypeIdField(Warehouse.prefix, help_text="The location.")
    reasonCode = _reason(required=False, help_text="A reason code, in any capitals; AUDIT if none is given.")
    note = _note()
    referenceId = _reference()
    lines = RecordedStockLine(  # type: ignore[call-arg]
        many=True, allow_empty=False, max_length=MAXIMUM_LINES, help_text="What is there, line by line."
    )
