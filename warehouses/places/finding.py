"""Finding the place that a request names, for callers who may be there. What they may not see is not there."""

from __future__ import annotations

from warehouses.access import Access
from warehouses.identifiers import decode
from warehouses.models import Bin, Room, Warehouse
from warehouses.refusals import Forbidden, NotFound, Problem

__all__ = ["find_bin", "find_location", "find_room", "require_builder", "room_not_found"]

_READ = "inventory.read"
_WRITE = "locations.write"


def require_builder(access: Access) -> None:
    """Raise Forbidden `PERMISSION_DENIED` unless the caller may write in every warehouse, as making one takes."""
    access.require(_WRITE)
    if not access.everywhere(_WRITE):
        raise Forbidden(
            "PERMISSION_DENIED",
            f"A new location is in none of yours: this needs the permission {_WRITE} in the whole organization.",
            extra={"missing": [_WRITE]},
        )


def find_location(*, access: Access, public_id: str, writing: bool = False) -> Warehouse:
    """The warehouse, where the caller may read it, or with `writing` change it; inactive ones too.

    Raises NotFound `WAREHOUSE_NOT_FOUND`, and Forbidden `PERMISSION_DENIED` where the caller may only read.
    """
    access.require(_WRITE if writing else _READ)
    key = decode(Warehouse.prefix, public_id)
    rows = Warehouse.objects.filter(organization=access.organization)
    found = rows.filter(pk=key).first() if key is not None else None
    if found is not None and access.covers(_WRITE if writing else _READ, found.pk):
        return found
    if found is not None and access.covers(_READ, found.pk):
        raise Forbidden("PERMISSION_DENIED", f"This needs the permission {_WRITE} in {found.name}.")
    raise NotFound("WAREHOUSE_NOT_FOUND", "There is no such warehouse.")


def find_room(*, warehouse: Warehouse, public_id: str, field: str | None = None) -> Room:
    """A room of that warehouse. Raises NotFound `ROOM_NOT_FOUND`; `field` names it, None where the address does."""
    key = decode(Room.prefix, public_id)
    rooms = Room.objects.select_related("warehouse").filter(warehouse=warehouse)
    found = rooms.filter(pk=key).first() if key is not None else None
    if found is None:
        raise room_not_found(warehouse, field=field)
    return found


def find_bin(*, warehouse: Warehouse, public_id: str) -> Bin:
    """A bin of that warehouse, with its room. Raises NotFound `BIN_NOT_FOUND`."""
    key = decode(Bin.prefix, public_id)
    bins = Bin.objects.select_related("warehouse", "room").filter(warehouse=warehouse)
    found = bins.filter(pk=key).first() if key is not None else None
    if found is None:
        raise NotFound("BIN_NOT_FOUND", f"{warehouse.name} has no such bin.")
    return found


def room_not_found(warehouse: Warehouse, *, index: int | None = None, field: str | None = None) -> NotFound:
    """`field` of the row `index` names the room; both None: the address does."""
    detail = f"{warehouse.name} has no such room."
    problems = [Problem("ROOM_NOT_FOUND", detail, index, field)] if field else []
    return NotFound("ROOM_NOT_FOUND", detail, problems=problems)
