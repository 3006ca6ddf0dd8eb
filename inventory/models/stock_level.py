from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from inventory.models.figures import StockFigures
from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["StockLevel"]


class StockLevel(StockFigures, PublicModel):
    """One SKU in one warehouse: the sums of its stock items, and the row that is locked."""

    prefix: ClassVar[str] = "lvl"

    organization = models.ForeignKey(
        "warehouses.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    sku = models.ForeignKey(
        "inventory.Sku", verbose_name="SKU", on_delete=models.PROTECT, related_name="levels", db_index=False
    )
    warehouse = models.ForeignKey(
        "warehouses.Warehouse", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    safety_stock = models.PositiveIntegerField(default=0)
    reorder_point = models.PositiveIntegerField(default=0)
    reorder_quantity = models.PositiveIntegerField(default=0)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("sort_code", "warehouse__name")
        constraints = (
            models.UniqueConstraint(fields=("sku", "warehouse"), name="inventory_stock_level_once"),
            models.CheckConstraint(condition=Q(on_hand__gte=0), name="inventory_stock_level_on_hand"),
            models.CheckConstraint(condition=Q(reserved__gte=0), name="inventory_stock_level_reserved"),
            models.CheckConstraint(condition=Q(held__gte=0), name="inventory_stock_level_held"),
        )
        indexes = (
            # With the key in it, a page deep in the list is found without looking at the rows before it.
            models.Index(
                fields=("organization", "sort_code", "warehouse"),
                include=("id",),
                name="inventory_level_by_code",
            ),
            models.Index(
                fields=("warehouse", "sort_code"), include=("id",), name="inventory_level_in_warehouse"
            ),
            models.Index(fields=("warehouse", "status", "sort_code"), name="inventory_level_by_status"),
            models.Index(
                fields=("organization", "sort_code", "warehouse"),
                include=("id",),
                name="inventory_level_low",
                condition=Q(is_low=True),
            ),
            models.Index(
                fields=("warehouse", "sort_code"),
                include=("id",),
                name="inventory_level_low_warehouse",
                condition=Q(is_low=True),
            ),
            models.Index(
                fields=("warehouse", "sort_code"), name="inventory_level_held", condition=Q(held__gt=0)
            ),
        )

    def __str__(self) -> str:
        return f"{self.sku} in {self.warehouse}"
