"""What the examples of the catalogue's routes name: sample packs, and what the demonstration can do without."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

from inventory.catalogue.own_barcodes import internal_ean13
from inventory.demo.documented import key_of
from inventory.models import Barcode, Category, Product, Sku
from warehouses.models import Organization

__all__ = [
    "BARCODE",
    "CATEGORY",
    "OLD_CATEGORY",
    "OLD_PRODUCT",
    "OLD_SKU",
    "PRODUCT",
    "SKU",
    "add_catalogue_examples",
]

CATEGORY: Final = "cat_01hx000000e008000000000001"
PRODUCT: Final = "prod_01hx000000e008000000000001"
SKU: Final = "sku_01hx000000e008000000000001"
BARCODE: Final = internal_ean13(41_000_000)
#: Nothing needs these: the examples delete them.
OLD_CATEGORY: Final = "cat_01hx000000e008000000000002"
OLD_PRODUCT: Final = "prod_01hx000000e008000000000002"
OLD_SKU: Final = "sku_01hx000000e008000000000002"


def add_catalogue_examples(*, organization: Organization, now: datetime) -> None:
    """Sample packs that have not come in yet, and what was planned once and never bought."""
    samples, planned = Category.objects.bulk_create(
        Category(id=key_of(public_id), organization=organization, name=name)
        for public_id, name in ((CATEGORY, "Sample packs"), (OLD_CATEGORY, "Never launched"))
    )
    pack, _calendar = Product.objects.bulk_create(
        Product(id=key_of(public_id), organization=organization, name=name, category=category, created_at=now)
        for public_id, name, category in (
            (PRODUCT, "Discovery set", samples),
            (OLD_PRODUCT, "Advent calendar", planned),
        )
    )
    small = _sku(organization, pack, SKU, "SAMPLE-5", "Discovery set, 5 samples", "3.20", "8.90")
    large = _sku(organization, pack, OLD_SKU, "SAMPLE-50", "Discovery set, 50 samples", "29.00", "79.90")
    Sku.objects.bulk_create([small, large])
    Barcode.objects.bulk_create(
        [
            Barcode(organization=organization, sku=small, code=BARCODE),
            Barcode(organization=organization, sku=large, code=internal_ean13(41_000_007)),
        ]
    )


def _sku(
    organization: Organization, product: Product, public_id: str, code: str, title: str, cost: str, price: str
) -> Sku:
    sku = Sku(
        id=key_of(public_id),
        organization=organization,
        product=product,
        code=code,
        title=title,
        unit_cost=Decimal(cost),
        unit_price=Decimal(price),
        safety_stock=10,
        reorder_point=40,
        reorder_quantity=120,
    )
    sku.clean_fields(exclude=["organization", "product"])
    return sku
