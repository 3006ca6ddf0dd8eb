"""Ninety days of stock, told to the ledger in the order of time: one adjustment for each delivery, day's sales, count.

Nothing here writes a quantity: every movement is posted, as it would be by the people and systems that it names.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from inventory.adjustments import adjust
from inventory.demo.documented import ITEMS, key_of
from inventory.demo.lots import LotBook
from inventory.demo.shelf_plan import DAYS, Aside, Event, Kind, Rhythm, Sent, Shelf, plan
from inventory.ledger import Line, Settings
from inventory.models import Lot, LotState, ReasonCode, Source
from inventory.reason_codes import find_reason_codes
from warehouses.actors import SYSTEM, Actor
from warehouses.models import Bin, Organization, RoomType

__all__ = ["Cast", "tell"]

_MOST_LINES = 500
_DAYS_TO_AMAZON = 4


@dataclass(frozen=True, slots=True)
class Cast:
    """Who does what in the story."""

    manager: Actor
    store_manager: Actor
    counter: Actor
    web_shop: Actor
    cash_desk: Actor


class Deed(NamedTuple):
    reason: str
    reference: str  # `{n}` is a running number
    note: str


_DEEDS: Final = {
    Kind.OPENING: Deed("opening_stock", "OPENING", "Taken over from the former system"),
    Kind.RECEIPT: Deed("supplier_receipt", "PO-{year}-{n:04d}", "{reference} received"),
    Kind.SENT: Deed("TRANSFER", "TR-{n:05d}", "Sent to {to}"),
    Kind.FROM_WAREHOUSE: Deed("TRANSFER", "TR-{n:05d}", "Received from Warehouse A"),
    Kind.SALE_MORNING: Deed("SALE", "", "Orders of the morning"),
    Kind.SALE_EVENING: Deed("SALE", "", "Orders since noon"),
    Kind.RETURN: Deed("RETURN", "RMA-{n:04d}", ""),
    Kind.DAMAGE: Deed("DAMAGE", "DMG-{year}-{n:03d}", ""),
    Kind.THEFT: Deed("THEFT", "", "Empty packaging found"),
    Kind.EXPIRY: Deed("expired", "EXP-{n:03d}", "Past its date, written off"),
    Kind.SUPPLIER_RETURN: Deed("supplier_return", "RTV-{n:03d}", "Faulty, credit note requested"),
    Kind.COUNT: Deed("cycle_count", "CC-{year}-W{week:02d}", ""),
    Kind.SYNC_ARRIVAL: Deed("TRANSFER", "TR-{n:05d}", "Inbound shipment received by Amazon"),
    Kind.SYNC_SALE: Deed("SALE", "", "Marketplace orders of the day"),
}
_ORDERS: Final = (Kind.SALE_MORNING, Kind.SALE_EVENING)
_ARRIVALS: Final = (Kind.FROM_WAREHOUSE, Kind.SYNC_ARRIVAL)
_RETURNED: Final = (
    "Unopened",
    "Changed their mind",
    "Wrong size ordered",
    "Gift, not wanted",
    "Arrived too late",
)
_DAMAGED: Final = ("Dropped while picking", "Crushed in transit", "Packaging torn", "Water damage, bay 7")


class _Told(NamedTuple):
    shelf: Shelf
    event: Event
    aside: Aside | None = None


@dataclass(slots=True)
class _Storyteller:
    organization: Organization
    cast: Cast
    random: random.Random
    first_day: date
    reasons: Mapping[str, ReasonCode]
    book: LotBook
    homes: Mapping[Shelf, Bin]
    numbers: dict[str, int] = field(default_factory=lambda: defaultdict(lambda: 100))
    transfers: dict[tuple[str, int], str] = field(default_factory=dict)  # (destination, day of arrival)
    opening_lots: dict[UUID, Lot] = field(default_factory=dict)
    on_the_way: dict[tuple[Shelf, int], list[tuple[Lot, int]]] = field(default_factory=dict)
    aside_lots: dict[Aside, Lot] = field(default_factory=dict)

    def instant(self, day: int, kind: Kind) -> datetime:
        hour, minute = map(int, kind.value.split(":"))
        local = datetime.combine(
            self.first_day + timedelta(days=day), time(hour, minute), tzinfo=self.organization.zone
        )
        # Nothing happens on the dot; the order of the kinds must hold.
        return (local + timedelta(seconds=self.random.randint(0, 50))).astimezone(UTC)

    def post(self, day: int, kind: Kind, told: Sequence[_Told], to: str = "") -> None:
        """One document, or several where one would be too long."""
        when = self.instant(day, kind)
        warehouse = told[0].shelf.place.warehouse
        deed = _DEEDS[kind]
        reference = self.transfers.get((warehouse.name, day), "") if kind in _ARRIVALS else ""
        reference = reference or self.numbered(deed.reference, when)
        note = deed.note.format(reference=reference, to=to)
        if kind is Kind.SENT:
            shelf = told[0].shelf
            arrives = next(s.arrives for s in shelf.sent[day] if s.to.place.warehouse.name == to)
            self.transfers[to, arrives] = reference
        lines = [line for entry in told for line in self.lines(entry, when, to, note, reference)]
        self.book.write()
        for start in range(0, len(lines), _MOST_LINES):
            adjust(
                organization=self.organization,
                actor=self.actor(kind, told[0].shelf),
                source=self.source(kind, told[0].shelf),
                lines=lines[start : start + _MOST_LINES],
                note=note,
                reference=reference,
                by_sync=warehouse.is_readonly,
                recorded_at=when,
            )

    def numbered(self, pattern: str, when: datetime) -> str:
        self.numbers[pattern] += 1
        return pattern.format(year=when.year, week=when.isocalendar().week, n=self.numbers[pattern])

    def lines(self, told: _Told, when: datetime, to: str, note: str, reference: str) -> Iterator[Line]:
        shelf, event, aside = told
        kind = event.kind
        if kind in _ORDERS and shelf.rhythm is Rhythm.WEB:
            reference = self.numbered("SO-{n:06d}", when)
        elif kind in _ORDERS:
            reference, note = f"TILL-{when:%Y%m%d}", "Sold at the till"
        if kind is Kind.RETURN:
            note = self.random.choice(_RETURNED)
        elif kind is Kind.DAMAGE:
            note = self.random.choice(_DAMAGED)
        elif kind is Kind.COUNT:
            note = f"Counted {abs(event.quantity)} {'fewer' if event.quantity < 0 else 'more'} than booked"
        for lot, bin_, quantity in self.portions(shelf, event, aside, when, to):
            yield Line(
                sku=shelf.article.sku,
                warehouse=shelf.place.warehouse,
                quantity=quantity,
                reason=self.reasons[_DEEDS[kind].reason.casefold()],
                bin=bin_,
                lot=lot,
                note=note,
                reference=reference,
                new_item_id=self.documented_item(shelf, bin_),
                settings=self.settings(shelf) if kind is Kind.OPENING else None,
            )

    def documented_item(self, shelf: Shelf, bin_: Bin | None) -> UUID | None:
        """The key that the stock item on the SKU's own shelf has to have."""
        public_id = _documented(shelf)
        return key_of(public_id) if public_id and bin_ == self.homes[shelf] else None

    def portions(
        self, shelf: Shelf, event: Event, aside: Aside | None, when: datetime, to: str
    ) -> Iterator[tuple[Lot | None, Bin | None, int]]:
        """(lot, bin, signed quantity) of what an event moves."""
        if aside is not None:
            yield self.aside_lot(shelf, aside, when), self.aside_bin(shelf, aside), event.quantity
        elif shelf.article.sku.is_lot_controlled:
            yield from self.lot_portions(shelf, event, when, to)
        elif event.quantity < 0:
            yield None, None, event.quantity
        elif event.kind is Kind.RETURN and self.random.random() < 0.3:  # the others are back on their shelf
            returns = shelf.place.shelves.get(RoomType.RETURNS) or [self.homes[shelf]]
            yield None, self.random.choice(returns), event.quantity
        elif event.kind is Kind.OPENING and (reserve := self.reserve_of(shelf)) is not None:
            picked = event.quantity // 3
            yield None, self.homes[shelf], picked
            yield None, reserve, event.quantity - picked
        else:
            yield None, self.homes[shelf], event.quantity

    def lot_portions(
        self, shelf: Shelf, event: Event, when: datetime, to: str
    ) -> Iterator[tuple[Lot | None, Bin | None, int]]:
        sku, warehouse = shelf.article.sku.pk, shelf.place.warehouse.pk
        home = self.homes[shelf]
        if event.quantity < 0:
            taken = self.book.take(sku, warehouse, -event.quantity)
            if event.kind is Kind.SENT:
                sent = next(sent for sent in shelf.sent[event.day] if sent.to.place.warehouse.name == to)
                self.on_the_way[sent.to, sent.arrives] = taken
            for lot, units in taken:
                yield lot, None, -units
            return
        for lot, units in self.arriving(shelf, event, when):
            self.book.put(warehouse, lot, units)
            yield lot, home, units

    def arriving(self, shelf: Shelf, event: Event, when: datetime) -> list[tuple[Lot, int]]:
        article = shelf.article
        if event.kind is Kind.OPENING:
            if article.sku.pk not in self.opening_lots:
                received = when - timedelta(days=self.random.randint(10, 40))
                self.opening_lots[article.sku.pk] = self.book.new_lot(article, received)
            return [(self.opening_lots[article.sku.pk], event.quantity)]
        if event.kind in _ARRIVALS:
            carried = self.on_the_way.pop((shelf, event.day), None)
            if carried is not None:
                return carried
        if event.kind in (Kind.RETURN, Kind.COUNT):
            newest = self.book.newest(article.sku.pk, shelf.place.warehouse.pk)
            if newest is not None:
                return [(newest, event.quantity)]
        return [(self.book.new_lot(article, when), event.quantity)]

    def aside_lot(self, shelf: Shelf, aside: Aside, when: datetime) -> Lot:
        if aside not in self.aside_lots:
            lot = self.book.new_lot(
                shelf.article, when, expires_on=self.book.today + timedelta(days=aside.expires_in)
            )
            lot.state = LotState.QUARANTINED if aside.is_quarantined else LotState.ACTIVE
            self.aside_lots[aside] = lot
        return self.aside_lots[aside]

    def aside_bin(self, shelf: Shelf, aside: Aside) -> Bin:
        return shelf.place.first(RoomType.QUARANTINE) if aside.is_quarantined else self.homes[shelf]

    def reserve_of(self, shelf: Shelf) -> Bin | None:
        """What sells fast has pallets in the reserve, where the warehouse has one."""
        if shelf.units_a_day < 2:
            return None
        reserve = [
            bin_ for bin_ in shelf.place.shelves.get(RoomType.STORAGE, ()) if bin_.code.startswith("R-")
        ]
        return self.random.choice(reserve) if reserve else None

    def settings(self, shelf: Shelf) -> Settings:
        return Settings(
            safety_stock=shelf.safety_stock,
            reorder_point=shelf.reorder_point,
            reorder_quantity=shelf.article.sku.reorder_quantity,
        )

    def actor(self, kind: Kind, shelf: Shelf) -> Actor:
        if shelf.place.warehouse.is_readonly or kind is Kind.OPENING:
            return SYSTEM
        is_shop = shelf.rhythm is Rhythm.SHOP
        if kind in _ORDERS:
            return self.cast.cash_desk if is_shop else self.cast.web_shop
        if kind is Kind.COUNT:
            return self.cast.counter
        return self.cast.store_manager if is_shop else self.cast.manager

    def source(self, kind: Kind, shelf: Shelf) -> Source:
        if kind is Kind.OPENING:
            return Source.IMPORT
        if shelf.place.warehouse.is_readonly:
            return Source.SYSTEM
        if kind in _ORDERS:
            return Source.POS if shelf.rhythm is Rhythm.SHOP else Source.NEXUS
        return Source.ADMIN


