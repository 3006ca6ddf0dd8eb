from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models

from warehouses.models.base import OrganizationQuerySet, PublicModel

__all__ = ["MAXIMUM_QUANTITY", "Sku", "sku_key", "validate_code"]

# One quantity, anywhere: large enough for screws, small enough that sums of a million SKUs fit 64 bits.
MAXIMUM_QUANTITY = 1_000_000_000


def sku_key(code: str) -> str:
    """The form in which codes are compared: `85123a`, ` 85123A ` and full-width `８５１２３A` are one SKU."""
    return " ".join(unicodedata.normalize("NFKC", code).casefold().split())


def validate_code(code: str) -> None:
    if not code.isprintable() or not sku_key(code):
        raise ValidationError("A code is made of printable characters.")
    if code.endswith("/"):
        # Its address would be read as that of the code without it, and a write would change the other SKU.
        raise ValidationError("A code does not end in a slash.")
    if code != code.strip():
        raise ValidationError("A code has no blanks around it.")


class SkuQuerySet(OrganizationQuerySet["Sku"]):
    def with_codes(self, codes: Iterable[str]) -> Self:
        return self.filter(code_key__in={sku_key(code) for code in codes})


class Sku(PublicModel):
    """The stock-keeping unit, known outside by its code. Quantities are whole numbers of its base unit.

    Safety stock, reorder point and reorder quantity are what a new stock level starts with.
    """

    prefix = "sku"

    organization = models.ForeignKey("warehouses.Organization", on_delete=models.PROTECT, related_name="+")
    product = models.ForeignKey("inventory.Product", on_delete=models.PROTECT, related_name="skus")
    code = models.CharField(max_length=64, validators=[validate_code])
    code_key = models.CharField(max_length=128, editable=False)
    title = models.CharField(max_length=200)
    unit_cost = models.DecimalField(
        max_digits=14, decimal_places=4, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    unit_price = models.DecimalField(
        max_digits=14, decimal_places=4, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    base_unit = models.CharField(max_length=20, default="each")
    is_lot_controlled = models.BooleanField(
        "lot-controlled", default=False, help_text="Stock of this SKU is received into lots only."
    )
    safety_stock = models.PositiveIntegerField(default=0)
    reorder_point = models.PositiveIntegerField(default=0)
    reorder_quantity = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SkuQuerySet.as_manager()

    class Meta:
        ordering = ("code_key",)
        verbose_name = "SKU"
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "code_key"),
                name="inventory_sku_code",
                violation_error_message="There is a SKU with this code already (capitals make no difference).",
            ),
        )

    def __str__(self) -> str:
        return self.code

    def clean_fields(self, exclude: Any = None) -> None:
        self.code_key = sku_key(self.code)
        super().clean_fields(exclude=exclude)

    def validate_constraints(self, exclude: Any = None) -> None:
        # Forms exclude what they do not show, and with it the constraint on the key made from what they do show.
        super().validate_constraints(exclude=set(exclude or ()) - {"code_key", "organization"})

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.code_key = sku_key(self.code)
        fields = kwargs.get("update_fields")
        if fields is not None and "code" in fields:
            kwargs["update_fields"] = {*fields, "code_key"}
        super().save(*args, **kwargs)
