"""Runs: started by people, keys and the clock, one at a time for each location."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from inventory.models import PosConnection, SyncProblem, SyncRun, SyncType
from inventory.sync.claims import due_runs
from inventory.sync.rights import require_in
from inventory.sync.states import OPEN
from warehouses import transactions
from warehouses.access import Access, access_of_system
from warehouses.models import Warehouse
from warehouses.refusals import Conflict, NotFound

__all__ = ["due_runs", "in_progress", "open_run", "queue_scheduled", "retry_problems", "start_run", "wakers"]

#: Called after the commit of a transaction that queued a run, so that nobody waits for the next look at the queue.
wakers: Final[list[Callable[[], None]]] = []

_log = structlog.get_logger(__name__)


def start_run(*, access: Access, warehouse: Warehouse, sync_type: SyncType) -> SyncRun:
    """Queue a full run, or one of what has changed.

    Runs in the caller's transaction, and locks the location's connection: how it is connected stays as it is until
    the run is there to be seen. Needs `inventory.write` in the warehouse.

    Raises Forbidden, NotFound `WAREHOUSE_NOT_FOUND`, and Conflict `WAREHOUSE_INACTIVE`, `POS_NOT_CONNECTED` (or not
    active), `SYNC_IN_PROGRESS` with the `run_id` of the other.
    """
    if sync_type not in (SyncType.FULL, SyncType.INCREMENTAL):
        raise ValueError(f"{sync_type} is not started, it comes of another run.")
    require_in(access, "inventory.write", warehouse)
    _require_active(warehouse)
    connection = PosConnection.objects.select_for_update(of=("self",), no_key=True)
    found = connection.filter(warehouse=warehouse, is_active=True).first()
    if found is None:
        raise Conflict("POS_NOT_CONNECTED", f"{warehouse.name} is not connected to a point of sale.")
    return _queue(access, warehouse, sync_type, adapter=found.adapter)


def retry_problems(*, access: Access, run: SyncRun) -> SyncRun:
    """Queue a run that tries the refused rows of a finished run again, as far as no later one has taken them over.

    Rows that say how much there is (of a full run) are set only where stock has not changed since. Runs in the
    caller's transaction. Needs `inventory.write` in the run's warehouse.

    Raises Forbidden, NotFound `SYNC_NOT_FOUND`, and Conflict `WAREHOUSE_INACTIVE`, `NOTHING_TO_RETRY`,
    `SYNC_IN_PROGRESS` with the `run_id` of the other.
    """
    access.require("inventory.write")
    warehouse = Warehouse.objects.get(pk=run.warehouse_id)
    if run.organization_id != access.organization.pk or not access.covers("inventory.read", warehouse.pk):
        raise NotFound("SYNC_NOT_FOUND", "There is no such sync.")
    require_in(access, "inventory.write", warehouse)
    _require_active(warehouse)
    # A run that tried rows again has none of its own: they are those of the run that read them.
    earlier = SyncRun.objects.get(pk=run.retries_id or run.pk)
    if earlier.state in OPEN:
        raise in_progress(warehouse, earlier)
    if not SyncProblem.objects.filter(run=earlier, is_resolved=False).exists():
        raise Conflict("NOTHING_TO_RETRY", "No refused row of this sync is left.")
    return _queue(access, warehouse, SyncType.RETRY, adapter=earlier.adapter, retries=earlier)


def queue_scheduled(now: datetime) -> int:
    """Queue a run of changes for each active connection whose interval has passed; answers how many.

    The interval counts from the beginning of the last run, whoever started it. Each is a transaction of its own.
    """
    runs = SyncRun.objects.filter(warehouse=OuterRef("warehouse")).exclude(sync_type=SyncType.RETRY)
    latest = runs.order_by("-created_at", "-id").values("created_at")[:1]
    connections = (
        PosConnection.objects.filter(
            is_active=True,
            interval_minutes__isnull=False,
            warehouse__is_active=True,
            organization__is_active=True,
        )
        .exclude(warehouse__in=SyncRun.objects.filter(state__in=OPEN).values("warehouse"))
        .annotate(last_run_at=Subquery(latest))
        .select_related("organization", "warehouse")
        .order_by("pk")
    )
    count = 0
    for connection in connections:
        pause = timedelta(minutes=connection.interval_minutes or 0)
        if connection.last_run_at is None or connection.last_run_at + pause <= now:
            count += _start_scheduled(connection)
    return count


def open_run(warehouse: Warehouse) -> SyncRun | None:
    """The run of this location that is queued or running."""
    return SyncRun.objects.filter(warehouse=warehouse, state__in=OPEN).first()


def _start_scheduled(connection: PosConnection) -> bool:
    access = access_of_system(connection.organization)
    try:
        transactions.run(
            lambda: start_run(access=access, warehouse=connection.warehouse, sync_type=SyncType.INCREMENTAL)
        )
    except Conflict as conflict:
        # Somebody has just started one, or switched it off: the next look sees that.
        _log.info("sync.not_scheduled", connection=connection.public_id, code=conflict.code)
        return False
    return True


def _queue(
    access: Access,
    warehouse: Warehouse,
    sync_type: SyncType,
    *,
    adapter: str,
    retries: SyncRun | None = None,
) -> SyncRun:
    now = timezone.now()
    run = SyncRun(
        organization=access.organization,
        warehouse=warehouse,
        adapter=adapter,
        sync_type=sync_type,
        retries=retries,
        next_attempt_at=now,
        actor_type=access.actor.type,
        actor_id=access.actor.id,
        actor_name=access.actor.name,
        created_at=now,
    )
    other = open_run(warehouse)
    if other is not None:
        raise in_progress(warehouse, other)
    try:
        with transaction.atomic():
            run.save(force_insert=True)
    except IntegrityError as error:
        # Two at once have both found none: the constraint lets one of them in.
        other = open_run(warehouse)
        if other is None:
            raise
        raise in_progress(warehouse, other) from error
    for wake in wakers:
        transaction.on_commit(wake, robust=True)
    _log.info(
        "sync.queued",
        run=run.public_id,
        warehouse=warehouse.public_id,
        sync_type=sync_type.value,
        actor_type=access.actor.type.value,
        actor_id=str(access.actor.id or ""),
    )
    return run


def _require_active(warehouse: Warehouse) -> None:
    if not warehouse.is_active:
        raise Conflict("WAREHOUSE_INACTIVE", f"{warehouse.name} is inactive: its stock cannot change.")


def in_progress(warehouse: Warehouse, other: SyncRun) -> Conflict:
    return Conflict(
        "SYNC_IN_PROGRESS",
        f"A sync of {warehouse.name} is under way: {other.public_id}.",
        extra={"run_id": other.public_id},
    )
