"""Holding and releasing: the rules, whoever calls; and what a hold blocks and does not block in the ledger."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory import history
from inventory.holds import find_hold, release_hold
from inventory.ledger import DocumentRef, Line, Mode, post
from inventory.models import (
    DocumentType,
    Event,
    EventType,
    Hold,
    HoldPart,
    Lot,
    LotState,
    Movement,
    Sku,
    StockItem,
    StockLevel,
    WebhookEndpoint,
)
from inventory.verification import verify
from tests import factories
from tests.inventory.clock import Clock
from warehouses import keys, transactions
from warehouses.access import Access, access_of_key
from warehouses.actors import SYSTEM
from warehouses.identifiers import new_id
from warehouses.models import Bin, Organization, Warehouse
from warehouses.refusals import Conflict, Forbidden, InvalidInput, NotFound, Refusal

pytestmark = pytest.mark.django_db


def figures(sku: Sku) -> tuple[int, int, int]:
    """On hand, held, available."""
    level = StockLevel.objects.get(sku=sku)
    return level.on_hand, level.held, level.available


def release(access: Access, hold: Hold, **given: Any) -> Hold:
    return transactions.run(lambda: release_hold(access=access, hold=hold, **given))


def parts_of(hold: Hold) -> list[tuple[str, str, int]]:
    """Bin, lot and quantity of each part, in the order in which they are let go of."""
    rows = HoldPart.objects.filter(hold=hold).order_by("id")
    return [
        (bin_code, lot or "", quantity)
        for bin_code, lot, quantity in rows.values_list(
            "stock_item__bin__code", "stock_item__lot__code", "quantity"
        )
    ]


def refusal_of(what: Callable[[], Any], kind: type[Refusal]) -> Refusal:
    with pytest.raises(kind) as caught:
        transactions.run(what)
    return caught.value


@pytest.fixture(autouse=True)
def _stock_is_right(db: None) -> Any:
    yield
    assert list(verify()) == []


@pytest.fixture
def shelves(warehouse: Warehouse) -> list[Bin]:
    return [factories.make_bin(warehouse, code) for code in ("A-1", "A-2")]


@pytest.fixture
def milk(organization: Organization, warehouse: Warehouse, shelves: list[Bin]) -> Sku:
    """Six units of lot SOON, four in A-1 and two in A-2, and five of LATE in A-2."""
    milk = factories.make_sku(organization, "MILK", is_lot_controlled=True)
    soon = factories.make_lot(milk, "SOON", date(2099, 1, 1))
    late = factories.make_lot(milk, "LATE", date(2099, 12, 1))
    factories.stock(milk, warehouse, 4, bin=shelves[0], lot=soon)
    factories.stock(milk, warehouse, 2, bin=shelves[1], lot=soon)
    factories.stock(milk, warehouse, 5, bin=shelves[1], lot=late)
    return milk


class TestCreating:
    def test_holds_the_units_and_moves_none(self, sku: Sku, warehouse: Warehouse) -> None:
        movements = Movement.objects.count()
        made = factories.hold(sku, warehouse, 4, reason=" Leaking ", reference="QI-1")
        assert figures(sku) == (10, 4, 6)
        assert StockItem.objects.get().held == 4
        assert Movement.objects.count() == movements
        assert (made.state, made.quantity, made.open, made.reason, made.reference, made.version) == (
            "active", 4, 4, "Leaking", "QI-1", 1,
        )  # fmt: skip
        (created,) = history.history_of([made])[made.pk]
        assert (created.action, created.quantity, created.note) == ("create", 4, "Leaking")

    def test_what_may_leave_first_is_held_first(self, milk: Sku, warehouse: Warehouse) -> None:
        made = factories.hold(milk, warehouse, 7)
        assert parts_of(made) == [("A-1", "SOON", 4), ("A-2", "SOON", 2), ("A-2", "LATE", 1)]

    def test_in_a_bin(self, milk: Sku, warehouse: Warehouse, shelves: list[Bin]) -> None:
        made = factories.hold(milk, warehouse, 3, bin=shelves[1])
        assert parts_of(made) == [("A-2", "SOON", 2), ("A-2", "LATE", 1)]
        assert (made.bin, made.lot, made.stock_item) == (shelves[1], None, None)

    def test_of_a_lot(self, milk: Sku, warehouse: Warehouse) -> None:
        made = factories.hold(milk, warehouse, 5, lot=Lot.objects.get(code="SOON"))
        assert parts_of(made) == [("A-1", "SOON", 4), ("A-2", "SOON", 1)]

    def test_of_a_stock_item(self, milk: Sku, warehouse: Warehouse) -> None:
        item = StockItem.objects.get(lot__code="LATE")
        made = factories.hold(milk, warehouse, 2, item=item)
        assert parts_of(made) == [("A-2", "LATE", 2)]
        assert made.stock_item == item

    @pytest.mark.parametrize(
        ("scope", "expected"),
        [({}, 11), ({"bin": "A-2"}, 7), ({"lot": "SOON"}, 6), ({"item": "LATE"}, 5)],
    )
    def test_without_a_quantity_all_that_is_free_there(
        self, milk: Sku, warehouse: Warehouse, scope: dict[str, str], expected: int
    ) -> None:
        named: dict[str, Any] = {}
        if "bin" in scope:
            named["bin"] = Bin.objects.get(code=scope["bin"])
        if "lot" in scope:
            named["lot"] = Lot.objects.get(code=scope["lot"])
        if "item" in scope:
            named["item"] = StockItem.objects.get(lot__code=scope["item"])
        assert factories.hold(milk, warehouse, **named).quantity == expected
        refusal = refusal_of(lambda: factories.hold(milk, warehouse, **named), Conflict)
        assert (refusal.code, refusal.extra) == ("STOCK_UNAVAILABLE", {"available": 0})

    def test_all_that_is_free_is_what_nobody_was_promised(
        self, milk: Sku, warehouse: Warehouse, clock: Clock
    ) -> None:
        factories.reserve(milk, warehouse, 7, expires_at=clock.now + timedelta(minutes=1))
        late = Lot.objects.get(code="LATE")
        factories.hold(milk, warehouse, 1, lot=late)
        assert factories.hold(milk, warehouse, lot=late).quantity == 3
        clock.advance(minutes=1)  # the promise is over: the rest of the lot is free
        assert factories.hold(milk, warehouse, lot=late).quantity == 1

    def test_no_more_than_is_free_in_the_scope(
        self, milk: Sku, warehouse: Warehouse, shelves: list[Bin]
    ) -> None:
        refusal = refusal_of(lambda: factories.hold(milk, warehouse, 5, bin=shelves[0]), Conflict)
        assert (refusal.code, refusal.extra) == ("STOCK_UNAVAILABLE", {"available": 4})
        factories.reserve(milk, warehouse, 9)
        refusal = refusal_of(lambda: factories.hold(milk, warehouse, 3, bin=shelves[0]), Conflict)
        assert refusal.extra == {"available": 2}
        assert Hold.objects.count() == 0

    @pytest.mark.parametrize("state", [LotState.EXPIRED, LotState.QUARANTINED])
    def test_goods_that_may_not_leave_anyway_can_be_held(
        self, milk: Sku, warehouse: Warehouse, state: LotState
    ) -> None:
        Lot.objects.filter(code="LATE").update(state=state)
        assert factories.hold(milk, warehouse, 5, lot=Lot.objects.get(code="LATE")).open == 5

    def test_in_a_bin_that_is_not_used_any_more(
        self, milk: Sku, warehouse: Warehouse, shelves: list[Bin]
    ) -> None:
        Bin.objects.filter(pk=shelves[0].pk).update(is_active=False)
        assert factories.hold(milk, warehouse, 4, bin=shelves[0]).open == 4

    @pytest.mark.parametrize("quantity", [0, -1])
    def test_a_quantity_is_one_or_more(self, sku: Sku, warehouse: Warehouse, quantity: int) -> None:
        factories.hold(sku, warehouse, 4)
        refusal_of(lambda: factories.hold(sku, warehouse, quantity), InvalidInput)
        assert figures(sku) == (10, 4, 6)

    def test_says_why(self, sku: Sku, warehouse: Warehouse) -> None:
        refusal = refusal_of(lambda: factories.hold(sku, warehouse, 1, reason=" "), InvalidInput)
        assert [problem.field for problem in refusal.problems] == ["reason"]

    def test_not_in_a_read_only_warehouse(self, organization: Organization, sku: Sku) -> None:
        fba = factories.make_warehouse(organization, "FBA", type="FBA")
        factories.stock(sku, fba, 5)
        assert refusal_of(lambda: factories.hold(sku, fba, 1), Forbidden).code == "READONLY_WAREHOUSE"
        assert refusal_of(lambda: factories.hold(sku, fba), Forbidden).code == "READONLY_WAREHOUSE"


class TestReleasing:
    def test_whole(self, access: Access, milk: Sku, warehouse: Warehouse) -> None:
        made = factories.hold(milk, warehouse, 7)
        done = release(access, made, note="All sound")
        assert figures(milk) == (11, 0, 11)
        assert (done.state, done.open, done.version) == ("released", 0, 2)
        assert done.closed_at is not None
        assert [part[2] for part in parts_of(made)] == [0, 0, 0]
        last = history.history_of([made])[made.pk][-1]
        assert (last.action, last.from_state, last.to_state, last.quantity, last.note) == (
            "release", "active", "released", 7, "All sound",
        )  # fmt: skip

    def test_in_parts_the_first_held_first(self, access: Access, milk: Sku, warehouse: Warehouse) -> None:
        made = factories.hold(milk, warehouse, 7)
        part = release(access, made, quantity=5)
        assert (part.state, part.open, part.closed_at) == ("active", 2, None)
        assert parts_of(made) == [("A-1", "SOON", 0), ("A-2", "SOON", 1), ("A-2", "LATE", 1)]
        assert figures(milk) == (11, 2, 9)
        release(access, made)
        assert figures(milk) == (11, 0, 11)

    def test_another_hold_of_the_same_items_keeps_its_units(
        self, access: Access, milk: Sku, warehouse: Warehouse
    ) -> None:
        first, second = factories.hold(milk, warehouse, 3), factories.hold(milk, warehouse, 3)
        release(access, first)
        assert parts_of(second) == [("A-1", "SOON", 1), ("A-2", "SOON", 2)]
        assert figures(milk) == (11, 3, 8)

    def test_nothing_is_released_twice(self, access: Access, sku: Sku, warehouse: Warehouse) -> None:
        made = factories.hold(sku, warehouse, 4)
        release(access, made)
        refusal = refusal_of(lambda: release_hold(access=access, hold=made), Conflict)
        assert (refusal.code, refusal.extra) == ("INVALID_TRANSITION", {"state": "released", "allowed": []})

    def test_more_than_is_held_names_what_is(self, access: Access, sku: Sku, warehouse: Warehouse) -> None:
        made = factories.hold(sku, warehouse, 4)
        factories.hold(sku, warehouse, 4)
        release(access, made, quantity=1)
        refusal = refusal_of(lambda: release_hold(access=access, hold=made, quantity=4), Conflict)
        assert (refusal.code, refusal.extra) == ("MORE_THAN_OPEN", {"open": 3})

    @pytest.mark.parametrize("quantity", [0, -2])
    def test_a_quantity_is_one_or_more(
        self, access: Access, sku: Sku, warehouse: Warehouse, quantity: int
    ) -> None:
        made = factories.hold(sku, warehouse, 4)
        refusal_of(lambda: release_hold(access=access, hold=made, quantity=quantity), InvalidInput)
        assert figures(sku) == (10, 4, 6)

    def test_goods_that_a_count_did_not_find_are_released_all_the_same(
        self, access: Access, sku: Sku, warehouse: Warehouse
    ) -> None:
        made = factories.hold(sku, warehouse, 8)
        factories.stock(sku, warehouse, 3, mode=Mode.TO)
        assert figures(sku) == (3, 8, -5)
        release(access, made, quantity=5)
        assert figures(sku) == (3, 3, 0)
        release(access, made)
        assert figures(sku) == (3, 0, 3)

    def test_all_of_it_is_all_that_is_held_under_the_lock(
        self, access: Access, sku: Sku, warehouse: Warehouse
    ) -> None:
        """What the caller has in hand may be older: here it still says four."""
        made = factories.hold(sku, warehouse, 4)
        in_hand = Hold.objects.get()
        release(access, made, quantity=1)
        assert in_hand.open == 4
        assert release(access, in_hand).open == 0
        assert [row.quantity for row in history.history_of([made])[made.pk]] == [4, 1, 3]
        assert figures(sku) == (10, 0, 10)

    def test_a_precondition_sees_the_record_as_it_is(
        self, access: Access, sku: Sku, warehouse: Warehouse
    ) -> None:
        made = factories.hold(sku, warehouse, 4)
        release(access, made, quantity=1)
        seen: list[tuple[int, int]] = []
        release(access, made, precondition=lambda found: seen.append((found.open, found.version)))
        assert seen == [(3, 2)]

    def test_only_who_may_write_there(
        self, organization: Organization, sku: Sku, warehouse: Warehouse
    ) -> None:
        second = factories.make_warehouse(organization, "Second")
        key, _ = keys.create_key(
            organization=organization, actor=SYSTEM, name="K", scopes=["inventory.write"], warehouses=[second]
        )
        limited = access_of_key(key)
        made = factories.hold(sku, warehouse, 4)
        refusal_of(lambda: release_hold(access=limited, hold=made), Forbidden)
        refusal_of(lambda: factories.hold(sku, warehouse, 1, access=limited), Forbidden)
        with pytest.raises(NotFound):
            find_hold(access=limited, public_id=made.public_id)
        assert figures(sku) == (10, 4, 6)


class TestWhatItBlocks:
    """Eight of ten are held: two may be reserved, issued and moved, and no more. All may be counted and corrected."""

    @pytest.fixture
    def held(self, sku: Sku, warehouse: Warehouse) -> Hold:
        return factories.hold(sku, warehouse, 8)

    def move(self, sku: Sku, warehouse: Warehouse, quantity: int, target: Bin) -> None:
        organization = sku.organization
        line = Line(
            sku=sku, warehouse=warehouse, quantity=quantity, mode=Mode.MOVE, to_bin=target,
            reason=factories.reason(organization, "put_away"),
        )  # fmt: skip
        document = DocumentRef(DocumentType.PUT_AWAY, new_id())
        post(organization=organization, actor=SYSTEM, lines=[line], document=document)

    def test_reserving(self, held: Hold, sku: Sku, warehouse: Warehouse) -> None:
        refusal = refusal_of(lambda: factories.reserve(sku, warehouse, 3), Conflict)
        assert (refusal.code, refusal.extra) == ("STOCK_UNAVAILABLE", {"available": 2})
        factories.reserve(sku, warehouse, 2)

    def test_issuing(self, held: Hold, sku: Sku, warehouse: Warehouse) -> None:
        refusal = refusal_of(lambda: factories.stock(sku, warehouse, -3, code="SALE"), Refusal)
        assert (refusal.code, refusal.extra) == ("INSUFFICIENT_STOCK", {"available": 2})
        factories.stock(sku, warehouse, -2, code="SALE")
        assert figures(sku) == (8, 8, 0)

    def test_moving(self, held: Hold, sku: Sku, warehouse: Warehouse) -> None:
        target = factories.make_bin(warehouse, "T-1")
        refusal = refusal_of(lambda: self.move(sku, warehouse, 3, target), Conflict)
        assert (refusal.code, refusal.extra) == ("STOCK_UNAVAILABLE", {"available": 2})
        assert StockItem.objects.get().on_hand == 10

    def test_never_counting(self, held: Hold, sku: Sku, warehouse: Warehouse) -> None:
        factories.stock(sku, warehouse, 1, mode=Mode.TO, code="cycle_count")
        assert figures(sku) == (1, 8, -7)
        factories.stock(sku, warehouse, 12, mode=Mode.TO, code="cycle_count")
        assert figures(sku) == (12, 8, 4)

    @pytest.mark.parametrize("code", ["ADJUSTMENT", "DAMAGE", "THEFT", "AUDIT", "expired"])
    def test_never_correcting(self, held: Hold, sku: Sku, warehouse: Warehouse, code: str) -> None:
        factories.stock(sku, warehouse, -9, code=code)
        assert figures(sku) == (1, 8, -7)

    def test_not_what_is_elsewhere(self, milk: Sku, warehouse: Warehouse) -> None:
        factories.hold(milk, warehouse, lot=Lot.objects.get(code="SOON"))
        factories.stock(milk, warehouse, -5, code="SALE")
        left = dict(StockItem.objects.filter(sku=milk).values_list("lot__code", "on_hand"))
        assert left["LATE"] == 0


class TestEvents:
    def test_low_once_for_each_crossing(
        self, access: Access, organization: Organization, warehouse: Warehouse
    ) -> None:
        sku = factories.make_sku(organization, "MUG", reorder_point=8)
        factories.stock(sku, warehouse, 10)
        WebhookEndpoint.objects.create(
            organization=organization, url="https://receiver.example/hook",
            event_types=["inventory.low_stock"], secret="sealed",
        )  # fmt: skip

        def told() -> list[int]:
            rows = Event.objects.filter(type=EventType.LOW_STOCK).order_by("id")
            return [json.loads(body)["data"]["available"] for body in rows.values_list("body", flat=True)]

        factories.hold(sku, warehouse, 2)
        assert told() == []
        made = factories.hold(sku, warehouse, 3)
        assert told() == [5]
        release(access, made, quantity=1)  # six: low still
        assert told() == [5]
        release(access, made)
        factories.hold(sku, warehouse, 1)
        assert told() == [5, 7]


def test_each_costs_the_same_however_many_items_it_is_about(
    access: Access, organization: Organization, warehouse: Warehouse
) -> None:
    found: dict[str, list[int]] = {"create": [], "create all": [], "release": []}
    for bins in (1, 3):
        sku = factories.make_sku(organization, f"S-{bins}")
        for number in range(bins):
            factories.stock(sku, warehouse, 5, bin=factories.make_bin(warehouse, f"B-{bins}-{number}"))
        with CaptureQueriesContext(connection) as made:
            hold = factories.hold(sku, warehouse, 5 * bins)
        with CaptureQueriesContext(connection) as released:
            release(access, hold)
        with CaptureQueriesContext(connection) as all_of_it:
            factories.hold(sku, warehouse)
        for name, queries in {"create": made, "create all": all_of_it, "release": released}.items():
            found[name].append(len(queries))
    assert found == {"create": [13, 13], "create all": [13, 13], "release": [15, 15]}
