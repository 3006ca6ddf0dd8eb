from __future__ import annotations

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["ApprovalRule"]


class ApprovalRule(PublicModel):
    """How many approvals a request needs that meets all of its conditions, and of whom.

    A request meets `category` if it or one of its lines is of that category; its value is that of its units at their
    SKUs' unit cost. Unless the rule `names_approvers`, whoever may approve at the source counts. Every rule that a
    request meets has to be satisfied; a request that meets none needs one approval.
    """

    prefix = "apr"

    organization = models.ForeignKey("warehouses.Organization", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    warehouse = models.ForeignKey(
        "warehouses.Warehouse",
        verbose_name="source",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Empty: whichever warehouse the goods come from.",
    )
    category = models.ForeignKey(
        "inventory.Category",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Empty: of any category.",
    )
    minimum_value = models.DecimalField(
        "from a value of",
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text="In the organization's currency, at the SKUs' unit cost. Empty: of any value.",
    )
    minimum_quantity = models.PositiveBigIntegerField(
        "from so many units", null=True, blank=True, help_text="Over all lines. Empty: any number."
    )
    approvals = models.PositiveSmallIntegerField(
        "approvals", default=1, validators=[MinValueValidator(1)], help_text="Of so many different people."
    )
    approvers = models.ManyToManyField(
        "warehouses.User",
        blank=True,
        related_name="+",
        help_text="Only these count for the rule. Empty: whoever may approve at the source.",
    )
    #: Kept beside them: accounts can be deleted, and a rule that named some does not then ask anybody at all.
    names_approvers = models.BooleanField(default=False, editable=False)
    is_active = models.BooleanField(default=True)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                "organization",
                Lower("name"),
                name="stock_requests_rule_name",
                violation_error_message="There is an approval rule of this name already.",
            ),
            models.CheckConstraint(condition=Q(approvals__gte=1), name="stock_requests_rule_approvals"),
        )

    def __str__(self) -> str:
        return self.name
