from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from inventory.formulas import StockStatus, available_expression, is_low_expression, status_expression
from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["StockLevel"]


class StockLevel(PublicModel):
    """One SKU in one warehouse: the sums of its stock items, and the row that is locked. Written by the ledger only.

    `sort_code` repeats the SKU's `code_key`, kept equal by a trigger, so that a page of a filtered list is one
    walk of one index however many SKUs there are. The computed columns are those of `inventory.formulas`.
    """

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
    sort_code = models.CharField(max_length=128)
    on_hand = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    safety_stock = models.PositiveIntegerField(default=0)
    reorder_point = models.PositiveIntegerField(default=0)
    reorder_quantity = models.PositiveIntegerField(default=0)
    version = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(default=timezone.now)
    available = models.GeneratedField(
        expression=available_expression(), output_field=models.BigIntegerField(), db_persist=True
    )
    is_low = models.GeneratedField(
        expression=is_low_expression(), output_field=models.BooleanField(), db_persist=True
    )
    status = models.GeneratedField(
        expression=status_expression(),
        output_field=models.CharField(max_length=12, choices=StockStatus.choices),
        db_persist=True,
    )

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
            models.Index(fields=("organization", "sort_code", "warehouse"), name="inventory_level_by_code"),
            models.Index(fields=("warehouse", "sort_code"), name="inventory_level_in_warehouse"),
            models.Index(fields=("warehouse", "status", "sort_code"), name="inventory_level_by_status"),
            models.Index(
                fields=("organization", "sort_code", "warehouse"),
                name="inventory_level_low",
                condition=Q(is_low=True),
            ),
            models.Index(
                fields=("warehouse", "sort_code"),
                name="inventory_level_low_warehouse",
                condition=Q(is_low=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.sku} in {self.warehouse}"
