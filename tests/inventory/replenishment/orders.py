"""Orders and rules for tests, made through the product's own doors."""

from __future__ import annotations

from typing import Any

from inventory.models import Replenishment, ReplenishmentRule, ReplenishmentSource, Sku
from inventory.replenishment.orders import Order, place_orders
from inventory.replenishment.rules import Source, configure
from warehouses import transactions
from warehouses.access import access_of_system
from warehouses.models import Warehouse

__all__ = ["SUPPLIER", "from_location", "order", "rule"]

SUPPLIER = Source(ReplenishmentSource.SUPPLIER, name="Widget works")


def from_location(place: Warehouse) -> Source:
    return Source(ReplenishmentSource.TRANSFER, place)


def order(
    sku: Sku, warehouse: Warehouse, quantity: int, source: Source = SUPPLIER, **given: Any
) -> Replenishment:
    access = access_of_system(warehouse.organization)
    wanted = Order(sku=sku, warehouse=warehouse, quantity=quantity, source=source, **given)
    (made,) = transactions.run(lambda: place_orders(access=access, orders=[wanted]))
    return made


def rule(sku: Sku, warehouse: Warehouse, **given: Any) -> ReplenishmentRule:
    access = access_of_system(warehouse.organization)
    return transactions.run(lambda: configure(access=access, sku=sku, warehouse=warehouse, **given))
