"""The demonstration's categories, products, SKUs and barcodes, made from its assortment."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from decimal import Decimal

from inventory.catalogue.own_barcodes import internal_ean13
from inventory.demo.assortment import ASSORTMENT, UNRELEASED, VALUABLE_FROM, Range
from inventory.demo.documented import FIXED, Fixed
from inventory.models import Barcode, Category, Product, Sku, sku_key
from warehouses.models import Organization

__all__ = ["Article", "create_catalogue"]

_CENT = Decimal("0.01")


@dataclass(slots=True)
class Article:
    """A SKU and what the story needs to know of it. `units_a_day` is what its main warehouse sells."""

    sku: Sku
    units_a_day: float
    shelf_life: int | None = None
    fixed: Fixed | None = None

    @property
    def is_valuable(self) -> bool:
        return (self.sku.unit_cost or 0) >= VALUABLE_FROM

    @property
    def is_unreleased(self) -> bool:
        return self.sku.product.name in UNRELEASED


def create_catalogue(*, organization: Organization, random: random.Random) -> list[Article]:
    """Write the catalogue and return its articles, category by category."""
    categories = {
        entry.category: Category(organization=organization, name=entry.category) for entry in ASSORTMENT
    }
    products: dict[str, Product] = {}
    articles: list[Article] = []

    def product_of(name: str, category: str) -> Product:
        if name not in products:
            products[name] = Product(organization=organization, name=name, category=categories[category])
        return products[name]

    for entry in ASSORTMENT:
        for fixed in FIXED:
            if fixed.category == entry.category:
                product = product_of(fixed.product, entry.category)
                articles.append(_fixed_article(organization, product, fixed))
        for number, line in enumerate(entry.products.strip().splitlines(), start=1):
            name, cost, margin, variants = (part.strip() for part in line.split("|"))
            product = product_of(name, entry.category)
            for place, variant in enumerate(variants.split(", ")):
                sku = _sku(organization, product, entry, number, place, variant, float(cost), float(margin))
                # A few things sell by the dozen, most by the piece.
                units_a_day = round(min(0.2 * random.paretovariate(1.2), 6.5), 2)
                articles.append(Article(sku, units_a_day, entry.shelf_life))

    skus = [article.sku for article in articles]
    for article in articles:
        _set_thresholds(article)
    Category.objects.bulk_create(categories.values())
    Product.objects.bulk_create(products.values())
    Sku.objects.bulk_create(skus)
    Barcode.objects.bulk_create(
        Barcode(organization=organization, sku=sku, code=internal_ean13(40_000_000 + place * 7))
        for place, sku in enumerate(skus)
    )
    return articles


def _fixed_article(organization: Organization, product: Product, fixed: Fixed) -> Article:
    sku = Sku(
        organization=organization,
        product=product,
        code=fixed.code,
        code_key=sku_key(fixed.code),
        title=fixed.title,
        unit_cost=fixed.cost,
        unit_price=fixed.price,
        reorder_quantity=fixed.reorder_quantity,
    )
    return Article(sku, fixed.units_a_day, fixed=fixed)


def _sku(
    organization: Organization,
    product: Product,
    entry: Range,
    number: int,
    place: int,
    variant: str,
    cost: float,
    margin: float,
) -> Sku:
    code = f"{entry.stem}-{number:02d}-{_short(variant)}"
    unit_cost = Decimal(cost * entry.step**place if _grows(variant) else cost).quantize(_CENT)
    return Sku(
        organization=organization,
        product=product,
        code=code,
        code_key=sku_key(code),
        title=f"{product.name}, {variant}",
        unit_cost=unit_cost,
        # Shop prices end in 90 cents.
        unit_price=(unit_cost * Decimal(margin)).quantize(Decimal(1)) + Decimal("0.90"),
        is_lot_controlled=entry.shelf_life is not None,
    )


def _set_thresholds(article: Article) -> None:
    """What a new stock level of the SKU starts with: four days of sales are kept safe, two weeks are reordered."""
    sku, rate = article.sku, article.units_a_day
    if article.fixed is not None:
        _on_hand, sku.safety_stock, sku.reorder_point = next(iter(article.fixed.stock.values()))
        return
    sku.safety_stock = max(2, round(rate * 4))
    sku.reorder_point = sku.safety_stock + max(4, round(rate * 10))
    sku.reorder_quantity = max(12, round(rate * 30 / 6) * 6)


def _grows(variant: str) -> bool:
    """A larger variant costs more; another colour does not."""
    return bool(re.search(r"\d|^(medium|large|strong|M|L|XL)\b", variant))


def _short(variant: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", variant.upper().replace("PACK OF", "P").replace("PIECES", ""))[:6]
