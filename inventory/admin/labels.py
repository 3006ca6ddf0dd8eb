"""Colours of states, always beside their words."""

from __future__ import annotations

from inventory.formulas import StockStatus

__all__ = ["STATUS_LABELS"]

# What is shown → its colour.
STATUS_LABELS: dict[str, str] = {
    str(StockStatus.NORMAL.label): "success",
    str(StockStatus.LOW.label): "info",
    str(StockStatus.CRITICAL.label): "warning",
    str(StockStatus.OUT_OF_STOCK.label): "danger",
    "Never stocked": "",
}
