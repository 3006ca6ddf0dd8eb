"""Products: what is sold, in one or more SKUs."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from inventory.catalogue import rows
from inventory.catalogue.categories import lock_category
from inventory.models import Category, Product, Sku
from warehouses import transactions
from warehouses.access import Access
from warehouses.refusals import Conflict, NotFound, Problem

if TYPE_CHECKING:
    from typing import Unpack

__all__ = [
    "ProductValues",
    "change_product",
    "create_product",
    "delete_product",
    "find_product",
    "lock_product",
]


class ProductValues(TypedDict, total=False):
    name: str
    category: Category | None


def find_product(*, access: Access, public_id: str, field: str | None = None) -> Product:
    """With its category. Raises NotFound `PRODUCT_NOT_FOUND`; `field` as of `find_category`."""
    return rows.find(Product.objects.select_related("category"), access, public_id, _missing(field))


def lock_product(*, access: Access, product: Product, field: str | None = None) -> Product:
    """The product as it is now and until the transaction ends. Raises NotFound `PRODUCT_NOT_FOUND`."""
    return rows.lock(Product.objects.select_related("category"), access, product, _missing(field))


def create_product(*, access: Access, name: str, category: Category | None = None) -> Product:
    """Two products may have one name.

    Raises Forbidden `PERMISSION_DENIED`, InvalidInput `INVALID_INPUT`, NotFound `CATEGORY_NOT_FOUND`.
    """
    rows.require_editor(access)

    def work() -> Product:
        product = Product(organization=access.organization)
        _apply(access, product, {"name": name, "category": category})
        return product

    product = transactions.run(work)
    rows.tell("product.created", access, product)
    return product


def change_product(*, access: Access, product: Product, **changes: Unpack[ProductValues]) -> Product:
    """Change what is given. Raises what `create_product` raises, and NotFound `PRODUCT_NOT_FOUND`."""
    rows.require_editor(access)

    def work() -> Product:
        current = lock_product(access=access, product=product)
        _apply(access, current, changes)
        return current

    changed = transactions.run(work)
    rows.tell("product.changed", access, changed)
    return changed


def delete_product(*, access: Access, product: Product) -> None:
    """Raises Forbidden `PERMISSION_DENIED`, NotFound `PRODUCT_NOT_FOUND`, Conflict `PRODUCT_HAS_SKUS`."""
    rows.require_editor(access)

    def work() -> None:
        current = rows.lock(Product.objects.all(), access, product, _missing(None), no_key=False)
        count = Sku.objects.filter(product=current).count()
        detail = f"“{current}” has {count} SKU{'s' * (count != 1)}: delete {'them' if count != 1 else 'it'} first, "
        refusal = Conflict("PRODUCT_HAS_SKUS", f"{detail}or give them to another product.")
        if count:
            raise refusal
        rows.delete(current, refusal)

    transactions.run(work)
    rows.tell("product.deleted", access, product)


def _apply(access: Access, product: Product, changes: ProductValues) -> None:
    if "name" in changes:
        product.name = changes["name"].strip()
    if "category" in changes:
        category = changes["category"]
        if category is not None:  # held, so that nobody deletes it until this is written
            category = lock_category(access=access, category=category, field="category")
        product.category = category
    rows.save(product)


def _missing(field: str | None) -> NotFound:
    detail = "There is no such product."
    problems = [Problem("PRODUCT_NOT_FOUND", detail, field=field)] if field else []
    return NotFound("PRODUCT_NOT_FOUND", detail, problems=problems)
