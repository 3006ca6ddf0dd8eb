from __future__ import annotations

from typing import Any

from django.db import models

from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["Direction", "Nature", "ReasonCode"]


class Direction(models.TextChoices):
    IN = "in", "Adds stock"
    OUT = "out", "Removes stock"
    EITHER = "either", "Either"


class Nature(models.TextChoices):
    """What a decrease for this reason means: goods that leave must be available, a correction states a fact."""

    ISSUE = "issue", "Goods leave"
    RECEIPT = "receipt", "Goods arrive"
    CORRECTION = "correction", "The record is put right"


class ReasonCode(PublicModel):
    """Why stock changed. One table per organization; matched without case (`SALE`, `sale`)."""

    prefix = "rsn"

    organization = models.ForeignKey("warehouses.Organization", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=40)
    code_key = models.CharField(max_length=80, editable=False)
    name = models.CharField(max_length=120)
    direction = models.CharField(max_length=6, choices=Direction.choices, default=Direction.EITHER)
    nature = models.CharField(max_length=10, choices=Nature.choices, default=Nature.CORRECTION)
    is_active = models.BooleanField(default=True)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("code_key",)
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "code_key"),
                name="inventory_reason_code_code",
                violation_error_message="There is a reason with this code already.",
            ),
        )

    def __str__(self) -> str:
        return self.code

    def clean_fields(self, exclude: Any = None) -> None:
        self.code_key = self.code.casefold()
        super().clean_fields(exclude=exclude)

    def validate_constraints(self, exclude: Any = None) -> None:
        super().validate_constraints(exclude=set(exclude or ()) - {"code_key", "organization"})

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.code_key = self.code.casefold()
        super().save(*args, **kwargs)

    def allows(self, change: int) -> bool:
        """Whether a change of this sign fits the reason's direction."""
        if self.direction == Direction.IN:
            return change >= 0
        if self.direction == Direction.OUT:
            return change <= 0
        return True
