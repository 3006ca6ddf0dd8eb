"""Transfers as they are shown.

The name of the other location is part of the document; what lies where in it is not. A bin is therefore shown only to
those who see its end of the transfer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Sum

from inventory import transfers
from inventory.api.backoffice.objects import history_objects
from inventory.history import history_of
from inventory.models import Lot, Transfer, TransferLine, TransferPick
from inventory.transfers.bins import BinContents
from warehouses.access import Access
from warehouses.http.instants import instant, instant_or_none
from warehouses.http.paging import in_order
from warehouses.models import Bin, Warehouse

__all__ = ["bin_object", "transfer_object", "transfer_rows", "version_of"]


@dataclass(slots=True)
class _Sums:
    lines: int = 0
    quantity: int = 0
    shipped: int = 0
    received: int = 0
    surplus: int = 0
    written_off: int = 0

    def shown(self) -> dict[str, int]:
        return {
            "lineCount": self.lines,
            "quantity": self.quantity,
            "shipped": self.shipped,
            "received": self.received,
            "surplus": self.surplus,
            "writtenOff": self.written_off,
            "inTransit": self.shipped - (self.received - self.surplus) - self.written_off,
        }


def version_of(transfer: Transfer) -> str:
    return f"{transfer.pk.hex}-{transfer.version}"


def transfer_rows(keys: list[UUID]) -> list[dict[str, Any]]:
    """The transfers of `keys` in their order, without their lines. Two queries."""
    found = Transfer.objects.filter(pk__in=keys).select_related("from_warehouse", "to_warehouse")
    names = ("quantity", "shipped", "received", "surplus", "written_off")
    rows: Iterable[Any] = (
        TransferLine.objects.order_by()
        .filter(transfer__in=keys)
        .values_list("transfer")
        .annotate(Count("pk"), *(Sum(name) for name in names))
    )
    sums = {key: _Sums(*values) for key, *values in rows}
    return [_row(transfer, sums.get(transfer.pk, _Sums())) for transfer in in_order(keys, found)]


def transfer_object(access: Access, transfer: Transfer) -> dict[str, Any]:
    """A transfer with its lines and history, whose locations are at hand. Three queries."""
    lines = list(transfer.lines.select_related("sku", "lot", "from_bin", "to_bin").order_by("position"))
    picks: dict[UUID, list[TransferPick]] = defaultdict(list)
    for pick in TransferPick.objects.filter(line__transfer=transfer).select_related("lot").order_by("pk"):
        picks[pick.line_id].append(pick)
    sums = _Sums(len(lines))
    for line in lines:
        sums.quantity += line.quantity
        sums.shipped += line.shipped
        sums.received += line.received
        sums.surplus += line.surplus
        sums.written_off += line.written_off
    sees_source = _sees(access, transfer.from_warehouse_id)
    sees_destination = _sees(access, transfer.to_warehouse_id)
    actions = transfers.ALLOWED[transfer.state]
    return {
        **_row(transfer, sums),
        "allowedActions": [name for name in actions if transfers.may_act(access, transfer, name)],
        "lines": [
            {
                "id": line.public_id,
                "sku": line.sku.code,
                "skuId": line.sku.public_id,
                "title": line.sku.title,
                **_lot(line.lot),
                **_bin("fromBin", line.from_bin if sees_source else None),
                **_bin("toBin", line.to_bin if sees_destination else None),
                "quantity": line.quantity,
                "shipped": line.shipped,
                "received": line.received,
                "surplus": line.surplus,
                "writtenOff": line.written_off,
                "inTransit": line.in_transit,
                "shortageReason": line.shortage_reason or None,
                "lots": _lots(picks[line.pk]),
            }
            for line in lines
        ],
        "history": history_objects(history_of([transfer])[transfer.pk]),
    }


def bin_object(contents: BinContents, *, is_of_sku: bool) -> dict[str, Any]:
    """A bin with what is in it; what concerns the SKU is null where none was asked about."""
    shelf = contents.bin
    return {
        "binId": shelf.public_id,
        "binCode": shelf.code,
        "roomId": shelf.room.public_id,
        "roomName": shelf.room.name,
        "roomType": shelf.room.room_type,
        "isSellable": shelf.room.is_sellable,
        "isDefault": shelf.is_default,
        "isActive": shelf.is_active,
        "pickSequence": shelf.pick_sequence,
        "capacity": shelf.capacity,
        "used": contents.used,
        "free": contents.free,
        "holdsSku": bool(contents.lots) if is_of_sku else None,
        "stock": [
            {
                "stockItemId": each.item.public_id,
                **_lot(each.lot),
                "expiresOn": each.lot.expires_on.isoformat() if each.lot and each.lot.expires_on else None,
                "onHand": each.item.on_hand,
                "held": each.item.held,
                "movable": each.movable,
            }
            for each in contents.lots
        ]
        if is_of_sku
        else None,
    }


def _row(transfer: Transfer, sums: _Sums) -> dict[str, Any]:
    source: Warehouse = transfer.from_warehouse
    destination: Warehouse = transfer.to_warehouse
    return {
        "id": transfer.public_id,
        "state": transfer.state,
        "fromLocationId": source.public_id,
        "fromLocationName": source.name,
        "toLocationId": destination.public_id,
        "toLocationName": destination.name,
        "referenceId": transfer.reference or None,
        "note": transfer.note or None,
        "expectedOn": transfer.expected_on.isoformat() if transfer.expected_on else None,
        **sums.shown(),
        "createdBy": transfer.actor_name,
        "createdAt": instant(transfer.created_at),
        "shippedAt": instant_or_none(transfer.shipped_at),
        "closedAt": instant_or_none(transfer.closed_at),
        "version": transfer.version,
    }


def _sees(access: Access, warehouse_id: UUID) -> bool:
    return access.covers(transfers.READ, warehouse_id) or access.covers(transfers.WRITE, warehouse_id)


def _lot(lot: Lot | None) -> dict[str, Any]:
    return {"lotId": lot.public_id if lot else None, "lotCode": lot.code if lot else None}


def _bin(name: str, shelf: Bin | None) -> dict[str, Any]:
    return {f"{name}Id": shelf.public_id if shelf else None, f"{name}Code": shelf.code if shelf else None}


def _lots(picks: Sequence[TransferPick]) -> list[dict[str, Any]]:
    """What was shipped, lot by lot, in the order in which it was picked."""
    found: dict[UUID | None, dict[str, Any]] = {}
    for pick in picks:
        told = found.setdefault(
            pick.lot_id,
            {
                **_lot(pick.lot),
                "expiresOn": pick.lot.expires_on.isoformat() if pick.lot and pick.lot.expires_on else None,
                "shipped": 0,
                "inTransit": 0,
            },
        )
        told["shipped"] += pick.quantity
        told["inTransit"] += pick.quantity - pick.settled
    return list(found.values())
