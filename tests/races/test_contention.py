"""Somebody else holds the row for longer than anybody should wait."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client

from tests import factories
from tests.inventory.ledger.batches import fingerprint

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]


@pytest.fixture
def other_session() -> Iterator[psycopg.Connection[Any]]:
    at = connection.settings_dict
    with psycopg.connect(
        host=at["HOST"], port=at["PORT"], user=at["USER"], password=at["PASSWORD"], dbname=at["NAME"]
    ) as session:
        yield session


@pytest.fixture
def _impatient() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        (patience,) = cursor.fetchone()
        assert patience == "3s", "the product's own limit"
        cursor.execute("SET lock_timeout = '100ms'")
    yield
    connection.close()


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("table", ["inventory_stocklevel", "inventory_stocksummary", "warehouses_warehouse"])
def test_a_row_that_stays_locked_is_contention(table: str, other_session: psycopg.Connection[Any]) -> None:
    organization = factories.make_organization()
    sku = factories.make_sku(organization, "BUSY")
    factories.stock(sku, organization.warehouses.get(), 5)
    client = Client(headers={"X-API-Key": factories.make_key(organization)})

    def adjust() -> Any:
        body = {"sku": "BUSY", "adjustment": -1}
        return client.post(
            "/api/v1/inventory/adjust",
            body,
            content_type="application/json",
            headers={"Idempotency-Key": "k"},
        )

    before = fingerprint()
    other_session.execute(f"SELECT 1 FROM {table} FOR UPDATE")  # type: ignore[call-overload]  # noqa: S608
    answer = adjust()
    assert (answer.status_code, answer.json()["code"]) == (409, "CONTENTION")
    assert answer["Content-Type"] == "application/problem+json"
    assert int(answer["Retry-After"]) >= 1
    assert fingerprint() == before
    other_session.rollback()
    assert adjust().json()["quantity"] == 4  # the same key: what failed was not stored
