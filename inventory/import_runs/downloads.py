"""Rows of an import as a file like the one that they came from, to be put right and brought again."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO, Final

from django.db.models import Q

from inventory.exports.writing import content_type, write
from inventory.import_runs.checking import rows_after
from inventory.models import ExportFormat, ImportRow, ImportRun, RowOutcome, RowStage
from warehouses.tables import Cell, Table

__all__ = ["PROBLEM", "WRONG", "bad_rows", "words_of"]

PROBLEM: Final = "problem"
#: Rows that did not come in, or would not.
WRONG: Final = Q(outcome=RowOutcome.WRONG) | Q(stage__in=(RowStage.REFUSED, RowStage.KEPT))
_IN_MEMORY: Final = 1_000_000


def bad_rows(run: ImportRun) -> tuple[IO[bytes], str, str]:
    """(the file, its type, its name): the columns as they were, and what is wrong with each row in one more.

    A text that a spreadsheet would calculate with is kept from that, and is read back as it was.
    """
    header = list(run.header)
    width = len(header) - 1 if header and header[-1] == PROBLEM else len(header)
    format = ExportFormat.CSV if run.delimiter else ExportFormat.XLSX  # noqa: A001
    columns = (*header[:width], PROBLEM)
    table = Table("Problems", columns, _rows(run, width), lambda limit: 0)
    file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the answer closes it
    write(table, file, file_format=format, zone=run.organization.zone)
    file.seek(0)
    stem = run.file_name.removesuffix(".gz").rpartition(".")[0] or run.file_name
    return file, content_type(format), f"{stem}.problems.{format}"


def _rows(run: ImportRun, width: int) -> Iterator[list[Cell]]:
    for rows in rows_after(run, which=WRONG):
        for row in rows:
            values: list[Cell] = [*row.content[:width], *[""] * (width - len(row.content))]
            yield [*values, words_of(row)]


def words_of(row: ImportRow) -> str:
    return "; ".join(f"{column}: {words}" if column else words for column, words in row.problems)
