from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from inventory.models.event import Event
from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["Delivery", "DeliveryAttempt", "DeliveryState", "Trigger"]


class DeliveryState(models.TextChoices):
    PENDING = "pending", "Pending"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"


class Delivery(PublicModel):
    """One event on its way to one endpoint: a row of the durable queue, and of the delivery log.

    Pending rows are due at `next_attempt_at`. Whoever claims one writes a `lease` and moves `next_attempt_at` to when
    it runs out, so that a claim of a process that died comes due again; a result is written only by the holder of the
    lease. `tries` is the place in the schedule, which a replay starts anew; `attempt_count` counts all attempts.
    """

    prefix = "dlv"

    organization = models.ForeignKey(
        "warehouses.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    endpoint = models.ForeignKey(
        "inventory.WebhookEndpoint", on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="deliveries")
    state = models.CharField(max_length=9, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    tries = models.PositiveSmallIntegerField(default=0)
    attempt_count = models.PositiveIntegerField("attempts", default=0)
    next_attempt_at = models.DateTimeField("next try", null=True, blank=True)
    lease = models.UUIDField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        verbose_name_plural = "deliveries"
        constraints = (
            models.UniqueConstraint(fields=("endpoint", "event"), name="inventory_delivery_once"),
            models.CheckConstraint(
                condition=Q(state=DeliveryState.PENDING.value, next_attempt_at__isnull=False)
                | (~Q(state=DeliveryState.PENDING.value) & Q(next_attempt_at__isnull=True)),
                name="inventory_delivery_pending_is_due",
            ),
        )
        indexes = (
            models.Index(
                fields=("endpoint", "next_attempt_at", "id"),
                condition=Q(state=DeliveryState.PENDING.value),
                name="inventory_delivery_due",
            ),
            models.Index(fields=("endpoint", "-created_at", "-id"), name="inventory_delivery_of_endpoint"),
            models.Index(
                fields=("endpoint", "state", "-created_at", "-id"), name="inventory_delivery_by_state"
            ),
            models.Index(fields=("organization", "-created_at", "-id"), name="inventory_delivery_newest"),
            models.Index(fields=("created_at",), name="inventory_delivery_age"),
        )

    def __str__(self) -> str:
        return self.public_id


class Trigger(models.TextChoices):
    SCHEDULE = "schedule", "Schedule"
    REPLAY = "replay", "Replay"


class DeliveryAttempt(models.Model):
    """One request of a delivery and what came back. Without a `status` there was no answer: `error` says why."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts", db_index=False)
    number = models.PositiveIntegerField()
    trigger = models.CharField(max_length=8, choices=Trigger.choices, default=Trigger.SCHEDULE)
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField("duration (ms)")
    url = models.CharField("URL", max_length=2000)
    address = models.GenericIPAddressField(null=True, blank=True)
    request_headers = models.JSONField(default=dict)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    response_headers = models.JSONField(default=dict)
    response_body = models.TextField(blank=True, help_text="Its first 1,024 bytes.")
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=("delivery", "number"), name="inventory_delivery_attempt_once"),
        )

    def __str__(self) -> str:
        return f"attempt {self.number}"
