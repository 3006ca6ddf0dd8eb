"""A SKU with its figures, added up over the warehouses that the caller sees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from inventory import formulas
from inventory.availability.cells import read_cells
from inventory.availability.formula import promise
from inventory.formulas import StockStatus
from inventory.inbound import inbound_to
from inventory.models import Barcode, Channel, Movement, Sku, StockLevel
from warehouses.access import Access

__all__ = ["Row", "read_rows"]


@dataclass(slots=True)
class Row:
    """`levels` are the SKU's in the warehouses that the caller sees, by name of the warehouse.

    What stands after them is known only where its column was asked for.
    """

    sku: Sku
    levels: list[StockLevel]
    atp: int | None = None
    incoming: int | None = None
    barcodes: list[str] = field(default_factory=list)
    last_movement: datetime | None = None

    def _sum(self, name: str) -> int:
        return sum(getattr(level, name) for level in self.levels)

    @property
    def on_hand(self) -> int:
        return self._sum("on_hand")

    @property
    def reserved(self) -> int:
        return self._sum("reserved")

    @property
    def held(self) -> int:
        return self._sum("held")

    @property
    def available(self) -> int:
        return formulas.available(on_hand=self.on_hand, reserved=self.reserved, held=self.held)

    @property
    def safety_stock(self) -> int:
        return self._sum("safety_stock")

    @property
    def reorder_point(self) -> int:
        return self._sum("reorder_point")

    @property
    def status(self) -> StockStatus:
        return formulas.status(
            available=self.available, safety_stock=self.safety_stock, reorder_point=self.reorder_point
        )

    @property
    def value(self) -> Decimal | None:
        return None if self.sku.unit_cost is None else self.sku.unit_cost * self.on_hand

    @property
    def category(self) -> str:
        category = self.sku.product.category
        return category.name if category else ""

    @property
    def barcode(self) -> str:
        return ", ".join(self.barcodes)

    @property
    def split(self) -> str:
        return ", ".join(f"{level.warehouse.name} {level.on_hand}" for level in self.levels)


def read_rows(
    *,
    access: Access,
    levels: QuerySet[StockLevel],
    keys: Sequence[UUID],
    columns: Collection[str],
    channel: Channel | None = None,
) -> list[Row]:
    """The rows of SKUs in the order of their `keys`, over `levels`, which are those that the caller may read.

    Two queries; one more each for the columns `atp` and `barcode`, two for `incoming`. `channel`: whose ATP.
    """
    if not keys:
        return []
    skus = Sku.objects.filter(organization=access.organization, pk__in=keys).select_related(
        "product__category"
    )
    stock: Any = levels.filter(sku__in=keys).select_related("warehouse").order_by("warehouse__name", "pk")
    if "last_movement" in columns:
        newest = Movement.objects.order_by("-level_version").filter(level=OuterRef("pk"))
        stock = stock.annotate(moved_at=Subquery(newest.values("recorded_at")[:1]))
    by_sku: dict[UUID, list[StockLevel]] = defaultdict(list)
    for level in stock:
        by_sku[level.sku_id].append(level)
    found = skus.in_bulk()
    rows = [Row(found[key], by_sku[key]) for key in keys if key in found and key in by_sku]
    _complete(rows, access, columns, channel)
    return rows


def _complete(rows: Sequence[Row], access: Access, columns: Collection[str], channel: Channel | None) -> None:
    places = [(level.sku_id, level.warehouse_id) for row in rows for level in row.levels]
    if "atp" in columns:
        cells = read_cells(
            organization=access.organization,
            places=places,
            channel_ids=[channel.pk] if channel is not None else [],
        )
        for row in rows:
            here = [(level.sku_id, level.warehouse_id) for level in row.levels]
            # Clamped in each location, then added up.
            if channel is None:
                row.atp = sum(promise(cells.stock[place]).atp for place in here)
            else:
                row.atp = sum(cells.promise(place, channel.pk).atp for place in here)
    if "incoming" in columns:
        inbound = inbound_to(organization=access.organization, places=places)
        for row in rows:
            row.incoming = sum(inbound[level.sku_id, level.warehouse_id].total for level in row.levels)
    if "last_movement" in columns:
        for row in rows:
            moved = [at for level in row.levels if (at := getattr(level, "moved_at", None))]
            row.last_movement = max(moved, default=None)
    if "barcode" in columns:
        by_key = {row.sku.pk: row for row in rows}
        for barcode in Barcode.objects.filter(sku__in=list(by_key)).order_by("code"):
            by_key[barcode.sku_id].barcodes.append(barcode.code)
