"""Random histories: the ledger does exactly what a plain-Python model of it does, and stays sound after every step.

The histories are the same on every run; `HYPOTHESIS_SEARCH=400` looks at that many new ones instead. A failure prints
the steps of the shortest history that shows it.
"""

from __future__ import annotations

import os
from collections import defaultdict
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

from inventory.adjustments import reverse
from inventory.ledger import Line, Mode, Settings
from inventory.models import Adjustment, LotState, Movement, Sku, Source, StockItem, StockLevel, StockSummary
from inventory.verification import verify
from tests import factories
from tests.inventory.ledger.batches import fingerprint, problems, record
from tests.inventory.ledger.conftest import TODAY
from tests.inventory.ledger.model import Move, Place, Refused, Row, Shelf, Stock, Tray, Ware
from warehouses.access import access_of_system
from warehouses.models import Organization, Room, Warehouse
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

SHELVES = (Shelf("MAIN"), Shelf("A-1"), Shelf("Q-1", sellable=False))
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
            factories.make_bin(warehouse, "A-1")
            factories.make_bin(warehouse, "Q-1", room=vault)
            self.bins |= {(house, shelf.code): shelf for shelf in warehouse.bins.all()}
        self.skus: dict[str, Sku] = {}
        self.lots: dict[tuple[str, str], Any] = {}
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
        quantity = row.set_to if row.set_to is not None else row.change
        return Line(
            sku=self.skus[row.ware.name],
            warehouse=self.houses[row.house],
            quantity=quantity,
            mode=Mode.BY if row.set_to is None else Mode.TO,
            reason=factories.reason(self.organization, "SALE" if row.issue else "ADJUSTMENT"),
            bin=self.bins[row.house, row.shelf.name] if row.shelf else None,
            lot=self.lots[row.ware.name, row.tray.name] if row.tray else None,
            stock_item_id=self.item_of(row.ware.name, row.house, row.place) if row.place else None,
            settings=Settings(*row.thresholds),
        )

    def item_of(self, ware: str, house: str, place: Place) -> UUID:
        lot = self.lots[ware, place.tray.name] if place.tray else None
        found: UUID = StockItem.objects.values_list("pk", flat=True).get(
            sku=self.skus[ware], bin=self.bins[house, place.shelf.name], lot=lot
        )
        return found

    def read_ranks(self) -> None:
        """The ids break ties, and only the database knows them."""
        places = {(shelf.name, None): Place(shelf, None) for shelf in SHELVES}
        for number, item in enumerate(self.rows(StockItem.objects.order_by("id"))):
            ware, house, shelf, lot = item
            tray = next((tray for tray in trays(ware) if tray.name == lot), None)
            place = Place(places[shelf, None].shelf, tray)
            self.stock.ranks[ware, house, place] = number

    def rows(self, items: Any) -> list[tuple[str, str, str, str | None]]:
        return list(
            items.filter(organization=self.organization).values_list(
                "sku__code", "warehouse__name", "bin__code", "lot__code"
            )
        )


#: Few units, so that places are emptied again and again; now and then nearly too many.
UNITS = st.sampled_from([1, 1, 2, 2, 3, 3, 4, 5, 5, 8, 0, 999_999_999, 1_000_000_000])
WISHES = ("up", "up", "down", "sale", "sale", "set", "set", "settings")
THRESHOLD = st.none() | st.integers(0, 9)


