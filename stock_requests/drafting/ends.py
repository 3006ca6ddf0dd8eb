"""From where to where: what a request, or a template of requests, may name as its two ends."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from inventory.models import Category
from inventory.resolution import require_open
from stock_requests.models import Department, Stocklist, StockRequest
from stock_requests.rights import READ, WRITE
from warehouses.access import Access
from warehouses.models import Room, Warehouse
from warehouses.refusals import Conflict, Forbidden, NotFound, Problem, Refusal, RuleBroken

__all__ = ["Destination", "may_see", "require_category", "require_seen", "require_usable", "require_writable"]


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the goods go: to a warehouse, a room, a department, or, with none of them, to whoever fetches them.

    A room may be named with its warehouse or without it.
    """

    warehouse: Warehouse | None = None
    room: Room | None = None
    department: Department | None = None

    @classmethod
    def of(cls, row: StockRequest | Stocklist) -> Destination:
        """Where the goods of a request go, or those of the requests that are made of a stocklist."""
        return cls(row.to_warehouse, row.to_room, row.department)

    @property
    def place(self) -> Warehouse | None:
        """The warehouse, also where only a room of it is named."""
        if self.warehouse is None and self.room is not None:
            return self.room.warehouse
        return self.warehouse

    @property
    def name(self) -> str:
        if self.room is not None:
            return f"{self.room.warehouse.name}, {self.room.name}"
        if self.warehouse is not None:
            return self.warehouse.name
        return self.department.name if self.department is not None else "nobody named"


def require_seen(
    access: Access, *, source: Warehouse | None = None, destination: Destination | None = None
) -> None:
    """Refuse ends that the caller may not see, like those that there are not. None: not asked about.

    Raises NotFound `WAREHOUSE_NOT_FOUND`, `ROOM_NOT_FOUND`, `DEPARTMENT_NOT_FOUND`.
    """
    if source is not None and not _is_seen(access, source):
        raise _missing("WAREHOUSE_NOT_FOUND", "There is no such warehouse.", "from_warehouse")
    if destination is None:
        return
    place, room, department = destination.warehouse, destination.room, destination.department
    if place is not None and not _is_seen(access, place):
        raise _missing("WAREHOUSE_NOT_FOUND", "There is no such warehouse.", "to_warehouse")
    if room is not None and not (
        _is_seen(access, room.warehouse) and (place is None or room.warehouse_id == place.pk)
    ):
        raise _missing("ROOM_NOT_FOUND", "There is no such room.", "to_room")
    if department is not None and department.organization_id != access.organization.pk:
        raise _missing("DEPARTMENT_NOT_FOUND", "There is no such department.", "department")


def require_writable(access: Access, source: Warehouse, destination: Destination) -> None:
    """Raise Forbidden `PERMISSION_DENIED` unless the caller may write requests at one of the ends."""
    places = [source] if destination.place is None else [source, destination.place]
    if not any(access.covers(WRITE, place.pk) for place in places):
        detail = f"This needs the permission {WRITE} in {' or '.join(place.name for place in places)}."
        problem = Problem("PERMISSION_DENIED", detail, field="from_warehouse")
        raise Forbidden("PERMISSION_DENIED", detail, problems=[problem], extra={"missing": [WRITE]})


def require_usable(source: Warehouse, destination: Destination) -> None:
    """Refuse ends between which nothing can go. One query where a room is named, else none.

    Raises RuleBroken `ONE_DESTINATION`, `SAME_LOCATION`, `ROOM_HAS_NO_BIN`, Forbidden `READONLY_WAREHOUSE`, Conflict
    `WAREHOUSE_INACTIVE`, `DEPARTMENT_INACTIVE`.
    """
    place, room, department = destination.place, destination.room, destination.department
    require_open(source, "from_warehouse")
    if place is not None and place.pk != source.pk:
        require_open(place, "to_warehouse")
    if department is not None and place is not None:
        detail = "The goods go to a department, or to a warehouse or room: name one of them."
        raise _refusal(RuleBroken, "ONE_DESTINATION", detail, "department")
    if place is not None and room is None and place.pk == source.pk:
        detail = f"Both ends are {source.name}: name another warehouse, or the room that the goods go to."
        raise _refusal(RuleBroken, "SAME_LOCATION", detail, "to_warehouse")
    if room is not None and not room.bins.filter(is_active=True).exists():
        detail = f"{room.name} has no bin in use to put the goods into."
        raise _refusal(RuleBroken, "ROOM_HAS_NO_BIN", detail, "to_room")
    if department is not None and not department.is_active:
        detail = f"The department {department.name} is inactive: nothing new is requested for it."
        raise _refusal(Conflict, "DEPARTMENT_INACTIVE", detail, "department")


def require_category(access: Access, category: Category | None) -> None:
    """Raises NotFound `CATEGORY_NOT_FOUND`."""
    if category is not None and category.organization_id != access.organization.pk:
        raise _missing("CATEGORY_NOT_FOUND", "There is no such category.", "category")


def may_see(access: Access, place: UUID) -> bool:
    """Whoever may write requests in a warehouse sees it there, also without being allowed to read others' requests."""
    return access.covers(READ, place) or access.covers(WRITE, place)


def _is_seen(access: Access, place: Warehouse) -> bool:
    return place.organization_id == access.organization.pk and may_see(access, place.pk)


def _missing(code: str, detail: str, field: str) -> Refusal:
    return _refusal(NotFound, code, detail, field)


def _refusal(category: type[Refusal], code: str, detail: str, field: str) -> Refusal:
    return category(code, detail, problems=[Problem(code, detail, field=field)])
