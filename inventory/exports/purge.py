"""Files that were kept long enough go."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from inventory.exports.asking import KEPT
from inventory.models import Export, ExportPart

__all__ = ["purge"]

_BATCH: Final = 50


def purge(now: datetime) -> int:
    """Delete exports that were asked for longer ago than they are kept, with their files; answers how many."""
    deleted = 0
    while True:
        keys = list(
            Export.objects.filter(created_at__lte=now - KEPT)
            .order_by("created_at")
            .values_list("pk", flat=True)[:_BATCH]
        )
        if not keys:
            return deleted
        ExportPart.objects.filter(export__in=keys).delete()
        Export.objects.filter(pk__in=keys).delete()
        deleted += len(keys)
