"""How long the answers to idempotent writes are kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from warehouses.models import IdempotencyRecord

__all__ = ["KEPT_FOR", "purge_idempotency_records"]

KEPT_FOR = timedelta(days=7)
_BATCH = 1000


def purge_idempotency_records(now: datetime) -> int:
    """Delete what is older than `KEPT_FOR`; returns how many. In batches: none holds its locks for long."""
    deleted = 0
    while True:
        old = IdempotencyRecord.objects.filter(created_at__lte=now - KEPT_FOR).order_by("created_at")
        keys = list(old.values_list("pk", flat=True)[:_BATCH])
        if not keys:
            return deleted
        deleted += IdempotencyRecord.objects.filter(pk__in=keys).delete()[0]
