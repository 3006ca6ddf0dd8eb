"""What nexus answers, for its document; `records`, `rows` and `places` build it, and a test holds them together."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from inventory.formulas import StockStatus
from warehouses.models import WarehouseType

__all__ = ["AdjustmentPage", "BulkResult", "InventoryPage", "InventoryRecord", "WarehouseList"]


class WarehouseStock(serializers.Serializer[Any]):
    """A SKU's stock in one warehouse."""

    warehouse_id = serializers.CharField(help_text="The warehouse's id.")
    name = serializers.CharField(help_text="The warehouse's name.")
    on_hand = serializers.IntegerField(help_text="Units that are physically there.")
    reserved = serializers.IntegerField(help_text="Units reserved for orders.")
    available = serializers.IntegerField(
        help_text="Units that may still be promised: on hand less reserved, held and safety stock. May be negative."
    )
    type = serializers.ChoiceField(
        choices=[value for value in WarehouseType.values if value != WarehouseType.OWN],
        required=False,
        help_text="The kind of warehouse; left out for the organization's own.",
    )


class InventoryRecord(serializers.Serializer[Any]):
    """A SKU with its totals over the warehouses that the caller sees, and a row for each of them."""

    sku = serializers.CharField(help_text="The SKU's code.")
    title = serializers.CharField(help_text="The SKU's title.")
    total_on_hand = serializers.IntegerField(help_text="Units that are physically there, in all warehouses.")
    total_reserved = serializers.IntegerField(help_text="Units reserved for orders, in all warehouses.")
    total_available = serializers.IntegerField(
        help_text="Units that may still be promised: on hand less reserved, held and safety stock. May be negative."
    )
    safety_stock = serializers.IntegerField(help_text="Units kept back, in all warehouses.")
    status = serializers.ChoiceField(
        choices=StockStatus.values,
        help_text="The first that is true, with available = on hand - reserved - held: `out_of_stock` when there is "
        "none available, `critical` when no more than the safety stock, `low` when less than the reorder point, else "
        "`normal`.",
    )
    warehouses = WarehouseStock(many=True)


class Meta(serializers.Serializer[Any]):
    total = serializers.IntegerField(min_value=0, help_text="Results on all pages.")
    limit = serializers.IntegerField(min_value=1, help_text="Results per page.")
    nextCursor = serializers.CharField(
        allow_null=True, help_text="The `cursor` of the next page; null on the last one."
    )


class InventoryPage(serializers.Serializer[Any]):
    """A page of inventory records, by SKU code."""

    data = InventoryRecord(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    meta = Meta()


class BulkResult(serializers.Serializer[Any]):
    """The records of the SKUs as they are now, each once, in the order in which the request names them first."""

    data = InventoryRecord(many=True)  # type: ignore[assignment]  # DRF takes fields off the class


class WarehouseObject(serializers.Serializer[Any]):
    """A warehouse. What it does not have is left out."""

    id = serializers.CharField(help_text="The warehouse's id.")
    name = serializers.CharField(help_text="The warehouse's name.")
    address = serializers.CharField(required=False, help_text="Its postal address.")
    type = serializers.ChoiceField(
        choices=WarehouseType.values, help_text="Whose it is: `own`, or by whom it is run."
    )
    marketplace = serializers.CharField(required=False, help_text="The marketplace that runs it.")
    is_active = serializers.BooleanField(help_text="Whether its stock may change.")
    is_readonly = serializers.BooleanField(
        required=False, help_text="true for warehouses that only their sync changes, such as FBA and FBS."
    )


class WarehouseList(serializers.Serializer[Any]):
    """All warehouses that the caller sees, inactive ones too."""

    data = WarehouseObject(many=True)  # type: ignore[assignment]  # DRF takes fields off the class


class AdjustmentRow(serializers.Serializer[Any]):
    """One change of the stock of a SKU in a warehouse."""

    id = serializers.CharField(help_text="The change's id.")
    sku = serializers.CharField(help_text="The SKU's code.")
    warehouse_id = serializers.CharField(help_text="The warehouse's id.")
    before_quantity = serializers.IntegerField(help_text="Units on hand in that warehouse before.")
    after_quantity = serializers.IntegerField(help_text="Units on hand in that warehouse after.")
    delta = serializers.IntegerField(help_text="after_quantity - before_quantity.")
    reason = serializers.CharField(help_text="The reason code.")
    note = serializers.CharField(allow_null=True, help_text="What was noted; null if nothing was.")
    created_by = serializers.CharField(
        help_text="Who did it: a person's e-mail address, or the name of an API key."
    )
    created_at = serializers.DateTimeField(help_text="ISO 8601 timestamp of the change.")


class AdjustmentPage(serializers.Serializer[Any]):
    """A page of changes, the newest first."""

    data = AdjustmentRow(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    meta = Meta()
