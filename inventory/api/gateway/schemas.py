"""What the gateway answers, for its document; `objects` builds the answers, and a test holds the two together."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

__all__ = ["BulkResult", "InventoryObject", "InventoryPage", "SkuInventory"]


class InventoryObject(serializers.Serializer[Any]):
    """The Inventory Object: one SKU in one warehouse."""

    sku = serializers.CharField(help_text="Stock keeping unit identifier.")
    productId = serializers.CharField(help_text="Associated product ID.")
    productName = serializers.CharField(help_text="Product display name.")
    quantity = serializers.IntegerField(help_text="Total physical quantity in stock.")
    reservedQuantity = serializers.IntegerField(help_text="Quantity reserved for pending orders.")
    availableQuantity = serializers.IntegerField(
        help_text="Quantity available for new orders: quantity - reserved, less what is on hold. Negative when more is "
        "promised than is there."
    )
    reorderPoint = serializers.IntegerField(
        help_text="Threshold that triggers the low-stock alert: low when availableQuantity is below it."
    )
    reorderQuantity = serializers.IntegerField(help_text="Suggested quantity to reorder.")
    warehouseId = serializers.CharField(help_text="Warehouse location identifier.")
    warehouseName = serializers.CharField(help_text="Warehouse display name.")
    lastUpdated = serializers.DateTimeField(help_text="ISO 8601 timestamp of the last update.")


class WarehouseInventory(InventoryObject):
    """A SKU's stock in one of several warehouses."""

    sku = None  # type: ignore[assignment]  # DRF: not inherited
    productId = None  # type: ignore[assignment]  # DRF: not inherited
    productName = None  # type: ignore[assignment]  # DRF: not inherited


class SkuInventory(InventoryObject):
    """The Inventory Object of a SKU. In several warehouses: the sums, with each warehouse under `warehouses`."""

    warehouseId = serializers.CharField(
        allow_null=True, help_text="Warehouse location identifier; null for the sums over several warehouses."
    )
    warehouseName = serializers.CharField(
        allow_null=True, help_text="Warehouse display name; null for the sums over several warehouses."
    )
    warehouses = WarehouseInventory(
        many=True, required=False, help_text="Only where the SKU is in several warehouses."
    )


class Pagination(serializers.Serializer[Any]):
    page = serializers.IntegerField(min_value=1, help_text="The number of this page.")
    perPage = serializers.IntegerField(min_value=1, help_text="Items per page.")
    total = serializers.IntegerField(min_value=0, help_text="Items on all pages.")
    totalPages = serializers.IntegerField(min_value=0, help_text="How many pages there are.")


class InventoryPage(serializers.Serializer[Any]):
    """A page of Inventory Objects, by SKU code."""

    data = InventoryObject(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()


class BulkResult(serializers.Serializer[Any]):
    """The Inventory Objects as they are now, in the order of the request's rows."""

    data = InventoryObject(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
