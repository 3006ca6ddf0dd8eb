"""The lines of one count as a page shows them: what the books say is read only where it may be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet

from cycle_counts.models import CountBatch, CountLine, LineState
from cycle_counts.rights import may_see_book
from warehouses.access import Access

__all__ = ["LINES_PER_PAGE", "LinesPage", "ShownLine", "read_lines"]

LINES_PER_PAGE: Final = 200
#: What stands in the books, or follows from it: not even read for those who are not to know.
_BOOK: Final = (
    "expected", "variance", "unit_cost", "level_version", "is_within", "root_cause", "review_note", "reviewer_name",
    "reviewed_at", "abc_class",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShownLine:
    """`shows_count`: what somebody else has counted is no business of those who may have to count it again."""

    line: CountLine
    shows_book: bool
    shows_count: bool

    @property
    def state(self) -> str:
        """What became of it; without the books only whether it was counted."""
        if self.shows_book:
            if self.line.state == LineState.ACCEPTED and self.line.is_within:
                return "Within tolerance"
            return str(self.line.get_state_display())
        return str((LineState.PENDING if self.line.counted is None else LineState.COUNTED).label)

    @property
    def goods(self) -> str:
        return self.line.sku.code if self.line.sku is not None else self.line.code

    @property
    def title(self) -> str:
        return self.line.sku.title if self.line.sku is not None else "Nobody knows this code yet"

    @property
    def lot(self) -> str:
        return self.line.lot.code if self.line.lot is not None else self.line.lot_code


@dataclass(frozen=True, slots=True)
class LinesPage:
    lines: list[ShownLine]
    number: int
    pages: int
    total: int

    @property
    def first(self) -> int:
        return (self.number - 1) * LINES_PER_PAGE + 1

    @property
    def last(self) -> int:
        return self.first + len(self.lines) - 1

    @property
    def earlier(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def later(self) -> int | None:
        return self.number + 1 if self.number < self.pages else None


def read_lines(access: Access, batch: CountBatch, *, shows_book: bool, total: int, page: Any) -> LinesPage:
    """A page of the lines in the order of the walk; `page` is what the address says. One query."""
    pages = max(1, -(-total // LINES_PER_PAGE))
    text = str(page or "")
    number = min(int(text), pages) if text.isascii() and text.isdigit() and len(text) < 7 and int(text) else 1
    rows: QuerySet[CountLine] = batch.lines.select_related("bin__room", "sku", "lot").order_by("position")
    if not shows_book:
        rows = rows.defer(*_BOOK)
    start = (number - 1) * LINES_PER_PAGE
    sees_counts = may_see_book(access, batch.warehouse_id)
    lines = [
        ShownLine(line, shows_book, sees_counts or line.counter_id == access.actor.id)
        for line in rows[start : start + LINES_PER_PAGE]
    ]
    return LinesPage(lines, number, pages, total)
