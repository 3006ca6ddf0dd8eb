"""What people write down about stock: changes of it, what is there, and of which lot it is. One document each.

Each function needs `inventory.adjust` in every warehouse that it is about, and a transaction of the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from inventory.adjustments import Recorded, adjust
from inventory.ledger import Line, Mode
from inventory.ledger.locking import Locked
from inventory.lots import find_or_make_lots
from inventory.models import AdjustmentKind, Lot, ReasonCode, Sku, Source
from inventory.names import not_found
from inventory.resolution import permission_denied
from warehouses.access import Access
from warehouses.models import Bin, Warehouse
from warehouses.refusals import Conflict, InvalidInput, Problem, Refusal, RuleBroken

__all__ = ["ADJUST", "RESERVED_REASONS", "NewLot", "Stated", "correct_lot", "post_adjustment", "record_stock"]

ADJUST = "inventory.adjust"

#: The product writes documents of their own for these reasons. A plain adjustment that bore one would read as if goods
#: had come from somewhere.
RESERVED_REASONS = frozenset({"reversal", "lot_correction", "put_away", "destruction"})


def post_adjustment(
    *,
    access: Access,
    source: Source,
    lines: Sequence[Line],
    note: str = "",
    reference: str = "",
    precondition: Callable[[Locked], None] | None = None,
    refused: Sequence[Refusal] = (),
) -> Recorded:
    """Change stock by hand, all lines or none. There is a document even where every line asked for what was there.

    `refused` are rows that the caller has found bad already. Raises as the ledger does, and RuleBroken
    `REASON_RESERVED`.
    """
    return _post(
        access, source, lines, AdjustmentKind.ADJUSTMENT, note, reference, precondition, refused=refused
    )


@dataclass(frozen=True, slots=True)
class Stated:
    """What a line said is there, and what the books had said before it. In the SKU's base unit."""

    line: Line
    before: int
    after: int

    @property
    def difference(self) -> int:
        return self.after - self.before


def record_stock(
    *,
    access: Access,
    source: Source,
    lines: Sequence[Line],
    note: str = "",
    reference: str = "",
    refused: Sequence[Refusal] = (),
) -> tuple[Recorded, list[Stated]]:
    """State what is physically there, line by line (Mode.TO), and post the differences as one document.

    A line is about the SKU in the warehouse, or in the bin or of the lot that it names, and then about nothing else.
    What nobody states stays as it is. Raises as `post_adjustment`; two lines about the same stock: `DUPLICATE_ROW`.
    """
    if any(line.mode is not Mode.TO for line in lines):
        raise ValueError("What is there is stated, not changed by so much.")
    recorded = _post(access, source, lines, AdjustmentKind.STATEMENT, note, reference, refused=refused)
    differences = [0] * len(lines)
    for change in recorded.posting.changes:
        differences[change.line] += change.delta
    stated = [
        Stated(line, (line.quantity or 0) - difference, line.quantity or 0)
        for line, difference in zip(lines, differences, strict=True)
    ]
    return recorded, stated


@dataclass(frozen=True, slots=True)
class NewLot:
    """A lot by its code; made if the SKU has none of that code, and then with this date."""

    code: str
    expires_on: date | None


def correct_lot(
    *,
    access: Access,
    source: Source,
    sku: Sku,
    warehouse: Warehouse,
    bin: Bin | None,
    from_lot: Lot | None,
    to_lot: Lot | NewLot,
    quantity: int,
    note: str = "",
) -> Recorded:
    """Say that goods are of another lot than the books do; `from_lot` None: that they have one at all.

    Nothing moves but the books: two movements in each bin, which add up to nothing. As a correction it may touch what
    is on hold or expired; what is on hold is touched last. Without a bin, the goods are found first-expired-first.
    Raises as the ledger does (`STOCK_UNAVAILABLE`: so much of that lot is not there), InvalidInput `SAME_LOT`, and
    Conflict `LOT_EXPIRY_DIFFERS` where the lot is known with another date.
    """
    reason = ReasonCode.objects.get(organization=access.organization, code_key="lot_correction")
    _require(access, warehouse, None)
    goal = _made(access, sku, to_lot) if isinstance(to_lot, NewLot) else to_lot
    if from_lot is not None and goal.pk == from_lot.pk:
        detail = f"The goods are of the lot {goal.code} already."
        raise InvalidInput("SAME_LOT", detail, problems=[Problem("SAME_LOT", detail, field="to_lot")])
    line = Line(
        sku=sku,
        warehouse=warehouse,
        quantity=quantity,
        reason=reason,
        mode=Mode.MOVE,
        bin=bin,
        lot=from_lot,
        is_lotless=from_lot is None,
        to_lot=goal,
        is_fact=True,
        note=note,
    )
    return adjust(
        organization=access.organization,
        actor=access.actor,
        source=source,
        kind=AdjustmentKind.LOT_CORRECTION,
        lines=[line],
        note=note,
    )


def _post(
    access: Access,
    source: Source,
    lines: Sequence[Line],
    kind: AdjustmentKind,
    note: str,
    reference: str,
    precondition: Callable[[Locked], None] | None = None,
    *,
    refused: Sequence[Refusal],
) -> Recorded:
    access.require(ADJUST)
    for line in lines:
        _require(access, line.warehouse, line.index)
        if line.reason is not None and line.reason.code_key in RESERVED_REASONS:
            detail = f"{line.reason.code} is a reason of the product's own documents: choose another."
            problems = [Problem("REASON_RESERVED", detail, field="reason")]
            raise RuleBroken("REASON_RESERVED", detail, problems=problems)
    return adjust(
        organization=access.organization,
        actor=access.actor,
        source=source,
        kind=kind,
        lines=lines,
        note=note,
        reference=reference,
        precondition=precondition,
        refused=refused,
        keeps_empty=True,
    )


def _require(access: Access, warehouse: Warehouse, index: int | None) -> None:
    if access.covers(ADJUST, warehouse.pk):
        return
    access.require(ADJUST)
    if access.covers("inventory.read", warehouse.pk):
        raise permission_denied(ADJUST, warehouse, index)
    raise not_found("WAREHOUSE_NOT_FOUND", "There is no such warehouse.", index=index, field="warehouse")


def _made(access: Access, sku: Sku, wanted: NewLot) -> Lot:
    """The lot of that code. A known one keeps its date: what differs is told, not overwritten or overlooked."""
    (found,) = find_or_make_lots(
        organization=access.organization, wanted=[(sku.pk, wanted.code, wanted.expires_on)]
    ).values()
    if wanted.expires_on is not None and found.expires_on != wanted.expires_on:
        known = f"expires on {found.expires_on}" if found.expires_on else "has no expiry date"
        detail = f"The lot {found.code} is known, and {known}."
        raise Conflict(
            "LOT_EXPIRY_DIFFERS", detail, problems=[Problem("LOT_EXPIRY_DIFFERS", detail, field="expires_on")]
        )
    return found
