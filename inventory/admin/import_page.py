"""The page of one import: how far it is, what its rows do, and what is wrong with which cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse

from inventory.admin.import_columns import ColumnsForm
from inventory.admin.labels import GREY, OUTLINE, PLAIN, Look, symbol_label
from inventory.import_runs.columns import COLUMNS, lacking
from inventory.import_runs.downloads import WRONG, words_of
from inventory.import_runs.row_work import cells_of
from inventory.import_runs.runs import good_rows
from inventory.import_runs.states import AT_WORK
from inventory.models import ImportKind, ImportRow, ImportRun, ImportState, RowOutcome, RowStage, Sku
from warehouses.access import Access
from warehouses.identifiers import encode

__all__ = ["RUN_LOOKS", "page_of_run"]

RUN_LOOKS: Final[Mapping[ImportState, Look]] = {
    ImportState.READING: Look("hourglass_top", "info"),
    ImportState.MAPPING: Look("view_column", "warning"),
    ImportState.CHECKING: Look("hourglass_top", "info"),
    ImportState.READY: Look("rule", "warning"),
    ImportState.IMPORTING: Look("sync", "info"),
    ImportState.IMPORTED: Look("check", extra=PLAIN),
    ImportState.UNDOING: Look("undo", "info"),
    ImportState.UNDONE: Look("undo", extra=OUTLINE),
    ImportState.FAILED: Look("error", "danger"),
    ImportState.DISCARDED: Look("block", extra=GREY),
}
_ROW_LOOKS: Final[Mapping[str, Look]] = {
    RowOutcome.NEW.value: Look("add", "info"),
    RowOutcome.CHANGED.value: Look("edit", "info"),
    RowOutcome.SAME.value: Look("equal", extra=PLAIN),
    RowOutcome.WRONG.value: Look("error", "danger"),
    RowOutcome.PENDING.value: Look("hourglass_top", extra=GREY),
    RowStage.DONE.value: Look("check", extra=PLAIN),
    RowStage.REFUSED.value: Look("error", "danger"),
    RowStage.UNDONE.value: Look("undo", extra=OUTLINE),
    RowStage.KEPT.value: Look("error", "danger"),
}
_SHOWN: Final = 50
_SHORT: Final = 32
#: Beside the file's own columns: what the ledger would say after it.
_ALSO: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    ImportKind.MOVEMENTS.value: (("on_hand", "On hand"),)
}


@dataclass(frozen=True, slots=True)
class Cell:
    """`before` is None where nothing changes."""

    text: str
    before: str | None
    is_number: bool
    is_wrong: bool
    link: str = ""

    @property
    def is_short(self) -> bool:
        """Whether it is kept on one line."""
        return len(self.text) + len(self.before or "") <= _SHORT


def page_of_run(
    request: HttpRequest, run: ImportRun, access: Access, form: ColumnsForm | None
) -> dict[str, Any]:
    state = ImportState(run.state)
    may_choose = state in (ImportState.MAPPING, ImportState.READY) and bool(run.header)
    if form is None and may_choose:
        form = ColumnsForm(run=run, access=access)
    is_at_work = state in AT_WORK
    good, left = good_rows(run), run.done_count - run.undone_count
    shown = _rows(request, run) if run.kind and state is not ImportState.MAPPING else {"rows": []}
    return {
        "run": run,
        "state": state.label,
        "state_label": symbol_label(state.label, RUN_LOOKS[state]),
        "kind": run.get_kind_display() if run.kind else "",
        "refresh": 2 if is_at_work else None,
        "progress": _progress(run),
        "form": form if may_choose else None,
        "is_mapping": state is ImportState.MAPPING
        or (form is not None and (form.is_bound or form.shown_kind != run.kind)),
        "lacks": lacking(run.kind, run.mapping) if run.kind and state is ImportState.MAPPING else [],
        "good": good,
        "can_import": state is ImportState.READY and good > 0,
        "can_go_on": state is ImportState.IMPORTED and good > run.done_count + run.refused_count,
        "can_undo": (state is ImportState.IMPORTED and left > 0)
        or (state is ImportState.UNDONE and (run.kept_count > 0 or left > run.kept_count)),
        "can_discard": state
        in (ImportState.MAPPING, ImportState.READY, ImportState.READING, ImportState.CHECKING),
        "bad_count": run.wrong_count + run.refused_count + run.kept_count,
        "facts": _facts(run),
        "urls": {
            name: reverse(f"admin:inventory_importrun_{name}", args=(run.pk,))
            for name in ("columns", "start", "undo", "discard", "problems")
        },
        "again_url": reverse("admin:inventory_importrun_changelist"),
        **shown,
    }


def _progress(run: ImportRun) -> dict[str, Any] | None:
    """How much of the work at hand is done, and in words."""
    total = max(run.row_count, 1)
    if run.state == ImportState.CHECKING:
        done = run.new_count + run.changed_count + run.same_count + run.wrong_count
        words = f"{done:,} of {run.row_count:,} rows are checked."
    elif run.state == ImportState.IMPORTING:
        done, total = run.done_count + run.refused_count, max(good_rows(run), 1)
        words = f"{done:,} of {good_rows(run):,} rows are imported."
    elif run.state == ImportState.UNDOING:
        done, total = run.undone_count + run.kept_count, max(run.done_count, 1)
        words = f"{done:,} of {run.done_count:,} rows are taken back."
    elif run.state == ImportState.READING:
        done, words = 0, "The file is being read."
    else:
        return None
    return {"percent": min(100 * done // total, 100), "words": words}


def _facts(run: ImportRun) -> list[tuple[str, Any]]:
    facts: list[tuple[str, Any]] = [
        ("Number", run.public_id),
        ("Brought by", run.actor_name),
        ("When", run.created_at),
    ]
    if run.imported_by:
        facts += [("Imported by", run.imported_by), ("Imported", run.imported_at)]
    if run.undone_by:
        facts.append(("Undone by", run.undone_by))
    return facts


# --- rows


def _rows(request: HttpRequest, run: ImportRun) -> dict[str, Any]:
    filters = _filters(run)
    chosen = request.GET.get("show", "")
    if chosen not in {name for name, *_ in filters}:
        chosen = ""
    found = ImportRow.objects.filter(run=run)
    narrowing = next(condition for name, _, _, condition in filters if name == chosen)
    if narrowing is not None:
        found = found.filter(narrowing)
    after, before = _number(request, "after"), _number(request, "before")
    if before is not None:
        rows = list(found.filter(number__lt=before).order_by("-number")[: _SHOWN + 1])
        has_more, rows = len(rows) > _SHOWN, rows[:_SHOWN][::-1]
        earlier, later = has_more, True
    else:
        rows = list(found.filter(number__gt=after or 0).order_by("number")[: _SHOWN + 1])
        earlier, later = after is not None, len(rows) > _SHOWN
        rows = rows[:_SHOWN]
    columns = [column for column in COLUMNS[run.kind] if column.name in run.mapping]
    also = _ALSO.get(run.kind, ())
    codes = _links(rows)

    def address(**given: Any) -> str:
        return "?" + urlencode({name: value for name, value in {"show": chosen, **given}.items() if value})

    return {
        "chips": [
            {
                "words": words,
                "number": number,
                "link": address(show=name) if name else "?",
                "is_chosen": name == chosen,
            }
            for name, words, number, _ in filters
        ],
        "columns": [(column.label, column.is_number) for column in columns]
        + [(words, True) for _, words in also],
        "rows": [_row(run, row, columns, also, codes) for row in rows],
        "earlier": address(before=rows[0].number) if earlier and rows else None,
        "later": address(after=rows[-1].number) if later and rows else None,
        "has_problems": any(row.problems for row in rows),
        "has_documents": any(row.document_id for row in rows),
        "chosen": chosen,
    }


def _filters(run: ImportRun) -> list[tuple[str, str, int, Q | None]]:
    """(name, words, how many, which rows), of those that there are."""
    every: list[tuple[str, str, int, Q | None]] = [
        ("new", "New", run.new_count, Q(outcome=RowOutcome.NEW)),
        ("changed", "Changed", run.changed_count, Q(outcome=RowOutcome.CHANGED)),
        ("same", "Same", run.same_count, Q(outcome=RowOutcome.SAME)),
        ("wrong", "Errors", run.wrong_count + run.refused_count + run.kept_count, WRONG),
    ]
    return [("", "All", run.row_count, None), *(each for each in every if each[2])]


def _links(rows: Sequence[ImportRow]) -> set[Any]:
    """The SKUs among those that rows are about that there are. A check takes back the ones that it makes. One query."""
    keys = {row.subject_id for row in rows if row.subject_id is not None}
    return set(Sku.objects.filter(pk__in=keys).values_list("pk", flat=True)) if keys else set()


def _row(
    run: ImportRun, row: ImportRow, columns: Sequence[Any], also: Sequence[tuple[str, str]], skus: set[Any]
) -> dict[str, Any]:
    values = cells_of(run.mapping, row.content)
    changes = {column: (before, after) for column, before, after in row.changes}
    wrong = {column for column, _ in row.problems}
    link = (
        reverse("admin:inventory_sku_page", args=(encode(Sku.prefix, row.subject_id),))
        if row.subject_id is not None and row.subject_id in skus
        else ""
    )
    cells = []
    for column in columns:
        before, text = changes.get(column.name, (None, values.get(column.name, "")))
        cells.append(
            Cell(
                text,
                None if row.outcome == RowOutcome.NEW and not before else before,
                column.is_number,
                column.name in wrong,
                link if column.name == "sku" else "",
            )
        )
    for name, _ in also:
        before, text = changes.get(name, (None, ""))
        cells.append(Cell(text, before, True, False))
    said = row.stage if row.stage not in ("", RowStage.READY) else row.outcome
    words = dict(RowStage.choices).get(said) or dict(RowOutcome.choices)[said]
    return {
        "line": row.line,
        "label": symbol_label(str(words), _ROW_LOOKS[said]),
        "cells": cells,
        "problem": words_of(row),
        "raw": "" if row.problems == [] or not row.is_unreadable else " | ".join(row.content)[:200],
        "document": reverse("admin:inventory_adjustment_change", args=(row.document_id,))
        if row.document_id
        else "",
    }


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
