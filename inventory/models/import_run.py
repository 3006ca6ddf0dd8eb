from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from warehouses.actors import ActorType
from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = [
    "ImportFile",
    "ImportKind",
    "ImportMapping",
    "ImportRow",
    "ImportRun",
    "ImportState",
    "RowOutcome",
    "RowStage",
]


class ImportKind(models.TextChoices):
    """What the rows of a file are about."""

    CATALOGUE = "catalogue", "SKUs of the catalogue"
    STOCK = "stock", "Stock that is there"
    MOVEMENTS = "movements", "Changes of stock"
    REORDER = "reorder", "Reorder points"


class ImportState(models.TextChoices):
    READING = "reading", "Reading"
    MAPPING = "mapping", "Columns to choose"
    CHECKING = "checking", "Checking"
    READY = "ready", "To import"
    IMPORTING = "importing", "Importing"
    IMPORTED = "imported", "Imported"
    UNDOING = "undoing", "Being undone"
    UNDONE = "undone", "Undone"
    FAILED = "failed", "Failed"
    DISCARDED = "discarded", "Discarded"


#: The states in which a worker has something to do.
_AT_WORK = ("reading", "checking", "importing", "undoing")


class ImportRun(PublicModel):
    """One file that somebody brought in: read, checked, imported as far as it was good, undone where that is wanted.

    `header` are the file's columns, and `mapping` says for each of them, in the same order, which of ours it is ("":
    none). `user` is on whose behalf it is worked on now, with the rights that this person has then; the names are those
    of who uploaded, imported and undid it, frozen. `next_attempt_at` and `lease` are those of a queue: see Delivery.
    `position` is where the work goes on, in the words of whoever does it.
    """

    prefix = "imp"

    organization = models.ForeignKey(
        "warehouses.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=9, choices=ImportKind.choices, blank=True)
    state = models.CharField(max_length=9, choices=ImportState.choices, default=ImportState.READING)
    file_name = models.CharField("file", max_length=200)
    file_size = models.PositiveBigIntegerField(help_text="In bytes.")
    delimiter = models.CharField(max_length=1, blank=True, help_text="Empty for a workbook.")
    header = models.JSONField(default=list)
    mapping = models.JSONField(default=list)
    notes = models.JSONField(default=list)
    warehouse = models.ForeignKey(
        "warehouses.Warehouse",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Of rows that name none.",
    )
    reason_code = models.ForeignKey(
        "inventory.ReasonCode",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Of rows that name none.",
    )
    is_strict = models.BooleanField(default=False, help_text="Import nothing unless every row is right.")
    row_count = models.PositiveIntegerField("rows", default=0)
    new_count = models.PositiveIntegerField("new", default=0)
    changed_count = models.PositiveIntegerField("changed", default=0)
    same_count = models.PositiveIntegerField("same", default=0)
    wrong_count = models.PositiveIntegerField("errors", default=0)
    done_count = models.PositiveIntegerField("imported", default=0)
    refused_count = models.PositiveIntegerField("refused while importing", default=0)
    undone_count = models.PositiveIntegerField("undone", default=0)
    kept_count = models.PositiveIntegerField("not undone", default=0)
    places = models.ManyToManyField("warehouses.Warehouse", related_name="+", blank=True)
    position = models.JSONField(default=dict)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    actor_type = models.CharField(max_length=6, choices=ActorType.choices)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField("by", max_length=254)
    imported_by = models.CharField(max_length=254, blank=True)
    undone_by = models.CharField(max_length=254, blank=True)
    error = models.CharField(max_length=500, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    lease = models.UUIDField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    imported_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(
        null=True, blank=True, help_text="When there was last nothing more to do."
    )

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        verbose_name = "import"
        ordering = ("-created_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=_AT_WORK, next_attempt_at__isnull=False)
                | (~Q(state__in=_AT_WORK) & Q(next_attempt_at__isnull=True)),
                name="inventory_import_run_open_is_due",
            ),
        )
        indexes = (
            models.Index(fields=("organization", "-created_at", "-id"), name="inventory_import_newest"),
            models.Index(
                fields=("next_attempt_at",),
                condition=Q(state__in=_AT_WORK),
                name="inventory_import_due",
            ),
        )

    def __str__(self) -> str:
        return self.file_name


class ImportFile(models.Model):
    """A file that was uploaded and is not read yet; it goes when its rows are there."""

    run = models.OneToOneField(ImportRun, on_delete=models.CASCADE, related_name="file")
    content = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)


class RowOutcome(models.TextChoices):
    """What the check has found that a row would do."""

    PENDING = "pending", "Not checked"
    NEW = "new", "New"
    CHANGED = "changed", "Changed"
    SAME = "same", "Same"
    WRONG = "wrong", "Error"


class RowStage(models.TextChoices):
    """How far a row has come; a row with nothing to import has no stage."""

    NONE = "", "–"
    READY = "ready", "To import"
    DONE = "done", "Imported"
    REFUSED = "refused", "Refused"
    UNDONE = "undone", "Undone"
    KEPT = "kept", "Not undone"


class ImportRow(models.Model):
    """A row of the file. `content` are its values as they were read, in the order of the file's columns.

    `changes` are [our column, before, after], of the check and then of what was really done; `problems` are [our column
    or "", words]. `is_unreadable`: no choice of columns makes anything of it. `key` is what the row is known by.
    `subject_id` is the SKU that it is about, `document_id` the adjustment that it is part of.
    """

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="rows", db_index=False)
    number = models.PositiveIntegerField(help_text="Counted from 1.")
    line = models.PositiveIntegerField(help_text="Where it begins in the file.")
    content = models.JSONField()
    is_unreadable = models.BooleanField(default=False)
    outcome = models.CharField(max_length=7, choices=RowOutcome.choices, default=RowOutcome.PENDING)
    stage = models.CharField(max_length=7, choices=RowStage.choices, blank=True)
    key = models.CharField(max_length=64, blank=True)
    changes = models.JSONField(default=list)
    problems = models.JSONField(default=list)
    subject_id = models.UUIDField(null=True)
    document_id = models.UUIDField(null=True)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("run", "number"), name="inventory_import_row_once"),)
        indexes = (
            models.Index(fields=("run", "outcome", "number"), name="inventory_import_row_outcome"),
            models.Index(
                fields=("run", "stage", "number"),
                condition=~Q(stage=""),
                name="inventory_import_row_stage",
            ),
            models.Index(
                fields=("document_id",),
                condition=Q(document_id__isnull=False),
                name="inventory_import_row_document",
            ),
        )

    def __str__(self) -> str:
        return f"row {self.number}"


class ImportMapping(models.Model):
    """Which columns of a file were ours the last time: files of one header are mapped once in an organization.

    `header_key` is the SHA-256 of the header's folded names.
    """

    organization = models.ForeignKey("warehouses.Organization", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=9, choices=ImportKind.choices)
    header_key = models.CharField(max_length=64)
    mapping = models.JSONField()
    used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "kind", "header_key"), name="inventory_import_mapping_once"
            ),
        )

    def __str__(self) -> str:
        return self.header_key
