"""What the routes of the catalogue answer, for the document; `objects` builds the answers, and a test holds the two
together.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from inventory.api.backoffice.objects import Pagination

__all__ = [
    "CategoryPage",
    "CategoryRecord",
    "ProductPage",
    "ProductRecord",
    "SkuPage",
    "SkuRecord",
]


class CategoryRecord(serializers.Serializer[Any]):
    """A group of products."""

    id = serializers.CharField(help_text="The category's id.")
    name = serializers.CharField(help_text="What it is called.")
    productCount = serializers.IntegerField(min_value=0, help_text="How many products are in it.")


class CategoryPage(serializers.Serializer[Any]):
    """A page of categories, by name unless sorted otherwise."""

    data = CategoryRecord(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()


class ProductSku(serializers.Serializer[Any]):
    """A SKU of a product."""

    skuId = serializers.CharField(help_text="The SKU's id.")
    sku = serializers.CharField(help_text="Its code.")
    title = serializers.CharField(help_text="What it is called.")
    isActive = serializers.BooleanField(help_text="Whether it is still dealt in.")


class ProductRecord(serializers.Serializer[Any]):
    """What is sold, in one or more SKUs."""

    id = serializers.CharField(help_text="The product's id.")
    name = serializers.CharField(help_text="What it is called.")
    categoryId = serializers.CharField(allow_null=True, help_text="Its category's id; null for none.")
    categoryName = serializers.CharField(allow_null=True, help_text="Its category's name; null for none.")
    skuCount = serializers.IntegerField(min_value=0, help_text="How many SKUs it has.")
    skus = ProductSku(
        many=True,
        help_text="The first 20 of its SKUs, by code; `GET /api/skus?productId=…` has them all.",
    )
    createdAt = serializers.DateTimeField(help_text="When it was made.")


class ProductPage(serializers.Serializer[Any]):
    """A page of products, by name unless sorted otherwise."""

    data = ProductRecord(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()


class SkuRecord(serializers.Serializer[Any]):
    """A stock-keeping unit: what stock is counted of."""

    id = serializers.CharField(help_text="The SKU's id.")
    code = serializers.CharField(help_text="Its code: what other routes call `sku`.")
    title = serializers.CharField(help_text="What it is called.")
    productId = serializers.CharField(help_text="Its product's id.")
    productName = serializers.CharField(help_text="Its product's name.")
    categoryId = serializers.CharField(
        allow_null=True, help_text="Its product's category's id; null for none."
    )
    categoryName = serializers.CharField(
        allow_null=True, help_text="Its product's category's name; null for none."
    )
    unitCost = serializers.FloatField(
        allow_null=True, help_text="What a unit costs to buy, in the organization's currency."
    )
    unitPrice = serializers.FloatField(
        allow_null=True, help_text="What a unit is sold for, in the organization's currency."
    )
    baseUnit = serializers.CharField(help_text="What is counted.")
    isLotControlled = serializers.BooleanField(help_text="Whether stock of it is received into lots only.")
    safetyStock = serializers.IntegerField(
        min_value=0, help_text="The safety stock that it starts with at a location where it is new."
    )
    reorderPoint = serializers.IntegerField(
        min_value=0, help_text="The reorder point that it starts with at a location where it is new."
    )
    reorderQuantity = serializers.IntegerField(
        min_value=0, help_text="The reorder quantity that it starts with at a location where it is new."
    )
    isActive = serializers.BooleanField(help_text="Whether it is still dealt in.")
    barcodes = serializers.ListField(child=serializers.CharField(), help_text="All of its barcodes.")
    createdAt = serializers.DateTimeField(help_text="When it was made.")


class SkuPage(serializers.Serializer[Any]):
    """A page of SKUs, by code unless sorted otherwise."""

    data = SkuRecord(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()
