"""What each row would do, batch by batch: nothing of it stays but what is found."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from django.db.models import F, Q
from django.utils import timezone

from inventory import statements
from inventory.import_runs.claims import held, renewed
from inventory.import_runs.effects import Effect, Judged
from inventory.import_runs.row_work import RowWork
from inventory.import_runs.states import move
from inventory.imports.batches import BATCH
from inventory.imports.fields import BadValue
from inventory.models import ImportRow, ImportRun, ImportState, RowOutcome, RowStage
from warehouses import transactions
from warehouses.models import Warehouse

__all__ = ["check_rows", "read_rows", "rows_after"]

_COUNT_OF: Final[Mapping[str, str]] = {
    RowOutcome.NEW.value: "new_count",
    RowOutcome.CHANGED.value: "changed_count",
    RowOutcome.SAME.value: "same_count",
    RowOutcome.WRONG.value: "wrong_count",
}
_UPDATED: Final = ("outcome", "stage", "key", "changes", "problems", "subject_id")


def rows_after(run: ImportRun, number: int = 0, *, which: Q | None = None) -> Iterator[list[ImportRow]]:
    """The rows of the import in their order, in batches, each of them read when it is asked for."""
    found = ImportRow.objects.filter(run=run) if which is None else ImportRow.objects.filter(which, run=run)
    while True:
        rows = list(found.filter(number__gt=number).order_by("number")[:BATCH])
        if not rows:
            return
        yield rows
        number = rows[-1].number


def read_rows(work: RowWork, rows: Sequence[ImportRow]) -> tuple[list[Any], Judged]:
    """What the rows ask for, and what is known about them by reading alone."""
    entries: list[Any] = []
    judged = Judged()
    for row in rows:
        if row.is_unreadable:
            continue
        try:
            entry = work.read(row, work.cells(row))
        except BadValue as bad:
            judged.bad[row.number] = [(bad.field, bad.detail)]
            continue
        if entry is None:
            judged.good[row.number] = Effect(RowOutcome.SAME)
        else:
            entries.append(entry)
    return entries, judged


def check_rows(run: ImportRun, work: RowWork, until: float) -> bool:
    """Judge the rows that are not judged yet; False where time is over before that.

    Rows that were judged before are read again, because what a file says of a row depends on those before it. It goes
    on for as long as that took at least, or each while at the end of a long file would be spent on its beginning.
    """
    done = int(run.position.get("checked", 0))
    began = now = time.monotonic()
    for rows in rows_after(run):
        entries, judged = read_rows(work, rows)
        if rows[-1].number <= done:
            if work.tries_again:  # what it adds up begins with the first row
                work.judge(entries)
            now = time.monotonic()
            continue
        found = work.judge(entries)
        judged.good.update(found.good)
        judged.bad.update(found.bad)
        keys = {entry.index: work.key_of(entry) for entry in entries}
        through = rows[-1].number
        _write(run, rows, judged, keys, position={"checked": through})
        run.position = {"checked": through}
        if time.monotonic() >= max(until, now + (now - began)) and through < run.row_count:
            return False
    _finish(run, work)
    return True


def _write(
    run: ImportRun,
    rows: Sequence[ImportRow],
    judged: Judged,
    keys: Mapping[int, str],
    **fields: Any,
) -> None:
    values: list[tuple[Any, ...]] = []
    counts: Counter[str] = Counter()
    for row in rows:
        if row.is_unreadable:
            counts["wrong_count"] += 1
        elif row.number in judged.bad:
            troubles = [list(trouble) for trouble in judged.bad[row.number]]
            values.append((row.pk, RowOutcome.WRONG.value, "", "", [], troubles, None))
            counts["wrong_count"] += 1
        elif row.number in judged.good:
            effect = judged.good[row.number]
            stage = "" if effect.outcome is RowOutcome.SAME else RowStage.READY.value
            changes = [list(change) for change in effect.changes]
            key = keys.get(row.number, row.key)
            values.append((row.pk, effect.outcome.value, stage, key, changes, [], effect.subject))
            counts[_COUNT_OF[effect.outcome.value]] += 1
        else:
            # Nothing can be said of it before the last row is read.
            values.append((row.pk, RowOutcome.PENDING.value, "", keys.get(row.number, ""), [], [], None))

    def write() -> None:
        held(run)
        statements.update(ImportRow, _UPDATED, values)
        added = {name: F(name) + count for name, count in counts.items()}
        ImportRun.objects.filter(pk=run.pk).update(**added, **renewed(**fields))

    transactions.run(write)


def _finish(run: ImportRun, work: RowWork) -> None:
    late = work.judge_at_last()
    numbers = sorted({*late.good, *late.bad})
    for start in range(0, len(numbers), BATCH):
        part = numbers[start : start + BATCH]
        rows = list(ImportRow.objects.filter(run=run, number__in=part).order_by("number"))
        waiting = [row for row in rows if row.outcome == RowOutcome.PENDING]
        if waiting:
            _write(run, waiting, late, {row.number: row.key for row in waiting})

    def close() -> None:
        current = held(run)
        current.places.set(Warehouse.objects.filter(pk__in=work.places))
        move(
            run,
            ImportState.READY,
            next_attempt_at=None,
            lease=None,
            tries=0,
            error="",
            finished_at=timezone.now(),
        )

    transactions.run(close)
