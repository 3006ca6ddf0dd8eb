from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from warehouses.models.base import OrganizationQuerySet, PublicModel
from warehouses.permissions import DESCRIPTIONS, codename

__all__ = ["READONLY_TYPES", "Warehouse", "WarehouseType"]


class WarehouseType(models.TextChoices):
    OWN = "own", "Own warehouse"
    STORE = "store", "Store"
    THIRD_PARTY = "3PL", "Third-party logistics (3PL)"
    FBA = "FBA", "Fulfilled by Amazon (FBA)"
    FBS = "FBS", "Fulfilled by seller, marketplace-run (FBS)"
    DROPSHIP = "dropship", "Drop-shipping supplier"


READONLY_TYPES = (WarehouseType.FBA, WarehouseType.FBS)


class Warehouse(PublicModel):
    """A place with stock. Born with a default room and bin (`warehouses.places.create_warehouse`)."""

    prefix: ClassVar[str] = "wh"

    organization = models.ForeignKey(
        "warehouses.Organization", on_delete=models.PROTECT, related_name="warehouses"
    )
    name = models.CharField(max_length=120)
    type = models.CharField(max_length=10, choices=WarehouseType.choices, default=WarehouseType.OWN)
    marketplace = models.CharField(
        max_length=60, blank=True, help_text="For FBA and FBS, for example amazon_eu."
    )
    address = models.CharField(max_length=300, blank=True)
    is_active = models.BooleanField(
        default=True, help_text="An inactive warehouse is still shown, but its stock cannot change."
    )
    is_readonly = models.BooleanField(
        "read-only", default=False, help_text="Only a sync changes this warehouse. FBA and FBS always are."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        permissions = tuple((codename(name), text) for name, text in DESCRIPTIONS.items())
        constraints = (
            models.UniqueConstraint(
                "organization",
                Lower("name"),
                name="warehouses_warehouse_name",
                violation_error_message="There is a warehouse of this name already.",
            ),
            models.CheckConstraint(
                condition=Q(is_readonly=True) | ~Q(type__in=[kind.value for kind in READONLY_TYPES]),
                name="warehouses_warehouse_marketplace_is_readonly",
                violation_error_message="FBA and FBS warehouses are read-only.",
            ),
        )

    def __str__(self) -> str:
        return self.name
