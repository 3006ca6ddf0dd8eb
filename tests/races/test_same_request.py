"""One request sent many times at once, and many writers who read the same version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from inventory.models import Movement, StockLevel
from inventory.verification import verify
from tests import factories
from tests.races.conftest import Answer, Server

pytestmark = pytest.mark.django_db(transaction=True)


def test_fifty_identical_requests_with_one_key_post_once(
    server: Server, at_once: Callable[..., list[Any]], is_postgresql: bool
) -> None:
    organization = factories.make_organization()
    sku = factories.make_sku(organization, "ONCE")
    factories.stock(sku, organization.warehouses.get(), 100)
    key = factories.make_key(organization)

    def client(adjustment: int) -> Answer:
        body = {"sku": "ONCE", "adjustment": adjustment}
        with server.session(key) as session:
            return session.send("POST", "/api/v1/inventory/adjust", body, Idempotency_Key="fifty-times")

    answers = at_once(client, [-3] * 50)
    statuses = Counter(
        (answer.status, answer.code, answer.headers.get("Idempotent-Replayed")) for answer in answers
    )
    assert statuses[200, None, None] == 1
    assert set(statuses) <= {
        (200, None, None),
        (200, None, "true"),
        (409, "IDEMPOTENCY_IN_PROGRESS", None),
    }
    if not is_postgresql:
        assert statuses[409, "IDEMPOTENCY_IN_PROGRESS", None] == 0  # there the second waits for the first
    assert all("Retry-After" in answer.headers for answer in answers if answer.status == 409)
    bodies = [answer.body for answer in answers if answer.status == 200]
    assert all(body == bodies[0] for body in bodies)
    assert bodies[0]["quantity"] == 97
    assert Movement.objects.filter(delta=-3).count() == 1
    later = client(-3)
    assert (later.status, later.headers.get("Idempotent-Replayed"), later.body) == (200, "true", bodies[0])
    other = client(-4)
    assert (other.status, other.code) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert StockLevel.objects.get().on_hand == 97


def test_a_version_over_several_warehouses_is_one_version(
    server: Server, at_once: Callable[..., list[Any]]
) -> None:
    """Nexus shows a SKU over its warehouses under one tag: who writes one of them has changed the record."""
    organization = factories.make_organization()
    sku = factories.make_sku(organization, "EVERYWHERE")
    warehouses = [factories.make_warehouse(organization, f"W{number}") for number in range(6)]
    for warehouse in warehouses:
        factories.stock(sku, warehouse, 100)
    key = factories.make_key(organization)
    with server.session(key) as session:
        tag = session.send("GET", "/api/inventory/EVERYWHERE").headers["ETag"]
    assert sku.pk.hex in tag

    def client(number: int) -> Answer:
        body = {"warehouse_id": warehouses[number].public_id, "quantity": number, "reason": "cycle_count"}
        with server.session(key) as session:
            return session.send("PUT", "/api/inventory/EVERYWHERE", body, If_Match=tag)

    answers = at_once(client, list(range(6)))
    assert Counter((answer.status, answer.code) for answer in answers) == {
        (200, None): 1,
        (412, "PRECONDITION_FAILED"): 5,
    }
    assert StockLevel.objects.exclude(on_hand=100).count() == 1


@pytest.mark.parametrize("contract", ["gateway", "nexus"])
def test_of_writers_who_read_one_version_one_wins(
    server: Server, at_once: Callable[..., list[Any]], contract: str
) -> None:
    organization = factories.make_organization()
    sku = factories.make_sku(organization, "VERSIONED")
    warehouse = organization.warehouses.get()
    factories.stock(sku, warehouse, 100)
    key = factories.make_key(organization)
    path = "/api/v1/inventory/VERSIONED" if contract == "gateway" else "/api/inventory/VERSIONED"
    with server.session(key) as session:
        tag = session.send("GET", path).headers["ETag"]

    def client(quantity: int) -> Answer:
        body: dict[str, Any] = {"quantity": quantity}
        if contract == "nexus":
            body |= {"warehouse_id": warehouse.public_id, "reason": "cycle_count"}
        with server.session(key) as session:
            return session.send("PUT", path, body, If_Match=tag)

    answers = at_once(client, list(range(8)))
    assert Counter((answer.status, answer.code) for answer in answers) == {
        (200, None): 1,
        (412, "PRECONDITION_FAILED"): 7,
    }
    (won,) = (quantity for quantity, answer in enumerate(answers) if answer.status == 200)
    assert StockLevel.objects.get().on_hand == won
    assert Movement.objects.count() == 2
    assert list(verify()) == []
