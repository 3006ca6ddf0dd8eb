"""What the documents' examples name: the demonstration's own places, and its documented SKUs with today's stock."""

from __future__ import annotations

from inventory.demo.documented import FIXED
from inventory.demo.places import create_places
from inventory.models import StockLevel
from tests import factories
from warehouses.models import Organization, Warehouse

__all__ = ["make_demonstration"]


def make_demonstration() -> Organization:
    """The demonstration without its ninety days of history."""
    organization = factories.make_organization("Demo Trading", time_zone="Europe/Berlin")
    places = create_places(organization)
    for fixed in FIXED:
        sku = factories.make_sku(organization, fixed.code, title=fixed.title)
        for place, (on_hand, safety_stock, reorder_point) in fixed.stock.items():
            warehouse: Warehouse = places[place].warehouse
            factories.stock(sku, warehouse, on_hand, code="opening_stock")
            StockLevel.objects.filter(sku=sku, warehouse=warehouse).update(
                safety_stock=safety_stock,
                reorder_point=reorder_point,
                reorder_quantity=fixed.reorder_quantity,
            )
    return organization
