from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from inventory.models.document import Document
from inventory.models.movement import DocumentType
from warehouses.models.base import OrganizationQuerySet

__all__ = ["Reservation", "ReservationState"]


class ReservationState(models.TextChoices):
    """`active` until nothing of it is open any more; the last act decides what it ends as."""

    ACTIVE = "active", "Active"
    FULFILLED = "fulfilled", "Fulfilled"
    RELEASED = "released", "Released"
    EXPIRED = "expired", "Expired"


class Reservation(Document):
    """Units of one stock level that are promised to somebody. Changed only while its level is locked.

    `quantity` was promised, `open` still is. From `expires_at` on it does not count: every write and every read of
    its level takes that into account first (`inventory.ledger.expiry`). One that another document has made
    (`document_type`, `document_id`) is changed by what is done with that document, and by nothing else.
    """

    prefix = "rsv"

    level = models.ForeignKey(
        "inventory.StockLevel", on_delete=models.PROTECT, related_name="reservations", db_index=False
    )
    sku = models.ForeignKey(
        "inventory.Sku", verbose_name="SKU", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    warehouse = models.ForeignKey(
        "warehouses.Warehouse",
        verbose_name="location",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    channel = models.ForeignKey(
        "inventory.Channel", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=9, choices=ReservationState.choices, default=ReservationState.ACTIVE)
    quantity = models.PositiveBigIntegerField()
    open = models.PositiveBigIntegerField()
    fulfilled = models.PositiveBigIntegerField(default=0)
    document_type = models.CharField(
        max_length=16, choices=DocumentType.choices, blank=True, default="", editable=False
    )
    document_id = models.UUIDField(null=True, blank=True, editable=False)
    reference = models.CharField(max_length=120)
    note = models.CharField(max_length=500, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(quantity__gt=0, open__lte=F("quantity") - F("fulfilled")),
                name="inventory_reservation_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(state="active", open__gt=0) | (~Q(state="active") & Q(open=0)),
                name="inventory_reservation_active_is_open",
            ),
            models.CheckConstraint(
                condition=Q(document_type="", document_id__isnull=True)
                | (~Q(document_type="") & Q(document_id__isnull=False, expires_at__isnull=True)),
                name="inventory_reservation_of_document",
            ),
        )
        indexes = (
            models.Index(fields=("organization", "-created_at", "-id"), name="inventory_reservation_newest"),
            models.Index(fields=("sku", "-created_at"), name="inventory_reservation_of_sku"),
            models.Index(
                fields=("level", "expires_at"),
                condition=Q(state="active"),
                name="inventory_reservation_active",
            ),
            models.Index(
                fields=("organization", "expires_at"),
                condition=Q(state="active", expires_at__isnull=False),
                name="inventory_reservation_due",
            ),
        )
