"""`verify_stock` finds documents that say something else than the stock: promises, holds, transfers, moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from inventory import guards
from inventory.expiry.destruction import destroy
from inventory.expiry.lines import WantedUnits
from inventory.holds import create_hold, release_hold
from inventory.models import (
    Channel,
    Destruction,
    Hold,
    HoldPart,
    Movement,
    PutAway,
    PutAwayLine,
    Reservation,
    Source,
    StateChange,
    StockItem,
    StockLevel,
    Transfer,
    TransferLine,
)
from inventory.put_away import GoodsToPut, PutLine, complete_put_away, create_put_away
from inventory.reservations import create_reservation, fulfil_reservation
from inventory.stock_documents import correct_lot
from inventory.transfers import Receipt, WantedLine, create_transfer, receive_transfer, ship_transfer
from inventory.verification import CHECKS, verify
from tests import factories
from tests.inventory import test_verification
from tests.inventory.tallies import test_tallies
from tests.inventory.test_verification import on, sql, tamper
from warehouses import transactions
from warehouses.access import access_of_system
from warehouses.models import Organization, Room
from warehouses.models.room import RoomType

pytestmark = pytest.mark.django_db


@dataclass
class Scene:
    """Documents of each kind about forty units of RICE in one bin, partly done.

    Three of eight promised units have left; two of seven held ones are free again; of `line` one of three has come and
    two are in transit, of `arrived` two have come and one is lost; three of four were put away, two of these corrected
    to a lot, and the third brought to be destroyed.
    """

    organization: Organization
    other: Organization
    level: StockLevel
    reservation: Reservation
    hold: Hold
    part: HoldPart
    transfer: Transfer
    line: TransferLine
    arrived: TransferLine
    put_away: PutAway
    put_line: PutAwayLine
    destruction: Destruction


@pytest.fixture
def scene(organization: Organization) -> Scene:
    return transactions.run(lambda: _made(organization))


def _made(organization: Organization) -> Scene:
    access = access_of_system(organization)
    north, south = (factories.make_warehouse(organization, name) for name in ("North", "South"))
    rice, tea = (factories.make_sku(organization, code) for code in ("RICE", "TEA"))
    factories.stock(rice, north, 40)
    factories.stock(tea, north, 5)
    main, shelf = north.bins.get(is_default=True), factories.make_bin(north, "A-1")
    reservation = create_reservation(access=access, sku=rice, warehouse=north, quantity=8, reference="SO-1")
    fulfil_reservation(access=access, reservation=reservation, quantity=3)
    hold = create_hold(access=access, sku=rice, warehouse=north, quantity=7, reason="seal")
    release_hold(access=access, hold=hold, quantity=2)
    transfers = []
    for _ in range(2):
        transfer = create_transfer(
            access=access, from_warehouse=north, to_warehouse=south, lines=[WantedLine(rice, 3)]
        )
        transfers.append(ship_transfer(access=access, transfer=transfer))
    under_way, ended = transfers
    receive_transfer(access=access, transfer=under_way, receipts=[Receipt(under_way.lines.get().pk, 1)])
    lost = Receipt(ended.lines.get().pk, 2, shortage_reason="lost")
    receive_transfer(access=access, transfer=ended, receipts=[lost])
    put_away = create_put_away(
        access=access, warehouse=north, goods=[GoodsToPut(rice, 4, from_bin=main, to_bin=shelf)]
    )
    said = [PutLine(put_away.lines.get().pk, quantity=3)]
    put_away = complete_put_away(access=access, task=put_away, lines=said)
    correct_lot(
        access=access,
        source=Source.SYSTEM,
        sku=rice,
        warehouse=north,
        bin=shelf,
        from_lot=None,
        to_lot=factories.make_lot(rice),
        quantity=2,
    )
    waste = Room.objects.create(
        organization=organization, warehouse=north, name="Waste", room_type=RoomType.DESTRUCTION
    )
    factories.make_bin(north, "W-1", room=waste)
    item = StockItem.objects.get(sku=rice, bin=shelf, lot=None)
    destruction = destroy(access=access, lines=[WantedUnits(item.public_id, 1)], reason="wet")
    assert list(verify()) == []
    return Scene(
        organization,
        factories.make_organization("Other"),
        StockLevel.objects.get(sku=rice, warehouse=north),
        reservation,
        hold,
        HoldPart.objects.get(),
        under_way,
        under_way.lines.get(),
        ended.lines.get(),
        put_away,
        put_away.lines.get(),
        destruction,
    )


def theirs(scene: Scene) -> Channel:
    return Channel.objects.create(organization=scene.other, name="Theirs", code="THEIRS")


def moved(document: Reservation | Transfer | PutAway | Destruction) -> Movement:
    """A movement of the document into somewhere, or its only one."""
    return Movement.objects.filter(document_id=document.pk).order_by("-delta")[0]


Plant = Callable[[Scene], list[str]]
PLANTS: dict[str, tuple[Plant, set[str]]] = {
    "more is reserved than anybody was promised": (
        lambda s: [
            on("stocklevel", "reserved = reserved + 1", s.level),
            on("stocksummary", "reserved = reserved + 1", s.level.sku_id, "sku_id"),
        ],
        {"reserved-is-backed"},
    ),
    "a promise is larger than what is reserved": (
        lambda s: [on("reservation", "open = open + 1, quantity = quantity + 1", s.reservation)],
        {"reserved-is-backed"},
    ),
    "a promise was ended without the ledger": (
        lambda s: [on("reservation", "open = 0, state = 'expired'", s.reservation)],
        {"reserved-is-backed"},
    ),
    "more is open than was promised": (
        lambda s: [
            on("reservation", "open = open + 9", s.reservation),
            on("stocklevel", "reserved = reserved + 9", s.level),
            on("stocksummary", "reserved = reserved + 9", s.level.sku_id, "sku_id"),
        ],
        {"reservation-keeps-count"},
    ),
    "less left than was fulfilled": (
        lambda s: [on("reservation", "fulfilled = fulfilled + 1, quantity = quantity + 1", s.reservation)],
        {"reservation-keeps-count"},
    ),
    "what a document has reserved has left by itself": (
        lambda s: [
            on("reservation", f"document_type = 'transfer', document_id = {sql(s.transfer)}", s.reservation)
        ],
        {"reservation-keeps-count"},
    ),
    "a reservation of a document that there is not": (
        lambda s: [
            on("reservation", f"document_type = 'put_away', document_id = {sql(s.transfer)}", s.reservation)
        ],
        {"reservation-has-document", "reservation-keeps-count"},
    ),
    "a promise is another organization's": (
        lambda s: [on("reservation", f"organization_id = {sql(s.other)}", s.reservation)],
        {"promise-belongs", "movement-cites-own"},
    ),
    "a promise is for another organization's channel": (
        lambda s: [on("reservation", f"channel_id = {sql(theirs(s))}", s.reservation)],
        {"promise-belongs"},
    ),
    "a promise is gone": (
        lambda s: [
            f"DELETE FROM inventory_reservation WHERE id = {sql(s.reservation)}",  # noqa: S608
            on("stocklevel", "reserved = 0", s.level),
            on("stocksummary", "reserved = 0", s.level.sku_id, "sku_id"),
        ],
        {"movement-has-document"},
    ),
    "an item is held without a hold": (
        lambda s: [
            on("stockitem", "held = held + 1", s.part.stock_item_id),
            on("stocklevel", "held = held + 1", s.level),
            on("stocksummary", "held = held + 1", s.level.sku_id, "sku_id"),
        ],
        {"held-is-backed"},
    ),
    "a hold is released on paper only": (
        lambda s: [on("hold", "open = 0, state = 'released'", s.hold)],
        {"held-is-backed", "hold-is-sum-of-parts"},
    ),
    "a hold is larger than its parts": (
        lambda s: [on("hold", "open = open + 1", s.hold)],
        {"hold-is-sum-of-parts"},
    ),
    "a hold is about another SKU than its parts": (
        lambda s: [on("hold", "sku_id = (SELECT id FROM inventory_sku WHERE code = 'TEA')", s.hold)],
        {"promise-belongs"},
    ),
    "a hold names a lot that its parts are not of": (
        lambda s: [on("hold", "lot_id = (SELECT id FROM inventory_lot WHERE code = 'LOT-1')", s.hold)],
        {"promise-belongs"},
    ),
    "more was shipped than left": (
        lambda s: [
            on("transferline", "shipped = shipped + 1", s.line),
            f"UPDATE inventory_transferpick SET quantity = quantity + 1 WHERE line_id = {sql(s.line)}",  # noqa: S608
        ],
        {"transfer-conserves"},
    ),
    "more was received than came": (
        lambda s: [
            on("transferline", "received = received + 1", s.line),
            f"UPDATE inventory_transferpick SET settled = settled + 1 WHERE line_id = {sql(s.line)}",  # noqa: S608
        ],
        {"transfer-conserves"},
    ),
    "goods are in transit of a transfer that has ended": (
        lambda s: [
            on("transferline", "written_off = 0", s.arrived),
            f"UPDATE inventory_transferpick SET settled = settled - 1 WHERE line_id = {sql(s.arrived)}",  # noqa: S608
        ],
        {"transfer-line-adds-up"},
    ),
    "goods are lost without a word": (
        lambda s: [on("transferline", "shortage_reason = ''", s.arrived)],
        {"transfer-line-adds-up"},
    ),
    "a transfer that shipped is a draft": (
        lambda s: [on("transfer", "state = 'draft'", s.transfer)],
        {"transfer-line-adds-up"},
    ),
    "a transfer that is over is under way": (
        lambda s: [on("transfer", "state = 'in_transit'", s.arrived.transfer_id)],
        {"transfer-is-under-way"},
    ),
    "nobody knows from where a line was taken": (
        lambda s: [f"DELETE FROM inventory_transferpick WHERE line_id = {sql(s.line)}"],  # noqa: S608
        {"transfer-picks-add-up"},
    ),
    "a transfer goes somewhere else than its goods": (
        lambda s: [on("transfer", "to_warehouse_id = from_warehouse_id", s.transfer)],
        {"transfer-ends"},
    ),
    "a put-away says that more was moved": (
        lambda s: [
            f"UPDATE inventory_statechange SET quantity = quantity + 1 WHERE subject_id = {sql(s.put_line)}"  # noqa: S608
        ],
        {"put-away-moves"},
    ),
    "a put-away moved more than was planned": (
        lambda s: [on("putawayline", "quantity = 1", s.put_line)],
        {"put-away-moves"},
    ),
    "a put-away that moved goods is open": (
        lambda s: [on("putaway", "state = 'open'", s.put_away)],
        {"put-away-moves"},
    ),
    "a record of destruction names more than was brought": (
        lambda s: [
            "UPDATE inventory_destructionline SET quantity = quantity + 1"  # noqa: S608
            f" WHERE destruction_id = {sql(s.destruction)}"
        ],
        {"destruction-moves"},
    ),
    "half of a move is another document's": (
        lambda s: [
            on(
                "movement",
                f"document_id = {sql(s.put_away)}, document_type = 'put_away'",
                moved(s.destruction),
            )
        ],
        {"moves-cancel", "put-away-moves", "destruction-moves"},
    ),
    "a put-away is another organization's": (
        lambda s: [on("putaway", f"organization_id = {sql(s.other)}", s.put_away)],
        {"movement-cites-own"},
    ),
}


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_break_is_found(scene: Scene, plant: str) -> None:
    make, expected = PLANTS[plant]
    tamper(*make(scene))
    guards.install()
    assert {finding.check for finding in verify()} == expected


def test_the_scene_is_what_it_says(scene: Scene) -> None:
    assert (scene.reservation.quantity, scene.hold.quantity) == (8, 7)
    assert scene.part.quantity == 5
    assert (scene.line.in_transit, scene.arrived.in_transit, scene.arrived.written_off) == (2, 0, 1)
    assert StateChange.objects.filter(subject_id=scene.put_line.pk).get().quantity == 3


def test_every_check_has_found_something() -> None:
    """A check that no plant sets off could be one that never finds anything."""
    plants = [*PLANTS.values(), *test_verification.PLANTS.values()]
    found = set().union(*(expected for _, expected in plants))
    # What only PostgreSQL keeps is tampered with there.
    found |= {check for _, check in test_tallies.TAMPERED.values()} - {"guards-stand"}
    assert {check.name for check in CHECKS} == found
    assert len({check.name for check in CHECKS}) == len(CHECKS)
