from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from inventory.models.document import Document
from warehouses.models.base import OrganizationQuerySet

__all__ = ["Hold", "HoldPart", "HoldState"]


class HoldState(models.TextChoices):
    ACTIVE = "active", "Active"
    RELEASED = "released", "Released"


class Hold(Document):
    """Units of one SKU in one location that neither leave nor move until they are released.

    `bin`, `lot` and `stock_item` are what was named; its parts say which stock items hold the units. Changed only
    while its level is locked.
    """

    prefix = "hold"

    sku = models.ForeignKey(
        "inventory.Sku", verbose_name="SKU", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    warehouse = models.ForeignKey(
        "warehouses.Warehouse",
        verbose_name="location",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    bin = models.ForeignKey(
        "warehouses.Bin", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    lot = models.ForeignKey(
        "inventory.Lot", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    stock_item = models.ForeignKey(
        "inventory.StockItem", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=8, choices=HoldState.choices, default=HoldState.ACTIVE)
    quantity = models.PositiveBigIntegerField()
    open = models.PositiveBigIntegerField()
    reason = models.CharField(max_length=200)
    reference = models.CharField(max_length=120, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(quantity__gt=0, open__lte=F("quantity")), name="inventory_hold_adds_up"
            ),
            models.CheckConstraint(
                condition=Q(state="active", open__gt=0) | Q(state="released", open=0),
                name="inventory_hold_active_is_open",
            ),
        )
        indexes = (
            models.Index(fields=("organization", "-created_at", "-id"), name="inventory_hold_newest"),
            models.Index(fields=("sku", "-created_at"), name="inventory_hold_of_sku"),
        )


class HoldPart(models.Model):
    """What of a hold is in one stock item: `quantity` still is held there."""

    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="parts")
    stock_item = models.ForeignKey("inventory.StockItem", on_delete=models.PROTECT, related_name="hold_parts")
    quantity = models.PositiveBigIntegerField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("hold", "stock_item"), name="inventory_hold_part_once"),
        )

    def __str__(self) -> str:
        return f"{self.quantity} of {self.hold}"
