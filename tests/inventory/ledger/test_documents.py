"""Random histories of a business: reservations, holds, transfers, put-away, lots, destruction, through their services.

Where the model can say what a service must do, it says it: which movements, and every refusal. Of the others it takes
the movements over, each against what it knows, and what was in the houses and between them stays the same but for what
came, what left and what was written off.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from django.db.models import F, Sum
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from inventory.expiry.destruction import destroy
from inventory.expiry.lines import WantedUnits
from inventory.expiry.marking import mark_consumed, mark_expired
from inventory.holds import create_hold, release_hold
from inventory.models import (
    Hold,
    HoldState,
    Lot,
    LotState,
    Movement,
    PutAway,
    PutAwayState,
    Reservation,
    ReservationState,
    Source,
    StockItem,
    StockLevel,
    Transfer,
    TransferLine,
    TransferState,
)
from inventory.put_away import (
    GoodsToPut,
    PutLine,
    cancel_put_away,
    complete_put_away,
    create_put_away,
)
from inventory.receipts import Delivered, NamedLot, record_receipt
from inventory.reservations import create_reservation, fulfil_reservation, release_reservation
from inventory.stock_documents import correct_lot
from inventory.transfers import (
    Receipt,
    WantedLine,
    cancel_transfer,
    create_transfer,
    receive_transfer,
    ship_transfer,
)
from tests.inventory.ledger.batches import fingerprint
from tests.inventory.ledger.model import LevelModel, Move, Place, Refused, Row, Tray
from tests.inventory.ledger.test_properties import (
    HOUSES,
    PROFILE,
    SEARCH,
    SHELVES,
    WARES,
    Business,
    History,
    rows,
    trays,
    whole_batches,
)
from tests.machine.profile import IS_NIGHTLY
from warehouses import transactions
from warehouses.refusals import Refusal

Done = TypeVar("Done")

FEW = st.sampled_from([1, 1, 2, 2, 3, 4, 5, 8])
WARE = st.sampled_from(WARES)
HOUSE = st.sampled_from(HOUSES)
ANY = st.integers(0, 10**6)
WANTED = st.tuples(WARE, FEW, st.none() | st.sampled_from(SHELVES[:2]), st.none() | st.integers(0, 2))
GOODS = st.tuples(ANY, FEW, st.none() | st.sampled_from(SHELVES), st.booleans())
NOBODYS_STOCK = {"NEGATIVE_QUANTITY": "STOCK_UNAVAILABLE", "INSUFFICIENT_STOCK": "STOCK_UNAVAILABLE"}


@dataclass(frozen=True)
class Act:
    """Something that can be done, with what it draws; only while there is a record of that kind (and state)."""

    strategies: dict[str, st.SearchStrategy[Any]]
    when: tuple[Any, str | None] | None


ACTS: dict[str, Act] = {}


def act(*, when: tuple[Any, str | None] | None = None, **strategies: st.SearchStrategy[Any]) -> Any:
    def decorate(method: Callable[..., None]) -> Callable[..., None]:
        ACTS[method.__name__] = Act(strategies, when)
        return method

    return decorate


class Operations(History):
    """What people do with documents, and between it what the ledger does alone."""

    @rule(data=st.data())
    def do(self, data: st.DataObject) -> None:
        """One of the acts that can be done now; those that end something more often than those that begin it."""
        able = [name for name, each in ACTS.items() if each.when is not None and self.has(*each.when)] * 3
        able += [name for name, each in ACTS.items() if each.when is None]
        name = data.draw(st.sampled_from(able), "act")
        arguments = {label: data.draw(each, label) for label, each in ACTS[name].strategies.items()}
        getattr(self, name)(**arguments)

    @property
    def business(self) -> Business:
        return self.businesses[0]

    # --- how the model and the product are held together

    def attempt(
        self, work: Callable[[], Done], *, change: Callable[[Done], int] = lambda done: 0
    ) -> Done | None:
        """What the work gives, or None where it is refused, and has then changed nothing. `change` is what it adds to
        all that is in the houses and between them.
        """
        before, there = fingerprint(), self.everything()
        try:
            done = transactions.run(work)
        except Refusal:
            assert fingerprint() == before
            return None
        assert self.everything() - there == change(done)
        self.take_over()
        return done

    def predicted(
        self, rows: list[Row], work: Callable[[], Done], *, translated: bool = True
    ) -> tuple[Done | None, list[tuple[tuple[str, str], Move]]]:
        """The work, which must do what the model does with the rows, or be refused with its code."""
        try:
            expected = self.business.stock.post(rows, self.now)
        except Refused as refusal:
            before = fingerprint()
            with pytest.raises(Refusal) as caught:
                transactions.run(work)
            codes = {NOBODYS_STOCK.get(code, code) if translated else code for _, code in refusal.causes}
            assert {problem.code for problem in caught.value.problems} == codes
            assert fingerprint() == before
            return None, []
        there = self.everything()
        done = transactions.run(work)
        left = sum(move.delta for _, move in expected)
        assert self.everything() - there in {0, left}  # what leaves is in transit, or gone
        self.business.read_ranks()
        return done, expected

    def everything(self) -> int:
        """All that is in the houses of the business and on its way between them."""
        items = StockItem.objects.filter(organization=self.business.organization)
        lines = TransferLine.objects.filter(transfer__organization=self.business.organization)
        rest = Sum(F("shipped") - F("received") + F("surplus") - F("written_off"))
        there = items.aggregate(units=Sum("on_hand"))["units"] or 0
        return int(there + (lines.aggregate(units=rest)["units"] or 0))

    def take_over(self) -> None:
        """Tell the model what the product did; each movement, and what ran out, against what it knows."""
        business = self.business
        for lot in Lot.objects.filter(organization=business.organization).select_related("sku"):
            key = (lot.sku.code, lot.code)
            if key not in business.trays:
                business.trays[key] = Tray(
                    lot.code, lot.sku.code, lot.expires_on, lot.received_at.timestamp(), leaves=False
                )
                business.lots[key] = lot
                assert lot.state == LotState.EXPIRED
            if lot.state != LotState.ACTIVE:
                business.stock.spoilt.add(business.trays[key])
        active = set(
            Reservation.objects.filter(
                organization=business.organization, state=ReservationState.ACTIVE
            ).values_list("reference", flat=True)
        )
        movements = Movement.objects.filter(organization=business.organization).order_by("level_version")
        history: dict[tuple[str, str], list[tuple[Any, ...]]] = defaultdict(list)
        for ware, house, *values in movements.values_list(
            *("sku__code", "warehouse__name", "stock_item__bin__code", "stock_item__lot__code"),
            *("delta", "level_before", "level_after", "item_after"),
        ):
            history[ware, house].append(tuple(values))
        for ware, house, version in StockLevel.objects.filter(organization=business.organization).values_list(
            "sku__code", "warehouse__name", "version"
        ):
            thresholds = next(each.thresholds for each in WARES if each.name == ware)
            level = business.stock.levels.setdefault((ware, house), LevelModel(thresholds))
            over = [name for name in level.promises if name not in active]
            for name in over:
                until = level.promises.pop(name).until
                assert until is not None
                assert until <= self.now
            new = history[ware, house][len(level.moves) :]
            for shelf, lot, delta, before, after, item_after in new:
                place = business.place(ware, shelf, lot)
                assert before == level.on_hand
                level.units[place] = level.units.get(place, 0) + delta
                assert (level.on_hand, level.units[place]) == (after, item_after)
                level.moves.append(Move(place, delta, before, after, item_after))
            level.version += len(new) or (1 if over else 0)
            assert level.version == version
        business.read_ranks()

    def name(self) -> str:
        self.names += 1
        return f"{self.names}"

    def pick(self, model: Any, place: int, state: str | None = None) -> Any:
        """One of the records; of those in the state, if there are any."""
        rows = model.objects.filter(organization=self.business.organization).order_by("pk")
        found = list(rows.filter(state=state)) if state is not None else []
        found = found or list(rows)
        return found[place % len(found)]

    def has(self, model: Any, state: str | None = None) -> bool:
        rows = model.objects.filter(organization=self.business.organization)
        return bool((rows if state is None else rows.filter(state=state)).exists())

    def item(self, place: int) -> StockItem | None:
        items = StockItem.objects.filter(organization=self.business.organization, on_hand__gt=0)
        found = list(items.order_by("pk"))
        return found[place % len(found)] if found else None

    def where(self, item: StockItem) -> tuple[Any, str, Place]:
        """The model's words for a stock item."""
        ware = next(each for each in WARES if each.name == item.sku.code)
        lot = item.lot.code if item.lot else None
        return ware, item.warehouse.name, self.business.place(ware.name, item.bin.code, lot)

    # --- reservations and holds

    @act(row=rows(wishes=("promise",)))
    def reserve_by_service(self, row: Row) -> None:
        if (row.promise or 0) < 1:
            return
        row = self.named(row)
        self.predicted(
            [row],
            lambda: create_reservation(
                access=self.business.access,
                sku=self.business.skus[row.ware.name],
                warehouse=self.business.houses[row.house],
                quantity=row.promise or 0,
                reference=row.name,
                expires_at=row.until,
            ),
        )

    @act(when=(Reservation, None), place=ANY, units=st.none() | FEW, fulfils=st.booleans())
    def end_a_reservation(self, place: int, units: int | None, *, fulfils: bool) -> None:
        reservation = self.pick(Reservation, place, ReservationState.ACTIVE if place % 4 else None)
        act = fulfil_reservation if fulfils else release_reservation
        work = lambda: act(access=self.business.access, reservation=reservation, quantity=units)  # noqa: E731
        over = reservation.expires_at is not None and reservation.expires_at <= self.now
        wanted = units or reservation.open
        if over or reservation.state != ReservationState.ACTIVE or wanted > reservation.open:
            is_open = not over and reservation.state == ReservationState.ACTIVE
            with pytest.raises(Refusal) as caught:
                transactions.run(work)
            assert caught.value.code == ("MORE_THAN_OPEN" if is_open else "INVALID_TRANSITION")
            return
        ware = next(each for each in WARES if each.name == reservation.sku.code)
        rows = [Row(ware, reservation.warehouse.name, promise=-wanted, name=reservation.reference)]
        if fulfils:
            rows.append(Row(ware, reservation.warehouse.name, change=-wanted, issue=True, kept=True))
        done, expected = self.predicted(rows, work)
        if done is not None:
            self.compare(self.business, done.pk, expected)

    @act(row=rows(wishes=("hold",)), takes_all=st.booleans())
    def hold_by_service(self, row: Row, *, takes_all: bool) -> None:
        business = self.business
        if (row.hold or 0) < 1 or row.lotless:
            return
        row = self.named(row)
        create = lambda quantity: create_hold(  # noqa: E731
            access=business.access,
            sku=business.skus[row.ware.name],
            warehouse=business.houses[row.house],
            reason="any",
            quantity=quantity,
            bin=business.bins[row.house, row.shelf.name] if row.shelf else None,
            lot=business.lots[row.ware.name, row.tray.name] if row.tray else None,
            reference=row.name,
        )
        if not takes_all:
            self.predicted([row], lambda: create(row.hold))
            return
        # As much as the model allows, which is tried out; the product is asked once.
        most = 0
        for units in range(1, 1000):
            try:
                copy.deepcopy(self.business.stock).post([replace(row, hold=units)], self.now)
            except Refused:
                break
            most = units
        self.predicted([replace(row, hold=max(most, 1))], lambda: create(None))

    @act(when=(Hold, None), place=ANY, units=st.none() | FEW)
    def release_a_hold(self, place: int, units: int | None) -> None:
        hold = self.pick(Hold, place, HoldState.ACTIVE if place % 4 else None)
        work = lambda: release_hold(access=self.business.access, hold=hold, quantity=units)  # noqa: E731
        wanted = units or hold.open
        if hold.state == HoldState.RELEASED or wanted > hold.open:
            with pytest.raises(Refusal) as caught:
                transactions.run(work)
            codes = {HoldState.RELEASED: "INVALID_TRANSITION", HoldState.ACTIVE: "MORE_THAN_OPEN"}
            assert caught.value.code == codes[HoldState(hold.state)]
            return
        rows = []
        for part in hold.parts.order_by("pk").select_related("stock_item__bin", "stock_item__lot"):
            if released := min(wanted, part.quantity):
                ware, house, where = self.where(part.stock_item)
                rows.append(Row(ware, house, hold=-released, name=hold.reference, place=where))
                wanted -= released
        self.predicted(rows, work)

    # --- transfers

    @act(
        ends=st.tuples(HOUSE, HOUSE),
        lines=st.lists(WANTED, min_size=1, max_size=3),
        goals=st.lists(st.none() | st.sampled_from(SHELVES), min_size=3, max_size=3),
        ships=st.sampled_from([True, True, False]),
    )
    def draft_a_transfer(
        self, ends: tuple[str, str], lines: list[tuple[Any, ...]], goals: list[Any], *, ships: bool
    ) -> None:
        business = self.business
        source, destination = ends
        wanted = []
        for (ware, units, shelf, lot), goal in zip(lines, goals, strict=False):
            if source == destination and goal is None:  # two bins have to be named then
                shelf, goal = SHELVES[0], SHELVES[1]
            wanted.append(
                WantedLine(
                    sku=business.skus[ware.name],
                    quantity=units,
                    lot=business.lots[ware.name, trays(ware.name)[lot].name] if lot is not None else None,
                    from_bin=business.bins[source, shelf.name] if shelf else None,
                    to_bin=business.bins[destination, goal.name] if goal else None,
                )
            )
        transfer = self.attempt(
            lambda: create_transfer(
                access=business.access,
                from_warehouse=business.houses[source],
                to_warehouse=business.houses[destination],
                lines=wanted,
            )
        )
        if transfer is not None and ships:
            self.ship_it(transfer)

    @act(when=(Transfer, TransferState.DRAFT), place=ANY)
    def ship(self, place: int) -> None:
        self.ship_it(self.pick(Transfer, place, TransferState.DRAFT))

    def ship_it(self, transfer: Transfer) -> None:
        business = self.business
        rows = []
        for line in transfer.lines.select_related("sku", "lot", "from_bin").order_by("position"):
            ware = next(each for each in WARES if each.name == line.sku.code)
            shelf = next(
                (each for each in SHELVES if line.from_bin and each.name == line.from_bin.code), None
            )
            tray = business.trays[ware.name, line.lot.code] if line.lot else None
            house = transfer.from_warehouse.name
            rows.append(Row(ware, house, change=-line.quantity, issue=True, shelf=shelf, tray=tray))
        done, expected = self.predicted(
            rows, lambda: ship_transfer(access=business.access, transfer=transfer)
        )
        if done is not None:
            self.compare(business, done.pk, expected)

    @act(when=(Transfer, None), place=ANY)
    def act_in_the_wrong_state(self, place: int) -> None:
        transfer = self.pick(Transfer, place)
        acts: dict[str, list[Callable[..., Any]]] = {
            TransferState.DRAFT: [receive_transfer],
            TransferState.IN_TRANSIT: [ship_transfer, cancel_transfer],
            TransferState.RECEIVED: [ship_transfer, receive_transfer, cancel_transfer],
            TransferState.CANCELLED: [ship_transfer, receive_transfer, cancel_transfer],
        }
        before = fingerprint()
        for act in acts[transfer.state]:
            with pytest.raises(Refusal) as caught:
                transactions.run(lambda act=act: act(access=self.business.access, transfer=transfer))  # type: ignore[misc]
            assert caught.value.code == "INVALID_TRANSITION"
        assert fingerprint() == before

    @act(when=(Transfer, TransferState.DRAFT), place=ANY)
    def call_a_transfer_off(self, place: int) -> None:
        transfer = self.pick(Transfer, place, TransferState.DRAFT)
        if place % 3 == 0:
            self.attempt(lambda: cancel_transfer(access=self.business.access, transfer=transfer))

    @act(
        when=(Transfer, TransferState.IN_TRANSIT),
        place=ANY,
        parts=st.lists(st.tuples(st.integers(-3, 9), st.booleans()), min_size=3, max_size=3),
        is_final=st.booleans(),
        goal=st.none() | st.sampled_from(SHELVES),
    )
    def receive(self, place: int, parts: list[tuple[int, bool]], goal: Any, *, is_final: bool) -> None:
        """Of each line all, less, nothing or more than is in transit, with a reason for what is short or without."""
        business = self.business
        transfer = self.pick(Transfer, place, TransferState.IN_TRANSIT)
        receipts, change = [], 0
        for line, (more, has_reason) in zip(transfer.lines.order_by("position"), parts, strict=False):
            rest = line.in_transit
            arrived = max(rest + more, 0) if more <= 3 else rest // 2
            short = max(rest - arrived, 0)
            change += max(arrived - rest, 0) - (short if has_reason else 0)
            receipts.append(
                Receipt(
                    line_id=line.pk,
                    quantity=arrived,
                    to_bin=business.bins[transfer.to_warehouse.name, goal.name] if goal else None,
                    shortage_reason="lost" if has_reason else "",
                    surplus_reason="found" if arrived > rest else "",
                )
            )
        self.attempt(
            lambda: receive_transfer(
                access=business.access,
                transfer=transfer,
                receipts=receipts if len(receipts) < 3 or not is_final else None,
                is_final=is_final and len(receipts) < 3,
            ),
            change=lambda done: change if len(receipts) < 3 or not is_final else 0,
        )

    # --- put-away

    @act(
        house=HOUSE,
        goods=st.lists(GOODS, min_size=1, max_size=3),
    )
    def plan_a_put_away(self, house: str, goods: list[tuple[int, int, Any, bool]]) -> None:
        business = self.business
        items = StockItem.objects.filter(warehouse=business.houses[house], on_hand__gt=0).order_by("pk")
        found = list(items.select_related("sku", "bin", "lot"))
        if not found:
            return
        wanted = []
        for place, units, goal, names_lot in goods:
            item = found[place % len(found)]
            wanted.append(
                GoodsToPut(
                    sku=item.sku,
                    quantity=units,
                    from_bin=item.bin,
                    lot=item.lot if names_lot else None,
                    to_bin=business.bins[house, goal.name] if goal else None,
                )
            )
        self.attempt(
            lambda: create_put_away(access=business.access, warehouse=business.houses[house], goods=wanted)
        )

    @act(
        when=(PutAway, PutAwayState.OPEN),
        place=ANY,
        less=st.lists(st.integers(0, 3), min_size=2, max_size=2),
        cancels=st.integers(0, 4),
    )
    def end_a_put_away(self, place: int, less: list[int], cancels: int) -> None:
        business = self.business
        task = self.pick(PutAway, place, PutAwayState.OPEN)
        if cancels == 0:
            self.attempt(lambda: cancel_put_away(access=business.access, task=task))
            return
        lines, said, rows = list(task.lines.order_by("position")), [], []
        for number, line in enumerate(lines):
            units = max(line.quantity - less[number], 0) if number < len(less) else line.quantity
            if number < len(less):
                said.append(PutLine(line_id=line.pk, quantity=units))
            if units:
                ware = next(each for each in WARES if each.name == line.sku.code)
                lot = business.trays[ware.name, line.lot.code] if line.lot else None
                ends = {
                    "shelf": next(each for each in SHELVES if each.name == line.from_bin.code),
                    "to_shelf": next(each for each in SHELVES if each.name == line.to_bin.code),
                }
                rows.append(Row(ware, task.warehouse.name, shift=units, tray=lot, keeps=True, **ends))
        work = lambda: complete_put_away(access=business.access, task=task, lines=said)  # noqa: E731
        if not rows:
            self.attempt(work)
            return
        done, expected = self.predicted(rows, work)
        if done is not None:
            self.compare(business, done.pk, expected)
            before = fingerprint()
            with pytest.raises(Refusal) as caught:
                transactions.run(work)
            assert caught.value.code == "INVALID_TRANSITION"
            assert fingerprint() == before

    # --- lots, and goods that expire

    @act(place=ANY, units=FEW, goal=ANY, names_bin=st.booleans())
    def correct_a_lot(self, place: int, units: int, goal: int, *, names_bin: bool) -> None:
        business = self.business
        item = self.item(place)
        if item is None:
            return
        ware, house, where = self.where(item)
        tray = trays(ware.name)[goal % len(trays(ware.name))]
        if tray == where.tray:
            return
        row = Row(
            ware,
            house,
            shift=units,
            fact=True,
            shelf=where.shelf if names_bin else None,
            tray=where.tray,
            lotless=where.tray is None,
            to_tray=tray,
        )
        done, expected = self.predicted(
            [row],
            lambda: correct_lot(
                access=business.access,
                source=Source.SYSTEM,
                sku=item.sku,
                warehouse=item.warehouse,
                bin=item.bin if names_bin else None,
                from_lot=item.lot,
                to_lot=business.lots[ware.name, tray.name],
                quantity=units,
            ),
            translated=False,
        )
        if done is not None:
            assert done.adjustment is not None
            self.compare(business, done.adjustment.pk, expected)

    @act(places=st.lists(ANY, min_size=1, max_size=2), units=st.none() | FEW, what=st.sampled_from("mcdd"))
    def goods_expire(self, places: list[int], units: int | None, what: str) -> None:
        """Marked as expired, used up, or brought to be destroyed."""
        business = self.business
        items = [item for place in places if (item := self.item(place)) is not None]
        wanted = [WantedUnits(item.public_id, units) for item in dict.fromkeys(items)]
        if not wanted:
            return
        if what == "m":
            self.attempt(lambda: mark_expired(access=business.access, source=Source.SYSTEM, lines=wanted))
        elif what == "d":
            self.attempt(lambda: destroy(access=business.access, lines=wanted, reason="spoilt"))
        else:
            self.attempt(
                lambda: mark_consumed(access=business.access, source=Source.SYSTEM, lines=wanted),
                change=lambda done: -sum(each.units for each in done[0]),
            )

    @act(house=HOUSE, lines=st.lists(rows(wishes=("up",)), min_size=1, max_size=3))
    def receive_from_a_supplier(self, house: str, lines: list[Row]) -> None:
        business = self.business
        lines = [row for row in lines if 0 < (row.change or 0) < 100]
        if not lines:
            return
        self.attempt(
            lambda: record_receipt(
                access=business.access,
                source=Source.SYSTEM,
                warehouse=business.houses[house],
                lines=[
                    Delivered(
                        sku=business.skus[row.ware.name],
                        quantity=row.change or 0,
                        bin=business.bins[house, row.shelf.name] if row.shelf else None,
                        lot=NamedLot(row.tray.name) if row.tray else None,
                        index=index,
                    )
                    for index, row in enumerate(lines)
                ],
            ),
            change=lambda done: sum(row.change or 0 for row in lines),
        )

    # --- the ledger alone

    @act(row=rows() | rows(named=False))
    def adjust(self, row: Row) -> None:
        self.post(self.business, [row])

    @act(batch=whole_batches())
    def bulk(self, batch: list[Row]) -> None:
        self.post(self.business, batch)

    @act(hours=st.integers(0, 20))
    def time_passes(self, hours: int) -> None:
        History.now += timedelta(hours=hours)


@pytest.fixture
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is as late as the history says."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: History.now)


@pytest.mark.django_db
@pytest.mark.timeout(900)  # nightly: a minute by itself, and more beside others
@pytest.mark.usefixtures("today", "_clock")
def test_random_operations() -> None:
    Operations.businesses = (Business("One"),)
    run_state_machine_as_test(
        Operations, settings=settings(PROFILE, max_examples=SEARCH or (16 if IS_NIGHTLY else 5))
    )
