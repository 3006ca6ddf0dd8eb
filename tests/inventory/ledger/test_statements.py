"""A batch costs the same number of SQL statements whatever its size, on both engines."""

from __future__ import annotations

import pytest

from inventory.adjustments import reverse
from inventory.ledger import Line, Mode
from inventory.models import Movement, Sku, Source
from tests import factories
from tests.inventory.ledger.batches import record, statements
from warehouses.access import access_of_system
from warehouses.models import Organization

pytestmark = pytest.mark.django_db

# Savepoint and its release included: in a test, the transaction of `transactions.run` is one.
EXISTING = 12
NEW = 14
REVERSING = 14  # called within a transaction already


@pytest.fixture
def skus(organization: Organization) -> list[Sku]:
    product = factories.make_product(organization)
    return Sku.objects.bulk_create(
        Sku(
            organization=organization,
            product=product,
            code=f"S-{number:04d}",
            code_key=f"s-{number:04d}",
            title="Any",
        )
        for number in range(500)
    )


def lines(skus: list[Sku], quantity: int, mode: Mode = Mode.BY) -> list[Line]:
    organization = skus[0].organization
    warehouse = organization.warehouses.get()
    reason = factories.reason(organization)
    return [Line(sku=sku, warehouse=warehouse, quantity=quantity, mode=mode, reason=reason) for sku in skus]


@pytest.mark.parametrize("size", [1, 2, 500])
def test_statements_of_a_batch(skus: list[Sku], size: int) -> None:
    batch = lines(skus[:size], 3)
    assert statements(lambda: record(*batch)) == NEW
    batch = lines(skus[:size], -1)
    assert statements(lambda: record(*batch)) == EXISTING
    batch = lines(skus[:size], 7, Mode.TO)
    assert statements(lambda: record(*batch)) == EXISTING
    assert Movement.objects.count() == 3 * size


@pytest.mark.parametrize("size", [1, 500])
def test_statements_of_a_reversal(organization: Organization, skus: list[Sku], size: int) -> None:
    adjustment = record(*lines(skus[:size], 3)).adjustment
    assert adjustment is not None
    access = access_of_system(organization)
    work = lambda: reverse(access=access, source=Source.SYSTEM, adjustment=adjustment)  # noqa: E731
    assert statements(work) == REVERSING
    assert Movement.objects.count() == 2 * size


def test_many_lines_on_one_level_cost_no_more(skus: list[Sku]) -> None:
    batch = lines(skus[:1] * 400, 1)
    assert statements(lambda: record(*batch)) == NEW
