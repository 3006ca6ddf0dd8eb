from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from inventory.models.pos_connection import Adapter
from warehouses.actors import ActorType
from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["SyncProblem", "SyncRun", "SyncState", "SyncType", "SyncedRow"]


class SyncType(models.TextChoices):
    FULL = "full", "Full"
    INCREMENTAL = "incremental", "Changes"
    RETRY = "retry", "Refused rows again"


class SyncState(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"


class SyncRun(PublicModel):
    """One sync of one location: `queued → running → completed | failed`.

    `position` is where the next page begins, in the adapter's own words; it is written in the transaction of the page
    before it, so that a run that was cut short goes on where it stopped. `next_attempt_at` and `lease` are those of a
    queue: see Delivery.
    """

    prefix = "sync"

    organization = models.ForeignKey(
        "warehouses.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    warehouse = models.ForeignKey(
        "warehouses.Warehouse", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    adapter = models.CharField(max_length=10, choices=Adapter.choices)
    sync_type = models.CharField("type", max_length=11, choices=SyncType.choices)
    state = models.CharField(max_length=9, choices=SyncState.choices, default=SyncState.QUEUED)
    retries = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    rows_read = models.PositiveBigIntegerField(default=0)
    rows_changed = models.PositiveBigIntegerField("rows that changed stock", default=0)
    rows_unchanged = models.PositiveBigIntegerField("rows that said what was known", default=0)
    rows_repeated = models.PositiveBigIntegerField("rows counted before", default=0)
    rows_refused = models.PositiveBigIntegerField(default=0)
    position = models.JSONField(default=dict)
    tries = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    lease = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    error = models.CharField(max_length=500, blank=True)
    actor_type = models.CharField(max_length=6, choices=ActorType.choices)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=254)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("warehouse",),
                condition=Q(state__in=(SyncState.QUEUED.value, SyncState.RUNNING.value)),
                name="inventory_sync_run_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=(SyncState.QUEUED.value, SyncState.RUNNING.value),
                    next_attempt_at__isnull=False,
                )
                | Q(
                    state__in=(SyncState.COMPLETED.value, SyncState.FAILED.value),
                    next_attempt_at__isnull=True,
                ),
                name="inventory_sync_run_open_is_due",
            ),
        )
        indexes = (
            models.Index(fields=("organization", "-created_at", "-id"), name="inventory_sync_run_newest"),
            models.Index(fields=("warehouse", "-created_at", "-id"), name="inventory_sync_run_of_place"),
            models.Index(
                fields=("next_attempt_at",),
                condition=Q(state__in=(SyncState.QUEUED.value, SyncState.RUNNING.value)),
                name="inventory_sync_run_due",
            ),
        )

    def __str__(self) -> str:
        return self.public_id


class SyncProblem(models.Model):
    """A row that was not taken over, and why. `content` is the row as it came, cut after 2,000 characters."""

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="problems", db_index=False)
    row = models.PositiveBigIntegerField(help_text="Counted from 1 over the whole run.")
    code = models.CharField(max_length=40)
    detail = models.CharField(max_length=500)
    content = models.TextField(blank=True)
    is_resolved = models.BooleanField(default=False, help_text="A later run has taken the row over.")

    class Meta:
        ordering = ("row", "id")
        indexes = (models.Index(fields=("run", "row", "id"), name="inventory_sync_problem_of_run"),)

    def __str__(self) -> str:
        return f"row {self.row}"


class SyncedRow(models.Model):
    """The permanent key of a change that was taken over from a location: it counts once, for ever."""

    warehouse = models.ForeignKey(
        "warehouses.Warehouse", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    key = models.CharField(max_length=120)
    document_id = models.UUIDField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("warehouse", "key"), name="inventory_synced_row_once"),
        )

    def __str__(self) -> str:
        return self.key
