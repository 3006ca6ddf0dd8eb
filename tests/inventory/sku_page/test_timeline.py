"""The timeline of a SKU: everything once, in order, with what there was after each."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.adjustments import reverse
from inventory.holds import release_hold
from inventory.models import (
    Hold,
    HoldState,
    Movement,
    Reservation,
    ReservationState,
    Sku,
    Source,
    StateChange,
    StockLevel,
)
from inventory.replenishment.orders import Order, place_orders
from inventory.replenishment.rules import Source as Supplier
from inventory.reservations import expire_due, fulfil_reservation, release_reservation
from inventory.sku_page.timeline import Page, Row, parts, read_timeline, walk_timeline
from inventory.transfers import WantedLine, create_transfer, ship_transfer
from stock_requests.decisions.approving import approve_request
from tests import factories
from tests.inventory.clock import Clock
from warehouses import transactions
from warehouses.access import Access, access_of_system, access_of_user
from warehouses.actors import Actor, ActorType
from warehouses.models import Organization, Warehouse
from warehouses.refusals import Forbidden

pytestmark = pytest.mark.django_db

#: Queries of the newest page, and of one further down.
NEWEST, LATER = 22, 26


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def acme(db: None) -> Organization:
    return factories.make_organization("Acme")


@pytest.fixture
def north(acme: Organization) -> Warehouse:
    return factories.make_warehouse(acme, "North")


@pytest.fixture
def south(acme: Organization) -> Warehouse:
    return factories.make_warehouse(acme, "South")


@pytest.fixture
def mug(acme: Organization) -> Sku:
    return factories.make_sku(acme, "MUG")


@pytest.fixture
def access(acme: Organization) -> Access:
    return access_of_system(acme)


def told(rows: Any) -> list[tuple[str, str, int, int, int]]:
    """Each event in words with its changes, newest first."""
    return [
        (row.event.part, row.event.words, row.event.on_hand, row.event.reserved, row.event.held)
        for row in rows
    ]


def sums(rows: Any) -> list[tuple[int, int]]:
    return [(row.sums.on_hand, row.sums.available) for row in rows]


def everything(access: Access, sku: Sku, **asked: Any) -> list[Row]:
    return list(walk_timeline(access=access, sku=sku, **asked))


def test_each_sort_of_event_with_what_there_was_after_it(
    access: Access, mug: Sku, north: Warehouse, clock: Clock
) -> None:
    factories.stock(mug, north, 20, code="supplier_receipt", note="First delivery")
    clock.advance(minutes=1)
    promised = factories.reserve(mug, north, 5, reference="SO-7")
    clock.advance(minutes=1)
    held = factories.hold(mug, north, 4, reason="Cracked")
    clock.advance(minutes=1)
    transactions.run(lambda: fulfil_reservation(access=access, reservation=promised, quantity=2))
    clock.advance(minutes=1)
    transactions.run(lambda: release_reservation(access=access, reservation=promised))
    clock.advance(minutes=1)
    transactions.run(lambda: release_hold(access=access, hold=held, quantity=3, note="Looked at"))

    rows = read_timeline(access=access, sku=mug).rows
    assert told(rows) == [
        ("holds", "Released from hold", 0, 0, -3),
        ("reservations", "Reservation released", 0, -3, 0),
        *sorted(
            [
                ("stock", "Retail sale", -2, 0, 0),
                ("reservations", "Reservation fulfilled", 0, -2, 0),
            ],
            key=lambda each: [row.event.part for row in rows].index(each[0], 2),
        ),
        ("holds", "Put on hold", 0, 0, 4),
        ("reservations", "Reserved", 0, 5, 0),
        ("stock", "Received from a supplier", 20, 0, 0),
    ]
    assert sums(rows)[:2] == [(18, 17), (18, 14)]
    assert sums(rows)[-3:] == [(20, 11), (20, 15), (20, 20)]
    assert rows[0].event.why == "Looked at"
    assert rows[-1].event.why == "First delivery"
    assert rows[-2].event.reference == "SO-7"
    assert {row.event.place for row in rows} == {"North"}


def history(
    access: Access, mug: Sku, places: list[Warehouse], clock: Clock, *, steps: int, seed: int
) -> None:
    """Something at random, again and again; now and then more than once in the same instant."""
    dice = random.Random(seed)
    for place in places:
        factories.stock(mug, place, 200)
    for _ in range(steps):
        if dice.random() < 0.7:
            clock.advance(seconds=dice.randint(1, 4000))
        place = dice.choice(places)
        act = dice.choice(
            ["come", "go", "reserve", "hold", "fulfil", "release", "let go", "expiring", "expire"]
        )
        open_ones = list(Reservation.objects.filter(state=ReservationState.ACTIVE).order_by("pk"))
        held = list(Hold.objects.filter(state=HoldState.ACTIVE).order_by("pk"))
        if act == "come":
            factories.stock(mug, place, dice.randint(1, 9))
        elif act == "go":
            factories.stock(mug, place, -1, code="SALE")
        elif act == "reserve":
            factories.reserve(mug, place, dice.randint(1, 4))
        elif act == "expiring":
            factories.reserve(mug, place, 1, expires_at=clock.now + timedelta(seconds=dice.randint(1, 9000)))
        elif act == "expire":
            expire_due(access.organization)
        elif act == "hold":
            factories.hold(mug, place, dice.randint(1, 3))
        elif act in {"fulfil", "release"} and open_ones:
            one = dice.choice(open_ones)
            if one.expires_at is not None and one.expires_at <= clock.now:
                continue
            do: Callable[..., Any] = fulfil_reservation if act == "fulfil" else release_reservation
            transactions.run(partial(do, access=access, reservation=one, quantity=dice.randint(1, one.open)))
        elif act == "let go" and held:
            one_hold = dice.choice(held)
            transactions.run(
                partial(release_hold, access=access, hold=one_hold, quantity=dice.randint(1, one_hold.open))
            )
    expire_due(access.organization)


def expected_marks(sku: Sku, places: list[Warehouse]) -> list[tuple[Any, UUID]]:
    """What the tables say, without any paging."""
    found = list(Movement.objects.filter(sku=sku, warehouse__in=places).values_list("recorded_at", "pk"))
    for model in (Reservation, Hold):
        keys = model.objects.filter(sku=sku, warehouse__in=places).values("pk")
        found += StateChange.objects.filter(subject_id__in=keys).values_list("created_at", "pk")
    return sorted(found, reverse=True)


def pages_down(access: Access, sku: Sku, rows: int, **asked: Any) -> list[Page]:
    found = [read_timeline(access=access, sku=sku, rows=rows, **asked)]
    while found[-1].has_older:
        mark = found[-1].rows[-1].event.mark
        found.append(read_timeline(access=access, sku=sku, rows=rows, older_than=mark, **asked))
    return found


@pytest.mark.parametrize("seed", range(2))
def test_pages_are_the_whole_in_order_and_add_up(
    access: Access, mug: Sku, north: Warehouse, south: Warehouse, clock: Clock, seed: int
) -> None:
    """Whatever happened and however long a page is: nothing twice, nothing missing, and at the end there is nothing."""
    history(access, mug, [north, south], clock, steps=45, seed=seed)
    expected = expected_marks(mug, [north, south])
    for rows in (1, 7, 500):
        found = [row for page in pages_down(access, mug, rows) for row in page.rows]
        assert [row.event.mark for row in found] == expected, rows
        levels = StockLevel.objects.filter(sku=mug)
        assert sums(found)[0] == (
            sum(level.on_hand for level in levels),
            sum(level.available for level in levels),
        )
        last = found[-1]
        assert last.sums is not None
        assert last.sums.on_hand == last.event.on_hand
        assert (last.sums.reserved, last.sums.held) == (last.event.reserved, last.event.held)
        # Each page reckons by itself: what it says is what one long page says.
        assert sums(found) == sums(read_timeline(access=access, sku=mug, rows=1000).rows)
    for place in (north, south):
        found = [row for page in pages_down(access, mug, 4, warehouse=place) for row in page.rows]
        assert [row.event.mark for row in found] == expected_marks(mug, [place])
        assert [row.event.after for row in found if row.event.after is not None] == [
            row.sums.on_hand for row in found if row.event.after is not None and row.sums is not None
        ]


@pytest.mark.parametrize("seed", range(2))
def test_pages_up_are_the_same(access: Access, mug: Sku, north: Warehouse, clock: Clock, seed: int) -> None:
    history(access, mug, [north], clock, steps=40, seed=seed)
    expected = expected_marks(mug, [north])
    whole = everything(access, mug)
    for rows in (1, 9):
        found: list[Row] = []
        mark = expected[-1]
        while True:
            page = read_timeline(access=access, sku=mug, rows=rows, newer_than=mark)
            found = [*page.rows, *found]
            if not page.has_newer:
                break
            mark = page.rows[0].event.mark
        assert [row.event.mark for row in found] == expected[:-1]
        assert sums(found) == sums(whole[:-1])


@pytest.mark.parametrize("seed", range(2))
def test_one_part_or_one_sort_of_actor(
    acme: Organization, access: Access, mug: Sku, north: Warehouse, clock: Clock, seed: int
) -> None:
    history(access, mug, [north], clock, steps=40, seed=seed)
    person = Access(acme, Actor(ActorType.USER, None, "ana@acme.example"), access.grants)
    factories.stock(mug, north, 2, actor=person.actor)
    for one in Reservation.objects.filter(state=ReservationState.ACTIVE, expires_at=None):
        clock.advance(seconds=10)
        transactions.run(partial(release_reservation, access=person, reservation=one))
    whole = everything(access, mug)
    for part in ("stock", "reservations", "holds"):
        rows = [row for page in pages_down(access, mug, 6, part=part) for row in page.rows]
        assert [row.event for row in rows] == [row.event for row in whole if row.event.part == part]
        assert {row.sums for row in rows} == {None}
    for who in (ActorType.USER, ActorType.SYSTEM, ActorType.KEY):
        rows = [row for page in pages_down(access, mug, 6, who=who) for row in page.rows]
        assert [row.event for row in rows] == [row.event for row in whole if row.event.actor_type == who]


def test_transfers_orders_and_requests(
    acme: Organization, access: Access, mug: Sku, north: Warehouse, south: Warehouse, clock: Clock
) -> None:
    other = factories.make_sku(acme, "PLATE")
    factories.stock(mug, north, 30)
    factories.stock(other, north, 30)
    clock.advance(minutes=1)
    lines = [WantedLine(mug, 6), WantedLine(other, 2)]
    moved = transactions.run(
        lambda: create_transfer(access=access, from_warehouse=north, to_warehouse=south, lines=lines)
    )
    clock.advance(minutes=1)
    transactions.run(lambda: ship_transfer(access=access, transfer=moved))
    clock.advance(minutes=1)
    orders = [Order(sku=mug, warehouse=south, quantity=40, source=Supplier(name="Potters"))]
    transactions.run(lambda: place_orders(access=access, orders=orders))
    clock.advance(minutes=1)
    asked = factories.submitted_request(north, south, [(mug, 9), (other, 1)])
    clock.advance(minutes=1)
    transactions.run(lambda: approve_request(access=access, request=asked))
    factories.make_request(north, south, [(other, 1)])

    rows = everything(access, mug)
    units = {row.event.words: row.event.units for row in rows if row.event.part != "stock"}
    assert units == {
        "Transfer drafted": 6,
        "Ordered from Potters": 40,
        "Request drafted": 9,
        "Requested": 9,
        "Request approved": 9,
        "Reserved": None,
    }
    # What is shipped is told by the ledger, once; and 9 of what is left are promised to the request.
    assert [row.event.on_hand for row in rows if row.event.on_hand] == [-6, 30]
    assert sums(rows)[0] == (24, 15)
    assert [row.event.record.name for row in rows if row.event.part == "requests" and row.event.record] == [
        asked.name
    ] * 3
    assert {row.event.place for row in rows if row.event.part == "requests"} == {"North → South"}
    chosen = [row.event.words for row in everything(access, mug, warehouse=south)]
    assert "Transfer drafted" in chosen
    assert "Reserved" not in chosen


def test_one_who_sees_one_warehouse_is_told_of_nothing_else(
    acme: Organization, access: Access, mug: Sku, north: Warehouse, south: Warehouse, clock: Clock
) -> None:
    west = factories.make_warehouse(acme, "West")
    for place, units in ((north, 20), (south, 7), (west, 5)):
        factories.stock(mug, place, units)
        clock.advance(minutes=1)
        factories.reserve(mug, place, 1, reference=f"For {place.name}")
        factories.hold(mug, place, 1, reason=f"Held in {place.name}")
    for source, to in ((south, west), (north, south)):
        line = [WantedLine(mug, 2)]
        transactions.run(
            partial(create_transfer, access=access, from_warehouse=source, to_warehouse=to, lines=line)
        )
        factories.make_request(source, to, [(mug, 3)])
    transactions.run(
        lambda: place_orders(
            access=access,
            orders=[Order(sku=mug, warehouse=south, quantity=40, source=Supplier(name="Potters"))],
        )
    )
    bob = factories.make_person("bob@acme.example", {acme: [("Warehouse manager", north)]})
    his = access_of_user(bob, acme)
    assert his is not None
    rows = everything(his, mug)
    assert sums(rows)[0] == (20, 18)
    assert sorted(told(rows)) == [
        ("holds", "Put on hold", 0, 0, 1),
        ("requests", "Request drafted", 0, 0, 0),
        ("reservations", "Reserved", 0, 1, 0),
        ("stock", "Manual adjustment", 20, 0, 0),
        ("transfers", "Transfer drafted", 0, 0, 0),
    ]
    assert "West" not in str(rows)
    # Of where he sees nothing he is told what he sees from the other end.
    assert {row.event.part for row in everything(his, mug, warehouse=south)} == {"transfers", "requests"}
    nobody = access_of_user(factories.make_person("nina@acme.example", {acme: []}), acme)
    assert nobody is not None
    with pytest.raises(Forbidden):
        read_timeline(access=nobody, sku=mug)


def test_another_organization_with_the_same_code_is_apart(access: Access, mug: Sku, north: Warehouse) -> None:
    factories.stock(mug, north, 3)
    rival = factories.make_organization("Rival")
    theirs = factories.make_sku(rival, "MUG")
    factories.stock(theirs, rival.default_warehouse, 5)
    factories.reserve(theirs, rival.default_warehouse, 1)
    assert [row.event.on_hand for row in everything(access, mug)] == [3]
    # Whoever has no SKU of the organization in hand is told nothing of one of another's.
    assert everything(access, theirs) == []


def test_a_reversed_change_says_so_on_both_lines(access: Access, mug: Sku, north: Warehouse) -> None:
    recorded = factories.stock(mug, north, 5)
    assert recorded.adjustment is not None
    transactions.run(lambda: reverse(access=access, source=Source.ADMIN, adjustment=recorded.adjustment))
    rows = everything(access, mug)
    assert [row.event.words.partition(",")[2] for row in rows] == [
        " undoing an earlier change",
        " undone since",
    ]
    assert sums(rows) == [(0, 0), (5, 5)]


def test_each_part_costs_the_same_whatever_there_is(
    access: Access, mug: Sku, north: Warehouse, south: Warehouse, clock: Clock
) -> None:
    def act(units: int) -> None:
        factories.stock(mug, north, 10)
        factories.reserve(mug, north, units)
        factories.hold(mug, north, 1)
        line = [WantedLine(mug, 1)]
        transactions.run(
            lambda: create_transfer(access=access, from_warehouse=north, to_warehouse=south, lines=line)
        )
        factories.submitted_request(north, south, [(mug, 1)])
        clock.advance(minutes=1)

    parts()
    counts = []
    for number in (1, 2):
        for _ in range(number):
            act(1)
        with CaptureQueriesContext(connection) as captured:
            page = read_timeline(access=access, sku=mug)
        assert page.rows
        counts.append(len(captured))
    assert counts == [NEWEST, NEWEST]
    page = read_timeline(access=access, sku=mug, rows=4)
    with CaptureQueriesContext(connection) as captured:
        read_timeline(access=access, sku=mug, rows=4, older_than=page.rows[-1].event.mark)
    assert len(captured) == LATER
