"""What every test may use."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
import pytest_django
import redis
from django.conf import settings
from django.core.management.commands import flush
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from inventory import guards, tallies
from tests import factories
from tests.databases import test_database
from tests.engines import enough_for
from warehouses.http import throttling
from warehouses.models import Organization

#: `make test` gives a test that fails a second try, and says so; not one of these, and none of locks: what happens now
#: and then there is what they are to find.
_TRIED_ONCE = re.compile(r"^tests/(machine|races|inventory/ledger)/|_(crashes|histories|races)\.py")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "postgresql" in item.keywords or _TRIED_ONCE.search(item.nodeid):
            item.add_marker(pytest.mark.flaky(reruns=0))
    engine = settings.DATABASES["default"]["ENGINE"].rpartition(".")[2].removesuffix("3")
    other = os.environ.get("TEST_ALSO_ON", "")
    if other and other != engine:
        left_to_it = [item for item in items if enough_for(item.nodeid) == other]
        config.hook.pytest_deselected(items=left_to_it)
        items[:] = [item for item in items if enough_for(item.nodeid) != other]
    # What takes minutes begins first, or one process is left with it when the others are through.
    items.sort(
        key=lambda item: -max((mark.args[0] for mark in item.iter_markers("timeout") if mark.args), default=0)
    )
    if engine == "postgresql":
        return
    skip = pytest.mark.skip(reason="a test of locks and races: it runs on PostgreSQL")
    for item in items:
        if "postgresql" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_modify_db_settings: None,
    django_db_blocker: pytest_django.DjangoDbBlocker,
) -> Iterator[None]:
    """The test database. Nothing in it has to outlive the machine, so no commit waits for the disk."""
    with contextlib.ExitStack() as made:
        with django_db_blocker.unblock():
            made.enter_context(test_database())
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    name = connection.ops.quote_name(connection.settings_dict["NAME"])
                    cursor.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
            connection.close()  # it is for connections that are made from now on
        yield
        with django_db_blocker.unblock():
            made.close()


@pytest.fixture(scope="session", autouse=True)
def _flush_past_the_guards() -> Iterator[None]:
    """Let the test runner empty the database between transactional tests.

    The ledger's own triggers would refuse that. They are dropped for the moment of the flush, which ends with the
    post-migrate signal that installs them again.
    """
    plain = flush.sql_flush

    def sql_flush(style: Any, connection: BaseDatabaseWrapper, **options: Any) -> list[str]:
        empty = _deletes if connection.vendor == "postgresql" else plain
        return [
            *(f"{statement};" for statement in (*guards.remove(connection), *tallies.remove(connection))),
            *empty(style, connection, **options),
        ]

    flush.sql_flush = sql_flush  # type: ignore[assignment]
    yield
    flush.sql_flush = plain


def _deletes(style: Any, connection: BaseDatabaseWrapper, **options: Any) -> list[str]:
    """Deletes what there is. TRUNCATE makes new files for all tables and waits for the disk, for a test's few rows.

    In any order: foreign keys are looked at when the transaction ends.
    """
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    looks = (f"SELECT '{table}' WHERE EXISTS (SELECT FROM {_quoted(table)})" for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(looks))
        return [f"DELETE FROM {_quoted(table)};" for (table,) in cursor.fetchall()]


def _quoted(table: str) -> str:
    return connection.ops.quote_name(table)


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
