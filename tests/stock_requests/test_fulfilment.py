"""Picking and fulfilling: what the stock, the reservations and the request say, wherever the goods go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from inventory import history
from inventory.adjustments import adjust
from inventory.ledger import Line
from inventory.models import (
    Event,
    EventType,
    Movement,
    Reservation,
    Sku,
    Source,
    StockItem,
    StockLevel,
    Transfer,
    TransferState,
)
from inventory.transfers import Receipt, receive_transfer
from inventory.verification import verify
from stock_requests.decisions.approving import LineDecision, Substitute
from stock_requests.fulfilment import Fulfilled, Picked, fulfil_request, pick_request
from stock_requests.models import Remainder, RequestState, StockRequest
from tests import factories
from tests.stock_requests.approved import To, approved_request, fulfil, lines_of, picking_request
from tests.stock_requests.conftest import Ground
from warehouses import keys, transactions
from warehouses.access import access_of_key
from warehouses.actors import SYSTEM
from warehouses.identifiers import new_id
from warehouses.models import Warehouse
from warehouses.refusals import Conflict, Forbidden, InvalidInput, NotFound, Refusal, RuleBroken, Stale

pytestmark = pytest.mark.django_db

BACK_ORDER, CLOSED = Remainder.BACK_ORDER, Remainder.CLOSED


@pytest.fixture(autouse=True)
def _stock_is_right(db: None) -> Any:
    yield
    assert list(verify()) == []


def figures(sku: Sku, warehouse: Warehouse) -> tuple[int, int, int]:
    """On hand, reserved, available."""
    level = StockLevel.objects.filter(sku=sku, warehouse=warehouse).first()
    return (level.on_hand, level.reserved, level.available) if level else (0, 0, 0)


def in_bins(sku: Sku, warehouse: Warehouse) -> dict[str, int]:
    items = StockItem.objects.filter(sku=sku, warehouse=warehouse, on_hand__gt=0)
    return dict(items.values_list("bin__code").annotate(Sum("on_hand")).order_by())


def refusal_of(work: Callable[[], Any], kind: type[Refusal]) -> Refusal:
    with pytest.raises(kind) as caught:
        transactions.run(work)
    return caught.value


def movements_of(request: StockRequest) -> list[tuple[int, str, str, str]]:
    rows = Movement.objects.filter(document_type="stock_request", document_id=request.pk)
    return list(
        rows.order_by("sku__code", "level_version").values_list(
            "delta", "reason_code__code", "stock_item__bin__code", "reference"
        )
    )


def pick(ground: Ground, request: StockRequest, *picked: tuple[int, int], **given: Any) -> StockRequest:
    rows = [
        Picked(lines_of(request)[place].pk, quantity, index) for index, (place, quantity) in enumerate(picked)
    ]
    return transactions.run(
        lambda: pick_request(**{"access": ground.picker, "request": request, "picked": rows} | given)
    )


class TestPicking:
    def test_begins_and_goes_on(self, ground: Ground) -> None:
        gloves, masks, _ = ground.skus
        request = approved_request(ground, None, [(gloves, 10), (masks, 5)])
        version = request.version
        begun = pick(ground, request, note="Cart 4")
        assert (begun.state, begun.version) == (RequestState.PICKING, version + 1)
        more = pick(ground, request, (0, 6), (1, 5))
        assert (more.state, more.version) == (RequestState.PICKING, version + 2)
        assert [line.picked for line in lines_of(request)] == [6, 5]
        less = pick(ground, request, (0, 4))
        assert [line.picked for line in lines_of(request)] == [4, 5]
        # The same once more is nothing.
        assert pick(ground, request, (0, 4)).version == less.version
        assert figures(gloves, ground.source) == (100, 10, 90)
        told = [
            (change.from_state, change.to_state, change.quantity, change.note, change.actor_name)
            for change in history.history_of([request])[request.pk]
            if change.action == "pick"
        ]
        by = "picker@acme.example"
        assert told == [
            ("approved", "picking", 0, "Cart 4", by),
            ("picking", "picking", 11, "", by),
            ("picking", "picking", 9, "", by),
        ]

    @pytest.mark.parametrize(
        ("quantity", "kind", "code"),
        [(-1, InvalidInput, "INVALID_QUANTITY"), (11, RuleBroken, "MORE_THAN_APPROVED")],
    )
    def test_no_more_than_was_approved(
        self, ground: Ground, quantity: int, kind: type[Refusal], code: str
    ) -> None:
        request = approved_request(ground, None, [(ground.skus[0], 10)])
        refusal = refusal_of(lambda: pick(ground, request, (0, quantity)), kind)
        assert refusal.code == code
        assert [(each.index, each.field) for each in refusal.problems] == [(0, "quantity")]
        assert StockRequest.objects.get().state == RequestState.APPROVED

    def test_each_line_once_and_only_its_own(self, ground: Ground) -> None:
        request = approved_request(ground, None, [(ground.skus[0], 10)])
        (line,) = lines_of(request)
        rows = [Picked(line.pk, 1), Picked(None, 1, 1), Picked(new_id(), 1, 2), Picked(line.pk, 2, 3)]
        refusal = refusal_of(
            lambda: pick_request(access=ground.picker, request=request, picked=rows), RuleBroken
        )
        assert [(each.code, each.index, each.field) for each in refusal.problems] == [
            ("REQUEST_LINE_NOT_FOUND", 1, "line"),
            ("REQUEST_LINE_NOT_FOUND", 2, "line"),
            ("DUPLICATE_ROW", 3, "line"),
        ]

    def test_only_what_is_approved(self, ground: Ground) -> None:
        request = factories.submitted_request(ground.source, None, [(ground.skus[0], 10)])
        refusal = refusal_of(lambda: pick_request(access=ground.picker, request=request), Conflict)
        assert (refusal.code, refusal.extra["state"]) == ("INVALID_TRANSITION", "submitted")

    @pytest.mark.parametrize("name", ["requester", "viewer"])
    def test_only_by_who_works_at_the_source(self, ground: Ground, name: str) -> None:
        request = approved_request(ground, ground.destination, [(ground.skus[0], 10)])
        access = ground.access(name)
        refusal = refusal_of(lambda: pick_request(access=access, request=request), Forbidden)
        assert (refusal.code, refusal.extra) == (
            "PERMISSION_DENIED",
            {"missing": ["stockrequests.write"]},
        )

    def test_a_condition_may_refuse(self, ground: Ground) -> None:
        request = approved_request(ground, None, [(ground.skus[0], 10)])

        def stale(locked: StockRequest) -> None:
            raise Stale("STALE", "It has changed.")

        refusal_of(lambda: pick_request(access=ground.picker, request=request, condition=stale), Stale)
        assert StockRequest.objects.get().state == RequestState.APPROVED


class TestHandingOut:
    @pytest.mark.parametrize("to", ["department", "nobody"])
    def test_the_goods_leave_for_good(self, ground: Ground, to: str) -> None:
        gloves, masks, _ = ground.skus
        goal = ground.department if to == "department" else None
        request = picking_request(ground, goal, [(gloves, 10), (masks, 5)])
        assert figures(gloves, ground.source) == (100, 10, 90)
        done = fulfil(ground, request, note="Desk 2")
        assert (figures(gloves, ground.source), figures(masks, ground.source)) == (
            (90, 0, 90),
            (95, 0, 95),
        )
        assert movements_of(request) == [
            (-10, "stock_request", "MAIN", request.name),
            (-5, "stock_request", "MAIN", request.name),
        ]
        assert (done.state, done.transfer, done.version) == (
            RequestState.FULFILLED,
            None,
            request.version + 1,
        )
        stored = StockRequest.objects.get()
        assert stored.closed_at == Movement.objects.latest("recorded_at").recorded_at
        assert [(line.fulfilled, line.remaining) for line in lines_of(request)] == [(10, 0), (5, 0)]
        assert [
            (each.state, each.open, each.fulfilled) for each in Reservation.objects.order_by("quantity")
        ] == [("fulfilled", 0, 5), ("fulfilled", 0, 10)]
        last = history.history_of([request])[request.pk][-1]
        assert (last.action, last.from_state, last.to_state) == ("fulfil", "picking", "fulfilled")
        assert (last.quantity, last.note, last.actor_name) == (15, "Desk 2", "picker@acme.example")

    def test_first_expired_first_out(self, ground: Ground) -> None:
        today = ground.organization.today()
        serum = factories.make_sku(ground.organization, "SERUM", is_lot_controlled=True)
        for code, days, units in (("LATE", 30, 5), ("SOON", 3, 4), ("GONE", -1, 9)):
            lot = factories.make_lot(serum, code, today + timedelta(days=days))
            factories.stock(serum, ground.source, units, lot=lot)
        fulfil(ground, picking_request(ground, None, [(serum, 6)]))
        left = StockItem.objects.filter(sku=serum).order_by("lot__code")
        assert list(left.values_list("lot__code", "on_hand")) == [("GONE", 9), ("LATE", 3), ("SOON", 0)]

    def test_to_the_last_unit_where_more_is_promised_than_is_there(self, ground: Ground) -> None:
        gloves = ground.skus[0]
        request = picking_request(ground, None, [(gloves, 40)])
        factories.reserve(gloves, ground.source, 60)
        factories.stock(gloves, ground.source, -60)
        fulfil(ground, request)
        assert figures(gloves, ground.source) == (0, 60, -60)


class TestSending:
    @pytest.mark.parametrize("to", ["warehouse", "room"])
    def test_a_transfer_is_on_its_way(self, ground: Ground, to: str) -> None:
        gloves, masks, _ = ground.skus
        goal: To = ground.room if to == "room" else ground.destination
        request = picking_request(ground, goal, [(gloves, 10), (masks, 5)], needed_by=date(2099, 3, 1))
        done = fulfil(ground, request, note="Van 1")
        assert (figures(gloves, ground.source), figures(gloves, ground.destination)) == (
            (90, 0, 90),
            (0, 0, 0),
        )
        transfer = Transfer.objects.get()
        assert done.transfer == transfer
        assert (transfer.from_warehouse, transfer.to_warehouse) == (ground.source, ground.destination)
        assert (transfer.state, transfer.reference, transfer.note, transfer.expected_on) == (
            TransferState.IN_TRANSIT,
            request.name,
            "Van 1",
            date(2099, 3, 1),
        )
        assert transfer.actor_name == "picker@acme.example"
        assert StockRequest.objects.get().closed_at == transfer.shipped_at
        shelf = ground.room.bins.get() if to == "room" else None
        assert [
            (line.transfer_line.sku, line.transfer_line.shipped, line.transfer_line.to_bin)
            for line in lines_of(request)
            if line.transfer_line
        ] == [(gloves, 10, shelf), (masks, 5, shelf)]
        assert movements_of(request) == []
        receipts = [Receipt(line.pk, line.shipped) for line in transfer.lines.all()]
        transactions.run(lambda: receive_transfer(access=ground.owner, transfer=transfer, receipts=receipts))
        assert in_bins(gloves, ground.destination) == {shelf.code if shelf else "MAIN": 10}

    def test_in_one_posting_and_of_what_was_promised(self, ground: Ground) -> None:
        """Whoever could not ship a transfer there may fulfil a request for it; and nothing is promised in between."""
        gloves = ground.skus[0]
        access = ground.picker
        assert not access.covers("transfers.write", ground.destination.pk)
        request = picking_request(ground, ground.destination, [(gloves, 40)])
        factories.reserve(gloves, ground.source, 60)
        factories.stock(gloves, ground.source, -50)
        before = StockLevel.objects.get(sku=gloves, warehouse=ground.source)
        fulfil(ground, request)
        after = StockLevel.objects.get(pk=before.pk)
        assert (after.on_hand, after.reserved) == (10, 60)
        assert after.version == before.version + 1

    def test_nothing_is_sent_where_nothing_goes(self, ground: Ground) -> None:
        request = picking_request(ground, ground.destination, [(ground.skus[0], 10)])
        done = fulfil(ground, request, (0, 0), remainder=CLOSED, reason="Dropped")
        assert (done.state, done.transfer) == (RequestState.FULFILLED, None)
        assert not Transfer.objects.exists()
        assert figures(ground.skus[0], ground.source) == (100, 0, 100)

    def test_a_line_that_nothing_comes_of_is_in_no_transfer(self, ground: Ground) -> None:
        gloves, masks, saline = ground.skus
        request = picking_request(ground, ground.destination, [(gloves, 1), (masks, 2), (saline, 3)])
        fulfil(ground, request, (1, 0), remainder=CLOSED, reason="Gone")
        carried = [line.transfer_line and line.transfer_line.quantity for line in lines_of(request)]
        assert carried == [1, None, 3]

    def test_a_closed_destination_refuses(self, ground: Ground) -> None:
        request = picking_request(ground, ground.destination, [(ground.skus[0], 10)])
        Warehouse.objects.filter(pk=ground.destination.pk).update(is_active=False)
        assert refusal_of(lambda: fulfil(ground, request), Conflict).code == "WAREHOUSE_INACTIVE"
        assert not Transfer.objects.exists()


class TestBringingToARoom:
    def test_the_goods_change_their_bin_and_are_promised_no_more(self, ground: Ground) -> None:
        gloves, masks, _ = ground.skus
        request = picking_request(ground, ground.ward, [(gloves, 10), (masks, 5)])
        done = fulfil(ground, request)
        assert figures(gloves, ground.source) == (100, 0, 100)
        assert in_bins(gloves, ground.source) == {"MAIN": 90, "W-1": 10}
        assert movements_of(request) == [
            (-10, "put_away", "MAIN", request.name),
            (10, "put_away", "W-1", request.name),
            (-5, "put_away", "MAIN", request.name),
            (5, "put_away", "W-1", request.name),
        ]
        assert (done.state, done.transfer) == (RequestState.FULFILLED, None)
        assert [line.fulfilled for line in lines_of(request)] == [10, 5]

    def test_what_lies_there_already_is_left_alone(self, ground: Ground) -> None:
        gloves = ground.skus[0]
        full = factories.make_bin(ground.source, "W-2", room=ground.ward, capacity=30)
        factories.stock(gloves, ground.source, 30, bin=full)
        factories.stock(gloves, ground.source, -95)
        assert in_bins(gloves, ground.source) == {"MAIN": 5, "W-2": 30}
        request = picking_request(ground, ground.ward, [(gloves, 20)])
        refusal = refusal_of(lambda: fulfil(ground, request), Conflict)
        assert (refusal.code, refusal.extra) == ("STOCK_UNAVAILABLE", {"available": 5})
        assert figures(gloves, ground.source) == (35, 20, 15)
        fulfil(ground, request, (0, 5), remainder=BACK_ORDER)
        assert in_bins(gloves, ground.source) == {"W-1": 5, "W-2": 30}
        assert figures(gloves, ground.source) == (35, 0, 35)

    def test_others_keep_what_they_were_promised(self, ground: Ground) -> None:
        gloves = ground.skus[0]
        factories.reserve(gloves, ground.source, 90)
        fulfil(ground, picking_request(ground, ground.ward, [(gloves, 10)]))
        assert figures(gloves, ground.source) == (100, 90, 10)

    def test_to_a_bin_that_has_room(self, ground: Ground) -> None:
        gloves, masks, saline = ground.skus
        ground.ward.bins.update(capacity=12)
        factories.make_bin(ground.source, "W-2", room=ground.ward, capacity=8)
        factories.make_bin(ground.source, "W-0", room=ground.ward, is_active=False)
        fulfil(ground, picking_request(ground, ground.ward, [(gloves, 10), (masks, 5)]))
        assert in_bins(gloves, ground.source) == {"MAIN": 90, "W-1": 10}
        assert in_bins(masks, ground.source) == {"MAIN": 95, "W-2": 5}
        fulfil(ground, picking_request(ground, ground.ward, [(masks, 2)]))
        assert in_bins(masks, ground.source) == {"MAIN": 93, "W-2": 7}
        request = picking_request(ground, ground.ward, [(saline, 5)])
        assert refusal_of(lambda: fulfil(ground, request), Conflict).code == "BIN_FULL"

    def test_a_room_without_a_bin_in_use(self, ground: Ground) -> None:
        request = picking_request(ground, ground.ward, [(ground.skus[0], 10)])
        ground.ward.bins.update(is_active=False)
        refusal = refusal_of(lambda: fulfil(ground, request), RuleBroken)
        assert (refusal.code, refusal.problems[0].field) == ("ROOM_HAS_NO_BIN", "to_room")

    def test_a_room_that_is_gone(self, ground: Ground) -> None:
        request = picking_request(ground, ground.ward, [(ground.skus[0], 10)])
        StockRequest.objects.filter(pk=request.pk).update(to_room=None)
        assert refusal_of(lambda: fulfil(ground, request), RuleBroken).code == "SAME_LOCATION"


class TestQuantities:
    def test_what_was_picked_where_anything_was(self, ground: Ground) -> None:
        gloves, masks, _ = ground.skus
        request = picking_request(ground, None, [(gloves, 10), (masks, 5)])
        pick(ground, request, (0, 7))
        fulfil(ground, request, remainder=CLOSED, reason="Shelf empty")
        assert [(line.fulfilled, line.closed, line.shortage_reason) for line in lines_of(request)] == [
            (7, 3, "Shelf empty"),
            (0, 5, "Shelf empty"),
        ]

    def test_a_line_says_otherwise_than_the_request(self, ground: Ground) -> None:
        gloves, masks, saline = ground.skus
        request = picking_request(ground, None, [(gloves, 10), (masks, 5), (saline, 4)])
        one, two, _ = lines_of(request)
        fulfil(
            ground,
            request,
            Fulfilled(one.pk, 8, BACK_ORDER, " Late "),
            Fulfilled(two.pk, 1, index=1),
            remainder=CLOSED,
            reason="Broken",
        )
        assert [
            (line.fulfilled, line.back_ordered, line.closed, line.shortage_reason)
            for line in lines_of(request)
        ] == [(8, 2, 0, "Late"), (1, 0, 4, "Broken"), (4, 0, 0, "")]
        (back,) = StockRequest.objects.exclude(pk=request.pk)
        assert [(line.sku, line.requested) for line in lines_of(back)] == [(gloves, 2)]
        assert figures(gloves, ground.source) == (92, 0, 92)

    def test_every_missing_unit_is_accounted_for(self, ground: Ground) -> None:
        gloves, masks, saline = ground.skus
        request = picking_request(ground, None, [(gloves, 10), (masks, 5), (saline, 4)])
        one, two, three = lines_of(request)
        rows = [
            Fulfilled(one.pk, 8),
            Fulfilled(two.pk, 1, CLOSED, index=1),
            Fulfilled(three.pk, 5, index=2),
        ]
        refusal = refusal_of(
            lambda: fulfil_request(access=ground.picker, request=request, lines=rows), RuleBroken
        )
        assert [(each.code, each.index, each.field) for each in refusal.problems] == [
            ("REMAINDER_REQUIRED", 0, "remainder"),
            ("REASON_REQUIRED", 1, "reason"),
            ("MORE_THAN_APPROVED", 2, "quantity"),
        ]
        assert figures(gloves, ground.source) == (100, 10, 90)

    def test_lines_that_are_not_named_are_refused_as_the_request(self, ground: Ground) -> None:
        request = picking_request(ground, None, [(ground.skus[0], 10), (ground.skus[1], 10)])
        pick(ground, request, (0, 1))
        refusal = refusal_of(lambda: fulfil(ground, request), RuleBroken)
        assert refusal.code == "REMAINDER_REQUIRED"
        assert [(each.index, each.field) for each in refusal.problems] == [
            (None, "remainder"),
            (None, "remainder"),
        ]

    @pytest.mark.parametrize(
        ("row", "kind", "code"),
        [
            ({"quantity": -1}, InvalidInput, "INVALID_QUANTITY"),
            ({"quantity": 1, "remainder": CLOSED, "reason": " "}, RuleBroken, "REASON_REQUIRED"),
            ({"quantity": 1, "remainder": CLOSED, "reason": "x" * 201}, InvalidInput, "INVALID_REQUEST"),
            ({"line_id": None}, NotFound, "REQUEST_LINE_NOT_FOUND"),
        ],
    )
    def test_bad_rows(self, ground: Ground, row: dict[str, Any], kind: type[Refusal], code: str) -> None:
        request = picking_request(ground, None, [(ground.skus[0], 10)])
        said = Fulfilled(**{"line_id": lines_of(request)[0].pk, "index": 3} | row)
        refusal = refusal_of(lambda: fulfil(ground, request, said), kind)
        assert (refusal.code, [each.index for each in refusal.problems]) == (code, [3])

    def test_a_shortage_is_said_of_the_row(self, ground: Ground) -> None:
        gloves, masks, _ = ground.skus
        for to in (None, ground.destination, ground.ward):
            request = picking_request(ground, to, [(gloves, 10), (masks, 5)])
            factories.stock(masks, ground.source, -97)
            keys_of_lines = [line.pk for line in lines_of(request)]
            said = [Fulfilled(keys_of_lines[1], 5, index=4)]
            refusal = refusal_of(lambda request=request, said=said: fulfil(ground, request, *said), Conflict)
            assert (refusal.code, refusal.extra) == ("STOCK_UNAVAILABLE", {"available": 3})
            assert [(each.index, each.field) for each in refusal.problems] == [(4, "quantity")]
            fulfil(ground, request, (0, 0), (1, 0), remainder=CLOSED, reason="Lost")
            factories.stock(masks, ground.source, 97)


class TestBackOrders:
    def test_what_was_cut_and_what_is_short_is_asked_for_again(self, ground: Ground) -> None:
        gloves, masks, saline = ground.skus
        decisions = [
            LineDecision(None, 6, "Enough for now", BACK_ORDER, index=0),
            LineDecision(None, 3, "Others instead", CLOSED, [Substitute(saline, 2)], index=1),
        ]
        request = picking_request(
            ground, ground.destination, [(gloves, 10), (masks, 5)], decisions, needed_by=date(2099, 3, 1)
        )
        fulfil(ground, request, (0, 5), (2, 1), remainder=BACK_ORDER, reason="Shelf empty")
        assert [
            (line.requested, line.fulfilled, line.substituted, line.back_ordered, line.closed)
            for line in lines_of(request)
        ] == [(10, 5, 0, 5, 0), (5, 3, 2, 0, 0), (2, 1, 0, 1, 0)]
        (back,) = StockRequest.objects.exclude(pk=request.pk)
        assert (back.back_order_of, back.state, back.number) == (
            request,
            RequestState.SUBMITTED,
            request.number + 1,
        )
        assert (back.from_warehouse, back.to_warehouse, back.needed_by) == (
            ground.source,
            ground.destination,
            date(2099, 3, 1),
        )
        assert [(line.sku, line.requested) for line in lines_of(back)] == [(gloves, 5), (saline, 1)]
        assert (back.requested_by, back.actor_name) == (request.requested_by, request.actor_name)
        assert figures(gloves, ground.source) == (95, 0, 95)

    def test_none_where_nothing_is(self, ground: Ground) -> None:
        request = picking_request(ground, None, [(ground.skus[0], 10)])
        fulfil(ground, request, (0, 9), remainder=CLOSED, reason="Broken")
        assert StockRequest.objects.count() == 1

    def test_a_refused_posting_leaves_none(self, ground: Ground) -> None:
        gloves, masks, _ = ground.skus
        request = picking_request(ground, None, [(gloves, 10), (masks, 5)])
        factories.stock(masks, ground.source, -100)
        refusal_of(lambda: fulfil(ground, request, (0, 9), remainder=BACK_ORDER), Conflict)
        assert StockRequest.objects.count() == 1
        assert StockRequest.objects.get().state == RequestState.PICKING


class TestWho:
    def test_a_key_that_may_write_requests_at_the_source_and_nothing_else(self, ground: Ground) -> None:
        key, _ = keys.create_key(
            organization=ground.organization,
            actor=SYSTEM,
            name="Picking robot",
            scopes=["stockrequests.write"],
            warehouses=[ground.source],
        )
        request = picking_request(ground, ground.destination, [(ground.skus[0], 10)])
        done = fulfil(ground, request, access=access_of_key(key))
        assert done.state == RequestState.FULFILLED
        assert Transfer.objects.get().actor_name == "Picking robot"

    @pytest.mark.parametrize("name", ["requester", "viewer"])
    def test_nobody_without_that_right(self, ground: Ground, name: str) -> None:
        request = picking_request(ground, ground.destination, [(ground.skus[0], 10)])
        refusal = refusal_of(lambda: fulfil(ground, request, access=ground.access(name)), Forbidden)
        assert refusal.code == "PERMISSION_DENIED"
        assert figures(ground.skus[0], ground.source) == (100, 10, 90)

    def test_another_organization_sees_none(self, ground: Ground) -> None:
        other = factories.make_organization("Other")
        access = access_of_key(
            keys.create_key(organization=other, actor=SYSTEM, name="K", scopes=["stockrequests.write"])[0]
        )
        request = picking_request(ground, None, [(ground.skus[0], 10)])
        refusal = refusal_of(lambda: fulfil(ground, request, access=access), NotFound)
        assert refusal.code == "STOCK_REQUEST_NOT_FOUND"

    @pytest.mark.parametrize("state", ["approved", "fulfilled"])
    def test_only_while_it_is_picked(self, ground: Ground, state: str) -> None:
        request = approved_request(ground, None, [(ground.skus[0], 10)])
        if state == "fulfilled":
            pick(ground, request)
            fulfil(ground, request)
        refusal = refusal_of(lambda: fulfil(ground, request), Conflict)
        assert (refusal.code, refusal.extra["state"]) == ("INVALID_TRANSITION", state)


def test_it_is_told(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """To subscribers and to the requester, with the clock of the posting."""
    from stock_requests.fulfilment import fulfilling

    told: list[tuple[Any, ...]] = []

    def announced(kind: EventType, **given: Any) -> None:
        told.append((kind, given["request"].pk, given["at"], given["reason"]))

    monkeypatch.setattr(fulfilling, "announce_request", announced)
    monkeypatch.setattr(fulfilling, "tell_fulfilled", lambda **given: told.append((given["at"],)))
    request = picking_request(ground, None, [(ground.skus[0], 10)])
    done = fulfil(ground, request, note="Desk 2")
    assert told == [
        (EventType.REQUEST_FULFILLED, request.pk, done.closed_at, "Desk 2"),
        (done.closed_at,),
    ]
    assert not Event.objects.exists()


#: What picking and fulfilling take, with lines that are cut short and a back-order.
STATEMENTS = {
    "department": (5, 40),
    "warehouse": (5, 51),
    "room elsewhere": (5, 53),
    "room here": (5, 43),
}


@pytest.mark.parametrize("to", list(STATEMENTS))
def test_as_many_statements_for_many_lines_as_for_one(ground: Ground, to: str, is_postgresql: bool) -> None:
    goal: To = {
        "department": ground.department,
        "warehouse": ground.destination,
        "room elsewhere": ground.room,
        "room here": ground.ward,
    }[to]
    skus = _assortment(ground, 500)
    access = ground.picker
    for number in (1, 3, 500):
        request = approved_request(ground, goal, [(sku, 4) for sku in skus[:number]])
        lines = [line.pk for line in lines_of(request)]
        picked = [Picked(key, 4, index) for index, key in enumerate(lines)]
        said = [Fulfilled(key, 3, BACK_ORDER, index=index) for index, key in enumerate(lines)]
        counts = (
            _statements(partial(pick_request, access=access, request=request, picked=picked)),
            _statements(partial(fulfil_request, access=access, request=request, lines=said)),
        )
        picking, fulfilling = STATEMENTS[to]
        if to == "room here":
            fulfilling += is_postgresql  # which locks the bins that goods are put into
        assert (number, counts) == (number, (picking, fulfilling))


def _assortment(ground: Ground, number: int) -> list[Sku]:
    """So many SKUs of one product, ten units of each at the source."""
    product = factories.make_product(ground.organization)
    skus = Sku.objects.bulk_create(
        Sku(
            organization=ground.organization,
            product=product,
            code=f"BULK-{place}",
            code_key=f"bulk-{place}",
            title="Bulk",
        )
        for place in range(number)
    )
    reason = factories.reason(ground.organization)
    lines = [Line(sku=sku, warehouse=ground.source, quantity=10, reason=reason) for sku in skus]
    transactions.run(
        lambda: adjust(organization=ground.organization, actor=SYSTEM, source=Source.SYSTEM, lines=lines)
    )
    return skus


def _statements(work: Callable[[], Any]) -> int:
    """Without the ends of transactions."""
    with CaptureQueriesContext(connection) as queries:
        transactions.run(work)
    told = [query["sql"] for query in queries.captured_queries]
    return sum(1 for sql in told if not sql.startswith(("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT")))
