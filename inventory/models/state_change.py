from __future__ import annotations

from django.db import models
from django.utils import timezone

from warehouses.actors import ActorType
from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["StateChange"]


class StateChange(PublicModel):
    """One row of a record's history: what was done to it, who did it, when and why. Written once, never changed.

    `subject_type` is the prefix of the record's public id. `from_state` is empty for its beginning. `quantity` is
    how many units it was about, where it was about some.
    """

    prefix = "chg"

    organization = models.ForeignKey(
        "warehouses.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    subject_type = models.CharField(max_length=8)
    subject_id = models.UUIDField()
    action = models.CharField(max_length=24)
    from_state = models.CharField(max_length=16, blank=True)
    to_state = models.CharField(max_length=16)
    quantity = models.BigIntegerField(null=True)
    note = models.CharField(max_length=500, blank=True)
    actor_type = models.CharField(max_length=6, choices=ActorType.choices)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=254)
    created_at = models.DateTimeField(default=timezone.now)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("created_at", "id")
        indexes = (models.Index(fields=("subject_id", "created_at", "id"), name="inventory_state_change_of"),)

    def __str__(self) -> str:
        return f"{self.action}: {self.from_state or '·'} → {self.to_state}"
