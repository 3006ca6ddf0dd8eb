"""Rows of old imports go; the record of who imported what stays, and what was posted anyway."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.conf import settings

from inventory.models import ImportFile, ImportRow, ImportRun

__all__ = ["purge"]

_BATCH: Final = 20


def purge(now: datetime) -> int:
    """Delete the rows of imports with which nothing was done for `settings.IMPORT_ROWS_KEPT`; answers of how many."""
    purged = 0
    old = ImportRun.objects.filter(
        finished_at__lt=now - settings.IMPORT_ROWS_KEPT, next_attempt_at__isnull=True, rows__isnull=False
    )
    while True:
        keys = list(old.order_by("finished_at").values_list("pk", flat=True).distinct()[:_BATCH])
        if not keys:
            return purged
        ImportRow.objects.filter(run__in=keys).delete()
        ImportFile.objects.filter(run__in=keys).delete()
        purged += len(keys)
