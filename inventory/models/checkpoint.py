from __future__ import annotations

from django.db import models

from warehouses.models.base import OrganizationQuerySet

__all__ = ["Checkpoint", "CheckpointHorizon"]


class Checkpoint(models.Model):
    """What one organization had written into its books in a stretch of time, as one digest: never changed.

    Its rows are those of the append-only tables whose keys, which begin with the millisecond, are below `until` and
    not below the `until` that came before it, whichever organization's that was. `digest` (SHA-256, hexadecimal)
    covers the organization's checkpoint before, this one's own facts and all columns of the rows; `marks` has the
    first eight bytes of each row's own digest, so that the row that was changed can be named. `form` says which
    columns there were. The database refuses to alter or delete a row.
    """

    organization = models.ForeignKey(
        "warehouses.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    number = models.PositiveBigIntegerField()
    form = models.PositiveSmallIntegerField()
    until = models.UUIDField()
    row_count = models.PositiveIntegerField("rows")
    marks = models.BinaryField()
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("organization", "number")
        constraints = (
            models.UniqueConstraint(fields=("organization", "number"), name="inventory_checkpoint_once"),
        )
        indexes = (models.Index(fields=("until", "organization"), name="inventory_checkpoint_until"),)

    def __str__(self) -> str:
        return f"{self.number} {self.digest[:12]}"


class CheckpointHorizon(models.Model):
    """The one row that says up to which key all that will ever be written is committed.

    `settled` is such a key. `pending` will be one once every transaction before `pending_transaction` (PostgreSQL's
    numbers, which grow) has ended.
    """

    settled = models.UUIDField()
    pending = models.UUIDField(null=True)
    pending_transaction = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.settled}"
