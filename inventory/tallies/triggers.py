"""What writes the tallies, and keeps `is_low` of stock items what their level's is.

Installed after every migration, as the guards are. Where a trigger was missing, nobody knows what happened meanwhile:
everything is counted anew, in the transaction that puts the trigger there and keeps writers out until it is done.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from inventory import standing_triggers
from inventory.tallies.kinds import KINDS, Kind

__all__ = ["install", "missing", "remove", "triggers"]

#: More rows than that at once have no place in the order written down for each; the next packing finds their places.
_MANY: Final = 1000
_COLUMNS: Final = "organization_id, warehouse_id, kind, form, status, is_low, mark, amount"
_LEVEL_LOW: Final = "inventory_item_low_follows"
_ITEM_LOW: Final = "inventory_item_low_begins"


def triggers(vendor: str) -> dict[str, str]:
    """The names of the triggers that should stand, each with the table it stands on."""
    found = {_LEVEL_LOW: "inventory_stocklevel", _ITEM_LOW: "inventory_stockitem"}
    if vendor == "postgresql":
        for kind in KINDS.values():
            found |= {f"inventory_tally_{kind.name}_{act}": kind.table for act in ("new", "gone", "moved")}
    return found


def install(using: str = DEFAULT_DB_ALIAS, **_: Any) -> None:
    """Create the triggers that are missing, and count. Safe to repeat; waits for the tables that do not exist yet."""
    connection = connections[using]
    there = set(connection.introspection.table_names())
    if not there.issuperset({"inventory_stocktally", *triggers(connection.vendor).values()}):
        return
    is_postgresql = connection.vendor == "postgresql"
    lacking = missing(connection)
    with transaction.atomic(using=using), connection.cursor() as cursor:
        for statement in _low_anew(is_postgresql=is_postgresql) if lacking else ():
            cursor.execute(statement)
        for statement in _on_postgresql() if is_postgresql else _on_sqlite():
            cursor.execute(statement)
        for statement in _counted_anew() if lacking and is_postgresql else ():
            cursor.execute(statement)


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The names of the triggers that should stand and do not, or stand disabled."""
    return standing_triggers.missing(connection, triggers(connection.vendor))


def remove(connection: BaseDatabaseWrapper) -> list[str]:
    """The statements that take the triggers away: what emptying a test database begins with."""
    return standing_triggers.removal(connection, triggers(connection.vendor))


def _on_postgresql() -> Iterator[str]:
    for kind in KINDS.values():
        yield from _counting(kind)
    yield _function(
        _LEVEL_LOW,
        "UPDATE inventory_stockitem SET is_low = NEW.is_low WHERE level_id = NEW.id AND is_low <> NEW.is_low;",
        looks_up=True,
    )
    yield f"""
        CREATE OR REPLACE TRIGGER {_LEVEL_LOW} AFTER UPDATE ON inventory_stocklevel FOR EACH ROW
        WHEN (OLD.is_low <> NEW.is_low) EXECUTE FUNCTION {_LEVEL_LOW}()
        """
    yield _function(
        _ITEM_LOW,
        "UPDATE inventory_stockitem i SET is_low = l.is_low FROM changed c"
        " JOIN inventory_stocklevel l ON l.id = c.level_id AND l.is_low <> c.is_low WHERE i.id = c.id;",
        looks_up=True,
    )
    yield f"""
        CREATE OR REPLACE TRIGGER {_ITEM_LOW} AFTER INSERT ON inventory_stockitem
        REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION {_ITEM_LOW}()
        """