def tell(
    *, organization: Organization, cast: Cast, shelves: Sequence[Shelf], today: date, random: random.Random
) -> None:
    """Plan every shelf and post all of it. The last day told is yesterday."""
    first_day = today - timedelta(days=DAYS)
    suppliers = {
        shelf.article.sku.pk: shelf for shelf in shelves if shelf.place.warehouse.name == "Warehouse A"
    }
    for shelf in shelves:  # Warehouse A's come last: by then what they send is known
        plan(shelf, first_day=first_day, random=random)
        for event in shelf.events:
            _send(suppliers, shelf, event)
    reasons = find_reason_codes(organization=organization, codes=[deed.reason for deed in _DEEDS.values()])
    teller = _Storyteller(
        organization,
        cast,
        random,
        first_day,
        reasons,
        LotBook(organization, today, random),
        _homes(shelves),
    )
    for (day, kind, _warehouse), told in _pages(shelves):
        if kind is Kind.SENT:
            for to, part in _by_destination(told):
                teller.post(day, kind, part, to)
        else:
            teller.post(day, kind, told)


def _send(suppliers: Mapping[UUID, Shelf], shelf: Shelf, event: Event) -> None:
    """What arrives in the shop or at Amazon has left Warehouse A before."""
    if event.kind not in _ARRIVALS:
        return
    leaves = event.day if event.kind is Kind.FROM_WAREHOUSE else event.day - _DAYS_TO_AMAZON
    supplier = suppliers[shelf.article.sku.pk]
    if leaves >= 0:
        supplier.sent.setdefault(leaves, []).append(Sent(shelf, event.quantity, event.day))


