"""What the ground floor does by the clock. The schedule is in the settings."""

from __future__ import annotations

import structlog
from celery import shared_task
from django.utils import timezone

from warehouses.idempotency_records import purge_idempotency_records as purge

_log = structlog.get_logger(__name__)


@shared_task(name="warehouses.purge_idempotency_records", ignore_result=True)
def purge_idempotency_records() -> None:
    _log.info("idempotency_records.purged", deleted=purge(timezone.now()))
