from __future__ import annotations

from django.db import models

from warehouses.models.base import OrganizationQuerySet

__all__ = ["StockTally", "TallyForm", "TallyKind"]


class TallyKind(models.TextChoices):
    """What is counted."""

    LEVEL = "level"
    SUMMARY = "summary"
    ITEM = "item"
    SKU = "sku"


class TallyForm(models.TextChoices):
    """A `change` is what one statement made more or fewer; `total` and `block` are what changes were folded into."""

    CHANGE = "change"
    TOTAL = "total"
    BLOCK = "block"


class StockTally(models.Model):
    """How many rows there are of a list: `amount` of one status (or none), low or not, in one warehouse (or none).

    Kept by triggers of PostgreSQL (`inventory.tallies`): the sum over totals and changes is the exact count. `mark` is
    a place in the order of the list, a code or an instant. A block counts the rows from its mark to the next block's;
    a change counts those at its mark, or anywhere where it has none. Empty on SQLite, where lists count.
    """

    organization = models.ForeignKey(
        "warehouses.Organization",
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    warehouse = models.ForeignKey(
        "warehouses.Warehouse",
        null=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    kind = models.CharField(max_length=8, choices=TallyKind.choices)
    form = models.CharField(max_length=8, choices=TallyForm.choices)
    status = models.CharField(max_length=12, blank=True)
    is_low = models.BooleanField()
    mark = models.CharField(max_length=128, null=True)  # noqa: DJ001 - empty is where every list begins
    amount = models.BigIntegerField()

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "stock tallies"
        indexes = (
            models.Index(
                fields=("organization", "kind", "form", "mark"),
                include=("warehouse", "status", "is_low", "amount"),
                name="inventory_tally_of_list",
            ),
            models.Index(
                fields=("organization", "kind"),
                name="inventory_tally_changes",
                condition=models.Q(form="change"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.amount} {self.kind}"
