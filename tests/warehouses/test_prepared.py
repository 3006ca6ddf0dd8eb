"""Statements that the server prepares, and the first one of a request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import DataError, OperationalError, ProgrammingError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.races.sessions import Other, wait_until_somebody_waits
from warehouses import keys, prepared
from warehouses.models import Organization
from warehouses.prepared import integer

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def due() -> Iterator[Any]:
    """The connection as a request finds it that another one has left: to be asked whether it is there."""
    database: Any = connections["default"]
    database.ensure_connection()
    before = database.health_check_enabled
    database.health_check_enabled, database.health_check_done = True, False
    yield database
    database.health_check_enabled = before


def end(database: Any) -> None:
    """What a restart of the server does to a connection that is kept."""
    pid = database.connection.info.backend_pid
    with psycopg.connect(database.connection.info.dsn, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def test_values_keep_their_types() -> None:
    key = UUID(int=7)
    rows = prepared.fetch(
        "SELECT %s::uuid, %s::bigint + 1, %s::varchar, %s::bigint[]",
        [key, integer(2), "100 %s", [integer(3)]],
    )
    assert rows == [(key, 3, "100 %s", [3])]


def test_a_statement_is_prepared_once_it_has_been_seen() -> None:
    for number in range(5):
        assert prepared.fetch("SELECT %s::bigint AS seen_before", [integer(number)]) == [(number,)]
    named = prepared.fetch(
        "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s::varchar", ["%seen_before"]
    )
    assert named == [(1,)]


def test_errors_are_djangos() -> None:
    with pytest.raises(ProgrammingError):
        prepared.fetch("SELECT nothing FROM nowhere", [])


def test_the_first_statement_is_the_health_check(organization: Organization, due: Any) -> None:
    text = factories.make_key(organization)
    due.health_check_done = False
    with CaptureQueriesContext(connection) as captured:
        assert keys.find_key(text) is not None
        Organization.objects.get()
    assert len(captured) == 2


def test_a_connection_that_has_gone_is_replaced(organization: Organization, due: Any) -> None:
    text = factories.make_key(organization)
    due.health_check_done = False
    end(due)
    found = keys.find_key(text)
    assert found is not None
    assert found.organization == organization


def test_in_the_middle_of_a_request_it_is_not(organization: Organization, due: Any) -> None:
    """What has been written in a transaction is gone with it: nothing may go on as if it were not."""
    text = factories.make_key(organization)
    due.health_check_done = True
    end(due)
    with pytest.raises(OperationalError):
        keys.find_key(text)
    due.close()


def test_two_statements_are_one_transaction() -> None:
    before = prepared.fetch("SELECT txid_current()", [])
    rows = prepared.fetch_after(
        "SELECT set_config('tests.seen', txid_current()::text || %s::varchar, true)",
        ["!"],
        "SELECT current_setting('tests.seen', true), txid_current()::text || %s::varchar",
        ["!"],
    )
    assert rows[0][0] == rows[0][1] != f"{before[0][0]}!"
    # It is over, and what was of it alone is gone.
    assert prepared.fetch("SELECT current_setting('tests.seen', true)", []) == [("",)]
    assert connection.connection.info.transaction_status.name == "IDLE"


def test_of_two_statements_both_are_done_or_none(organization: Organization) -> None:
    rename = "UPDATE warehouses_organization SET name = %s::varchar RETURNING name"
    for fails_first in (True, False):
        broken = ("SELECT 1 / %s::bigint", [integer(0)])
        statements = [broken, (rename, ["Changed"])] if fails_first else [(rename, ["Changed"]), broken]
        with pytest.raises(DataError):
            prepared.fetch_after(*statements[0], *statements[1])
        assert Organization.objects.get().name == organization.name
    assert prepared.fetch_after("SELECT 1", [], rename, ["Changed"]) == [("Changed",)]
    assert Organization.objects.get().name == "Changed"


def test_two_statements_in_a_transaction_end_with_it(organization: Organization) -> None:
    rename = "UPDATE warehouses_organization SET name = %s::varchar RETURNING name"
    with transaction.atomic():
        assert prepared.fetch_after("SELECT 1", [], rename, ["Changed"]) == [("Changed",)]
        transaction.set_rollback(True)
    assert Organization.objects.get().name == organization.name


def test_the_second_statement_sees_what_the_first_has_waited_for(organization: Organization) -> None:
    def read() -> list[tuple[Any, ...]]:
        return prepared.fetch_after(
            "SELECT id FROM warehouses_organization FOR NO KEY UPDATE",
            [],
            "SELECT name FROM warehouses_organization",
            [],
        )

    with transaction.atomic():
        Organization.objects.update(name="Changed")
        other = Other(read)
        wait_until_somebody_waits()
    assert other.result() == [("Changed",)]
