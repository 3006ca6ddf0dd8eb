"""The formulas, and that the database computes the same."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory import formulas
from inventory.formulas import StockStatus
from inventory.models import Sku, StockLevel, StockSummary
from tests import factories
from warehouses.models import Organization


def test_nexus_keeps_the_safety_stock_back() -> None:
    """The contract's own example."""
    assert formulas.promisable(on_hand=350, reserved=18, held=0, safety_stock=15) == 317
    assert formulas.available(on_hand=350, reserved=18, held=0) == 332


def test_available_is_never_clamped() -> None:
    assert formulas.available(on_hand=2, reserved=5, held=4) == -7
    assert formulas.promisable(on_hand=2, reserved=0, held=0, safety_stock=3) == -1


# available, safety stock, reorder point, is low, status
BOUNDARIES = [
    (-1, 0, 0, True, StockStatus.OUT_OF_STOCK),
    (0, 0, 0, False, StockStatus.OUT_OF_STOCK),
    (1, 0, 0, False, StockStatus.NORMAL),
    (0, 5, 10, True, StockStatus.OUT_OF_STOCK),
    (1, 5, 10, True, StockStatus.CRITICAL),
    (5, 5, 10, True, StockStatus.CRITICAL),
    (6, 5, 10, True, StockStatus.LOW),
    (9, 5, 10, True, StockStatus.LOW),
    (10, 5, 10, False, StockStatus.NORMAL),
    (5, 5, 5, False, StockStatus.CRITICAL),
    (6, 5, 5, False, StockStatus.NORMAL),
    (7, 10, 3, False, StockStatus.CRITICAL),
    (1, 0, 1, False, StockStatus.NORMAL),
    (1, 0, 2, True, StockStatus.LOW),
    (1, 1, 2, True, StockStatus.CRITICAL),
]


@pytest.mark.parametrize(("available", "safety_stock", "reorder_point", "low", "status"), BOUNDARIES)
def test_boundaries(
    available: int, safety_stock: int, reorder_point: int, low: bool, status: StockStatus
) -> None:
    assert formulas.is_low(available=available, reorder_point=reorder_point) is low
    assert (
        formulas.status(available=available, safety_stock=safety_stock, reorder_point=reorder_point) is status
    )


@pytest.fixture
def sku(organization: Organization) -> Sku:
    sku = factories.make_sku(organization)
    factories.stock(sku, organization.warehouses.get(), 1)
    return sku


COLUMNS = ("on_hand", "reserved", "held", "safety_stock", "reorder_point")


def in_database(model: Any, key: dict[str, Any], values: tuple[int, ...]) -> tuple[int, bool, str]:
    """What the database computes for a row with these numbers, written past the ledger."""
    table = model._meta.db_table
    column, value = next(iter(key.items()))
    setters = ", ".join(f"{name} = %s" for name in COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {setters} WHERE {column} = %s",  # noqa: S608 - our own names
            [*values, model._meta.pk.get_db_prep_value(value, connection)],
        )
    row: tuple[int, bool, str] = model.objects.values_list("available", "is_low", "status").get(pk=value)
    return row


def in_python(values: tuple[int, ...]) -> tuple[int, bool, str]:
    on_hand, reserved, held, safety_stock, reorder_point = values
    available = formulas.available(on_hand=on_hand, reserved=reserved, held=held)
    return (
        available,
        formulas.is_low(available=available, reorder_point=reorder_point),
        formulas.status(available=available, safety_stock=safety_stock, reorder_point=reorder_point).value,
    )


def quantities(largest: int) -> st.SearchStrategy[int]:
    return st.one_of(st.integers(0, 12), st.integers(0, largest), st.just(largest))


LARGEST = 2_147_483_647


@pytest.mark.django_db
def test_the_columns_of_a_level_and_a_summary_are_the_formulas(sku: Sku) -> None:
    level = StockLevel.objects.get(sku=sku)

    @settings(max_examples=120, derandomize=True, database=None, deadline=None)
    @given(st.tuples(*[quantities(10**15)] * 3, *[quantities(LARGEST)] * 2))
    def check(values: tuple[int, ...]) -> None:
        expected = in_python(values)
        assert in_database(StockLevel, {"id": level.pk}, values) == expected
        assert in_database(StockSummary, {"sku_id": sku.pk}, values) == expected

    check()


@pytest.mark.django_db
@pytest.mark.parametrize(("available", "safety_stock", "reorder_point", "low", "status"), BOUNDARIES)
def test_the_boundaries_in_the_database(
    sku: Sku, available: int, safety_stock: int, reorder_point: int, low: bool, status: StockStatus
) -> None:
    level = StockLevel.objects.get(sku=sku)
    for reserved, held in ((3, 0), (0, 3), (2, 1)):
        values = (available + 3, reserved, held, safety_stock, reorder_point)
        assert in_database(StockLevel, {"id": level.pk}, values) == (available, low, status.value)
        assert in_database(StockSummary, {"sku_id": sku.pk}, values) == (available, low, status.value)


@pytest.mark.django_db
def test_the_status_over_annotations_is_the_same(sku: Sku) -> None:
    """The expression with a prefix, as listings over some of the warehouses use it."""
    from django.db.models import F

    for values in (
        (10, 3, 0, 5, 10),
        (10, 3, 7, 5, 10),
        (10, 1, 0, 9, 0),
        (10, 0, 0, 2, 11),
        (10, 0, 0, 2, 10),
    ):
        in_database(StockSummary, {"sku_id": sku.pk}, values)
        found = StockSummary.objects.annotate(
            **{f"seen_{name}": F(name) for name in COLUMNS}, seen=formulas.status_expression("seen_")
        ).get()
        assert found.seen == found.status == in_python(values)[2]


@pytest.mark.django_db
def test_the_sums_of_the_largest_quantities_fit(organization: Organization) -> None:
    sku = factories.make_sku(organization)
    for number in range(3):
        factories.stock(sku, factories.make_warehouse(organization, f"W{number}"), 1_000_000_000)
    assert StockSummary.objects.get().available == 3_000_000_000
