from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from warehouses.models.base import PublicModel

__all__ = ["Remainder", "RequestLine"]


class Remainder(models.TextChoices):
    """What becomes of units that were asked for and do not come with this request."""

    BACK_ORDER = "back_order", "Back-order"
    CLOSED = "closed", "Closed"


class RequestLine(PublicModel):
    """So many units of one SKU: `requested = fulfilled + substituted + back_ordered + closed + remaining`.

    `approved` is None until somebody has approved; while more approvals are needed it is what was approved so far.
    `picked` is what lies ready. `substituted` units come as the lines of `substitutes`; what was cut on approval (with
    `change_reason`) or was short on fulfilment (`shortage_reason`) is `back_ordered`, to come with another request, or
    `closed`, not to come.
    """

    prefix = "rql"

    request = models.ForeignKey("stock_requests.StockRequest", on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    sku = models.ForeignKey("inventory.Sku", verbose_name="SKU", on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=200, blank=True)
    requested = models.PositiveBigIntegerField()
    approved = models.PositiveBigIntegerField(null=True, blank=True)
    picked = models.PositiveBigIntegerField(default=0)
    fulfilled = models.PositiveBigIntegerField(default=0)
    substituted = models.PositiveBigIntegerField(default=0)
    back_ordered = models.PositiveBigIntegerField(default=0)
    closed = models.PositiveBigIntegerField(default=0)
    change_reason = models.CharField(max_length=200, blank=True)
    shortage_reason = models.CharField(max_length=200, blank=True)
    substitute_for = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="substitutes"
    )
    reservation = models.OneToOneField(
        "inventory.Reservation", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    transfer_line = models.OneToOneField(
        "inventory.TransferLine", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ("request", "position")
        constraints = (
            models.UniqueConstraint(fields=("request", "position"), name="stock_requests_line_place"),
            models.CheckConstraint(condition=Q(requested__gt=0), name="stock_requests_line_requested"),
            models.CheckConstraint(
                condition=Q(
                    requested__gte=F("fulfilled") + F("substituted") + F("back_ordered") + F("closed")
                ),
                name="stock_requests_line_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(approved__isnull=True, picked=0, fulfilled=0)
                | Q(approved__lte=F("requested"), picked__lte=F("approved"), fulfilled__lte=F("approved")),
                name="stock_requests_line_within_approved",
            ),
        )

    def __str__(self) -> str:
        return f"{self.requested} × {self.sku}"

    @property
    def remaining(self) -> int:
        """Units of which nobody has said yet that they came, or how they will, or that they will not."""
        return self.requested - self.fulfilled - self.substituted - self.back_ordered - self.closed
