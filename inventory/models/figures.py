from __future__ import annotations

from django.db import models
from django.utils import timezone

from inventory.formulas import StockStatus, available_expression, is_low_expression, status_expression

__all__ = ["StockFigures"]


class StockFigures(models.Model):
    """The quantities of a SKU, in one warehouse or in all. Written by the ledger only.

    `sort_code` repeats the SKU's `code_key`, kept equal by a trigger, so that a page of a filtered list is one
    walk of one index however many SKUs there are. The computed columns are those of `inventory.formulas`; they also
    need `safety_stock` and `reorder_point`, which the models have in widths of their own.
    """

    sort_code = models.CharField(max_length=128)
    on_hand = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    version = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(default=timezone.now)
    available = models.GeneratedField(
        expression=available_expression(), output_field=models.BigIntegerField(), db_persist=True
    )
    is_low = models.GeneratedField(
        expression=is_low_expression(), output_field=models.BooleanField(), db_persist=True
    )
    status = models.GeneratedField(
        expression=status_expression(),
        output_field=models.CharField(max_length=12, choices=StockStatus.choices),
        db_persist=True,
    )

    class Meta:
        abstract = True
