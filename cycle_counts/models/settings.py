from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

__all__ = ["CountSettings"]

_SHARE = (MinValueValidator(Decimal(1)), MaxValueValidator(Decimal(100)))
_DAYS = (MinValueValidator(1), MaxValueValidator(3650))


class CountSettings(models.Model):
    """How an organization counts; without a row it is as the defaults here say."""

    organization = models.OneToOneField(
        "warehouses.Organization", primary_key=True, on_delete=models.CASCADE, related_name="count_settings"
    )
    a_share = models.DecimalField(
        "class A up to", max_digits=5, decimal_places=2, default=Decimal(80), validators=_SHARE
    )
    b_share = models.DecimalField(
        "class B up to", max_digits=5, decimal_places=2, default=Decimal(95), validators=_SHARE
    )
    window_days = models.PositiveSmallIntegerField("days looked back", default=365, validators=_DAYS)
    a_interval = models.PositiveSmallIntegerField("days between counts of A", default=30, validators=_DAYS)
    b_interval = models.PositiveSmallIntegerField("days between counts of B", default=90, validators=_DAYS)
    c_interval = models.PositiveSmallIntegerField("days between counts of C", default=365, validators=_DAYS)
    is_blind = models.BooleanField(
        "counts are blind", default=True, help_text="What a new count begins with; each can differ."
    )
    tolerance_units = models.PositiveIntegerField(null=True, blank=True)
    tolerance_percent = models.DecimalField(
        max_digits=6, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    tolerance_value = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    proposes = models.BooleanField(
        "propose what is due",
        default=True,
        help_text="Each day, a planned count for every location where something is due.",
    )
    proposed_lines = models.PositiveSmallIntegerField(
        "lines of a proposal", default=200, validators=[MinValueValidator(1), MaxValueValidator(5000)]
    )
    allows_spot_counts = models.BooleanField(
        "counters may count any bin",
        default=True,
        help_text="Off: a counter counts only what was planned.",
    )
    allows_own_review = models.BooleanField(
        "people may review what they counted themselves",
        default=True,
        help_text="Off: whoever counted a line outside the tolerance does not decide on it.",
    )
    seconds_per_line = models.PositiveSmallIntegerField(
        "seconds for a line", default=30, validators=[MinValueValidator(1), MaxValueValidator(3600)]
    )
    #: When the task last finished with the classes and due dates.
    classified_at = models.DateTimeField(null=True, editable=False)
    #: What each class came to then: its SKUs, their value and its share, so that no page has to add a million up.
    class_sums = models.JSONField(default=dict, blank=True, editable=False)

    class Meta:
        verbose_name = "count settings"
        verbose_name_plural = "count settings"
        constraints = (
            models.CheckConstraint(
                condition=Q(a_share__lte=F("b_share")),
                name="cycle_counts_settings_shares",
                violation_error_message="Class B reaches at least as far as class A.",
            ),
        )

    def __str__(self) -> str:
        return f"Count settings of {self.organization}"
