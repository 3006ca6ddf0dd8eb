"""Goods that are brought to a destruction room, and the record of it: what, how much, by whom and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from inventory import history
from inventory.expiry.lines import (
    WRITE,
    NamedItem,
    WantedUnits,
    find_items,
    lock_items,
    of_each,
    require_free,
)
from inventory.ledger import DocumentRef, Line, Mode, post
from inventory.models import Destruction, DestructionLine, DocumentType, ReasonCode
from inventory.names import not_found
from warehouses.access import Access
from warehouses.identifiers import decode, new_id
from warehouses.models import Bin, Room, RoomType, Warehouse
from warehouses.models.base import OrganizationQuerySet
from warehouses.refusals import Conflict, Problem, RuleBroken

__all__ = ["destroy", "destruction_bins", "find_destruction", "visible_destructions"]


def destroy(
    *,
    access: Access,
    lines: Sequence[WantedUnits],
    reason: str,
    note: str = "",
    bin_id: str | None = None,
    key: UUID | None = None,
    recorded_at: datetime | None = None,
) -> Destruction:
    """Bring units to the destruction room of their location, and record it. They stay in stock until they are written
    off, where no channel is promised them.

    Any goods may be destroyed, expired or not, but none that are on hold. All lines are in one location, so that one
    record tells it all; without a bin it is the first one on the walk through its destruction room. Needs
    `inventory.write` there, and a transaction of the caller's; locks the stock levels. `key` and `recorded_at` are for
    a demonstration, whose documentation names the record.

    Raises Forbidden `PERMISSION_DENIED`, NotFound `INVENTORY_NOT_FOUND`, `BIN_NOT_FOUND`, RuleBroken `DUPLICATE_ROW`,
    `SEVERAL_LOCATIONS`, `NOT_A_DESTRUCTION_BIN`, Conflict `NO_DESTRUCTION_ROOM`, `IN_DESTRUCTION_ROOM`,
    `STOCK_UNAVAILABLE`, and what the ledger raises.
    """
    access.require(WRITE)
    organization = access.organization
    named = find_items(access=access, lines=lines)
    warehouse = _one_location(named)
    target = _target(warehouse, bin_id)
    lock_items(access, named)
    of_each(named, _require_elsewhere)
    units = {each.item.pk: count for each, count in zip(named, of_each(named, require_free), strict=True)}
    document = DocumentRef(DocumentType.DESTRUCTION, key or new_id())
    code = ReasonCode.objects.get(organization=organization, code_key="destruction")
    posting = post(
        organization=organization,
        actor=access.actor,
        document=document,
        recorded_at=recorded_at,
        lines=[
            Line(
                sku=each.item.sku,
                warehouse=warehouse,
                quantity=units[each.item.pk],
                mode=Mode.MOVE,
                reason=code,
                stock_item_id=each.item.pk,
                to_bin=target,
                note=reason,
                index=each.index,
            )
            for each in named
        ],
    )
    destruction = Destruction(
        pk=document.id,
        organization=organization,
        warehouse=warehouse,
        to_bin=target,
        reason=reason,
        note=note,
        actor_type=access.actor.type,
        actor_id=access.actor.id,
        actor_name=access.actor.name,
        created_at=posting.recorded_at,
    )
    destruction.save(force_insert=True)
    DestructionLine.objects.bulk_create(
        DestructionLine(
            destruction=destruction,
            position=position,
            sku=each.item.sku,
            lot=each.item.lot,
            from_bin=each.item.bin,
            quantity=units[each.item.pk],
        )
        for position, each in enumerate(named, start=1)
    )
    history.note(
        organization=organization,
        actor=access.actor,
        subject=destruction,
        action="record",
        to_state="recorded",
        quantity=sum(units.values()),
        at=posting.recorded_at,
        reason=reason,
    )
    return destruction


def visible_destructions(access: Access) -> OrganizationQuerySet[Destruction]:
    """The records of the locations that the caller may read."""
    rows: OrganizationQuerySet[Destruction] = access.narrow(Destruction.objects.all(), "inventory.read")  # type: ignore[assignment]
    return rows


def find_destruction(*, access: Access, public_id: str) -> Destruction:
    """Raises Forbidden `PERMISSION_DENIED`, NotFound `DESTRUCTION_NOT_FOUND`."""
    access.require("inventory.read")
    key = decode(Destruction.prefix, public_id)
    rows = visible_destructions(access).select_related("warehouse", "to_bin")
    found = rows.filter(pk=key).first() if key is not None else None
    if found is None:
        raise not_found("DESTRUCTION_NOT_FOUND", "There is no such record of a destruction.")
    return found


def destruction_bins(warehouse: Warehouse) -> list[Bin]:
    """The bins of its destruction rooms that are in use, in the order of the walk."""
    rooms = Room.objects.filter(warehouse=warehouse, room_type=RoomType.DESTRUCTION)
    return list(Bin.objects.filter(room__in=rooms, is_active=True).order_by("pick_sequence", "code", "pk"))


def _one_location(named: Sequence[NamedItem]) -> Warehouse:
    warehouse: Warehouse = named[0].item.warehouse
    problems = [
        Problem("SEVERAL_LOCATIONS", f"This is not in {warehouse.name}.", each.index, "stock_item")
        for each in named
        if each.item.warehouse_id != warehouse.pk
    ]
    if problems:
        raise RuleBroken(
            "SEVERAL_LOCATIONS",
            "A record is about one location: send one request for each.",
            problems=problems,
        )
    return warehouse


def _target(warehouse: Warehouse, public_id: str | None) -> Bin:
    if public_id is None:
        bins = destruction_bins(warehouse)
        if not bins:
            raise Conflict(
                "NO_DESTRUCTION_ROOM", f"{warehouse.name} has no room for destruction with a bin in use."
            )
        return bins[0]
    key = decode(Bin.prefix, public_id)
    found = Bin.objects.select_related("room").filter(warehouse=warehouse, pk=key).first() if key else None
    if found is None:
        raise not_found("BIN_NOT_FOUND", f"{warehouse.name} has no such bin.", field="bin")
    if found.room.room_type != RoomType.DESTRUCTION:
        detail = f"The bin {found.code} is not in a room for destruction."
        raise RuleBroken(
            "NOT_A_DESTRUCTION_BIN", detail, problems=[Problem("NOT_A_DESTRUCTION_BIN", detail, field="bin")]
        )
    return found


def _require_elsewhere(each: NamedItem) -> None:
    if each.item.bin.room.room_type == RoomType.DESTRUCTION:
        detail = f"{each.item.sku.code} in bin {each.item.bin.code} is in a destruction room already."
        raise Conflict(
            "IN_DESTRUCTION_ROOM",
            detail,
            problems=[Problem("IN_DESTRUCTION_ROOM", detail, each.index, "stock_item")],
        )
