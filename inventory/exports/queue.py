"""Writing the files that are asked for, one after another over all machines: the other workers deliver and sync.

A worker that was killed stops renewing its lease; the export comes due again and is written from the beginning, three
times at most. A worker that has lost its lease finds that out at its next word of progress, and writes nothing more.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from datetime import datetime, timedelta
from typing import IO, Final

import structlog
from django.db import connection
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from inventory.exports.asking import OPEN
from inventory.exports.content import keep
from inventory.exports.pages import table_of
from inventory.exports.writing import write
from inventory.models import Export, ExportState
from warehouses import replica, transactions
from warehouses.access import access_of_user
from warehouses.identifiers import new_id
from warehouses.notices import Message, notify
from warehouses.refusals import Refusal

__all__ = ["work"]

#: Longer than anything between two words of progress: sorting a million rows, or keeping the file.
_LEASE: Final = timedelta(minutes=6)
#: An advisory lock of this module alone.
_TURN: Final = 0x7A11_5C0E
_MOST_TRIES: Final = 3
_SECONDS_BETWEEN_WORDS: Final = 1.0
_KIND: Final = "export.done"

_log = structlog.get_logger(__name__)


class LeaseLost(Exception):
    """Another worker has it, or its person has deleted it."""


def work(*, seconds: float) -> bool:
    """Write what is due until so much time has gone by; whether there may be more."""
    end = time.monotonic() + seconds
    while (export := _claim(timezone.now())) is not None:
        _make(export)
        if time.monotonic() >= end:
            return True
    return False


def _claim(now: datetime) -> Export | None:
    def take() -> Export | None:
        if connection.vendor == "postgresql":
            # One claim at a time, or two of them would both find nobody at work. SQLite writes one at a time.
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TURN])
        if Export.objects.filter(state=ExportState.RUNNING, lease_until__gt=now).exists():
            return None
        free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
        due = Export.objects.filter(free, state__in=OPEN).select_related("organization", "user")
        due = due.order_by("created_at", "pk")
        found = due.select_for_update(of=("self",), no_key=True, skip_locked=True).first()
        if found is None:
            return None
        found.lease, found.lease_until = new_id(), now + _LEASE
        found.state, found.tries, found.rows_done = ExportState.RUNNING, found.tries + 1, 0
        found.save(update_fields=["lease", "lease_until", "state", "tries", "rows_done"])
        return found

    return transactions.run(take)


def _make(export: Export) -> None:
    if export.tries > _MOST_TRIES:
        _end(export, problem="It could not be written. Ask for less at once.")
        return
    access = access_of_user(export.user, export.organization)
    if access is None:
        _end(export, problem="You do not belong to this organization any more.")
        return
    zone = export.organization.zone
    try:
        table = table_of(access=access, page=export.page, query=export.query, all_columns=export.all_columns)
        _renew(export, row_count=replica.read(lambda: table.count(None)))
        table = replace(table, rows=replica.each(iter(table.rows)))
        with tempfile.TemporaryFile() as file:
            rows = write(table, file, file_format=export.format, zone=zone, told=_Progress(export))
            _keep(export, file, rows)
    except Refusal as refusal:
        _end(export, problem=refusal.detail)
    except LeaseLost:
        _log.info("export.given_up", export=export.public_id)
    except Exception:
        _log.exception("export.failed", export=export.public_id, page=export.page)
        _end(export, problem="It could not be written. Try again, or ask for less at once.")
        raise


class _Progress:
    """Writes down how far the file is, once in a while."""

    def __init__(self, export: Export) -> None:
        self._export = export
        self._told_at = time.monotonic()

    def __call__(self, rows: int) -> None:
        now = time.monotonic()
        if now - self._told_at >= _SECONDS_BETWEEN_WORDS:
            self._told_at = now
            _renew(self._export, rows_done=rows)


def _renew(export: Export, **fields: int) -> None:
    mine = Export.objects.filter(pk=export.pk, state=ExportState.RUNNING, lease=export.lease)
    if not mine.update(lease_until=timezone.now() + _LEASE, **fields):
        raise LeaseLost(export.public_id)


def _keep(export: Export, file: IO[bytes], rows: int) -> None:
    """The file, the state and the notice: all of it or nothing."""

    def store() -> None:
        held = Export.objects.select_for_update(of=("self",), no_key=True)
        current = held.filter(pk=export.pk, state=ExportState.RUNNING, lease=export.lease).first()
        if current is None:
            raise LeaseLost(export.public_id)
        current.parts.all().delete()
        current.size = keep(current, file)
        current.row_count = current.rows_done = rows
        _close(current, ExportState.READY)
        _notify(export, f"{export.title}: your export is ready", f"{rows:,} rows, kept for seven days.")

    transactions.run(store)
    _log.info("export.written", export=export.public_id, page=export.page, rows=rows)


def _end(export: Export, *, problem: str) -> None:
    def store() -> None:
        held = Export.objects.select_for_update(of=("self",), no_key=True)
        current = held.filter(pk=export.pk, lease=export.lease).first()
        if current is None:
            return
        current.problem = problem[:300]
        _close(current, ExportState.FAILED)
        _notify(export, f"{export.title}: your export failed", problem)

    transactions.run(store)


def _close(export: Export, state: ExportState) -> None:
    export.state, export.finished_at = state, timezone.now()
    export.lease = export.lease_until = None
    export.save(
        update_fields=[
            "state", "finished_at", "lease", "lease_until", "size", "row_count", "rows_done", "problem",
        ]
    )  # fmt: skip


def _notify(export: Export, title: str, text: str) -> None:
    notify(
        organization=export.organization,
        users=[export.user],
        message=Message(kind=_KIND, title=title, text=text, path=reverse("admin:exports")),
        at=timezone.now(),
        by_email=False,
        doer=None,
    )
