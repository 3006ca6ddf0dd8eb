"""What the inventory does in the background. The schedule is in the settings.

Each task looks in the database for what is due and does it for a while; none carries data. A message that is lost
therefore loses nothing, and one that comes twice finds nothing left to do.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from celery import shared_task
from django.db import IntegrityError
from django.utils import timezone

from inventory import checkpoints, day_figures, exports, reservations, tallies
from inventory.demo import organization as demo
from inventory.demo.people import new_password
from inventory.expiry import nightly
from inventory.import_runs import engine as imports
from inventory.import_runs.purge import purge as purge_imports
from inventory.sync import engine, runs
from inventory.sync.purge import purge as purge_runs
from inventory.webhooks import courier
from inventory.webhooks.purge import purge as purge_deliveries
from warehouses.refusals import Conflict, Refusal
from warehouses.tasks import Bell

__all__ = [
    "deliver_webhooks",
    "expire_lots",
    "expire_reservations",
    "make_checkpoints",
    "make_demo",
    "pack_tallies",
    "purge_logs",
    "refresh_day_figures",
    "run_imports",
    "run_syncs",
    "wake_checkpoints",
    "wake_courier",
    "wake_demo",
    "wake_exports",
    "wake_imports",
    "wake_syncs",
    "write_exports",
]

#: Below the soft time limit by what the last request may take.
_SECONDS_AT_WORK = 20.0

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


@shared_task(name="inventory.refresh_day_figures", ignore_result=True, soft_time_limit=1500, time_limit=1800)
def refresh_day_figures() -> None:
    """Read the figures of the overview off the stock of each organization whose turn it is.

    Each organization by itself: one that is too busy now keeps no other waiting, and is found again. Whether it is
    its turn is asked again just before: another worker may have been there.
    """
    for organization in day_figures.organizations_due(timezone.now()):
        now = timezone.now()
        if not day_figures.is_due(organization, now):
            continue
        try:
            day_figures.refresh(organization=organization, now=now)
        except Conflict as refusal:
            _log.warning(
                "day_figures.not_refreshed", organization=organization.public_id, reason=refusal.detail
            )


@shared_task(name="inventory.pack_tallies", ignore_result=True, soft_time_limit=1500, time_limit=1800)
def pack_tallies() -> None:
    """Fold what writers have noted of how many rows the lists have. Lists are right without it, and slower.

    The list of a large stock that has just been loaded is counted once: hence time limits of its own.
    """
    tallies.pack_due()


@shared_task(name="inventory.purge_logs", ignore_result=True)
def purge_logs() -> None:
    """Delete what has been looked at for long enough: deliveries, syncs, exports, and rows of imports."""
    now = timezone.now()
    _log.info(
        "logs.purged",
        deliveries=purge_deliveries(now),
        syncs=purge_runs(now),
        exports=exports.purge(now),
        imports=purge_imports(now),
    )


@shared_task(name="inventory.run_imports", ignore_result=True, soft_time_limit=1500, time_limit=1800)
def run_imports() -> None:
    """Work on the imports that are due. Reading a file is done in one go: hence time limits of its own."""
    if imports.work(seconds=_SECONDS_AT_WORK):
        wake_imports()


@shared_task(name="inventory.write_exports", ignore_result=True, soft_time_limit=1500, time_limit=1800)
def write_exports() -> None:
    """Write the files that people wait for. One of a million rows takes minutes: hence time limits of its own."""
    if exports.work(seconds=_SECONDS_AT_WORK):
        wake_exports()


@shared_task(name="inventory.make_checkpoints", ignore_result=True)
def make_checkpoints() -> None:
    """Cover what has been written into the books with checkpoints; leave the rest to another message."""
    if checkpoints.work(seconds=_SECONDS_AT_WORK):
        wake_checkpoints()


@shared_task(name="inventory.make_demo", ignore_result=True, soft_time_limit=540, time_limit=600)
def make_demo() -> None:
    """The demonstration, where there is none: ninety days of it take a minute. Nobody learns its people's password."""
    if demo.find() is not None:
        return
    try:
        demo.load(password=new_password())
    except (Refusal, IntegrityError) as refused:  # somebody else has just made it, or has its name
        _log.warning("demo.not_made", reason=str(refused))


wake_checkpoints: Callable[[], None] = Bell(make_checkpoints).ring
wake_courier: Callable[[], None] = Bell(deliver_webhooks).ring
wake_demo: Callable[[], None] = Bell(make_demo).ring
wake_exports: Callable[[], None] = Bell(write_exports).ring
wake_imports: Callable[[], None] = Bell(run_imports).ring
wake_syncs: Callable[[], None] = Bell(run_syncs).ring
