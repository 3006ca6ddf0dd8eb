from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["SavedView"]


class SavedView(PublicModel):
    """A page's filters under a name: the query part of its address, for its owner or for everybody in the organization.

    `page` is the name of the page's URL, without its namespace.
    """

    prefix = "view"

    organization = models.ForeignKey("warehouses.Organization", on_delete=models.CASCADE, related_name="+")
    owner = models.ForeignKey("warehouses.User", on_delete=models.CASCADE, related_name="+")
    page = models.CharField(max_length=60)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000, blank=True)
    is_shared = models.BooleanField("everybody sees it", default=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("page", "name")
        constraints = (
            models.UniqueConstraint(
                "organization",
                "owner",
                "page",
                Lower("name"),
                name="warehouses_saved_view_name",
                violation_error_message="You have a view of this name already.",
            ),
        )

    def __str__(self) -> str:
        return self.name
