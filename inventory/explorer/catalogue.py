"""What somebody may have meant who finds nothing in stock: SKUs of the catalogue."""

from __future__ import annotations

from typing import Final

from django.db.models import Exists, OuterRef

from inventory.models import Sku, sku_key
from inventory.seen_stock import seen_levels
from warehouses.access import Access

__all__ = ["without_stock"]

_MOST: Final = 5


def without_stock(*, access: Access, term: str) -> list[Sku]:
    """The first SKUs that have a code which begins with the term and no stock that the caller sees. One query."""
    if not access.may("products.read"):
        return []
    rows = Sku.objects.for_organization(access.organization).filter(code_key__startswith=sku_key(term))
    seen = seen_levels(access=access).filter(sku=OuterRef("pk"))
    return list(rows.filter(~Exists(seen)).order_by("code_key")[:_MOST])
