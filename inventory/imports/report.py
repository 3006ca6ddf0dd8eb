"""What an import did, in numbers and sentences."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from inventory.imports.columns import Columns
from inventory.imports.rejects import Rejects
from inventory.imports.sheet import Sheet

__all__ = ["Report", "skipped_note"]


@dataclass(slots=True)
class Report:
    """`read` counts records; what became of them is counted below it.

    `stopped` says why the file was not read to its end: what was counted until then is done.
    """

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    rejects: Rejects = field(default_factory=Rejects)
    notes: list[str] = field(default_factory=list)
    stopped: str = ""
    header: tuple[str, ...] = ()
    delimiter: str = ","

    def open(self, sheet: Sheet, columns: Columns) -> None:
        """Keep what a rejects file needs to look like the file it came from."""
        self.header = sheet.header
        self.delimiter = sheet.delimiter
        if columns.ignored:
            self.notes.append(f"columns not used: {', '.join(columns.ignored)}")


def skipped_note(codes: Counter[str]) -> list[str]:
    """One sentence that counts the lines left out by their code, or nothing."""
    if not codes:
        return []
    listing = ", ".join(f"{code} {count:,}" for code, count in codes.most_common())
    return [f"no stock, left out: {listing}"]
