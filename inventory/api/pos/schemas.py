"""What the pos contract answers, for its document; `items` and `runs` build it, and a test holds them together."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from inventory.models import SyncState, SyncType
from warehouses.models import RoomType

__all__ = ["BulkResult", "InventoryItem", "InventoryPage", "SnapshotPage", "SyncRun", "SyncRunWithProblems"]


class ItemAt(serializers.Serializer[Any]):
    """One SKU in one bin, of one lot or of none, as it was."""

    id = serializers.CharField(help_text="The item's id.")
    product_id = serializers.CharField(help_text="The product's id.")
    product_name = serializers.CharField(help_text="What is sold, with its variant: the SKU's title.")
    sku = serializers.CharField(help_text="The SKU's code.")
    location_id = serializers.CharField(help_text="The location's id.")
    room_type = serializers.ChoiceField(
        choices=RoomType.values, help_text="What the room is for that the item stands in."
    )
    quantity = serializers.IntegerField(min_value=0, help_text="Units that are physically there.")


class InventoryItem(ItemAt):
    """One SKU in one bin, of one lot or of none."""

    reserved_quantity = serializers.IntegerField(
        min_value=0,
        help_text="Units reserved for orders. Orders reserve at the location: this is the item's share, in the order "
        "in which stock is picked (first expired, first out).",
    )
    available_quantity = serializers.IntegerField(
        help_text="Units that may still be promised: quantity - reserved_quantity, less what is on hold. Negative when "
        "more is promised than is there."
    )
    unit_cost = serializers.FloatField(
        allow_null=True,
        min_value=0,
        help_text="What a unit costs, in the organization's currency, with two decimals; null if it is not known.",
    )
    unit_price = serializers.FloatField(
        allow_null=True,
        min_value=0,
        help_text="What a unit sells for, in the organization's currency, with two decimals; null if it is not known.",
    )
    last_sync = serializers.DateTimeField(
        allow_null=True,
        help_text="ISO 8601 timestamp of the location's last successful sync with its point-of-sale system; null if "
        "there was none.",
    )


class Pagination(serializers.Serializer[Any]):
    page = serializers.IntegerField(min_value=1, help_text="The number of this page.")
    limit = serializers.IntegerField(min_value=1, help_text="Items per page.")
    total = serializers.IntegerField(min_value=0, help_text="Items on all pages.")


class InventoryPage(serializers.Serializer[Any]):
    """A page of items, the oldest first: one that is new comes last, and moves no other to another page."""

    data = InventoryItem(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()


class BulkResult(serializers.Serializer[Any]):
    """The items as they are now, each once, in the order in which the request names them first."""

    data = InventoryItem(many=True)  # type: ignore[assignment]  # DRF takes fields off the class


class SnapshotPage(serializers.Serializer[Any]):
    """A page of the items that there were, the oldest first."""

    data = ItemAt(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    as_of = serializers.DateTimeField(
        help_text="The instant that was read, to the microsecond. Give it as `date` to read the same state again, as "
        "for the next page of the present."
    )
    pagination = Pagination()


class SyncRun(serializers.Serializer[Any]):
    """A sync of a location with its point-of-sale system."""

    id = serializers.CharField(help_text="The sync's id.")
    location_id = serializers.CharField(help_text="The location's id.")
    sync_type = serializers.ChoiceField(
        choices=SyncType.values,
        help_text="`full`: absolute quantities; `incremental`: changes; `retry`: refused rows of another sync again.",
    )
    status = serializers.ChoiceField(
        choices=SyncState.values,
        help_text="`completed` and `failed` are final; rows may be refused in either.",
    )
    rows_read = serializers.IntegerField(min_value=0, help_text="Rows read so far.")
    rows_changed = serializers.IntegerField(min_value=0, help_text="Of them, rows that changed stock.")
    rows_unchanged = serializers.IntegerField(
        min_value=0, help_text="Of them, rows that said what was known."
    )
    rows_repeated = serializers.IntegerField(min_value=0, help_text="Of them, rows that had counted before.")
    rows_refused = serializers.IntegerField(min_value=0, help_text="Of them, rows that were not taken over.")
    error = serializers.CharField(allow_null=True, help_text="Why the sync failed; null if it has not.")
    created_at = serializers.DateTimeField(help_text="ISO 8601 timestamp of the request.")
    started_at = serializers.DateTimeField(
        allow_null=True, help_text="When work on it began; null before that."
    )
    finished_at = serializers.DateTimeField(allow_null=True, help_text="When it was over; null before that.")


class RefusedRow(serializers.Serializer[Any]):
    """A row that was not taken over."""

    row = serializers.IntegerField(min_value=0, help_text="Its number, from 1 over the whole sync.")
    code = serializers.CharField(help_text="Why, for programs.")
    detail = serializers.CharField(help_text="Why, for people.")


class SyncRunWithProblems(SyncRun):
    """A sync, with the first hundred of its refused rows."""

    problems = RefusedRow(many=True)
