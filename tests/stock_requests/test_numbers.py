"""The numbers of requests: per organization, without gaps and without doubles, also when many are made at once."""

from __future__ import annotations

import pytest

from inventory.models import Sku
from stock_requests.drafting import WantedLine, create_request
from stock_requests.models import RequestNumber, StockRequest
from tests import factories
from tests.races.sessions import Other, wait_until_somebody_waits
from warehouses import transactions
from warehouses.access import Access, access_of_system
from warehouses.models import Organization, Warehouse


def make(access: Access, warehouse: Warehouse, sku: Sku) -> StockRequest:
    return transactions.run(
        lambda: create_request(access=access, from_warehouse=warehouse, lines=[WantedLine(sku, 1)])
    )


@pytest.mark.django_db
def test_each_organization_counts_for_itself() -> None:
    names = []
    for name in ("Acme", "Other", "Acme", "Acme", "Other"):
        found = Organization.objects.filter(name=name).first()
        organization = found or factories.make_organization(name)
        sku = factories.make_sku(organization)
        made = make(access_of_system(organization), organization.warehouses.get(), sku)
        names.append(made.name)
    assert names == ["SR-00001", "SR-00001", "SR-00002", "SR-00003", "SR-00002"]


@pytest.mark.django_db
def test_a_request_that_comes_to_nothing_leaves_no_gap(organization: Organization) -> None:
    access, warehouse, sku = _ground(organization)
    make(access, warehouse, sku)

    def work() -> None:
        assert create_request(access=access, from_warehouse=warehouse).number == 2
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        transactions.run(work)
    assert make(access, warehouse, sku).number == 2
    assert RequestNumber.objects.get().last == 2


@pytest.mark.django_db
def test_numbers_go_beyond_five_digits(organization: Organization) -> None:
    access, warehouse, sku = _ground(organization)
    RequestNumber.objects.create(organization=organization, last=99_999)
    assert make(access, warehouse, sku).name == "SR-100000"


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
@pytest.mark.parametrize("before", [0, 3])
def test_many_made_at_once_are_numbered_without_gaps_or_doubles(
    organization: Organization, before: int
) -> None:
    """With `before` requests there already, or none: then also the row that is locked has to be made by one of them."""
    access, warehouse, sku = _ground(organization)
    for _ in range(before):
        make(access, warehouse, sku)
    others: list[Other] = []

    def first() -> int:
        made = create_request(access=access, from_warehouse=warehouse)
        others.extend(Other(lambda: make(access, warehouse, sku)) for _ in range(6))
        wait_until_somebody_waits(6)
        return made.number

    assert transactions.run(first) == before + 1
    numbers = sorted(other.result().number for other in others)
    assert numbers == list(range(before + 2, before + 8))
    assert sorted(StockRequest.objects.values_list("number", flat=True)) == list(range(1, before + 8))


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_the_number_of_one_that_is_given_up_goes_to_the_next(organization: Organization) -> None:
    access, warehouse, sku = _ground(organization)
    make(access, warehouse, sku)
    others: list[Other] = []

    def work() -> None:
        create_request(access=access, from_warehouse=warehouse)
        others.append(Other(lambda: make(access, warehouse, sku)))
        wait_until_somebody_waits()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        transactions.run(work)
    assert others[0].result().number == 2
    assert sorted(StockRequest.objects.values_list("number", flat=True)) == [1, 2]


def _ground(organization: Organization) -> tuple[Access, Warehouse, Sku]:
    return access_of_system(organization), organization.warehouses.get(), factories.make_sku(organization)
