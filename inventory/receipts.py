"""Receipts: goods that have come, into named bins and lots, from a supplier or against what was on order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Final
from uuid import UUID

from inventory import statements
from inventory.adjustments import adjust
from inventory.inbound import lock_replenishments, note_receipts
from inventory.ledger import Line
from inventory.ledger.state import LevelState
from inventory.lots import expiry_differs, find_or_make_lots
from inventory.models import (
    Adjustment,
    AdjustmentKind,
    Lot,
    LotState,
    ReasonCode,
    Replenishment,
    ReplenishmentState,
    Sku,
    Source,
    StockItem,
)
from inventory.resolution import permission_denied
from inventory.transitions import require_transition
from warehouses.access import Access
from warehouses.models import Bin, Warehouse
from warehouses.refusals import Conflict, Forbidden, InvalidInput, NotFound, Problem, Refusal

__all__ = [
    "COSTS",
    "MOST_LINES",
    "WRITE",
    "Caution",
    "Delivered",
    "NamedLot",
    "Receipt",
    "Received",
    "record_receipt",
]

WRITE: Final = "inventory.write"
MOST_LINES: Final = 500
#: The SKU's unit cost is a fact of the catalogue, which belongs to no location.
COSTS: Final = "products.write"


class Caution(Enum):
    """What a receiver should know of a line that was received all the same."""

    LOT_EXPIRED = "LOT_EXPIRED"
    LOT_QUARANTINED = "LOT_QUARANTINED"
    OVER_RECEIVED = "OVER_RECEIVED"


@dataclass(frozen=True, slots=True)
class NamedLot:
    """A lot by its code, made where there is none. No `expires_on` takes a known lot's date as it is."""

    code: str
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """One line of what has come: so many units, into `bin` or the default one, of a lot or of none.

    `unit_cost` becomes the SKU's. `replenishment` is the key of the order that is received. `index` is the row of the
    request, for the problems of a refusal.
    """

    sku: Sku
    quantity: int
    bin: Bin | None = None
    lot: Lot | NamedLot | None = None
    unit_cost: Decimal | None = None
    replenishment: UUID | None = None
    index: int = 0


@dataclass(frozen=True, slots=True)
class Received:
    """A line with what has become of it: its stock item (bin and lot at hand) and level as they are now."""

    line: Delivered
    item: StockItem
    level: LevelState
    replenishment: Replenishment | None
    warnings: Sequence[Caution]


@dataclass(frozen=True, slots=True)
class Receipt:
    adjustment: Adjustment
    warehouse: Warehouse
    lines: Sequence[Received]


def record_receipt(
    *,
    access: Access,
    source: Source,
    warehouse: Warehouse,
    lines: Sequence[Delivered],
    note: str = "",
    reference: str = "",
    refused: Sequence[Refusal] = (),
    recorded_at: datetime | None = None,
) -> Receipt:
    """Receive goods at a location, all lines or none: one adjustment of the kind receipt, reason supplier_receipt.

    Lots are made where they are missing. Goods of a lot that is expired or quarantined are received too, since they
    are there: they are never picked, and the answer warns of them. Named bins are not filled beyond their capacity.
    A line that names a replenishment receives it; more than was ordered closes it too.

    Needs `inventory.write` there, `products.write` everywhere for a unit cost, and a transaction of the caller's.
    Locks the replenishments in the order of their keys, the SKUs whose cost is written, then posts. The number of
    statements does not depend on the number of lines. `refused` are lines that the caller has found bad already,
    `recorded_at` is the clock of a seeded demonstration.

    Raises Forbidden `PERMISSION_DENIED`, NotFound `REPLENISHMENT_NOT_FOUND` (none of that SKU at that location),
    Conflict `INVALID_TRANSITION` (it is closed), `NOT_EXPECTED_HERE` (it comes with a transfer), `LOT_EXPIRY_DIFFERS`,
    and what `inventory.ledger.post` raises, such as `LOT_REQUIRED`, `BIN_FULL`, `READONLY_WAREHOUSE`.
    """
    organization = access.organization
    access.require(WRITE)
    if not access.covers(WRITE, warehouse.pk):
        raise permission_denied(WRITE, warehouse, None)
    if not 0 < len(lines) + len(refused) <= MOST_LINES:
        raise InvalidInput("INVALID_REQUEST", f"A receipt has 1 to {MOST_LINES} lines.")
    _check_costs(access, lines)
    orders = lock_replenishments(
        organization=organization,
        keys=[line.replenishment for line in lines if line.replenishment is not None],
    )
    _lock_skus(lines)
    lots, faults = _lots(access, lines)
    faults = [*refused, *_unexpected(lines, orders, warehouse), *faults]
    reason = ReasonCode.objects.get(organization=organization, code_key="supplier_receipt")
    posted = [
        Line(
            sku=line.sku,
            warehouse=warehouse,
            quantity=line.quantity,
            reason=reason,
            bin=line.bin,
            lot=lots.get(place),
            keeps_capacity=line.bin is not None,
            note=note,
            reference=reference,
            index=line.index,
        )
        for place, line in enumerate(lines)
    ]
    recorded = adjust(
        organization=organization,
        actor=access.actor,
        source=source,
        lines=posted,
        kind=AdjustmentKind.RECEIPT,
        note=note,
        reference=reference,
        refused=faults,
        recorded_at=recorded_at,
    )
    if recorded.adjustment is None:
        raise ValueError("A receipt of one unit and more has movements.")
    received: dict[UUID, int] = defaultdict(int)
    for line in lines:
        if line.replenishment is not None:
            received[line.replenishment] += line.quantity
    note_receipts(
        organization=organization,
        actor=access.actor,
        received=received,
        locked=orders,
        document=recorded.adjustment.public_id,
        at=recorded.posting.recorded_at,
    )
    _write_costs(lines)
    items = _items(change.item.id for change in recorded.posting.changes)
    today = organization.today()
    shown = {}
    for change in recorded.posting.changes:
        line = lines[change.line]
        item = items[change.item.id]
        order = orders[line.replenishment] if line.replenishment is not None else None
        warnings = list(_warnings(item.lot, order, today))
        shown[change.line] = Received(line, item, change.level, order, warnings)
    return Receipt(recorded.adjustment, warehouse, [shown[place] for place in range(len(lines))])


