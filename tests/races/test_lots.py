"""A lot's state against what is leaving: whole before or whole after, and never beside each other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from inventory.adjustments import adjust
from inventory.expiry.lines import WantedUnits
from inventory.expiry.marking import mark_expired
from inventory.expiry.nightly import expire_lots
from inventory.ledger import Line
from inventory.lots.records import LotChange, change_lot, delete_lot
from inventory.models import Lot, LotState, Sku, Source, StateChange, StockItem
from inventory.verification import verify
from tests.factories import make_lot, make_organization, make_sku, reason, stock
from tests.races.sessions import Other, wait_until_somebody_waits
from warehouses import transactions
from warehouses.access import access_of_system
from warehouses.actors import SYSTEM
from warehouses.models import Warehouse
from warehouses.refusals import Conflict, NotFound, RuleBroken

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def lot(transactional_db: None) -> Lot:
    """Ten units, and no other stock."""
    organization = make_organization()
    sku = make_sku(organization, "SKU-001")
    found = make_lot(sku, "L-1", organization.today() + timedelta(days=30))
    warehouse: Warehouse = organization.default_warehouse  # type: ignore[assignment]
    stock(sku, warehouse, 10, lot=found)
    return found


def issue(lot: Lot, quantity: int = 4) -> None:
    sku: Sku = lot.sku
    warehouse: Warehouse = sku.organization.default_warehouse  # type: ignore[assignment]
    line = Line(sku=sku, warehouse=warehouse, quantity=-quantity, reason=reason(sku.organization, "SALE"))
    adjust(organization=sku.organization, actor=SYSTEM, source=Source.SYSTEM, lines=[line])


def quarantine(lot: Lot) -> None:
    change_lot(
        access=access_of_system(lot.organization), lot=lot, change=LotChange(state=LotState.QUARANTINED)
    )


def test_a_quarantine_waits_for_what_is_leaving(lot: Lot) -> None:
    with transaction.atomic():
        issue(lot)
        other = Other(lambda: transactions.run(lambda: quarantine(lot)))
        wait_until_somebody_waits()
    other.result()
    assert StockItem.objects.get().on_hand == 6
    (line,) = StateChange.objects.filter(subject_id=lot.pk)
    assert line.quantity == 6  # it was told after the issue, and knows of it


def test_what_is_leaving_waits_for_a_quarantine_and_stays(lot: Lot) -> None:
    with transaction.atomic():
        quarantine(lot)
        other = Other(lambda: transactions.run(lambda: issue(lot)))
        wait_until_somebody_waits()
    with pytest.raises(RuleBroken) as refused:
        other.result()
    assert (refused.value.code, refused.value.extra) == ("INSUFFICIENT_STOCK", {"available": 0})
    assert StockItem.objects.get().on_hand == 10


def test_a_new_last_day_waits_too(lot: Lot) -> None:
    past = lot.organization.today() - timedelta(days=1)
    with transaction.atomic():
        issue(lot)
        other = Other(
            lambda: transactions.run(
                lambda: change_lot(
                    access=access_of_system(lot.organization),
                    lot=lot,
                    change=LotChange(expires_on=past, sets_expiry=True),
                )
            )
        )
        wait_until_somebody_waits()
    assert other.result().state == "expired"


def test_all_of_a_lot_is_judged_under_the_lock(lot: Lot) -> None:
    """Everything is to be marked while four units are leaving: what is left then is everything."""
    organization = lot.organization
    item = StockItem.objects.get()
    with transaction.atomic():
        issue(lot, 4)
        wanted = [WantedUnits(item.public_id)]
        other = Other(
            lambda: transactions.run(
                lambda: mark_expired(
                    access=access_of_system(organization), source=Source.SYSTEM, lines=wanted
                )
            )
        )
        wait_until_somebody_waits()
    (marked,), adjustment = other.result()
    assert (marked.units, marked.outcome.value, adjustment) == (6, "lot_expired", None)
    assert list(verify()) == []


def receive(lot: Lot) -> None:
    sku: Sku = lot.sku
    warehouse: Warehouse = sku.organization.default_warehouse  # type: ignore[assignment]
    why = reason(sku.organization, "supplier_receipt")
    line = Line(sku=sku, warehouse=warehouse, quantity=5, reason=why, lot=lot)
    adjust(organization=sku.organization, actor=SYSTEM, source=Source.SYSTEM, lines=[line])


def test_deleting_waits_for_what_is_arriving_and_then_finds_it(lot: Lot) -> None:
    new = make_lot(lot.sku, "L-2")
    with transaction.atomic():
        receive(new)
        access = access_of_system(lot.organization)
        other = Other(lambda: transactions.run(lambda: delete_lot(access=access, lot=new)))
        wait_until_somebody_waits()
    with pytest.raises(Conflict) as refused:
        other.result()
    assert refused.value.code == "LOT_IN_USE"
    assert StockItem.objects.get(lot=new).on_hand == 5


def test_what_arrives_waits_for_deleting_and_is_told(lot: Lot) -> None:
    new = make_lot(lot.sku, "L-2")
    with transaction.atomic():
        delete_lot(access=access_of_system(lot.organization), lot=new)
        other = Other(lambda: transactions.run(lambda: receive(new)))
        wait_until_somebody_waits()
    with pytest.raises(NotFound) as refused:
        other.result()
    assert refused.value.code == "LOT_NOT_FOUND"
    assert not StockItem.objects.exclude(lot=lot).exists()


def test_two_nightly_runs_at_once_have_one_effect(lot: Lot, at_once: Callable[..., list[Any]]) -> None:
    for number in range(200):
        make_lot(lot.sku, f"N-{number}", lot.expires_on)
    now = datetime.now(UTC) + timedelta(days=60)
    changed = at_once(lambda _: expire_lots(now), list(range(4)))
    assert sum(changed) == 201
    assert StateChange.objects.filter(action="expire").count() == 201
    assert set(Lot.objects.values_list("state", "version")) == {("expired", 2)}


def test_quarantines_and_issues_in_any_order(lot: Lot, at_once: Callable[..., list[Any]]) -> None:
    """Whatever left was told of before the quarantine: its line in the history knows how many units stayed."""

    def work(number: int) -> bool:
        if number == 3:
            transactions.run(lambda: quarantine(lot))
            return False
        try:
            transactions.run(lambda: issue(lot, 1))
        except RuleBroken:
            return False
        return True

    sold = sum(at_once(work, list(range(8))))
    assert StockItem.objects.get().on_hand == 10 - sold
    assert StateChange.objects.get(subject_id=lot.pk).quantity == 10 - sold
    assert list(verify()) == []
