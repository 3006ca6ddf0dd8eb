"""No lost update: any number of concurrent changes end in the sum of those that were acknowledged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Sum

from inventory.models import Adjustment, Movement, Sku, StockItem, StockLevel, StockSummary
from inventory.verification import verify
from tests import factories
from tests.races.conftest import Answer, Server

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = 16


def decrement(
    server: Server, at_once: Callable[..., list[Any]], sku: Sku, requests: int, clients: int = CLIENTS
) -> list[Answer]:
    """`requests` times take one unit, by `clients` at once."""
    key = factories.make_key(sku.organization)

    def client(share: int) -> list[Answer]:
        body = {"sku": sku.code, "adjustment": -1}
        with server.session(key) as session:
            return [session.send("POST", "/api/v1/inventory/adjust", body) for _ in range(share)]

    shares = [requests // clients + (number < requests % clients) for number in range(clients)]
    return [answer for answers in at_once(client, shares) for answer in answers]


@pytest.fixture
def sku() -> Sku:
    organization = factories.make_organization()
    sku = factories.make_sku(organization, "LAST-ONES")
    factories.stock(sku, organization.warehouses.get(), 700)
    return sku


@pytest.mark.postgresql
def test_of_a_thousand_decrements_of_700_units_700_are_accepted(
    server: Server, at_once: Callable[..., list[Any]], sku: Sku
) -> None:
    answers = decrement(server, at_once, sku, 1000)
    assert Counter((answer.status, answer.code) for answer in answers) == {
        (200, None): 700,
        (422, "NEGATIVE_QUANTITY"): 300,
    }
    assert StockLevel.objects.get().on_hand == StockItem.objects.get().on_hand == 0
    assert StockSummary.objects.get().on_hand == 0
    taken = Movement.objects.filter(delta__lt=0)
    assert taken.count() == 700
    assert taken.aggregate(total=Sum("delta"))["total"] == -700
    assert Adjustment.objects.count() == 701
    # Everybody was told another number: nobody's write was lost under another's.
    told = sorted(answer.body["quantity"] for answer in answers if answer.status == 200)
    assert told == list(range(700))
    assert list(verify()) == []


@pytest.mark.postgresql
def test_without_the_lock_this_would_be_seen(
    transactional_db: None, start_server: Callable[[str], Server], at_once: Callable[..., list[Any]], sku: Sku
) -> None:
    answers = decrement(start_server("read-without-locking"), at_once, sku, 100, clients=8)
    assert {answer.status for answer in answers} == {200}
    left = StockLevel.objects.get().on_hand
    assert left > 600, "100 units were sold, but fewer were taken off the stock"
    assert "item-is-sum-of-movements" in {finding.check for finding in verify()}


@pytest.mark.postgresql
def test_without_the_version_the_short_way_would_tell_the_same_to_several(
    transactional_db: None, start_server: Callable[[str], Server], at_once: Callable[..., list[Any]], sku: Sku
) -> None:
    answers = decrement(start_server("write-quickly-what-was-read"), at_once, sku, 60, clients=8)
    assert {answer.status for answer in answers} == {200}
    told = {answer.body["quantity"] for answer in answers}
    assert len(told) < len(answers), "each of 60 saw what none of the others had left"
    assert "movements-chain" in {finding.check for finding in verify()}


def test_everything_holds_on_the_embedded_database_too(
    server: Server, at_once: Callable[..., list[Any]], sku: Sku, is_postgresql: bool
) -> None:
    """On SQLite the writers queue for the file. Nobody may be told that the database is locked."""
    if is_postgresql:
        pytest.skip("the larger tests look at PostgreSQL")
    factories.stock(sku, sku.organization.warehouses.get(), -600)
    answers = decrement(server, at_once, sku, 150, clients=8)
    assert Counter((answer.status, answer.code) for answer in answers) == {
        (200, None): 100,
        (422, "NEGATIVE_QUANTITY"): 50,
    }
    assert sorted(answer.body["quantity"] for answer in answers if answer.status == 200) == list(range(100))
    assert "database is locked" not in server.read_log()
    assert StockLevel.objects.get().on_hand == 0
    assert list(verify()) == []
