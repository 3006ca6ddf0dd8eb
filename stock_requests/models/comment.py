from __future__ import annotations

from django.db import models
from django.utils import timezone

from warehouses.actors import ActorType
from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["Comment"]


class Comment(PublicModel):
    """What somebody wrote on a request, and the members that it calls by name. Written once."""

    prefix = "rqc"

    organization = models.ForeignKey("warehouses.Organization", on_delete=models.PROTECT, related_name="+")
    request = models.ForeignKey(
        "stock_requests.StockRequest", on_delete=models.CASCADE, related_name="comments"
    )
    text = models.TextField(max_length=2000)
    mentions = models.ManyToManyField("warehouses.User", related_name="+")
    actor_type = models.CharField(max_length=6, choices=ActorType.choices, editable=False)
    actor_id = models.UUIDField(null=True, editable=False)
    actor_name = models.CharField("by", max_length=254, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("created_at", "id")

    def __str__(self) -> str:
        return self.text[:60]
