from __future__ import annotations

from django.db import models
from django.db.models import Q

from inventory.models.document import Document
from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["Destruction", "DestructionLine"]


class Destruction(Document):
    """The record of goods that were brought to a destruction room: what, how much, by whom and why."""

    prefix = "dst"

    warehouse = models.ForeignKey(
        "warehouses.Warehouse", verbose_name="location", on_delete=models.PROTECT, related_name="+"
    )
    to_bin = models.ForeignKey("warehouses.Bin", on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    note = models.CharField(max_length=500, blank=True)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(fields=("organization", "-created_at", "-id"), name="inventory_destruction_newest"),
        )


class DestructionLine(PublicModel):
    prefix = "dsl"

    destruction = models.ForeignKey(Destruction, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    sku = models.ForeignKey("inventory.Sku", verbose_name="SKU", on_delete=models.PROTECT, related_name="+")
    lot = models.ForeignKey(
        "inventory.Lot", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    from_bin = models.ForeignKey("warehouses.Bin", on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveBigIntegerField()

    class Meta:
        ordering = ("destruction", "position")
        constraints = (
            models.UniqueConstraint(
                fields=("destruction", "position"), name="inventory_destruction_line_place"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="inventory_destruction_line_quantity"),
        )

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"
