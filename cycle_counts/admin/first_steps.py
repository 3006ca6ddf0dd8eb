"""The counts' first step: one of them is finished."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, OuterRef
from django.urls import reverse

from cycle_counts.models import BatchState, CountBatch
from cycle_counts.rights import COUNT
from warehouses.access import Access
from warehouses.first_steps import Step

__all__ = ["steps"]


def steps(access: Access) -> Iterator[Step]:
    if access.everywhere(COUNT):
        rows = CountBatch.objects.order_by().filter(organization=OuterRef("pk"))
        yield Step(
            6,
            "Count a shelf",
            "Plan it, count it on a phone, and post the differences.",
            reverse("admin:cycle_counts_countbatch_changelist"),
            Exists(rows.filter(state=BatchState.RESOLVED)),
        )
