"""Good rows are posted, batch by batch: the postings, the rows and the counts of one batch are one transaction."""

from __future__ import annotations

import time
from typing import Any, Final

from django.db.models import F
from django.utils import timezone

from inventory import statements
from inventory.import_runs.checking import read_rows
from inventory.import_runs.claims import held, renewed
from inventory.import_runs.row_work import RowWork
from inventory.import_runs.states import move
from inventory.imports.batches import BATCH
from inventory.models import ImportRow, ImportRun, ImportState, RowOutcome, RowStage
from warehouses import transactions

__all__ = ["finish_import", "import_rows"]

_UPDATED: Final = ("outcome", "stage", "changes", "problems", "subject_id", "document_id")


def import_rows(run: ImportRun, work: RowWork, until: float) -> bool:
    """Post the rows that are ready; False where time is over before the last of them.

    A row leaves the stage “ready” in the transaction that posts it, so that one which was killed counts once, whoever
    goes on. Locks the import, then what the business code locks.
    """
    while True:
        if transactions.run(lambda: _post_batch(run, work)):
            if time.monotonic() >= until:
                return False
        elif not (work.tries_again and _again(run)):
            return True


def _post_batch(run: ImportRun, work: RowWork) -> bool:
    held(run)
    rows = list(ImportRow.objects.filter(run=run, stage=RowStage.READY).order_by("number")[:BATCH])
    if not rows:
        return False
    entries, judged = read_rows(work, rows)
    found = work.post(entries)
    judged.good.update(found.good)
    judged.bad.update(found.bad)
    values: list[tuple[Any, ...]] = []
    for row in rows:
        if row.number in judged.bad:
            troubles = [list(trouble) for trouble in judged.bad[row.number]]
            values.append(
                (row.pk, row.outcome, RowStage.REFUSED.value, row.changes, troubles, row.subject_id, None)
            )
            continue
        effect = judged.good[row.number]
        # A row that has become true meanwhile by somebody else's doing is done, and has changed nothing.
        outcome = row.outcome if effect.outcome is RowOutcome.SAME else effect.outcome.value
        changes = [list(change) for change in effect.changes]
        document = effect.document if changes else None
        values.append((row.pk, outcome, RowStage.DONE.value, changes, [], effect.subject, document))
    statements.update(ImportRow, _UPDATED, values)
    refused = sum(row.number in judged.bad for row in rows)
    ImportRun.objects.filter(pk=run.pk).update(
        done_count=F("done_count") + len(rows) - refused,
        refused_count=F("refused_count") + refused,
        **renewed(),
    )
    return True


def _again(run: ImportRun) -> bool:
    """Try what was refused again as long as that helps: a sale may stand ahead of its receipt."""

    def work() -> bool:
        current = held(run)
        if not current.refused_count or current.done_count <= current.position.get("tried_at", 0):
            return False
        rows = ImportRow.objects.filter(run=run, stage=RowStage.REFUSED)
        rows.update(stage=RowStage.READY, problems=[])
        ImportRun.objects.filter(pk=run.pk).update(
            refused_count=0, position={"tried_at": current.done_count}, **renewed()
        )
        return True

    return transactions.run(work)


def finish_import(run: ImportRun, *, error: str = "") -> None:
    """The end: what was wanted whole and is not is taken back at once."""

    def work() -> None:
        current = held(run)
        if current.is_strict and current.refused_count and not error:
            words = (
                f"{current.refused_count:,} rows were refused while importing, so everything is taken back."
            )
            move(
                run,
                ImportState.UNDOING,
                position={},
                undone_by=current.imported_by,
                **renewed() | {"error": words},
            )
            return
        move(
            run,
            ImportState.IMPORTED,
            next_attempt_at=None,
            lease=None,
            tries=0,
            error=error[:500],
            finished_at=timezone.now(),
        )

    transactions.run(work)
