"""The rules of documents about stock that hold whichever edge asks; what they do: tests/inventory/api/backoffice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction

from inventory.ledger import Mode
from inventory.models import Sku, Source
from inventory.stock_documents import NewLot, correct_lot, post_adjustment, record_stock
from tests import factories
from tests.inventory.ledger.batches import by, fingerprint, to
from warehouses.access import Access, access_of_system
from warehouses.actors import SYSTEM
from warehouses.models import Organization, Warehouse
from warehouses.refusals import Forbidden, NotFound, Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def here(organization: Organization) -> Warehouse:
    return factories.make_warehouse(organization, "Here")


@pytest.fixture
def there(organization: Organization) -> Warehouse:
    return factories.make_warehouse(organization, "There")


@pytest.fixture
def sku(organization: Organization, here: Warehouse, there: Warehouse) -> Sku:
    found = factories.make_sku(organization, "MILK")
    for place in (here, there):
        factories.stock(found, place, 10)
    return found


def attempts(sku: Sku, place: Warehouse) -> dict[str, Callable[[Access], object]]:
    """Every function, about the SKU in that warehouse."""
    return {
        "post": lambda access: post_adjustment(
            access=access, source=Source.SYSTEM, lines=[by(sku, place, 1)]
        ),
        "record": lambda access: record_stock(access=access, source=Source.SYSTEM, lines=[to(sku, place, 1)]),
        "correct": lambda access: correct_lot(
            access=access,
            source=Source.SYSTEM,
            sku=sku,
            warehouse=place,
            bin=None,
            from_lot=None,
            to_lot=NewLot("L", None),
            quantity=1,
        ),
    }


@pytest.mark.parametrize("name", ["post", "record", "correct"])
def test_each_needs_the_right_where_it_changes_stock(
    organization: Organization, sku: Sku, here: Warehouse, there: Warehouse, name: str
) -> None:
    only_here = frozenset({here.pk})
    callers: list[tuple[dict[str, frozenset[object] | None], type[Refusal]]] = [
        ({"inventory.adjust": only_here}, NotFound),
        ({"inventory.adjust": only_here, "inventory.read": None}, Forbidden),
        ({"inventory.read": None}, Forbidden),
        ({}, Forbidden),
    ]
    for grants, refusal in callers:
        before = fingerprint()
        with pytest.raises(refusal), transaction.atomic():
            attempts(sku, there)[name](Access(organization, SYSTEM, grants))  # type: ignore[arg-type]
        assert fingerprint() == before
    attempts(sku, here)[name](Access(organization, SYSTEM, {"inventory.adjust": only_here}))
    attempts(sku, there)[name](access_of_system(organization))


def test_what_is_there_is_stated_and_not_changed_by(
    organization: Organization, sku: Sku, here: Warehouse
) -> None:
    with pytest.raises(ValueError, match="stated"):
        record_stock(
            access=access_of_system(organization),
            source=Source.SYSTEM,
            lines=[by(sku, here, 1, mode=Mode.BY)],
        )


def test_two_who_say_the_same_at_different_times_post_once(
    organization: Organization, sku: Sku, here: Warehouse
) -> None:
    """The difference is reckoned under the lock, not from what somebody had read before."""
    access = access_of_system(organization)
    for before, difference in ((10, -6), (4, 0)):
        _, (stated,) = record_stock(access=access, source=Source.SYSTEM, lines=[to(sku, here, 4)])
        assert (stated.before, stated.after, stated.difference) == (before, 4, difference)
