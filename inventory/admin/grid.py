"""What is shown of lines that are written like a sheet, beside their cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["WrongCell", "wrong_cells"]


@dataclass(frozen=True, slots=True)
class WrongCell:
    """A cell with a fault: its id on the page, its line as people count, and what is wrong."""

    id: str
    number: int
    words: str


def wrong_cells(lines: Any) -> list[WrongCell]:
    """The faults of a formset that has been judged, line by line. Empty where it was not sent, or is not judged yet."""
    if not lines.is_bound:
        return []
    found = []
    for number, line in enumerate(lines.forms, start=1):
        faults = line.errors
        if not faults:
            continue
        first = next(iter(line.visible_fields()))
        for name, errors in faults.items():
            cell = line[name] if name in line.fields else first
            found += [WrongCell(cell.id_for_label, number, str(error)) for error in errors]
    return found
