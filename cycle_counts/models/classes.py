from __future__ import annotations

from django.db import models

__all__ = ["AbcClass", "Classification", "CountCycle"]


class AbcClass(models.TextChoices):
    A = "A", "A"
    B = "B", "B"
    C = "C", "C"


class Classification(models.Model):
    """A SKU's ABC class, by what was consumed of it: written by a task, and as old as `classified_at`."""

    sku = models.OneToOneField(
        "inventory.Sku", primary_key=True, on_delete=models.CASCADE, related_name="classification"
    )
    organization = models.ForeignKey(
        "warehouses.Organization", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    abc_class = models.CharField("class", max_length=1, choices=AbcClass.choices)
    #: From the SKU that most is consumed of, by value: 1, 2, 3, …
    rank = models.PositiveIntegerField()
    units = models.BigIntegerField(help_text="Consumed in the window, in the SKU's base unit.")
    value = models.DecimalField(max_digits=20, decimal_places=4)
    #: Of the value of all SKUs, in percent, and of all up to this one.
    share = models.DecimalField(max_digits=9, decimal_places=6)
    cumulative_share = models.DecimalField(max_digits=9, decimal_places=6)
    classified_at = models.DateTimeField()

    class Meta:
        ordering = ("organization", "rank")
        # With the key in it, a page deep in the list is found without looking at the rows before it.
        indexes = (
            models.Index(fields=("organization", "rank"), include=("sku",), name="cycle_counts_by_rank"),
            models.Index(
                fields=("organization", "abc_class", "rank"), include=("sku",), name="cycle_counts_by_class"
            ),
        )

    def __str__(self) -> str:
        return f"{self.sku}: {self.abc_class}"


class CountCycle(models.Model):
    """When a SKU was counted in a warehouse, and when it is due there again.

    Made by the task for every stock level with something in it or reserved of it; `next_due_on` of what was never
    counted is the day on which the level was first seen here.
    """

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey(
        "warehouses.Organization", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    warehouse = models.ForeignKey(
        "warehouses.Warehouse", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    sku = models.ForeignKey("inventory.Sku", on_delete=models.CASCADE, related_name="count_cycles")
    last_counted_at = models.DateTimeField(null=True)
    next_due_on = models.DateField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("warehouse", "sku"), name="cycle_counts_cycle_once"),)
        indexes = (
            models.Index(fields=("organization", "warehouse", "next_due_on", "sku"), name="cycle_counts_due"),
        )

    def __str__(self) -> str:
        return f"{self.sku} in {self.warehouse}"
