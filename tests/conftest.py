"""What every test may use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import pytest_django
import redis
from django.conf import settings
from django.core.management.commands import flush
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from inventory import guards
from tests import factories
from warehouses.http import throttling
from warehouses.models import Organization


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    engine = settings.DATABASES["default"]["ENGINE"]
    if engine.endswith("postgresql"):
        return
    skip = pytest.mark.skip(reason="a test of locks and races: it runs on PostgreSQL")
    for item in items:
        if "postgresql" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker
) -> Iterator[None]:
    """The test database, which nobody else is connected to when it is dropped.

    A server that a test has started is told to end, and PostgreSQL refuses to drop the database of one that takes
    longer over it than some seconds.
    """
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(scope="session", autouse=True)
def _flush_past_the_guards() -> Iterator[None]:
    """Let the test runner empty the database between transactional tests.

    The ledger's own triggers would refuse that. They are dropped for the moment of the flush, which ends with the
    post-migrate signal that installs them again.
    """
    plain = flush.sql_flush

    def sql_flush(style: Any, connection: BaseDatabaseWrapper, **options: Any) -> list[str]:
        return [
            *(f"{statement};" for statement in guards.remove(connection)),
            *plain(style, connection, **options),
        ]

    flush.sql_flush = sql_flush  # type: ignore[assignment]
    yield
    flush.sql_flush = plain


@pytest.fixture(autouse=True)
def _counts_of_its_own() -> None:
    """No test is refused for the requests of another; the next one in Redis comes within the same minute."""
    if settings.REDIS_URL:
        with redis.Redis.from_url(settings.REDIS_URL) as server:
            counts = list(server.scan_iter("tallyhouse:limits*"))
            if counts:
                server.delete(*counts)
    throttling.forget_counts()


@pytest.fixture
def organization(db: None) -> Organization:
    return factories.make_organization()


@pytest.fixture
def is_postgresql() -> bool:
    return connection.vendor == "postgresql"
