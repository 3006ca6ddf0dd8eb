from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower

from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["Department"]


class Department(PublicModel):
    """A part of the organization that uses goods up: what is fulfilled for it leaves the stock for good."""

    prefix = "dep"

    organization = models.ForeignKey("warehouses.Organization", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True, help_text="An inactive one is offered to no new request.")

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                "organization",
                Lower("name"),
                name="stock_requests_department_name",
                violation_error_message="There is a department of this name already.",
            ),
        )

    def __str__(self) -> str:
        return self.name
