from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from warehouses.actors import ActorType
from warehouses.models.base import PublicModel

__all__ = ["CountBin", "CountLine", "LineState", "Remark", "RootCause"]


class LineState(models.TextChoices):
    PENDING = "pending", "Not counted"
    COUNTED = "counted", "Counted"
    ACCEPTED = "accepted", "Accepted"
    RECOUNT = "recount", "To be recounted"
    IGNORED = "ignored", "Ignored"


class Remark(models.TextChoices):
    """What a counter says about the goods, with one tap."""

    DAMAGED = "damaged", "Damaged"
    WRONG_PLACE = "wrong_place", "Belongs elsewhere"
    WRONG_LOT = "wrong_lot", "Wrong or unreadable lot"
    EXPIRED = "expired", "Past its date"
    NO_LABEL = "no_label", "No label"
    OTHER = "other", "Something else"


class RootCause(models.TextChoices):
    """Why the books differed, as the reviewer judges."""

    MISCOUNT = "miscount", "Counted wrong before"
    MISPLACED = "misplaced", "Put in another place"
    RECEIVING = "receiving", "Received wrong"
    PICKING = "picking", "Picked wrong"
    NOT_RECORDED = "not_recorded", "Moved without a record"
    DAMAGED = "damaged", "Damaged or spoilt"
    THEFT = "theft", "Lost or stolen"
    LOT = "lot", "Lots mixed up"
    UNIT = "unit", "Wrong unit of measure"
    OTHER = "other", "Something else"


class CountLine(PublicModel):
    """One SKU, of one lot or of none, in one bin, as somebody is to count it or has found it there.

    `counted` None means: not counted, which is not 0. `expected` is what the books held at the instant of the count,
    by the version that the stock level had then; the variance is against that and is posted as a difference, so that
    stock may move in the meantime. What nobody knows the SKU of has only its scanned `code`; a lot that nobody knows
    has only its `lot_code`.
    """

    prefix = "ccl"

    batch = models.ForeignKey("cycle_counts.CountBatch", on_delete=models.CASCADE, related_name="lines")
    #: In the order in which the bins are walked.
    position = models.PositiveIntegerField()
    bin = models.ForeignKey("warehouses.Bin", on_delete=models.PROTECT, related_name="+")
    sku = models.ForeignKey(
        "inventory.Sku", verbose_name="SKU", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    lot = models.ForeignKey(
        "inventory.Lot", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    code = models.CharField("scanned code", max_length=128, blank=True)
    lot_code = models.CharField("lot not known", max_length=64, blank=True)
    is_found = models.BooleanField("found", default=False, help_text="It was not planned: somebody found it.")
    abc_class = models.CharField(max_length=1, blank=True, editable=False)
    state = models.CharField(max_length=8, choices=LineState.choices, default=LineState.PENDING)

    counted = models.PositiveBigIntegerField(null=True, blank=True)
    expected = models.PositiveBigIntegerField(null=True, blank=True, editable=False)
    variance = models.BigIntegerField(null=True, blank=True, editable=False)
    #: The SKU's cost when it was counted: what a unit of the variance is worth.
    unit_cost = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True, editable=False)
    #: The version of the stock level whose movements `expected` holds.
    level_version = models.BigIntegerField(null=True, blank=True, editable=False)
    counted_at = models.DateTimeField(null=True, blank=True, editable=False)
    counter_type = models.CharField(max_length=6, choices=ActorType.choices, blank=True, editable=False)
    counter_id = models.UUIDField(null=True, editable=False)
    counter_name = models.CharField("counted by", max_length=254, blank=True, editable=False)
    #: The person behind it: whoever made the key, where a key counted.
    counted_by = models.ForeignKey(
        "warehouses.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    remark = models.CharField(max_length=11, choices=Remark.choices, blank=True)
    note = models.CharField(max_length=500, blank=True)

    #: Accepted by itself: the variance was inside the tolerance when the batch was submitted.
    is_within = models.BooleanField(default=False, editable=False)
    root_cause = models.CharField(max_length=12, choices=RootCause.choices, blank=True)
    review_note = models.CharField(max_length=500, blank=True)
    reviewer_name = models.CharField("reviewed by", max_length=254, blank=True, editable=False)
    reviewed_at = models.DateTimeField(null=True, blank=True, editable=False)
    recount_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="recounts"
    )

    class Meta:
        ordering = ("batch", "position")
        verbose_name = "line"
        constraints = (
            models.UniqueConstraint(fields=("batch", "position"), name="cycle_counts_line_place"),
            models.UniqueConstraint(
                fields=("batch", "bin", "sku", "lot"),
                condition=Q(sku__isnull=False, lot__isnull=False),
                name="cycle_counts_line_of_lot",
            ),
            models.UniqueConstraint(
                fields=("batch", "bin", "sku", "lot_code"),
                condition=Q(sku__isnull=False, lot__isnull=True),
                name="cycle_counts_line_without_lot",
            ),
            models.UniqueConstraint(
                fields=("batch", "bin", "code"),
                condition=Q(sku__isnull=True),
                name="cycle_counts_line_unknown",
            ),
            models.CheckConstraint(
                condition=Q(sku__isnull=False) | (~Q(code="") & Q(is_found=True)),
                name="cycle_counts_line_of_something",
            ),
            models.CheckConstraint(
                condition=Q(variance__isnull=True) | Q(variance=F("counted") - F("expected")),
                name="cycle_counts_line_variance",
            ),
            models.CheckConstraint(
                condition=Q(counted__isnull=False) | Q(expected__isnull=True, variance__isnull=True),
                name="cycle_counts_line_not_counted",
            ),
            models.CheckConstraint(
                condition=~Q(state="pending") | Q(counted__isnull=True), name="cycle_counts_line_pending"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("counted", "accepted")) | Q(counted__isnull=False),
                name="cycle_counts_line_counted",
            ),
        )

    def __str__(self) -> str:
        return f"{self.sku or self.code} in {self.bin}"

    @property
    def variance_value(self) -> Decimal | None:
        """What the variance is worth at cost; None where there is none, or nobody knows the cost."""
        if self.variance is None or self.unit_cost is None:
            return None
        return self.variance * self.unit_cost


class CountBin(models.Model):
    """A bin that the batch leads to, whether or not something is expected in it."""

    batch = models.ForeignKey("cycle_counts.CountBatch", on_delete=models.CASCADE, related_name="bins")
    bin = models.ForeignKey("warehouses.Bin", on_delete=models.PROTECT, related_name="+")
    position = models.PositiveIntegerField()
    #: When somebody said that there was nothing more in it.
    visited_at = models.DateTimeField(null=True, blank=True, editable=False)
    visitor_name = models.CharField(max_length=254, blank=True, editable=False)

    class Meta:
        ordering = ("batch", "position")
        constraints = (
            models.UniqueConstraint(fields=("batch", "bin"), name="cycle_counts_bin_once"),
            models.UniqueConstraint(fields=("batch", "position"), name="cycle_counts_bin_place"),
        )

    def __str__(self) -> str:
        return str(self.bin)
