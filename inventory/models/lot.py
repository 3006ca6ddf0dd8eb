from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["Lot", "LotState"]


class LotState(models.TextChoices):
    ACTIVE = "active", "Active"
    QUARANTINED = "quarantined", "Quarantined"
    EXPIRED = "expired", "Expired"


class Lot(PublicModel):
    """A batch of one SKU. Expired from the day after `expires_on`, in the organization's time zone."""

    prefix = "lot"

    organization = models.ForeignKey("warehouses.Organization", on_delete=models.PROTECT, related_name="+")
    sku = models.ForeignKey(
        "inventory.Sku", verbose_name="SKU", on_delete=models.PROTECT, related_name="lots"
    )
    code = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=LotState.choices, default=LotState.ACTIVE)
    expires_on = models.DateField("expires on", null=True, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = (models.F("expires_on").asc(nulls_last=True), "received_at", "id")
        constraints = (
            models.UniqueConstraint(
                "sku",
                Lower("code"),
                name="inventory_lot_code",
                violation_error_message="This SKU has a lot with this code already.",
            ),
        )
        indexes = (
            models.Index(fields=("organization", "expires_on"), name="inventory_lot_by_expiry"),
            models.Index(models.F("organization"), Lower("code"), name="inventory_lot_by_code"),
        )

    def __str__(self) -> str:
        return self.code

    def is_pickable(self, today: date) -> bool:
        """Whether stock of this lot may leave to a customer or another warehouse on that day."""
        return self.state == LotState.ACTIVE and (self.expires_on is None or today <= self.expires_on)
