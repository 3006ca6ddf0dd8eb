"""What the inventory does in the background. The schedule is in the settings.

Each task looks in the database for what is due and does it for a while; none carries data. A message that is lost
therefore loses nothing, and one that comes twice finds nothing left to do.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from inventory import reservations
from inventory.expiry import nightly
from inventory.sync import engine, runs
from inventory.sync.purge import purge as purge_runs
from inventory.webhooks import courier
from inventory.webhooks.purge import purge as purge_deliveries
from warehouses.refusals import Conflict

__all__ = [
    "deliver_webhooks",
    "expire_lots",
    "expire_reservations",
    "purge_logs",
    "run_syncs",
    "wake_courier",
    "wake_syncs",
]

#: Below the soft time limit by what the last request may take.
_SECONDS_AT_WORK = 20.0
#: A broker that is down is not asked again for each change of stock; whoever is due is found without it.
_SECONDS_OF_SILENCE = 10.0

_log = structlog.get_logger(__name__)


@shared_task(name="inventory.deliver_webhooks", ignore_result=True)
def deliver_webhooks() -> None:
    """Send the deliveries that are due; leave the rest to another message, so that others get their turn."""
    if courier.run(seconds=_SECONDS_AT_WORK):
        wake_courier()


@shared_task(name="inventory.run_syncs", ignore_result=True, soft_time_limit=1500, time_limit=1800)
def run_syncs() -> None:
    """Queue the syncs that their schedule asks for, and work on those that are due.

    A page that was begun is finished, and may hold very many rows: hence time limits of its own. When the broker, which
    takes the message for lost by then, gives it out again, the second one finds that a sync is being worked on.
    """
    runs.queue_scheduled(timezone.now())
    if engine.work(seconds=_SECONDS_AT_WORK):
        wake_syncs()


@shared_task(name="inventory.expire_reservations", ignore_result=True)
def expire_reservations() -> None:
    """Take what has run out off the stock of every organization, so that its events go out though nobody reads it.

    Each organization by itself: one whose stock is too busy now does not keep the others waiting, and is found again
    by the next message.
    """
    for organization in reservations.organizations_with_due(timezone.now()):
        try:
            reservations.expire_due(organization)
        except Conflict as refusal:
            _log.warning(
                "reservations.not_expired", organization=organization.public_id, reason=refusal.detail
            )


@shared_task(name="inventory.expire_lots", ignore_result=True)
def expire_lots() -> None:
    """Write down which lots are expired since their organization's own midnight."""
    count = nightly.expire_lots(timezone.now())
    if count:
        _log.info("lots.expired", count=count)


@shared_task(name="inventory.purge_logs", ignore_result=True)
def purge_logs() -> None:
    """Delete what has been looked at for long enough: deliveries and syncs."""
    now = timezone.now()
    _log.info("logs.purged", deliveries=purge_deliveries(now), syncs=purge_runs(now))


class _Bell:
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


wake_courier: Callable[[], None] = _Bell(deliver_webhooks).ring
wake_syncs: Callable[[], None] = _Bell(run_syncs).ring
