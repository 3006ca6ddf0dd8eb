from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from warehouses.actors import ActorType
from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["Approval"]


class Approval(PublicModel):
    """One person's yes to a request as it was in `version`. Counts until it is withdrawn, which a rollback does.

    `user` is the person behind it. `on_behalf_of` are those who had delegated to that person at the time.
    """

    prefix = "apv"

    organization = models.ForeignKey("warehouses.Organization", on_delete=models.PROTECT, related_name="+")
    request = models.ForeignKey(
        "stock_requests.StockRequest", on_delete=models.CASCADE, related_name="approvals"
    )
    user = models.ForeignKey("warehouses.User", null=True, on_delete=models.SET_NULL, related_name="+")
    on_behalf_of = models.ManyToManyField("warehouses.User", related_name="+")
    version = models.PositiveIntegerField()
    note = models.CharField(max_length=500, blank=True)
    actor_type = models.CharField(max_length=6, choices=ActorType.choices, editable=False)
    actor_id = models.UUIDField(null=True, editable=False)
    actor_name = models.CharField("by", max_length=254, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("created_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("request", "user"),
                condition=Q(withdrawn_at__isnull=True, user__isnull=False),
                name="stock_requests_approval_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.request}"
