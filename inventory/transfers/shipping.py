"""Shipping: the goods leave the source, lot by lot, and are in transit from then on."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from django.db.models import F

from inventory import history, statements
from inventory.ledger import DocumentRef, Line, Posting, post
from inventory.models import DocumentType, EventType, ReasonCode, Transfer, TransferPick, TransferState
from inventory.reservations import Taking, as_unavailable
from inventory.resolution import require_open
from inventory.transfers.documents import authorized_at
from inventory.transfers.events import announce_transfer
from inventory.transfers.states import Condition, seize
from warehouses.access import Access
from warehouses.refusals import Refusal, readdressed

__all__ = ["ship_transfer", "transfer_reason"]


def ship_transfer(
    *,
    access: Access,
    transfer: Transfer,
    note: str = "",
    condition: Condition | None = None,
    taking: Taking | None = None,
    recorded_at: datetime | None = None,
) -> Transfer:
    """Take everything that the draft asks for out of the source: all of it or nothing.

    What a line leaves open, lot or bin, is picked FEFO; only what is available leaves. What was taken is written down
    item by item, so that each lot arrives as itself. With a `taking` the goods are those that were reserved for its
    document, whose reservations end with the same posting: of each SKU as many as it takes. Needs `transfers.write`
    at the source, and a transaction of the caller's. Locks the transfer, then posts. `recorded_at` is the clock, for
    seeded demonstrations.

    Raises Conflict `STOCK_UNAVAILABLE` with `available`, `INVALID_TRANSITION`, `WAREHOUSE_INACTIVE`, Forbidden
    `PERMISSION_DENIED`, `READONLY_WAREHOUSE` (either end: what leaves has to be able to arrive), NotFound
    `TRANSFER_NOT_FOUND`, and what `condition` raises.
    """
    locked = seize(
        transfer, action="ship", authorize=authorized_at(access, "from_warehouse"), condition=condition
    )
    require_open(locked.to_warehouse)
    lines = list(locked.lines.select_related("sku", "lot", "from_bin").order_by("position"))
    reason = transfer_reason(locked)
    wanted = [
        Line(
            sku=line.sku,
            warehouse=locked.from_warehouse,
            quantity=-line.quantity,
            reason=reason,
            bin=line.from_bin,
            lot=line.lot,
            note=note,
            reference=locked.reference,
            is_promised=taking is not None,
            index=place,
        )
        for place, line in enumerate(lines)
    ]
    try:
        posting = post(
            organization=access.organization,
            actor=access.actor,
            lines=[*wanted, *taking.lines] if taking is not None else wanted,
            document=DocumentRef(DocumentType.TRANSFER, locked.pk),
            recorded_at=recorded_at,
        )
    except Refusal as refusal:
        # Where the request names no lines, the problems are the transfer's as a whole.
        rows = taking.rows if taking is not None else [None] * len(wanted)
        raise readdressed(as_unavailable(refusal), rows) from refusal
    if taking is not None:
        taking.settle(posting)
    _write_picks(posting, [line.pk for line in lines])
    locked.lines.update(shipped=F("quantity"))
    for line in lines:
        line.shipped = line.quantity
    locked.state = TransferState.IN_TRANSIT
    locked.version += 1
    locked.shipped_at = posting.recorded_at
    locked.save(update_fields=["state", "version", "shipped_at"])
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=locked,
        action="ship",
        from_state=TransferState.DRAFT,
        to_state=TransferState.IN_TRANSIT,
        at=posting.recorded_at,
        quantity=sum(line.quantity for line in lines),
        reason=note,
    )
    announce_transfer(
        EventType.TRANSFER_SHIPPED,
        locked,
        lines,
        organization=access.organization,
        actor=access.actor,
        note=note,
        at=posting.recorded_at,
    )
    return locked


def transfer_reason(transfer: Transfer) -> ReasonCode:
    """The reason code of both legs."""
    return ReasonCode.objects.get(organization=transfer.organization_id, code_key="transfer")


def _write_picks(posting: Posting, line_ids: list[UUID]) -> None:
    taken: dict[tuple[int, UUID], int] = defaultdict(int)
    lots: dict[UUID, UUID | None] = {}
    for change in posting.changes:
        taken[change.line, change.item.id] -= change.delta
        lots[change.item.id] = change.item.lot_id
    statements.insert(
        TransferPick,
        ("line", "stock_item", "lot", "quantity", "settled"),
        [
            (line_ids[place], item_id, lots[item_id], quantity, 0)
            for (place, item_id), quantity in taken.items()
        ],
    )
