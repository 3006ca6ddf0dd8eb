"""What is counted: a table, the columns that rows are told apart by, and the order that its list has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from inventory.models import TallyKind

__all__ = ["KINDS", "Kind"]


@dataclass(frozen=True, slots=True)
class Kind:
    """`order` is the column that pages are walked by; empty where no page is asked for by its number."""

    name: TallyKind
    table: str
    order: str = ""
    is_instant: bool = False
    has_warehouse: bool = True
    has_status: bool = False
    has_low: bool = True

    def warehouse(self, row: str) -> str:
        return f"{row}.warehouse_id" if self.has_warehouse else "NULL::uuid"

    def status(self, row: str) -> str:
        return f"{row}.status" if self.has_status else "''"

    def is_low(self, row: str) -> str:
        return f"{row}.is_low" if self.has_low else "false"

    def mark(self, row: str) -> str:
        """The place of a row in the list, as a text that sorts as the column does."""
        if not self.order:
            return "''"
        return self.as_mark(f"{row}.{self.order}")

    def as_mark(self, value: str) -> str:
        if self.is_instant:
            return f"""(to_char({value} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') COLLATE "C")"""
        return value

    def of_mark(self, mark: str) -> str:
        """The other way round, in SQL; before everything where the mark is the beginning."""
        if self.is_instant:
            return f"COALESCE((NULLIF({mark}, '') || '+00')::timestamptz, '-infinity')"
        return mark

    def before_mark(self, mark: str) -> str:
        """As `of_mark`, but after everything where there is no further mark."""
        if self.is_instant:
            return f"COALESCE(({mark} || '+00')::timestamptz, 'infinity')"
        return f"COALESCE({mark}, chr(1114111))"

    def value_of(self, mark: str) -> Any:
        """The column's value at a mark that is not the beginning."""
        return datetime.fromisoformat(mark).replace(tzinfo=UTC) if self.is_instant else mark

    def mark_at(self, value: Any) -> str:
        """The mark of a column's value."""
        if isinstance(value, datetime):
            return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
        return str(value)


KINDS: Final[dict[TallyKind, Kind]] = {
    kind.name: kind
    for kind in (
        Kind(TallyKind.LEVEL, "inventory_stocklevel", "sort_code", has_status=True),
        Kind(TallyKind.SUMMARY, "inventory_stocksummary", has_warehouse=False, has_status=True),
        Kind(TallyKind.ITEM, "inventory_stockitem", "created_at", is_instant=True),
        Kind(TallyKind.SKU, "inventory_sku", "code_key", has_warehouse=False, has_low=False),
    )
}
