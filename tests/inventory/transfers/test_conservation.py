"""Stock neither appears nor vanishes in a transfer, however it is received; and the rules behind the routes."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Sum

from inventory import transfers
from inventory.history import history_of
from inventory.models import Lot, Sku, StockItem, StockLevel, Transfer, TransferLine, TransferPick
from inventory.transfers import Receipt, WantedLine
from inventory.verification import verify
from tests import factories
from warehouses import transactions
from warehouses.access import Access, access_of_system
from warehouses.models import Organization, Warehouse
from warehouses.refusals import Forbidden, InvalidInput, NotFound, Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def access(organization: Organization) -> Access:
    return access_of_system(organization)


@pytest.fixture
def north(organization: Organization) -> Warehouse:
    return organization.warehouses.get()


@pytest.fixture
def south(organization: Organization, north: Warehouse) -> Warehouse:
    return factories.make_warehouse(organization, "South")


@pytest.fixture
def skus(organization: Organization, north: Warehouse) -> list[Sku]:
    """Three SKUs of three lots each, ten units of a lot."""
    found = []
    for code in ("A", "B", "C"):
        sku = factories.make_sku(organization, code, is_lot_controlled=True)
        for day in (5, 9, 30):
            lot = factories.make_lot(sku, f"{code}{day}", organization.today() + timedelta(days=day))
            factories.stock(sku, north, 10, lot=lot)
        found.append(sku)
    return found


def run(work: Any, **given: Any) -> Any:
    return transactions.run(lambda: work(**given))


def everywhere(sku: Sku) -> int:
    """On hand + in transit + written off − surplus."""
    there = StockLevel.objects.filter(sku=sku).aggregate(units=Sum("on_hand"))["units"] or 0
    return int(there) + sum(
        line.in_transit + line.written_off - line.surplus for line in TransferLine.objects.filter(sku=sku)
    )


def by_lot(warehouse: Warehouse) -> dict[str, int]:
    items = StockItem.objects.filter(warehouse=warehouse, on_hand__gt=0, lot__isnull=False)
    return dict(items.order_by("lot__code").values_list("lot__code").annotate(Sum("on_hand")))


def picks_add_up(transfer: Transfer) -> None:
    for line in transfer.lines.all():
        picks = TransferPick.objects.filter(line=line)
        assert sum(pick.quantity for pick in picks) == line.shipped
        assert sum(pick.settled for pick in picks) == line.received - line.surplus + line.written_off


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_received(
    access: Access, north: Warehouse, south: Warehouse, skus: list[Sku], seed: int
) -> None:
    dice = random.Random(seed)
    lines = [WantedLine(sku, dice.randint(1, 25)) for sku in skus]
    transfer = run(
        transfers.create_transfer, access=access, from_warehouse=north, to_warehouse=south, lines=lines
    )
    run(transfers.ship_transfer, access=access, transfer=transfer)
    for _ in range(10):
        transfer = Transfer.objects.get(pk=transfer.pk)
        if transfer.state == "received":
            break
        receipts = []
        for line in transfer.lines.all():
            if dice.random() < 0.4:
                continue
            receipts.append(
                Receipt(
                    line.pk,
                    dice.randint(0, line.in_transit + (2 if dice.random() < 0.2 else 0)),
                    shortage_reason=dice.choice(["", "", "lost"]),
                    surplus_reason=dice.choice(["", "found"]),
                )
            )
        is_final = dice.random() < 0.2
        before = [everywhere(sku) for sku in skus]
        with suppress(Refusal):
            run(
                transfers.receive_transfer,
                access=access,
                transfer=transfer,
                receipts=receipts,
                is_final=is_final,
            )
        assert [everywhere(sku) for sku in skus] == before == [30, 30, 30]
        picks_add_up(transfer)
        assert list(verify()) == []
    if Transfer.objects.get(pk=transfer.pk).state != "received":
        rest = [
            Receipt(line.pk, 0, shortage_reason="lost") for line in transfer.lines.all() if line.in_transit
        ]
        run(transfers.receive_transfer, access=access, transfer=transfer, receipts=rest, is_final=True)
    assert Transfer.objects.get(pk=transfer.pk).state == "received"
    assert all(line.in_transit == 0 for line in transfer.lines.all())
    assert [everywhere(sku) for sku in skus] == [30, 30, 30]
    picks_add_up(transfer)
    assert list(verify()) == []


def test_each_lot_arrives_as_itself(
    access: Access, north: Warehouse, south: Warehouse, skus: list[Sku]
) -> None:
    transfer = run(
        transfers.create_transfer,
        access=access,
        from_warehouse=north,
        to_warehouse=south,
        lines=[WantedLine(skus[0], 24), WantedLine(skus[1], 3, lot=Lot.objects.get(code="B30"))],
    )
    run(transfers.ship_transfer, access=access, transfer=transfer)
    first, other = transfer.lines.order_by("position")
    assert by_lot(north) == {"A30": 6, "B30": 7, "B5": 10, "B9": 10, "C30": 10, "C5": 10, "C9": 10}
    run(
        transfers.receive_transfer,
        access=access,
        transfer=transfer,
        receipts=[Receipt(first.pk, 13), Receipt(other.pk, 1)],
    )
    assert by_lot(south) == {"A5": 10, "A9": 3, "B30": 1}
    run(transfers.receive_transfer, access=access, transfer=transfer)
    assert by_lot(south) == {"A30": 4, "A5": 10, "A9": 10, "B30": 3}
    assert list(verify()) == []


def test_reasons_of_several_losses_of_a_line_are_all_kept(
    access: Access, north: Warehouse, south: Warehouse, skus: list[Sku]
) -> None:
    transfer = run(
        transfers.create_transfer,
        access=access,
        from_warehouse=north,
        to_warehouse=south,
        lines=[WantedLine(skus[0], 20)],
    )
    run(transfers.ship_transfer, access=access, transfer=transfer)
    line = transfer.lines.get()
    for code, why in (("A5", "soaked"), ("A9", "x" * 195)):
        receipt = Receipt(line.pk, 9, lot=Lot.objects.get(code=code), shortage_reason=why)
        run(transfers.receive_transfer, access=access, transfer=transfer, receipts=[receipt])
    line.refresh_from_db()
    assert (line.written_off, line.shortage_reason) == (2, "x" * 195)
    notes = [change.note for change in history_of([transfer])[transfer.pk] if change.action == "write_off"]
    assert notes == ["A: 1, soaked", f"A: 1, {'x' * 195}"]


def test_records_of_another_organization_are_no_mistake_of_the_caller(
    access: Access, north: Warehouse, south: Warehouse, skus: list[Sku]
) -> None:
    """The business function does not rely on the route: it looks whose everything is."""
    rival = factories.make_organization("Rival")
    theirs = factories.make_warehouse(rival, "Theirs")
    with pytest.raises(NotFound, match="no such warehouse"):
        run(
            transfers.create_transfer,
            access=access,
            from_warehouse=north,
            to_warehouse=theirs,
            lines=[WantedLine(skus[0], 1)],
        )
    transfer = run(
        transfers.create_transfer,
        access=access,
        from_warehouse=north,
        to_warehouse=south,
        lines=[WantedLine(skus[0], 1)],
    )
    for act in (transfers.ship_transfer, transfers.cancel_transfer, transfers.receive_transfer):
        with pytest.raises(NotFound, match="no such transfer"):
            run(act, access=access_of_system(rival), transfer=transfer)
    with pytest.raises(InvalidInput, match="1 to 500 lines"):
        run(transfers.create_transfer, access=access, from_warehouse=north, to_warehouse=south, lines=[])


def test_a_caller_without_the_right_at_one_end(
    organization: Organization, access: Access, north: Warehouse, south: Warehouse, skus: list[Sku]
) -> None:
    limited = Access(organization, access.actor, {transfers.WRITE: frozenset({north.pk})})
    with pytest.raises(Forbidden, match=r"transfers\.write in South"):
        run(
            transfers.create_transfer,
            access=limited,
            from_warehouse=north,
            to_warehouse=south,
            lines=[WantedLine(skus[0], 1)],
        )
