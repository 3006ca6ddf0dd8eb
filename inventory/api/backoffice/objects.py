"""What several parts of the backoffice contract show alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from rest_framework import serializers

from inventory.models import StateChange
from warehouses.http.instants import instant

__all__ = ["PAGINATION", "HistoryRow", "Pagination", "history_objects"]

#: The paging of an example with one row.
PAGINATION: Final = {"page": 1, "limit": 50, "total": 1, "totalPages": 1}


class Pagination(serializers.Serializer[Any]):
    page = serializers.IntegerField(min_value=1, help_text="The number of this page.")
    limit = serializers.IntegerField(min_value=1, help_text="How many a page has.")
    total = serializers.IntegerField(min_value=0, help_text="How many there are.")
    totalPages = serializers.IntegerField(min_value=0, help_text="How many pages there are.")


class HistoryRow(serializers.Serializer[Any]):
    """One thing that was done."""

    action = serializers.CharField(help_text="What was done.")
    fromState = serializers.CharField(allow_null=True, help_text="The state before; null for the beginning.")
    toState = serializers.CharField(help_text="The state after.")
    quantity = serializers.IntegerField(allow_null=True, help_text="How many units it was about.")
    note = serializers.CharField(allow_null=True, help_text="Why, if somebody said.")
    by = serializers.CharField(help_text="Who did it.")
    at = serializers.DateTimeField(help_text="When.")


def history_objects(changes: Iterable[StateChange]) -> list[dict[str, Any]]:
    return [
        {
            "action": change.action,
            "fromState": change.from_state or None,
            "toState": change.to_state,
            "quantity": change.quantity,
            "note": change.note or None,
            "by": change.actor_name,
            "at": instant(change.created_at),
        }
        for change in changes
    ]
