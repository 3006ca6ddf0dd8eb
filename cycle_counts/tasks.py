"""What cycle counts do in the background. The schedule is in the settings.

Each task looks in the database for what is due; a message that is lost loses nothing, and one that comes twice finds
nothing left to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial

import structlog
from celery import shared_task
from django.utils import timezone

from cycle_counts import abc, proposals
from cycle_counts.models import CountSettings
from warehouses import transactions
from warehouses.models import Organization
from warehouses.refusals import Refusal

__all__ = ["propose_counts", "refresh_classes"]

_log = structlog.get_logger(__name__)


@shared_task(name="cycle_counts.refresh_classes", ignore_result=True, soft_time_limit=1500, time_limit=1800)
def refresh_classes(organization_id: str | None = None) -> None:
    """Compute classes and due dates of each organization once after its own midnight; of a named one at once.

    Each organization by itself: one that cannot be done now keeps no other waiting, and is found again.
    """
    now = timezone.now()
    if organization_id is None:
        wanted: Iterable[Organization] = _not_classified_today(now)
    else:
        wanted = Organization.objects.filter(pk=organization_id, is_active=True)
    for organization in wanted:
        try:
            count = transactions.run(partial(abc.refresh, organization=organization, now=now))
        except Refusal as refusal:
            _log.warning("classes.not_refreshed", organization=organization.public_id, reason=refusal.detail)
        else:
            _log.info("classes.refreshed", organization=organization.public_id, skus=count)


@shared_task(name="cycle_counts.propose_counts", ignore_result=True)
def propose_counts() -> None:
    """Plan what is due today, for each organization whose classes and due dates are today's."""
    now = timezone.now()
    late = {organization.pk for organization in _not_classified_today(now)}
    for organization in Organization.objects.filter(is_active=True).order_by("pk"):
        if organization.pk in late:
            continue
        try:
            made = proposals.propose(organization=organization, now=now)
        except Refusal as refusal:
            _log.warning("counts.not_proposed", organization=organization.public_id, reason=refusal.detail)
        else:
            if made:
                _log.info("counts.proposed", organization=organization.public_id, count=len(made))


def _not_classified_today(now: datetime) -> list[Organization]:
    """Two queries."""
    done = dict(CountSettings.objects.values_list("organization", "classified_at"))
    found = []
    for organization in Organization.objects.filter(is_active=True).order_by("pk"):
        last = done.get(organization.pk)
        zone = organization.zone
        if last is None or last.astimezone(zone).date() < now.astimezone(zone).date():
            found.append(organization)
    return found
