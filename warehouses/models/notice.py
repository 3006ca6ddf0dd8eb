from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["Notice"]


class Notice(PublicModel):
    """Something that a member is told, in the back office and, while `email_due_at` is set, by e-mail soon.

    `path` is the address of the page that it is about. The row is the durable queue of its e-mail, as an event's
    delivery is that of a webhook: whoever sends it claims it by moving `email_due_at` to the end of a lease.
    """

    prefix = "ntc"

    organization = models.ForeignKey("warehouses.Organization", on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey("warehouses.User", on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    text = models.CharField(max_length=500, blank=True)
    path = models.CharField(max_length=300)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)
    email_due_at = models.DateTimeField(null=True, blank=True)
    email_tries = models.PositiveSmallIntegerField(default=0)
    emailed_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(
                fields=("user", "organization", "-created_at", "-id"), name="warehouses_notice_newest"
            ),
            models.Index(
                fields=("user", "organization"),
                condition=Q(read_at__isnull=True),
                name="warehouses_notice_unread",
            ),
            # What was asked of many, and is settled for all of them at once.
            models.Index(fields=("path",), condition=Q(read_at__isnull=True), name="warehouses_notice_asked"),
            models.Index(
                fields=("email_due_at",),
                condition=Q(email_due_at__isnull=False),
                name="warehouses_notice_due",
            ),
        )

    def __str__(self) -> str:
        return self.title
