from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["Delegation"]


class Delegation(PublicModel):
    """Somebody decides in somebody else's place, from one day to another, both included.

    It hands over being named by approval rules, never a right: the delegate needs the permission too.
    """

    prefix = "dlg"

    organization = models.ForeignKey("warehouses.Organization", on_delete=models.PROTECT, related_name="+")
    delegator = models.ForeignKey(
        "warehouses.User", verbose_name="who is away", on_delete=models.CASCADE, related_name="+"
    )
    delegate = models.ForeignKey(
        "warehouses.User", verbose_name="who decides", on_delete=models.CASCADE, related_name="+"
    )
    starts_on = models.DateField("from")
    ends_on = models.DateField("to")
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("-starts_on", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="stock_requests_delegation_days"
            ),
            models.CheckConstraint(
                condition=~Q(delegator=F("delegate")), name="stock_requests_delegation_to_another"
            ),
        )

    def __str__(self) -> str:
        return f"{self.delegate} for {self.delegator}"
