"""What the stock says to a request, against the ledger, which has the last word."""

from __future__ import annotations

from datetime import timedelta

import pytest
import pytest_django

from inventory import transfers
from inventory.ledger import Line, Settings, post
from inventory.models import LotState, Reservation, Sku, StockItem, StockLevel
from inventory.replenishment.orders import Order, place_orders
from inventory.replenishment.rules import Source
from stock_requests.figures import NOTHING, Figures, Risks, figures_of, figures_of_many, stock_at
from stock_requests.models import RequestState, StockRequest
from tests import factories
from tests.inventory.channels.worlds import make_shelf, make_world
from tests.inventory.clock import Clock
from tests.stock_requests.records import write_line, write_request
from warehouses import transactions
from warehouses.access import access_of_system
from warehouses.actors import SYSTEM
from warehouses.models import Organization, RoomType, Warehouse
from warehouses.refusals import Conflict


@pytest.fixture
def source(organization: Organization) -> Warehouse:
    return factories.make_warehouse(organization, "Depot")


@pytest.fixture
def sku(organization: Organization) -> Sku:
    return factories.make_sku(organization, "BOLT")


def available(sku: Sku, warehouse: Warehouse) -> int:
    place = (sku.pk, warehouse.pk)
    return stock_at(organization=warehouse.organization, places=[place])[place].available


def check_against_the_ledger(sku: Sku, warehouse: Warehouse) -> int:
    """What is said to be available is exactly what can be reserved: no unit more, and no unit less."""
    promised = available(sku, warehouse)
    with pytest.raises(Conflict) as refused:
        factories.reserve(sku, warehouse, promised + 1)
    assert refused.value.code == "STOCK_UNAVAILABLE"
    assert refused.value.extra["available"] == promised
    if promised:
        factories.reserve(sku, warehouse, promised)
        assert available(sku, warehouse) == 0
    return promised


def of_request(request: StockRequest) -> list[Figures]:
    lines = list(request.lines.order_by("position"))
    figures = figures_of(request, lines)
    assert list(figures) == [line.pk for line in lines]
    return list(figures.values())


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(4))
def test_in_any_world_it_is_what_the_ledger_lets_reserve(seed: int) -> None:
    world = make_world(seed)
    levels = StockLevel.objects.filter(organization=world.organization, warehouse__is_active=True)
    found = [check_against_the_ledger(level.sku, level.warehouse) for level in levels]
    assert any(found)


def test_what_is_free_and_not_promised(sku: Sku, source: Warehouse) -> None:
    factories.stock(sku, source, 20)
    factories.reserve(sku, source, 6)

    assert check_against_the_ledger(sku, source) == 14


def test_what_is_held_cannot_be_promised(sku: Sku, source: Warehouse) -> None:
    factories.stock(sku, source, 20)
    factories.hold(sku, source, 3)

    assert check_against_the_ledger(sku, source) == 17


def test_what_has_expired_cannot_be_promised(sku: Sku, source: Warehouse) -> None:
    today = sku.organization.today()
    factories.stock(sku, source, 5, lot=factories.make_lot(sku, "TODAY", today))
    factories.stock(sku, source, 9, lot=factories.make_lot(sku, "OVER", today - timedelta(days=1)))
    factories.stock(sku, source, 2, lot=factories.make_lot(sku, "MARKED", state=LotState.EXPIRED))

    assert check_against_the_ledger(sku, source) == 5


def test_quarantined_stock_cannot_be_promised(sku: Sku, source: Warehouse) -> None:
    factories.stock(sku, source, 4)
    factories.stock(sku, source, 9, lot=factories.make_lot(sku, "Q", state=LotState.QUARANTINED))

    assert check_against_the_ledger(sku, source) == 4


def test_what_is_to_be_destroyed_cannot_be_promised(sku: Sku, source: Warehouse) -> None:
    factories.stock(sku, source, 4)
    factories.stock(sku, source, 9, bin=make_shelf(source, "DES-1", kind=RoomType.DESTRUCTION))

    assert check_against_the_ledger(sku, source) == 4


