from __future__ import annotations

from django.db import models

from warehouses.models.base import OrganizationQuerySet

__all__ = ["DayFigures", "DayFiguresRefresh"]


class DayFigures(models.Model):
    """What one day came to in one warehouse: a read index over levels and ledger, written by `inventory.day_figures`.

    Days are the organization's. `on_hand` and `value` are those of the day's end, or for today of the last refresh;
    `value` is at the unit costs of that refresh. `reserved` and `held` are None where nobody looked on that day: the
    ledger does not tell them afterwards. `reasons` maps a reason code's key to [units in, units out, movements].
    """

    id = models.BigAutoField(primary_key=True)
    organization = models.ForeignKey(
        "warehouses.Organization", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    warehouse = models.ForeignKey(
        "warehouses.Warehouse", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    day = models.DateField()
    on_hand = models.BigIntegerField()
    value = models.DecimalField(max_digits=30, decimal_places=4)
    reserved = models.BigIntegerField(null=True)
    held = models.BigIntegerField(null=True)
    units_in = models.BigIntegerField(default=0)
    units_out = models.BigIntegerField(default=0)
    movements = models.BigIntegerField(default=0)
    reasons = models.JSONField(default=dict)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("day", "warehouse")
        verbose_name_plural = "day figures"
        constraints = (
            models.UniqueConstraint(fields=("warehouse", "day"), name="inventory_day_figures_once"),
        )
        indexes = (models.Index(fields=("organization", "day"), name="inventory_day_figures_of_day"),)

    def __str__(self) -> str:
        return f"{self.day}"


class DayFiguresRefresh(models.Model):
    """When an organization's day figures were last read off its stock, and how long that took.

    Days before `open_day` are as they will stay: they were read after they had ended.
    """

    organization = models.OneToOneField(
        "warehouses.Organization", primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    refreshed_at = models.DateTimeField()
    open_day = models.DateField()
    took_ms = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.refreshed_at}"
