"""Promising units of a stock level, and freeing them: no movement, and never more than could leave today."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from inventory.ledger import Line, Mode, Settings
from inventory.models import Lot, LotState, Movement, Sku, StockLevel, StockSummary
from inventory.models.sku import MAXIMUM_QUANTITY
from tests import factories
from tests.inventory.ledger.batches import (
    by,
    figures,
    hold,
    problems,
    record,
    refused,
    reserve,
    statements,
    to,
)
from warehouses.models import Organization, Warehouse
from warehouses.refusals import Conflict, Forbidden, InvalidInput, Problem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture
def sku(organization: Organization) -> Sku:
    return factories.make_sku(organization, "MILK")


def test_a_promise_changes_the_level_and_nothing_else(sku: Sku, depot: Warehouse) -> None:
    factories.stock(sku, depot, 10)
    before = StockLevel.objects.get()
    posting = record(reserve(sku, depot, 4)).posting
    level = StockLevel.objects.get()
    assert (posting.changes, posting.held) == ([], [])
    assert figures(sku, depot) == (10, 4, 0, 6)
    assert (level.version, level.updated_at) == (before.version + 1, posting.recorded_at)
    assert level.updated_at > before.updated_at
    assert StockSummary.objects.get().version == 2
    assert posting.levels[sku.pk, depot.pk].reserved == 4
    record(reserve(sku, depot, -3))
    assert figures(sku, depot) == (10, 1, 0, 9)
    assert Movement.objects.count() == 1


def test_more_than_is_available_names_what_is(sku: Sku, depot: Warehouse) -> None:
    factories.stock(sku, depot, 5)
    refusal = refused(reserve(sku, depot, 6))
    assert (type(refusal), refusal.code, refusal.extra) == (Conflict, "STOCK_UNAVAILABLE", {"available": 5})
    assert refusal.detail == "MILK in Depot has 5 units that can be promised; 6 were asked for."
    assert refusal.problems == (Problem("STOCK_UNAVAILABLE", refusal.detail, 0, "quantity"),)


def expired(sku: Sku, depot: Warehouse) -> None:
    factories.stock(sku, depot, 3, lot=factories.make_lot(sku, "GONE", date(2026, 3, 11)))


def quarantined(sku: Sku, depot: Warehouse) -> None:
    lot = factories.make_lot(sku, "LOCKED", date(2026, 9, 1))
    factories.stock(sku, depot, 3, lot=lot)
    Lot.objects.filter(pk=lot.pk).update(state=LotState.QUARANTINED)


def promised_before(sku: Sku, depot: Warehouse) -> None:
    record(by(sku, depot, 3), reserve(sku, depot, 3))


def held(sku: Sku, depot: Warehouse) -> None:
    record(by(sku, depot, 3), hold(sku, depot, 3))


def held_and_then_not_there(sku: Sku, depot: Warehouse) -> None:
    shelf = depot.bins.get(code="A-1")
    record(by(sku, depot, 3, bin=shelf), by(sku, depot, 2))
    record(hold(sku, depot, 3, bin=shelf))
    record(
        to(sku, depot, 1, bin=shelf)
    )  # two of the three are missing, and one of the others makes up for each


@pytest.mark.parametrize("kind", [expired, quarantined, promised_before, held, held_and_then_not_there])
def test_only_what_could_leave_is_promised(
    sku: Sku, depot: Warehouse, kind: Callable[[Sku, Warehouse], None]
) -> None:
    """Beside what could not there are four units: neither promising nor issuing them takes a fifth."""
    factories.stock(sku, depot, 4)
    kind(sku, depot)
    assert refused(reserve(sku, depot, 5)).extra == {"available": 4}
    assert refused(by(sku, depot, -5, "SALE")).extra == {"available": 4}
    assert refused(by(sku, depot, -5, "SALE", bin=depot.bins.get(code="MAIN"))).extra == {"available": 4}
    record(reserve(sku, depot, 4))
    assert refused(reserve(sku, depot, 1)).extra == {"available": 0}
    assert refused(by(sku, depot, -1, "SALE")).extra == {"available": 0}


def test_what_a_correction_has_left_short_is_never_a_negative_number(sku: Sku, depot: Warehouse) -> None:
    record(by(sku, depot, 5), reserve(sku, depot, 5))
    record(to(sku, depot, 2))
    assert figures(sku, depot) == (2, 5, 0, -3)
    assert refused(reserve(sku, depot, 1)).extra == {"available": 0}
    record(reserve(sku, depot, -4))
    assert refused(reserve(sku, depot, 2)).extra == {"available": 1}


def test_nothing_is_promised_of_what_was_never_there(sku: Sku, depot: Warehouse) -> None:
    assert refused(reserve(sku, depot, 1)).extra == {"available": 0}
    assert not StockLevel.objects.exists()


@pytest.mark.parametrize("quantity", [MAXIMUM_QUANTITY + 1, -MAXIMUM_QUANTITY - 1, 2**80])
def test_a_quantity_is_bounded(sku: Sku, depot: Warehouse, quantity: int) -> None:
    refusal = refused(reserve(sku, depot, quantity))
    assert (type(refusal), refusal.code) == (InvalidInput, "INVALID_QUANTITY")


def test_freeing_more_than_was_promised_is_a_programming_error(sku: Sku, depot: Warehouse) -> None:
    record(by(sku, depot, 5), reserve(sku, depot, 2))
    with pytest.raises(ValueError, match="ever reserved"):
        record(reserve(sku, depot, -3))
    assert figures(sku, depot) == (5, 2, 0, 3)


def test_a_promise_of_nothing_writes_nothing(sku: Sku, depot: Warehouse) -> None:
    factories.stock(sku, depot, 5)
    version = StockLevel.objects.get().version
    record(reserve(sku, depot, 0))
    assert StockLevel.objects.get().version == version


# --- batches


def test_promises_of_a_batch_add_up(sku: Sku, depot: Warehouse) -> None:
    factories.stock(sku, depot, 5)
    refusal = refused(reserve(sku, depot, 3), reserve(sku, depot, 3), reserve(sku, depot, 2))
    assert (problems(refusal), refusal.extra) == ([(1, "STOCK_UNAVAILABLE")], {"available": 2})
    record(reserve(sku, depot, 3), reserve(sku, depot, 2))
    assert figures(sku, depot) == (5, 5, 0, 0)
    assert StockLevel.objects.get().version == 2


def test_a_reservation_is_fulfilled_in_one_posting(sku: Sku, depot: Warehouse) -> None:
    """What is freed counts before what leaves, in whatever order the lines come."""
    record(by(sku, depot, 5), reserve(sku, depot, 5))
    assert refused(by(sku, depot, -2, "SALE")).code == "INSUFFICIENT_STOCK"
    record(by(sku, depot, -2, "SALE"), reserve(sku, depot, -2))
    assert figures(sku, depot) == (3, 3, 0, 0)


def test_what_leaves_in_a_batch_is_not_promised_in_it(sku: Sku, depot: Warehouse) -> None:
    factories.stock(sku, depot, 5)
    refusal = refused(reserve(sku, depot, 3), by(sku, depot, -3, "SALE"))
    assert (problems(refusal), refusal.extra) == ([(0, "STOCK_UNAVAILABLE")], {"available": 2})


def test_what_comes_in_a_batch_is_promised_in_it(sku: Sku, depot: Warehouse) -> None:
    record(reserve(sku, depot, 3), by(sku, depot, 3))
    assert figures(sku, depot) == (3, 3, 0, 0)


def test_every_bad_row_is_named(sku: Sku, depot: Warehouse, organization: Organization) -> None:
    others = [factories.make_sku(organization) for _ in range(3)]
    factories.stock(others[1], depot, 1)
    lines = [reserve(each, depot, 1) for each in (others[0], others[1], others[2])]
    assert problems(refused(*lines, by(sku, depot, -1))) == [
        (0, "STOCK_UNAVAILABLE"),
        (2, "STOCK_UNAVAILABLE"),
        (3, "NEGATIVE_QUANTITY"),
    ]


def test_a_promise_may_stand_beside_an_absolute_quantity(sku: Sku, depot: Warehouse) -> None:
    record(to(sku, depot, 7), reserve(sku, depot, 6))
    assert figures(sku, depot) == (7, 6, 0, 1)


def test_settings_go_with_a_promise(sku: Sku, depot: Warehouse) -> None:
    factories.stock(sku, depot, 5)
    record(reserve(sku, depot, 1, settings=Settings(safety_stock=2)))
    assert StockLevel.objects.values_list("reserved", "safety_stock", "version").get() == (1, 2, 2)


@pytest.mark.parametrize("quantity", [1, -1])
def test_a_place_that_may_not_be_written_promises_nothing(sku: Sku, depot: Warehouse, quantity: int) -> None:
    record(by(sku, depot, 5), reserve(sku, depot, 2))
    Warehouse.objects.filter(pk=depot.pk).update(is_readonly=True)
    assert isinstance(refused(reserve(sku, depot, quantity)), Forbidden)
    record(reserve(sku, depot, quantity), by_sync=True)
    Warehouse.objects.filter(pk=depot.pk).update(is_readonly=False, is_active=False)
    assert refused(reserve(sku, depot, quantity)).code == "WAREHOUSE_INACTIVE"


# --- statements


@pytest.mark.parametrize("size", [1, 3, 500])
def test_a_batch_of_promises_costs_the_same_whatever_its_size(
    organization: Organization, depot: Warehouse, size: int
) -> None:
    product = factories.make_product(organization)
    skus = Sku.objects.bulk_create(
        Sku(organization=organization, product=product, code=f"S-{n}", code_key=f"s-{n:04d}", title="Any")
        for n in range(size)
    )
    reason = factories.reason(organization)
    record(*(Line(sku=sku, warehouse=depot, quantity=5, reason=reason, mode=Mode.BY) for sku in skus))
    # Two of the savepoint; survey, levels, summaries, places, items; levels and summaries written.
    assert statements(lambda: record(*(reserve(sku, depot, 2) for sku in skus))) == 9
    assert statements(lambda: record(*(reserve(sku, depot, -1) for sku in skus))) == 9
    # The stock items are written too.
    assert statements(lambda: record(*(hold(sku, depot, 2) for sku in skus))) == 10
    assert statements(lambda: record(*(hold(sku, depot, -1) for sku in skus))) == 10
    assert set(StockLevel.objects.values_list("reserved", "held")) == {(1, 1)}


# --- more is promised than is there


@pytest.fixture
def oversold(sku: Sku, depot: Warehouse) -> Sku:
    """Six units were promised, to two who want three each; then a count found five."""
    record(by(sku, depot, 6), reserve(sku, depot, 6))
    record(to(sku, depot, 5))
    return sku


def test_a_promise_can_be_kept_while_its_units_are_there(oversold: Sku, depot: Warehouse) -> None:
    """The first to be kept is kept; the other one is no worse off than before."""
    refusal = refused(reserve(oversold, depot, -3), by(oversold, depot, -3, "SALE"))
    assert refusal.extra == {"available": 2}
    record(reserve(oversold, depot, -3), by(oversold, depot, -3, "SALE", is_promised=True))
    assert figures(oversold, depot) == (2, 3, 0, -1)
    refusal = refused(reserve(oversold, depot, -3), by(oversold, depot, -3, "SALE", is_promised=True))
    assert (refusal.code, refusal.extra) == ("NEGATIVE_QUANTITY", {"available": 2})


def test_what_is_held_or_expired_keeps_no_promise(oversold: Sku, depot: Warehouse) -> None:
    record(reserve(oversold, depot, -3))
    record(hold(oversold, depot, 2))
    expired(oversold, depot)
    record(to(oversold, depot, 4, is_lotless=True))
    refusal = refused(reserve(oversold, depot, -3), by(oversold, depot, -3, "SALE", is_promised=True))
    assert (refusal.code, refusal.extra) == ("INSUFFICIENT_STOCK", {"available": 2})
