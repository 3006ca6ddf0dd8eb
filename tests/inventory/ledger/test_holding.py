"""Holding units of stock items: they are neither promised, nor do they leave or move, until they are released."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from inventory.models import Lot, Movement, Sku, StockItem, StockLevel
from inventory.models.sku import MAXIMUM_QUANTITY
from tests import factories
from tests.inventory.ledger.batches import (
    by,
    figures,
    hold,
    move,
    on_hand,
    picked,
    problems,
    record,
    refused,
    reserve,
    to,
)
from warehouses.models import Bin, Organization, Warehouse
from warehouses.refusals import Conflict, Forbidden, InvalidInput, NotFound

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture
def sku(organization: Organization) -> Sku:
    return factories.make_sku(organization, "MILK")


@pytest.fixture
def bins(depot: Warehouse) -> dict[str, Bin]:
    return {shelf.code: shelf for shelf in depot.bins.all()}


@pytest.fixture
def early(sku: Sku) -> Lot:
    return factories.make_lot(sku, "EARLY", date(2026, 4, 1))


@pytest.fixture
def gone(sku: Sku) -> Lot:
    return factories.make_lot(sku, "GONE", date(2026, 3, 11))


def held(sku: Sku) -> dict[tuple[str, str | None], int]:
    """Bin and lot → units held there; the level agrees."""
    rows = StockItem.objects.filter(sku=sku, held__gt=0).values_list("bin__code", "lot__code", "held")
    found = {(shelf, lot): units for shelf, lot, units in rows}
    assert StockLevel.objects.get(sku=sku).held == sum(found.values())
    return found


def test_a_hold_changes_the_item_and_its_level_and_moves_nothing(sku: Sku, depot: Warehouse) -> None:
    factories.stock(sku, depot, 10)
    before = StockLevel.objects.get()
    posting = record(hold(sku, depot, 4)).posting
    item = StockItem.objects.get()
    assert [(each.item.id, each.line, each.delta) for each in posting.held] == [(item.pk, 0, 4)]
    assert (item.on_hand, item.held, item.updated_at) == (10, 4, posting.recorded_at)
    assert figures(sku, depot) == (10, 0, 4, 6)
    assert StockLevel.objects.get().version == before.version + 1
    posting = record(hold(sku, depot, -1, stock_item_id=item.pk)).posting
    assert [(each.item.id, each.delta) for each in posting.held] == [(item.pk, -1)]
    assert figures(sku, depot) == (10, 0, 3, 7)
    assert Movement.objects.count() == 1


def test_where_nothing_is_named_what_may_leave_first_is_held(
    sku: Sku, depot: Warehouse, bins: dict[str, Bin], early: Lot, gone: Lot
) -> None:
    for lot in (gone, None, early):
        factories.stock(sku, depot, 2, lot=lot)
    factories.stock(sku, depot, 2, bin=bins["Q-1"], lot=early)
    posting = record(hold(sku, depot, 7)).posting
    assert [each.delta for each in posting.held] == [2, 2, 2, 1]
    assert held(sku) == {("MAIN", "EARLY"): 2, ("MAIN", None): 2, ("Q-1", "EARLY"): 2, ("MAIN", "GONE"): 1}


@pytest.mark.parametrize(
    ("scope", "most"),
    [("bin", 5), ("lot", 4), ("bin and lot", 2), ("item", 2), ("no lot", 6), ("no lot in the bin", 3)],
)
def test_only_what_is_named_is_held(
    sku: Sku, depot: Warehouse, bins: dict[str, Bin], early: Lot, scope: str, most: int
) -> None:
    for code in ("MAIN", "A-1"):
        factories.stock(sku, depot, 3, bin=bins[code])
        factories.stock(sku, depot, 2, bin=bins[code], lot=early)
    fields: dict[str, Any] = {
        "bin": {"bin": bins["A-1"]},
        "lot": {"lot": early},
        "bin and lot": {"bin": bins["A-1"], "lot": early},
        "item": {"stock_item_id": StockItem.objects.get(bin=bins["A-1"], lot=early).pk},
        "no lot": {"is_lotless": True},
        "no lot in the bin": {"is_lotless": True, "bin": bins["A-1"]},
    }[scope]
    refusal = refused(hold(sku, depot, most + 1, **fields))
    assert (type(refusal), refusal.code, refusal.extra) == (
        Conflict,
        "STOCK_UNAVAILABLE",
        {"available": most},
    )
    record(hold(sku, depot, most, **fields))
    assert figures(sku, depot) == (10, 0, most, 10 - most)
    assert refused(hold(sku, depot, 1, **fields)).extra == {"available": 0}
    record(hold(sku, depot, -most, **fields))
    assert held(sku) == {}


def test_what_is_promised_is_not_held(sku: Sku, depot: Warehouse, early: Lot, gone: Lot) -> None:
    """Nor what would have to keep the promise: expired goods do not."""
    factories.stock(sku, depot, 5, lot=early)
    factories.stock(sku, depot, 3, lot=gone)
    record(reserve(sku, depot, 4))
    assert refused(hold(sku, depot, 2, lot=early)).extra == {"available": 1}
    assert refused(hold(sku, depot, 5)).extra == {"available": 4}
    record(hold(sku, depot, 4))
    assert held(sku) == {("MAIN", "EARLY"): 1, ("MAIN", "GONE"): 3}
    record(by(sku, depot, -4, "SALE"), reserve(sku, depot, -4))  # the promise is kept
    assert figures(sku, depot) == (4, 0, 4, 0)


def test_all_that_can_be_held(
    sku: Sku, depot: Warehouse, bins: dict[str, Bin], early: Lot, gone: Lot
) -> None:
    """Neither what is held already nor what would have to keep a promise; never nothing."""
    factories.stock(sku, depot, 5, lot=early)
    factories.stock(sku, depot, 3, lot=gone)
    record(reserve(sku, depot, 3), hold(sku, depot, 1, lot=gone))
    record(hold(sku, depot, 1, lot=early, takes_all=True))
    assert held(sku) == {("MAIN", "EARLY"): 2, ("MAIN", "GONE"): 1}
    assert refused(hold(sku, depot, 1, lot=early, takes_all=True)).extra == {"available": 0}
    assert refused(hold(sku, depot, 3, takes_all=True)).extra == {"available": 2}
    record(hold(sku, depot, 2, takes_all=True))
    assert held(sku) == {("MAIN", "EARLY"): 2, ("MAIN", "GONE"): 3}


def test_what_has_expired_can_be_held(sku: Sku, depot: Warehouse, gone: Lot) -> None:
    factories.stock(sku, depot, 3, lot=gone)
    record(hold(sku, depot, 2))
    record(hold(sku, depot, 1, lot=gone))
    assert held(sku) == {("MAIN", "GONE"): 3}


def test_a_hold_in_an_inactive_bin(sku: Sku, depot: Warehouse, bins: dict[str, Bin]) -> None:
    """Nothing is put there, and what is there may still be held."""
    factories.stock(sku, depot, 3, bin=bins["A-1"])
    Bin.objects.filter(pk=bins["A-1"].pk).update(is_active=False)
    record(hold(sku, depot, 2, bin=bins["A-1"], keeps_capacity=True))
    record(hold(sku, depot, -1, bin=bins["A-1"]))
    assert held(sku) == {("A-1", None): 1}


def test_a_hold_in_a_full_bin(sku: Sku, depot: Warehouse, bins: dict[str, Bin]) -> None:
    factories.stock(sku, depot, 3, bin=bins["A-1"])
    Bin.objects.filter(pk=bins["A-1"].pk).update(capacity=3)
    record(hold(sku, depot, 2, bin=bins["A-1"], keeps_capacity=True))


# --- what a hold blocks, and what it does not


@pytest.fixture
def partly_held(sku: Sku, depot: Warehouse) -> Sku:
    """Ten units, six of them held."""
    factories.stock(sku, depot, 10)
    record(hold(sku, depot, 6))
    return sku


BLOCKED: dict[str, tuple[Callable[[Sku, Warehouse, int], Any], str]] = {
    "reserving": (reserve, "STOCK_UNAVAILABLE"),
    "issuing": (lambda sku, depot, units: by(sku, depot, -units, "SALE"), "INSUFFICIENT_STOCK"),
    "moving": (
        lambda sku, depot, units: move(sku, depot, units, to_bin=depot.bins.get(code="A-1")),
        "STOCK_UNAVAILABLE",
    ),
    "transferring": (lambda sku, depot, units: by(sku, depot, -units, "transfer"), "INSUFFICIENT_STOCK"),
    "holding again": (hold, "STOCK_UNAVAILABLE"),
}


@pytest.mark.parametrize("act", BLOCKED)
def test_a_hold_blocks(partly_held: Sku, depot: Warehouse, act: str) -> None:
    line, code = BLOCKED[act]
    refusal = refused(line(partly_held, depot, 5))
    assert (refusal.code, refusal.extra) == (code, {"available": 4})
    record(line(partly_held, depot, 4))


ALLOWED: dict[str, Callable[[Sku, Warehouse], Any]] = {
    "counting": lambda sku, depot: to(sku, depot, 1, "cycle_count"),
    "correcting": lambda sku, depot: by(sku, depot, -9),
    "counting the item": lambda sku, depot: to(sku, depot, 1, stock_item_id=StockItem.objects.get().pk),
    "a sale that has happened": lambda sku, depot: by(sku, depot, -9, "SALE", is_fact=True),
    "correcting the lot": lambda sku, depot: move(
        sku, depot, 9, "lot_correction", to_lot=factories.make_lot(sku, "NEW"), is_fact=True
    ),
}


@pytest.mark.parametrize("act", ALLOWED)
def test_a_hold_does_not_block(partly_held: Sku, depot: Warehouse, act: str) -> None:
    record(ALLOWED[act](partly_held, depot))
    item = StockItem.objects.get(lot=None)
    assert (item.on_hand, item.held, StockLevel.objects.get().held) == (1, 6, 6)


def test_what_a_count_left_short_can_still_be_released(partly_held: Sku, depot: Warehouse) -> None:
    record(to(partly_held, depot, 1))
    assert figures(partly_held, depot) == (1, 0, 6, -5)
    record(by(partly_held, depot, 3))  # what comes now is still less than what is held
    assert refused(by(partly_held, depot, -1, "SALE")).extra == {"available": 0}
    record(hold(partly_held, depot, -6))
    assert figures(partly_held, depot) == (4, 0, 0, 4)


def test_the_held_goods_of_a_bin_are_issued_from_another(
    sku: Sku, depot: Warehouse, bins: dict[str, Bin]
) -> None:
    for code in ("A-1", "A-2"):
        factories.stock(sku, depot, 3, bin=bins[code])
    record(hold(sku, depot, 3, bin=bins["A-1"]))
    assert picked(record(by(sku, depot, -3, "SALE"))) == [("A-2", None, -3)]
    assert on_hand(sku, depot) == {("A-1", None): 3}


# --- refusals


def test_releasing_more_than_is_held_is_a_programming_error(partly_held: Sku, depot: Warehouse) -> None:
    with pytest.raises(ValueError, match="ever held"):
        record(hold(partly_held, depot, -7))
    shelf = depot.bins.get(code="A-1")
    with pytest.raises(ValueError, match="ever held"):
        record(hold(partly_held, depot, -1, bin=shelf))
    assert held(partly_held) == {("MAIN", None): 6}


def test_holds_of_a_batch_add_up_and_come_after_what_is_released(partly_held: Sku, depot: Warehouse) -> None:
    refusal = refused(hold(partly_held, depot, 3), hold(partly_held, depot, 2))
    assert (problems(refusal), refusal.extra) == ([(1, "STOCK_UNAVAILABLE")], {"available": 1})
    record(hold(partly_held, depot, 9), hold(partly_held, depot, -5))
    assert held(partly_held) == {("MAIN", None): 10}


def test_an_item_that_is_not_there_is_not_found(partly_held: Sku, depot: Warehouse) -> None:
    refusal = refused(hold(partly_held, depot, 1, stock_item_id=depot.pk))
    assert (type(refusal), refusal.code) == (NotFound, "STOCK_ITEM_NOT_FOUND")


def test_nothing_is_held_of_what_was_never_there(sku: Sku, depot: Warehouse) -> None:
    assert refused(hold(sku, depot, 1)).extra == {"available": 0}
    refusal = refused(hold(sku, depot, MAXIMUM_QUANTITY + 1))
    assert (type(refusal), refusal.code) == (InvalidInput, "INVALID_QUANTITY")


@pytest.mark.parametrize("quantity", [1, -1])
def test_a_place_that_may_not_be_written_holds_nothing(
    partly_held: Sku, depot: Warehouse, quantity: int
) -> None:
    Warehouse.objects.filter(pk=depot.pk).update(is_readonly=True)
    assert isinstance(refused(hold(partly_held, depot, quantity)), Forbidden)
    Warehouse.objects.filter(pk=depot.pk).update(is_readonly=False, is_active=False)
    assert refused(hold(partly_held, depot, quantity)).code == "WAREHOUSE_INACTIVE"
