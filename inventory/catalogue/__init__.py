"""The catalogue: categories, products, SKUs and their barcodes.

It belongs to the whole organization: whoever may read any of it reads all of it, and only who may write it everywhere
writes it. Rows are locked in one order: the SKU, its product, its category.
"""

from inventory.catalogue.batches import Saved, SkuEntry, save_skus
from inventory.catalogue.categories import (
    change_category,
    create_category,
    delete_category,
    find_category,
    lock_category,
)
from inventory.catalogue.products import (
    ProductValues,
    change_product,
    create_product,
    delete_product,
    find_product,
    lock_product,
)
from inventory.catalogue.rows import require_editor
from inventory.catalogue.skus import (
    MOST_BARCODES,
    SkuValues,
    change_sku,
    create_sku,
    delete_sku,
    find_sku,
    find_skus,
    lock_sku,
)

__all__ = [
    "MOST_BARCODES",
    "ProductValues",
    "Saved",
    "SkuEntry",
    "SkuValues",
    "change_category",
    "change_product",
    "change_sku",
    "create_category",
    "create_product",
    "create_sku",
    "delete_category",
    "delete_product",
    "delete_sku",
    "find_category",
    "find_product",
    "find_sku",
    "find_skus",
    "lock_category",
    "lock_product",
    "lock_sku",
    "require_editor",
    "save_skus",
]
