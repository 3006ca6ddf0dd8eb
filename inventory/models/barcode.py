from __future__ import annotations

from django.db import models

from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["Barcode"]


class Barcode(PublicModel):
    """A code on the goods (EAN, UPC, a label of one's own) that means one SKU in the organization."""

    prefix = "bar"

    organization = models.ForeignKey("warehouses.Organization", on_delete=models.PROTECT, related_name="+")
    sku = models.ForeignKey(
        "inventory.Sku", verbose_name="SKU", on_delete=models.CASCADE, related_name="barcodes"
    )
    code = models.CharField(max_length=80)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("code",)
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "code"),
                name="inventory_barcode_code",
                violation_error_message="This barcode belongs to a SKU already.",
            ),
        )

    def __str__(self) -> str:
        return self.code
