"""The demonstration's put-away tasks: one that waits to be done, one that is done and one that was called off."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from inventory.adjustments import adjust
from inventory.demo.documented import WAREHOUSE_A, key_of
from inventory.demo.transfers import manager_of
from inventory.ledger import Line, Mode
from inventory.models import ReasonCode, Sku, Source
from inventory.put_away import (
    GoodsToPut,
    PutLine,
    cancel_put_away,
    complete_put_away,
    create_put_away,
)
from warehouses import transactions
from warehouses.access import Access
from warehouses.models import Bin, Organization, RoomType, Warehouse
from warehouses.places import PICK_SEQUENCE_STEP

__all__ = ["RECEIVING_BIN", "TASK", "add_put_away"]

#: What the documentation's examples name: an open task, and the bin that its goods wait in.
TASK: Final = "put_01hx000000e008000000000021"
RECEIVING_BIN: Final = "bin_01hx000000e008000000000022"
_WAITING: Final = 36


def add_put_away(*, organization: Organization, now: datetime) -> None:
    """Bring some units of a documented SKU back to the receiving room, and plan where they go."""
    access = manager_of(organization)
    warehouse = Warehouse.objects.get(pk=key_of(WAREHOUSE_A))
    sku = Sku.objects.get(organization=organization, code="SKU-002")
    shelf = _receiving_bin(warehouse)
    transactions.run(partial(_bring_back, access, warehouse, sku, shelf, now))
    transactions.run(partial(_done, access, warehouse, sku, shelf, now))
    transactions.run(partial(_called_off, access, warehouse, sku, shelf, now))
    transactions.run(
        lambda: create_put_away(
            access=access,
            warehouse=warehouse,
            goods=[GoodsToPut(sku, 12, shelf)],
            reference="GR-2026-0311",
            key=key_of(TASK),
            created_at=now - timedelta(minutes=50),
        )
    )


def _receiving_bin(warehouse: Warehouse) -> Bin:
    room = warehouse.rooms.get(room_type=RoomType.RECEIVING)
    last = room.bins.order_by("-pick_sequence").first()
    return Bin.objects.create(
        id=key_of(RECEIVING_BIN),
        organization_id=warehouse.organization_id,
        warehouse=warehouse,
        room=room,
        code="REC-05",
        barcode="WA-REC-05",
        pick_sequence=last.pick_sequence + PICK_SEQUENCE_STEP // 2 if last is not None else 0,
    )


def _bring_back(access: Access, warehouse: Warehouse, sku: Sku, shelf: Bin, now: datetime) -> None:
    reason = ReasonCode.objects.get(organization=access.organization, code_key="put_away")
    note = "To be relabelled before they go back on the shelf"
    line = Line(
        sku=sku,
        warehouse=warehouse,
        quantity=_WAITING,
        reason=reason,
        mode=Mode.MOVE,
        to_bin=shelf,
        note=note,
    )
    adjust(
        organization=access.organization,
        actor=access.actor,
        source=Source.ADMIN,
        lines=[line],
        note=note,
        recorded_at=now - timedelta(hours=30),
    )


def _done(access: Access, warehouse: Warehouse, sku: Sku, shelf: Bin, now: datetime) -> None:
    task = create_put_away(
        access=access,
        warehouse=warehouse,
        goods=[GoodsToPut(sku, 10, shelf)],
        reference="GR-2026-0308",
        created_at=now - timedelta(hours=29),
    )
    line = task.lines.get()
    complete_put_away(
        access=access,
        task=task,
        lines=[PutLine(line.pk, 8)],
        note="Two have no label yet",
        recorded_at=now - timedelta(hours=28),
    )


def _called_off(access: Access, warehouse: Warehouse, sku: Sku, shelf: Bin, now: datetime) -> None:
    task = create_put_away(
        access=access,
        warehouse=warehouse,
        goods=[GoodsToPut(sku, 4, shelf)],
        created_at=now - timedelta(hours=2),
    )
    cancel_put_away(access=access, task=task, note="Planned twice")
