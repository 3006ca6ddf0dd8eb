"""What an import has done is taken back, the latest first; what cannot be is said row by row."""

from __future__ import annotations

import time
from collections.abc import Mapping

from django.db.models import F
from django.utils import timezone

from inventory import statements
from inventory.import_runs.claims import held, renewed
from inventory.import_runs.effects import Trouble
from inventory.import_runs.row_work import RowWork
from inventory.import_runs.states import move
from inventory.imports.batches import BATCH
from inventory.models import ImportRow, ImportRun, ImportState, RowStage
from warehouses import transactions
from warehouses.refusals import Refusal

__all__ = ["finish_undoing", "undo_rows"]


def undo_rows(run: ImportRun, work: RowWork, until: float) -> bool:
    """Take back the rows that are done; False where time is over before the last of them."""
    while transactions.run(lambda: _undo_batch(run, work)):
        if time.monotonic() >= until:
            return False
    return True


def _undo_batch(run: ImportRun, work: RowWork) -> bool:
    """One document and all of its rows, or a batch of rows that are of none. Locks the import first."""
    held(run)
    done = ImportRow.objects.filter(run=run, stage=RowStage.DONE).order_by("-number")
    last = done.first()
    if last is None:
        return False
    if work.has_documents and last.document_id is not None:
        rows = list(done.filter(document_id=last.document_id))
    else:
        rows = list(done[:BATCH])
        if work.has_documents:
            rows = [row for row in rows if row.document_id is None]
    try:
        kept: Mapping[int, Trouble] = work.undo(rows)
    except Refusal as refusal:
        if refusal.code == "CONTENTION":
            raise
        kept = {row.number: ("", refusal.detail[:500]) for row in rows}
    statements.update(
        ImportRow,
        ("stage", "problems"),
        [
            (row.pk, RowStage.KEPT.value, [list(kept[row.number])])
            if row.number in kept
            else (row.pk, RowStage.UNDONE.value, [])
            for row in rows
        ],
    )
    ImportRun.objects.filter(pk=run.pk).update(
        undone_count=F("undone_count") + len(rows) - len(kept),
        kept_count=F("kept_count") + len(kept),
        **_going_on(run),
    )
    return True


def _going_on(run: ImportRun) -> dict[str, object]:
    """Why a whole import is taken back is still to be read when it is."""
    fields = renewed()
    if run.is_strict:
        del fields["error"]
    return fields


def finish_undoing(run: ImportRun, *, error: str = "") -> None:
    def work() -> None:
        held(run)
        fields = {"error": error[:500]} if error else {}
        move(
            run,
            ImportState.UNDONE,
            next_attempt_at=None,
            lease=None,
            tries=0,
            finished_at=timezone.now(),
            **fields,
        )

    transactions.run(work)
