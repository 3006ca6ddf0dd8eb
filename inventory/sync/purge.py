"""Old runs go, with their problems; a location that syncs every few minutes would fill the list for nobody."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from inventory.models import SyncProblem, SyncRun

__all__ = ["purge"]

_BATCH: Final = 500


def purge(now: datetime) -> int:
    """Delete finished runs older than `settings.WEBHOOK_LOG_KEPT`, in batches; answers how many.

    Kept are those with refused rows that nobody has taken over yet, those whose rows a kept run tries again, and each
    location's newest. The keys of rows that were counted are no part of a run: they stay for ever.
    """
    deleted = 0
    while True:
        keys = list(_old(now).values_list("pk", flat=True)[:_BATCH])
        if not keys:
            return deleted
        SyncProblem.objects.filter(run__in=keys).delete()
        SyncRun.objects.filter(pk__in=keys).delete()
        deleted += len(keys)


def _old(now: datetime) -> QuerySet[SyncRun]:
    later = SyncRun.objects.filter(warehouse=OuterRef("warehouse"), created_at__gt=OuterRef("created_at"))
    return SyncRun.objects.order_by("created_at").filter(
        Exists(later),
        ~Exists(SyncProblem.objects.filter(run=OuterRef("pk"), is_resolved=False)),
        ~Exists(SyncRun.objects.filter(retries=OuterRef("pk"))),
        finished_at__lt=now - settings.WEBHOOK_LOG_KEPT,
    )
