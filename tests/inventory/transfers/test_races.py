"""Two who act on one transfer at once: one does it, the other is told that it is done. On PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from inventory import transfers
from inventory.models import Sku, StockLevel, Transfer
from inventory.transfers import WantedLine
from inventory.verification import verify
from tests import factories
from tests.races.sessions import Other, wait_until_somebody_waits
from warehouses import transactions
from warehouses.access import Access, access_of_system
from warehouses.models import Organization, Warehouse
from warehouses.refusals import Conflict

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]


@pytest.fixture
def access(organization: Organization) -> Access:
    return access_of_system(organization)


@pytest.fixture
def north(organization: Organization) -> Warehouse:
    return organization.warehouses.get()


@pytest.fixture
def south(organization: Organization, north: Warehouse) -> Warehouse:
    return factories.make_warehouse(organization, "South")


@pytest.fixture
def sku(organization: Organization, north: Warehouse) -> Sku:
    sku = factories.make_sku(organization, "MUG")
    factories.stock(sku, north, 10)
    return sku


def draft(access: Access, north: Warehouse, south: Warehouse, sku: Sku, quantity: int = 10) -> Transfer:
    return transactions.run(
        lambda: transfers.create_transfer(
            access=access, from_warehouse=north, to_warehouse=south, lines=[WantedLine(sku, quantity)]
        )
    )


def on_hand(sku: Sku) -> dict[str, int]:
    return dict(StockLevel.objects.filter(sku=sku, on_hand__gt=0).values_list("warehouse__name", "on_hand"))


@pytest.mark.parametrize(
    ("first", "second"),
    [("ship", "ship"), ("ship", "cancel"), ("cancel", "ship"), ("cancel", "cancel"), ("receive", "receive")],
)
def test_the_second_sees_what_the_first_has_done(
    access: Access, north: Warehouse, south: Warehouse, sku: Sku, first: str, second: str
) -> None:
    acts: dict[str, Callable[..., Any]] = {
        "ship": transfers.ship_transfer,
        "cancel": transfers.cancel_transfer,
        "receive": transfers.receive_transfer,
    }
    transfer = draft(access, north, south, sku)
    if first == "receive":
        transactions.run(lambda: transfers.ship_transfer(access=access, transfer=transfer))
    others: list[Other] = []

    def work() -> None:
        acts[first](access=access, transfer=transfer)
        others.append(Other(lambda: transactions.run(lambda: acts[second](access=access, transfer=transfer))))
        wait_until_somebody_waits()

    transactions.run(work)
    with pytest.raises(Conflict) as refused:
        others[0].result()
    assert refused.value.code == "INVALID_TRANSITION"
    moved = {"ship": {}, "cancel": {"Main warehouse": 10}, "receive": {"South": 10}}
    assert on_hand(sku) == moved[first]
    assert list(verify()) == []


def test_the_last_units_leave_with_one_of_two(
    access: Access, north: Warehouse, south: Warehouse, sku: Sku
) -> None:
    found = [draft(access, north, south, sku, 6) for _ in range(2)]
    others = [
        Other(lambda one=one: transactions.run(lambda: transfers.ship_transfer(access=access, transfer=one)))  # type: ignore[misc]
        for one in found
    ]
    refused = []
    for other in others:
        try:
            other.result()
        except Conflict as conflict:
            refused.append((conflict.code, conflict.extra["available"]))
    assert refused == [("STOCK_UNAVAILABLE", 4)]
    assert on_hand(sku) == {"Main warehouse": 4}
    assert list(verify()) == []


def test_opposite_ways(access: Access, north: Warehouse, south: Warehouse, sku: Sku) -> None:
    factories.stock(sku, south, 10)
    there = [draft(access, north, south, sku, 2) for _ in range(3)]
    back = [draft(access, south, north, sku, 2) for _ in range(3)]

    def travel(transfer: Transfer) -> None:
        transactions.run(lambda: transfers.ship_transfer(access=access, transfer=transfer))
        transactions.run(lambda: transfers.receive_transfer(access=access, transfer=transfer))

    others = [Other(lambda one=one: travel(one)) for one in [*there, *back]]  # type: ignore[misc]
    for other in others:
        other.result()
    assert on_hand(sku) == {"Main warehouse": 10, "South": 10}
    assert list(verify()) == []
