from __future__ import annotations

from collections.abc import Callable

import pytest

from inventory.models import Sku, StockItem
from tests.factories import stock
from tests.inventory.api.callers import Caller
from warehouses.models import Warehouse


@pytest.fixture
def api(key: str) -> Caller:
    """As the contract documents a caller."""
    return Caller(Authorization=f"Bearer {key}")


@pytest.fixture
def item(sku: Sku, warehouse: Warehouse) -> StockItem:
    """5 of SKU-001, in Acme's first warehouse."""
    stock(sku, warehouse, 5)
    return StockItem.objects.get(sku=sku)


@pytest.fixture
def stocked(sku: Sku, warehouse: Warehouse) -> Callable[..., StockItem]:
    """`stocked(quantity, place=, of=, …)`: stock of SKU-001, and its item; takes what `factories.stock` takes."""

    def put(quantity: int, *, place: Warehouse = warehouse, of: Sku = sku, **fields: object) -> StockItem:
        recorded = stock(of, place, quantity, **fields)  # type: ignore[arg-type]
        return StockItem.objects.get(pk=recorded.posting.changes[0].item.id)

    return put
