"""Reserving, fulfilling and releasing: the rules, whoever calls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory import history
from inventory.ledger import rows
from inventory.models import (
    Channel,
    ChannelPolicy,
    ChannelRule,
    LotState,
    Movement,
    Reservation,
    Sku,
    StockItem,
    StockLevel,
)
from inventory.reservations import (
    create_reservation,
    find_reservation,
    fulfil_reservation,
    release_reservation,
)
from inventory.verification import verify
from tests import factories
from tests.inventory.clock import Clock
from warehouses import keys, transactions
from warehouses.access import Access, access_of_key, access_of_system
from warehouses.actors import SYSTEM
from warehouses.models import Organization, Warehouse
from warehouses.refusals import Conflict, Forbidden, InvalidInput, NotFound, Refusal, RuleBroken

pytestmark = pytest.mark.django_db

Act = Callable[..., Reservation]
ACTS = [fulfil_reservation, release_reservation]
each_act = pytest.mark.parametrize("act", ACTS)


def figures(sku: Sku) -> tuple[int, int, int]:
    """On hand, reserved, available."""
    level = StockLevel.objects.get(sku=sku)
    return level.on_hand, level.reserved, level.available


def do(act: Act, access: Access, reservation: Reservation, **given: Any) -> Reservation:
    return transactions.run(lambda: act(access=access, reservation=reservation, **given))


def history_of(reservation: Reservation) -> list[tuple[str, str, str, int | None]]:
    changes = history.history_of([reservation])[reservation.pk]
    return [(change.action, change.from_state, change.to_state, change.quantity) for change in changes]


def refusal_of(what: Callable[[], Any], kind: type[Refusal]) -> Refusal:
    with pytest.raises(kind) as caught:
        transactions.run(what)
    return caught.value


@pytest.fixture(autouse=True)
def _stock_is_right(db: None) -> Any:
    yield
    assert list(verify()) == []


class TestCreating:
    def test_promises_the_units_and_moves_none(self, access: Access, sku: Sku, warehouse: Warehouse) -> None:
        movements = Movement.objects.count()
        made = factories.reserve(sku, warehouse, 4, reference=" SO-7 ", note="Gift")
        assert figures(sku) == (10, 4, 6)
        assert Movement.objects.count() == movements
        stored = Reservation.objects.get()
        assert (stored.pk, stored.state, stored.quantity, stored.open, stored.fulfilled) == (
            made.pk, "active", 4, 4, 0,
        )  # fmt: skip
        assert (stored.reference, stored.note, stored.version) == ("SO-7", "Gift", 1)
        assert (stored.actor_type, stored.actor_name) == ("system", "system")
        assert stored.level == StockLevel.objects.get()
        assert history_of(stored) == [("create", "", "active", 4)]

    def test_no_more_than_is_available(self, access: Access, sku: Sku, warehouse: Warehouse) -> None:
        factories.reserve(sku, warehouse, 4)
        factories.hold(sku, warehouse, 3)
        refusal = refusal_of(lambda: factories.reserve(sku, warehouse, 4), Conflict)
        assert (refusal.code, refusal.extra) == ("STOCK_UNAVAILABLE", {"available": 3})
        factories.reserve(sku, warehouse, 3)
        assert figures(sku) == (10, 7, 0)
        assert Reservation.objects.count() == 2

    @pytest.mark.parametrize("state", [LotState.EXPIRED, LotState.QUARANTINED, LotState.ACTIVE])
    def test_what_may_not_leave_is_not_promised(
        self, organization: Organization, warehouse: Warehouse, state: LotState
    ) -> None:
        milk = factories.make_sku(organization, "MILK", is_lot_controlled=True)
        yesterday = organization.today() - timedelta(days=1)
        bad = factories.make_lot(milk, "BAD", yesterday if state is LotState.ACTIVE else None, state=state)
        factories.stock(milk, warehouse, 5, lot=bad)
        factories.stock(milk, warehouse, 2, lot=factories.make_lot(milk, "GOOD"))
        refusal = refusal_of(lambda: factories.reserve(milk, warehouse, 3), Conflict)
        assert refusal.extra == {"available": 2}

    def test_a_sku_that_was_never_there(self, organization: Organization, warehouse: Warehouse) -> None:
        new = factories.make_sku(organization, "NEW")
        refusal = refusal_of(lambda: factories.reserve(new, warehouse, 1), Conflict)
        assert (refusal.code, refusal.extra) == ("STOCK_UNAVAILABLE", {"available": 0})
        assert not StockLevel.objects.filter(sku=new).exists()

    @pytest.mark.parametrize("quantity", [0, -1])
    def test_a_quantity_is_one_or_more(self, sku: Sku, warehouse: Warehouse, quantity: int) -> None:
        """A negative one would free what others have reserved."""
        factories.reserve(sku, warehouse, 4)
        refusal = refusal_of(lambda: factories.reserve(sku, warehouse, quantity), InvalidInput)
        assert refusal.code == "INVALID_QUANTITY"
        assert figures(sku) == (10, 4, 6)

    def test_says_what_for(self, sku: Sku, warehouse: Warehouse) -> None:
        refusal = refusal_of(lambda: factories.reserve(sku, warehouse, 1, reference="  "), InvalidInput)
        assert [problem.field for problem in refusal.problems] == ["reference"]

    def test_ends_in_the_future(self, sku: Sku, warehouse: Warehouse, clock: Clock) -> None:
        refusal = refusal_of(lambda: factories.reserve(sku, warehouse, 1, expires_at=clock.now), RuleBroken)
        assert (refusal.code, refusal.problems[0].field) == ("EXPIRES_IN_PAST", "expires_at")
        factories.reserve(sku, warehouse, 1, expires_at=clock.now + timedelta(microseconds=1))

    @pytest.mark.parametrize("how", ["readonly", "inactive"])
    def test_not_where_stock_cannot_change(self, organization: Organization, sku: Sku, how: str) -> None:
        place = factories.make_warehouse(organization, "FBA", type="FBA" if how == "readonly" else "own")
        factories.stock(sku, place, 5)
        if how == "inactive":
            Warehouse.objects.filter(pk=place.pk).update(is_active=False)
        refusal = refusal_of(lambda: factories.reserve(sku, place, 1, by_sync=False), Refusal)
        assert refusal.code == ("READONLY_WAREHOUSE" if how == "readonly" else "WAREHOUSE_INACTIVE")

    def test_needs_the_right_in_that_warehouse(
        self, organization: Organization, sku: Sku, warehouse: Warehouse
    ) -> None:
        second = factories.make_warehouse(organization, "Second")
        key, _ = keys.create_key(
            organization=organization, actor=SYSTEM, name="K", scopes=["inventory.write"], warehouses=[second]
        )
        limited = access_of_key(key)
        refusal = refusal_of(lambda: factories.reserve(sku, warehouse, 1, access=limited), Forbidden)
        assert refusal.code == "PERMISSION_DENIED"
        reservation = factories.reserve(sku, warehouse, 1)
        for act in ACTS:
            refusal_of(partial(act, access=limited, reservation=reservation), Forbidden)
        with pytest.raises(NotFound):
            find_reservation(access=limited, public_id=reservation.public_id)
        assert figures(sku) == (10, 1, 9)

    def test_another_organizations_reservation_is_none(self, sku: Sku, warehouse: Warehouse) -> None:
        other = factories.make_organization("Other")
        theirs = factories.make_sku(other)
        factories.stock(theirs, other.warehouses.get(), 5)
        reservation = factories.reserve(theirs, other.warehouses.get(), 2)
        mine = factories.reserve(sku, warehouse, 1)
        assert find_reservation(access=_system(sku), public_id=mine.public_id) == mine
        with pytest.raises(NotFound):
            find_reservation(access=_system(sku), public_id=reservation.public_id)


def _system(sku: Sku) -> Access:
    return access_of_system(sku.organization)


class TestForAChannel:
    @pytest.fixture
    def shop(self, organization: Organization) -> Channel:
        return Channel.objects.create(organization=organization, code="shop", name="Web shop", buffer=2)

    def test_no_more_than_it_may_be_promised(self, sku: Sku, warehouse: Warehouse, shop: Channel) -> None:
        refusal = refusal_of(lambda: factories.reserve(sku, warehouse, 9, channel=shop), Conflict)
        assert (refusal.code, refusal.extra) == ("STOCK_UNAVAILABLE", {"available": 8})
        assert [problem.field for problem in refusal.problems] == ["quantity"]
        factories.reserve(sku, warehouse, 8, channel=shop)
        refusal = refusal_of(lambda: factories.reserve(sku, warehouse, 1, channel=shop), Conflict)
        assert refusal.extra == {"available": 0}
        factories.reserve(sku, warehouse, 2)  # what is kept back from the shop is there for others

    def test_an_allocation_counts_what_it_has_already(
        self, organization: Organization, sku: Sku, warehouse: Warehouse, shop: Channel
    ) -> None:
        ChannelRule.objects.create(
            organization=organization, channel=shop, sku=sku, warehouse=warehouse,
            policy=ChannelPolicy.ALLOCATED, allocation=5,
        )  # fmt: skip
        first = factories.reserve(sku, warehouse, 4, channel=shop)
        refusal = refusal_of(lambda: factories.reserve(sku, warehouse, 2, channel=shop), Conflict)
        assert refusal.extra == {"available": 1}
        do(release_reservation, _system(sku), first, quantity=1)
        factories.reserve(sku, warehouse, 2, channel=shop)

    def test_what_has_run_out_no_longer_counts_against_it(
        self, organization: Organization, sku: Sku, warehouse: Warehouse, shop: Channel, clock: Clock
    ) -> None:
        ChannelRule.objects.create(
            organization=organization, channel=shop, sku=sku, warehouse=warehouse,
            policy=ChannelPolicy.ALLOCATED, allocation=5,
        )  # fmt: skip
        factories.reserve(sku, warehouse, 5, channel=shop, expires_at=clock.now + timedelta(minutes=1))
        refusal_of(lambda: factories.reserve(sku, warehouse, 1, channel=shop), Conflict)
        clock.advance(minutes=1)
        factories.reserve(sku, warehouse, 5, channel=shop)
        assert figures(sku) == (10, 5, 5)

    def test_an_excluded_or_inactive_one_gets_nothing(
        self, organization: Organization, sku: Sku, warehouse: Warehouse, shop: Channel
    ) -> None:
        rule = ChannelRule.objects.create(
            organization=organization, channel=shop, sku=sku, warehouse=warehouse,
            policy=ChannelPolicy.EXCLUDED,
        )  # fmt: skip
        refusal_of(lambda: factories.reserve(sku, warehouse, 1, channel=shop), Conflict)
        rule.delete()
        Channel.objects.update(is_active=False)
        shop.refresh_from_db()
        refusal_of(lambda: factories.reserve(sku, warehouse, 1, channel=shop), Conflict)


class TestFulfilling:
    def test_the_goods_leave_and_are_not_reserved_any_more(
        self, access: Access, sku: Sku, warehouse: Warehouse
    ) -> None:
        made = factories.reserve(sku, warehouse, 4, reference="SO-7")
        done = do(fulfil_reservation, access, made, note="Parcel 12")
        assert figures(sku) == (6, 0, 6)
        assert (done.state, done.open, done.fulfilled, done.version) == ("fulfilled", 0, 4, 2)
        assert done.closed_at is not None
        movement = Movement.objects.order_by("level_version").last()
        assert movement is not None
        assert (movement.delta, movement.reason_code.code, movement.note, movement.reference) == (
            -4, "SALE", "Parcel 12", "SO-7",
        )  # fmt: skip
        assert (movement.document_type, movement.document_id) == ("reservation", made.pk)
        assert history_of(made) == [("create", "", "active", 4), ("fulfil", "active", "fulfilled", 4)]

    def test_its_own_units_are_there_for_it_when_nothing_else_is(
        self, access: Access, sku: Sku, warehouse: Warehouse
    ) -> None:
        """The reservation shrinks in the same posting: otherwise nothing would be available to take."""
        made = factories.reserve(sku, warehouse, 10)
        do(fulfil_reservation, access, made, quantity=3)
        assert figures(sku) == (7, 7, 0)
        do(fulfil_reservation, access, made)
        assert figures(sku) == (0, 0, 0)

    def test_first_expired_first_out(
        self, access: Access, organization: Organization, warehouse: Warehouse
    ) -> None:
        milk = factories.make_sku(organization, "MILK", is_lot_controlled=True)
        late = factories.make_lot(milk, "LATE", date(2099, 12, 1))
        soon = factories.make_lot(milk, "SOON", date(2099, 1, 1))
        for lot in (late, soon):
            factories.stock(milk, warehouse, 5, lot=lot)
        do(fulfil_reservation, access, factories.reserve(milk, warehouse, 7))
        left = dict(StockItem.objects.filter(sku=milk).values_list("lot__code", "on_hand"))
        assert left == {"LATE": 3, "SOON": 0}

    def test_in_parts(self, access: Access, sku: Sku, warehouse: Warehouse) -> None:
        made = factories.reserve(sku, warehouse, 4)
        part = do(fulfil_reservation, access, made, quantity=1)
        assert (part.state, part.open, part.fulfilled, part.closed_at) == ("active", 3, 1, None)
        assert figures(sku) == (9, 3, 6)
        last = do(fulfil_reservation, access, made, quantity=3)
        assert (last.state, last.open, last.fulfilled) == ("fulfilled", 0, 4)
        assert [row[0] for row in history_of(made)] == ["create", "fulfil", "fulfil"]

    def test_another_reason(
        self, access: Access, organization: Organization, sku: Sku, warehouse: Warehouse
    ) -> None:
        made = factories.reserve(sku, warehouse, 4)
        do(fulfil_reservation, access, made, reason=factories.reason(organization, "supplier_return"))
        movement = Movement.objects.order_by("level_version").last()
        assert movement is not None
        assert movement.reason_code.code == "supplier_return"

    @pytest.mark.parametrize("code", ["ADJUSTMENT", "DAMAGE", "supplier_receipt", "found"])
    def test_only_with_a_reason_with_which_goods_leave(
        self, access: Access, organization: Organization, sku: Sku, warehouse: Warehouse, code: str
    ) -> None:
        """A correction would take what is on hold or expired."""
        made = factories.reserve(sku, warehouse, 4)
        refusal = refusal_of(
            lambda: fulfil_reservation(
                access=access, reservation=made, reason=factories.reason(organization, code)
            ),
            RuleBroken,
        )
        assert (refusal.code, refusal.problems[0].field) == ("REASON_NOT_ISSUE", "reason")
        assert figures(sku) == (10, 4, 6)

    def test_goods_that_are_gone_or_on_hold_are_named(
        self, access: Access, sku: Sku, warehouse: Warehouse
    ) -> None:
        """A count is a fact and may leave less than is promised."""
        made = factories.reserve(sku, warehouse, 6)
        factories.hold(sku, warehouse, 4)
        factories.stock(sku, warehouse, -5)
        refusal = refusal_of(lambda: fulfil_reservation(access=access, reservation=made), Conflict)
        assert (refusal.code, refusal.extra) == ("STOCK_UNAVAILABLE", {"available": 1})
        assert figures(sku) == (5, 6, -5)
        do(fulfil_reservation, access, made, quantity=1)
        assert figures(sku) == (4, 5, -5)

    def test_of_two_promises_the_first_to_be_kept_is_kept(
        self, access: Access, sku: Sku, warehouse: Warehouse
    ) -> None:
        """Where a count has left less than is promised: whoever packs first, ships, as long as something is there."""
        first, second = (factories.reserve(sku, warehouse, 5) for _ in range(2))
        factories.stock(sku, warehouse, -4)
        do(fulfil_reservation, access, first)
        assert figures(sku) == (1, 5, -4)
        refusal = refusal_of(lambda: fulfil_reservation(access=access, reservation=second), Conflict)
        assert (refusal.code, refusal.extra) == ("STOCK_UNAVAILABLE", {"available": 1})


class TestReleasing:
    def test_whole(self, access: Access, sku: Sku, warehouse: Warehouse) -> None:
        movements = Movement.objects.count()
        made = factories.reserve(sku, warehouse, 4)
        done = do(release_reservation, access, made, note="Cancelled")
        assert figures(sku) == (10, 0, 10)
        assert (done.state, done.open, done.fulfilled, done.version) == ("released", 0, 0, 2)
        assert Movement.objects.count() == movements
        assert history_of(made)[1:] == [("release", "active", "released", 4)]
        assert history.history_of([made])[made.pk][1].note == "Cancelled"

    def test_in_parts(self, access: Access, sku: Sku, warehouse: Warehouse) -> None:
        made = factories.reserve(sku, warehouse, 4)
        part = do(release_reservation, access, made, quantity=3)
        assert (part.state, part.open) == ("active", 1)
        assert figures(sku) == (10, 1, 9)

    @pytest.mark.parametrize(
        ("first", "last", "state"),
        [
            (fulfil_reservation, release_reservation, "released"),
            (release_reservation, fulfil_reservation, "fulfilled"),
        ],
    )
    def test_the_last_act_decides_what_it_ends_as(
        self, access: Access, sku: Sku, warehouse: Warehouse, first: Act, last: Act, state: str
    ) -> None:
        made = factories.reserve(sku, warehouse, 4)
        do(first, access, made, quantity=1)
        done = do(last, access, made)
        assert (done.state, done.open) == (state, 0)
        assert done.fulfilled == (1 if last is release_reservation else 3)


@each_act
class TestWhatIsOver:
    @pytest.mark.parametrize("earlier", ACTS)
    def test_nothing_is_done_twice(
        self, access: Access, sku: Sku, warehouse: Warehouse, act: Act, earlier: Act
    ) -> None:
        made = factories.reserve(sku, warehouse, 4)
        do(earlier, access, made)
        before = figures(sku)
        refusal = refusal_of(lambda: act(access=access, reservation=made), Conflict)
        state = "fulfilled" if earlier is fulfil_reservation else "released"
        assert (refusal.code, refusal.extra) == ("INVALID_TRANSITION", {"state": state, "allowed": []})
        assert figures(sku) == before

    def test_one_whose_time_is_up_is_over_at_its_instant(
        self, access: Access, sku: Sku, warehouse: Warehouse, act: Act, clock: Clock
    ) -> None:
        ends = clock.now + timedelta(minutes=5)
        made = factories.reserve(sku, warehouse, 4, expires_at=ends)
        clock.put(ends)
        refusal = refusal_of(lambda: act(access=access, reservation=made), Conflict)
        assert (refusal.code, refusal.extra) == ("INVALID_TRANSITION", {"state": "expired", "allowed": []})
        assert StockLevel.objects.get().on_hand == 10

    def test_one_microsecond_before_it_is_not(
        self, access: Access, sku: Sku, warehouse: Warehouse, act: Act, clock: Clock
    ) -> None:
        ends = clock.now + timedelta(minutes=5)
        made = factories.reserve(sku, warehouse, 4, expires_at=ends)
        clock.put(ends - timedelta(microseconds=1))
        assert do(act, access, made).open == 0

    def test_time_that_is_up_while_the_lock_is_waited_for(
        self,
        access: Access,
        sku: Sku,
        warehouse: Warehouse,
        act: Act,
        clock: Clock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        ends = clock.now + timedelta(minutes=5)
        made = factories.reserve(sku, warehouse, 4, expires_at=ends)
        locks = rows.lock_levels

        def slowly(keys: Any) -> Any:
            clock.put(ends)
            return locks(keys)

        monkeypatch.setattr(rows, "lock_levels", slowly)
        refusal = refusal_of(lambda: act(access=access, reservation=made), Conflict)
        assert refusal.code == "INVALID_TRANSITION"

    def test_more_than_is_open_names_what_is(
        self, access: Access, sku: Sku, warehouse: Warehouse, act: Act
    ) -> None:
        made = factories.reserve(sku, warehouse, 4)
        do(release_reservation, access, made, quantity=1)
        refusal = refusal_of(lambda: act(access=access, reservation=made, quantity=4), Conflict)
        assert (refusal.code, refusal.extra) == ("MORE_THAN_OPEN", {"open": 3})
        assert figures(sku) == (10, 3, 7)

    @pytest.mark.parametrize("quantity", [0, -2])
    def test_a_quantity_is_one_or_more(
        self, access: Access, sku: Sku, warehouse: Warehouse, act: Act, quantity: int
    ) -> None:
        made = factories.reserve(sku, warehouse, 4)
        refusal_of(lambda: act(access=access, reservation=made, quantity=quantity), InvalidInput)
        assert figures(sku) == (10, 4, 6)

    def test_all_of_it_is_all_that_is_open_under_the_lock(
        self, access: Access, sku: Sku, warehouse: Warehouse, act: Act
    ) -> None:
        """What the caller has in hand may be older: here it still says four."""
        made = factories.reserve(sku, warehouse, 4)
        do(release_reservation, access, made, quantity=1)
        assert made.open == 4
        assert do(act, access, made).open == 0
        assert StockLevel.objects.get().reserved == 0

    def test_a_precondition_sees_the_record_as_it_is(
        self, access: Access, sku: Sku, warehouse: Warehouse, act: Act
    ) -> None:
        made = factories.reserve(sku, warehouse, 4)
        do(release_reservation, access, made, quantity=1)
        seen: list[tuple[int, int]] = []
        do(act, access, made, precondition=lambda found: seen.append((found.open, found.version)))
        assert seen == [(3, 2)]


def test_each_costs_the_same_however_much_it_is_about(
    access: Access, organization: Organization, warehouse: Warehouse
) -> None:
    """Nine for the ledger without movements, and the record with its line of history."""
    found: dict[str, list[int]] = {"create": [], "fulfil": [], "release": []}
    for bins in (1, 3):
        sku = factories.make_sku(organization, f"S-{bins}")
        for number in range(bins):
            factories.stock(sku, warehouse, 5, bin=factories.make_bin(warehouse, f"B-{bins}-{number}"))
        with CaptureQueriesContext(connection) as made:
            reservation = factories.reserve(sku, warehouse, 5 * bins)
        with CaptureQueriesContext(connection) as released:
            do(release_reservation, access, reservation, quantity=1)
        with CaptureQueriesContext(connection) as fulfilled:
            do(fulfil_reservation, access, reservation, quantity=5 * bins - 1)
        for name, queries in {"create": made, "release": released, "fulfil": fulfilled}.items():
            found[name].append(len(queries))
    assert found == {"create": [11, 11], "release": [12, 12], "fulfil": [15, 15]}


def test_a_refused_channel_leaves_what_had_run_out_for_the_next_reader(
    organization: Organization, sku: Sku, warehouse: Warehouse, clock: Clock
) -> None:
    shop = Channel.objects.create(organization=organization, code="shop", name="Shop", is_active=False)
    factories.reserve(sku, warehouse, 6, expires_at=clock.now + timedelta(minutes=1))
    clock.advance(minutes=1)
    refusal_of(lambda: factories.reserve(sku, warehouse, 1, channel=shop), Conflict)
    assert figures(sku) == (10, 6, 4)  # rolled back, the sweep too
    assert factories.reserve(sku, warehouse, 10).open == 10
    assert timezone.now() == clock.now
    assert figures(sku) == (10, 10, 0)


def test_who_may_only_read_there_is_told_so(
    organization: Organization, sku: Sku, warehouse: Warehouse
) -> None:
    made = factories.reserve(sku, warehouse, 1)
    key, _ = keys.create_key(
        organization=organization, actor=SYSTEM, name="Reader", scopes=["inventory.read"]
    )
    with pytest.raises(Forbidden):
        find_reservation(access=access_of_key(key), public_id=made.public_id, permission="inventory.write")
    refusal_of(
        lambda: create_reservation(
            access=access_of_key(key), sku=sku, warehouse=warehouse, quantity=1, reference="X"
        ),
        Forbidden,
    )
