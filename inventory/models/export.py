from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["Export", "ExportFormat", "ExportPart", "ExportState"]


class ExportFormat(models.TextChoices):
    CSV = "csv", "CSV"
    XLSX = "xlsx", "Excel"


class ExportState(models.TextChoices):
    QUEUED = "queued", "Waiting"
    RUNNING = "running", "In progress"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"


class Export(PublicModel):
    """A page that one person asked for as a file, too large to wait for: `queued → running → ready | failed`.

    `page` and `query` are what was looked at, read again when it is written, with the rights that the person has then.
    `lease` is that of a queue, as a SyncRun's; a worker that was killed leaves it to run out, and another begins again.
    """

    prefix = "exp"

    organization = models.ForeignKey(
        "warehouses.Organization", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    user = models.ForeignKey("warehouses.User", on_delete=models.CASCADE, related_name="+", db_index=False)
    page = models.CharField(max_length=60)
    query = models.TextField(blank=True)
    all_columns = models.BooleanField(default=False)
    title = models.CharField(max_length=120)
    format = models.CharField(max_length=4, choices=ExportFormat.choices)
    state = models.CharField(max_length=7, choices=ExportState.choices, default=ExportState.QUEUED)
    row_count = models.PositiveBigIntegerField("rows", null=True, blank=True)
    rows_done = models.PositiveBigIntegerField(default=0)
    size = models.PositiveBigIntegerField("bytes", default=0)
    problem = models.CharField(max_length=300, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    lease = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(
                fields=("user", "organization", "-created_at", "-id"), name="inventory_export_newest"
            ),
            models.Index(
                fields=("created_at",),
                condition=Q(state__in=(ExportState.QUEUED.value, ExportState.RUNNING.value)),
                name="inventory_export_due",
            ),
            models.Index(fields=("created_at",), name="inventory_export_age"),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def filename(self) -> str:
        day = self.created_at.strftime("%Y-%m-%d")
        return f"{self.title.lower().replace(' ', '-')}-{day}.{self.format}"


class ExportPart(models.Model):
    """A piece of an export's file, deflated: in the database, so that every process finds it on whatever machine."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="parts", db_index=False)
    position = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ("export", "position")
        constraints = (
            models.UniqueConstraint(fields=("export", "position"), name="inventory_export_part_once"),
        )

    def __str__(self) -> str:
        return f"{self.export_id} {self.position}"
