"""What the ground floor does in the background, and how whoever does it is woken. The schedule is in the settings."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from warehouses import notice_mail
from warehouses.idempotency_records import purge_idempotency_records as purge
from warehouses.request_log import purge as purge_requests

__all__ = ["Bell", "purge_idempotency_records", "purge_request_log", "send_notices", "wake_mail"]

#: A broker that is down is not asked again for each change; whoever is due is found without it.
_SECONDS_OF_SILENCE = 10.0

_log = structlog.get_logger(__name__)


@shared_task(name="warehouses.purge_idempotency_records", ignore_result=True)
def purge_idempotency_records() -> None:
    _log.info("idempotency_records.purged", deleted=purge(timezone.now()))


@shared_task(name="warehouses.purge_request_log", ignore_result=True)
def purge_request_log() -> None:
    _log.info("request_log.purged", deleted=purge_requests(timezone.now()))


@shared_task(name="warehouses.send_notices", ignore_result=True)
def send_notices() -> None:
    """Send the e-mail that is due; leave the rest to another message, so that others get their turn."""
    if notice_mail.send_due(timezone.now()):
        wake_mail()


class Bell:
    """Sends a task's message at once or, for a while after the broker did not take one, not at all.

    When that while is over, one thread tries; the others stay silent until it has succeeded.
    """

    def __init__(self, task: Any) -> None:
        self._task = task
        self._is_silent = False
        self._silent_until = 0.0
        self._lock = threading.Lock()

    def ring(self) -> None:
        if not self._may_try():
            return
        try:
            self._task.apply_async(retry=False)
        except (OperationalError, OSError):  # Redis; the file broker's folder
            self._is_silent = True
            self._silent_until = time.monotonic() + _SECONDS_OF_SILENCE
            _log.warning("broker.unreachable", task=self._task.name, exc_info=True)
        else:
            self._is_silent = False

    def _may_try(self) -> bool:
        with self._lock:
            if not self._is_silent:
                return True
            if time.monotonic() < self._silent_until:
                return False
            self._silent_until = time.monotonic() + _SECONDS_OF_SILENCE
            return True


wake_mail: Callable[[], None] = Bell(send_notices).ring
