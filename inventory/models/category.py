from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower

from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["Category"]


class Category(PublicModel):
    """A group of products."""

    prefix = "cat"

    organization = models.ForeignKey("warehouses.Organization", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        verbose_name_plural = "categories"
        constraints = (
            models.UniqueConstraint(
                "organization",
                Lower("name"),
                name="inventory_category_name",
                violation_error_message="There is a category of this name already.",
            ),
        )

    def __str__(self) -> str:
        return self.name