def _check_costs(access: Access, lines: Sequence[Delivered]) -> None:
    """A cost is written or refused, never dropped in silence."""
    costed = [line for line in lines if line.unit_cost is not None]
    if not costed or access.everywhere(COSTS):
        return
    detail = f"A unit cost becomes the SKU's: this needs the permission {COSTS} in the whole organization."
    raise Forbidden(
        "PERMISSION_DENIED",
        detail,
        problems=[Problem("PERMISSION_DENIED", detail, line.index, "unit_cost") for line in costed],
        extra={"missing": [COSTS]},
    )


def _lock_skus(lines: Sequence[Delivered]) -> None:
    """Before the levels, as whoever renames a SKU holds it before its levels."""
    keys = {line.sku.pk for line in lines if line.unit_cost is not None}
    if keys:
        rows = Sku.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
        list(rows.values_list("pk"))


def _write_costs(lines: Sequence[Delivered]) -> None:
    """Of several lines of one SKU, the last cost counts."""
    costs = {line.sku.pk: line.unit_cost for line in lines if line.unit_cost is not None}
    statements.update(Sku, ("unit_cost",), list(costs.items()))


def _lots(access: Access, lines: Sequence[Delivered]) -> tuple[dict[int, Lot], list[Refusal]]:
    """The lots of the lines, by their places; those that are missing are made."""
    named = {place: line.lot for place, line in enumerate(lines) if isinstance(line.lot, NamedLot)}
    found = find_or_make_lots(
        organization=access.organization,
        wanted=[(lines[place].sku.pk, lot.code, lot.expires_on) for place, lot in named.items()],
        actor=access.actor,
    )
    lots: dict[int, Lot] = {}
    faults: list[Refusal] = []
    for place, line in enumerate(lines):
        if isinstance(line.lot, Lot):
            lots[place] = line.lot
        elif line.lot is not None:
            lots[place] = found[line.sku.pk, line.lot.code]
            fault = expiry_differs(lots[place], line.lot.expires_on, index=line.index, field="lot_expires_on")
            faults += [fault] if fault is not None else []
    return lots, faults


def _unexpected(
    lines: Sequence[Delivered], orders: Mapping[UUID, Replenishment], warehouse: Warehouse
) -> list[Refusal]:
    """A refusal for each line that names an order which cannot be received by it."""
    faults: list[Refusal] = []
    for line in lines:
        if line.replenishment is None:
            continue
        order = orders.get(line.replenishment)
        if order is None or (order.sku_id, order.warehouse_id) != (line.sku.pk, warehouse.pk):
            detail = f"{warehouse.name} has no such replenishment of {line.sku.code}."
            faults.append(_refuse(line, NotFound, "REPLENISHMENT_NOT_FOUND", detail))
        elif order.transfer_line_id is not None:
            detail = f"{order.public_id} comes with a transfer: receive that one."
            faults.append(_refuse(line, Conflict, "NOT_EXPECTED_HERE", detail))
        else:
            try:
                can = ("receive", "cancel") if order.state == ReplenishmentState.OPEN else ()
                require_transition(order, action="receive", state=order.state, allowed=can)
            except Conflict as fault:
                problem = Problem(fault.code, fault.detail, line.index, "replenishment")
                faults.append(Conflict(fault.code, fault.detail, problems=[problem], extra=fault.extra))
    return faults


def _refuse(line: Delivered, category: type[Refusal], code: str, detail: str) -> Refusal:
    return category(code, detail, problems=[Problem(code, detail, line.index, "replenishment")])


def _items(keys: Iterable[UUID]) -> dict[UUID, StockItem]:
    rows = StockItem.objects.filter(pk__in=set(keys)).select_related("bin", "lot").order_by()
    return {item.pk: item for item in rows}


def _warnings(lot: Lot | None, order: Replenishment | None, today: date) -> Iterable[Caution]:
    if lot is not None and lot.state == LotState.QUARANTINED:
        yield Caution.LOT_QUARANTINED
    elif lot is not None and not lot.is_pickable(today):
        yield Caution.LOT_EXPIRED
    if order is not None and order.received > order.quantity:
        yield Caution.OVER_RECEIVED
