from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import models

from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["ApiKey"]


class ApiKey(PublicModel):
    """An integrator's credential: shown once, kept as a hash beside its visible prefix (`warehouses.keys`)."""

    prefix = "key"

    organization = models.ForeignKey(
        "warehouses.Organization", on_delete=models.CASCADE, related_name="api_keys"
    )
    name = models.CharField(max_length=80)
    visible_prefix = models.CharField(max_length=16, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False, help_text="SHA-256 of the whole key, in hex.")
    scopes = models.JSONField(
        default=list, help_text="Permissions of the vocabulary, such as inventory.read."
    )
    is_limited = models.BooleanField("limited to warehouses", default=False, editable=False)
    # A fact of its own: a key whose last warehouse is deleted must not become a key to all of them.
    warehouses = models.ManyToManyField(
        "warehouses.Warehouse", blank=True, related_name="+", help_text="Empty: every warehouse."
    )
    contract = models.CharField(
        max_length=12,
        blank=True,
        help_text="Answers on paths that several contracts share. Empty: the default.",
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        "warehouses.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )

    #: The keys of `warehouses`, where they were read together with the key (`warehouses.keys.find_key`).
    place_ids: frozenset[UUID] | None = None

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.visible_prefix}…)"

    def is_live(self, now: datetime) -> bool:
        """Whether the key opens anything at that instant: neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
