"""What the gateway's writes take."""

from __future__ import annotations

from rest_framework import serializers

from inventory.api.quantities import AbsoluteQuantityField
from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses.http.fields import StrictCharField, StrictIntegerField, StrictSerializer, TypeIdField
from warehouses.models import Warehouse

__all__ = ["BULK_LIMIT", "AdjustBody", "BulkBody", "SetBody"]

BULK_LIMIT = 100
_REASON_HELP = "Free text for the audit trail, kept as the note."
_WAREHOUSE_HELP = "Needed only where the SKU is in several warehouses."


class SetBody(StrictSerializer):
    """`PUT /inventory/{sku}`: the absolute quantity and, where given, the thresholds."""

    quantity = AbsoluteQuantityField()
    reorderPoint = StrictIntegerField(min_value=0, required=False)
    reorderQuantity = StrictIntegerField(min_value=0, required=False)
    reason = StrictCharField(max_length=500, required=False, help_text=_REASON_HELP)
    warehouseId = TypeIdField(Warehouse.prefix, required=False, help_text=_WAREHOUSE_HELP)


class AdjustBody(StrictSerializer):
    """`POST /inventory/adjust`: a signed change."""

    sku = StrictCharField(max_length=128)
    adjustment = StrictIntegerField(
        min_value=-MAXIMUM_QUANTITY,
        max_value=MAXIMUM_QUANTITY,
        help_text="Positive adds stock, negative removes it.",
    )
    reason = StrictCharField(max_length=500, required=False, help_text=_REASON_HELP)
    referenceId = StrictCharField(max_length=120, required=False)
    warehouseId = TypeIdField(Warehouse.prefix, required=False, help_text=_WAREHOUSE_HELP)

    def validate_adjustment(self, value: int) -> int:
        if value == 0:
            raise serializers.ValidationError("An adjustment of 0 changes nothing.", code="zero")
        return value


class BulkRow(StrictSerializer):
    """One SKU's absolute quantity."""

    sku = StrictCharField(max_length=128)
    quantity = AbsoluteQuantityField()
    reorderPoint = StrictIntegerField(min_value=0, required=False)
    reorderQuantity = StrictIntegerField(min_value=0, required=False)
    warehouseId = TypeIdField(Warehouse.prefix, required=False, help_text=_WAREHOUSE_HELP)


class BulkBody(StrictSerializer):
    """`POST /inventory/bulk`: up to 100 SKUs, all or nothing."""

    updates = BulkRow(many=True, allow_empty=False, max_length=BULK_LIMIT)  # type: ignore[call-arg]
    reason = StrictCharField(max_length=500, required=False, help_text=_REASON_HELP)
    warehouseId = TypeIdField(
        Warehouse.prefix, required=False, help_text="For the rows that name no warehouse of their own."
    )
