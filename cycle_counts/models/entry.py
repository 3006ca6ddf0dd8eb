from __future__ import annotations

from typing import Final

from django.db import models

from cycle_counts.models.line import Remark
from warehouses.actors import ActorType
from warehouses.models.base import PublicModel

__all__ = ["ENTRY_COLUMNS", "CountEntry"]

#: All of them, in the order in which entries are written by the set.
ENTRY_COLUMNS: Final = (
    *("id", "batch", "line", "client_id", "quantity", "expected", "level_version"),
    *("counted_at", "recorded_at", "actor_type", "actor_id", "actor_name", "remark", "note"),
)


class CountEntry(PublicModel):
    """What somebody said they had counted: never changed; the last one of a line, by `counted_at`, is what holds.

    `client_id` is made where it was counted, so that an entry that is sent again counts once. `quantity` None takes
    back what the same counter had counted. The database refuses to alter or delete a row.
    """

    prefix = "cce"

    batch = models.ForeignKey("cycle_counts.CountBatch", on_delete=models.PROTECT, related_name="entries")
    line = models.ForeignKey("cycle_counts.CountLine", on_delete=models.PROTECT, related_name="entries")
    client_id = models.CharField(max_length=64)
    quantity = models.PositiveBigIntegerField(null=True)
    expected = models.PositiveBigIntegerField(null=True)
    level_version = models.BigIntegerField(null=True)
    counted_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor_type = models.CharField(max_length=6, choices=ActorType.choices)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=254)
    remark = models.CharField(max_length=11, choices=Remark.choices, blank=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("counted_at", "id")
        verbose_name_plural = "entries"
        constraints = (
            models.UniqueConstraint(fields=("batch", "client_id"), name="cycle_counts_entry_once"),
        )
        indexes = (models.Index(fields=("line", "counted_at", "id"), name="cycle_counts_entry_of_line"),)

    def __str__(self) -> str:
        return f"{self.quantity}"
