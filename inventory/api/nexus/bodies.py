"""What nexus's writes take."""

from __future__ import annotations

from inventory.api.quantities import AbsoluteQuantityField
from warehouses.http.fields import StrictCharField, StrictSerializer, TypeIdField
from warehouses.models import Warehouse

__all__ = ["BULK_LIMIT", "BulkBody", "SetBody"]

BULK_LIMIT = 500


class SetBody(StrictSerializer):
    """`PUT /api/inventory/:sku`: the stock level of a SKU in one warehouse."""

    warehouse_id = TypeIdField(Warehouse.prefix)
    quantity = AbsoluteQuantityField()
    reason = StrictCharField(
        max_length=40, help_text="A reason code, such as supplier_receipt or cycle_count."
    )
    note = StrictCharField(max_length=500, required=False, allow_blank=True)


class BulkRow(SetBody):
    """One SKU in one warehouse."""

    sku = StrictCharField(max_length=128)


class BulkBody(StrictSerializer):
    """`POST /api/inventory/bulk`: up to 500 updates, all or nothing."""

    updates = BulkRow(many=True, allow_empty=False, max_length=BULK_LIMIT)  # type: ignore[call-arg]
