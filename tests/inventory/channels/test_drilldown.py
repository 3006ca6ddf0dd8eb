"""A drill-down is one reading, whatever happens meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.availability import drilldown
from inventory.models import Sku
from tests import factories
from tests.inventory.channels.worlds import make_channel
from warehouses.models import Organization, Warehouse


@pytest.mark.django_db
def test_stock_that_changes_while_it_is_read_is_read_again(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    sku: Sku = factories.make_sku(organization)
    warehouse = Warehouse.objects.get(organization=organization)
    factories.stock(sku, warehouse, 10)
    readings = []
    read = drilldown._items

    def items(*args: Any) -> Any:
        found = list(read(*args))
        readings.append(found)
        if len(readings) == 1:
            # A sale takes what was reserved for it, between the reading of the items and that of the reservations.
            factories.reserve(sku, warehouse, 4)
            factories.stock(sku, warehouse, -3)
        return found

    monkeypatch.setattr(drilldown, "_items", items)
    found = drilldown.drill_down(
        organization=organization, sku=sku, warehouse=warehouse, channel=make_channel(organization)
    )
    assert len(readings) == 2
    assert (found.stock.on_hand, found.stock.reserved, found.more_reserved, found.promise.atp) == (7, 4, 0, 3)
