"""What the stock routes answer, for the document; `items` and `objects` build the answers, and a test holds the two
together.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from inventory.api.backoffice.objects import HistoryRow, Pagination
from inventory.formulas import StockStatus
from inventory.models import AdjustmentKind, Direction, Nature, Source
from inventory.models.lot import LotState
from warehouses.models import RoomType
from warehouses.models.warehouse import WarehouseType

__all__ = [
    "AdjustedStockItem",
    "AdjustmentPage",
    "AdjustmentRecord",
    "LocationStockPage",
    "ProductLevels",
    "ReasonCodePage",
    "RecordedStock",
    "StockItemPage",
]


def _money(words: str, **kwargs: Any) -> serializers.FloatField:
    return serializers.FloatField(help_text=words, **kwargs)


def _quantity(words: str) -> serializers.IntegerField:
    return serializers.IntegerField(help_text=words)


class StockItemRow(serializers.Serializer[Any]):
    """One SKU in one bin, of one lot or of none."""

    id = serializers.CharField(help_text="The stock item's id.")
    sku = serializers.CharField(help_text="The SKU's code.")
    skuId = serializers.CharField(help_text="The SKU's id.")
    title = serializers.CharField(help_text="The SKU's title.")
    productMasterId = serializers.CharField(help_text="The product's id.")
    productName = serializers.CharField(help_text="The product's name.")
    categoryId = serializers.CharField(allow_null=True, help_text="The id of the product's category.")
    categoryName = serializers.CharField(allow_null=True, help_text="The category's name.")
    locationId = serializers.CharField(help_text="The location's id.")
    locationName = serializers.CharField(help_text="The location's name.")
    roomId = serializers.CharField(help_text="The room's id.")
    roomName = serializers.CharField(help_text="The room's name.")
    roomType = serializers.ChoiceField(choices=RoomType.choices, help_text="What the room is for.")
    binId = serializers.CharField(help_text="The bin's id.")
    binCode = serializers.CharField(help_text="The bin's code.")
    lotId = serializers.CharField(allow_null=True, help_text="The lot's id; null where it has none.")
    lotCode = serializers.CharField(allow_null=True, help_text="The lot's code.")
    lotState = serializers.ChoiceField(
        choices=LotState.choices, allow_null=True, help_text="Whether the lot may be used."
    )
    expiresOn = serializers.DateField(allow_null=True, help_text="The last day on which the lot may be used.")
    onHand = serializers.IntegerField(min_value=0, help_text="How many units are there.")
    reserved = serializers.IntegerField(
        min_value=0, help_text="The item's share of what is promised of the SKU at the location."
    )
    held = serializers.IntegerField(min_value=0, help_text="How many of them are on hold.")
    available = _quantity(
        "`onHand` less `reserved` and `held`; negative where more is promised than is there."
    )
    unitCost = _money("What one unit costs; null where nobody has said.", allow_null=True)
    value = _money("What the units on hand cost together.", allow_null=True)
    version = serializers.CharField(
        help_text='The version of the SKU at the location: as `If-Match: "version"` of a change it refuses one that '
        "somebody else has overtaken."
    )
    createdAt = serializers.DateTimeField(help_text="When the first units came.")
    updatedAt = serializers.DateTimeField(help_text="When the quantities last changed.")


class StockItemPage(serializers.Serializer[Any]):
    """A page of stock items."""

    data = StockItemRow(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()


class StockItemChange(serializers.Serializer[Any]):
    """One movement of an adjustment that was just made."""

    stockItemId = serializers.CharField(help_text="The stock item.")
    binCode = serializers.CharField(help_text="Its bin.")
    lotCode = serializers.CharField(allow_null=True, help_text="Its lot.")
    quantityBefore = _quantity("Units in it before.")
    quantityChange = _quantity("What was added, or with a minus taken away.")
    quantityAfter = _quantity("Units in it after.")


class AdjustedStockItem(StockItemRow):
    """The stock item as it is now; where units were taken from several, the first of them."""

    adjustmentId = serializers.CharField(help_text="The document of the change.")
    changes = StockItemChange(many=True, help_text="What was changed, item by item.")


class AdjustedLocation(serializers.Serializer[Any]):
    locationId = serializers.CharField(help_text="The location's id.")
    locationName = serializers.CharField(help_text="The location's name.")


class AdjustmentRow(serializers.Serializer[Any]):
    """A document that changed stock, with sums over what the caller may see of it."""

    id = serializers.CharField(help_text="The adjustment's id.")
    kind = serializers.ChoiceField(choices=AdjustmentKind.choices, help_text="What the document says.")
    state = serializers.ChoiceField(choices=("posted", "reversed"), help_text="Whether it was undone.")
    reasonCode = serializers.CharField(allow_null=True, help_text="Why; null where its lines have several.")
    note = serializers.CharField(allow_null=True, help_text="Why, in words.")
    referenceId = serializers.CharField(allow_null=True, help_text="A number of the caller's own.")
    source = serializers.ChoiceField(  # type: ignore[assignment]  # as above
        choices=Source.choices, help_text="Which way it came."
    )
    locations = AdjustedLocation(many=True, help_text="The locations whose stock it changed.")
    lineCount = serializers.IntegerField(min_value=0, help_text="How many movements it has.")
    unitsIn = serializers.IntegerField(min_value=0, help_text="Units that it added.")
    unitsOut = serializers.IntegerField(min_value=0, help_text="Units that it took away.")
    reversesId = serializers.CharField(allow_null=True, help_text="The adjustment that it undoes.")
    reversedById = serializers.CharField(allow_null=True, help_text="The adjustment that undid it.")
    createdBy = serializers.CharField(help_text="Who made it.")
    createdAt = serializers.DateTimeField(help_text="When.")


class AdjustmentPage(serializers.Serializer[Any]):
    """A page of adjustments, the newest first."""

    data = AdjustmentRow(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()


class AdjustmentRecordLine(serializers.Serializer[Any]):
    """One movement."""

    stockItemId = serializers.CharField(help_text="The stock item that it changed.")
    sku = serializers.CharField(help_text="The SKU's code.")
    skuId = serializers.CharField(help_text="The SKU's id.")
    title = serializers.CharField(help_text="The SKU's title.")
    locationId = serializers.CharField(help_text="The location's id.")
    locationName = serializers.CharField(help_text="The location's name.")
    binId = serializers.CharField(help_text="The bin's id.")
    binCode = serializers.CharField(help_text="The bin's code.")
    lotId = serializers.CharField(allow_null=True, help_text="The lot's id.")
    lotCode = serializers.CharField(allow_null=True, help_text="The lot's code.")
    reasonCode = serializers.CharField(help_text="Why.")
    quantityBefore = _quantity("Units in the stock item before.")
    quantityChange = _quantity("What was added, or with a minus taken away.")
    quantityAfter = _quantity("Units in the stock item after.")


class AdjustmentRecord(AdjustmentRow):
    """An adjustment with its lines (the first 500; an import may have more) and its history."""

    lines = AdjustmentRecordLine(many=True, help_text="The movements that the caller may see.")
    history = HistoryRow(many=True, help_text="What was done with it.")


class RecordedLine(serializers.Serializer[Any]):
    """What was stated, and what the books had said."""

    sku = serializers.CharField(help_text="The SKU's code.")
    skuId = serializers.CharField(help_text="The SKU's id.")
    title = serializers.CharField(help_text="The SKU's title.")
    binId = serializers.CharField(allow_null=True, help_text="The bin's id; null: the whole location.")
    binCode = serializers.CharField(allow_null=True, help_text="The bin's code.")
    lotId = serializers.CharField(allow_null=True, help_text="The lot's id; null: all lots together.")
    lotCode = serializers.CharField(allow_null=True, help_text="The lot's code.")
    before = serializers.IntegerField(min_value=0, help_text="Units that the books had.")
    after = serializers.IntegerField(min_value=0, help_text="Units that are there.")
    difference = _quantity("What was posted; 0 where the books were right.")


class RecordedStock(AdjustmentRecord):
    """The document, whose lines are the differences, and what was stated line by line."""

    recorded = RecordedLine(many=True, help_text="Every line of the request, in its order.")


class ReasonCodeRow(serializers.Serializer[Any]):
    """Why stock changes."""

    code = serializers.CharField(help_text="The code, as requests name it.")
    name = serializers.CharField(help_text="What it means.")
    direction = serializers.ChoiceField(
        choices=Direction.choices, help_text="Which changes it is for: `in` adds, `out` takes away."
    )
    nature = serializers.ChoiceField(
        choices=Nature.choices,
        help_text="`issue`: goods leave, and only what is available may. `correction`: the record is put right.",
    )
    isBuiltIn = serializers.BooleanField(help_text="Whether the product itself needs it.")
    isSelectable = serializers.BooleanField(help_text="Whether an adjustment can be made for it.")


class ReasonCodePage(serializers.Serializer[Any]):
    """A page of reason codes, by code."""

    data = ReasonCodeRow(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()


class LocationStock(serializers.Serializer[Any]):
    """What is at one location."""

    locationId = serializers.CharField(help_text="The location's id.")
    locationName = serializers.CharField(help_text="The location's name.")
    type = serializers.ChoiceField(choices=WarehouseType.choices, help_text="What kind of location it is.")
    isActive = serializers.BooleanField(help_text="Whether it is in use.")
    isReadonly = serializers.BooleanField(help_text="Whether only its sync changes it.")
    roomCount = serializers.IntegerField(min_value=0, help_text="Rooms that it has.")
    binCount = serializers.IntegerField(min_value=0, help_text="Bins that it has.")
    skuCount = serializers.IntegerField(min_value=0, help_text="SKUs that are or were in stock there.")
    skusInStock = serializers.IntegerField(min_value=0, help_text="SKUs with units on hand.")
    onHand = serializers.IntegerField(min_value=0, help_text="Units that are there.")
    reserved = serializers.IntegerField(min_value=0, help_text="Units that are promised.")
    held = serializers.IntegerField(min_value=0, help_text="Units on hold.")
    available = _quantity("Units that may still be promised.")
    value = _money("What the units on hand cost together.")
    lowCount = serializers.IntegerField(min_value=0, help_text="SKUs below their reorder point.")
    criticalCount = serializers.IntegerField(
        min_value=0, help_text="SKUs at or below their safety stock; not among the low ones."
    )
    outOfStockCount = serializers.IntegerField(
        min_value=0, help_text="SKUs of which nothing is available; not among the others."
    )
    lastMovementAt = serializers.DateTimeField(
        allow_null=True, help_text="When something last came, left or was corrected."
    )


class LocationStockPage(serializers.Serializer[Any]):
    """A page of locations, by name."""

    data = LocationStock(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()


class ProductStock(serializers.Serializer[Any]):
    """A product, with its stock over all its SKUs."""

    id = serializers.CharField(help_text="The product's id.")
    name = serializers.CharField(help_text="The product's name.")
    categoryId = serializers.CharField(allow_null=True, help_text="The category's id.")
    categoryName = serializers.CharField(allow_null=True, help_text="The category's name.")
    onHand = serializers.IntegerField(min_value=0, help_text="Units of all its SKUs.")
    reserved = serializers.IntegerField(min_value=0, help_text="Units that are promised.")
    held = serializers.IntegerField(min_value=0, help_text="Units on hold.")
    available = _quantity("Units that may still be promised.")
    value = _money("What the units on hand cost together.")


class SkuAtLocation(serializers.Serializer[Any]):
    """One SKU at one location."""

    locationId = serializers.CharField(help_text="The location's id.")
    locationName = serializers.CharField(help_text="The location's name.")
    onHand = serializers.IntegerField(min_value=0, help_text="Units that are there.")
    reserved = serializers.IntegerField(min_value=0, help_text="Units that are promised.")
    held = serializers.IntegerField(min_value=0, help_text="Units on hold.")
    available = _quantity("Units that may still be promised.")
    safetyStock = serializers.IntegerField(min_value=0, help_text="Units that are kept back.")
    reorderPoint = serializers.IntegerField(min_value=0, help_text="Below it the SKU is low.")
    reorderQuantity = serializers.IntegerField(min_value=0, help_text="How many are ordered at a time.")
    isLow = serializers.BooleanField(help_text="Whether less is available than the reorder point.")
    status = serializers.ChoiceField(choices=StockStatus.choices, help_text="How it stands.")
    version = serializers.CharField(help_text="The version of the SKU at the location.")
    updatedAt = serializers.DateTimeField(help_text="When it last changed.")


class SkuLevels(serializers.Serializer[Any]):
    """One SKU of the product, over the locations that the caller may see and at each of them."""

    sku = serializers.CharField(help_text="The SKU's code.")
    skuId = serializers.CharField(help_text="The SKU's id.")
    title = serializers.CharField(help_text="The SKU's title.")
    isActive = serializers.BooleanField(help_text="Whether it is in use.")
    isLotControlled = serializers.BooleanField(help_text="Whether its stock has to name a lot.")
    unitCost = _money("What one unit costs.", allow_null=True)
    onHand = serializers.IntegerField(min_value=0, help_text="Units at all these locations.")
    reserved = serializers.IntegerField(min_value=0, help_text="Units that are promised.")
    held = serializers.IntegerField(min_value=0, help_text="Units on hold.")
    available = _quantity("Units that may still be promised.")
    value = _money("What the units on hand cost together.", allow_null=True)
    status = serializers.ChoiceField(
        choices=StockStatus.choices,
        allow_null=True,
        help_text="How it stands over these locations; null where it never was at one.",
    )
    levels = SkuAtLocation(many=True, help_text="The locations, by name.")


class ProductLevels(serializers.Serializer[Any]):
    """A product, and a page of its SKUs with their levels."""

    product = ProductStock()
    data = SkuLevels(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()
