"""Reservations as they are shown."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from inventory import history
from inventory.api.backoffice.objects import history_objects
from inventory.models import Channel, DocumentType, Reservation, Sku
from warehouses.http.instants import instant, instant_or_none
from warehouses.http.paging import in_order
from warehouses.identifiers import encode
from warehouses.models import Warehouse

__all__ = ["reservation_object", "reservation_objects", "reservation_record", "version_of"]


def reservation_objects(keys: list[UUID]) -> list[dict[str, Any]]:
    """The reservations of `keys` in their order. One query."""
    found = Reservation.objects.filter(pk__in=keys).select_related("sku", "warehouse", "channel")
    return [reservation_object(reservation) for reservation in in_order(keys, found)]


def reservation_object(reservation: Reservation) -> dict[str, Any]:
    """A reservation whose SKU, location and channel are at hand."""
    channel = reservation.channel
    return {
        "id": reservation.public_id,
        "state": reservation.state,
        "sku": reservation.sku.code,
        "skuId": encode(Sku.prefix, reservation.sku_id),
        "title": reservation.sku.title,
        "locationId": encode(Warehouse.prefix, reservation.warehouse_id),
        "locationName": reservation.warehouse.name,
        "channelId": encode(Channel.prefix, channel.pk) if channel is not None else None,
        "channelName": channel.name if channel is not None else None,
        "quantity": reservation.quantity,
        "open": reservation.open,
        "fulfilled": reservation.fulfilled,
        "referenceId": reservation.reference,
        "documentType": reservation.document_type or None,
        "documentId": _document_id(reservation),
        "note": reservation.note or None,
        "expiresAt": instant_or_none(reservation.expires_at),
        "closedAt": instant_or_none(reservation.closed_at),
        "createdBy": reservation.actor_name,
        "createdAt": instant(reservation.created_at),
        "version": reservation.version,
    }


def reservation_record(reservation: Reservation) -> dict[str, Any]:
    """With its history, from the beginning on. One query."""
    changes = history.history_of([reservation])[reservation.pk]
    return {**reservation_object(reservation), "history": history_objects(changes)}


def _document_id(reservation: Reservation) -> str | None:
    if reservation.document_id is None:
        return None
    kind = DocumentType(reservation.document_type)
    return encode(kind.model.prefix, reservation.document_id)


def version_of(reservation: Reservation) -> str:
    return f"{reservation.pk.hex}-{reservation.version}"
