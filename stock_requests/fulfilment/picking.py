"""Picking: what was approved is brought together. From its beginning on the request cannot be rolled back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils import timezone

from inventory import history, statements
from stock_requests.fulfilment.naming import named_lines, quantity_faults
from stock_requests.models import RequestLine, RequestState, StockRequest
from stock_requests.rights import warehouse_worker
from stock_requests.states import Condition, seize
from warehouses.access import Access
from warehouses.refusals import gather

__all__ = ["Picked", "pick_request"]

_PICKABLE: Final = (RequestState.APPROVED, RequestState.PICKING)


@dataclass(frozen=True, slots=True)
class Picked:
    """So many units of a line lie ready, in all. `index` is the row of the request's body."""

    line_id: UUID | None  # None: an id that nothing has
    quantity: int
    index: int = 0


def pick_request(
    *,
    access: Access,
    request: StockRequest,
    picked: Sequence[Picked] = (),
    note: str = "",
    condition: Condition | None = None,
    recorded_at: datetime | None = None,
) -> StockRequest:
    """Begin to pick, or write down how far it has come; where nothing differs from what is there, nothing is written.

    Needs `stockrequests.write` at the source, and a transaction of the caller's. Locks the request; moves no stock and
    leaves what is reserved as it is. The same number of statements whatever the number of lines. `recorded_at` is the
    clock, for seeded demonstrations.

    Raises Conflict `INVALID_TRANSITION`, Forbidden `PERMISSION_DENIED`, NotFound `STOCK_REQUEST_NOT_FOUND`,
    `REQUEST_LINE_NOT_FOUND`, InvalidInput `INVALID_QUANTITY`, RuleBroken `MORE_THAN_APPROVED` with what is
    `approved`, `DUPLICATE_ROW`, and what `condition` raises.
    """
    locked = seize(request, authorize=warehouse_worker(access), states=_PICKABLE, condition=condition)
    lines = list(locked.lines.select_related("sku").order_by("position"))
    named, faults = named_lines(lines, picked)
    by_key = {line.pk: line for line in lines}
    for key, row in named.items():
        faults += quantity_faults(by_key[key], row.quantity, row.index)
    if faults:
        raise gather(faults)
    changed = [(key, row.quantity) for key, row in named.items() if by_key[key].picked != row.quantity]
    before = locked.state
    if before == RequestState.PICKING and not changed and not note:
        return locked
    statements.update(RequestLine, ("picked",), changed)
    ready = {line.pk: line.picked for line in lines} | dict(changed)
    locked.state = RequestState.PICKING
    locked.version += 1
    locked.save(update_fields=["state", "version"])
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=locked,
        action="pick",
        from_state=before,
        to_state=locked.state,
        at=recorded_at or timezone.now(),
        quantity=sum(ready.values()),
        reason=note,
    )
    return locked