@st.composite
def rows(draw: st.DrawFn, *, wishes: tuple[str, ...] = WISHES, named: bool | None = None) -> Row:
    """A row; `named` says whether it names bin and lot: both, neither, or (None) as it comes."""
    ware = draw(st.sampled_from(WARES))
    wish = draw(st.sampled_from(wishes))
    amount = draw(UNITS if wish != "set" else st.sampled_from([0, 0, 0, 1, 2, 4, 7, 12]))
    shelf = (
        draw(st.sampled_from(SHELVES if named else (None, None, *SHELVES))) if named is not False else None
    )
    lots = trays(ware.name)
    if named is False:
        lots = lots if ware.needs_lot and wish == "up" else ()
    tray = draw(st.sampled_from(lots if named or ware.needs_lot else (None, None, *lots))) if lots else None
    if ware.needs_lot and wish in {"down", "sale", "set"} and draw(st.booleans()):
        tray = None
    return Row(
        ware,
        draw(st.sampled_from(HOUSES)),
        change={"up": amount, "down": -amount, "sale": -amount, "return as a sale": amount}.get(wish),
        set_to=amount if wish == "set" else None,
        issue=wish in {"sale", "return as a sale"},
        shelf=shelf,
        tray=tray,
        thresholds=(draw(THRESHOLD), draw(THRESHOLD), None) if wish == "settings" else (None, None, None),
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


class Ledger(RuleBasedStateMachine):
    """Steps on two businesses; what one does must never show in the other."""

    businesses: tuple[Business, Business]

    def __init__(self) -> None:
        super().__init__()
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

    def post(self, business: Business, batch: list[Row]) -> None:
        try:
            expected = business.stock.post(batch)
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
        business.read_ranks()
        if not expected:
            assert recorded.adjustment is None
            return
        assert recorded.adjustment is not None
        self.compare(business, recorded.adjustment, expected)
        self.documents.append((business, recorded.adjustment, expected, False))

    def compare(
        self, business: Business, adjustment: Adjustment, expected: list[tuple[tuple[str, str], Move]]
    ) -> None:
        per_level: dict[tuple[str, str], list[tuple[Any, ...]]] = defaultdict(list)
        for key, move in expected:
            lot = move.place.tray.name if move.place.tray else None
            values = (move.delta, move.before, move.after, move.place_after)
            per_level[key].append((move.place.shelf.name, lot, *values))
        found: dict[tuple[str, str], list[tuple[Any, ...]]] = defaultdict(list)
        movements = Movement.objects.filter(document_id=adjustment.pk, organization=business.organization)
        for ware, house, *values in movements.order_by("level_version").values_list(
            *("sku__code", "warehouse__name", "stock_item__bin__code", "stock_item__lot__code"),
            *("delta", "level_before", "level_after", "item_after"),
        ):
            found[ware, house].append(tuple(values))
        assert found == per_level
        assert adjustment.line_count == len(expected)

    @initialize()
    def open(self) -> None:
        for business in self.businesses:
            self.post(business, opening_stock())

    @rule(which=st.integers(0, 1), row=rows())
    def adjust(self, which: int, row: Row) -> None:
        self.post(self.businesses[which], [row])

    @rule(which=st.integers(0, 1), row=rows(named=False))
    def adjust_where_the_ledger_likes(self, which: int, row: Row) -> None:
        self.post(self.businesses[which], [row])

    @rule(which=st.integers(0, 1), batch=whole_batches())
    def bulk(self, which: int, batch: list[Row]) -> None:
        self.post(self.businesses[which], batch)

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
                expected = business.stock.post(undo)
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
        self.compare(business, recorded.adjustment, expected)
        self.documents[place] = (business, adjustment, made, True)
        self.documents.append((business, recorded.adjustment, expected, False))

    @rule(hours=st.integers(-48, 48))
    def move_the_clock(self, hours: int) -> None:
        self.clock += timedelta(hours=hours)

    @invariant()
    def numbers_are_the_models(self) -> None:
        for business in self.businesses:
            self.check(business)

    def check(self, business: Business) -> None:
        levels, items, sums = {}, {}, defaultdict(lambda: [0, 0, 0])
        histories: dict[tuple[str, str], list[tuple[int, int, int]]] = {}
        for (ware, house), level in business.stock.levels.items():
            levels[ware, house] = (level.on_hand, *level.thresholds, level.version)
            for place, amount in level.units.items():
                items[ware, house, place.shelf.name, place.tray.name if place.tray else None] = amount
            for number, value in enumerate((level.on_hand, *level.thresholds[:2])):
                sums[ware][number] += value
            if level.moves:
                histories[ware, house] = [(move.delta, move.before, move.after) for move in level.moves]
        organization = business.organization
        found_levels = StockLevel.objects.filter(organization=organization).values_list(
            *("sku__code", "warehouse__name", "on_hand", "safety_stock", "reorder_point"),
            *("reorder_quantity", "version", "available", "reserved", "held"),
        )
        assert {(ware, house): tuple(values[:5]) for ware, house, *values in found_levels} == levels
        assert all((values[5:] == [values[0], 0, 0]) for _, _, *values in found_levels)
        found_items = StockItem.objects.filter(organization=organization).values_list(
            "sku__code", "warehouse__name", "bin__code", "lot__code", "on_hand"
        )
        assert {tuple(key): amount for *key, amount in found_items} == items
        found_sums = StockSummary.objects.filter(organization=organization).values_list(
            "sku__code", "on_hand", "safety_stock", "reorder_point"
        )
        assert {ware: list(values) for ware, *values in found_sums} == sums
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


@pytest.mark.django_db
@pytest.mark.usefixtures("today")
def test_random_histories() -> None:
    Ledger.businesses = (Business("One"), Business("Two"))
    run_state_machine_as_test(Ledger, settings=PROFILE)
