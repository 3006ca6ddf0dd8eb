"""Locations, rooms and bins as they are shown, and the versions that their entity tags name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, Sum

from inventory.models import StockItem
from warehouses.http.instants import instant
from warehouses.http.paging import in_order
from warehouses.http.rendering import json_bytes
from warehouses.identifiers import encode
from warehouses.models import Bin, Organization, Room, Warehouse

__all__ = [
    "bin_objects",
    "bin_version",
    "location_objects",
    "location_version",
    "room_objects",
    "room_version",
]


def location_objects(organization: Organization, keys: Sequence[UUID]) -> list[dict[str, Any]]:
    """The locations of `keys` in their order. Three queries."""
    found = Warehouse.objects.filter(pk__in=keys)
    rooms = _counts(Room.objects.filter(warehouse__in=keys).order_by().values_list("warehouse"))
    bins = _counts(Bin.objects.filter(warehouse__in=keys).order_by().values_list("warehouse"))
    return [
        {
            "id": place.public_id,
            "name": place.name,
            "type": place.type,
            "marketplace": place.marketplace or None,
            "address": place.address or None,
            "isActive": place.is_active,
            "isReadonly": place.is_readonly,
            "isDefault": place.pk == organization.default_warehouse_id,
            "roomCount": rooms.get(place.pk, 0),
            "binCount": bins.get(place.pk, 0),
            "createdAt": instant(place.created_at),
        }
        for place in in_order(keys, found)
    ]


def room_objects(keys: Sequence[UUID]) -> list[dict[str, Any]]:
    """The rooms of `keys` in their order. One query."""
    found: Iterable[Any] = Room.objects.filter(pk__in=keys).annotate(bins_held=Count("bins"))
    return [
        {
            "id": room.public_id,
            "locationId": encode(Warehouse.prefix, room.warehouse_id),
            "name": room.name,
            "roomType": room.room_type,
            "isSellable": room.is_sellable,
            "isDefault": room.is_default,
            "binCount": room.bins_held,
        }
        for room in in_order(keys, found)
    ]


def bin_objects(keys: Sequence[UUID]) -> list[dict[str, Any]]:
    """The bins of `keys` in their order, with what is in them. Two queries."""
    found = Bin.objects.filter(pk__in=keys).select_related("room")
    stocked = StockItem.objects.filter(bin__in=keys, on_hand__gt=0).order_by().values_list("bin")
    contents = {
        key: (units, skus)
        for key, units, skus in stocked.annotate(units=Sum("on_hand"), skus=Count("sku", distinct=True))
    }
    shown = []
    for shelf in in_order(keys, found):
        units, skus = contents.get(shelf.pk, (0, 0))
        shown.append(
            {
                "id": shelf.public_id,
                "locationId": encode(Warehouse.prefix, shelf.warehouse_id),
                "roomId": encode(Room.prefix, shelf.room_id),
                "roomName": shelf.room.name,
                "roomType": shelf.room.room_type,
                "code": shelf.code,
                "barcode": shelf.barcode or None,
                "pickSequence": shelf.pick_sequence,
                "capacity": shelf.capacity,
                "isActive": shelf.is_active,
                "isDefault": shelf.is_default,
                "units": units,
                "skuCount": skus,
                "free": None if shelf.capacity is None else max(shelf.capacity - units, 0),
            }
        )
    return shown


def location_version(place: Warehouse) -> str:
    return _version(
        place.pk,
        place.name,
        place.type,
        place.marketplace,
        place.address,
        place.is_active,
        place.is_readonly,
    )


def room_version(room: Room) -> str:
    return _version(room.pk, room.name, room.room_type, room.is_sellable)


def bin_version(shelf: Bin) -> str:
    """Moves with what people set, not with what is put into the bin."""
    return _version(
        shelf.pk,
        str(shelf.room_id),
        shelf.code,
        shelf.barcode,
        shelf.pick_sequence,
        shelf.capacity,
        shelf.is_active,
    )


def _version(key: UUID, *columns: Any) -> str:
    return f"{key.hex}-{hashlib.blake2s(json_bytes(columns), digest_size=6).hexdigest()}"


def _counts(grouped: Any) -> dict[UUID, int]:
    return dict(grouped.annotate(count=Count("pk")))
