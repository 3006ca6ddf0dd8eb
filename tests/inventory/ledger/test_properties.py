"""Random histories: the ledger does exactly what a plain-Python model of it does, and stays sound after every step.

The histories are the same on every run; `HYPOTHESIS_SEARCH=400` looks at that many new ones instead. A failure prints
the steps of the shortest history that shows it.
"""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from inventory.adjustments import Recorded, reverse
from inventory.ledger import Line, Mode, Settings, expire
from inventory.ledger.lines import PHYSICAL
from inventory.models import (
    Adjustment,
    Hold,
    HoldPart,
    HoldState,
    LotState,
    Movement,
    Reservation,
    ReservationState,
    Sku,
    Source,
    StockItem,
    StockLevel,
    StockSummary,
)
from inventory.verification import verify
from tests import factories
from tests.inventory.ledger.batches import fingerprint, problems, record
from tests.inventory.ledger.conftest import TODAY
from tests.inventory.ledger.model import Move, Place, Refused, Row, Shelf, Stock, Tray, Ware
from warehouses import transactions
from warehouses.access import access_of_system
from warehouses.models import Organization, Room, Warehouse
from warehouses.models.room import RoomType
from warehouses.refusals import Refusal

SEARCH = int(os.environ.get("HYPOTHESIS_SEARCH", "0"))
PROFILE = settings(
    max_examples=SEARCH or 16,
    stateful_step_count=30,
    derandomize=not SEARCH,
    database=None,
    deadline=None,
    print_blob=True,
    phases=[Phase.generate, Phase.shrink] if SEARCH else [Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

BEGINNING = datetime(2026, 3, 12, 6, tzinfo=UTC)
SHELVES = (
    Shelf("MAIN"),
    Shelf("A-1", capacity=40),
    Shelf("Q-1", sellable=False),
    Shelf("W-1", sellable=False, leaves=False),
)
SHELF = {shelf.name: shelf for shelf in SHELVES}
HOUSES = ("North", "South")
WARES = (Ware("FREE", thresholds=(1, 4, 10)), Ware("LOTS", needs_lot=True))


def trays(ware: str) -> tuple[Tray, ...]:
    return (
        Tray("soon", ware, date(2026, 4, 1), 2),
        Tray("soon too", ware, date(2026, 4, 1), 2),
        Tray("later", ware, date(2026, 6, 1), 1),
        Tray("ever", ware, None, 1),
        Tray("gone off", ware, date(2026, 3, 11), 1),
        Tray("locked up", ware, date(2026, 3, 20), 1, leaves=False),
    )


class Business:
    """One organization, in the database and in the model."""

    def __init__(self, name: str) -> None:
        self.organization: Organization = factories.make_organization(name)
        self.houses: dict[str, Warehouse] = {}
        self.bins: dict[tuple[str, str], Any] = {}
        for house in HOUSES:
            warehouse = self.houses[house] = factories.make_warehouse(self.organization, house)
            vault = Room.objects.create(
                organization=self.organization, warehouse=warehouse, name="Returns", is_sellable=False
            )
            waste = Room.objects.create(
                organization=self.organization,
                warehouse=warehouse,
                name="Waste",
                room_type=RoomType.DESTRUCTION,
                is_sellable=False,
            )
            factories.make_bin(warehouse, "A-1", capacity=SHELVES[1].capacity)
            factories.make_bin(warehouse, "Q-1", room=vault)
            factories.make_bin(warehouse, "W-1", room=waste)
            self.bins |= {(house, shelf.code): shelf for shelf in warehouse.bins.all()}
        self.skus: dict[str, Sku] = {}
        self.lots: dict[tuple[str, str], Any] = {}
        self.trays: dict[tuple[str, str], Tray] = {}
        for ware in WARES:
            safety, point, quantity = ware.thresholds
            sku = self.skus[ware.name] = factories.make_sku(
                self.organization,
                ware.name,
                is_lot_controlled=ware.needs_lot,
                safety_stock=safety,
                reorder_point=point,
                reorder_quantity=quantity,
            )
            for tray in trays(ware.name):
                self.trays[ware.name, tray.name] = tray
                self.lots[ware.name, tray.name] = factories.make_lot(
                    sku,
                    tray.name,
                    tray.expires_on,
                    received_at=datetime(2026, 1, tray.received, tzinfo=UTC),
                    state=LotState.ACTIVE if tray.leaves else LotState.QUARANTINED,
                )
        self.access = access_of_system(self.organization)
        self.empty = Stock(SHELVES[0], TODAY)
        self.stock = self.empty

    def line(self, row: Row) -> Line:
        wishes = {
            Mode.TO: row.set_to,
            Mode.MOVE: row.shift,
            Mode.RESERVE: row.promise,
            Mode.HOLD: row.hold,
            Mode.BY: row.change,
        }
        mode = next((mode for mode, quantity in wishes.items() if quantity is not None), Mode.BY)
        code = "SALE" if row.issue else "put_away" if mode is Mode.MOVE else "ADJUSTMENT"
        return Line(
            sku=self.skus[row.ware.name],
            warehouse=self.houses[row.house],
            quantity=wishes[mode],
            mode=mode,
            reason=factories.reason(self.organization, code) if mode in PHYSICAL else None,
            bin=self.bins[row.house, row.shelf.name] if row.shelf else None,
            lot=self.lots[row.ware.name, row.tray.name] if row.tray else None,
            stock_item_id=self.item_of(row.ware.name, row.house, row.place) if row.place else None,
            is_lotless=row.lotless,
            to_bin=self.bins[row.house, row.to_shelf.name] if row.to_shelf else None,
            to_lot=self.lots[row.ware.name, row.to_tray.name] if row.to_tray else None,
            is_fact=row.fact,
            is_promised=row.kept,
            keeps_capacity=row.keeps,
            settings=Settings(*row.thresholds),
        )

    def write_down(self, batch: list[Row], recorded: Recorded) -> None:
        """The records behind what is promised and held, as their services write them."""
        by = {"organization": self.organization, "actor_type": "system", "actor_name": "system"}
        for number, row in enumerate(batch):
            about = {"sku": self.skus[row.ware.name], "warehouse": self.houses[row.house], **by}
            if (row.promise or 0) > 0:
                Reservation.objects.create(
                    level=StockLevel.objects.get(sku=about["sku"], warehouse=about["warehouse"]),
                    quantity=row.promise,
                    open=row.promise,
                    reference=row.name,
                    expires_at=row.until,
                    **about,
                )
            elif row.promise:
                reservation = Reservation.objects.get(organization=self.organization, reference=row.name)
                reservation.open += row.promise
                if not reservation.open:
                    reservation.state = ReservationState.RELEASED
                reservation.save()
            parts = [held for held in recorded.posting.held if held.line == number]
            if (row.hold or 0) > 0:
                hold = Hold.objects.create(
                    quantity=row.hold, open=row.hold, reason="any", reference=row.name, **about
                )
                for part in parts:
                    HoldPart.objects.create(hold=hold, stock_item_id=part.item.id, quantity=part.delta)
            elif row.hold:
                hold = Hold.objects.get(organization=self.organization, reference=row.name)
                hold.open += row.hold
                if not hold.open:
                    hold.state = HoldState.RELEASED
                hold.save()
                (released,) = parts
                part = HoldPart.objects.get(hold=hold, stock_item=released.item.id)
                part.quantity += released.delta
                part.save()

    def releases(self, now: datetime) -> list[Row]:
        """A row for everything that is promised or held, which lets go of all of it."""
        rows = []
        for (ware, house), level in sorted(self.stock.levels.items()):
            about = (next(each for each in WARES if each.name == ware), house)
            rows += [
                Row(*about, promise=-each.units, name=name)
                for name, each in level.promises.items()
                if each.until is None or each.until > now
            ]
            rows += [
                Row(*about, hold=-units, name=name, place=place)
                for name, parts in level.holds.items()
                for place, units in parts.items()
                if units
            ]
        return rows

    def item_of(self, ware: str, house: str, place: Place) -> UUID:
        lot = self.lots[ware, place.tray.name] if place.tray else None
        found: UUID = StockItem.objects.values_list("pk", flat=True).get(
            sku=self.skus[ware], bin=self.bins[house, place.shelf.name], lot=lot
        )
        return found

    def read_ranks(self) -> None:
        """The ids break ties, and only the database knows them."""
        for number, item in enumerate(self.rows(StockItem.objects.order_by("id"))):
            ware, house, shelf, lot = item
            self.stock.ranks[ware, house, self.place(ware, shelf, lot)] = number

    def place(self, ware: str, shelf: str, lot: str | None) -> Place:
        return Place(SHELF[shelf], self.trays[ware, lot] if lot is not None else None)

    def rows(self, items: Any) -> list[tuple[str, str, str, str | None]]:
        return list(
            items.filter(organization=self.organization).values_list(
                "sku__code", "warehouse__name", "bin__code", "lot__code"
            )
        )


#: Few units, so that places are emptied again and again; now and then nearly too many.
UNITS = st.sampled_from([1, 1, 2, 2, 3, 3, 4, 5, 5, 8, 0, 999_999_999, 1_000_000_000])
WISHES = ("up", "up", "down", "sale", "sale", "set", "set", "settings", "promise", "hold", "shift")
PROMISES = ("promise", "promise", "hold", "hold", "shift", "fix", "fact")
AMOUNTS = {
    "set": st.sampled_from([0, 0, 0, 1, 2, 4, 7, 12]),
    **dict.fromkeys(("promise", "hold"), st.sampled_from([1, 1, 2, 3, 4, 5, 8, 13, 0, 1_000_000_000])),
    **dict.fromkeys(("shift", "fix"), st.sampled_from([1, 1, 2, 2, 3, 4, 5, 0, -1, 1_000_000_000])),
}
THRESHOLD = st.none() | st.integers(0, 9)


@st.composite
def rows(draw: st.DrawFn, *, wishes: tuple[str, ...] = WISHES, named: bool | None = None) -> Row:
    """A row; `named` says whether it names bin and lot: both, neither, or (None) as it comes."""
    ware = draw(st.sampled_from(WARES))
    wish = draw(st.sampled_from(wishes))
    amount = draw(AMOUNTS.get(wish, UNITS))
    shelf = (
        draw(st.sampled_from(SHELVES if named else (None, None, *SHELVES))) if named is not False else None
    )
    lots = trays(ware.name)
    if named is False:
        lots = lots if ware.needs_lot and wish == "up" else ()
    tray = draw(st.sampled_from(lots if named or ware.needs_lot else (None, None, *lots))) if lots else None
    if ware.needs_lot and wish not in {"up", "settings"} and draw(st.booleans()):
        tray = None
    goal: dict[str, Any] = {}
    if wish in {"shift", "fix"}:
        goal = {"to_shelf": draw(st.none() | st.sampled_from(SHELVES))}
        if wish == "fix" or goal["to_shelf"] is None:
            goal["to_tray"] = draw(st.sampled_from(trays(ware.name)))
    return Row(
        ware,
        draw(st.sampled_from(HOUSES)),
        change={
            "up": amount,
            "down": -amount,
            "sale": -amount,
            "fact": -amount,
            "return as a sale": amount,
        }.get(wish),
        set_to=amount if wish == "set" else None,
        shift=amount if wish in {"shift", "fix"} else None,
        promise=amount if wish == "promise" else None,
        until=draw(st.none() | st.integers(1, 40).map(lambda hours: BEGINNING + timedelta(hours=hours)))
        if wish == "promise"
        else None,
        hold=amount if wish == "hold" else None,
        issue=wish in {"sale", "fact", "return as a sale"},
        fact=wish in {"fact", "fix"},
        shelf=shelf if wish != "promise" else None,
        tray=tray if wish != "promise" else None,
        keeps=draw(st.booleans()),
        lotless=tray is None and wish not in {"promise", "settings"} and draw(st.integers(0, 5)) == 5,
        thresholds=(draw(THRESHOLD), draw(THRESHOLD), None) if wish == "settings" else (None, None, None),
        **goal,
    )


def whole_batches() -> st.SearchStrategy[list[Row]]:
    """Batches of changes, of settings to different places, and of anything, which seldom fits together."""
    return st.one_of(
        st.lists(rows(wishes=("up", "up", "up", "down", "sale")), min_size=2, max_size=6),
        st.lists(
            rows(wishes=("set",), named=True),
            min_size=2,
            max_size=6,
            unique_by=lambda row: (row.ware, row.house, row.shelf, row.tray),
        ),
        st.lists(rows(wishes=("up", "settings")), min_size=2, max_size=6),
        st.lists(rows(wishes=PROMISES), min_size=2, max_size=4),
        st.lists(rows(wishes=("up", "down", "sale", *PROMISES)), min_size=2, max_size=6),
        st.lists(rows(wishes=(*WISHES, "return as a sale")), min_size=2, max_size=4),
    )


def opening_stock() -> list[Row]:
    """Something of every lot and of none, everywhere."""
    return [
        Row(ware, house, change=3 + number % 3, shelf=shelf, tray=tray)
        for ware in WARES
        for house in HOUSES
        for number, (shelf, tray) in enumerate(
            (shelf, tray)
            for shelf in SHELVES[:2]
            for tray in (trays(ware.name) if ware.needs_lot else (None, *trays(ware.name)[::2]))
        )
    ]


class History(RuleBasedStateMachine):
    """What happens to businesses, held against the model after each step."""

    businesses: tuple[Business, ...]
    now: datetime = BEGINNING  # of every clock in the product

    def __init__(self) -> None:
        super().__init__()
        History.now = BEGINNING
        self.names = 0
        self.savepoint = transaction.savepoint()
        self.documents: list[tuple[Business, Adjustment, list[tuple[tuple[str, str], Move]], bool]] = []
        self.clock = datetime(2026, 3, 1, tzinfo=UTC)
        for business in self.businesses:
            business.stock = Stock(SHELVES[0], TODAY)

    def teardown(self) -> None:
        try:
            connection.check_constraints()  # those that wait for the end of the transaction
        finally:
            transaction.savepoint_rollback(self.savepoint)

    def business_of(self, which: int) -> Business:
        return self.businesses[which % len(self.businesses)]

    def post(self, business: Business, batch: list[Row]) -> None:
        batch = [self.named(row) for row in batch]
        try:
            expected = business.stock.post(batch, self.now)
        except Refused as refusal:
            causes = refusal.causes
        else:
            causes = []
        if causes:
            before = fingerprint()
            with pytest.raises(Refusal) as caught:
                record(*map(business.line, batch), recorded_at=self.clock)
            assert sorted(problems(caught.value), key=str) == sorted(causes, key=str)
            assert fingerprint() == before
            return
        recorded = record(*map(business.line, batch), recorded_at=self.clock)
        business.write_down(batch, recorded)
        business.read_ranks()
        if not expected:
            assert recorded.adjustment is None
            return
        assert recorded.adjustment is not None
        assert recorded.adjustment.line_count == len(expected)
        self.compare(business, recorded.adjustment.pk, expected)
        self.documents.append((business, recorded.adjustment, expected, False))

    def named(self, row: Row) -> Row:
        """A new promise or hold gets a name; one that would have run out already is for ever."""
        if max(row.promise or 0, row.hold or 0) <= 0:
            return row
        self.names += 1
        until = row.until if row.until is not None and row.until > self.now else None
        return replace(row, name=f"{self.names}", until=until)

    def compare(
        self, business: Business, document: UUID, expected: list[tuple[tuple[str, str], Move]]
    ) -> None:
        """The movements of the document that came last are those of the model."""
        per_level: dict[tuple[str, str], list[tuple[Any, ...]]] = defaultdict(list)
        for key, move in expected:
            lot = move.place.tray.name if move.place.tray else None
            values = (move.delta, move.before, move.after, move.place_after)
            per_level[key].append((move.place.shelf.name, lot, *values))
        found: dict[tuple[str, str], list[tuple[Any, ...]]] = defaultdict(list)
        movements = Movement.objects.filter(document_id=document, organization=business.organization)
        last = list(movements.order_by("-recorded_at", "-id")[: len(expected)].values_list("pk", flat=True))
        for ware, house, *values in (
            movements.filter(pk__in=last)
            .order_by("level_version")
            .values_list(
                *("sku__code", "warehouse__name", "stock_item__bin__code", "stock_item__lot__code"),
                *("delta", "level_before", "level_after", "item_after"),
            )
        ):
            found[ware, house].append(tuple(values))
        assert found == per_level

    @initialize()
    def open(self) -> None:
        for business in self.businesses:
            self.post(business, opening_stock())

    @invariant()
    def numbers_are_the_models(self) -> None:
        for business in self.businesses:
            self.check(business)

    def check(self, business: Business) -> None:
        levels, items, sums = {}, {}, defaultdict(lambda: [0, 0, 0, 0, 0])
        promises: dict[str, int] = {}
        holds: dict[tuple[str, str, str | None], int] = {}
        histories: dict[tuple[str, str], list[tuple[int, int, int]]] = {}
        for (ware, house), level in business.stock.levels.items():
            figures = (level.on_hand, level.reserved, level.held)
            levels[ware, house] = (*figures, level.available, *level.thresholds, level.version)
            for place, amount in level.units.items():
                where = (place.shelf.name, place.tray.name if place.tray else None)
                items[ware, house, *where] = (amount, level.held_in(place))
            for number, value in enumerate((*figures, *level.thresholds[:2])):
                sums[ware][number] += value
            promises |= {name: each.units for name, each in level.promises.items()}
            holds |= {
                (name, place.shelf.name, place.tray.name if place.tray else None): units
                for name, parts in level.holds.items()
                for place, units in parts.items()
                if units
            }
            if level.moves:
                histories[ware, house] = [(move.delta, move.before, move.after) for move in level.moves]
        organization = business.organization
        found_levels = StockLevel.objects.filter(organization=organization).values_list(
            *("sku__code", "warehouse__name", "on_hand", "reserved", "held", "available"),
            *("safety_stock", "reorder_point", "reorder_quantity", "version"),
        )
        assert {(ware, house): tuple(values) for ware, house, *values in found_levels} == levels
        found_items = StockItem.objects.filter(organization=organization).values_list(
            "sku__code", "warehouse__name", "bin__code", "lot__code", "on_hand", "held"
        )
        assert {tuple(key): (amount, held) for *key, amount, held in found_items} == items
        found_sums = StockSummary.objects.filter(organization=organization).values_list(
            "sku__code", "on_hand", "reserved", "held", "safety_stock", "reorder_point"
        )
        assert {ware: list(values) for ware, *values in found_sums} == sums
        active = Reservation.objects.filter(organization=organization, state=ReservationState.ACTIVE)
        assert dict(active.values_list("reference", "open")) == promises
        parts = HoldPart.objects.filter(hold__organization=organization, quantity__gt=0).values_list(
            "hold__reference", "stock_item__bin__code", "stock_item__lot__code", "quantity"
        )
        assert {(name, shelf, lot): units for name, shelf, lot, units in parts} == holds
        found: dict[tuple[str, str], list[tuple[int, int, int]]] = defaultdict(list)
        for ware, house, *values in (
            Movement.objects.filter(organization=organization)
            .order_by("level_version")
            .values_list("sku__code", "warehouse__name", "delta", "level_before", "level_after")
        ):
            found[ware, house].append(tuple(values))  # type: ignore[arg-type]
        assert found == histories

    @invariant()
    def the_database_is_sound(self) -> None:
        assert list(verify()) == []


class Ledger(History):
    """Steps on two businesses; what one does must never show in the other."""

    @rule(which=st.integers(0, 1), row=rows())
    def adjust(self, which: int, row: Row) -> None:
        self.post(self.business_of(which), [row])

    @rule(which=st.integers(0, 1), row=rows(named=False))
    def adjust_where_the_ledger_likes(self, which: int, row: Row) -> None:
        self.post(self.business_of(which), [row])

    @rule(which=st.integers(0, 1), batch=whole_batches())
    def bulk(self, which: int, batch: list[Row]) -> None:
        self.post(self.business_of(which), batch)

    @rule(which=st.integers(0, 1), row=rows(wishes=PROMISES))
    def promise(self, which: int, row: Row) -> None:
        self.post(self.business_of(which), [row])

    @rule(
        which=st.integers(0, 1),
        keeps=st.booleans(),
        picks=st.lists(st.tuples(st.integers(0, 10**6), st.booleans()), min_size=1, max_size=3),
        others=st.lists(rows(wishes=("up", "sale", "down", *PROMISES)), max_size=2),
        fulfils=st.booleans(),
    )
    def release(
        self,
        which: int,
        picks: list[tuple[int, bool]],
        others: list[Row],
        *,
        fulfils: bool,
        keeps: bool,
    ) -> None:
        """Some of what is promised and held, wholly or one unit of it; goods that were promised may leave with it."""
        business = self.business_of(which)
        everything = business.releases(self.now)
        chosen = {number % len(everything): is_whole for number, is_whole in picks if everything}
        batch = []
        for number, is_whole in chosen.items():
            row = everything[number]
            if not is_whole:
                row = replace(row, promise=row.promise and -1, hold=row.hold and -1)
            batch.append(row)
            if fulfils and row.promise:
                batch.append(Row(row.ware, row.house, change=row.promise, issue=True, kept=keeps))
        if batch + others:
            self.post(business, others + batch)

    @rule(which=st.integers(0, 1), hours=st.integers(0, 20), tries=st.lists(st.integers(0, 3), max_size=3))
    def time_passes(self, which: int, hours: int, tries: list[int]) -> None:
        """Promises run out, and are swept away in some places."""
        History.now += timedelta(hours=hours)
        business = self.business_of(which)
        keys = sorted(business.stock.levels)
        swept = sorted({keys[number % len(keys)] for number in tries})
        business.stock.run_out(swept, self.now)
        if swept:
            places = [(business.skus[ware], business.houses[house]) for ware, house in swept]
            transactions.run(lambda: expire(organization=business.organization, places=places))

    @precondition(lambda self: self.documents)
    @rule(place=st.integers(0, 10**6))
    def reverse(self, place: int) -> None:
        place %= len(self.documents)
        business, adjustment, made, is_reversed = self.documents[place]
        before = fingerprint()
        undo = business.stock.reversal_of(made, {ware.name: ware for ware in WARES})
        refusal: str | None = "ALREADY_REVERSED" if is_reversed else None
        if refusal is None:
            try:
                expected = business.stock.post(undo, self.now)
            except Refused as refused:
                codes = {code for _, code in refused.causes}
                refusal = {"NEGATIVE_QUANTITY": "GOODS_GONE"}.get(min(codes), min(codes))
                refusal = refusal if len(codes) == 1 else "BATCH_REFUSED"
        if refusal is not None:
            with pytest.raises(Refusal) as caught:
                reverse(access=business.access, source=Source.SYSTEM, adjustment=adjustment)
            assert caught.value.code == refusal
            assert fingerprint() == before
            return
        recorded = reverse(access=business.access, source=Source.SYSTEM, adjustment=adjustment, note="undo")
        assert recorded.adjustment is not None
        assert recorded.adjustment.reverses == adjustment
        self.compare(business, recorded.adjustment.pk, expected)
        self.documents[place] = (business, adjustment, made, True)
        self.documents.append((business, recorded.adjustment, expected, False))

    @rule(hours=st.integers(-48, 48))
    def move_the_clock(self, hours: int) -> None:
        self.clock += timedelta(hours=hours)


@pytest.fixture
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is as late as the history says."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: History.now)


@pytest.mark.timeout(600)
@pytest.mark.django_db
@pytest.mark.usefixtures("today", "_clock")
def test_random_histories() -> None:
    Ledger.businesses = (Business("One"), Business("Two"))
    run_state_machine_as_test(Ledger, settings=PROFILE)
