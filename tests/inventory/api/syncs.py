"""Locations that are connected to a point of sale, and their syncs, as far as routes have to do with them."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from inventory.models import Adapter, PosConnection, SyncRun, SyncState, SyncType
from inventory.sync.states import OPEN
from warehouses.actors import ActorType
from warehouses.models import Warehouse

__all__ = ["connect", "end_syncs", "make_run"]


def connect(warehouse: Warehouse) -> PosConnection:
    return PosConnection.objects.create(
        organization=warehouse.organization,
        warehouse=warehouse,
        adapter=Adapter.CSV_DROP,
        folder=warehouse.public_id,
    )


def make_run(warehouse: Warehouse, **fields: Any) -> SyncRun:
    """A sync that is over, unless `fields` say something else."""
    now = timezone.now()
    values: dict[str, Any] = {
        "adapter": Adapter.CSV_DROP,
        "sync_type": SyncType.FULL,
        "state": SyncState.COMPLETED,
        "actor_type": ActorType.SYSTEM,
        "actor_name": "system",
        "created_at": now,
        "started_at": now,
        "finished_at": now,
        **fields,
    }
    return SyncRun.objects.create(organization=warehouse.organization, warehouse=warehouse, **values)


def end_syncs() -> None:
    """As a worker would: after this, another one can begin."""
    SyncRun.objects.filter(state__in=OPEN).update(
        state=SyncState.COMPLETED, next_attempt_at=None, finished_at=timezone.now()
    )
