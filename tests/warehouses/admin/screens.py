"""Where a screen is, and what its forms send."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

__all__ = ["formset", "url"]


def url(screen: str, what: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:warehouses_{screen}_{what}", args=args)


def formset(prefix: str, rows: list[dict[str, Any]], initial: int = 0) -> dict[str, Any]:
    data: dict[str, Any] = {
        f"{prefix}-TOTAL_FORMS": len(rows),
        f"{prefix}-INITIAL_FORMS": initial,
        f"{prefix}-MIN_NUM_FORMS": 0,
        f"{prefix}-MAX_NUM_FORMS": 1000,
    }
    for number, row in enumerate(rows):
        data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return data
