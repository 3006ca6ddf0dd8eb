from __future__ import annotations

from django.db import models
from django.db.models import Q

from inventory.models.document import Document
from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["PutAway", "PutAwayLine", "PutAwayState"]


class PutAwayState(models.TextChoices):
    OPEN = "open", "Open"
    COMPLETED = "completed", "Completed"
    CANCELLED = "cancelled", "Cancelled"


class PutAway(Document):
    """A task: bring goods from where they were received to their shelves. The goods move when it is completed."""

    prefix = "put"

    warehouse = models.ForeignKey(
        "warehouses.Warehouse", verbose_name="location", on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=9, choices=PutAwayState.choices, default=PutAwayState.OPEN)
    reference = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=500, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        verbose_name = "put-away task"
        indexes = (
            models.Index(fields=("organization", "-created_at", "-id"), name="inventory_put_away_newest"),
        )


class PutAwayLine(PublicModel):
    prefix = "ptl"

    put_away = models.ForeignKey(PutAway, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    sku = models.ForeignKey("inventory.Sku", verbose_name="SKU", on_delete=models.PROTECT, related_name="+")
    lot = models.ForeignKey(
        "inventory.Lot", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    from_bin = models.ForeignKey("warehouses.Bin", on_delete=models.PROTECT, related_name="+")
    to_bin = models.ForeignKey("warehouses.Bin", on_delete=models.PROTECT, related_name="+")
    is_suggested = models.BooleanField(default=False, help_text="Nobody named the bin; the product chose it.")
    quantity = models.PositiveBigIntegerField()

    class Meta:
        ordering = ("put_away", "position")
        constraints = (
            models.UniqueConstraint(fields=("put_away", "position"), name="inventory_put_away_line_place"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="inventory_put_away_line_quantity"),
        )

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"
