"""What is on its way to a location."""

from __future__ import annotations

import pytest

from inventory.inbound import Inbound, inbound_of, outstanding
from inventory.models import Replenishment, Sku
from inventory.replenishment.orders import Order, cancel, place_orders
from inventory.transfers import Receipt, WantedLine, create_transfer, receive_transfer, ship_transfer
from tests import factories
from tests.inventory.replenishment.orders import SUPPLIER, from_location, order
from warehouses import transactions
from warehouses.access import Access
from warehouses.models import Organization, Warehouse

pytestmark = pytest.mark.django_db


def inbound(warehouse: Warehouse) -> dict[str, tuple[int, int]]:
    """(on order, in transit) by SKU."""
    found = inbound_of(organization=warehouse.organization, warehouse_id=warehouse.pk)
    codes = {sku.pk: sku.code for sku in Sku.objects.filter(pk__in=found)}
    return {codes[key]: (what.on_order, what.in_transit) for key, what in found.items()}


def test_open_orders_count_until_they_are_closed(
    access: Access, sku: Sku, here: Warehouse, depot: Warehouse
) -> None:
    first = order(sku, here, 10)
    order(sku, here, 5, from_location(depot))
    order(sku, depot, 99)
    assert inbound(here) == {"SKU-1": (15, 0)}
    transactions.run(lambda: cancel(access=access, replenishment=first))
    assert inbound(here) == {"SKU-1": (5, 0)}


def test_a_transfer_in_transit_counts_once_whoever_asked_for_it(
    access: Access, organization: Organization, sku: Sku, here: Warehouse, depot: Warehouse
) -> None:
    other = factories.make_sku(organization, "SKU-2")
    for each in (sku, other):
        factories.stock(each, depot, 50)
    ordered = order(sku, here, 5, from_location(depot))
    line = ordered.transfer_line
    assert line is not None
    transactions.run(lambda: ship_transfer(access=access, transfer=line.transfer))
    plain = transactions.run(
        lambda: create_transfer(
            access=access, from_warehouse=depot, to_warehouse=here, lines=[WantedLine(other, 4)]
        )
    )
    assert inbound(here) == {"SKU-1": (0, 5)}  # a draft that nobody ordered is a plan
    transactions.run(lambda: ship_transfer(access=access, transfer=plain))
    assert inbound(here) == {"SKU-1": (0, 5), "SKU-2": (0, 4)}
    assert inbound(depot) == {}


@pytest.mark.parametrize(
    ("received", "reasons", "left"),
    [
        (2, {}, 3),
        (5, {}, 0),
        (3, {"shortage_reason": "Lost"}, 0),
        (7, {"surplus_reason": "Two too many"}, 0),
    ],
)
def test_while_the_rest_of_a_transfer_is_on_the_road(
    access: Access,
    organization: Organization,
    sku: Sku,
    here: Warehouse,
    depot: Warehouse,
    received: int,
    reasons: dict[str, str],
    left: int,
) -> None:
    """Neither what was lost nor what came beyond the list is inbound, nor taken off what else is."""
    other = factories.make_sku(organization, "SKU-2")
    for each in (sku, other):
        factories.stock(each, depot, 50)
    source = from_location(depot)
    orders = [Order(each, here, 5, source) for each in (sku, other)]
    mine, theirs = transactions.run(lambda: place_orders(access=access, orders=orders))
    line = mine.transfer_line
    assert line is not None
    transactions.run(lambda: ship_transfer(access=access, transfer=line.transfer))
    transactions.run(
        lambda: receive_transfer(
            access=access, transfer=line.transfer, receipts=[Receipt(line.pk, received, **reasons)]
        )
    )
    assert inbound(here) == {"SKU-1": (0, left), "SKU-2": (0, 5)}
    found = {row.pk: row for row in Replenishment.objects.select_related("transfer_line__transfer")}
    assert [outstanding(found[each.pk]) for each in (mine, theirs)] == [left, 5]
    assert [found[each.pk].state for each in (mine, theirs)] == ["open" if left else "received", "open"]


def test_of_some_skus(organization: Organization, sku: Sku, here: Warehouse) -> None:
    other = factories.make_sku(organization, "SKU-2")
    transactions.run(
        lambda: place_orders(
            access=Access(organization, factories.SYSTEM, {"replenishment.write": None}),
            orders=[Order(each, here, 5, SUPPLIER) for each in (sku, other)],
        )
    )
    found = inbound_of(organization=organization, warehouse_id=here.pk, sku_ids=[other.pk])
    assert found == {other.pk: Inbound(on_order=5)}
    assert found[other.pk].total == 5
