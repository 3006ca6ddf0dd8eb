"""What the route of ABC classes takes."""

from __future__ import annotations

from cycle_counts.api.batches.bodies import ClassesField, MadeBody
from warehouses.http.fields import StrictBooleanField, StrictIntegerField, TypeIdField
from warehouses.models import Warehouse

__all__ = ["ClassPlanBody"]


class ClassPlanBody(MadeBody):
    """`POST /api/inventory/cycle-count/abc`."""

    locationId = TypeIdField(Warehouse.prefix, help_text="The location that is counted.")
    classes = ClassesField(allow_empty=False, help_text="The ABC classes that are counted.")
    dueOnly = StrictBooleanField(
        required=False, help_text="`true`: only SKUs whose next count is due by their class."
    )
    limit = StrictIntegerField(
        min_value=1,
        max_value=10_000,
        required=False,
        help_text="At most so many lines: the most urgent ones.",
    )
