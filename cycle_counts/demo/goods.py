"""What the demonstration counts: goods that have not moved for so long that a count of them can be told of."""

from __future__ import annotations

from datetime import datetime

from inventory.demo.documented import FIXED
from inventory.models import Sku, StockLevel
from warehouses.models import Organization, Warehouse

__all__ = ["Goods"]


class Goods:
    """Each SKU is given to one count only: so the counts may be posted in any order, for the ledger never goes back."""

    def __init__(self, organization: Organization) -> None:
        levels = StockLevel.objects.filter(
            organization=organization,
            warehouse__is_readonly=False,
            sku__is_lot_controlled=False,
            sku__unit_cost__isnull=False,
            reserved=0,
            held=0,
            on_hand__gte=8,
        ).exclude(sku__code__in=[fixed.code for fixed in FIXED])
        self._levels = list(levels.select_related("sku", "warehouse").order_by("updated_at", "sort_code"))

    def __len__(self) -> int:
        return len(self._levels)

    def idle(self, warehouse: Warehouse, count: int, *, since: datetime) -> list[Sku]:
        """So many SKUs that have not moved there since then; fewer where there are no more."""
        rows = [
            level for level in self._levels if level.warehouse_id == warehouse.pk and level.updated_at < since
        ]
        # Those that moved last before it: what lies longer is for counts of earlier weeks.
        return self._take(rows[-count:])

    def latest(self, warehouse: Warehouse, count: int) -> list[Sku]:
        """So many of those that moved last: of them, nothing is posted."""
        return self._take([level for level in self._levels if level.warehouse_id == warehouse.pk][-count:])

    def _take(self, levels: list[StockLevel]) -> list[Sku]:
        taken = {level.sku_id for level in levels}
        self._levels = [level for level in self._levels if level.sku_id not in taken]
        return [level.sku for level in levels]
