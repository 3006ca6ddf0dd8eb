"""The sync run of the pos contract."""

from __future__ import annotations

from typing import Any, Final

from inventory.models import SyncProblem, SyncRun
from warehouses.http.instants import instant, instant_or_none
from warehouses.identifiers import encode
from warehouses.models import Warehouse

__all__ = ["MOST_PROBLEMS", "run_object", "with_problems"]

MOST_PROBLEMS: Final = 100


def run_object(run: SyncRun) -> dict[str, Any]:
    return {
        "id": run.public_id,
        "location_id": encode(Warehouse.prefix, run.warehouse_id),
        "sync_type": run.sync_type,
        "status": run.state,
        "rows_read": run.rows_read,
        "rows_changed": run.rows_changed,
        "rows_unchanged": run.rows_unchanged,
        "rows_repeated": run.rows_repeated,
        "rows_refused": run.rows_refused,
        "error": run.error or None,
        "created_at": instant(run.created_at),
        "started_at": instant_or_none(run.started_at),
        "finished_at": instant_or_none(run.finished_at),
    }


def with_problems(run: SyncRun) -> dict[str, Any]:
    """The run with the first of its rows that were not taken over. One query."""
    problems = SyncProblem.objects.filter(run=run).order_by("row", "id")
    return {**run_object(run), "problems": list(problems.values("row", "code", "detail")[:MOST_PROBLEMS])}
