"""The records of a sheet as cells under our column names; what cannot be read goes to the rejects."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from inventory.imports.columns import Columns
from inventory.imports.report import Report
from inventory.imports.sheet import Record, Sheet, SheetError

__all__ = ["Progress", "no_progress", "read_cells"]

#: Told how much of the work is done, from 0 to 1.
Progress = Callable[[float], None]


def no_progress(share: float) -> None:
    """For callers that nobody watches."""


def read_cells(
    sheet: Sheet, columns: Columns, report: Report, progress: Progress
) -> Iterator[tuple[Record, dict[str, str]]]:
    """Count every record; yield those that can be read.

    A file that ends in the middle (a truncated .gz) ends the iteration and is said in `report.stopped`, so that what
    came before it is still imported.
    """
    size = max(sheet.size, 1)
    try:
        for record in sheet:
            report.read += 1
            progress(sheet.position / size)
            if record.problem:
                report.rejects.add(record, record.problem)
            else:
                yield record, columns.pick(record.values)
    except SheetError as error:
        report.stopped = str(error)
