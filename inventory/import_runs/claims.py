"""Who works on an import: a lease in the database, taken by compare-and-set and renewed with every batch.

A worker that was killed stops renewing; its import comes due again, and another goes on where the last batch was
committed. One that has lost its lease finds that out at its next write, which is refused.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from inventory.import_runs.states import AT_WORK
from inventory.models import ImportRun
from warehouses import transactions
from warehouses.identifiers import new_id

__all__ = ["LEASE", "LeaseLost", "claim", "held", "is_due", "put_off", "renewed"]

#: Longer than anything that happens between two renewals: reading a file is the longest.
LEASE: Final = timedelta(minutes=5)
_RELATED: Final = ("organization", "user", "warehouse", "reason_code")


class LeaseLost(Exception):
    """Another worker has the import, or somebody has decided otherwise: whoever gets this writes nothing more."""


def is_due(now: datetime) -> bool:
    return ImportRun.objects.filter(state__in=AT_WORK, next_attempt_at__lte=now).exists()


def claim(now: datetime, *, pk: UUID | None = None) -> ImportRun | None:
    """Take the lease of the import that has waited longest, or of this one; None where it is not due.

    An import whose last worker never came back counts one try more.
    """

    def work() -> ImportRun | None:
        due = ImportRun.objects.filter(state__in=AT_WORK, next_attempt_at__lte=now)
        due = due.filter(pk=pk) if pk is not None else due.order_by("next_attempt_at", "id")
        run = due.select_for_update(of=("self",), no_key=True, skip_locked=True).first()
        if run is None:
            return None
        was_left = run.lease is not None
        mine = ImportRun.objects.filter(pk=run.pk, state=run.state, lease=run.lease)
        if not mine.update(lease=new_id(), next_attempt_at=now + LEASE, tries=run.tries + was_left):
            return None
        return ImportRun.objects.select_related(*_RELATED).get(pk=run.pk)

    return transactions.run(work)


def held(run: ImportRun) -> ImportRun:
    """The row of this instant, locked until the end of the caller's transaction. Raises LeaseLost."""
    rows = ImportRun.objects.select_for_update(of=("self",), no_key=True)
    current = rows.filter(pk=run.pk, state=run.state, lease=run.lease).first()
    if current is None:
        raise LeaseLost(run.public_id)
    return current


def renewed(**fields: Any) -> dict[str, Any]:
    """The columns that a batch writes beside its own: it has gone well, and the worker is there."""
    return fields | {"next_attempt_at": timezone.now() + LEASE, "tries": 0, "error": ""}


def put_off(run: ImportRun, *, until: datetime, tries: int = 0, error: str = "") -> None:
    """Give the lease back: the import waits behind all that were due before `until`. Raises LeaseLost."""
    mine = ImportRun.objects.filter(pk=run.pk, state=run.state, lease=run.lease)
    if not mine.update(lease=None, next_attempt_at=until, tries=tries, error=error[:500]):
        raise LeaseLost(run.public_id)
