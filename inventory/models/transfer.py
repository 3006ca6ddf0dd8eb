from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from inventory.models.document import Document
from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["Transfer", "TransferLine", "TransferPick", "TransferState"]


class TransferState(models.TextChoices):
    DRAFT = "draft", "Draft"
    IN_TRANSIT = "in_transit", "In transit"
    RECEIVED = "received", "Received"
    CANCELLED = "cancelled", "Cancelled"


class Transfer(Document):
    """Goods on their way from one location to another, or from bin to bin: `draft → in_transit → received`.

    Between shipping and receiving the units are in neither location; what is in transit is what was shipped and
    neither received nor written off.
    """

    prefix = "trf"

    from_warehouse = models.ForeignKey(
        "warehouses.Warehouse", verbose_name="from", on_delete=models.PROTECT, related_name="+"
    )
    to_warehouse = models.ForeignKey(
        "warehouses.Warehouse", verbose_name="to", on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=10, choices=TransferState.choices, default=TransferState.DRAFT)
    reference = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=500, blank=True)
    expected_on = models.DateField("expected on", null=True, blank=True)
    shipped_at = models.DateTimeField(null=True, blank=True, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(fields=("organization", "-created_at", "-id"), name="inventory_transfer_newest"),
            models.Index(
                fields=("organization", "expected_on"),
                condition=Q(state="in_transit"),
                name="inventory_transfer_expected",
            ),
        )


class TransferLine(PublicModel):
    """One SKU of a transfer. In transit: `shipped` − (`received` − `surplus`) − `written_off`.

    `surplus` are the units received beyond those shipped, which are part of `received`. What is short is written off
    with `shortage_reason`.
    """

    prefix = "trl"

    transfer = models.ForeignKey(Transfer, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    sku = models.ForeignKey("inventory.Sku", verbose_name="SKU", on_delete=models.PROTECT, related_name="+")
    lot = models.ForeignKey(
        "inventory.Lot", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    from_bin = models.ForeignKey(
        "warehouses.Bin", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    to_bin = models.ForeignKey(
        "warehouses.Bin", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    quantity = models.PositiveBigIntegerField(help_text="Asked for.")
    shipped = models.PositiveBigIntegerField(default=0)
    received = models.PositiveBigIntegerField(default=0)
    surplus = models.PositiveBigIntegerField(default=0)
    written_off = models.PositiveBigIntegerField(default=0)
    shortage_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("transfer", "position")
        constraints = (
            models.UniqueConstraint(fields=("transfer", "position"), name="inventory_transfer_line_place"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="inventory_transfer_line_quantity"),
            models.CheckConstraint(
                condition=Q(surplus__lte=F("received"))
                & Q(shipped__gte=F("received") - F("surplus") + F("written_off")),
                name="inventory_transfer_line_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(written_off=0) | ~Q(shortage_reason=""), name="inventory_transfer_line_short_why"
            ),
        )

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"

    @property
    def in_transit(self) -> int:
        return self.shipped - (self.received - self.surplus) - self.written_off


class TransferPick(models.Model):
    """What was taken for a line from one stock item, so that each lot arrives as itself.

    `settled` of it have been received or written off.
    """

    line = models.ForeignKey(TransferLine, on_delete=models.CASCADE, related_name="picks")
    stock_item = models.ForeignKey("inventory.StockItem", on_delete=models.PROTECT, related_name="+")
    lot = models.ForeignKey(
        "inventory.Lot", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    quantity = models.PositiveBigIntegerField()
    settled = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(settled__lte=F("quantity")), name="inventory_transfer_pick_settled"
            ),
        )

    def __str__(self) -> str:
        return f"{self.quantity} from {self.stock_item}"
