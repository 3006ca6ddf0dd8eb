"""Where the rows of a run come from."""

from __future__ import annotations

from inventory.models import Adapter, PosConnection, SyncRun, SyncState, SyncType
from inventory.sync.batches import Origin
from inventory.sync.csv_drop import CsvDrop
from inventory.sync.feeds import Broken, Feed
from inventory.sync.http_feed import HttpFeed
from inventory.sync.refused_rows import RefusedRows
from warehouses.sealing import Unreadable, unseal

__all__ = ["source_of"]


def source_of(run: SyncRun) -> tuple[Feed, Origin]:
    """The feed of `run`, as its location is connected now, and what kind of rows it gives.

    Raises Broken where there is nothing to take them from any more.
    """
    if not run.warehouse.is_active:
        raise Broken(f"{run.warehouse.name} is inactive: its stock cannot change.")
    if run.retries_id is not None:
        earlier = SyncRun.objects.get(pk=run.retries_id)
        return RefusedRows(earlier), Origin(SyncType(earlier.sync_type), earlier.finished_at)
    kind = SyncType(run.sync_type)
    connection = PosConnection.objects.filter(warehouse=run.warehouse_id).first()
    if connection is None or not connection.is_active or connection.adapter != run.adapter:
        raise Broken(f"{run.warehouse.name} is not connected to its point of sale any more.")
    if connection.adapter == Adapter.CSV_DROP:
        drop = CsvDrop(folder=connection.folder, owner=run.warehouse.public_id, kind=kind)
        return drop, Origin(kind)
    if kind is SyncType.INCREMENTAL and not connection.cursor and _has_quantities(connection):
        raise Broken(
            "The last full sync came without a cursor, so it is not known which changes its quantities contain: "
            "adding them would count them twice. The feed has to give a cursor with its last page."
        )
    try:
        secret = unseal(connection.secret) if connection.secret else ""
    except Unreadable as error:
        raise Broken("The feed's password or token cannot be read: enter it again.") from error
    feed = HttpFeed(
        url=connection.url,
        kind=kind,
        username=connection.username,
        secret=secret,
        since=connection.cursor,
    )
    return feed, Origin(kind)


def _has_quantities(connection: PosConnection) -> bool:
    """Whether stock was set by a full sync of this connection."""
    return SyncRun.objects.filter(
        warehouse=connection.warehouse_id,
        adapter=connection.adapter,
        sync_type=SyncType.FULL,
        state=SyncState.COMPLETED,
        created_at__gte=connection.created_at,
    ).exists()
