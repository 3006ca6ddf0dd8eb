"""Lots become expired when their last day is over where their organization is."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Final

from django.db.models import Q

from inventory import history, statements
from inventory.models import Lot, LotState
from warehouses import transactions
from warehouses.actors import SYSTEM
from warehouses.models import Organization

__all__ = ["expire_lots", "expire_lots_of"]

_LOTS_AT_ONCE: Final = 1000


def expire_lots(now: datetime) -> int:
    """Write down, for each organization, what is expired since its own midnight; how many lots that were.

    Run it as often as you like: a lot is changed once, also by two that run at the same moment, because the second
    waits for the first one's rows and then finds them expired. The lots alone are locked. No posting depends on it:
    from midnight on, the ledger takes nothing of such a lot whatever its state says, and what is available does not
    change, because on hand − reserved − held does not look at lots.
    """
    organizations = Organization.objects.order_by("pk").filter(_has_due(now))
    return sum(expire_lots_of(organization, now) for organization in organizations)


def expire_lots_of(organization: Organization, now: datetime) -> int:
    """The lots of one organization; how many were changed."""
    today = now.astimezone(organization.zone).date()
    changed = 0
    while some := transactions.run(partial(_expire_some, organization, today, now)):
        changed += some
    return changed


def _has_due(now: datetime) -> Q:
    """Organizations that may have some: where it is latest it is at most a day later than in UTC."""
    latest = date.fromordinal(now.date().toordinal() + 1)
    due = Lot.objects.filter(expires_on__lt=latest).exclude(state=LotState.EXPIRED)
    return Q(pk__in=due.order_by().values("organization"))


def _expire_some(organization: Organization, today: date, now: datetime) -> int:
    rows = Lot.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    due = rows.filter(organization=organization, expires_on__lt=today).exclude(state=LotState.EXPIRED)
    lots = list(due[:_LOTS_AT_ONCE])
    expired = LotState.EXPIRED.value
    statements.update(Lot, ("state", "version"), [(lot.pk, expired, lot.version + 1) for lot in lots])
    history.note_all(
        organization=organization,
        actor=SYSTEM,
        entries=[history.Entry(lot, "expire", expired, lot.state) for lot in lots],
        at=now,
    )
    return len(lots)
