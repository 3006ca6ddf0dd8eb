"""What the palette finds of the counts: one by its number, and where to plan one. Of the books it says nothing."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from cycle_counts.models import BatchState
from cycle_counts.rights import COUNT, visible_batches
from inventory.admin.search import number_typed
from warehouses.access import Access
from warehouses.palette import Hit, says

__all__ = ["find"]

_PREFIX = "CC-"


def find(access: Access, term: str) -> Iterator[Hit]:
    """`CC-00012` and `cc-12` are the count's own number; `12` may be meant as it. One query at most."""
    if not access.may(COUNT):
        return
    number = number_typed(term, _PREFIX)
    if number is not None:
        for batch in visible_batches(access=access).filter(number=number).select_related("warehouse"):
            yield Hit(
                batch.label,
                "Cycle count",
                reverse("admin:cycle_counts_countbatch_change", args=[batch.pk]),
                "pin",
                detail=" · ".join(filter(None, (str(batch.warehouse), batch.name))),
                facts=(str(BatchState(batch.state).label),),
                is_exact=term.upper().startswith(_PREFIX),
            )
    if says("Plan a count", term):
        yield Hit(
            "Plan a count", "Action", reverse("admin:cycle_counts_countbatch_add"), "add_task", is_act=True
        )
