from __future__ import annotations

from django.db import models
from django.db.models import Q

from warehouses.actors import ActorType
from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["RequestRecord"]


class RequestRecord(PublicModel):
    """One request to the HTTP API, as it was answered (`warehouses.request_log`). Kept for some days.

    It is made when the answer is known, so that keys are in the order of the answers: lists and the purge go by them.
    `code` and `problem` are of an answer that is a problem: its code, and the beginning of its text. Neither these nor
    `path` and `query` hold a key or a secret.
    """

    prefix = "call"

    organization = models.ForeignKey(
        "warehouses.Organization", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    request_id = models.CharField("request id", max_length=64)
    started_at = models.DateTimeField("started")
    milliseconds = models.PositiveIntegerField()
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=500)
    query = models.CharField(max_length=500, blank=True)
    contract = models.CharField(max_length=12, blank=True)
    status = models.PositiveSmallIntegerField()
    code = models.CharField("problem", max_length=60, blank=True)
    problem = models.TextField("answer", blank=True)
    is_replay = models.BooleanField("stored answer", default=False)
    actor_type = models.CharField(max_length=6, choices=ActorType.choices)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=254)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = "API request"
        indexes = (
            models.Index(fields=("organization", "-id"), name="warehouses_request_newest"),
            models.Index(fields=("organization", "request_id"), name="warehouses_request_by_id"),
            models.Index(fields=("organization", "actor_id", "-id"), name="warehouses_request_of_caller"),
            models.Index(
                fields=("organization", "-id"),
                condition=Q(status__gte=400),
                name="warehouses_request_refused",
            ),
        )

    def __str__(self) -> str:
        return f"{self.method} {self.path}: {self.status}"
