"""Lines that keep to the capacity of the bin that they name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from inventory.models import Sku, StockItem
from tests import factories
from tests.inventory.ledger.batches import by, move, on_hand, problems, record, refused, statements, to
from warehouses.models import Bin, Organization, Warehouse
from warehouses.refusals import Conflict, Problem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture
def sku(organization: Organization) -> Sku:
    return factories.make_sku(organization, "MILK")


@pytest.fixture
def small(depot: Warehouse) -> Bin:
    """A bin for ten units."""
    return factories.make_bin(depot, "S-1", capacity=10)


WAYS: dict[str, Callable[[Sku, Warehouse, Bin, int], Any]] = {
    "received": lambda sku, depot, shelf, units: by(sku, depot, units, bin=shelf, keeps_capacity=True),
    "counted": lambda sku, depot, shelf, units: to(sku, depot, units, bin=shelf, keeps_capacity=True),
    "moved": lambda sku, depot, shelf, units: move(sku, depot, units, to_bin=shelf, keeps_capacity=True),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_bin_is_filled_to_its_capacity_and_no_further(
    sku: Sku, depot: Warehouse, small: Bin, way: str
) -> None:
    factories.stock(sku, depot, 20)
    line = WAYS[way]
    refusal = refused(line(sku, depot, small, 11))
    assert (type(refusal), refusal.code, refusal.extra) == (Conflict, "BIN_FULL", {"available": 10})
    assert refusal.detail == "The bin S-1 has room for 10 more units, not for 11."
    field = "to_bin" if way == "moved" else "bin"
    assert refusal.problems == (Problem("BIN_FULL", refusal.detail, 0, field),)
    record(line(sku, depot, small, 10))
    assert on_hand(sku, depot)["S-1", None] == 10


def test_other_goods_in_the_bin_take_room_too(
    organization: Organization, sku: Sku, depot: Warehouse, small: Bin
) -> None:
    other = factories.make_sku(organization)
    factories.stock(other, depot, 4, bin=small)
    factories.stock(sku, depot, 3, bin=small, lot=factories.make_lot(sku))
    assert refused(by(sku, depot, 4, bin=small, keeps_capacity=True)).extra == {"available": 3}
    record(by(sku, depot, 3, bin=small, keeps_capacity=True))


def test_the_lines_of_a_batch_fill_it_together(
    organization: Organization, sku: Sku, depot: Warehouse, small: Bin
) -> None:
    """Also those that do not ask: what they bring takes room."""
    other = factories.make_sku(organization)
    lines = [
        by(sku, depot, 4, bin=small, keeps_capacity=True),
        by(other, depot, 4, bin=small, keeps_capacity=True),
        by(other, depot, 4, bin=small),
    ]
    assert problems(refused(*lines)) == [(0, "BIN_FULL"), (1, "BIN_FULL")]
    record(*lines[:2])


def test_what_leaves_in_the_batch_makes_room(
    organization: Organization, sku: Sku, depot: Warehouse, small: Bin
) -> None:
    other = factories.make_sku(organization)
    factories.stock(other, depot, 10, bin=small)
    record(
        by(sku, depot, 6, bin=small, keeps_capacity=True),
        move(other, depot, 6, bin=small, to_bin=depot.bins.get(code="A-1")),
    )
    assert on_hand(sku, depot) == {("S-1", None): 6}


def test_two_full_bins_change_places(sku: Sku, depot: Warehouse, small: Bin) -> None:
    second = factories.make_bin(depot, "S-2", capacity=10)
    lots = {shelf: factories.make_lot(sku, f"of {shelf.code}") for shelf in (small, second)}
    for shelf, lot in lots.items():
        factories.stock(sku, depot, 10, bin=shelf, lot=lot)
    record(
        move(sku, depot, 10, bin=small, lot=lots[small], to_bin=second, keeps_capacity=True),
        move(sku, depot, 10, bin=second, lot=lots[second], to_bin=small, keeps_capacity=True),
    )
    assert on_hand(sku, depot) == {("S-2", "of S-1"): 10, ("S-1", "of S-2"): 10}


def test_only_a_line_that_asks_for_it_is_refused(sku: Sku, depot: Warehouse, small: Bin) -> None:
    """A count is a fact, however little fits into the bin."""
    record(to(sku, depot, 30, bin=small))
    refusal = refused(by(sku, depot, 1, bin=small, keeps_capacity=True))
    assert refusal.extra == {"available": 0}
    record(by(sku, depot, -5, bin=small, keeps_capacity=True))
    record(to(sku, depot, 20, bin=small, keeps_capacity=True))
    record(to(sku, depot, 20, bin=small, keeps_capacity=True))


def test_a_bin_without_a_capacity_takes_anything(sku: Sku, depot: Warehouse) -> None:
    record(by(sku, depot, 10**9, bin=depot.bins.get(code="A-1"), keeps_capacity=True))


def test_a_bin_of_no_capacity_takes_nothing(sku: Sku, depot: Warehouse) -> None:
    closed = factories.make_bin(depot, "S-0", capacity=0)
    assert refused(by(sku, depot, 1, bin=closed, keeps_capacity=True)).extra == {"available": 0}


def test_the_capacity_is_the_one_of_now(sku: Sku, depot: Warehouse, small: Bin) -> None:
    """Not the one that the caller has read some time before."""
    Bin.objects.filter(pk=small.pk).update(capacity=3)
    assert refused(by(sku, depot, 4, bin=small, keeps_capacity=True)).extra == {"available": 3}
    Bin.objects.filter(pk=small.pk).update(capacity=None)
    record(by(sku, depot, 40, bin=small, keeps_capacity=True))


def test_a_bin_that_is_gone_meanwhile_is_not_found(sku: Sku, depot: Warehouse, small: Bin) -> None:
    line = by(sku, depot, 4, bin=small, keeps_capacity=True)
    Bin.objects.filter(pk=small.pk).delete()
    assert refused(line).code == "BIN_NOT_FOUND"


def test_other_faults_are_reported_before_room_is_looked_for(sku: Sku, depot: Warehouse, small: Bin) -> None:
    factories.stock(sku, depot, 5)
    full = by(sku, depot, 11, bin=small, keeps_capacity=True)
    assert problems(refused(full, by(sku, depot, -17))) == [(1, "NEGATIVE_QUANTITY")]


@pytest.mark.parametrize("size", [1, 3, 500])
def test_room_costs_one_statement_more_and_a_lock_on_postgresql(
    organization: Organization, sku: Sku, depot: Warehouse, size: int, is_postgresql: bool
) -> None:
    bins = Bin.objects.bulk_create(
        Bin(
            organization=organization,
            warehouse=depot,
            room=depot.rooms.get(is_default=True),
            code=f"C-{n}",
            capacity=5,
        )
        for n in range(size)
    )
    factories.stock(sku, depot, 4 * size)
    source = depot.bins.get(code="MAIN")
    made, existing = (13, 12)  # as any batch: the second one makes no new items
    more = 2 if is_postgresql else 1
    for expected in (made, existing):
        lines = [move(sku, depot, 2, bin=source, to_bin=shelf, keeps_capacity=True) for shelf in bins]
        assert statements(lambda lines=lines: record(*lines)) == expected + more  # type: ignore[misc]
    assert StockItem.objects.filter(on_hand=4).count() == size
