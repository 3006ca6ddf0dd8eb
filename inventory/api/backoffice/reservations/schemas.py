"""What the reservation routes answer, for the document; a test holds it and `objects` together."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from inventory.api.backoffice.objects import HistoryRow, Pagination
from inventory.models import DocumentType, ReservationState

__all__ = ["ReservationPage", "ReservationRecord", "ReservationRow"]


class ReservationRow(serializers.Serializer[Any]):
    """Units of one SKU in one location that are promised to somebody."""

    id = serializers.CharField(help_text="The reservation's id.")
    state = serializers.ChoiceField(
        choices=ReservationState.choices,
        help_text="`active` until nothing of it is open; then what its last act was.",
    )
    sku = serializers.CharField(help_text="The SKU's code.")
    skuId = serializers.CharField(help_text="The SKU's id.")
    title = serializers.CharField(help_text="The SKU's title.")
    locationId = serializers.CharField(help_text="The location's id.")
    locationName = serializers.CharField(help_text="The location's name.")
    channelId = serializers.CharField(allow_null=True, help_text="The channel that sells the units.")
    channelName = serializers.CharField(allow_null=True, help_text="The channel's name.")
    quantity = serializers.IntegerField(min_value=1, help_text="How many units were promised.")
    open = serializers.IntegerField(min_value=0, help_text="How many still are.")
    fulfilled = serializers.IntegerField(min_value=0, help_text="How many have left.")
    referenceId = serializers.CharField(help_text="What they are reserved for.")
    documentType = serializers.ChoiceField(
        choices=DocumentType.choices,
        allow_null=True,
        help_text="The kind of document that has reserved them; null: they were reserved by themselves.",
    )
    documentId = serializers.CharField(
        allow_null=True,
        help_text="The document that has reserved them. It is changed by what is done with that, and by nothing else.",
    )
    note = serializers.CharField(allow_null=True, help_text="A remark.")
    expiresAt = serializers.DateTimeField(
        allow_null=True,
        help_text="The instant from which it does not count; null: it does not end by itself.",
    )
    closedAt = serializers.DateTimeField(allow_null=True, help_text="Since when nothing of it is open.")
    createdBy = serializers.CharField(help_text="Who made it.")
    createdAt = serializers.DateTimeField(help_text="When it was made.")
    version = serializers.IntegerField(min_value=1, help_text="Grows with everything that is done with it.")


class ReservationRecord(ReservationRow):
    """A reservation with its history."""

    history = HistoryRow(many=True, help_text="What was done with it, from the beginning on.")


class ReservationPage(serializers.Serializer[Any]):
    """A page of reservations, the newest first."""

    data = ReservationRow(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()
