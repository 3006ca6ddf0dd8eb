from __future__ import annotations

from django.db import models

from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["Snooze"]


class Snooze(PublicModel):
    """A request that one person does not want to see in their queue until then."""

    prefix = "snz"

    organization = models.ForeignKey("warehouses.Organization", on_delete=models.CASCADE, related_name="+")
    request = models.ForeignKey(
        "stock_requests.StockRequest", on_delete=models.CASCADE, related_name="snoozes"
    )
    user = models.ForeignKey("warehouses.User", on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField()

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("request", "user"), name="stock_requests_snooze_once"),
        )

    def __str__(self) -> str:
        return f"{self.request} until {self.until}"
