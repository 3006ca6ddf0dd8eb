"""Who works on a run: a lease in the database, taken by compare-and-set and renewed with every batch.

A worker that was killed stops renewing; its run comes due again, and another goes on from `position`. A worker that
has lost its lease, because it was slow or asleep, finds that out at its next write, which is refused.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from inventory.models import SyncRun, SyncState
from inventory.sync.states import OPEN, move
from warehouses import transactions
from warehouses.identifiers import new_id

__all__ = ["LEASE", "LeaseLost", "can_claim", "claim", "due_runs", "held", "put_off", "renew"]

#: Longer than anything that happens between two renewals: one download, or one batch.
LEASE: Final = timedelta(minutes=3)

_TURN = 0x7A11_5C0A  # an advisory lock of this module alone


_log = structlog.get_logger(__name__)


class LeaseLost(Exception):
    """Another worker has the run, or it is closed: whoever gets this writes nothing more."""


def due_runs(now: datetime) -> QuerySet[SyncRun]:
    """Those that somebody could work on, the one that has waited longest first. A leased run is due when that ends."""
    return SyncRun.objects.filter(state__in=OPEN, next_attempt_at__lte=now).order_by("next_attempt_at", "id")


def can_claim(now: datetime) -> bool:
    """Whether `claim` would find a run, as far as one can know without locks. Two queries."""
    return _live(now) < settings.SYNC_WORKERS and due_runs(now).exists()


def claim(now: datetime) -> SyncRun | None:
    """Take the lease of the run that has waited longest, in a transaction of its own.

    None where none is due, or `settings.SYNC_WORKERS` others are being worked on. A run whose last worker never came
    back counts one try more.
    """

    def work() -> SyncRun | None:
        if connection.vendor == "postgresql":
            # One claim at a time, or two of them would both find the last place free. SQLite writes one at a time.
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TURN])
        if _live(now) >= settings.SYNC_WORKERS:
            return None
        due = due_runs(now).select_related("organization", "warehouse")
        run = due.select_for_update(of=("self",), no_key=True, skip_locked=True).first()
        if run is None:
            return None
        was_left = run.lease is not None
        ours = {"lease": new_id(), "lease_until": now + LEASE, "next_attempt_at": now + LEASE}
        if run.state == SyncState.QUEUED:
            if not move(run, SyncState.RUNNING, started_at=now, **ours):
                return None
            _log.info("sync.started", run=run.public_id, warehouse=run.warehouse.public_id)
            return run
        mine = SyncRun.objects.filter(pk=run.pk, state=run.state, lease=run.lease)
        if not mine.update(tries=run.tries + was_left, **ours):
            return None
        run.refresh_from_db(fields=["lease", "lease_until", "next_attempt_at", "tries"])
        return run

    return transactions.run(work)


def held(run: SyncRun) -> SyncRun:
    """The row of this instant, locked until the end of the caller's transaction. Raises LeaseLost."""
    rows = SyncRun.objects.select_related("organization", "warehouse")
    rows = rows.select_for_update(of=("self",), no_key=True)
    current = rows.filter(pk=run.pk, state=SyncState.RUNNING, lease=run.lease).first()
    if current is None:
        raise LeaseLost(run.public_id)
    return current


def renew(run: SyncRun) -> None:
    """Before something that takes time. Raises LeaseLost."""
    until = timezone.now() + LEASE
    mine = SyncRun.objects.filter(pk=run.pk, state=SyncState.RUNNING, lease=run.lease)
    if not mine.update(lease_until=until, next_attempt_at=until):
        raise LeaseLost(run.public_id)


def put_off(run: SyncRun, *, until: datetime, tries: int, error: str = "") -> None:
    """Give the lease back: the run waits behind all that were due before `until`. Raises LeaseLost."""
    mine = SyncRun.objects.filter(pk=run.pk, state=SyncState.RUNNING, lease=run.lease)
    if not mine.update(lease=None, lease_until=None, next_attempt_at=until, tries=tries, error=error[:500]):
        raise LeaseLost(run.public_id)


def _live(now: datetime) -> int:
    return SyncRun.objects.filter(state__in=OPEN, lease_until__gt=now).count()
