from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["StockItem"]


class StockItem(PublicModel):
    """Quantity of one SKU in one bin, of one lot or of none: where stock lives. Written by the ledger only."""

    prefix = "inv"

    organization = models.ForeignKey(
        "warehouses.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    level = models.ForeignKey("inventory.StockLevel", on_delete=models.PROTECT, related_name="items")
    sku = models.ForeignKey(
        "inventory.Sku", verbose_name="SKU", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    warehouse = models.ForeignKey(
        "warehouses.Warehouse", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    bin = models.ForeignKey("warehouses.Bin", on_delete=models.PROTECT, related_name="stock_items")
    lot = models.ForeignKey(
        "inventory.Lot", null=True, blank=True, on_delete=models.PROTECT, related_name="stock_items"
    )
    on_hand = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    is_low = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Of its stock level, repeated by a trigger: lists filter by it.",
    )
    created_at = models.DateTimeField(default=timezone.now, help_text="When its first movement was recorded.")
    updated_at = models.DateTimeField(default=timezone.now)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("sku__code_key", "bin__pick_sequence", "bin__code")
        constraints = (
            models.UniqueConstraint(
                fields=("sku", "bin"), condition=Q(lot__isnull=True), name="inventory_stock_item_without_lot"
            ),
            models.UniqueConstraint(
                fields=("sku", "bin", "lot"),
                condition=Q(lot__isnull=False),
                name="inventory_stock_item_of_lot",
            ),
            models.CheckConstraint(condition=Q(on_hand__gte=0), name="inventory_stock_item_on_hand"),
            models.CheckConstraint(condition=Q(held__gte=0), name="inventory_stock_item_held"),
        )
        # Lists walk the items in the order in which they came: `created_at` never changes, so that movements, which
        # change the other columns all the time, leave these indexes alone.
        indexes = (
            models.Index(
                fields=("organization", "created_at", "id"),
                include=("warehouse",),
                name="inventory_item_by_age",
            ),
            models.Index(fields=("warehouse", "created_at", "id"), name="inventory_item_in_warehouse"),
            # Crossing the reorder point is rare enough to touch an index.
            models.Index(
                fields=("organization", "created_at", "id"),
                include=("warehouse",),
                name="inventory_item_low",
                condition=Q(is_low=True),
            ),
            models.Index(
                fields=("warehouse", "created_at", "id"),
                name="inventory_item_low_warehouse",
                condition=Q(is_low=True),
            ),
        )

    def __str__(self) -> str:
        lot = f" of lot {self.lot}" if self.lot_id else ""
        return f"{self.sku} in {self.bin}{lot}"
