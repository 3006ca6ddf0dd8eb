from __future__ import annotations

from django.db import models
from django.utils import timezone

from warehouses.actors import ActorType
from warehouses.models.base import PublicModel

__all__ = ["Document", "LastNumber"]


class Document(PublicModel):
    """A record of something somebody did or is doing: whose it is, who began it, and how often it has changed.

    `version` grows with every change of state; `If-Match` names it.
    """

    organization = models.ForeignKey(
        "warehouses.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    actor_type = models.CharField(max_length=6, choices=ActorType.choices, editable=False)
    actor_id = models.UUIDField(null=True, editable=False)
    actor_name = models.CharField("by", max_length=254, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.public_id


class LastNumber(models.Model):
    """The last number that was given to a document of one kind. Its row is locked to give the next one."""

    organization = models.OneToOneField(
        "warehouses.Organization", primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    last = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.last)
