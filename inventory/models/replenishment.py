from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from inventory.models.document import Document
from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["Replenishment", "ReplenishmentRule", "ReplenishmentSource", "ReplenishmentState"]


class ReplenishmentSource(models.TextChoices):
    TRANSFER = "transfer", "Another location"
    SUPPLIER = "supplier", "Supplier"


class ReplenishmentRule(PublicModel):
    """How one SKU is replenished in one location, beside the level's own safety stock, reorder point and quantity."""

    prefix = "rpr"

    organization = models.ForeignKey(
        "warehouses.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    sku = models.ForeignKey("inventory.Sku", verbose_name="SKU", on_delete=models.CASCADE, related_name="+")
    warehouse = models.ForeignKey(
        "warehouses.Warehouse", verbose_name="location", on_delete=models.CASCADE, related_name="+"
    )
    lead_time_days = models.PositiveSmallIntegerField(default=7, validators=[MaxValueValidator(730)])
    window_days = models.PositiveSmallIntegerField(
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(730)],
        help_text="Demand a day is that of so many days.",
    )
    maximum = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="What is available and inbound is lifted to this. Empty: by whole reorder quantities.",
    )
    order_multiple = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])
    source_type = models.CharField(
        max_length=8, choices=ReplenishmentSource.choices, default=ReplenishmentSource.SUPPLIER
    )
    from_warehouse = models.ForeignKey(
        "warehouses.Warehouse", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    supplier = models.CharField(max_length=120, blank=True)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("sku__code_key", "warehouse__name")
        constraints = (
            models.UniqueConstraint(
                fields=("sku", "warehouse"),
                name="inventory_replenishment_rule_once",
                violation_error_message="There is a rule for this SKU and location already.",
            ),
            models.CheckConstraint(
                condition=Q(order_multiple__gt=0), name="inventory_replenishment_rule_multiple"
            ),
        )
        indexes = (
            models.Index(fields=("organization", "warehouse", "sku"), name="inventory_replenishment_rules"),
        )

    def __str__(self) -> str:
        return f"{self.sku} in {self.warehouse}"


class ReplenishmentState(models.TextChoices):
    OPEN = "open", "Open"
    RECEIVED = "received", "Received"
    CANCELLED = "cancelled", "Cancelled"


class Replenishment(Document):
    """Units on order for one SKU in one location: inbound, until they are received or the order is cancelled.

    One from another location is a transfer, and is received with it; one from a supplier is an expected receipt,
    which receiving names.
    """

    prefix = "rpl"

    sku = models.ForeignKey(
        "inventory.Sku", verbose_name="SKU", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    warehouse = models.ForeignKey(
        "warehouses.Warehouse", verbose_name="location", on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(
        max_length=9, choices=ReplenishmentState.choices, default=ReplenishmentState.OPEN
    )
    quantity = models.PositiveBigIntegerField()
    received = models.PositiveBigIntegerField(default=0)
    source_type = models.CharField(max_length=8, choices=ReplenishmentSource.choices)
    transfer_line = models.OneToOneField(
        "inventory.TransferLine",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="replenishment",
    )
    supplier = models.CharField(max_length=120, blank=True)
    expected_on = models.DateField("expected on", null=True, blank=True)
    reference = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=500, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.CheckConstraint(condition=Q(quantity__gt=0), name="inventory_replenishment_quantity"),
            models.CheckConstraint(
                condition=Q(source_type="transfer", transfer_line__isnull=False)
                | Q(source_type="supplier", transfer_line__isnull=True),
                name="inventory_replenishment_source",
            ),
        )
        indexes = (
            models.Index(
                fields=("organization", "-created_at", "-id"), name="inventory_replenishment_newest"
            ),
            models.Index(
                fields=("sku", "warehouse"), condition=Q(state="open"), name="inventory_replenishment_open"
            ),
            models.Index(fields=("sku", "-created_at"), name="inventory_replenishment_of_sku"),
        )
