"""Making checkpoints: after the fact, without skipping what is committed late, and without a lock that a writer takes.

Keys are made by the writers' clocks before they commit, so a key that is lower than others may appear after them. A
key counts as settled when none below it can appear any more: it is `SETTLING` in the past, and since it was that, all
transactions that were running then have ended. PostgreSQL says so with its snapshot, however long they take; SQLite has
one writer at a time, and that is whoever asks.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from django.db import connection
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from inventory.checkpoints.books import FORM, Entry, books, entries, link
from inventory.models import Checkpoint, CheckpointHorizon
from warehouses import transactions
from warehouses.identifiers import encode
from warehouses.models import Organization

__all__ = ["MARK", "NEVER_YET", "SETTLING", "facts_of", "make", "newest_of", "work"]

#: By how much the clocks of machines may differ, with the time from making a key to having a transaction.
SETTLING: Final = timedelta(minutes=5)
NEVER_YET: Final = UUID(int=0)
#: Bytes of a row's digest that are kept.
MARK: Final = 8
_HORIZON: Final = 1
#: Of each book, in one go.
_ROWS_AT_ONCE: Final = 2000

_log = structlog.get_logger(__name__)


def work(*, seconds: float) -> bool:
    """Make checkpoints for a while; whether there is more to do."""
    deadline = time.monotonic() + seconds
    while make(now=timezone.now()):
        if time.monotonic() > deadline:
            return True
    return False


def make(*, now: datetime, at_once: int = _ROWS_AT_ONCE) -> bool:
    """Cover what is settled, at most `at_once` rows of each book; whether more is.

    In a transaction of its own, or the caller's. Does nothing while another process is at it. Each checkpoint is
    told to the log, for a log is where whoever changes the database does not get at it.
    """
    made: list[Checkpoint] = []

    def stretch() -> bool:
        made.clear()
        horizon = _horizon(now)
        if horizon is None:
            return False
        newest = Checkpoint.objects.order_by("-until").values_list("until", flat=True)
        since = newest.first() or NEVER_YET
        until = _end_of(since, horizon.settled, at_once)
        if since >= until:
            return False
        made.extend(_checkpoints(entries(since=since, until=until, form=FORM), until=until, now=now))
        Checkpoint.objects.bulk_create(made)
        return until < horizon.settled

    is_more = transactions.run(stretch)
    for checkpoint in made:
        _log.info(
            "ledger.checkpoint",
            organization=encode(Organization.prefix, checkpoint.organization_id),
            number=checkpoint.number,
            digest=checkpoint.digest,
        )
    return is_more


def _checkpoints(found: dict[UUID, list[Entry]], *, until: UUID, now: datetime) -> Iterable[Checkpoint]:
    newest = newest_of(found)
    for organization_id, rows in sorted(found.items()):
        number, before = newest.get(organization_id, (0, ""))
        checkpoint = Checkpoint(
            organization_id=organization_id,
            number=number + 1,
            form=FORM,
            until=until,
            row_count=len(rows),
            marks=b"".join(row.digest[:MARK] for row in rows),
            made_at=now,
        )
        checkpoint.digest = link(before, facts_of(checkpoint), rows)
        yield checkpoint


def facts_of(checkpoint: Checkpoint) -> list[object]:
    """What of a checkpoint itself is digested."""
    return [
        checkpoint.organization_id,
        checkpoint.number,
        checkpoint.form,
        checkpoint.until,
        checkpoint.row_count,
        checkpoint.made_at,
    ]


def newest_of(organization_ids: Iterable[UUID]) -> dict[UUID, tuple[int, str]]:
    """Number and digest of the newest checkpoint of each of these organizations that has one."""
    newest = Checkpoint.objects.filter(organization=OuterRef("pk")).order_by("-number")
    return {
        key: (number, digest)
        for key, number, digest in Organization.objects.filter(pk__in=list(organization_ids))
        .order_by("pk")
        .values_list("pk", Subquery(newest.values("number")[:1]), Subquery(newest.values("digest")[:1]))
        if number is not None
    }


def _end_of(since: UUID, settled: UUID, at_once: int) -> UUID:
    """The key at which `at_once` rows of some book, or all that is settled, have gone by."""
    end = settled
    for book in books.values():
        keys = book.rows().filter(pk__gte=since, pk__lt=end).order_by("pk").values_list("pk", flat=True)
        end = next(iter(keys[at_once : at_once + 1]), end)
    return end


# --- what is settled


@dataclass(frozen=True, slots=True)
class _Transactions:
    """The oldest transaction that has not ended, and the first that has not begun."""

    oldest: int
    next: int


def _horizon(now: datetime) -> CheckpointHorizon | None:
    """The horizon, moved on and locked; None while somebody else has it."""
    if not CheckpointHorizon.objects.filter(pk=_HORIZON).exists():
        # An insert would wait for whoever has the row, conflict or not.
        first = CheckpointHorizon(pk=_HORIZON, settled=NEVER_YET)
        CheckpointHorizon.objects.bulk_create([first], ignore_conflicts=True)
    horizon = CheckpointHorizon.objects.select_for_update(skip_locked=True).filter(pk=_HORIZON).first()
    if horizon is None:
        return None
    candidate = UUID(int=int((now - SETTLING).timestamp() * 1000) << 80)
    running = _running()
    if running is None:
        horizon.settled = max(horizon.settled, candidate)
    else:
        _advance(horizon, candidate, running)
    horizon.save(update_fields=["settled", "pending", "pending_transaction"])
    return horizon


def _advance(horizon: CheckpointHorizon, candidate: UUID, running: _Transactions) -> None:
    waits_for = horizon.pending_transaction
    if waits_for is not None and horizon.pending is not None:
        if running.oldest >= waits_for:
            horizon.settled = max(horizon.settled, horizon.pending)
        elif running.next >= waits_for:
            return
        # Else the numbers are those of another server: this is a restored copy, and nothing of then is running.
    horizon.pending, horizon.pending_transaction = candidate, running.next


def _running() -> _Transactions | None:
    """None where whoever writes is alone."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint"
            " FROM pg_current_snapshot() s"
        )
        oldest, following = cursor.fetchone()
    return _Transactions(oldest, following)
