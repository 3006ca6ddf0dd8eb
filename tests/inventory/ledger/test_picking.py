"""Which stock a line takes from and adds to."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest

from inventory.models import Lot, LotState, Sku, StockItem, StockLevel
from tests import factories
from tests.inventory.ledger.batches import (
    by,
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
from warehouses.models.room import RoomType

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]

JANUARY = datetime(2026, 1, 5, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 5, tzinfo=UTC)


def shelf(warehouse: Warehouse, code: str) -> Bin:
    return warehouse.bins.get(code=code)


@pytest.fixture
def sku(organization: Organization) -> Sku:
    return factories.make_sku(organization, "MILK")


LOTS: tuple[tuple[str | None, date | None, datetime | None], ...] = (
    ("first to expire", date(2026, 4, 1), FEBRUARY),
    ("same day, received later", date(2026, 4, 1), FEBRUARY + timedelta(seconds=1)),
    ("next to expire", date(2026, 5, 1), JANUARY),
    ("never expires, oldest", None, JANUARY),
    ("never expires, newer", None, FEBRUARY),
    (None, None, None),
)


@pytest.mark.parametrize("arrival", [(0, 1, 2, 3, 4, 5), (5, 4, 3, 2, 1, 0), (3, 0, 5, 2, 4, 1)])
def test_goods_leave_first_expired_first_out(sku: Sku, depot: Warehouse, arrival: tuple[int, ...]) -> None:
    for place in arrival:
        code, expires_on, received_at = LOTS[place]
        lot = None
        if code is not None:
            lot = factories.make_lot(sku, code, expires_on, received_at=received_at)
        factories.stock(sku, depot, 2, lot=lot)
    taken = [picked(record(by(sku, depot, -1, "SALE"))) for _ in range(12)]
    assert taken == [[("MAIN", code, -1)] for code, _, _ in LOTS for _ in range(2)]
    assert on_hand(sku, depot) == {}


def test_equal_stock_leaves_in_the_order_of_its_ids(sku: Sku, depot: Warehouse) -> None:
    lot = factories.make_lot(sku, "L", date(2026, 4, 1))
    for code in ("A-2", "MAIN", "A-1"):
        factories.stock(sku, depot, 1, bin=shelf(depot, code), lot=lot)
    in_order = list(StockItem.objects.filter(sku=sku).order_by("id").values_list("bin__code", flat=True))
    taken = [picked(record(by(sku, depot, -1, "SALE")))[0][0] for _ in range(3)]
    assert taken == in_order


def test_one_issue_goes_over_several_items(sku: Sku, depot: Warehouse) -> None:
    early = factories.make_lot(sku, "EARLY", date(2026, 4, 1))
    late = factories.make_lot(sku, "LATE", date(2026, 5, 1))
    factories.stock(sku, depot, 4, lot=late)
    factories.stock(sku, depot, 3, lot=early, bin=shelf(depot, "A-1"))
    recorded = record(by(sku, depot, -5, "SALE"))
    assert picked(recorded) == [("A-1", "EARLY", -3), ("MAIN", "LATE", -2)]
    assert on_hand(sku, depot) == {("MAIN", "LATE"): 2}
    assert recorded.adjustment is not None
    assert recorded.adjustment.line_count == 2


def test_sellable_rooms_come_first_whatever_expires(sku: Sku, depot: Warehouse) -> None:
    early = factories.make_lot(sku, "EARLY", date(2026, 4, 1))
    factories.stock(sku, depot, 3, lot=early, bin=shelf(depot, "Q-1"))
    factories.stock(sku, depot, 3)
    assert picked(record(by(sku, depot, -4, "SALE"))) == [("MAIN", None, -3), ("Q-1", "EARLY", -1)]


def test_a_new_item_in_a_room_that_is_not_sellable_is_picked_last(sku: Sku, depot: Warehouse) -> None:
    early = factories.make_lot(sku, "EARLY", date(2026, 4, 1))
    factories.stock(sku, depot, 3)
    recorded = record(by(sku, depot, 2, bin=shelf(depot, "Q-1"), lot=early), by(sku, depot, -4, "SALE"))
    assert picked(recorded) == [("Q-1", "EARLY", 2), ("MAIN", None, -3), ("Q-1", "EARLY", -1)]


@pytest.fixture
def mixed(sku: Sku, depot: Warehouse) -> Sku:
    """Two good units, and two of each kind that must not leave."""
    expired = factories.make_lot(sku, "EXPIRED", date(2026, 3, 11))
    marked = factories.make_lot(sku, "MARKED", date(2026, 9, 1))
    locked_up = factories.make_lot(sku, "LOCKED", date(2026, 9, 1))
    last_day = factories.make_lot(sku, "LAST-DAY", date(2026, 3, 12))
    held = factories.make_lot(sku, "HELD", date(2026, 3, 13))
    for lot in (expired, marked, locked_up, last_day, held):
        factories.stock(sku, depot, 2, lot=lot)
    Lot.objects.filter(pk=marked.pk).update(state=LotState.EXPIRED)
    Lot.objects.filter(pk=locked_up.pk).update(state=LotState.QUARANTINED)
    record(hold(sku, depot, 2, lot=held))
    return sku


def test_expired_quarantined_and_held_stock_is_never_issued(mixed: Sku, depot: Warehouse) -> None:
    assert StockLevel.objects.get(sku=mixed).available == 8  # 10 on hand, 2 held
    refusal = refused(by(mixed, depot, -3, "SALE"))
    assert refusal.code == "INSUFFICIENT_STOCK"
    assert refusal.extra == {"available": 2}
    assert "2 available" in refusal.detail
    assert picked(record(by(mixed, depot, -2, "SALE"))) == [("MAIN", "LAST-DAY", -2)]
    assert refused(by(mixed, depot, -1, "SALE")).extra == {"available": 0}


@pytest.mark.parametrize("lot", ["EXPIRED", "MARKED", "LOCKED", "HELD"])
def test_naming_stock_that_must_not_leave_does_not_help(mixed: Sku, depot: Warehouse, lot: str) -> None:
    named = mixed.lots.get(code=lot)
    item = StockItem.objects.get(sku=mixed, lot=named)
    for scope in ({"lot": named}, {"stock_item_id": item.pk}):
        refusal = refused(by(mixed, depot, -1, "SALE", **scope))
        assert (refusal.code, refusal.extra) == ("INSUFFICIENT_STOCK", {"available": 0})


def test_a_correction_takes_them_last(mixed: Sku, depot: Warehouse) -> None:
    taken = [picked(record(by(mixed, depot, -1)))[0][1] for _ in range(10)]
    assert taken[:2] == ["LAST-DAY", "LAST-DAY"]
    assert sorted(taken[2:]) == sorted(2 * ["EXPIRED", "HELD", "LOCKED", "MARKED"])
    assert taken[2:4] == ["EXPIRED", "EXPIRED"]  # FEFO among those, too
    assert on_hand(mixed, depot) == {}


def test_setting_to_nothing_takes_everything(mixed: Sku, depot: Warehouse) -> None:
    record(to(mixed, depot, 0))
    level = StockLevel.objects.get(sku=mixed)
    assert (level.on_hand, level.held, level.available) == (0, 2, -2)  # a count is a fact


def test_a_held_part_stays_and_the_free_part_goes(sku: Sku, depot: Warehouse) -> None:
    factories.stock(sku, depot, 10)
    record(hold(sku, depot, 4))
    assert refused(by(sku, depot, -7, "SALE")).extra == {"available": 6}
    record(by(sku, depot, -6, "SALE"))
    assert refused(by(sku, depot, -1, "SALE")).extra == {"available": 0}


def test_a_correction_takes_what_is_free_before_what_is_held(sku: Sku, depot: Warehouse) -> None:
    early = factories.make_lot(sku, "EARLY", date(2026, 4, 1))
    factories.stock(sku, depot, 3, lot=early)
    factories.stock(sku, depot, 3)
    record(hold(sku, depot, 2, lot=early))
    assert picked(record(by(sku, depot, -5))) == [
        ("MAIN", "EARLY", -1),
        ("MAIN", None, -3),
        ("MAIN", "EARLY", -1),
    ]


def test_promised_units_are_not_issued_but_may_be_corrected_away(sku: Sku, depot: Warehouse) -> None:
    factories.stock(sku, depot, 10)
    record(reserve(sku, depot, 7))
    refusal = refused(by(sku, depot, -4, "SALE"))
    assert (refusal.code, refusal.extra) == ("INSUFFICIENT_STOCK", {"available": 3})
    record(by(sku, depot, -3, "SALE"))
    record(by(sku, depot, -2))
    level = StockLevel.objects.get(sku=sku)
    assert (level.on_hand, level.reserved, level.available) == (5, 7, -2)
    assert refused(by(sku, depot, -1, "SALE")).extra == {"available": 0}  # never a negative number of units


def test_expired_stock_backs_no_promise(sku: Sku, depot: Warehouse) -> None:
    expired = factories.make_lot(sku, "EXPIRED", date(2026, 3, 11))
    factories.stock(sku, depot, 5, lot=expired)
    factories.stock(sku, depot, 5)
    record(reserve(sku, depot, 3))
    assert refused(by(sku, depot, -3, "SALE")).extra == {"available": 2}
    record(by(sku, depot, -2, "SALE"))


@pytest.mark.parametrize(
    ("zone", "sold"),
    [("Pacific/Kiritimati", False), ("UTC", True), ("Pacific/Pago_Pago", True)],
)
def test_a_lot_expires_at_midnight_where_the_organization_is(
    monkeypatch: pytest.MonkeyPatch, zone: str, sold: bool
) -> None:
    monkeypatch.undo()  # the real clock of the organization again
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime(2026, 3, 12, 12, tzinfo=UTC))
    organization = factories.make_organization("Islands", time_zone=zone)
    warehouse = organization.warehouses.get()
    sku = factories.make_sku(organization)
    factories.stock(sku, warehouse, 1, lot=factories.make_lot(sku, "L", date(2026, 3, 12)))
    if sold:
        record(by(sku, warehouse, -1, "SALE"))
    else:
        assert refused(by(sku, warehouse, -1, "SALE")).code == "INSUFFICIENT_STOCK"


# --- named stock


def test_a_named_bin_is_all_that_is_touched(sku: Sku, depot: Warehouse) -> None:
    for code in ("MAIN", "A-1"):
        factories.stock(sku, depot, 5, bin=shelf(depot, code))
    record(by(sku, depot, -3, "SALE", bin=shelf(depot, "A-1")))
    assert on_hand(sku, depot) == {("MAIN", None): 5, ("A-1", None): 2}
    refusal = refused(by(sku, depot, -3, "SALE", bin=shelf(depot, "A-1")))
    assert refusal.extra == {"available": 2}
    refusal = refused(by(sku, depot, -3, bin=shelf(depot, "A-1")))
    assert (refusal.code, refusal.extra) == ("NEGATIVE_QUANTITY", {"available": 2})


def test_a_bin_without_the_sku_has_none_of_it(sku: Sku, depot: Warehouse) -> None:
    factories.stock(sku, depot, 5)
    refusal = refused(by(sku, depot, -1, bin=shelf(depot, "A-2")))
    assert (refusal.code, refusal.extra) == ("NEGATIVE_QUANTITY", {"available": 0})
    record(by(sku, depot, 2, bin=shelf(depot, "A-2")))
    assert on_hand(sku, depot) == {("MAIN", None): 5, ("A-2", None): 2}


def test_a_named_lot_is_all_that_is_touched(sku: Sku, depot: Warehouse) -> None:
    early, late = (
        factories.make_lot(sku, code, date(2026, month, 1)) for code, month in (("E", 4), ("L", 5))
    )
    for lot, code in itertools.product((early, late), ("MAIN", "A-1")):
        factories.stock(sku, depot, 2, lot=lot, bin=shelf(depot, code))
    record(by(sku, depot, -3, "SALE", lot=late))
    assert on_hand(sku, depot) == {("MAIN", "E"): 2, ("A-1", "E"): 2, ("A-1", "L"): 1}
    assert refused(by(sku, depot, -2, lot=late)).extra == {"available": 1}
    record(by(sku, depot, 4, lot=late))
    assert on_hand(sku, depot)[("MAIN", "L")] == 4


def test_a_named_stock_item_is_all_that_is_touched(sku: Sku, depot: Warehouse) -> None:
    factories.stock(sku, depot, 2)
    factories.stock(sku, depot, 2, bin=shelf(depot, "A-1"))
    item = StockItem.objects.get(sku=sku, bin__code="A-1")
    record(by(sku, depot, 3, stock_item_id=item.pk))
    record(by(sku, depot, -4, stock_item_id=item.pk))
    assert on_hand(sku, depot) == {("MAIN", None): 2, ("A-1", None): 1}
    record(to(sku, depot, 0, stock_item_id=item.pk))
    record(to(sku, depot, 6, stock_item_id=item.pk))  # empty, but still there
    assert on_hand(sku, depot) == {("MAIN", None): 2, ("A-1", None): 6}


@pytest.mark.parametrize("quantity", [-1, 1])
def test_an_item_of_another_sku_or_a_contradiction_is_not_found(
    organization: Organization, sku: Sku, depot: Warehouse, quantity: int
) -> None:
    other = factories.make_sku(organization)
    for each in (sku, other):
        factories.stock(each, depot, 5)
    theirs = StockItem.objects.get(sku=other)
    mine = StockItem.objects.get(sku=sku)
    unknown = Organization(name="gives a fresh id").pk
    for scope in (
        {"stock_item_id": theirs.pk},
        {"stock_item_id": unknown},
        {"stock_item_id": mine.pk, "bin": shelf(depot, "A-1")},
    ):
        refusal = refused(by(sku, depot, quantity, **scope))
        assert problems(refusal) == [(0, "STOCK_ITEM_NOT_FOUND")]


def test_stock_comes_back_to_the_place_it_was_in(sku: Sku, depot: Warehouse) -> None:
    """An empty place is still that place: the same stock item, not a second one."""
    lot = factories.make_lot(sku, "L", date(2026, 4, 1))
    places = ({}, {"lot": lot}, {"bin": shelf(depot, "A-1")}, {"bin": shelf(depot, "A-1"), "lot": lot})
    for place in places:
        record(by(sku, depot, 3, **place))
    items = set(StockItem.objects.values_list("pk", flat=True))
    record(to(sku, depot, 0))
    for place in places:
        record(by(sku, depot, 2, **place))
        assert set(StockItem.objects.values_list("pk", flat=True)) == items
    assert set(StockItem.objects.values_list("on_hand", flat=True)) == {2}
    assert len(items) == 4


# --- setting


def test_setting_a_level_up_fills_the_default_bin(sku: Sku, depot: Warehouse) -> None:
    factories.stock(sku, depot, 3, bin=shelf(depot, "A-1"))
    record(to(sku, depot, 10))
    assert on_hand(sku, depot) == {("A-1", None): 3, ("MAIN", None): 7}


def test_setting_a_level_down_picks_first_expired_first(sku: Sku, depot: Warehouse) -> None:
    early = factories.make_lot(sku, "E", date(2026, 4, 1))
    factories.stock(sku, depot, 3)
    factories.stock(sku, depot, 3, lot=early)
    record(to(sku, depot, 2))
    assert on_hand(sku, depot) == {("MAIN", None): 2}


def test_setting_a_bin_leaves_the_others(sku: Sku, depot: Warehouse) -> None:
    lots = [factories.make_lot(sku, code, date(2026, month, 1)) for code, month in (("E", 4), ("L", 5))]
    for lot in (*lots, None):
        factories.stock(sku, depot, 4, lot=lot, bin=shelf(depot, "A-1"))
    factories.stock(sku, depot, 5)
    record(to(sku, depot, 6, bin=shelf(depot, "A-1")))
    assert on_hand(sku, depot) == {("MAIN", None): 5, ("A-1", "L"): 2, ("A-1", None): 4}
    record(to(sku, depot, 9, bin=shelf(depot, "A-1")))
    assert on_hand(sku, depot) == {("MAIN", None): 5, ("A-1", "L"): 2, ("A-1", None): 7}
    record(
        to(sku, depot, 1, bin=shelf(depot, "A-1"), lot=lots[1]), to(sku, depot, 2, bin=shelf(depot, "MAIN"))
    )
    assert on_hand(sku, depot) == {("MAIN", None): 2, ("A-1", "L"): 1, ("A-1", None): 7}


def test_setting_what_is_there_already_changes_nothing(sku: Sku, depot: Warehouse) -> None:
    factories.stock(sku, depot, 3)
    version = StockLevel.objects.get(sku=sku).version
    recorded = record(to(sku, depot, 3))
    assert recorded.adjustment is None
    assert StockLevel.objects.get(sku=sku).version == version


def test_stock_goes_to_the_default_bin_of_its_own_warehouse(
    sku: Sku, depot: Warehouse, organization: Organization
) -> None:
    other = factories.make_warehouse(organization, "Other")
    Room.objects.create(organization=organization, warehouse=other, name="Another")
    record(by(sku, depot, 1), by(sku, other, 2))
    for warehouse in (depot, other):
        item = StockItem.objects.get(sku=sku, warehouse=warehouse)
        assert item.bin == warehouse.bins.get(is_default=True)
        assert item.organization == organization


# --- places that nothing leaves from


@pytest.fixture
def doomed(sku: Sku, depot: Warehouse) -> Bin:
    """A bin of the destruction room, with five good units in it; five more lie outside."""
    room = Room.objects.create(
        organization=depot.organization, warehouse=depot, name="Waste", room_type=RoomType.DESTRUCTION
    )
    doomed = factories.make_bin(depot, "W-1", room=room)
    factories.stock(sku, depot, 5, bin=doomed)
    factories.stock(sku, depot, 5)
    return doomed


def test_what_is_to_be_destroyed_neither_leaves_nor_backs_a_promise(
    sku: Sku, depot: Warehouse, doomed: Bin
) -> None:
    for line in (by(sku, depot, -6, "SALE"), reserve(sku, depot, 6)):
        assert refused(line).extra == {"available": 5}
    assert refused(by(sku, depot, -1, "SALE", bin=doomed)).extra == {"available": 0}
    assert refused(move(sku, depot, 1, bin=doomed, to_bin=shelf(depot, "A-1"))).extra == {"available": 0}
    record(hold(sku, depot, 10))  # as expired goods can be
    record(by(sku, depot, -5, "ADJUSTMENT", bin=doomed))  # and corrected away: they have been destroyed


def test_goods_that_are_moved_to_be_destroyed_stay_there(sku: Sku, depot: Warehouse, doomed: Bin) -> None:
    """In the same batch, also where they make a stock item of their own."""
    lot = factories.make_lot(sku, "L", date(2026, 9, 1))
    factories.stock(sku, depot, 2, lot=lot)
    record(by(sku, depot, -5, "SALE", is_lotless=True))
    shift = move(sku, depot, 2, lot=lot, to_bin=doomed)
    assert problems(refused(shift, by(sku, depot, -1, "SALE"))) == [(1, "INSUFFICIENT_STOCK")]


def test_a_lot_that_is_gone_meanwhile_is_not_found(sku: Sku, depot: Warehouse) -> None:
    factories.stock(sku, depot, 2)
    lots = [factories.make_lot(sku, code) for code in ("GONE", "KEPT")]
    lines = [by(sku, depot, 1, lot=lot) for lot in lots]
    lines.append(move(sku, depot, 1, is_lotless=True, to_lot=lots[0], is_fact=True))
    Lot.objects.filter(pk=lots[0].pk).delete()
    assert problems(refused(lines[0], lines[1])) == [(0, "LOT_NOT_FOUND")]
    refusal = refused(lines[2])
    assert (refusal.code, refusal.problems[0].field) == ("LOT_NOT_FOUND", "to_lot")


def test_goods_without_a_lot_come_back_although_the_sku_wants_lots_now(
    organization: Organization, depot: Warehouse
) -> None:
    """What was shipped without a lot can be received, when the line says so."""
    sku = factories.make_sku(organization, is_lot_controlled=True)
    assert refused(by(sku, depot, 1)).code == "LOT_REQUIRED"
    record(by(sku, depot, 1, is_lotless=True))
    assert on_hand(sku, depot) == {("MAIN", None): 1}


def test_lots_are_wanted_from_the_moment_the_sku_wants_them(sku: Sku, depot: Warehouse) -> None:
    """Whatever the caller has read of it before."""
    line = by(sku, depot, 1)
    Sku.objects.filter(pk=sku.pk).update(is_lot_controlled=True)
    assert refused(line).code == "LOT_REQUIRED"
    Sku.objects.filter(pk=sku.pk).update(is_lot_controlled=False)
    record(line)
