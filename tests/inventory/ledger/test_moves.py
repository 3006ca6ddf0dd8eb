"""Moving stock to another bin or lot of its warehouse: two movements that sum to zero."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from inventory.models import Lot, LotState, Movement, Sku, StockItem, StockLevel
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
from warehouses.models import Bin, Organization, Room, Warehouse
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
def late(sku: Sku) -> Lot:
    return factories.make_lot(sku, "LATE", date(2026, 5, 1))


def test_a_move_is_two_movements_and_leaves_the_level_as_it_is(
    sku: Sku, depot: Warehouse, bins: dict[str, Bin]
) -> None:
    factories.stock(sku, depot, 5)
    before = StockLevel.objects.get()
    recorded = record(move(sku, depot, 3, to_bin=bins["A-1"], note="up", reference="P-1"))
    assert picked(recorded) == [("MAIN", None, -3), ("A-1", None, 3)]
    movements = Movement.objects.order_by("level_version")[1:]
    assert [(row.level_before, row.level_after, row.item_after) for row in movements] == [
        (5, 2, 2),
        (2, 5, 3),
    ]
    assert {(row.note, row.reference, row.reason_code.code) for row in movements} == {
        ("up", "P-1", "put_away")
    }
    level = StockLevel.objects.get()
    assert (level.on_hand, level.version) == (before.on_hand, before.version + 2)
    assert figures(sku, depot) == (5, 0, 0, 5)
    assert on_hand(sku, depot) == {("MAIN", None): 2, ("A-1", None): 3}


def test_goods_are_taken_first_expired_first_and_stay_of_their_lot(
    sku: Sku, depot: Warehouse, bins: dict[str, Bin], early: Lot, late: Lot
) -> None:
    for lot in (None, late, early):
        factories.stock(sku, depot, 2, lot=lot)
    factories.stock(sku, depot, 2, bin=bins["A-2"], lot=late)
    recorded = record(move(sku, depot, 3, to_bin=bins["A-1"]))
    assert picked(recorded) == [
        *(("MAIN", "EARLY", -2), ("A-1", "EARLY", 2)),
        *(("MAIN", "LATE", -1), ("A-1", "LATE", 1)),
    ]
    record(move(sku, depot, 2, bin=bins["MAIN"], to_bin=bins["A-1"]))
    assert on_hand(sku, depot) == {
        ("A-1", "EARLY"): 2,
        ("A-1", "LATE"): 2,
        ("MAIN", None): 1,
        ("A-1", None): 1,
        ("A-2", "LATE"): 2,
    }


def test_what_is_there_already_is_not_moved(
    sku: Sku, depot: Warehouse, bins: dict[str, Bin], early: Lot, late: Lot
) -> None:
    factories.stock(sku, depot, 4, bin=bins["A-1"], lot=early)
    factories.stock(sku, depot, 2, lot=late)
    assert refused(move(sku, depot, 3, to_bin=bins["A-1"])).extra == {"available": 2}
    record(move(sku, depot, 2, to_bin=bins["A-1"]))
    assert on_hand(sku, depot) == {("A-1", "EARLY"): 4, ("A-1", "LATE"): 2}
    assert refused(move(sku, depot, 1, bin=bins["A-1"], to_bin=bins["A-1"])).extra == {"available": 0}
    assert refused(move(sku, depot, 1, lot=early, to_lot=early)).extra == {"available": 0}


@pytest.mark.parametrize("scope", ["lot", "lot and bin", "item", "no lot"])
def test_to_another_lot_of_the_same_bin(
    sku: Sku, depot: Warehouse, bins: dict[str, Bin], early: Lot, late: Lot, scope: str
) -> None:
    lot = None if scope == "no lot" else early
    factories.stock(sku, depot, 4, bin=bins["A-1"], lot=lot)
    item = StockItem.objects.get(sku=sku)
    fields: dict[str, Any] = {
        "lot": {"lot": early},
        "lot and bin": {"lot": early, "bin": bins["A-1"]},
        "item": {"stock_item_id": item.pk},
        "no lot": {"is_lotless": True},
    }[scope]
    code = lot.code if lot else None
    recorded = record(move(sku, depot, 3, "lot_correction", to_lot=late, is_fact=True, **fields))
    assert picked(recorded) == [("A-1", code, -3), ("A-1", "LATE", 3)]
    goal = StockItem.objects.get(sku=sku, lot=late)
    # The emptied place of a lot is still that place, also in a bin that nobody names.
    record(to(sku, depot, 0, stock_item_id=goal.pk))
    record(move(sku, depot, 1, "lot_correction", to_lot=late, is_fact=True, **fields))
    assert StockItem.objects.get(sku=sku, lot=late).pk == goal.pk
    assert on_hand(sku, depot) == {("A-1", "LATE"): 1}


def test_to_another_bin_and_lot_at_once(sku: Sku, depot: Warehouse, bins: dict[str, Bin], early: Lot) -> None:
    factories.stock(sku, depot, 4)
    record(move(sku, depot, 4, to_bin=bins["A-1"], to_lot=early))
    assert on_hand(sku, depot) == {("A-1", "EARLY"): 4}


def test_a_correction_of_several_bins_stays_in_each(
    sku: Sku, depot: Warehouse, bins: dict[str, Bin], early: Lot, late: Lot
) -> None:
    for code in ("A-1", "A-2"):
        factories.stock(sku, depot, 2, bin=bins[code], lot=early)
    factories.stock(sku, depot, 1, bin=bins["A-1"], lot=late)
    record(move(sku, depot, 3, "lot_correction", lot=early, to_lot=late, is_fact=True))
    assert on_hand(sku, depot) == {("A-1", "LATE"): 3, ("A-2", "EARLY"): 1, ("A-2", "LATE"): 1}


def test_goods_that_came_to_another_lot_leave_as_that_lot(sku: Sku, depot: Warehouse, late: Lot) -> None:
    """In the same batch: the new item has the expiry and the state of the lot that it is of now."""
    gone = factories.make_lot(sku, "GONE", date(2026, 3, 11))
    factories.stock(sku, depot, 2, lot=late)
    correction = move(sku, depot, 2, "lot_correction", lot=late, to_lot=gone, is_fact=True)
    assert problems(refused(correction, by(sku, depot, -1, "SALE"))) == [(1, "INSUFFICIENT_STOCK")]
    record(correction)
    record(replace(correction, lot=gone, to_lot=late), by(sku, depot, -2, "SALE"))
    assert on_hand(sku, depot) == {}


def test_goods_that_came_to_another_bin_are_still_of_their_lot(
    sku: Sku, depot: Warehouse, bins: dict[str, Bin]
) -> None:
    gone = factories.make_lot(sku, "GONE", date(2026, 3, 11))
    factories.stock(sku, depot, 2, lot=gone)
    shift = move(sku, depot, 2, lot=gone, to_bin=bins["A-1"])
    assert problems(refused(shift, by(sku, depot, -1, "SALE"))) == [(1, "INSUFFICIENT_STOCK")]


# --- what may be moved


def test_what_is_held_stays(sku: Sku, depot: Warehouse, bins: dict[str, Bin]) -> None:
    factories.stock(sku, depot, 5)
    record(hold(sku, depot, 3))
    refusal = refused(move(sku, depot, 3, to_bin=bins["A-1"]))
    assert (type(refusal), refusal.code, refusal.extra) == (Conflict, "STOCK_UNAVAILABLE", {"available": 2})
    record(move(sku, depot, 2, to_bin=bins["A-1"]))
    for scope in ({"bin": bins["MAIN"]}, {"is_lotless": True, "bin": bins["MAIN"]}):
        assert refused(move(sku, depot, 1, to_bin=bins["A-1"], **scope)).extra == {"available": 0}


def test_a_fact_moves_what_is_held_last(
    sku: Sku, depot: Warehouse, bins: dict[str, Bin], early: Lot, late: Lot
) -> None:
    for lot in (early, late):
        factories.stock(sku, depot, 3, lot=lot)
    record(hold(sku, depot, 2, lot=early))
    recorded = record(move(sku, depot, 5, to_bin=bins["A-1"], is_fact=True))
    assert [row for row in picked(recorded) if row[2] < 0] == [
        ("MAIN", "EARLY", -1),
        ("MAIN", "LATE", -3),
        ("MAIN", "EARLY", -1),
    ]
    # The hold does not go along, nor does it end: what is missing where it was is free nowhere else.
    assert figures(sku, depot) == (6, 0, 2, 4)
    assert StockItem.objects.get(bin=bins["MAIN"], lot=early).held == 2
    assert refused(by(sku, depot, -5, "SALE")).extra == {"available": 4}
    assert refused(move(sku, depot, 7, to_bin=bins["A-2"], is_fact=True)).extra == {"available": 6}


@pytest.mark.parametrize("kind", ["expired", "marked", "quarantined"])
def test_goods_that_must_not_leave_are_moved_by_name_only(
    sku: Sku, depot: Warehouse, bins: dict[str, Bin], kind: str
) -> None:
    lot = factories.make_lot(sku, "BAD", date(2026, 3, 11 if kind == "expired" else 30))
    factories.stock(sku, depot, 3, lot=lot)
    states = {"marked": LotState.EXPIRED, "quarantined": LotState.QUARANTINED}
    Lot.objects.filter(pk=lot.pk).update(state=states.get(kind, LotState.ACTIVE))
    item = StockItem.objects.get(sku=sku)
    for scope in ({}, {"bin": bins["MAIN"]}):
        refusal = refused(move(sku, depot, 1, to_bin=bins["A-1"], **scope))
        assert (refusal.code, refusal.extra) == ("STOCK_UNAVAILABLE", {"available": 0})
    record(move(sku, depot, 1, to_bin=bins["A-1"], lot=lot))
    record(move(sku, depot, 1, to_bin=bins["A-1"], stock_item_id=item.pk))
    record(move(sku, depot, 1, to_bin=bins["A-2"], bin=bins["MAIN"], is_fact=True))
    assert on_hand(sku, depot) == {("A-1", "BAD"): 2, ("A-2", "BAD"): 1}


def test_what_is_promised_may_be_moved(sku: Sku, depot: Warehouse, bins: dict[str, Bin]) -> None:
    factories.stock(sku, depot, 5)
    record(reserve(sku, depot, 5))
    record(move(sku, depot, 5, to_bin=bins["A-1"]))
    assert figures(sku, depot) == (5, 5, 0, 0)


def test_lot_controlled_goods_are_moved_without_naming_lots(
    organization: Organization, depot: Warehouse, bins: dict[str, Bin]
) -> None:
    sku = factories.make_sku(organization, is_lot_controlled=True)
    lot = factories.make_lot(sku, "L", date(2026, 4, 1))
    factories.stock(sku, depot, 3, lot=lot)
    record(move(sku, depot, 2, to_bin=bins["A-1"]))
    assert on_hand(sku, depot) == {("MAIN", "L"): 1, ("A-1", "L"): 2}


# --- batches


def test_what_comes_in_a_batch_can_be_moved_in_it_and_then_leave(
    sku: Sku, depot: Warehouse, bins: dict[str, Bin]
) -> None:
    recorded = record(
        by(sku, depot, -2, "SALE", bin=bins["A-2"]),
        move(sku, depot, 3, bin=bins["MAIN"], to_bin=bins["A-1"]),
        move(sku, depot, 2, bin=bins["A-1"], to_bin=bins["A-2"]),
        by(sku, depot, 5),
    )
    assert on_hand(sku, depot) == {("MAIN", None): 2, ("A-1", None): 1}
    assert len(picked(recorded)) == 6


def test_two_bins_change_places(
    sku: Sku, depot: Warehouse, bins: dict[str, Bin], early: Lot, late: Lot
) -> None:
    factories.stock(sku, depot, 2, bin=bins["A-1"], lot=early)
    factories.stock(sku, depot, 3, bin=bins["A-2"], lot=late)
    record(
        move(sku, depot, 2, bin=bins["A-1"], lot=early, to_bin=bins["A-2"]),
        move(sku, depot, 3, bin=bins["A-2"], lot=late, to_bin=bins["A-1"]),
    )
    assert on_hand(sku, depot) == {("A-2", "EARLY"): 2, ("A-1", "LATE"): 3}


def test_moves_add_up(sku: Sku, depot: Warehouse, bins: dict[str, Bin]) -> None:
    factories.stock(sku, depot, 5)
    refusal = refused(*(move(sku, depot, 3, to_bin=bins["A-1"]) for _ in range(2)))
    assert (problems(refusal), refusal.extra) == ([(1, "STOCK_UNAVAILABLE")], {"available": 2})


def test_nothing_is_set_where_something_is_moved(sku: Sku, depot: Warehouse, bins: dict[str, Bin]) -> None:
    factories.stock(sku, depot, 5)
    refusal = refused(move(sku, depot, 3, to_bin=bins["A-1"]), to(sku, depot, 1, bin=bins["A-2"]))
    assert problems(refusal) == [(1, "DUPLICATE_ROW")]


def test_the_lotless_part_of_a_bin_is_set_beside_its_lots(
    sku: Sku, depot: Warehouse, bins: dict[str, Bin], early: Lot
) -> None:
    for lot in (early, None):
        factories.stock(sku, depot, 5, bin=bins["A-1"], lot=lot)
    record(
        to(sku, depot, 2, bin=bins["A-1"], is_lotless=True),
        to(sku, depot, 7, bin=bins["A-1"], lot=early),
    )
    assert on_hand(sku, depot) == {("A-1", None): 2, ("A-1", "EARLY"): 7}
    record(by(sku, depot, -3), by(sku, depot, -2, is_lotless=True))  # what is named is not picked away
    assert on_hand(sku, depot) == {("A-1", "EARLY"): 4}


# --- refusals


@pytest.mark.parametrize("quantity", [0, -1, MAXIMUM_QUANTITY + 1])
def test_a_quantity_that_cannot_be_moved(
    sku: Sku, depot: Warehouse, bins: dict[str, Bin], quantity: int
) -> None:
    factories.stock(sku, depot, 5)
    refusal = refused(move(sku, depot, quantity, to_bin=bins["A-1"]))
    assert (type(refusal), refusal.code, refusal.problems[0].field) == (
        InvalidInput,
        "INVALID_QUANTITY",
        "quantity",
    )


def test_more_than_there_is_names_what_there_is(sku: Sku, depot: Warehouse, bins: dict[str, Bin]) -> None:
    factories.stock(sku, depot, 5)
    refusal = refused(move(sku, depot, 6, to_bin=bins["A-1"]))
    assert (type(refusal), refusal.code, refusal.extra) == (Conflict, "STOCK_UNAVAILABLE", {"available": 5})
    assert "5 units that can be moved; 6 were asked for" in refusal.detail
    assert refused(move(sku, depot, 1, bin=bins["A-2"], to_bin=bins["A-1"])).extra == {"available": 0}


def test_a_goal_of_another_warehouse_or_sku_is_not_found(
    sku: Sku, depot: Warehouse, organization: Organization
) -> None:
    factories.stock(sku, depot, 5)
    elsewhere = factories.make_warehouse(organization, "Other").bins.get()
    refusal = refused(move(sku, depot, 1, to_bin=elsewhere))
    assert (type(refusal), refusal.code, refusal.problems[0].field) == (NotFound, "BIN_NOT_FOUND", "to_bin")
    theirs = factories.make_lot(factories.make_sku(organization), "L")
    refusal = refused(move(sku, depot, 1, to_lot=theirs))
    assert (type(refusal), refusal.code, refusal.problems[0].field) == (NotFound, "LOT_NOT_FOUND", "to_lot")
    refusal = refused(move(sku, depot, 1, stock_item_id=elsewhere.pk, to_bin=depot.bins.get(code="A-1")))
    assert problems(refusal) == [(0, "STOCK_ITEM_NOT_FOUND")]


@pytest.mark.parametrize("foreign", ["to_bin", "to_lot"])
def test_a_goal_of_another_organization_is_a_programming_error(
    sku: Sku, depot: Warehouse, foreign: str
) -> None:
    other = factories.make_organization("Other")
    goals = {
        "to_bin": other.warehouses.get().bins.get(),
        "to_lot": factories.make_lot(factories.make_sku(other)),
    }
    with pytest.raises(ValueError, match="another organization"):
        record(move(sku, depot, 1, **{foreign: goals[foreign]}))


def test_an_inactive_bin_is_emptied_but_not_filled(sku: Sku, depot: Warehouse, bins: dict[str, Bin]) -> None:
    factories.stock(sku, depot, 5, bin=bins["A-1"])
    Bin.objects.filter(pk=bins["A-1"].pk).update(is_active=False)
    record(move(sku, depot, 2, bin=bins["A-1"], to_bin=bins["A-2"]))
    refusal = refused(move(sku, depot, 1, bin=bins["A-2"], to_bin=bins["A-1"]))
    assert (type(refusal), refusal.code, refusal.problems[0].field) == (Conflict, "BIN_INACTIVE", "to_bin")


def test_nothing_is_moved_in_a_warehouse_that_is_read_only_or_inactive(
    sku: Sku, depot: Warehouse, bins: dict[str, Bin]
) -> None:
    factories.stock(sku, depot, 5)
    line = move(sku, depot, 1, to_bin=bins["A-1"])
    Warehouse.objects.filter(pk=depot.pk).update(is_readonly=True)
    assert isinstance(refused(line), Forbidden)
    Warehouse.objects.filter(pk=depot.pk).update(is_readonly=False, is_active=False)
    assert refused(line).code == "WAREHOUSE_INACTIVE"


def test_a_move_without_a_reason_is_a_programming_error(
    sku: Sku, depot: Warehouse, bins: dict[str, Bin]
) -> None:
    factories.stock(sku, depot, 5)
    with pytest.raises(ValueError, match="reason"):
        record(replace(move(sku, depot, 1, to_bin=bins["A-1"]), reason=None))


def test_what_lies_in_the_room_already_is_not_brought_there(
    sku: Sku, depot: Warehouse, bins: dict[str, Bin]
) -> None:
    ward = Room.objects.create(organization=depot.organization, warehouse=depot, name="Ward")
    one, two = (factories.make_bin(depot, code, room=ward) for code in ("W-1", "W-2"))
    factories.stock(sku, depot, 4, bin=one)
    factories.stock(sku, depot, 3, bin=bins["A-1"])
    refusal = refused(move(sku, depot, 4, to_bin=two, from_outside=ward))
    assert (refusal.code, refusal.extra) == ("STOCK_UNAVAILABLE", {"available": 3})
    recorded = record(move(sku, depot, 3, to_bin=two, from_outside=ward))
    assert picked(recorded) == [("A-1", None, -3), ("W-2", None, 3)]
    # From bin to bin within the room, where nothing is said.
    recorded = record(move(sku, depot, 3, to_bin=one))
    assert picked(recorded) == [("W-2", None, -3), ("W-1", None, 3)]
