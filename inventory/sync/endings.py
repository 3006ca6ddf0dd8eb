"""The end of a run: its state, what its connection has learned, and the event, in one transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from django.utils import timezone

from inventory.models import EventType, PosConnection, SyncRun, SyncState, SyncType
from inventory.outbox import Draft, announce
from inventory.sync.claims import LeaseLost, held
from inventory.sync.states import move
from warehouses import transactions
from warehouses.http.instants import instant, instant_or_none

__all__ = ["complete", "fail"]

_log = structlog.get_logger(__name__)


def complete(run: SyncRun, *, cursor: str = "") -> None:
    """`cursor` is where the next feed of changes begins. Without one, changes leave that as it is, and a full feed
    makes it unknown. Raises LeaseLost.
    """
    _end(run, SyncState.COMPLETED, cursor=cursor)


def fail(run: SyncRun, error: str) -> None:
    """The connection keeps its cursor: the next run asks for the same changes again. Raises LeaseLost."""
    _end(run, SyncState.FAILED, error=error[:500])


def _end(run: SyncRun, state: SyncState, *, cursor: str = "", error: str = "") -> None:
    now = timezone.now()

    def work() -> SyncRun:
        # The connection first, as everybody does who locks both.
        connections = PosConnection.objects.select_for_update(of=("self",), no_key=True)
        connection = connections.filter(warehouse=run.warehouse_id).first()
        current = held(run)
        closing = {"lease": None, "lease_until": None, "next_attempt_at": None}
        if not move(current, state, finished_at=now, error=error, **closing):
            raise LeaseLost(run.public_id)
        # Rows that are tried again are not news from the point of sale.
        if connection is not None and state is SyncState.COMPLETED and run.sync_type != SyncType.RETRY:
            connection.last_synced_at = now
            # Quantities that do not say which changes they contain leave nothing to go on from.
            if cursor or run.sync_type == SyncType.FULL:
                connection.cursor = cursor
            connection.save(update_fields=["last_synced_at", "cursor"])
        draft = Draft(EventType.SYNC_COMPLETED, run.warehouse_id, _data(current, now))
        announce(organization=current.organization, drafts=[draft], occurred_at=now)
        return current

    ended = transactions.run(work)
    tell = _log.warning if state is SyncState.FAILED else _log.info
    tell(
        f"sync.{state.value}",
        run=ended.public_id,
        warehouse=ended.warehouse.public_id,
        sync_type=ended.sync_type,
        read=ended.rows_read,
        changed=ended.rows_changed,
        unchanged=ended.rows_unchanged,
        repeated=ended.rows_repeated,
        refused=ended.rows_refused,
        reason=error,
    )


def _data(run: SyncRun, now: datetime) -> dict[str, Any]:
    return {
        "id": run.public_id,
        "location_id": run.warehouse.public_id,
        "location_name": run.warehouse.name,
        "sync_type": run.sync_type,
        "status": run.state,
        "rows_read": run.rows_read,
        "rows_changed": run.rows_changed,
        "rows_unchanged": run.rows_unchanged,
        "rows_repeated": run.rows_repeated,
        "rows_refused": run.rows_refused,
        "error": run.error or None,
        "started_at": instant_or_none(run.started_at),
        "finished_at": instant(now),
    }
