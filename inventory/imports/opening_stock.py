"""Opening stock: how much must have been there for the lines of a file to have happened."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from inventory.catalogue import find_skus
from inventory.imports.batches import chunks
from inventory.ledger import Line
from inventory.models import ReasonCode, StockLevel, sku_key
from warehouses.models import Organization, Warehouse

__all__ = ["OpeningStock"]


class OpeningStock:
    """Follows the running quantity of every SKU in every warehouse, from 0, and remembers its lowest point.

    It asks for the difference to what is available now. A run that was cut short has received its opening stock in
    full, so the next one asks for none; and a second month is opened only as far as the first left too little.
    """

    def __init__(self, organization: Organization, reason: ReasonCode, extra: int) -> None:
        self.organization = organization
        self.reason = reason
        self.extra = extra
        self._running: dict[tuple[str, UUID], int] = {}
        self._lowest: dict[tuple[str, UUID], int] = {}
        self._warehouses: dict[UUID, Warehouse] = {}
        self._earliest: datetime | None = None

    def note(self, code: str, warehouse: Warehouse, change: int, occurred_at: datetime | None) -> None:
        """The next line of the file."""
        key = (sku_key(code), warehouse.pk)
        self._warehouses[warehouse.pk] = warehouse
        self._running[key] = self._running.get(key, 0) + change
        self._lowest[key] = min(self._lowest.get(key, 0), self._running[key])
        if occurred_at is not None and (self._earliest is None or occurred_at < self._earliest):
            self._earliest = occurred_at

    def lines(self) -> list[Line]:
        """Receipts dated like the earliest line of the file. Two queries for each 500 of them."""
        lines: list[Line] = []
        for chunk in chunks(sorted(self._lowest)):
            skus = find_skus(organization=self.organization, codes={code for code, _ in chunk})
            levels = StockLevel.objects.filter(
                organization=self.organization, sku__in={sku.pk for sku in skus.values()}
            ).order_by()
            there = {
                (sku_id, warehouse_id): available
                for sku_id, warehouse_id, available in levels.values_list(
                    "sku_id", "warehouse_id", "available"
                )
            }
            for code, warehouse_id in chunk:
                if code not in skus:
                    continue
                sku = skus[code]
                missing = self.extra - self._lowest[code, warehouse_id] - there.get((sku.pk, warehouse_id), 0)
                if missing > 0:
                    lines.append(
                        Line(
                            sku=sku,
                            warehouse=self._warehouses[warehouse_id],
                            quantity=missing,
                            reason=self.reason,
                            occurred_at=self._earliest,
                            index=len(lines),
                        )
                    )
        return lines
