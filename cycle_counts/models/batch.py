from __future__ import annotations

from django.db import models
from django.db.models import Q

from inventory.models import Document, LastNumber
from warehouses.models.base import OrganizationQuerySet

__all__ = ["BatchState", "CountBatch", "CountNumber", "Origin"]


class BatchState(models.TextChoices):
    DRAFT = "draft", "Planned"
    COUNTING = "counting", "Counting"
    REVIEW = "review", "To review"
    RESOLVED = "resolved", "Resolved"
    CANCELLED = "cancelled", "Cancelled"


class Origin(models.TextChoices):
    """Who had the idea."""

    PLANNED = "planned", "Planned"
    ABC = "abc", "By ABC class"
    PROPOSED = "proposed", "Proposed"
    SPOT = "spot", "Spot count"
    RECOUNT = "recount", "Recount"


class CountBatch(Document):
    """What is to be counted in one warehouse, and what came of it: `draft → counting → review → resolved`.

    While it is blind and not submitted, nobody is told what the books say (`cycle_counts.blindness`). A line is inside
    the tolerance where it is inside each of the three limits that are set; where none is, only what is exact is.
    """

    prefix = "cc"

    number = models.PositiveIntegerField(editable=False)
    name = models.CharField(max_length=120, blank=True)
    warehouse = models.ForeignKey(
        "warehouses.Warehouse", verbose_name="location", on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=9, choices=BatchState.choices, default=BatchState.DRAFT)
    origin = models.CharField(max_length=8, choices=Origin.choices, default=Origin.PLANNED)
    #: What it was planned by: `cycle_counts.planning.Scope` as JSON.
    scope = models.JSONField(default=dict, blank=True)
    is_blind = models.BooleanField("blind", default=True)
    tolerance_units = models.PositiveIntegerField(null=True, blank=True)
    tolerance_percent = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    tolerance_value = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    due_on = models.DateField("due on", null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)
    #: Nobody: whoever may count there.
    assignees = models.ManyToManyField("warehouses.User", blank=True, related_name="+")
    recount_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="recounts"
    )
    adjustment = models.OneToOneField(
        "inventory.Adjustment", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    planned_by = models.ForeignKey(
        "warehouses.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    submitted_at = models.DateTimeField(null=True, blank=True, editable=False)
    submitted_by = models.ForeignKey(
        "warehouses.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        verbose_name = "cycle count"
        constraints = (
            models.UniqueConstraint(fields=("organization", "number"), name="cycle_counts_batch_number"),
            models.CheckConstraint(
                condition=Q(tolerance_percent__isnull=True) | Q(tolerance_percent__gte=0),
                name="cycle_counts_batch_percent",
            ),
            models.CheckConstraint(
                condition=Q(tolerance_value__isnull=True) | Q(tolerance_value__gte=0),
                name="cycle_counts_batch_value",
            ),
            models.CheckConstraint(
                condition=Q(adjustment__isnull=True) | Q(state="resolved"),
                name="cycle_counts_batch_adjustment",
            ),
        )
        indexes = (
            models.Index(fields=("organization", "-created_at", "-id"), name="cycle_counts_newest"),
            models.Index(
                fields=("organization", "warehouse", "due_on"),
                condition=Q(state__in=("draft", "counting", "review")),
                name="cycle_counts_open",
            ),
            models.Index(
                fields=("organization", "closed_at"),
                condition=Q(state="resolved"),
                name="cycle_counts_resolved",
            ),
        )

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """What people call it: `CC-00012`."""
        return f"CC-{self.number:05d}"


class CountNumber(LastNumber):
    """The last number that was given to a cycle count of the organization."""
