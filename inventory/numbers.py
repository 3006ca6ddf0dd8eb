"""The numbers of documents: each once, none left out, also when two are made at once."""

from __future__ import annotations

from django.db.models import F

from inventory import statements
from inventory.models import LastNumber
from warehouses.models import Organization

__all__ = ["next_number"]


def next_number(kind: type[LastNumber], organization: Organization) -> int:
    """The number of a new document of this kind. Locks the organization's last one until the transaction ends.

    A transaction that is rolled back gives its number back with everything else. Two statements; two more for the
    first document of an organization.
    """
    rows = kind._default_manager.filter(pk=organization.pk)
    if not rows.update(last=F("last") + 1):
        # Two first documents at once: the second waits for the first one's row, and then counts on.
        statements.insert(kind, ("organization", "last"), [(organization.pk, 0)], or_ignore=True)
        rows.update(last=F("last") + 1)
    return rows.values_list("last", flat=True).get()
