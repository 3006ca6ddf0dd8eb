from __future__ import annotations

from django.db import models

__all__ = ["ImportedLine"]


class ImportedLine(models.Model):
    """A line of an imported file that has been posted, so that the same file twice changes nothing.

    `digest` is the SHA-256 of the line's values and of how many equal lines came before it in its file: two equal
    sales in one file are two sales, the same file again is not.
    """

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey("warehouses.Organization", on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    document_id = models.UUIDField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("organization", "digest"), name="inventory_imported_line_once"),
        )

    def __str__(self) -> str:
        return self.digest
