"""From what bodies name to records: where and what is to be counted, and what was counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cycle_counts.counting import Counted, Visited
from cycle_counts.models import CountLine
from cycle_counts.planning import Scope
from cycle_counts.rights import COUNT
from cycle_counts.tolerances import Tolerance
from inventory import catalogue
from inventory.models import Category
from inventory.names import Names, not_found
from warehouses.access import Access
from warehouses.identifiers import decode
from warehouses.models import Room, Warehouse
from warehouses.refusals import NotFound, Problem, within_rows

__all__ = ["NamedCounts", "NamedPlan", "tolerance_in"]

Row = Mapping[str, Any]


def tolerance_in(values: Row) -> Tolerance:
    """What a body's `tolerance` says; null: only what is exact is inside it."""
    given = values["tolerance"] or {}
    return Tolerance(given.get("units"), given.get("percent"), given.get("value"))


class NamedPlan:
    """The records that a plan names, one query for each kind, whatever their number."""

    def __init__(self, access: Access, values: Row) -> None:
        self.access = access
        self.values = values
        self.names = Names(
            access,
            COUNT,
            skus=values.get("skus", ()),
            locations=[values["locationId"]],
            bins=values.get("binIds", ()),
        )

    def warehouse(self) -> Warehouse:
        """Raises `WAREHOUSE_NOT_FOUND`, `PERMISSION_DENIED`."""
        found = self.names.location(self.values["locationId"])
        found.organization = self.access.organization  # it is at hand
        return found

    def scope(self, warehouse: Warehouse) -> Scope:
        """Raises `BIN_NOT_FOUND`, `ROOM_NOT_FOUND`, `CATEGORY_NOT_FOUND`, `INVENTORY_NOT_FOUND`, for all bad ones."""
        values = self.values
        category = self._category()
        return Scope(
            bins=tuple(
                within_rows(
                    values.get("binIds", ()),
                    lambda public_id, index: self.names.bin(public_id, warehouse, index, field="bins"),
                )
            ),
            rooms=self._rooms(warehouse),
            categories=(category,) if category is not None else (),
            skus=tuple(within_rows(values.get("skus", ()), self.names.sku)),
            classes=tuple(values.get("classes", ())),
            due_only=values.get("dueOnly", False),
            expiring_within=values.get("expiringWithinDays"),
            availability=values.get("availability", ""),
            not_counted_for=values.get("notCountedForDays"),
            sample=values.get("sample"),
            limit=values.get("limit"),
        )

    def _category(self) -> Category | None:
        if "categoryId" not in self.values:
            return None
        return catalogue.find_category(
            access=self.access, public_id=self.values["categoryId"], field="category"
        )

    def _rooms(self, warehouse: Warehouse) -> tuple[Room, ...]:
        named: Sequence[str] = self.values.get("roomIds", ())
        if not named:
            return ()
        keys = {public_id: decode(Room.prefix, public_id) for public_id in named}
        wanted = {key for key in keys.values() if key is not None}
        found = {room.pk: room for room in Room.objects.order_by().filter(warehouse=warehouse, pk__in=wanted)}

        def room(public_id: str, index: int) -> Room:
            key = keys[public_id]
            if key is None or key not in found:
                detail = f"{warehouse.name} has no such room."
                raise not_found("ROOM_NOT_FOUND", detail, index=index, field="rooms")
            return found[key]

        return tuple(within_rows(named, room))


class NamedCounts:
    """What was counted, with the records that it names; one query for each kind, whatever their number."""

    def __init__(self, access: Access, values: Row, warehouse: Warehouse) -> None:
        self.rows: Sequence[Row] = values.get("counts", ())
        self.visits: Sequence[Row] = values.get("visited", ())
        self.warehouse = warehouse
        self.names = Names(
            access,
            COUNT,
            skus=(row.get("sku") for row in self.rows),
            bins=(row.get("binId") for row in (*self.rows, *self.visits)),
            lots=(row.get("lotId") for row in self.rows),
        )

    def counts(self) -> list[Counted]:
        """Raises `COUNT_LINE_NOT_FOUND`, `BIN_NOT_FOUND`, `INVENTORY_NOT_FOUND`, `LOT_NOT_FOUND`, for all bad rows."""
        return within_rows(self.rows, self._counted)

    def visited(self) -> list[Visited]:
        """Raises `BIN_NOT_FOUND`, for all bad rows."""
        return within_rows(
            self.visits,
            lambda row, index: Visited(
                self.names.bin(row["binId"], self.warehouse, index, field="visited"), row.get("visitedAt")
            ),
        )

    def _counted(self, row: Row, index: int) -> Counted:
        line_id = None
        if "lineId" in row:
            line_id = decode(CountLine.prefix, row["lineId"])
            if line_id is None:
                detail = "The count has no such line."
                problem = Problem("COUNT_LINE_NOT_FOUND", detail, index, "line")
                raise NotFound("COUNT_LINE_NOT_FOUND", detail, problems=[problem])
        sku = self.names.sku(row["sku"], index) if "sku" in row else None
        return Counted(
            quantity=row["countedQuantity"],
            line_id=line_id,
            sku=sku,
            bin=self.names.bin(row["binId"], self.warehouse, index) if "binId" in row else None,
            lot=self.names.lot(row["lotId"], sku, index) if "lotId" in row and sku is not None else None,
            lot_code=row.get("lotCode", ""),
            code=row.get("code", ""),
            client_id=row.get("clientId", ""),
            counted_at=row.get("countedAt"),
            remark=row.get("remark", ""),
            note=row.get("note", ""),
            index=index,
        )
