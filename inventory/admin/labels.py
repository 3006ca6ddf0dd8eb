"""Colours of states, always beside their words."""

from __future__ import annotations

from inventory.formulas import StockStatus

__all__ = ["STATUS_LABELS"]

STATUS_LABELS: dict[str, str] = {
    StockStatus.NORMAL: "success",
    StockStatus.LOW: "info",
    StockStatus.CRITICAL: "warning",
    StockStatus.OUT_OF_STOCK: "danger",
    "none": "",
}
