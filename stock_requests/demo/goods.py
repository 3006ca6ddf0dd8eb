"""What the demonstration's requests ask for: goods of which there is more than enough, or on purpose too little."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

from inventory.demo.documented import FIXED
from inventory.formulas import StockStatus
from inventory.models import Sku, StockLevel
from stock_requests.demo.ground import VALUABLE_FROM, WATCHED
from warehouses.models import Organization, Warehouse

__all__ = ["Goods"]

#: Units that a level has left beyond its reorder point, so that a request does not change what it looks like.
_SPARE: Final = 12
#: Units that there are not, of what somebody wants too much of.
_MISSING: Final = 36


class Goods:
    """Each article is given to one request only: so each can happen at its time, for the ledger never goes back."""

    def __init__(self, organization: Organization) -> None:
        levels = StockLevel.objects.filter(
            organization=organization,
            warehouse__is_readonly=False,
            sku__is_lot_controlled=False,
            sku__unit_cost__isnull=False,
            status=StockStatus.NORMAL,
            held=0,
        ).exclude(sku__code__in=[fixed.code for fixed in FIXED])
        found = levels.select_related("sku__product__category", "warehouse").order_by(
            "updated_at", "sort_code"
        )
        self._levels = [level for level in found if level.available - level.reorder_point >= _SPARE]

    def __len__(self) -> int:
        return len(self._levels)

    def idle(self, warehouse: Warehouse, *, since: datetime, quantity: int, worth_below: Decimal) -> Sku:
        """Some units of what has not moved since then; if there is none, of what has moved the longest ago.

        What moved when depends on the days of the week that lie behind: none of it is watched, or dear.
        """
        rows = [
            level
            for level in self._of(warehouse)
            if level.available - level.reorder_point >= quantity
            and _is_ordinary(level, quantity, worth_below)
        ]
        # The latest of them: what lies longer is for those who ask for something older.
        return self._take(([level for level in rows if level.updated_at < since] or rows[:1])[-1]).sku

    def watched(self, warehouse: Warehouse) -> Sku:
        """Of the category that is watched."""
        return self._take(next(level for level in self._of(warehouse) if _category(level) == WATCHED)).sku

    def worth_most(self, warehouse: Warehouse, count: int) -> list[tuple[Sku, int]]:
        """Half of what can be promised of the articles that are worth the most together."""
        rows = sorted(self._of(warehouse), key=_value, reverse=True)[:count]
        return [(self._take(level).sku, level.available // 2) for level in rows]

    def too_little(self, warehouse: Warehouse) -> tuple[Sku, int]:
        """More than can be promised, of what moved last."""
        rows = [
            level
            for level in self._of(warehouse)
            if _is_ordinary(level, level.available + _MISSING, VALUABLE_FROM)
        ]
        level = self._take(rows[-1])
        return level.sku, level.available + _MISSING

    def _of(self, warehouse: Warehouse) -> list[StockLevel]:
        return [level for level in self._levels if level.warehouse_id == warehouse.pk]

    def _take(self, level: StockLevel) -> StockLevel:
        self._levels = [each for each in self._levels if each.sku_id != level.sku_id]
        return level


def _is_ordinary(level: StockLevel, quantity: int, worth_below: Decimal) -> bool:
    """Whether so many units ask for nobody's approval in particular."""
    return _category(level) != WATCHED and quantity * (level.sku.unit_cost or 0) < worth_below


def _category(level: StockLevel) -> str:
    category = level.sku.product.category
    return category.name if category is not None else ""


def _value(level: StockLevel) -> float:
    # What is watched is not worth less, but needs others to say yes.
    return 0 if _category(level) == WATCHED else float(level.available * (level.sku.unit_cost or 0))
