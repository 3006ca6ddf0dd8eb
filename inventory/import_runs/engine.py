"""Working on imports: each as far as it comes, a while at a time, so that others get their turn."""

from __future__ import annotations

import random
import time
from datetime import timedelta
from typing import Final

import structlog
from django.db import DatabaseError
from django.utils import timezone

from inventory.import_runs.checking import check_rows
from inventory.import_runs.claims import LeaseLost, claim, is_due, put_off
from inventory.import_runs.importing import finish_import, import_rows
from inventory.import_runs.kinds import work_of
from inventory.import_runs.reading import read_file
from inventory.import_runs.states import move
from inventory.import_runs.telling import tell
from inventory.import_runs.undoing import finish_undoing, undo_rows
from inventory.imports.sheet import SheetError
from inventory.models import ImportFile, ImportRun, ImportState
from warehouses import transactions
from warehouses.access import Access, access_of_user
from warehouses.refusals import Refusal

__all__ = ["DELAYS", "TRIES", "work", "work_on"]

#: Seconds before each try but the first, give or take a fifth.
DELAYS: Final = (2.0, 10.0, 30.0, 120.0)
TRIES: Final = len(DELAYS) + 1

_log = structlog.get_logger(__name__)


class _Over(Exception):
    """It cannot go on, and trying again would not help. The message is for whoever looks at it."""


def work(*, seconds: float) -> bool:
    """Work on imports that are due until `seconds` are over; True where there is more that could be done at once."""
    until = time.monotonic() + seconds
    while (run := claim(timezone.now())) is not None:
        _work_on(run, until, is_watched=False)
        if time.monotonic() >= until:
            return is_due(timezone.now())
    return False


def work_on(run: ImportRun, *, seconds: float) -> None:
    """The same for one import, while somebody waits for it; what is left is a worker's."""
    until = time.monotonic() + seconds
    claimed = claim(timezone.now(), pk=run.pk)
    if claimed is not None:
        _work_on(claimed, until, is_watched=True)


def _work_on(run: ImportRun, until: float, *, is_watched: bool) -> None:
    log = _log.bind(run=run.public_id, state=run.state)
    try:
        try:
            if run.tries >= TRIES:
                raise _Over("The worker was lost in the middle of it, again and again.")
            while _step(run, until):
                log.info("import.stepped", to=run.state)
        except (SheetError, _Over) as problem:
            _end(run, str(problem))
        except Refusal as refusal:
            if refusal.code == "CONTENTION":
                _try_later(run, refusal.detail)
            else:
                _end(run, refusal.detail)
        except LeaseLost:
            raise
        except (DatabaseError, OSError) as error:
            log.exception("import.broke")
            _try_later(run, f"The database could not do it ({type(error).__name__}).")
        except Exception:
            # A fault of ours: what is done stays done, and is not tried for ever.
            log.exception("import.broke")
            _try_later(run, "Something went wrong here; the worker's log says what.")
        if not is_watched:
            tell(run)
    except LeaseLost:
        log.warning("import.lease_lost")


def _step(run: ImportRun, until: float) -> bool:
    """One state further; False where there is nothing more to do, or not now. Raises LeaseLost."""
    access = _access(run)
    if run.state == ImportState.READING:
        read_file(run, access)
        return run.state == ImportState.CHECKING
    if run.state not in (ImportState.CHECKING, ImportState.IMPORTING, ImportState.UNDOING):
        return False
    job = work_of(run, access)
    if run.state == ImportState.CHECKING:
        is_through = check_rows(run, job, until)
    elif run.state == ImportState.IMPORTING:
        is_through = import_rows(run, job, until)
        if is_through:
            finish_import(run)
    else:
        is_through = undo_rows(run, job, until)
        if is_through:
            finish_undoing(run)
    if not is_through:
        put_off(run, until=timezone.now(), error=run.error if run.state == ImportState.UNDOING else "")
        return False
    return run.state == ImportState.UNDOING


def _access(run: ImportRun) -> Access:
    """The rights that the person has at this moment."""
    access = access_of_user(run.user, run.organization) if run.user is not None else None
    if access is None:
        raise _Over("Whoever asked for it no longer belongs to this organization.")
    return access


def _end(run: ImportRun, words: str) -> None:
    if run.state == ImportState.IMPORTING:
        finish_import(run, error=words)
    elif run.state == ImportState.UNDOING:
        finish_undoing(run, error=words)
    else:
        closing = {"next_attempt_at": None, "lease": None, "tries": 0, "finished_at": timezone.now()}

        def fail() -> None:
            if not move(run, ImportState.FAILED, error=words[:500], **closing):
                raise LeaseLost(run.public_id)
            ImportFile.objects.filter(run=run).delete()

        transactions.run(fail)
    _log.warning("import.ended", run=run.public_id, state=run.state, reason=words)


def _try_later(run: ImportRun, words: str) -> None:
    tries = run.tries + 1
    if tries >= TRIES:
        _end(run, words)
        return
    # Jitter keeps what failed together from coming back together; it is no secret.
    delay = DELAYS[tries - 1] * random.uniform(0.8, 1.2)  # noqa: S311
    put_off(run, until=timezone.now() + timedelta(seconds=delay), tries=tries, error=words)
