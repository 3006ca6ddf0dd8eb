"""What the routes of the catalogue take."""

from __future__ import annotations

from inventory.catalogue import MOST_BARCODES
from inventory.models import Category, Product
from inventory.models.sku import MAXIMUM_QUANTITY, validate_code
from warehouses.http.conditions import Changing
from warehouses.http.fields import (
    StrictBooleanField,
    StrictCharField,
    StrictIntegerField,
    StrictListField,
    StrictMoneyField,
    StrictSerializer,
    TypeIdField,
)

__all__ = ["CategoryBody", "ProductBody", "ProductChangeBody", "SkuBody", "SkuChangeBody"]


class BarcodesField(StrictListField):
    child = StrictCharField(max_length=80)


class CategoryBody(StrictSerializer):
    """`POST /api/categories` and `PATCH /api/categories/[id]`."""

    name = StrictCharField(max_length=120, help_text="What it is called; capitals make no difference.")


class ProductChangeBody(StrictSerializer):
    """`PATCH /api/products/[id]`: what is not given stays as it is."""

    conditions = (Changing(),)

    name = StrictCharField(max_length=200, required=False, help_text="What it is called.")
    categoryId = TypeIdField(
        Category.prefix, required=False, allow_null=True, help_text="Its category; null for none."
    )


class ProductBody(ProductChangeBody):
    """`POST /api/products`."""

    name = StrictCharField(max_length=200, help_text="What it is called.")


class SkuChangeBody(StrictSerializer):
    """`PATCH /api/skus/[id]`: what is not given stays as it is."""

    conditions = (Changing(),)

    code = StrictCharField(
        max_length=64,
        required=False,
        validators=[validate_code],
        help_text="What the SKU is known by; capitals make no difference.",
    )
    title = StrictCharField(max_length=200, required=False, help_text="What it is called.")
    productId = TypeIdField(
        Product.prefix,
        required=False,
        allow_null=True,
        help_text="The product that it is a variant of; null for one of its own.",
    )
    unitCost = StrictMoneyField(
        required=False, allow_null=True, help_text="What a unit costs to buy, in the organization's currency."
    )
    unitPrice = StrictMoneyField(
        required=False, allow_null=True, help_text="What a unit is sold for, in the organization's currency."
    )
    baseUnit = StrictCharField(
        max_length=20,
        required=False,
        help_text="What is counted: each, box, kg. Quantities are whole numbers of it.",
    )
    isLotControlled = StrictBooleanField(
        required=False, help_text="Whether stock of it is received into lots only."
    )
    safetyStock = StrictIntegerField(
        min_value=0,
        max_value=MAXIMUM_QUANTITY,
        required=False,
        help_text="The safety stock that it starts with at a location where it is new.",
    )
    reorderPoint = StrictIntegerField(
        min_value=0,
        max_value=MAXIMUM_QUANTITY,
        required=False,
        help_text="The reorder point that it starts with at a location where it is new.",
    )
    reorderQuantity = StrictIntegerField(
        min_value=0,
        max_value=MAXIMUM_QUANTITY,
        required=False,
        help_text="The reorder quantity that it starts with at a location where it is new.",
    )
    isActive = StrictBooleanField(required=False, help_text="Whether it is still dealt in.")
    barcodes = BarcodesField(
        required=False,
        max_length=MOST_BARCODES,
        help_text="All of its barcodes; each means one SKU in the organization.",
    )


class SkuBody(SkuChangeBody):
    """`POST /api/skus`."""

    code = StrictCharField(
        max_length=64,
        validators=[validate_code],
        help_text="What the SKU is known by; capitals make no difference.",
    )
    title = StrictCharField(max_length=200, help_text="What it is called.")
    productId = TypeIdField(
        Product.prefix,
        required=False,
        allow_null=True,
        help_text="The product that it is a variant of; without one it gets a product of its own.",
    )
