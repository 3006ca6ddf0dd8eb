"""Public ids that a page writes again and again."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

from inventory.models import Product
from warehouses.identifiers import encode
from warehouses.models import Warehouse

__all__ = ["public_product", "public_warehouse"]


@lru_cache(maxsize=1024)
def public_warehouse(key: UUID) -> str:
    """The warehouse's public id, kept: few stand in many rows."""
    return encode(Warehouse.prefix, key)


@lru_cache(maxsize=1024)
def public_product(key: UUID) -> str:
    """The product's public id, kept: its SKUs stand beside one another."""
    return encode(Product.prefix, key)
