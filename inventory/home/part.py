"""What the inventory says on the overview: put together from its work, its figures and its charts."""

from __future__ import annotations

from inventory.day_figures import REACH, days_of
from inventory.home.activity import last_activity
from inventory.home.cards import cards_of
from inventory.home.charts import charts_of
from inventory.home.work import work_of
from inventory.reservations import expire_due
from warehouses import replica
from warehouses.access import Access
from warehouses.home import Part

__all__ = ["part"]


def part(access: Access) -> Part:
    """The inventory's part for the caller; what has run out by now is off the stock first, as on every page of it."""
    expire_due(access.organization)
    work = work_of(access)
    if not access.may("inventory.read"):
        return Part(work=work)
    kept = replica.read(lambda: days_of(access=access, days=REACH))
    if not kept.days:
        # Told apart from stock that is there and not read yet: within minutes it will be.
        hint = "" if kept.refreshed_at is not None else "The figures are being read for the first time."
        return Part(work=work, activity=last_activity(access), as_of=kept.refreshed_at, hint=hint)
    return Part(
        work=work,
        cards=cards_of(access, kept),
        charts=charts_of(access, kept),
        activity=last_activity(access),
        as_of=kept.refreshed_at,
    )
