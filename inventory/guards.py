"""What the database itself holds, on both engines: movements, adjustments, histories and checkpoints are append-only,
as are the tables that apps above name, and sort codes follow their SKU.

Installed after every migration rather than in one: SQLite drops a table's triggers whenever a later migration
rebuilds the table, and a ledger without its guard must not come about by accident. `verify_stock` checks that the
guards are there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from inventory import standing_triggers

__all__ = ["append_only", "install", "missing", "remove", "triggers"]

_HINT = "is append-only: what was done is undone by doing the opposite, never by changing its record"

#: The tables of which no row is ever changed, each with the condition under which a row is there already: a new one
#: (NEW) with the same key must not take its place. An app above adds its own in `AppConfig.ready`.
append_only: Final[dict[str, str]] = {
    "inventory_movement": "id = NEW.id OR (level_id = NEW.level_id AND level_version = NEW.level_version)",
    "inventory_adjustment": "id = NEW.id OR reverses_id = NEW.reverses_id",
    "inventory_statechange": "id = NEW.id",
    "inventory_checkpoint": "id = NEW.id OR (organization_id = NEW.organization_id AND number = NEW.number)",
}
_SORTED = ("inventory_sku", "inventory_stocklevel", "inventory_stocksummary")
_SORT_CODE = "inventory_sku_sort_code"


def triggers(vendor: str) -> dict[str, str]:
    """The names of the triggers that should stand, each with the table it stands on."""
    kinds = (
        ("append_only", "no_truncate") if vendor == "postgresql" else ("no_update", "no_delete", "no_replace")
    )
    return {f"{table}_{kind}": table for table in append_only for kind in kinds} | {
        _SORT_CODE: "inventory_sku"
    }


_POSTGRESQL_REFUSE = f"""
    CREATE OR REPLACE FUNCTION inventory_ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% {_HINT}', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$
    """

_POSTGRESQL_SORT_CODE = (
    """
    CREATE OR REPLACE FUNCTION inventory_sku_sort_code() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE inventory_stocklevel SET sort_code = NEW.code_key WHERE sku_id = NEW.id;
        UPDATE inventory_stocksummary SET sort_code = NEW.code_key WHERE sku_id = NEW.id;
        RETURN NULL;
    END $$
    """,
    """
    CREATE OR REPLACE TRIGGER inventory_sku_sort_code AFTER UPDATE OF code_key ON inventory_sku
    FOR EACH ROW WHEN (OLD.code_key IS DISTINCT FROM NEW.code_key)
    EXECUTE FUNCTION inventory_sku_sort_code()
    """,
)

_SQLITE_SORT_CODE = """
    CREATE TRIGGER IF NOT EXISTS inventory_sku_sort_code AFTER UPDATE OF code_key ON inventory_sku
    WHEN OLD.code_key IS NOT NEW.code_key
    BEGIN
        UPDATE inventory_stocklevel SET sort_code = NEW.code_key WHERE sku_id = NEW.id;
        UPDATE inventory_stocksummary SET sort_code = NEW.code_key WHERE sku_id = NEW.id;
    END
    """


def install(using: str = DEFAULT_DB_ALIAS, **_: Any) -> None:
    """Create the triggers that are missing. Safe to repeat; passes over tables that do not exist yet."""
    connection = connections[using]
    there = set(connection.introspection.table_names())
    guarded = [table for table in append_only if table in there]
    with connection.cursor() as cursor:
        for statement in _statements(connection.vendor, guarded, sorts=there.issuperset(_SORTED)):
            cursor.execute(statement)


def _statements(vendor: str, tables: Sequence[str], *, sorts: bool) -> Iterator[str]:
    is_postgresql = vendor == "postgresql"
    if is_postgresql and tables:
        yield _POSTGRESQL_REFUSE
    for table in tables:
        yield from _on_postgresql(table) if is_postgresql else _on_sqlite(table)
    if sorts:
        yield from _POSTGRESQL_SORT_CODE if is_postgresql else (_SQLITE_SORT_CODE,)


def _on_postgresql(table: str) -> Iterator[str]:
    yield f"""
        CREATE OR REPLACE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION inventory_ledger_refuse()
        """
    yield f"""
        CREATE OR REPLACE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION inventory_ledger_refuse()
        """


def _on_sqlite(table: str) -> Iterator[str]:
    for act in ("update", "delete"):
        yield f"""
            CREATE TRIGGER IF NOT EXISTS {table}_no_{act} BEFORE {act.upper()} ON {table}
            BEGIN
                SELECT RAISE(ABORT, '{table} {_HINT}');
            END
            """
    # INSERT OR REPLACE deletes without firing the trigger for that, so an insert of what is there is refused too.
    yield f"""
        CREATE TRIGGER IF NOT EXISTS {table}_no_replace BEFORE INSERT ON {table}
        WHEN EXISTS (SELECT 1 FROM {table} WHERE {append_only[table]})
        BEGIN
            SELECT RAISE(ABORT, '{table} {_HINT}');
        END
        """


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The names of the triggers that should stand and do not, or stand disabled."""
    return standing_triggers.missing(connection, triggers(connection.vendor))


def remove(connection: BaseDatabaseWrapper) -> list[str]:
    """The statements that take the triggers away: what emptying a test database begins with."""
    return standing_triggers.removal(connection, triggers(connection.vendor))
