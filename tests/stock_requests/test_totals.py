"""What the lines of requests come to."""

from __future__ import annotations

from decimal import Decimal

import pytest
import pytest_django

from stock_requests.models import StockRequest
from stock_requests.totals import Totals, totals_of, with_value
from tests import factories
from tests.stock_requests.records import write_line, write_request
from warehouses.models import Organization, Warehouse


@pytest.fixture
def source(organization: Organization) -> Warehouse:
    return factories.make_warehouse(organization, "Depot")


def test_units_and_value_are_added_up(organization: Organization, source: Warehouse) -> None:
    bolt = factories.make_sku(organization, "BOLT", unit_cost="0.0350")
    nut = factories.make_sku(organization, "NUT", unit_cost="2.5000")
    priceless = factories.make_sku(organization, "PRICELESS")
    request = write_request(source)
    short = write_line(
        request, bolt, 100, approved=80, picked=70, fulfilled=60, substituted=10, back_ordered=12, closed=3
    )
    write_line(request, nut, 10, approved=10, picked=4, substitute_for=short)
    write_line(request, priceless, 7)

    found = totals_of([request.pk])

    assert found == {
        request.pk: Totals(
            lines=3,
            requested=117,
            approved=90,
            picked=74,
            fulfilled=60,
            substituted=10,
            back_ordered=12,
            closed=3,
            remaining=32,
            value=Decimal("28.15"),  # 90 of 0.035, and the 10 that come instead of the other 10 at 2.50
        )
    }


def test_nobody_has_approved_is_not_that_nothing_was_approved(
    organization: Organization, source: Warehouse
) -> None:
    sku = factories.make_sku(organization, "BOLT")
    undecided, cut = write_request(source, {sku: 5}), write_request(source)
    write_line(cut, sku, 5, approved=0, closed=5, change_reason="Too many")

    found = totals_of([undecided.pk, cut.pk])

    assert found[undecided.pk].approved is None
    assert found[cut.pk].approved == 0
    assert found[cut.pk].remaining == 0


def test_a_request_without_lines_comes_to_nothing(source: Warehouse) -> None:
    empty = write_request(source)

    assert totals_of([empty.pk]) == {empty.pk: Totals()}
    assert with_value(StockRequest.objects.all()).get().value == Decimal(0)


def test_lists_are_sorted_by_the_value_that_is_shown(organization: Organization, source: Warehouse) -> None:
    skus = [factories.make_sku(organization, unit_cost=cost) for cost in ("0.3333", "12.5", None)]
    requests = [
        write_request(source, dict(zip(skus, counts, strict=True)))
        for counts in ((3, 1, 9), (1, 2, 1), (50, 1, 4))
    ]

    listed = with_value(StockRequest.objects.all()).order_by("value")

    totals = totals_of([request.pk for request in requests])
    assert [each.value for each in listed] == sorted(total.value for total in totals.values())
    assert {each.pk: each.value for each in listed} == {key: total.value for key, total in totals.items()}


@pytest.mark.parametrize("count", [1, 3])
def test_one_query_whatever_the_number(
    organization: Organization,
    source: Warehouse,
    count: int,
    django_assert_num_queries: pytest_django.DjangoAssertNumQueries,
) -> None:
    skus = [factories.make_sku(organization) for _ in range(3)]
    keys = [write_request(source, dict.fromkeys(skus, 2)).pk for _ in range(count)]

    with django_assert_num_queries(1):
        found = totals_of(keys)

    assert [found[key].requested for key in keys] == [6] * count
    with django_assert_num_queries(0):
        assert totals_of([]) == {}
