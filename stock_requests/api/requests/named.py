"""From what a stock request's body names to records: its two ends, its category, its stocklist and its lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from inventory import catalogue
from inventory.models import Category
from inventory.names import Names, not_found
from stock_requests.departments import find_department
from stock_requests.drafting import ChangedLine, Destination, WantedLine
from stock_requests.models import RequestLine, Stocklist
from stock_requests.rights import READ, WRITE
from stock_requests.stocklists import find_stocklist
from warehouses.access import Access
from warehouses.identifiers import decode
from warehouses.models import Room, Warehouse
from warehouses.refusals import NotFound, Problem, within_rows

__all__ = ["Named", "line_key"]

Row = Mapping[str, Any]


class Named:
    """The records that a body names, one query for each kind, whatever the number of lines.

    What is malformed, unknown, another organization's or out of the caller's sight is one and the same refusal.
    """

    def __init__(self, access: Access, values: Row, *, skus: Iterable[str | None] = ()) -> None:
        self.access = access
        self.values = values
        places = (values.get("fromLocationId"), values.get("toLocationId"))
        self.names = Names(access, WRITE, skus=skus, locations=places)

    def location(self, name: str, field: str) -> Warehouse:
        """Raises `WAREHOUSE_NOT_FOUND`. Whoever may write requests there sees it, as whoever may read them."""
        public_id = self.values[name]
        try:
            return self.names.location(public_id, field=field, permission=READ, reading=READ)
        except NotFound:
            return self.names.location(public_id, field=field, permission=WRITE, reading=WRITE)

    def room(self) -> Room:
        """Raises `ROOM_NOT_FOUND`."""
        key = decode(Room.prefix, self.values["toRoomId"])
        rows = Room.objects.select_related("warehouse").filter(organization=self.access.organization)
        found = rows.filter(pk=key).first() if key is not None else None
        if found is None:
            raise not_found("ROOM_NOT_FOUND", "There is no such room.", field="to_room")
        return found

    def category(self) -> Category | None:
        """Raises `CATEGORY_NOT_FOUND`."""
        public_id = self.values["categoryId"]
        if public_id is None:
            return None
        return catalogue.find_category(access=self.access, public_id=public_id, field="category")

    def stocklist(self) -> Stocklist | None:
        """Raises `STOCKLIST_NOT_FOUND`."""
        if "stocklistId" not in self.values:
            return None
        return find_stocklist(
            access=self.access,
            public_id=self.values["stocklistId"],
            permission=WRITE,
            field="stocklist",
        )

    def destination(self, present: Destination) -> Destination:
        """What `present` becomes by what the body names.

        Another location than the room's ends the room, a department both, and either of them the department.
        """
        warehouse, room, department = present.place, present.room, present.department
        if "toDepartmentId" in self.values:
            named = self.values["toDepartmentId"]
            department = None
            if named is not None:
                department = find_department(access=self.access, public_id=named, field="department")
                warehouse, room = None, None
        if "toLocationId" in self.values:
            is_named = self.values["toLocationId"] is not None
            warehouse = self.location("toLocationId", "to_warehouse") if is_named else None
            if room is not None and (warehouse is None or room.warehouse_id != warehouse.pk):
                room = None
        if "toRoomId" in self.values:
            room = self.room() if self.values["toRoomId"] is not None else None
            if room is not None and "toLocationId" not in self.values:
                warehouse = room.warehouse
        if (warehouse is not None or room is not None) and self.values.get("toDepartmentId") is None:
            department = None
        return Destination(warehouse, room, department)

    def names_destination(self) -> bool:
        return not self.values.keys().isdisjoint({"toLocationId", "toRoomId", "toDepartmentId"})

    def wanted(self) -> list[WantedLine]:
        """The lines of a new request. Raises every bad row together."""
        return within_rows(
            self.values.get("lines", ()),
            lambda row, index: WantedLine(
                self.names.sku(row["sku"], index), row["quantity"], row.get("note", ""), index
            ),
        )

    def changed(self) -> list[ChangedLine]:
        """All lines that a request shall have. Raises every bad row together."""
        return within_rows(self.values["lines"], self._changed)

    def _changed(self, row: Row, index: int) -> ChangedLine:
        key = line_key(row) if "lineId" in row else None
        if key is None and "lineId" in row:
            detail = "The request has no such line."
            problem = Problem("REQUEST_LINE_NOT_FOUND", detail, index, "line")
            raise NotFound("REQUEST_LINE_NOT_FOUND", detail, problems=[problem])
        sku = self.names.sku(row["sku"], index) if "sku" in row else None
        return ChangedLine(key, sku, row["quantity"], row.get("note", ""), index)


def line_key(row: Row) -> UUID | None:
    """The key of the line that a row names; None for what is no id of a line."""
    return decode(RequestLine.prefix, row["lineId"])
