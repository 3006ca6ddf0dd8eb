"""ABC classes and accuracy as they are shown."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from cycle_counts.abc import ClassRow, ClassSummary
from cycle_counts.reports import AccuracyRow
from inventory.api.backoffice.money import worth
from warehouses.http.instants import instant_or_none

__all__ = ["accuracy_object", "class_object", "summary_object"]

_CENT: Final = Decimal("0.01")


def class_object(row: ClassRow) -> dict[str, Any]:
    return {
        "sku": row.sku.code,
        "skuId": row.sku.public_id,
        "title": row.title,
        "abcClass": row.abc_class,
        "rank": row.rank,
        "units": row.units,
        "value": worth(row.value),
        "share": _percent(row.share),
        "cumulativeShare": _percent(row.cumulative_share),
        "lastCountedAt": instant_or_none(row.last_counted_at),
        "nextDueOn": row.next_due_on.isoformat() if row.next_due_on else None,
        "isDue": row.is_due,
    }


def summary_object(row: ClassSummary) -> dict[str, Any]:
    return {
        "abcClass": row.abc_class,
        "skus": row.skus,
        "value": worth(row.value),
        "share": _percent(row.share),
        "due": row.due,
        "intervalDays": row.interval,
    }


def accuracy_object(row: AccuracyRow) -> dict[str, Any]:
    return {
        "week": row.week.isoformat(),
        "abcClass": row.abc_class or None,
        "lines": row.lines,
        "hits": row.hits,
        "hitRate": row.hit_rate,
        "unitsExpected": row.units_expected,
        "unitsOff": row.units_off,
        "unitAccuracy": row.unit_accuracy,
        "valueExpected": worth(row.value_expected),
        "valueOff": worth(row.value_off),
        "valueAccuracy": row.value_accuracy,
    }


def _percent(share: Decimal) -> Decimal:
    return share.quantize(_CENT, ROUND_HALF_UP)
