from __future__ import annotations

from django.db import models

from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["Product"]


class Product(PublicModel):
    """What is sold; has one or more SKUs."""

    prefix = "prod"

    organization = models.ForeignKey("warehouses.Organization", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    category = models.ForeignKey(
        "inventory.Category", null=True, blank=True, on_delete=models.SET_NULL, related_name="products"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        indexes = (models.Index(fields=("organization", "name", "id"), name="inventory_product_by_name"),)

    def __str__(self) -> str:
        return self.name
