"""What the documents' examples name: the demonstration's own places, and its documented SKUs with today's stock."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from inventory.adjustments import adjust
from inventory.demo.documented import FIXED, ITEMS, STORE, key_of
from inventory.demo.operations import add_operations
from inventory.demo.places import create_places
from inventory.demo.till import connect_store
from inventory.demo.webhooks import subscribe_shop
from inventory.ledger import Line, Settings
from inventory.models import Source
from tests import factories
from tests.rows import Remembered
from warehouses import transactions
from warehouses.actors import SYSTEM
from warehouses.models import Organization, RoomType, Warehouse

__all__ = ["make_demonstration"]


def _make() -> Organization:
    """The demonstration without its ninety days of history."""
    organization = factories.make_organization("Demo Trading", time_zone="Europe/Berlin")
    places = create_places(organization)
    opening = factories.reason(organization, "opening_stock")
    lines = []
    long_ago = timezone.now() - timedelta(days=30)  # so that the webhook has something to have told
    for fixed in FIXED:
        sku = factories.make_sku(
            organization, fixed.code, title=fixed.title, unit_cost=fixed.cost, unit_price=fixed.price
        )
        for place, (on_hand, safety_stock, reorder_point) in fixed.stock.items():
            warehouse: Warehouse = places[place].warehouse
            item = ITEMS.get((fixed.code, warehouse.public_id))
            line = Line(
                sku=sku,
                warehouse=warehouse,
                quantity=on_hand,
                reason=opening,
                bin=places[place].first(RoomType.SALES_FLOOR),
                new_item_id=key_of(item) if item else None,
                settings=Settings(
                    safety_stock=safety_stock,
                    reorder_point=reorder_point,
                    reorder_quantity=fixed.reorder_quantity,
                ),
            )
            lines.append(line)
    transactions.run(
        lambda: adjust(
            organization=organization,
            actor=SYSTEM,
            source=Source.IMPORT,
            lines=lines,
            by_sync=True,
            recorded_at=long_ago,
        )
    )
    store = Warehouse.objects.get(pk=key_of(STORE))
    connect_store(organization=organization, store=store, today=organization.today())
    now = timezone.now()
    add_operations(organization=organization, now=now)
    subscribe_shop(organization=organization, owner="owner@demo.example", now=now)
    return organization


make_demonstration = Remembered(_make)