def test_a_room_that_is_not_for_selling_can_be_requested_from(sku: Sku, source: Warehouse) -> None:
    factories.stock(sku, source, 4)
    factories.stock(sku, source, 9, bin=make_shelf(source, "BACK-1", is_sellable=False))

    assert check_against_the_ledger(sku, source) == 13


def test_safety_stock_can_be_promised(sku: Sku, source: Warehouse) -> None:
    factories.stock(sku, source, 4)
    keep(sku, source, 3)

    assert check_against_the_ledger(sku, source) == 4


def test_what_is_missing_of_a_hold_is_free_nowhere_else(sku: Sku, source: Warehouse) -> None:
    shelf = factories.make_bin(source, "A-1")
    factories.stock(sku, source, 10, bin=shelf)
    factories.stock(sku, source, 10)
    factories.hold(sku, source, 8, item=StockItem.objects.get(bin=shelf))
    factories.stock(sku, source, -7, bin=shelf)

    assert check_against_the_ledger(sku, source) == 5  # 13 there, 8 of them held


def test_what_is_missing_of_a_hold_may_be_missing_of_what_nobody_gets(sku: Sku, source: Warehouse) -> None:
    """Eight are held of a bin with three; ten are free in the other, and ten quarantined ones make up for the rest."""
    shelf = factories.make_bin(source, "A-1")
    factories.stock(sku, source, 10, bin=shelf)
    factories.stock(sku, source, 10)
    factories.hold(sku, source, 8, item=StockItem.objects.get(bin=shelf))
    factories.stock(sku, source, -7, bin=shelf)
    factories.stock(sku, source, 10, lot=factories.make_lot(sku, "Q", state=LotState.QUARANTINED))

    assert check_against_the_ledger(sku, source) == 10


