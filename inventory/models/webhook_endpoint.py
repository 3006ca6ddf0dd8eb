from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["EndpointState", "WebhookEndpoint"]


class EndpointState(models.TextChoices):
    """A paused endpoint keeps what happens meanwhile for later; a disabled one is no subscriber any more."""

    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"
    DISABLED = "disabled", "Disabled"


class WebhookEndpoint(PublicModel):
    """An address that events are sent to, signed with a secret of its own (`inventory.webhooks`).

    `failing_since` is the first failure after the last success; `hold_until` keeps every delivery of the endpoint back
    for a while. A removed endpoint keeps its row until its log is purged.
    """

    prefix = "whk"

    organization = models.ForeignKey(
        "warehouses.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    url = models.CharField("URL", max_length=2000)
    description = models.CharField(max_length=200, blank=True)
    event_types = models.JSONField("events", default=list)
    is_limited = models.BooleanField("limited to warehouses", default=False, editable=False)
    # A fact of its own: an endpoint whose last warehouse is deleted must not become one for all of them.
    warehouses = models.ManyToManyField(
        "warehouses.Warehouse", blank=True, related_name="+", help_text="None chosen: every warehouse."
    )
    state = models.CharField(max_length=8, choices=EndpointState.choices, default=EndpointState.ACTIVE)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_reason = models.CharField(max_length=300, blank=True)
    secret = models.TextField(help_text="Sealed.")
    previous_secret = models.TextField(blank=True, help_text="Sealed; signs too until it runs out.")
    previous_secret_until = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField("failures in a row", default=0)
    hold_until = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_by_name = models.CharField("created by", max_length=254, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("created_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(state=EndpointState.DISABLED.value, disabled_at__isnull=False)
                | (~Q(state=EndpointState.DISABLED.value) & Q(disabled_at__isnull=True)),
                name="inventory_webhook_endpoint_disabled_at",
            ),
        )
        indexes = (
            models.Index(
                fields=("organization",),
                condition=~Q(state=EndpointState.DISABLED.value) & Q(removed_at__isnull=True),
                name="inventory_webhook_subscribed",
            ),
            models.Index(fields=("organization", "created_at", "id"), name="inventory_webhook_of_tenant"),
        )

    def __str__(self) -> str:
        return self.description or self.url
