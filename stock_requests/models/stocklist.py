from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from stock_requests.models.request import Priority
from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["Stocklist", "StocklistLine"]


class Stocklist(PublicModel):
    """A template: what is asked for again and again, from where and for whom. A request is made of it in one step."""

    prefix = "stl"

    organization = models.ForeignKey("warehouses.Organization", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    from_warehouse = models.ForeignKey(
        "warehouses.Warehouse", verbose_name="from", on_delete=models.CASCADE, related_name="+"
    )
    to_warehouse = models.ForeignKey(
        "warehouses.Warehouse",
        verbose_name="to",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
    )
    to_room = models.ForeignKey(
        "warehouses.Room",
        verbose_name="room",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    department = models.ForeignKey(
        "stock_requests.Department", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    category = models.ForeignKey(
        "inventory.Category", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    note = models.CharField(max_length=500, blank=True)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                "organization",
                Lower("name"),
                name="stock_requests_stocklist_name",
                violation_error_message="There is a stocklist of this name already.",
            ),
            models.CheckConstraint(
                condition=Q(department__isnull=True) | Q(to_warehouse__isnull=True),
                name="stock_requests_stocklist_one_destination",
            ),
        )

    def __str__(self) -> str:
        return self.name


class StocklistLine(PublicModel):
    """So many units of one SKU, which a stocklist has once."""

    prefix = "sll"

    stocklist = models.ForeignKey(Stocklist, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    sku = models.ForeignKey("inventory.Sku", verbose_name="SKU", on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveBigIntegerField()

    class Meta:
        ordering = ("stocklist", "position")
        constraints = (
            models.UniqueConstraint(
                fields=("stocklist", "position"), name="stock_requests_stocklist_line_place"
            ),
            models.UniqueConstraint(fields=("stocklist", "sku"), name="stock_requests_stocklist_line_sku"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="stock_requests_stocklist_line_quantity"
            ),
        )

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"
