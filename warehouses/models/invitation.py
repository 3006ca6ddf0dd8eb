from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models

from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["Invitation"]


class InvitationQuerySet(OrganizationQuerySet["Invitation"]):
    def pending(self) -> Self:
        """Neither accepted nor revoked; it may have expired."""
        return self.filter(accepted_at=None, revoked_at=None)


class Invitation(PublicModel):
    """An offer of a role to an e-mail address, good once and until it expires (`warehouses.invitations`)."""

    prefix = "invite"

    organization = models.ForeignKey("warehouses.Organization", on_delete=models.CASCADE, related_name="+")
    email = models.EmailField(max_length=254)
    role = models.ForeignKey("auth.Group", on_delete=models.PROTECT, related_name="+")
    warehouse = models.ForeignKey(
        "warehouses.Warehouse",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Empty: in every warehouse.",
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey("warehouses.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.email} as {self.role}"

    def is_open(self, now: datetime) -> bool:
        return self.accepted_at is None and self.revoked_at is None and now < self.expires_at
