"""The demonstration's point of sale: the store's CSV folder, and what was learned from it yesterday."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from inventory.demo.documented import SYNC, key_of
from inventory.models import Adapter, PosConnection, StockLevel, SyncRun, SyncState, SyncType
from inventory.sync.connections import connect
from warehouses.access import access_of_system
from warehouses.actors import SYSTEM
from warehouses.models import Organization, Warehouse

__all__ = ["connect_store"]

_CLOSING: Final = time(20, 30)


def connect_store(*, organization: Organization, store: Warehouse, today: date) -> None:
    """Connect the store with a CSV folder, and write yesterday evening's sync, which found everything as it was."""
    connection = connect(
        access=access_of_system(organization),
        warehouse=store,
        adapter=Adapter.CSV_DROP,
        folder="store-berlin-mitte",
    )
    closing = datetime.combine(today - timedelta(days=1), _CLOSING, tzinfo=organization.zone).astimezone(UTC)
    rows = StockLevel.objects.filter(warehouse=store).count()
    SyncRun.objects.create(
        id=key_of(SYNC),
        organization=organization,
        warehouse=store,
        adapter=connection.adapter,
        sync_type=SyncType.FULL,
        state=SyncState.COMPLETED,
        rows_read=rows,
        rows_unchanged=rows,
        actor_type=SYSTEM.type,
        actor_id=SYSTEM.id,
        actor_name=SYSTEM.name,
        created_at=closing,
        started_at=closing + timedelta(seconds=3),
        finished_at=closing + timedelta(seconds=5),
    )
    PosConnection.objects.filter(pk=connection.pk).update(last_synced_at=closing + timedelta(seconds=5))