def _pages(shelves: Sequence[Shelf]) -> list[tuple[tuple[int, Kind, str], list[_Told]]]:
    """Everything that happens, in the order of time; what belongs on one document together."""
    pages: dict[tuple[int, Kind, str], list[_Told]] = defaultdict(list)
    for shelf in shelves:
        name = shelf.place.warehouse.name
        for event in shelf.events:
            # What the web shop sells and takes back is reported for all warehouses at once.
            is_web = shelf.rhythm is Rhythm.WEB and event.kind in (*_ORDERS, Kind.RETURN)
            pages[event.day, event.kind, "Web" if is_web else name].append(_Told(shelf, event))
        for aside in shelf.aside:
            came = Kind.OPENING if aside.day < 0 else Kind.RECEIPT
            pages[aside.day, came, name].append(_Told(shelf, Event(aside.day, came, aside.units), aside))
            if aside.written_off is not None:
                gone = Event(aside.written_off, Kind.EXPIRY, -aside.units)
                pages[gone.day, gone.kind, name].append(_Told(shelf, gone, aside))
    return sorted(pages.items(), key=lambda page: (page[0][0], page[0][1].value, page[0][2]))


def _by_destination(told: Sequence[_Told]) -> list[tuple[str, list[_Told]]]:
    parts: dict[str, list[_Told]] = defaultdict(list)
    for shelf, event, _aside in told:
        for sent in shelf.sent[event.day]:
            part = Event(event.day, event.kind, -sent.units)
            parts[sent.to.place.warehouse.name].append(_Told(shelf, part))
    return sorted(parts.items(), key=lambda part: part[0])


