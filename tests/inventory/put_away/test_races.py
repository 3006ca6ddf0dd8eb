"""Tasks that are completed at once: a bin is never overfilled, and no task is done twice. On PostgreSQL."""

from __future__ import annotations

import pytest
from django.db.models import Sum

from inventory import put_away
from inventory.models import PutAway, Sku, StockItem
from inventory.put_away import GoodsToPut
from inventory.verification import verify
from tests import factories
from tests.races.sessions import Other, wait_until_somebody_waits
from warehouses import transactions
from warehouses.access import Access, access_of_system
from warehouses.models import Bin, Organization, Warehouse
from warehouses.refusals import Conflict

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]


@pytest.fixture
def access(organization: Organization) -> Access:
    return access_of_system(organization)


@pytest.fixture
def warehouse(organization: Organization) -> Warehouse:
    return organization.warehouses.get()


@pytest.fixture
def skus(organization: Organization, warehouse: Warehouse) -> list[Sku]:
    """Six SKUs: each has a level, and so a lock, of its own."""
    found = [factories.make_sku(organization, f"MUG-{number}") for number in range(6)]
    for sku in found:
        factories.stock(sku, warehouse, 10)
    return found


def plan(access: Access, warehouse: Warehouse, sku: Sku, to_bin: Bin, quantity: int = 3) -> PutAway:
    goods = [GoodsToPut(sku, quantity, warehouse.bins.get(is_default=True), to_bin=to_bin)]
    return transactions.run(lambda: put_away.create_put_away(access=access, warehouse=warehouse, goods=goods))


def complete(access: Access, task: PutAway) -> PutAway:
    return transactions.run(lambda: put_away.complete_put_away(access=access, task=task))


def test_a_bin_is_not_overfilled(access: Access, warehouse: Warehouse, skus: list[Sku]) -> None:
    small = factories.make_bin(warehouse, "SMALL", capacity=10)
    tasks = [plan(access, warehouse, sku, small) for sku in skus]
    others = [Other(lambda one=one: complete(access, one)) for one in tasks]  # type: ignore[misc]
    codes = []
    for other in others:
        try:
            other.result()
        except Conflict as conflict:
            codes.append(conflict.code)
    assert codes == ["BIN_FULL"] * 3
    assert StockItem.objects.filter(bin=small).aggregate(units=Sum("on_hand"))["units"] == 9
    assert PutAway.objects.filter(state="completed").count() == 3
    assert list(verify()) == []


def test_goods_that_change_places(access: Access, warehouse: Warehouse, skus: list[Sku]) -> None:
    """Each into the other's bin, over and over: no deadlock, nothing lost."""
    shelves = [factories.make_bin(warehouse, code, capacity=40) for code in ("LEFT", "RIGHT")]
    for sku, shelf in zip(skus, [*shelves] * 3, strict=True):
        complete(access, plan(access, warehouse, sku, shelf, 10))

    def swap(sku: Sku, here: Bin, there: Bin) -> None:
        for source, target in ((here, there), (there, here)) * 3:
            goods = [GoodsToPut(sku, 10, source, to_bin=target)]
            task = transactions.run(
                lambda goods=goods: put_away.create_put_away(access=access, warehouse=warehouse, goods=goods)  # type: ignore[misc]
            )
            complete(access, task)

    left, right = shelves
    others = [
        Other(lambda sku=sku, turn=turn: swap(sku, *((left, right) if turn % 2 == 0 else (right, left))))  # type: ignore[misc]
        for turn, sku in enumerate(skus[:2])
    ]
    for other in others:
        other.result()
    there = StockItem.objects.filter(sku__in=skus[:2], on_hand__gt=0).order_by("sku__code")
    assert [(item.bin, item.on_hand) for item in there] == [(left, 10), (right, 10)]
    assert list(verify()) == []


@pytest.mark.parametrize(
    ("first", "second"), [("complete", "complete"), ("complete", "cancel"), ("cancel", "complete")]
)
def test_the_second_sees_what_the_first_has_done(
    access: Access, warehouse: Warehouse, skus: list[Sku], first: str, second: str
) -> None:
    acts = {"complete": put_away.complete_put_away, "cancel": put_away.cancel_put_away}
    shelf = factories.make_bin(warehouse, "A-1")
    task = plan(access, warehouse, skus[0], shelf)
    others: list[Other] = []

    def work() -> None:
        acts[first](access=access, task=task)
        others.append(Other(lambda: transactions.run(lambda: acts[second](access=access, task=task))))
        wait_until_somebody_waits()

    transactions.run(work)
    with pytest.raises(Conflict) as refused:
        others[0].result()
    assert refused.value.code == "INVALID_TRANSITION"
    moved = StockItem.objects.filter(bin=shelf).aggregate(units=Sum("on_hand"))["units"] or 0
    assert moved == (3 if first == "complete" else 0)
    assert list(verify()) == []