def _counting(kind: Kind) -> Iterator[str]:
    for act, event, old_or_new, sign in (("new", "INSERT", "NEW", ""), ("gone", "DELETE", "OLD", "-")):
        name = f"inventory_tally_{kind.name}_{act}"
        yield _function(
            name,
            f"""
            many := (SELECT COUNT(*) > {_MANY} FROM (SELECT FROM changed LIMIT {_MANY + 1}) c);
            INSERT INTO inventory_stocktally ({_COLUMNS})
            SELECT r.organization_id, {kind.warehouse("r")}, '{kind.name}', 'change', {kind.status("r")},
                {kind.is_low("r")}, CASE WHEN NOT many THEN {kind.mark("r")} END, {sign}COUNT(*)
            FROM changed r GROUP BY 1, 2, 5, 6, 7;
            """,
            declares="many boolean;",
        )
        yield f"""
            CREATE OR REPLACE TRIGGER {name} AFTER {event} ON {kind.table}
            REFERENCING {old_or_new} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION {name}()
            """
    name = f"inventory_tally_{kind.name}_moved"
    values = ", ".join(
        f"({row}.organization_id, {kind.warehouse(row)}, '{kind.name}', 'change', {kind.status(row)},"
        f" {kind.is_low(row)}, {kind.mark(row)}, {amount})"
        for row, amount in (("OLD", -1), ("NEW", 1))
    )
    yield _function(name, f"INSERT INTO inventory_stocktally ({_COLUMNS}) VALUES {values};")
    # Asked of every row that is updated, and nearly always the end of it: nothing that a list is told by has changed.
    yield f"""
        CREATE OR REPLACE TRIGGER {name} AFTER UPDATE ON {kind.table} FOR EACH ROW
        WHEN ({" OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in _told_by(kind))})
        EXECUTE FUNCTION {name}()
        """


def _told_by(kind: Kind) -> list[str]:
    columns = ["organization_id"]
    columns += ["warehouse_id"] if kind.has_warehouse else []
    columns += ["status"] if kind.has_status else []
    columns += ["is_low"] if kind.has_low else []
    return [*columns, kind.order] if kind.order else columns


def _function(name: str, body: str, *, declares: str = "", looks_up: bool = False) -> str:
    """`looks_up`: its rows are to be looked up. The plan is kept, and may be one for a table that was empty then."""
    declared = f"DECLARE {declares}" if declares else ""
    options = "SET enable_seqscan = off" if looks_up else ""
    return f"""
        CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql {options} AS $$
        {declared}
        BEGIN
            {body}
            RETURN NULL;
        END $$
        """


def _on_sqlite() -> Iterator[str]:
    yield f"""
        CREATE TRIGGER IF NOT EXISTS {_LEVEL_LOW} AFTER UPDATE ON inventory_stocklevel
        WHEN OLD.is_low IS NOT NEW.is_low
        BEGIN
            UPDATE inventory_stockitem SET is_low = NEW.is_low WHERE level_id = NEW.id;
        END
        """
    yield f"""
        CREATE TRIGGER IF NOT EXISTS {_ITEM_LOW} AFTER INSERT ON inventory_stockitem
        WHEN NEW.is_low IS NOT (SELECT is_low FROM inventory_stocklevel WHERE id = NEW.level_id)
        BEGIN
            UPDATE inventory_stockitem
            SET is_low = COALESCE((SELECT is_low FROM inventory_stocklevel WHERE id = NEW.level_id), false)
            WHERE id = NEW.id;
        END
        """


def _low_anew(*, is_postgresql: bool) -> Iterator[str]:
    if not is_postgresql:
        level = "(SELECT l.is_low FROM inventory_stocklevel l WHERE l.id = inventory_stockitem.level_id)"
        yield f"UPDATE inventory_stockitem SET is_low = {level} WHERE is_low <> {level}"
        return
    yield "SET LOCAL statement_timeout = 0"
    yield f"LOCK TABLE {', '.join(kind.table for kind in KINDS.values())} IN SHARE ROW EXCLUSIVE MODE"
    yield (
        "UPDATE inventory_stockitem i SET is_low = l.is_low FROM inventory_stocklevel l"
        " WHERE l.id = i.level_id AND i.is_low <> l.is_low"
    )


def _counted_anew() -> Iterator[str]:
    yield "DELETE FROM inventory_stocktally"
    for kind in KINDS.values():
        yield f"""
            INSERT INTO inventory_stocktally ({_COLUMNS})
            SELECT r.organization_id, {kind.warehouse("r")}, '{kind.name}', 'total', {kind.status("r")},
                {kind.is_low("r")}, '', COUNT(*)
            FROM {kind.table} r GROUP BY 1, 2, 5, 6
            """
