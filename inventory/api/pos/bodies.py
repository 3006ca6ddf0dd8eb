"""What the pos contract's writes take."""

from __future__ import annotations

from typing import Final

from rest_framework import serializers

from inventory.api.quantities import QuantityChangeField
from inventory.models import StockItem, SyncType
from warehouses.http.fields import StrictCharField, StrictSerializer, TypeIdField
from warehouses.models import Warehouse

__all__ = ["BULK_LIMIT", "BulkBody", "ChangeBody", "SyncBody"]

BULK_LIMIT: Final = 500


class ChangeBody(StrictSerializer):
    """`PATCH /inventory/{id}`: a signed change of one item, with its reason."""

    quantity_change = QuantityChangeField()
    reason_code = StrictCharField(
        max_length=40, help_text="A reason code of the organization, such as SALE, without regard to case."
    )
    notes = StrictCharField(max_length=500, required=False, allow_blank=True)


class BulkRow(ChangeBody):
    """A signed change of one item."""

    # Before the inherited fields: as the contract documents a row.
    id = TypeIdField(StockItem.prefix)


class BulkBody(StrictSerializer):
    """`POST /inventory/bulk-update`: up to 500 changes, all or nothing."""

    updates = BulkRow(many=True, allow_empty=False, max_length=BULK_LIMIT)  # type: ignore[call-arg]


class SyncBody(StrictSerializer):
    """`POST /inventory/sync`: which location, and whether all of its stock or what has changed there."""

    location_id = TypeIdField(Warehouse.prefix)
    sync_type = serializers.ChoiceField(
        choices=[SyncType.FULL.value, SyncType.INCREMENTAL.value],
        help_text="`full` takes the absolute quantities over, `incremental` the changes since the last sync.",
    )
