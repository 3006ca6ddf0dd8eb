"""What a cycle count tells its subscribers, once its differences are posted."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from cycle_counts.models import CountBatch, CountLine, LineState
from cycle_counts.totals import totals_of
from inventory.models import Adjustment, EventType
from inventory.outbox import Draft, announce, subscriptions_of
from warehouses.access import Access

__all__ = ["announce_resolved"]

#: A body stays well below the 20 kB that receivers of webhooks count on.
_MOST_LINES: Final = 35
_CENT: Final = Decimal("0.01")


def announce_resolved(
    *,
    access: Access,
    batch: CountBatch,
    adjustment: Adjustment | None,
    recount: CountBatch | None,
    at: datetime,
) -> None:
    """Write `cycle_count.resolved`, in the transaction of what has just been resolved.

    One statement where nobody hears of it, else five, whatever the number of lines; the batch comes with its warehouse.
    """
    organization = access.organization
    subscriptions = subscriptions_of(organization)
    draft = Draft(EventType.COUNT_RESOLVED, batch.warehouse_id, {})
    if not any(subscription.wants(draft) for subscription in subscriptions):
        return
    draft.data.update(_told(access, batch, adjustment, recount))
    announce(organization=organization, drafts=[draft], occurred_at=at, subscriptions=subscriptions)


def _told(
    access: Access, batch: CountBatch, adjustment: Adjustment | None, recount: CountBatch | None
) -> dict[str, Any]:
    totals = totals_of([batch.pk])[batch.pk]
    differing = CountLine.objects.filter(batch=batch, state=LineState.ACCEPTED).exclude(variance=0)
    lines = differing.select_related("sku", "lot", "bin").order_by("position")[:_MOST_LINES]
    return {
        "cycle_count_id": batch.public_id,
        "number": batch.label,
        "name": batch.name or None,
        "status": batch.state,
        "version": batch.version,
        "warehouse_id": batch.warehouse.public_id,
        "warehouse_name": batch.warehouse.name,
        "line_count": totals.lines,
        "accepted": totals.accepted,
        "within_tolerance": totals.within,
        "to_recount": totals.recount,
        "ignored": totals.ignored,
        "not_counted": totals.pending,
        "found": totals.found,
        "differences": totals.differences,
        "units_over": totals.units_over,
        "units_short": totals.units_short,
        "value_over": _amount(totals.value_over),
        "value_short": _amount(totals.value_short),
        "adjustment_id": adjustment.public_id if adjustment is not None else None,
        "recount_id": recount.public_id if recount is not None else None,
        "actor": access.actor.name,
        "lines": [_line(line) for line in lines],
        "lines_omitted": max(totals.differences - _MOST_LINES, 0),
    }


def _line(line: CountLine) -> dict[str, Any]:
    lot = line.lot
    return {
        "id": line.public_id,
        "sku": line.sku.code if line.sku is not None else None,
        "bin": line.bin.code,
        "lot": lot.code if lot is not None else None,
        "expected": line.expected,
        "counted": line.counted,
        "variance": line.variance,
        "value": _amount(line.variance_value),
        "root_cause": line.root_cause or None,
    }


def _amount(value: Decimal | None) -> str | None:
    return None if value is None else str(value.quantize(_CENT))
