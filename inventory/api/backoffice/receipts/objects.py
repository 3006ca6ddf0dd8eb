"""A receipt as it is shown."""

from __future__ import annotations

from typing import Any

from inventory import formulas
from inventory.receipts import Receipt, Received
from warehouses.http.instants import instant

__all__ = ["receipt_object", "version_of"]


def receipt_object(receipt: Receipt) -> dict[str, Any]:
    adjustment = receipt.adjustment
    return {
        "id": adjustment.public_id,
        "kind": adjustment.kind,
        "reasonCode": adjustment.reason_code.code if adjustment.reason_code else None,
        "locationId": receipt.warehouse.public_id,
        "locationName": receipt.warehouse.name,
        "referenceId": adjustment.reference or None,
        "note": adjustment.note or None,
        "lines": [_line(received) for received in receipt.lines],
        "createdBy": adjustment.actor_name,
        "createdAt": instant(adjustment.created_at),
    }


def version_of(receipt: Receipt) -> str:
    """That of the adjustment, which has only just been posted: its reversal takes this as If-Match."""
    return f"{receipt.adjustment.pk.hex}-1"


def _line(received: Received) -> dict[str, Any]:
    line, item, level, order = received.line, received.item, received.level, received.replenishment
    return {
        "sku": line.sku.code,
        "skuId": line.sku.public_id,
        "title": line.sku.title,
        "quantity": line.quantity,
        "stockItemId": item.public_id,
        "binId": item.bin.public_id,
        "binCode": item.bin.code,
        "lotId": item.lot.public_id if item.lot else None,
        "lotCode": item.lot.code if item.lot else None,
        "expiresOn": item.lot.expires_on.isoformat() if item.lot and item.lot.expires_on else None,
        "onHand": item.on_hand,
        "locationOnHand": level.on_hand,
        "locationAvailable": formulas.available(
            on_hand=level.on_hand, reserved=level.reserved, held=level.held
        ),
        "replenishmentId": order.public_id if order else None,
        "replenishmentState": order.state if order else None,
        "warnings": [caution.value for caution in received.warnings],
    }
