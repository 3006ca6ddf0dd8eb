"""Syncing in few words, and what came of it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from inventory.models import StockLevel, SyncProblem, SyncRun, SyncType
from inventory.sync import engine
from inventory.sync.runs import start_run
from warehouses import transactions
from warehouses.access import access_of_system
from warehouses.models import Warehouse

__all__ = ["counts", "hurry", "lose_leases", "on_hand", "problems", "sale", "start", "sync", "work"]


def start(warehouse: Warehouse, sync_type: str = "full") -> SyncRun:
    access = access_of_system(warehouse.organization)
    return transactions.run(
        lambda: start_run(access=access, warehouse=warehouse, sync_type=SyncType(sync_type))
    )


def work(seconds: float = 60.0) -> bool:
    return engine.work(seconds=seconds)


def sync(warehouse: Warehouse, sync_type: str = "full") -> SyncRun:
    """A run from its beginning to its end, or to where it was put off."""
    run = start(warehouse, sync_type)
    work()
    run.refresh_from_db()
    return run


def hurry() -> None:
    """The time of every run that was put off has come."""
    SyncRun.objects.filter(lease=None, next_attempt_at__isnull=False).update(next_attempt_at=timezone.now())


def lose_leases() -> None:
    """Whoever was working on a run has been dead for long enough."""
    past = timezone.now()
    SyncRun.objects.exclude(lease=None).update(lease_until=past, next_attempt_at=past)


def counts(run: SyncRun) -> tuple[int, int, int, int, int]:
    """Read, changed, unchanged, repeated, refused."""
    run.refresh_from_db()
    assert run.rows_read == (run.rows_changed + run.rows_unchanged + run.rows_repeated + run.rows_refused), (
        "a row was lost, or counted twice"
    )
    return run.rows_read, run.rows_changed, run.rows_unchanged, run.rows_repeated, run.rows_refused


def problems(run: SyncRun) -> list[tuple[int, str]]:
    return list(SyncProblem.objects.filter(run=run).values_list("row", "code"))


def sale(key: str, sku: str, quantity: int = -1, **more: Any) -> dict[str, Any]:
    return {"key": key, "sku": sku, "quantity_change": quantity, "reason_code": "SALE", **more}


def on_hand(warehouse: Warehouse) -> dict[str, int]:
    """What there is of each SKU, none left out that the warehouse has ever known."""
    levels = StockLevel.objects.filter(warehouse=warehouse).select_related("sku")
    return {level.sku.code: level.on_hand for level in levels}