def _homes(shelves: Sequence[Shelf]) -> dict[Shelf, Bin]:
    """The bin of each shelf: articles lie in the order of the catalogue, so that an aisle holds what goes together."""
    homes: dict[Shelf, Bin] = {}
    used: dict[tuple[str, RoomType], int] = defaultdict(int)
    for shelf in shelves:
        place = shelf.place
        kind = _room_for(shelf)
        bins = [bin_ for bin_ in place.shelves.get(kind, ()) if not bin_.code.startswith("R-")]
        if not bins:
            homes[shelf] = place.default_bin
            continue
        number = used[place.warehouse.name, kind]
        used[place.warehouse.name, kind] += 1
        homes[shelf] = bins[number % len(bins)]
    return homes


def _documented(shelf: Shelf) -> str | None:
    """The public id of the stock item there, where a documented example names it."""
    return ITEMS.get((shelf.article.sku.code, shelf.place.warehouse.public_id))


def _room_for(shelf: Shelf) -> RoomType:
    rooms = shelf.place.shelves
    if shelf.article.is_unreleased and RoomType.SECRET_MENU in rooms:
        return RoomType.SECRET_MENU
    # A documented item stands where its example shows it.
    if shelf.article.is_valuable and _documented(shelf) is None and RoomType.VAULT in rooms:
        return RoomType.VAULT
    return RoomType.SALES_FLOOR if shelf.rhythm is Rhythm.SHOP else RoomType.STORAGE
