"""Bulk requests in any order never deadlock, and end as if one had come after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from inventory.models import Movement, Sku, StockLevel, StockSummary
from inventory.verification import verify
from tests import factories
from tests.races.conftest import Answer, Server
from warehouses.models import Organization

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

RETRIED = "transaction.retried"
DEADLOCK = "40P01"
#: How often bulks are sent that are to meet: where others keep the machine busy, one may be through before the next.
ROUNDS = 5


def opposite_bulks(
    server: Server, at_once: Callable[..., list[Any]], skus: list[Sku], requests: int
) -> list[Answer]:
    """`requests` nexus bulks at once, every other one backwards; the n-th sets every SKU to n + 1.

    With several warehouses, they take turns: what the requests then share are the summaries.
    """
    organization = skus[0].organization
    key = factories.make_key(organization)
    warehouses = [warehouse.public_id for warehouse in organization.warehouses.all()]

    def client(number: int) -> Answer:
        ordered = skus if number % 2 else skus[::-1]
        warehouse = warehouses[number % len(warehouses)]
        rows = [
            {"sku": sku.code, "warehouse_id": warehouse, "quantity": number + 1, "reason": "cycle_count"}
            for sku in ordered
        ]
        with server.session(key) as session:
            return session.send("POST", "/api/inventory/bulk", {"updates": rows})

    return at_once(client, list(range(requests)))


@pytest.fixture
def organization_of_many() -> Organization:
    return factories.make_organization()


def make_skus(organization: Organization, count: int) -> list[Sku]:
    product = factories.make_product(organization)
    return [factories.make_sku(organization, f"S-{number:03d}", product=product) for number in range(count)]


@pytest.mark.parametrize("new", [False, True], ids=["levels that exist", "levels to be made"])
def test_twenty_opposite_bulks_all_succeed_without_a_deadlock(
    server: Server, at_once: Callable[..., list[Any]], organization_of_many: Organization, new: bool
) -> None:
    skus = make_skus(organization_of_many, 40)
    if not new:
        for sku in skus:
            factories.stock(sku, organization_of_many.warehouses.get(), 500)
    before = server.read_log().count(RETRIED)
    answers = opposite_bulks(server, at_once, skus, 20)
    assert Counter((answer.status, answer.code) for answer in answers) == {(200, None): 20}
    assert server.read_log().count(RETRIED) == before, "a deadlock was retried away: there should be none"
    # One of them came last, for every SKU.
    (last,) = set(StockLevel.objects.values_list("on_hand", flat=True))
    assert 1 <= last <= 20
    assert set(StockSummary.objects.values_list("on_hand", flat=True)) == {last}
    assert Movement.objects.count() == 40 * (20 + (not new))
    assert list(verify()) == []


def test_bulks_that_meet_in_the_summaries_only(
    server: Server, at_once: Callable[..., list[Any]], organization_of_many: Organization
) -> None:
    skus = make_skus(organization_of_many, 40)
    for number in range(3):
        factories.make_warehouse(organization_of_many, f"W{number}")
    before = server.read_log().count(RETRIED)
    answers = opposite_bulks(server, at_once, skus, 12)
    assert Counter((answer.status, answer.code) for answer in answers) == {(200, None): 12}
    assert server.read_log().count(RETRIED) == before
    assert StockLevel.objects.count() == 40 * 4
    assert StockSummary.objects.count() == 40
    assert list(verify()) == []


def test_without_the_order_deadlocks_would_be_seen(
    transactional_db: None,
    start_server: Callable[[str], Server],
    at_once: Callable[..., list[Any]],
    organization_of_many: Organization,
) -> None:
    skus = make_skus(organization_of_many, 25)
    for sku in skus:
        factories.stock(sku, organization_of_many.warehouses.get(), 500)
    server = start_server("lock-in-any-order")
    before = server.read_log().count(DEADLOCK)
    for _ in range(ROUNDS):
        answers = opposite_bulks(server, at_once, skus, 3)  # each deadlock takes PostgreSQL a second to see
        assert {answer.status for answer in answers} <= {200, 409}
        assert {answer.code for answer in answers} <= {None, "CONTENTION"}
        if server.read_log().count(DEADLOCK) > before:
            break
    else:
        pytest.fail("they never waited for each other")
    # Even so nothing is half done.
    assert list(verify()) == []


def test_first_posts_of_one_level_make_one_level(
    server: Server, at_once: Callable[..., list[Any]], organization_of_many: Organization
) -> None:
    skus = make_skus(organization_of_many, 5)
    key = factories.make_key(organization_of_many)

    def client(number: int) -> list[Answer]:
        with server.session(key) as session:
            return [
                session.send("POST", "/api/v1/inventory/adjust", {"sku": sku.code, "adjustment": number + 1})
                for sku in skus
            ]

    answers = [answer for found in at_once(client, list(range(8))) for answer in found]
    assert {answer.status for answer in answers} == {200}
    assert StockLevel.objects.count() == StockSummary.objects.count() == 5
    assert set(StockLevel.objects.values_list("on_hand", "version")) == {(36, 8)}
    assert set(StockSummary.objects.values_list("on_hand", flat=True)) == {36}
    assert list(verify()) == []
