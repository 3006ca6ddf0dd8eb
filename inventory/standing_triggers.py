"""Which triggers stand in the database, of those that should; each by its name and the table it stands on."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["missing", "removal"]


def missing(connection: BaseDatabaseWrapper, expected: Mapping[str, str]) -> list[str]:
    """The names of those that do not stand, or stand disabled."""
    if connection.vendor == "postgresql":
        query = (
            "SELECT tgname, tgrelid::regclass::text FROM pg_trigger"
            " WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
        )
    else:
        query = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        found = set(cursor.fetchall())
    return sorted(name for name, table in expected.items() if (name, table) not in found)


def removal(connection: BaseDatabaseWrapper, expected: Mapping[str, str]) -> list[str]:
    """The statements that take them away."""
    on_table = connection.vendor == "postgresql"
    return [
        f"DROP TRIGGER IF EXISTS {name}" + (f" ON {table}" if on_table else "")
        for name, table in expected.items()
    ]
