"""Statements of the hot path: written by hand, and prepared by the server once for each connection.

Django's own cursors put the values into the text, so that PostgreSQL reads and plans each statement anew. These send
them apart. A statement is prepared once it has been seen a few times, where the connection may keep it
(`prepare_threshold` in `config.databases`; not behind PgBouncer). Write the type of each value into the statement
(`%s::bigint`), and wrap whole numbers in `integer`: else the driver takes the smallest type that holds a number, and
each combination of those is another statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from psycopg.types.numeric import Int8

__all__ = ["fetch", "fetch_after", "fetch_first", "integer", "is_possible"]

integer = Int8


def is_possible() -> bool:
    """Whether the database is PostgreSQL; elsewhere everything goes the general way."""
    return connections[DEFAULT_DB_ALIAS].vendor == "postgresql"


def fetch(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of `statement`, on PostgreSQL. Raises Django's database errors, as its own cursors do."""
    database: Any = connections[DEFAULT_DB_ALIAS]
    # What `cursor()` does, only that the cursor is the driver's own.
    database.close_if_health_check_failed()
    database.ensure_connection()
    with database.wrap_database_errors:
        plain = _Cursor(database.connection)
    with database._prepare_cursor(plain) as cursor:
        cursor.execute(_numbered(statement), parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def fetch_after(
    before: str, given: Sequence[Any], statement: str, parameters: Sequence[Any]
) -> list[tuple[Any, ...]]:
    """`fetch` of `statement` right after `before`, whose rows nobody asks for: sent together, in one transaction.

    Each of them sees what has been committed when it begins, so what `before` has waited for and locked is as new as
    can be for `statement`. Where they cannot be sent together `before` is left out: it must be there for speed alone.
    """
    database: Any = connections[DEFAULT_DB_ALIAS]
    # As a role that every transaction has to be told of, each statement is a transaction of several already.
    if settings.DATABASE_APP_ROLE or not psycopg.Pipeline.is_supported():
        return fetch(statement, parameters)
    database.close_if_health_check_failed()
    database.ensure_connection()
    with database.wrap_database_errors:
        # Up to the end of the pipeline is one transaction, if none is open: it is committed there.
        with database.connection.pipeline():
            for text, values in ((before, given), (statement, parameters)):
                cursor = database._prepare_cursor(_Cursor(database.connection))
                cursor.execute(_numbered(text), values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def fetch_first(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """`fetch` for the first statement of a request, which reads only: it stands for Django's question whether the
    connection is still there (CONN_HEALTH_CHECKS). Where it is not, it is run once more on a new one.
    """
    database: Any = connections[DEFAULT_DB_ALIAS]
    is_due = database.health_check_enabled and not database.health_check_done and not database.in_atomic_block
    if database.connection is None or not is_due:
        return fetch(statement, parameters)
    database.health_check_done = True
    try:
        return fetch(statement, parameters)
    except (OperationalError, InterfaceError):
        if database.connection is None or not database.connection.closed:
            raise
    database.close()
    return fetch(statement, parameters)


@lru_cache(maxsize=256)
def _numbered(statement: str) -> str:
    """With the server's own placeholders: the driver would look for its own each time, in what never changes."""
    parts = statement.split("%s")
    return "".join(f"{part}${number}" for number, part in enumerate(parts[:-1], start=1)) + parts[-1]


class _Cursor(psycopg.RawCursor[Any]):
    """The driver's, but it says which statement it has run, as Django's list of queries asks."""

    def _convert_query(self, *arguments: Any) -> Any:
        self._query = super()._convert_query(*arguments)
        return self._query
