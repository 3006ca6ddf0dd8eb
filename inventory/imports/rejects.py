"""The lines that were not taken, with what is wrong with each: on screen and in a file of their own."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from inventory.imports.sheet import Record

__all__ = ["Rejects"]

_ADDED = ("line", "problem")


@dataclass(slots=True)
class Rejects:
    """Collects rejected records; they are few, and are written in the order of the file."""

    entries: list[tuple[Record, str]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.entries)

    def add(self, record: Record, problem: str) -> None:
        self.entries.append((record, problem))

    def in_order(self) -> list[tuple[Record, str]]:
        return sorted(self.entries, key=lambda entry: entry[0].line)

    def write(self, path: Path, *, header: Sequence[str], delimiter: str) -> None:
        """Write them as CSV: the columns as they were, then `line` and `problem`.

        Values stay as they were, formulas included: the file is there to be put right and imported again, not to be
        shown. A rejects file that is imported again gets its two columns replaced, not doubled.
        """
        names = tuple(header)
        width = len(names) - len(_ADDED) if names[-len(_ADDED) :] == _ADDED else len(names)
        # Bytes that were no UTF-8 go out as they came in.
        with path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as stream:
            writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
            writer.writerow((*names[:width], *_ADDED))
            for record, problem in self.in_order():
                values = record.values[:width]
                padding = ("",) * (width - len(values))
                writer.writerow((*values, *padding, record.line, problem))
