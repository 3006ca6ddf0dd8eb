from __future__ import annotations

from django.db import models
from django.db.models import Q

from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["Membership", "RoleAssignment"]


class Membership(PublicModel):
    """A person in an organization. What the person may do there comes from role assignments and object permissions."""

    prefix = "mem"

    organization = models.ForeignKey(
        "warehouses.Organization", on_delete=models.CASCADE, related_name="memberships"
    )
    user = models.ForeignKey("warehouses.User", on_delete=models.CASCADE, related_name="memberships")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("organization__name", "user__email")
        verbose_name = "member"
        verbose_name_plural = "people"
        constraints = (
            models.UniqueConstraint(fields=("user", "organization"), name="warehouses_membership_once"),
        )

    def __str__(self) -> str:
        return f"{self.user} in {self.organization}"


class RoleAssignment(PublicModel):
    """A role that a member has in the whole organization, or in one warehouse of it."""

    prefix = "rol"

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="role_assignments")
    role = models.ForeignKey("auth.Group", on_delete=models.PROTECT, related_name="+")
    warehouse = models.ForeignKey(
        "warehouses.Warehouse",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Empty: in every warehouse.",
    )

    class Meta:
        ordering = ("role__name",)
        constraints = (
            models.UniqueConstraint(
                fields=("membership", "role"),
                condition=Q(warehouse__isnull=True),
                name="warehouses_role_everywhere_once",
            ),
            models.UniqueConstraint(
                fields=("membership", "role", "warehouse"),
                condition=Q(warehouse__isnull=False),
                name="warehouses_role_in_warehouse_once",
            ),
        )

    def __str__(self) -> str:
        place = f" in {self.warehouse}" if self.warehouse_id else ""
        return f"{self.role}{place}"
