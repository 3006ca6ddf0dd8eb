from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["Adapter", "PosConnection"]


class Adapter(models.TextChoices):
    HTTP_FEED = "http_feed", "HTTP feed"
    CSV_DROP = "csv_drop", "CSV files in a folder"


class PosConnection(PublicModel):
    """How the stock of one location is learned from its point-of-sale system (`inventory.sync`).

    `cursor` is the feed's own mark of how far its changes have been taken over.
    """

    prefix = "pos"

    organization = models.ForeignKey("warehouses.Organization", on_delete=models.PROTECT, related_name="+")
    warehouse = models.OneToOneField(
        "warehouses.Warehouse", on_delete=models.PROTECT, related_name="pos_connection"
    )
    adapter = models.CharField(max_length=10, choices=Adapter.choices, default=Adapter.HTTP_FEED)
    url = models.CharField("URL", max_length=2000, blank=True)
    folder = models.CharField(max_length=80, blank=True)
    username = models.CharField(max_length=120, blank=True)
    secret = models.TextField(blank=True, help_text="Sealed.")
    interval_minutes = models.PositiveIntegerField(
        "sync changes every (minutes)",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(10_080)],
        help_text="Empty: only when somebody asks for it.",
    )
    is_active = models.BooleanField(default=True)
    cursor = models.TextField(blank=True, editable=False)
    last_synced_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("warehouse__name",)
        verbose_name = "point-of-sale connection"
        constraints = (
            models.UniqueConstraint(
                fields=("folder",), condition=~Q(folder=""), name="inventory_pos_connection_folder"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_adapter_display()} of {self.warehouse}"
