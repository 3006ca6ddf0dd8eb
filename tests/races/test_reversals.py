"""Reversing and renaming while others write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from inventory.adjustments import reverse
from inventory.models import Adjustment, Movement, Sku, Source, StockLevel, StockSummary
from inventory.verification import verify
from tests import factories
from tests.races.sessions import Other, wait_until_somebody_waits
from warehouses import transactions
from warehouses.access import access_of_system
from warehouses.refusals import Refusal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]


def test_of_reversals_at_once_one_wins(at_once: Callable[..., list[Any]]) -> None:
    organization = factories.make_organization()
    sku = factories.make_sku(organization)
    warehouse = organization.warehouses.get()
    recorded = factories.stock(sku, warehouse, 5)
    adjustment = recorded.adjustment
    assert adjustment is not None
    access = access_of_system(organization)

    def undo(number: int) -> str:
        try:
            transactions.run(lambda: reverse(access=access, source=Source.SYSTEM, adjustment=adjustment))
        except Refusal as refusal:
            return refusal.code
        return "reversed"

    assert Counter(at_once(undo, list(range(6)))) == {"reversed": 1, "ALREADY_REVERSED": 5}
    assert StockLevel.objects.get().on_hand == 0
    assert Adjustment.objects.filter(reverses=adjustment).count() == 1
    assert Movement.objects.count() == 2
    assert list(verify()) == []


@pytest.fixture
def sku() -> Sku:
    return factories.make_sku(factories.make_organization(), "OLD")


def rename(sku: Sku, code: str) -> None:
    """As the catalogue's pages do it."""
    with transaction.atomic():
        mine = Sku.objects.get(pk=sku.pk)
        mine.code = code
        mine.save()


def test_a_level_made_while_its_sku_is_renamed_has_the_new_code(sku: Sku) -> None:
    """The ledger has read the SKU before; the rename commits before the level is there."""
    warehouse = sku.organization.warehouses.get()
    stale = Sku.objects.select_related("organization").get(pk=sku.pk)
    with transaction.atomic():
        rename(sku, "NEW")
        posting = Other(lambda: factories.stock(stale, warehouse, 5))
        wait_until_somebody_waits()
    posting.result()
    assert StockLevel.objects.get().sort_code == "new"
    assert StockSummary.objects.get().sort_code == "new"
    assert list(verify()) == []


def test_a_rename_waits_for_the_ledger_and_takes_its_new_level_along(sku: Sku) -> None:
    warehouse = sku.organization.warehouses.get()
    with transaction.atomic():
        factories.stock(sku, warehouse, 5)
        renaming = Other(lambda: rename(sku, "NEW"))
        wait_until_somebody_waits()
        factories.stock(sku, warehouse, -2)  # the same transaction goes on: nobody waits for nobody
    renaming.result()
    assert StockLevel.objects.get().sort_code == "new"
    assert StockLevel.objects.get().on_hand == 3
    assert list(verify()) == []


def test_adjusting_and_renaming_at_once_fails_for_neither(
    sku: Sku, at_once: Callable[..., list[Any]]
) -> None:
    organization = sku.organization
    warehouses = [factories.make_warehouse(organization, f"W{number}") for number in range(4)]

    def work(number: int) -> None:
        if number >= len(warehouses):
            for turn in range(12):
                rename(sku, f"CODE-{turn}")
            return
        for _ in range(12):
            factories.stock(sku, warehouses[number], 1)

    at_once(work, list(range(5)))
    assert sorted(StockLevel.objects.values_list("on_hand", "sort_code")) == [(12, "code-11")] * 4
    assert StockSummary.objects.get().sort_code == "code-11"
    assert list(verify()) == []
