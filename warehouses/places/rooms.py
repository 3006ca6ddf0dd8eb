"""Rooms: parts of a warehouse, of a type that says whether what lies there is for sale."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from warehouses import transactions
from warehouses.actors import Actor
from warehouses.models import Bin, Organization, Room, Warehouse
from warehouses.models.room import SELLABLE_BY_DEFAULT, RoomType
from warehouses.places.closing import ask_guards
from warehouses.places.rows import apply, check_owner, delete, finish, locked, save, tell
from warehouses.refusals import Conflict

if TYPE_CHECKING:
    from typing import Unpack

__all__ = ["RoomChanges", "create_room", "delete_room", "update_room"]


class RoomChanges(TypedDict, total=False):
    name: str
    room_type: str
    is_sellable: bool


def create_room(
    *,
    organization: Organization,
    actor: Actor,
    warehouse: Warehouse,
    name: str,
    room_type: str = RoomType.STORAGE,
    is_sellable: bool | None = None,
) -> Room:
    """A room; sellable as its type usually is, unless said otherwise.

    Raises InvalidInput `INVALID_INPUT`, Conflict `NAME_TAKEN`, NotFound.
    """
    check_owner(organization, warehouse)
    room = Room(
        organization=organization,
        warehouse=warehouse,
        name=name.strip(),
        room_type=room_type,
        is_sellable=room_type in SELLABLE_BY_DEFAULT if is_sellable is None else is_sellable,
    )
    transactions.run(lambda: save(room))
    tell("room.created", actor, room)
    return room


def update_room(
    *, organization: Organization, actor: Actor, room: Room, **changes: Unpack[RoomChanges]
) -> Room:
    """Change what is given. Raises InvalidInput `INVALID_INPUT`, Conflict `NAME_TAKEN`, NotFound."""

    def work() -> Room:
        current = locked(Room.objects.select_related("warehouse"), organization, room)
        apply(current, changes)
        save(current)
        return current

    return finish("room.updated", actor, room, transactions.run(work))


def delete_room(*, organization: Organization, actor: Actor, room: Room) -> None:
    """Remove a room whose bins never had stock, with those bins.

    Raises Conflict `ROOM_IS_DEFAULT`, `ROOM_HAS_STOCK`, `ROOM_HAS_HISTORY`.
    """

    def work() -> None:
        current = locked(Room.objects.select_related("warehouse"), organization, room)
        bins = Bin.objects.filter(room=current)
        if current.is_default or bins.filter(is_default=True).exists():
            raise Conflict(
                "ROOM_IS_DEFAULT",
                f"“{current}” holds the default bin of {current.warehouse}, so it cannot be deleted.",
            )
        ask_guards(current, "ROOM_HAS_STOCK", "deleted")
        delete(
            [bins],
            current,
            Conflict(
                "ROOM_HAS_HISTORY",
                f"Bins in “{current}” have history, so it cannot be deleted: move or deactivate its bins.",
            ),
        )

    transactions.run(work)
    tell("room.deleted", actor, room)
