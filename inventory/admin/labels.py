"""How states look: colours, always beside their words, and symbols."""

from __future__ import annotations

from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from inventory.formulas import StockStatus

__all__ = ["GREY", "OUTLINE", "PLAIN", "STATUS_LABELS", "Look", "status_label", "symbol_label"]

# What is shown → its colour.
STATUS_LABELS: dict[str, str] = {
    str(StockStatus.NORMAL.label): "success",
    str(StockStatus.LOW.label): "info",
    str(StockStatus.CRITICAL.label): "warning",
    str(StockStatus.OUT_OF_STOCK.label): "danger",
    "Never stocked": "",
}

PLAIN, GREY, OUTLINE = "symbol-label-plain", "symbol-label-grey", "symbol-label-outline"


@dataclass(frozen=True, slots=True)
class Look:
    """`variant` is the theme's; `extra` is a class of ours: PLAIN, GREY or OUTLINE. What is done is plain text: it is
    not to catch the eye.
    """

    icon: str
    variant: str = ""
    extra: str = ""


_STATUSES = {
    StockStatus.NORMAL: Look("check", extra=PLAIN),
    StockStatus.LOW: Look("trending_down", variant="warning"),
    StockStatus.CRITICAL: Look("priority_high", variant="warning"),
    StockStatus.OUT_OF_STOCK: Look("error", variant="danger"),
}


def status_label(status: StockStatus) -> SafeString:
    return symbol_label(str(status.label), _STATUSES[status])


def symbol_label(text: str, look: Look) -> SafeString:
    """A word with a symbol before it."""
    return render_to_string(
        "inventory/admin/symbol_label.html",
        {"text": text, "icon": look.icon, "variant": look.variant, "class": f"symbol-label {look.extra}"},
    )
