"""Adjustment documents and their reversal."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from inventory.adjustments import Recorded, reverse
from inventory.models import Adjustment, Movement, Sku, Source, StockItem, StockLevel
from inventory.verification import verify
from tests import factories
from tests.inventory.ledger.batches import by, fingerprint, on_hand, record, to
from warehouses.access import Access, access_of_system
from warehouses.actors import Actor, ActorType
from warehouses.identifiers import new_id
from warehouses.models import Organization, Warehouse
from warehouses.refusals import Conflict, Forbidden, NotFound, Refusal, RuleBroken

pytestmark = pytest.mark.django_db


@pytest.fixture
def warehouse(organization: Organization) -> Warehouse:
    found: Warehouse = organization.warehouses.get()
    return found


@pytest.fixture
def sku(organization: Organization) -> Sku:
    return factories.make_sku(organization, "MILK")


def document(recorded: Recorded) -> Adjustment:
    assert recorded.adjustment is not None
    return recorded.adjustment


def undo(adjustment: Adjustment, access: Access | None = None, note: str = "") -> Adjustment:
    access = access or access_of_system(adjustment.organization)
    return document(reverse(access=access, source=Source.ADMIN, adjustment=adjustment, note=note))


def refusal(adjustment: Adjustment, access: Access | None = None) -> Refusal:
    before = fingerprint()
    with pytest.raises(Refusal) as caught, transaction.atomic():
        undo(adjustment, access)
    assert fingerprint() == before
    return caught.value


def test_a_reversal_undoes_every_movement_where_it_was(
    organization: Organization, warehouse: Warehouse, sku: Sku
) -> None:
    shelf = factories.make_bin(warehouse, "A-1")
    other = factories.make_sku(organization)
    factories.stock(sku, warehouse, 10)
    factories.stock(other, warehouse, 4)
    before = {item.pk: item.on_hand for item in StockItem.objects.all()}
    adjustment = document(
        record(
            by(sku, warehouse, -3), by(sku, warehouse, 5, bin=shelf), to(other, warehouse, 9), reference="R"
        )
    )
    undone = undo(adjustment, note="typed twice")
    assert (undone.reverses, undone.note, undone.reference, undone.source) == (
        adjustment,
        "typed twice",
        "R",
        "admin",
    )
    adjustment.refresh_from_db()
    assert adjustment.reversed_by == undone
    after = {item.pk: item.on_hand for item in StockItem.objects.all()}
    assert {key: units for key, units in after.items() if units} == before
    assert on_hand(sku, warehouse) == {("MAIN", None): 10}
    movements = Movement.objects.filter(document_id=undone.pk)
    assert {movement.reason_code.code for movement in movements} == {"reversal"}
    assert sorted(movement.delta for movement in movements) == [-5, -5, 3]
    assert Movement.objects.filter(document_id=adjustment.pk).count() == 3  # history stays
    assert list(verify()) == []


def test_it_is_undone_once(warehouse: Warehouse, sku: Sku) -> None:
    adjustment = document(factories.stock(sku, warehouse, 5))
    undone = undo(adjustment)
    caught = refusal(adjustment)
    assert (type(caught), caught.code) == (Conflict, "ALREADY_REVERSED")
    assert caught.extra == {"reversedBy": undone.public_id}


def test_a_reversal_can_be_reversed(warehouse: Warehouse, sku: Sku) -> None:
    adjustment = document(factories.stock(sku, warehouse, 5))
    again = undo(undo(adjustment))
    assert on_hand(sku, warehouse) == {("MAIN", None): 5}
    assert refusal(adjustment).code == "ALREADY_REVERSED"
    undo(again)
    assert on_hand(sku, warehouse) == {}
    assert list(verify()) == []


def test_goods_that_have_left_are_named(organization: Organization, warehouse: Warehouse, sku: Sku) -> None:
    other = factories.make_sku(organization)
    adjustment = document(record(by(sku, warehouse, 5), by(other, warehouse, 5)))
    factories.stock(sku, warehouse, -3, code="SALE")
    caught = refusal(adjustment)
    assert (type(caught), caught.code) == (RuleBroken, "GOODS_GONE")
    assert caught.extra == {"available": 2}
    assert "MILK" in caught.detail
    assert len(caught.problems) == 1
    factories.stock(sku, warehouse, 3)
    undo(adjustment)


def test_the_same_goods_in_another_bin_are_gone_too(warehouse: Warehouse, sku: Sku) -> None:
    shelf = factories.make_bin(warehouse, "A-1")
    adjustment = document(record(by(sku, warehouse, 5, bin=shelf)))
    record(by(sku, warehouse, -5, bin=shelf), by(sku, warehouse, 5))
    assert refusal(adjustment).code == "GOODS_GONE"


def test_several_goods_that_have_left_are_all_named(organization: Organization, warehouse: Warehouse) -> None:
    skus = [factories.make_sku(organization) for _ in range(3)]
    adjustment = document(record(*(by(sku, warehouse, 5) for sku in skus)))
    for sku in skus[:2]:
        factories.stock(sku, warehouse, -1)
    caught = refusal(adjustment)
    assert caught.code == "GOODS_GONE"
    assert len(caught.problems) == 2


def test_a_lot_that_has_expired_since_can_still_be_taken_back(
    organization: Organization, warehouse: Warehouse
) -> None:
    sku = factories.make_sku(organization, is_lot_controlled=True)
    lot = factories.make_lot(sku, "L", organization.today())
    adjustment = document(factories.stock(sku, warehouse, 5, lot=lot))
    lot.state = "expired"
    lot.save()
    undo(adjustment)
    assert on_hand(sku, warehouse) == {}


def test_an_inactive_or_read_only_warehouse_refuses_a_reversal_too(warehouse: Warehouse, sku: Sku) -> None:
    adjustment = document(factories.stock(sku, warehouse, 5))
    Warehouse.objects.update(is_active=False)
    assert refusal(adjustment).code == "WAREHOUSE_INACTIVE"
    Warehouse.objects.update(is_active=True, is_readonly=True)
    assert refusal(adjustment).code == "READONLY_WAREHOUSE"


def test_settings_come_back_by_hand_only(warehouse: Warehouse, sku: Sku) -> None:
    """A reversal undoes movements; thresholds are no movement."""
    from inventory.ledger import Settings

    adjustment = document(record(by(sku, warehouse, 5, settings=Settings(reorder_point=9))))
    undo(adjustment)
    assert StockLevel.objects.get().reorder_point == 9


# --- who may


def actor() -> Actor:
    return Actor(type=ActorType.KEY, id=new_id(), name="Integration")


def test_the_actor_is_kept_by_name(organization: Organization, warehouse: Warehouse, sku: Sku) -> None:
    mine = actor()
    adjustment = document(record(by(sku, warehouse, 5), actor=mine))
    movement = Movement.objects.get()
    assert (movement.actor_type, movement.actor_id, movement.actor_name) == ("key", mine.id, "Integration")
    assert (adjustment.actor_type, adjustment.actor_id, adjustment.actor_name) == (
        "key",
        mine.id,
        "Integration",
    )


def test_another_organizations_adjustment_does_not_exist(warehouse: Warehouse, sku: Sku) -> None:
    adjustment = document(factories.stock(sku, warehouse, 5))
    other = access_of_system(factories.make_organization("Other"))
    caught = refusal(adjustment, other)
    assert (type(caught), caught.code) == (NotFound, "ADJUSTMENT_NOT_FOUND")


def test_the_right_is_needed_in_every_warehouse_it_touched(
    organization: Organization, warehouse: Warehouse, sku: Sku
) -> None:
    other = factories.make_warehouse(organization, "Other")
    adjustment = document(record(by(sku, warehouse, 5), by(sku, other, 5)))
    here = Access(organization, actor(), {"inventory.adjust": frozenset({warehouse.pk})})
    assert refusal(adjustment, here).code == "ADJUSTMENT_NOT_FOUND"
    both = Access(organization, actor(), {"inventory.adjust": frozenset({warehouse.pk, other.pk})})
    reader = Access(organization, actor(), {"inventory.read": None})
    assert isinstance(refusal(adjustment, reader), Forbidden)
    undo(adjustment, both)


def test_the_database_lets_one_reversal_through(warehouse: Warehouse, sku: Sku) -> None:
    adjustment = document(factories.stock(sku, warehouse, 5))
    undone = undo(adjustment)
    undone.pk = new_id()
    with pytest.raises(IntegrityError), transaction.atomic():
        undone.save(force_insert=True)
