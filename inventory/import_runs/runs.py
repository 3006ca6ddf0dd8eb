"""What people see of imports and decide about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from inventory.import_runs.columns import COLUMNS, header_key, lacking
from inventory.import_runs.kinds import KINDS, require_kind
from inventory.import_runs.states import move, require
from inventory.models import (
    ImportFile,
    ImportMapping,
    ImportRow,
    ImportRun,
    ImportState,
    ReasonCode,
    RowOutcome,
    RowStage,
)
from warehouses.access import Access
from warehouses.models import User, Warehouse
from warehouses.refusals import InvalidInput, NotFound, Problem, RuleBroken

__all__ = [
    "choose_columns",
    "discard",
    "good_rows",
    "start_import",
    "undo_import",
    "visible_runs",
    "wake",
    "wakers",
]

#: Called after the commit of a transaction that left something to do.
wakers: Final[list[Callable[[], None]]] = []

_log = structlog.get_logger(__name__)


def visible_runs(access: Access) -> QuerySet[ImportRun]:
    """The imports that the caller may see, the newest first.

    Those of kinds that they may import everywhere; of the others their own, unless a row is about a warehouse in which
    they have no such right any more.
    """
    rows = ImportRun.objects.filter(organization=access.organization)
    mine: Q = Q(actor_id=access.actor.id) if access.actor.id is not None else Q(pk__in=())
    seen: Any = mine & Q(kind="")
    for kind, work in KINDS.items():
        if access.everywhere(work.permission):
            seen |= Q(kind=kind)
        elif work.may(access):
            through = ImportRun.places.through.objects.filter(importrun=OuterRef("pk"))
            outside = through.exclude(warehouse__in=access.warehouse_ids(work.permission) or ())
            seen |= mine & Q(kind=kind) & ~Exists(outside)
    return rows.filter(seen).order_by("-created_at", "-id")


def good_rows(run: ImportRun) -> int:
    return run.new_count + run.changed_count


def choose_columns(
    *,
    access: Access,
    user: User,
    run: ImportRun,
    kind: str,
    mapping: Sequence[str],
    warehouse: Warehouse | None,
    reason_code: ReasonCode | None,
) -> None:
    """Say which column of the file is which of ours, and have all rows checked (again).

    Runs in the caller's transaction. `warehouse` and `reason_code` are for rows that name none. Raises Forbidden,
    NotFound `IMPORT_NOT_FOUND`, Conflict `INVALID_TRANSITION`, InvalidInput `INVALID_INPUT`, a problem for each column
    that is wrong, by its place.
    """
    require_kind(access, kind)
    current = _locked(access, run)
    require(current, ImportState.CHECKING)
    names = {column.name for column in COLUMNS[kind]}
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for place, name in enumerate(mapping):
        if not name:
            continue
        if name not in names:
            problems.append(
                Problem("INVALID_INPUT", "Choose one of the columns of the list.", place, "column")
            )
        elif seen.setdefault(name, place) != place:
            theirs = current.header[seen[name]] or f"column {seen[name] + 1}"
            problems.append(
                Problem(
                    "INVALID_INPUT", f"“{theirs}” is that already: choose one of the two.", place, "column"
                )
            )
    if len(mapping) != len(current.header):
        problems.append(Problem("INVALID_INPUT", "The file has other columns: look again.", None, "mapping"))
    if missing := lacking(kind, seen):
        detail = f"Choose the column that is: {'; '.join(missing)}."
        problems.append(Problem("INVALID_INPUT", detail, None, "mapping"))
    if problems:
        raise InvalidInput("INVALID_INPUT", problems[0].detail, problems=problems)
    ImportRow.objects.filter(run=current).update(
        outcome=RowOutcome.PENDING, stage="", key="", changes=[], subject_id=None, document_id=None
    )
    ImportRow.objects.filter(run=current, is_unreadable=False).update(problems=[])
    ImportRow.objects.filter(run=current, is_unreadable=True).update(outcome=RowOutcome.WRONG)
    current.places.clear()
    _go(
        current,
        ImportState.CHECKING,
        user,
        kind=kind,
        mapping=list(mapping),
        warehouse=warehouse,
        reason_code=reason_code,
        new_count=0,
        changed_count=0,
        same_count=0,
        wrong_count=0,
    )
    _remember(current)


def start_import(*, access: Access, user: User, run: ImportRun, is_strict: bool = False) -> None:
    """Import the rows that are good; with `is_strict`, all or nothing. Also goes on with an import that was cut short.

    Runs in the caller's transaction. Raises Forbidden, NotFound `IMPORT_NOT_FOUND`, Conflict `INVALID_TRANSITION`,
    RuleBroken `ROWS_WRONG`, `NOTHING_TO_IMPORT`.
    """
    require_kind(access, run.kind)
    current = _locked(access, run)
    require(current, ImportState.IMPORTING)
    if is_strict and current.wrong_count:
        raise RuleBroken(
            "ROWS_WRONG",
            f"{current.wrong_count:,} rows have errors, so nothing is imported. Put them right and bring the file"
            " again, or import the good rows.",
        )
    if not ImportRow.objects.filter(run=current, stage=RowStage.READY).exists():
        raise RuleBroken("NOTHING_TO_IMPORT", "No row of this file changes anything.")
    _go(
        current,
        ImportState.IMPORTING,
        user,
        is_strict=is_strict,
        imported_by=access.actor.name,
        imported_at=current.imported_at or timezone.now(),
    )
    _remember(current)


def undo_import(*, access: Access, user: User, run: ImportRun) -> None:
    """Take back what the import has done; what could not be taken back the last time is tried again.

    Runs in the caller's transaction. Raises Forbidden, NotFound `IMPORT_NOT_FOUND`, Conflict `INVALID_TRANSITION`,
    RuleBroken `NOTHING_TO_UNDO`.
    """
    require_kind(access, run.kind)
    current = _locked(access, run)
    require(current, ImportState.UNDOING)
    ImportRow.objects.filter(run=current, stage=RowStage.KEPT).update(stage=RowStage.DONE, problems=[])
    if not ImportRow.objects.filter(run=current, stage=RowStage.DONE).exists():
        raise RuleBroken("NOTHING_TO_UNDO", "Nothing of this import is left to undo.")
    _go(current, ImportState.UNDOING, user, kept_count=0, undone_by=access.actor.name)


def discard(*, access: Access, run: ImportRun) -> None:
    """Import nothing of it: its rows go, the record stays. Runs in the caller's transaction.

    Raises NotFound `IMPORT_NOT_FOUND`, Conflict `INVALID_TRANSITION`.
    """
    current = _locked(access, run)
    require(current, ImportState.DISCARDED)
    move(
        current,
        ImportState.DISCARDED,
        next_attempt_at=None,
        finished_at=timezone.now(),
    )
    # Whoever works on it loses the lease with that.
    ImportRun.objects.filter(pk=current.pk).update(lease=None)
    ImportRow.objects.filter(run=current).delete()
    ImportFile.objects.filter(run=current).delete()
    _log.info("import.discarded", run=current.public_id)


def wake() -> None:
    """Tell the workers that there is something to do."""
    for each in wakers:
        each()


def _go(run: ImportRun, to: ImportState, user: User, **fields: Any) -> None:
    now = timezone.now()
    move(run, to, user=user, next_attempt_at=now, tries=0, error="", position={}, finished_at=None, **fields)
    _log.info("import.started", run=run.public_id, state=to.value, actor_id=str(user.pk))


def _locked(access: Access, run: ImportRun) -> ImportRun:
    """The row of this instant, until the transaction ends."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("What is decided about an import is decided in a transaction.")
    keys: list[UUID] = list(visible_runs(access).filter(pk=run.pk).values_list("pk", flat=True))
    rows = ImportRun.objects.select_for_update(of=("self",), no_key=True)
    current = rows.filter(pk__in=keys).first()
    if current is None:
        raise NotFound("IMPORT_NOT_FOUND", "There is no such import.")
    return current


def _remember(run: ImportRun) -> None:
    """The next file with this header is understood like this one."""
    ImportMapping.objects.update_or_create(
        organization=run.organization,
        kind=run.kind,
        header_key=header_key(run.header),
        defaults={"mapping": run.mapping, "used_at": timezone.now()},
    )
