"""Working on runs: a page from the feed, outside of any transaction, then its rows, batch by batch."""

from __future__ import annotations

import random
import time
from datetime import timedelta
from itertools import islice
from typing import Any, Final

import structlog
from django.utils import timezone

from inventory.imports.batches import chunks
from inventory.models import SyncProblem, SyncRun
from inventory.sync.batches import Origin, take_over
from inventory.sync.claims import LeaseLost, can_claim, claim, due_runs, held, put_off, renew
from inventory.sync.endings import complete, fail
from inventory.sync.feeds import Broken, Page, Unavailable
from inventory.sync.sources import source_of
from warehouses import transactions

__all__ = ["DELAYS", "TRIES", "work"]

#: Seconds before each try but the first, give or take a fifth.
DELAYS: Final = (2.0, 10.0, 30.0, 120.0)
TRIES: Final = len(DELAYS) + 1

_log = structlog.get_logger(__name__)


def work(*, seconds: float) -> bool:
    """Work on runs that are due until `seconds` are over; True where there is more that could be done at once.

    Runs take turns after each page, the one that has waited longest first, so that a long one does not keep the
    others waiting. A page of a feed that was begun is finished; a file may be left in the middle.
    """
    until = time.monotonic() + seconds
    while (run := claim(timezone.now())) is not None:
        _work_on(run, until)
        if time.monotonic() >= until:
            return can_claim(timezone.now())
    return False


def _work_on(run: SyncRun, until: float) -> None:
    log = _log.bind(run=run.public_id, warehouse=run.warehouse.public_id)
    try:
        try:
            if run.tries >= TRIES:
                raise Broken("The worker was lost in the middle of it, again and again.")
            _go_on(run, until)
        except Unavailable as problem:
            _try_later(run, str(problem), problem.retry_after or 0.0)
        except Broken as problem:
            fail(run, str(problem))
            _put_aside(problem, log)
        except LeaseLost:
            raise
        except Exception:
            # A fault of ours, or of the database's: what is not done is tried again, but not for ever.
            log.exception("sync.broke")
            _try_later(run, "Something went wrong here; the worker's log says what.", 0.0)
    except LeaseLost:
        log.warning("sync.lease_lost")


def _go_on(run: SyncRun, until: float) -> None:
    """Take over pages until there are no more, or it is another run's turn."""
    feed, origin = source_of(run)
    while not run.position.get("end"):
        renew(run)
        with feed.page(run.position.get("at", {})) as page:
            if page is None:
                break
            renew(run)
            is_read = _take_over_page(run, page, origin, until)
        now = timezone.now()
        is_over = time.monotonic() >= until or due_runs(now).exclude(pk=run.pk).exists()
        if not is_read or (is_over and not run.position.get("end")):
            put_off(run, until=now, tries=0)
            return
    complete(run, cursor=run.position.get("cursor", ""))


def _take_over_page(run: SyncRun, page: Page, origin: Origin, until: float) -> bool:
    """False where it was left in the middle, for another time."""
    at = run.position.get("at", {})
    done = _rows_done(run, page)
    begin = run.position.get("begin", [run.rows_read, run.rows_refused])
    batches = chunks(islice(page.rows, done, None))
    batch: list[Any] | None = next(batches, [])
    while batch is not None:
        following = next(batches, None)
        done += len(batch)
        position: dict[str, Any] = {"at": at, "row": done, "mark": page.mark, "begin": begin}
        if following is None:
            position = {"at": page.following}
            if page.following is None:
                position = {"end": True, "cursor": page.cursor}
        take_over(run, batch, position, origin=origin)
        if following is not None and page.lasts and time.monotonic() >= until:
            return False
        batch = following
    page.finish()
    return True


def _rows_done(run: SyncRun, page: Page) -> int:
    """How many rows of the page were taken over before it was left in the middle.

    If it says something else now, all of it is read again: quantities are set anew, and keys that were counted are
    counted as repeated. Only its refused rows would stand there twice: they are forgotten.
    """
    position = run.position
    done = int(position.get("row", 0))
    if not done or position["mark"] == page.mark:
        return done
    rows_read, rows_refused = position["begin"]

    def forget() -> None:
        current = held(run)
        SyncProblem.objects.filter(run=current, row__gt=rows_read).delete()
        current.rows_read -= current.rows_refused - rows_refused
        current.rows_refused = rows_refused
        current.position = {"at": position["at"]}
        current.save(update_fields=["rows_read", "rows_refused", "position"])

    transactions.run(forget)
    run.refresh_from_db(fields=["position", "rows_read", "rows_refused"])
    return 0


def _try_later(run: SyncRun, reason: str, pause: float) -> None:
    tries = run.tries + 1
    if tries >= TRIES:
        fail(run, reason)
        return
    # Jitter keeps runs that failed together from coming back together; it is no secret.
    delay = DELAYS[tries - 1] * random.uniform(0.8, 1.2)  # noqa: S311
    until = timezone.now() + timedelta(seconds=max(delay, pause))
    put_off(run, until=until, tries=tries, error=reason)
    _log.info("sync.put_off", run=run.public_id, reason=reason, tries=tries, until=until.isoformat())


def _put_aside(problem: Broken, log: Any) -> None:
    if problem.aside is None:
        return
    try:
        problem.aside()
    except (Broken, Unavailable) as error:
        log.error("sync.not_put_aside", reason=str(error))
