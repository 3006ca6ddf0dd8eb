"""Counts of what is due, planned by themselves once a day."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from cycle_counts import abc
from cycle_counts.models import BatchState, CountBatch, CountSettings, Origin
from cycle_counts.notifications import tell_proposed
from cycle_counts.planning import Scope, create_batch
from cycle_counts.preferences import settings_of
from warehouses import transactions
from warehouses.access import Access, access_of_system
from warehouses.models import Organization, Warehouse
from warehouses.refusals import RuleBroken

__all__ = ["propose"]


def propose(*, organization: Organization, now: datetime) -> list[CountBatch]:
    """A draft of what is due today for each warehouse in use that people change; those that were made.

    A warehouse has none where its last proposal is still an untouched draft, or was made today; so it may run as often
    as you like. Each is a transaction of its own, and those who review there are told.
    """
    settings = settings_of(organization)
    if not settings.proposes:
        return []
    access = access_of_system(organization)
    warehouses = Warehouse.objects.filter(organization=organization, is_active=True, is_readonly=False)
    made = []
    for warehouse in warehouses.order_by("pk"):
        batch = transactions.run(partial(_propose_one, access, warehouse, settings, now))
        if batch is not None:
            made.append(batch)
    return made


def _propose_one(
    access: Access, warehouse: Warehouse, settings: CountSettings, now: datetime
) -> CountBatch | None:
    abc.take_time()
    # Of two who are here at once one goes away: what the other one leaves is found next time.
    places = Warehouse.objects.select_for_update(no_key=True, skip_locked=True)
    if places.filter(pk=warehouse.pk).first() is None:
        return None
    zone = access.organization.zone
    today = now.astimezone(zone).date()
    last = CountBatch.objects.filter(
        organization=access.organization, warehouse=warehouse, origin=Origin.PROPOSED
    )
    before = last.order_by("-created_at", "-pk").first()
    if before is not None:
        is_untouched = before.state == BatchState.DRAFT and before.version == 1
        if is_untouched or before.created_at.astimezone(zone).date() >= today:
            return None
    try:
        batch = create_batch(
            access=access,
            warehouse=warehouse,
            scope=Scope(due_only=True, limit=settings.proposed_lines),
            name=f"Due on {today:%-d %B %Y}",
            due_on=today,
            origin=Origin.PROPOSED,
            recorded_at=now,
        )
    except RuleBroken as refusal:
        if refusal.code != "NOTHING_TO_COUNT":
            raise
        return None
    tell_proposed(access=access, batch=batch, at=now)
    return batch
