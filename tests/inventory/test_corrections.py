"""Correcting a quantity: who may, once, and among others who do the same."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from inventory.corrections import Seen, correct, undo
from inventory.models import Adjustment, Movement, Sku, StockLevel
from inventory.verification import verify
from tests import factories
from warehouses import transactions
from warehouses.access import Access, access_of_system, access_of_user
from warehouses.identifiers import new_id
from warehouses.models import Organization, Warehouse
from warehouses.page_preferences import read_preferences
from warehouses.refusals import Forbidden, NotFound, Refusal, Stale

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Organization:
    return factories.make_organization("Acme")


@pytest.fixture
def north(acme: Organization) -> Warehouse:
    return factories.make_warehouse(acme, "North")


@pytest.fixture
def mug(acme: Organization, north: Warehouse) -> Sku:
    mug = factories.make_sku(acme, "MUG")
    factories.stock(mug, north, 20)
    return mug


def access_of(organization: Organization, *roles: Any) -> Access:
    person = factories.make_person("ana@acme.example", {organization: list(roles)})
    found = access_of_user(person, organization)
    assert found is not None
    return found


def level_of(sku: Sku, warehouse: Warehouse) -> StockLevel:
    return StockLevel.objects.get(sku=sku, warehouse=warehouse)


def set_to(access: Access, sku: Sku, warehouse: Warehouse, quantity: int, **more: Any) -> Any:
    level = level_of(sku, warehouse)
    given: dict[str, Any] = {
        "is_set": True,
        "seen": Seen(level.version, level.on_hand),
        "reason": factories.reason(access.organization),
    }
    return transactions.run(
        lambda: correct(access=access, sku=sku, warehouse=warehouse, quantity=quantity, **given | more)
    )


def test_a_warehouse_that_one_may_not_change_is_unknown(
    acme: Organization, north: Warehouse, mug: Sku
) -> None:
    south = factories.make_warehouse(acme, "South")
    factories.stock(mug, south, 7)
    limited = access_of(acme, ("Warehouse manager", north))
    with pytest.raises(NotFound, match="no such warehouse"):
        set_to(limited, mug, south, 5)
    assert level_of(mug, south).on_hand == 7
    assert set_to(limited, mug, north, 5).after == 5


def test_whoever_may_only_look_changes_nothing(acme: Organization, north: Warehouse, mug: Sku) -> None:
    before = Movement.objects.count()
    with pytest.raises(Forbidden, match=r"inventory\.adjust"):
        set_to(access_of(acme, "Viewer"), mug, north, 5)
    assert Movement.objects.count() == before


def test_what_was_not_done_is_not_remembered(acme: Organization, north: Warehouse, mug: Sku) -> None:
    access = access_of(acme, "Warehouse manager")
    with pytest.raises(Refusal):
        set_to(access, mug, north, -1)
    assert read_preferences(access=access, page="inventory_correct") == {}
    reason = factories.reason(acme, "cycle_count")
    set_to(access, mug, north, 5, reason=reason)
    assert read_preferences(access=access, page="inventory_correct") == {"reason": str(reason.pk)}


def test_the_system_has_no_preferences(acme: Organization, north: Warehouse, mug: Sku) -> None:
    assert set_to(access_of_system(acme), mug, north, 5).before == 20


def test_an_undoing_of_somebody_elses_is_not_told_as_ones_own(
    acme: Organization, north: Warehouse, mug: Sku
) -> None:
    access = access_of(acme, "Warehouse manager")
    done = set_to(access, mug, north, 5)
    transactions.run(lambda: undo(access=access_of_system(acme), adjustment_id=done.adjustment.pk))
    with pytest.raises(Refusal, match="has been reversed already"):
        transactions.run(lambda: undo(access=access, adjustment_id=done.adjustment.pk))
    assert level_of(mug, north).on_hand == 20


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
class TestTogether:
    def at_once(self, *works: Any) -> list[Any]:
        barrier = threading.Barrier(len(works))

        def one(work: Any) -> Any:
            try:
                barrier.wait(10)
                return work()
            except Refusal as refusal:
                return refusal
            finally:
                connection.close()

        with ThreadPoolExecutor(len(works)) as pool:
            return list(pool.map(one, works))

    def test_of_one_form_sent_several_times_one_acts(
        self, acme: Organization, north: Warehouse, mug: Sku
    ) -> None:
        access, key = access_of(acme, "Warehouse manager"), new_id()
        level = level_of(mug, north)
        seen = Seen(level.version, level.on_hand)
        found = self.at_once(*[lambda: set_to(access, mug, north, 14, seen=seen, key=key) for _ in range(4)])
        assert [(done.adjustment.pk, done.before, done.after) for done in found] == [(key, 20, 14)] * 4
        assert level_of(mug, north).on_hand == 14
        assert Adjustment.objects.filter(actor_name="ana@acme.example").count() == 1
        assert list(verify()) == []

    def test_of_several_who_set_what_they_saw_one_is_first(
        self, acme: Organization, north: Warehouse, mug: Sku
    ) -> None:
        access = access_of(acme, "Warehouse manager")
        level = level_of(mug, north)
        seen = Seen(level.version, level.on_hand)
        found = self.at_once(
            *[
                lambda quantity=quantity: set_to(access, mug, north, quantity, seen=seen, key=new_id())
                for quantity in (11, 12, 13, 14)
            ]
        )
        stale = [each for each in found if isinstance(each, Stale)]
        done = [each for each in found if not isinstance(each, Refusal)]
        assert (len(stale), len(done)) == (3, 1)
        assert {each.extra["now"] for each in stale} == {done[0].after}
        assert level_of(mug, north).on_hand == done[0].after
