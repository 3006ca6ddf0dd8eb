"""The rows of a file: kept as they stand there, so that columns can be chosen anew without the file."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from inventory import statements
from inventory.import_runs.claims import LeaseLost, held, renewed
from inventory.import_runs.columns import EXPECTED, guess_kind, header_key, lacking, match_header
from inventory.import_runs.kinds import kinds_for
from inventory.import_runs.states import move
from inventory.imports.batches import chunks
from inventory.imports.sheet import Record, SheetError
from inventory.imports.table import Table, notes_of, open_table
from inventory.models import (
    ImportFile,
    ImportKind,
    ImportMapping,
    ImportRow,
    ImportRun,
    ImportState,
    ReasonCode,
    RowOutcome,
)
from warehouses import transactions
from warehouses.access import Access

__all__ = ["MOST_COLUMNS", "MOST_ROWS", "known_mapping", "read_file", "usual_reason"]

MOST_ROWS: Final = 100_000
MOST_COLUMNS: Final = 200
_LONGEST_CELL: Final = 5_000
_SHOWN_OF_LONG: Final = 200
_COLUMNS: Final = (
    "run",
    "number",
    "line",
    "content",
    "is_unreadable",
    "outcome",
    "stage",
    "key",
    "changes",
    "problems",
)


def read_file(run: ImportRun, access: Access) -> None:
    """Read the file into rows and go on to the check, or to the choice of columns where that is not clear.

    All of it is one transaction at the end of which the file is gone. Raises SheetError, LeaseLost.
    """
    content = ImportFile.objects.filter(run=run).values_list("content", flat=True).first()
    if content is None:  # somebody has just discarded it
        raise LeaseLost(run.public_id)
    with tempfile.NamedTemporaryFile(prefix="import-") as stream:
        stream.write(bytes(content))
        stream.flush()
        with open_table(Path(stream.name), name=run.file_name, expected=EXPECTED) as table:
            if len(table.header) > MOST_COLUMNS:
                raise SheetError(f"{run.file_name} has more than {MOST_COLUMNS} columns.")
            transactions.run(lambda: _write(run, access, table))


def _write(run: ImportRun, access: Access, table: Table) -> None:
    held(run)
    header = [_safe(name)[:_SHOWN_OF_LONG] for name in table.header]
    number = 0
    for records in chunks(table):
        rows = []
        for record in records:
            number += 1
            if number > MOST_ROWS:
                raise SheetError(f"{run.file_name} has more than {MOST_ROWS:,} rows: split it.")
            rows.append(_row(run, number, record, header))
        statements.insert(ImportRow, _COLUMNS, rows)
    if not number:
        raise SheetError(f"{run.file_name} has a header and no rows.")
    kind, mapping = _choose(run, access, header)
    to = ImportState.MAPPING if not kind or lacking(kind, mapping) else ImportState.CHECKING
    ImportFile.objects.filter(run=run).delete()
    waiting = to is ImportState.MAPPING
    closing: dict[str, Any] = {"next_attempt_at": None, "lease": None} if waiting else renewed()
    move(
        run,
        to,
        kind=kind,
        header=header,
        mapping=mapping,
        notes=notes_of(table),
        delimiter=table.delimiter,
        row_count=number,
        reason_code=usual_reason(access, kind),
        position={},
        **closing,
    )


def usual_reason(access: Access, kind: str) -> ReasonCode | None:
    """The reason of rows that name none, until somebody chooses another."""
    if kind not in (ImportKind.STOCK, ImportKind.MOVEMENTS):
        return None
    return ReasonCode.objects.filter(
        organization=access.organization, code_key="adjustment", is_active=True
    ).first()


def _choose(run: ImportRun, access: Access, header: Sequence[str]) -> tuple[str, list[str]]:
    """As files of this header were understood the last time; else by the names of the columns."""
    kinds = [run.kind] if run.kind else kinds_for(access)
    known = known_mapping(access, header, kinds)
    if known is not None:
        return known.kind, known.mapping
    kind, mapping = guess_kind(header, kinds)
    if not kind and run.kind:
        return run.kind, match_header(header, run.kind)
    return kind, mapping or [""] * len(header)


def known_mapping(access: Access, header: Sequence[str], kinds: Sequence[str]) -> ImportMapping | None:
    known = ImportMapping.objects.filter(
        organization=access.organization, kind__in=kinds, header_key=header_key(header)
    ).order_by("-used_at", "-pk")
    found = known.first()
    return found if found is not None and len(found.mapping) == len(header) else None


def _row(run: ImportRun, number: int, record: Record, header: Sequence[str]) -> tuple[Any, ...]:
    problem = record.problem
    values = list(record.values)
    for place, value in enumerate(values):
        if len(value) > _LONGEST_CELL:
            name = header[place] if place < len(header) else ""
            problem = problem or f"{name or 'a value'}: is longer than {_LONGEST_CELL:,} characters"
            values[place] = f"{value[:_SHOWN_OF_LONG]}…"
    # Kept in full a row with ten thousand values too many would be what fills the database.
    content = [_safe(value) for value in values[: len(header) + 1]]
    if problem is None:
        return (run.pk, number, record.line, content, False, RowOutcome.PENDING.value, "", "", [], [])
    troubles = [["", _safe(problem)[:300]]]
    return (run.pk, number, record.line, content, True, RowOutcome.WRONG.value, "", "", [], troubles)


def _safe(text: str) -> str:
    """Text that a database keeps: what is no character is shown as such."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "␀").encode("utf-8", "replace").decode("utf-8")