def test_a_reservation_that_ran_out_counts_no_more(
    sku: Sku, source: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    factories.stock(sku, source, 20)
    factories.reserve(sku, source, 6, expires_at=clock.now + timedelta(hours=1))
    assert available(sku, source) == 14

    clock.advance(hours=1)

    assert Reservation.objects.get().state == "active"
    assert check_against_the_ledger(sku, source) == 20


def test_more_is_promised_than_is_there_leaves_nothing(sku: Sku, source: Warehouse) -> None:
    factories.stock(sku, source, 10)
    factories.reserve(sku, source, 8)
    factories.stock(sku, source, 5, mode=factories.Mode.TO)

    assert check_against_the_ledger(sku, source) == 0


def test_where_a_sku_never_was_there_is_nothing(sku: Sku, source: Warehouse) -> None:
    place = (sku.pk, source.pk)

    assert stock_at(organization=source.organization, places=[place]) == {place: NOTHING}
    assert check_against_the_ledger(sku, source) == 0


def test_stock_elsewhere_is_not_stock_here(sku: Sku, source: Warehouse, organization: Organization) -> None:
    elsewhere = factories.make_warehouse(organization, "Elsewhere")
    factories.stock(sku, elsewhere, 50)
    factories.stock(sku, source, 2)

    assert (available(sku, source), available(sku, elsewhere)) == (2, 50)


def test_a_line_shows_what_its_request_leaves(sku: Sku, source: Warehouse) -> None:
    factories.stock(sku, source, 20)
    factories.reserve(sku, source, 5)
    keep(sku, source, 4)
    request = write_request(source, {sku: 12})

    assert of_request(request) == [Figures(on_hand=20, available=15, after=3, on_order=0, safety_stock=4)]
    assert figures_of_many([request]) == {request.pk: Risks(is_short=False, falls_below_safety=True)}


def test_lines_of_one_sku_share_what_there_is(sku: Sku, source: Warehouse) -> None:
    factories.stock(sku, source, 10)
    request = write_request(source)
    write_line(request, sku, 6)
    write_line(request, sku, 6)

    assert [line.after for line in of_request(request)] == [-2, -2]
    assert figures_of_many([request])[request.pk].is_short


def test_what_is_approved_so_far_is_what_is_asked(sku: Sku, source: Warehouse) -> None:
    factories.stock(sku, source, 10)
    request = write_request(source)
    write_line(request, sku, 30, approved=4, closed=26, change_reason="Too many")

    assert [line.after for line in of_request(request)] == [6]


def test_what_is_asked_and_not_decided_leaves_out_what_comes_otherwise(sku: Sku, source: Warehouse) -> None:
    factories.stock(sku, source, 10)
    request = write_request(source)
    write_line(request, sku, 30, substituted=5, back_ordered=10, closed=6)

    assert [line.after for line in of_request(request)] == [1]


@pytest.mark.parametrize(
    "state", [RequestState.APPROVED, RequestState.PICKING, RequestState.REJECTED, RequestState.CANCELLED]
)
def test_what_is_decided_takes_nothing_more(sku: Sku, source: Warehouse, state: RequestState) -> None:
    factories.stock(sku, source, 10)
    factories.reserve(sku, source, 8)
    request = write_request(source, {sku: 8}, state=state)

    assert [(line.available, line.after) for line in of_request(request)] == [(2, 2)]
    assert figures_of_many([request]) == {request.pk: Risks()}


def test_enough_is_no_risk_and_exactly_enough_neither(sku: Sku, source: Warehouse) -> None:
    factories.stock(sku, source, 10)
    keep(sku, source, 2)
    requests = [write_request(source, {sku: units}) for units in (8, 9, 10, 11)]

    risks = figures_of_many(requests)

    assert [risks[request.pk] for request in requests] == [
        Risks(is_short=False, falls_below_safety=False),
        Risks(is_short=False, falls_below_safety=True),
        Risks(is_short=False, falls_below_safety=True),
        Risks(is_short=True, falls_below_safety=True),
    ]


def test_what_is_expected_is_on_order(sku: Sku, source: Warehouse, organization: Organization) -> None:
    """From a supplier, and on its way from another location; not what leaves."""
    access = access_of_system(organization)
    depot = factories.make_warehouse(organization, "North")
    factories.stock(sku, depot, 30)
    factories.stock(sku, source, 30)

    def ship(here: Warehouse, there: Warehouse, units: int) -> None:
        transfer = transfers.create_transfer(
            access=access,
            from_warehouse=here,
            to_warehouse=there,
            lines=[transfers.WantedLine(sku, units)],
        )
        transfers.ship_transfer(access=access, transfer=transfer)

    transactions.run(lambda: ship(depot, source, 7))
    transactions.run(lambda: ship(source, depot, 2))
    order(sku, source, 40)
    order(sku, depot, 500)

    (line,) = of_request(write_request(source, {sku: 1}))

    assert (line.on_hand, line.on_order) == (28, 47)


@pytest.mark.parametrize("count", [1, 3])
def test_the_same_number_of_queries_whatever_the_number(
    organization: Organization,
    source: Warehouse,
    count: int,
    django_assert_num_queries: pytest_django.DjangoAssertNumQueries,
) -> None:
    skus = [factories.make_sku(organization) for _ in range(count)]
    for sku in skus:
        factories.stock(sku, source, 5)
    requests = [write_request(source, dict.fromkeys(skus, 2)) for _ in range(count)]
    lines = list(requests[0].lines.all())

    with django_assert_num_queries(3):
        assert [figures.after for figures in figures_of(requests[0], lines).values()] == [3] * count
    with django_assert_num_queries(2):
        assert list(figures_of_many(requests).values()) == [Risks()] * count
    with django_assert_num_queries(0):
        assert (figures_of(requests[0], []), figures_of_many([])) == ({}, {})


def keep(sku: Sku, warehouse: Warehouse, safety_stock: int) -> None:
    line = Line(
        sku=sku,
        warehouse=warehouse,
        quantity=None,
        reason=None,
        settings=Settings(safety_stock=safety_stock),
    )
    transactions.run(lambda: post(organization=sku.organization, actor=SYSTEM, lines=[line], document=None))


def order(sku: Sku, warehouse: Warehouse, units: int) -> None:
    wanted = Order(sku=sku, warehouse=warehouse, quantity=units, source=Source(name="Bolts Ltd"))
    transactions.run(lambda: place_orders(access=access_of_system(sku.organization), orders=[wanted]))
