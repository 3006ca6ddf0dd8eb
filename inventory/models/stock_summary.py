from __future__ import annotations

from django.db import models
from django.db.models import Q

from inventory.models.figures import StockFigures
from warehouses.models.base import OrganizationQuerySet

__all__ = ["StockSummary"]


class StockSummary(StockFigures):
    """One SKU over all its warehouses: a read index over its stock levels, written in the ledger's transaction.

    It makes "SKUs that are low" and "SKUs by code" one walk of an index at a million SKUs; no decision reads it.
    `verify_stock` compares it with the levels. See docs/decisions for why it is no third grain of quantity.
    """

    sku = models.OneToOneField(
        "inventory.Sku", primary_key=True, on_delete=models.PROTECT, related_name="summary"
    )
    organization = models.ForeignKey(
        "warehouses.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    safety_stock = models.BigIntegerField(default=0)
    reorder_point = models.BigIntegerField(default=0)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("sort_code",)
        verbose_name_plural = "stock summaries"
        constraints = (
            models.CheckConstraint(
                condition=Q(on_hand__gte=0, reserved__gte=0, held__gte=0),
                name="inventory_stock_summary_not_negative",
            ),
        )
        indexes = (
            models.Index(fields=("organization", "sort_code"), name="inventory_summary_by_code"),
            models.Index(fields=("organization", "status", "sort_code"), name="inventory_summary_by_status"),
            # The orders of the stock explorer, and what it finds little of among many.
            models.Index(
                fields=("organization", "available", "sort_code"), name="inventory_summary_available"
            ),
            models.Index(fields=("organization", "on_hand", "sort_code"), name="inventory_summary_on_hand"),
            models.Index(
                fields=("organization", "sort_code"), name="inventory_summary_held", condition=Q(held__gt=0)
            ),
        )

    def __str__(self) -> str:
        return self.sort_code
