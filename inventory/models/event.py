from __future__ import annotations

from django.db import models
from django.utils import timezone

from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["SUBSCRIBABLE", "Event", "EventType"]


class EventType(models.TextChoices):
    INVENTORY_UPDATED = "inventory.updated", "Stock changed"
    LOW_STOCK = "inventory.low_stock", "Stock fell below the reorder point"
    OVERSOLD = "inventory.oversold", "More is promised than is there"
    SYNC_COMPLETED = "inventory.sync.completed", "A sync finished"
    TRANSFER_SHIPPED = "transfer.shipped", "A transfer left"
    TRANSFER_RECEIVED = "transfer.received", "Goods of a transfer arrived"
    REQUEST_SUBMITTED = "stock_request.submitted", "A stock request was submitted"
    REQUEST_APPROVED = "stock_request.approved", "A stock request was approved"
    REQUEST_REJECTED = "stock_request.rejected", "A stock request was rejected"
    REQUEST_FULFILLED = "stock_request.fulfilled", "A stock request was fulfilled"
    COUNT_RESOLVED = "cycle_count.resolved", "A cycle count was resolved"
    TEST = "webhook.test", "Test"


#: What an endpoint can be subscribed to; a test event is sent to the one endpoint that asks for it.
SUBSCRIBABLE = tuple(kind for kind in EventType if kind is not EventType.TEST)


class Event(PublicModel):
    """Something that happened, for those who subscribed to it: the outbox, written with what it tells of.

    `body` is the JSON text that is sent, byte for byte, at every attempt: its values are those of the commit.
    """

    prefix = "evt"

    organization = models.ForeignKey(
        "warehouses.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    type = models.CharField(max_length=40, choices=EventType.choices)
    body = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(fields=("organization", "-created_at", "-id"), name="inventory_event_newest"),
            models.Index(fields=("created_at",), name="inventory_event_age"),
        )

    def __str__(self) -> str:
        return f"{self.type} {self.public_id}"
