"""What is said about a batch: counts of lines, and bins in which nothing more is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from cycle_counts.models import CountBatch, CountEntry, CountLine, Remark
from inventory.models import Lot, Sku
from inventory.models.sku import MAXIMUM_QUANTITY
from inventory.statements import field_of
from warehouses.models import Bin
from warehouses.refusals import InvalidInput, NotFound, Problem, Refusal, RuleBroken, gather

__all__ = ["MOST_COUNTS", "Counted", "Counts", "Visited", "line_not_found", "require_well_formed"]

#: In one call.
MOST_COUNTS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Counted:
    """So many units of a line, which is named by its key, or by a bin with a SKU (and lot) or with a scanned code.

    `quantity` None takes the counter's own count back. A lot is named itself, or by its code, which may be one that
    nobody knows. `client_id` names the count wherever it was made, so that it counts once however often it is sent;
    `index` is the row of the request, for the problems of a refusal.
    """

    quantity: int | None
    line_id: UUID | None = None
    sku: Sku | None = None
    bin: Bin | None = None
    lot: Lot | None = None
    lot_code: str = ""
    code: str = ""
    client_id: str = ""
    counted_at: datetime | None = None
    remark: str = ""
    note: str = ""
    index: int = 0


@dataclass(frozen=True, slots=True)
class Visited:
    """Somebody has seen the whole bin: what was not counted in it by `at` (None: now) is not counted."""

    bin: Bin
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """`lines` are those counted, in the order of the counts; `replayed` of the counts had been sent before."""

    batch: CountBatch
    lines: list[CountLine]
    replayed: int


def require_well_formed(counts: Sequence[Counted]) -> None:
    """Refuse what is no count, whatever there is to be counted: every bad row of them.

    Raises RuleBroken `TOO_MANY_COUNTS`, InvalidInput `INVALID_QUANTITY`, `INVALID_INPUT`.
    """
    if len(counts) > MOST_COUNTS:
        raise RuleBroken("TOO_MANY_COUNTS", f"At most {MOST_COUNTS:,} counts are taken at once.")
    refused = [refusal for count in counts if (refusal := _fault(count)) is not None]
    if refused:
        raise gather(refused)


def line_not_found(index: int, field: str = "line") -> NotFound:
    detail = "The cycle count has no such line."
    return NotFound(
        "COUNT_LINE_NOT_FOUND", detail, problems=[Problem("COUNT_LINE_NOT_FOUND", detail, index, field)]
    )


_REMARKS: Final = frozenset(Remark.values)


_LONGEST: Final[dict[str, int]] = {
    name: field_of(model, name).max_length
    for model, names in ((CountEntry, ("client_id", "note")), (CountLine, ("code", "lot_code")))
    for name in names
}


def _fault(count: Counted) -> Refusal | None:
    quantity = count.quantity
    if quantity is not None and not 0 <= quantity <= MAXIMUM_QUANTITY:
        detail = f"A counted quantity is a whole number from 0 to {MAXIMUM_QUANTITY:,}."
        return _invalid(detail, count.index, "quantity", code="INVALID_QUANTITY")
    if count.remark and count.remark not in _REMARKS:
        return _invalid(f"A remark is one of: {', '.join(Remark.values)}.", count.index, "remark")
    for name, longest in _LONGEST.items():
        text = getattr(count, name)
        if len(text) > longest:
            return _invalid(f"At most {longest} characters.", count.index, name)
        if "\x00" in text:
            return _invalid("A null character cannot be kept.", count.index, name)
    if count.line_id is None and (count.bin is None or (count.sku is None and not count.code.strip())):
        detail = "Name the line, or the bin with a SKU or a scanned code."
        return _invalid(detail, count.index, "line")
    return None


def _invalid(detail: str, index: int, field: str, *, code: str = "INVALID_INPUT") -> InvalidInput:
    return InvalidInput(code, detail, problems=[Problem(code, detail, index, field)])
