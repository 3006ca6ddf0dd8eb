from __future__ import annotations

from django.db import models

from warehouses.models.base import OrganizationQuerySet

__all__ = ["PagePreference"]


class PagePreference(models.Model):
    """What one person has chosen for a page and has not given a name: its columns, what was put away for good.

    `page` is the name of the page's URL, without its namespace, as in a SavedView; `value` is the page's own affair.
    """

    organization = models.ForeignKey("warehouses.Organization", on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey("warehouses.User", on_delete=models.CASCADE, related_name="+")
    page = models.CharField(max_length=60)
    value = models.JSONField(default=dict)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint("organization", "user", "page", name="warehouses_page_preference_once"),
        )

    def __str__(self) -> str:
        return self.page
