"""Bins: the positions in a room where stock lies, in the order in which pickers walk past them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from warehouses import transactions
from warehouses.actors import Actor
from warehouses.models import Bin, Organization, Room
from warehouses.places.closing import ask_guards
from warehouses.places.new_bins import NewBin, create_bins
from warehouses.places.rows import apply, check_owner, delete, finish, locked, save, tell
from warehouses.refusals import Conflict, Problem, RuleBroken

if TYPE_CHECKING:
    from typing import Unpack

__all__ = [
    "BinChanges",
    "activate_bin",
    "create_bin",
    "deactivate_bin",
    "delete_bin",
    "update_bin",
]


class BinChanges(TypedDict, total=False):
    room: Room
    code: str
    barcode: str
    pick_sequence: int
    capacity: int | None


def create_bin(
    *,
    organization: Organization,
    actor: Actor,
    room: Room,
    code: str,
    barcode: str = "",
    pick_sequence: int | None = None,
    capacity: int | None = None,
) -> Bin:
    """A bin in `room`; without a pick sequence it is the last of its warehouse's walk.

    Raises InvalidInput `INVALID_INPUT`, Conflict `CODE_TAKEN` and `BARCODE_TAKEN`, NotFound.
    """
    check_owner(organization, room)
    new = NewBin(room, code, barcode, pick_sequence, capacity)
    (shelf,) = create_bins(organization=organization, actor=actor, warehouse=room.warehouse, bins=[new])
    return shelf


def update_bin(*, organization: Organization, actor: Actor, shelf: Bin, **changes: Unpack[BinChanges]) -> Bin:
    """Change what is given; another room of the same warehouse takes the bin with the stock in it.

    Raises RuleBroken `ROOM_IN_ANOTHER_WAREHOUSE`, InvalidInput `INVALID_INPUT`, Conflict `CODE_TAKEN` and
    `BARCODE_TAKEN`, NotFound.
    """
    room = changes.get("room")
    if room is not None:
        check_owner(organization, room)

    def work() -> Bin:
        current = locked(Bin.objects.select_related("warehouse", "room"), organization, shelf)
        if room is not None and room.warehouse_id != current.warehouse_id:
            detail = f"{room} is not a room of {current.warehouse}; move the stock, not the bin."
            raise RuleBroken(
                "ROOM_IN_ANOTHER_WAREHOUSE",
                detail,
                problems=[Problem("ROOM_IN_ANOTHER_WAREHOUSE", detail, field="room")],
            )
        apply(current, changes)
        save(current)
        return current

    return finish("bin.updated", actor, shelf, transactions.run(work))


def activate_bin(*, organization: Organization, actor: Actor, shelf: Bin) -> Bin:
    def work() -> Bin:
        current = locked(Bin.objects.select_related("warehouse", "room"), organization, shelf)
        current.is_active = True
        current.save(update_fields=["is_active"])
        return current

    return finish("bin.activated", actor, shelf, transactions.run(work))


def deactivate_bin(*, organization: Organization, actor: Actor, shelf: Bin) -> Bin:
    """Close an empty bin. Raises Conflict `BIN_IS_DEFAULT`, `BIN_HAS_STOCK`."""

    def work() -> Bin:
        current = locked(Bin.objects.select_related("warehouse", "room"), organization, shelf)
        _check_not_default(current, "deactivated")
        ask_guards(current, "BIN_HAS_STOCK", "deactivated")
        current.is_active = False
        current.save(update_fields=["is_active"])
        return current

    return finish("bin.deactivated", actor, shelf, transactions.run(work))


def delete_bin(*, organization: Organization, actor: Actor, shelf: Bin) -> None:
    """Remove a bin that never had stock. Raises Conflict `BIN_IS_DEFAULT`, `BIN_HAS_STOCK`, `BIN_HAS_HISTORY`."""

    def work() -> None:
        current = locked(Bin.objects.select_related("warehouse", "room"), organization, shelf)
        _check_not_default(current, "deleted")
        ask_guards(current, "BIN_HAS_STOCK", "deleted")
        delete(
            [],
            current,
            Conflict(
                "BIN_HAS_HISTORY", f"“{current}” has history, so it cannot be deleted: deactivate it instead."
            ),
        )

    transactions.run(work)
    tell("bin.deleted", actor, shelf)


def _check_not_default(shelf: Bin, done: str) -> None:
    if shelf.is_default:
        raise Conflict(
            "BIN_IS_DEFAULT",
            f"“{shelf}” is the default bin of {shelf.warehouse}, so it cannot be {done}.",
        )
