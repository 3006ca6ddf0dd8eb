from __future__ import annotations

from django.db import models
from django.utils import timezone

from warehouses.actors import ActorType
from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["Adjustment", "AdjustmentKind", "Source"]


class Source(models.TextChoices):
    """The edge through which a change came."""

    ADMIN = "admin", "Back office"
    GATEWAY = "gateway", "Gateway API"
    NEXUS = "nexus", "Nexus API"
    POS = "pos", "POS API"
    BACKOFFICE = "backoffice", "Backoffice API"
    IMPORT = "import", "Import"
    SYNC = "sync", "Point-of-sale sync"
    SYSTEM = "system", "System"


class AdjustmentKind(models.TextChoices):
    """What a document of this kind says: how stock changed, or what is there, or came, or is of another lot."""

    ADJUSTMENT = "adjustment", "Adjustment"
    STATEMENT = "statement", "Recorded stock"
    RECEIPT = "receipt", "Receipt"
    LOT_CORRECTION = "lot_correction", "Lot correction"
    CONSUMPTION = "consumption", "Consumption of expired stock"
    COUNT = "count", "Cycle count"


class Adjustment(PublicModel):
    """A document that posted one or more movements for a reason. Undone by reversing, never edited."""

    prefix = "adj"

    organization = models.ForeignKey(
        "warehouses.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    source = models.CharField(max_length=12, choices=Source.choices)
    kind = models.CharField(
        max_length=16,
        choices=AdjustmentKind.choices,
        default=AdjustmentKind.ADJUSTMENT,
        db_default=AdjustmentKind.ADJUSTMENT,
    )
    reason_code = models.ForeignKey(
        "inventory.ReasonCode",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Empty where its movements have several.",
    )
    note = models.CharField(max_length=500, blank=True)
    reference = models.CharField(max_length=120, blank=True)
    line_count = models.PositiveIntegerField("movements")
    actor_type = models.CharField(max_length=6, choices=ActorType.choices)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=254)
    reverses = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversed_by"
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(fields=("organization", "-created_at", "-id"), name="inventory_adjustment_newest"),
            models.Index(
                fields=("organization", "kind", "-created_at", "-id"), name="inventory_adjustment_of_kind"
            ),
        )

    def __str__(self) -> str:
        return self.public_id
