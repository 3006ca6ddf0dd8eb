"""Writing the lines of a batch, and the bins that it leads to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cycle_counts.models import CountBatch, CountBin, CountLine, LineState
from inventory import statements
from warehouses.identifiers import new_id

__all__ = ["MOST_LINES", "PlannedLine", "write_bins", "write_lines"]

MOST_LINES: Final = 10_000


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """One SKU, of one lot or none, in one bin; without a SKU what was scanned, without a known lot its code."""

    bin_id: UUID
    sku_id: UUID | None
    lot_id: UUID | None = None
    abc_class: str = ""
    code: str = ""
    lot_code: str = ""
    is_found: bool = False
    recount_of_id: UUID | None = None


_COLUMNS: Final = (
    *("id", "batch", "position", "bin", "sku", "lot", "code", "lot_code", "is_found", "abc_class", "state"),
    *(
        "counter_type",
        "counter_name",
        "remark",
        "note",
        "is_within",
        "root_cause",
        "review_note",
        "reviewer_name",
    ),
    "recount_of",
)


def write_lines(batch: CountBatch, rows: Sequence[PlannedLine], *, first_position: int = 1) -> list[UUID]:
    """Insert lines that are still to be counted, in their order; their keys. One statement."""
    keys = [new_id() for _ in rows]
    statements.insert(
        CountLine,
        _COLUMNS,
        [
            (
                *(key, batch.pk, position, row.bin_id, row.sku_id, row.lot_id, row.code, row.lot_code),
                *(row.is_found, row.abc_class, LineState.PENDING.value),
                *("", "", "", "", False, "", "", ""),
                row.recount_of_id,
            )
            for position, (key, row) in enumerate(zip(keys, rows, strict=True), start=first_position)
        ],
    )
    return keys


def write_bins(batch: CountBatch, bins: Sequence[UUID], *, first_position: int = 1) -> None:
    """Insert the bins that the batch leads to, in the order in which they are walked. One statement."""
    statements.insert(
        CountBin,
        ("batch", "bin", "position", "visitor_name"),
        [(batch.pk, key, position, "") for position, key in enumerate(bins, start=first_position)],
    )
