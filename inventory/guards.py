"""What the database itself holds, on both engines: movements, adjustments and histories are append-only, sort
codes follow their SKU.

Installed after every migration rather than in one: SQLite drops a table's triggers whenever a later migration
rebuilds the table, and a ledger without its guard must not come about by accident. `verify_stock` checks that the
guards are there.
"""

from __future__ import annotations

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["TRIGGERS", "install", "missing", "remove"]

_LEDGER = ("inventory_movement", "inventory_adjustment", "inventory_statechange")
_HINT = "is append-only: what was done is undone by doing the opposite, never by changing its record"

# name → the table it stands on
TRIGGERS: dict[str, dict[str, str]] = {
    "postgresql": {
        **{f"{table}_append_only": table for table in _LEDGER},
        **{f"{table}_no_truncate": table for table in _LEDGER},
        "inventory_sku_sort_code": "inventory_sku",
    },
    "sqlite": {
        **{f"{table}_no_update": table for table in _LEDGER},
        **{f"{table}_no_delete": table for table in _LEDGER},
        **{f"{table}_no_replace": table for table in _LEDGER},
        "inventory_sku_sort_code": "inventory_sku",
    },
}

_POSTGRESQL = (
    f"""
    CREATE OR REPLACE FUNCTION inventory_ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% {_HINT}', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$
    """,
    *(
        f"""
        CREATE OR REPLACE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION inventory_ledger_refuse()
        """
        for table in _LEDGER
    ),
    *(
        f"""
        CREATE OR REPLACE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION inventory_ledger_refuse()
        """
        for table in _LEDGER
    ),
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

# INSERT OR REPLACE deletes without firing the trigger for that, so an insert of what is there is refused too.
_SQLITE = (
    *(
        f"""
        CREATE TRIGGER IF NOT EXISTS {table}_no_{act} BEFORE {act.upper()} ON {table}
        BEGIN
            SELECT RAISE(ABORT, '{table} {_HINT}');
        END
        """
        for table in _LEDGER
        for act in ("update", "delete")
    ),
    f"""
    CREATE TRIGGER IF NOT EXISTS inventory_movement_no_replace BEFORE INSERT ON inventory_movement
    WHEN EXISTS (
        SELECT 1 FROM inventory_movement
        WHERE id = NEW.id OR (level_id = NEW.level_id AND level_version = NEW.level_version)
    )
    BEGIN
        SELECT RAISE(ABORT, 'inventory_movement {_HINT}');
    END
    """,
    f"""
    CREATE TRIGGER IF NOT EXISTS inventory_adjustment_no_replace BEFORE INSERT ON inventory_adjustment
    WHEN EXISTS (SELECT 1 FROM inventory_adjustment WHERE id = NEW.id OR reverses_id = NEW.reverses_id)
    BEGIN
        SELECT RAISE(ABORT, 'inventory_adjustment {_HINT}');
    END
    """,
    f"""
    CREATE TRIGGER IF NOT EXISTS inventory_statechange_no_replace BEFORE INSERT ON inventory_statechange
    WHEN EXISTS (SELECT 1 FROM inventory_statechange WHERE id = NEW.id)
    BEGIN
        SELECT RAISE(ABORT, 'inventory_statechange {_HINT}');
    END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS inventory_sku_sort_code AFTER UPDATE OF code_key ON inventory_sku
    WHEN OLD.code_key IS NOT NEW.code_key
    BEGIN
        UPDATE inventory_stocklevel SET sort_code = NEW.code_key WHERE sku_id = NEW.id;
        UPDATE inventory_stocksummary SET sort_code = NEW.code_key WHERE sku_id = NEW.id;
    END
    """,
)


def install(using: str = DEFAULT_DB_ALIAS, **_: Any) -> None:
    """Create the triggers that are missing. Safe to repeat; does nothing until the tables exist."""
    connection = connections[using]
    if not {*_LEDGER, "inventory_stocksummary"} <= set(connection.introspection.table_names()):
        return
    with connection.cursor() as cursor:
        for statement in _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE:
            cursor.execute(statement)


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The names of the triggers that should stand and do not, or stand disabled."""
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
    return sorted(name for name, table in TRIGGERS[connection.vendor].items() if (name, table) not in found)


def remove(connection: BaseDatabaseWrapper) -> list[str]:
    """The statements that take the triggers away: what emptying a test database begins with."""
    on_table = connection.vendor == "postgresql"
    return [
        f"DROP TRIGGER IF EXISTS {name}" + (f" ON {table}" if on_table else "")
        for name, table in TRIGGERS[connection.vendor].items()
    ]
