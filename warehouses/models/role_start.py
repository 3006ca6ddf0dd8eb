from __future__ import annotations

from django.db import models

from warehouses.models.base import OrganizationQuerySet

__all__ = ["RoleStart"]


class RoleStart(models.Model):
    """The shared view that people of a role begin a page with, until they choose another for themselves.

    `page` is the view's: it is kept here too so that a role has one beginning a page.
    """

    organization = models.ForeignKey("warehouses.Organization", on_delete=models.CASCADE, related_name="+")
    page = models.CharField(max_length=60)
    role = models.ForeignKey("auth.Group", on_delete=models.CASCADE, related_name="+")
    view = models.ForeignKey("warehouses.SavedView", on_delete=models.CASCADE, related_name="role_starts")

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint("organization", "page", "role", name="warehouses_role_start_once"),
        )

    def __str__(self) -> str:
        return f"{self.role}: {self.page}"
