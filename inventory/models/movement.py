from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import F, Q

from warehouses.actors import ActorType
from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["DocumentType", "Movement"]


class DocumentType(models.TextChoices):
    ADJUSTMENT = "adjustment", "Adjustment"
    RESERVATION = "reservation", "Reservation"
    HOLD = "hold", "Hold"
    TRANSFER = "transfer", "Transfer"
    PUT_AWAY = "put_away", "Put-away"
    DESTRUCTION = "destruction", "Destruction"
    STOCK_REQUEST = "stock_request", "Stock request"

    @property
    def model(self) -> Any:
        """The model of the documents of this kind."""
        return apps.get_model(_MODELS[self])


#: By name: some are of an app above this one.
_MODELS = {
    DocumentType.ADJUSTMENT: "inventory.Adjustment",
    DocumentType.RESERVATION: "inventory.Reservation",
    DocumentType.HOLD: "inventory.Hold",
    DocumentType.TRANSFER: "inventory.Transfer",
    DocumentType.PUT_AWAY: "inventory.PutAway",
    DocumentType.DESTRUCTION: "inventory.Destruction",
    DocumentType.STOCK_REQUEST: "stock_requests.StockRequest",
}


class Movement(PublicModel):
    """One append-only row of the ledger: a signed change of one stock item.

    `level_before` and `level_after` chain over the movements of a level in the order of `level_version`.
    `recorded_at` never runs backwards within a level; `occurred_at` is when the source says it happened, if it does.
    The database refuses to update or delete a row (migration 0002). No table points at this one, so that it can be
    partitioned by `recorded_at`.
    """

    prefix = "mov"

    organization = models.ForeignKey(
        "warehouses.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    level = models.ForeignKey(
        "inventory.StockLevel", on_delete=models.PROTECT, related_name="movements", db_index=False
    )
    stock_item = models.ForeignKey(
        "inventory.StockItem", on_delete=models.PROTECT, related_name="movements", db_index=False
    )
    sku = models.ForeignKey(
        "inventory.Sku", verbose_name="SKU", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    warehouse = models.ForeignKey(
        "warehouses.Warehouse", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    delta = models.BigIntegerField()
    level_before = models.BigIntegerField()
    level_after = models.BigIntegerField()
    item_after = models.BigIntegerField()
    level_version = models.BigIntegerField()
    reason_code = models.ForeignKey(
        "inventory.ReasonCode", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    note = models.CharField(max_length=500, blank=True)
    reference = models.CharField(max_length=120, blank=True)
    actor_type = models.CharField(max_length=6, choices=ActorType.choices)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=254)
    document_type = models.CharField(max_length=16, choices=DocumentType.choices)
    document_id = models.UUIDField()
    recorded_at = models.DateTimeField()
    occurred_at = models.DateTimeField(null=True)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("-recorded_at", "-id")
        constraints = (
            models.CheckConstraint(condition=~Q(delta=0), name="inventory_movement_changes"),
            models.CheckConstraint(
                condition=Q(level_after=F("level_before") + F("delta")), name="inventory_movement_adds_up"
            ),
            models.CheckConstraint(
                condition=Q(level_before__gte=0, level_after__gte=0, item_after__gte=0),
                name="inventory_movement_not_negative",
            ),
            models.UniqueConstraint(fields=("level", "level_version"), name="inventory_movement_chain"),
        )
        indexes = (
            models.Index(fields=("sku", "-recorded_at", "-id"), name="inventory_movement_of_sku"),
            models.Index(
                fields=("stock_item", "-recorded_at", "-level_version"), name="inventory_movement_of_item"
            ),
            models.Index(fields=("organization", "-recorded_at", "-id"), name="inventory_movement_newest"),
            models.Index(fields=("document_id",), name="inventory_movement_of_document"),
        )

    def __str__(self) -> str:
        return f"{self.delta:+d}"
