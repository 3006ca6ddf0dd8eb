"""What a transfer tells its subscribers: `transfer.shipped` and, at each receipt, `transfer.received`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from inventory.models import EventType, Transfer, TransferLine
from inventory.outbox import Draft, announce
from warehouses.actors import Actor
from warehouses.models import Organization

__all__ = ["announce_transfer"]

#: A body stays well below the 20 kB that receivers of webhooks count on.
_MOST_LINES: Final = 35


def announce_transfer(
    kind: EventType,
    transfer: Transfer,
    lines: Sequence[TransferLine],
    *,
    organization: Organization,
    actor: Actor,
    note: str,
    at: datetime,
) -> None:
    """Write the event of what has just been done: `lines` are those that it was about, as they are now, with SKUs.

    One event, for endpoints that hear of the source, of the destination or of both.
    """
    told: dict[str, Any] = {
        "transfer_id": transfer.public_id,
        "state": transfer.state,
        "version": transfer.version,
        "from_warehouse_id": transfer.from_warehouse.public_id,
        "from_warehouse_name": transfer.from_warehouse.name,
        "to_warehouse_id": transfer.to_warehouse.public_id,
        "to_warehouse_name": transfer.to_warehouse.name,
        "reference": transfer.reference or None,
        "note": note or None,
        "actor": actor.name,
        "lines": [_line(line) for line in lines[:_MOST_LINES]],
        "lines_omitted": max(len(lines) - _MOST_LINES, 0),
    }
    draft = Draft(kind, transfer.from_warehouse_id, told, other_warehouse_id=transfer.to_warehouse_id)
    announce(organization=organization, drafts=[draft], occurred_at=at)


def _line(line: TransferLine) -> dict[str, Any]:
    return {
        "id": line.public_id,
        "sku": line.sku.code,
        "quantity": line.quantity,
        "shipped": line.shipped,
        "received": line.received,
        "surplus": line.surplus,
        "written_off": line.written_off,
        "in_transit": line.in_transit,
    }
