"""Set-wise statements: a constant number of them, whatever the batch.

Django's `bulk_create` and `bulk_update` split a batch where SQLite counts parameters, and build a CASE per row. Here a
whole batch is one parameter per column (PostgreSQL arrays) or one JSON document (SQLite).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from inventory.models import Sku, StockLevel, StockSummary
from warehouses.models import Bin, Room, Warehouse

__all__ = ["LevelKey", "insert", "lock_levels", "lock_summaries", "places", "survey", "update"]

LevelKey = tuple[UUID, UUID]  # SKU and warehouse, in the order in which levels are locked


def insert(
    model: type[Model], columns: Sequence[str], rows: Sequence[Sequence[Any]], *, or_ignore: bool = False
) -> None:
    """Insert `rows` (values in the order of the field names `columns`); with `or_ignore`, skip those that exist."""
    if not rows:
        return
    fields = [_field(model, name) for name in columns]
    names = ", ".join(_quote(field.column) for field in fields)
    source, parameters = _table_of(fields, rows)
    picked = ", ".join(f"v.{_quote(field.column)}" for field in fields)
    # Table and column names come from our own models.
    statement = f"INSERT INTO {_quote(model._meta.db_table)} ({names}) SELECT {picked} FROM {source}"
    if or_ignore:
        # SQLite cannot tell "ON CONFLICT" from a join's ON without a WHERE.
        statement += " WHERE true ON CONFLICT DO NOTHING"
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def update(
    model: type[Model], columns: Sequence[str], rows: Sequence[Sequence[Any]], *, add: Sequence[str] = ()
) -> None:
    """Set the fields `columns` of the rows whose primary key is each row's first value; those in `add` grow by it."""
    if not rows:
        return
    key: Any = model._meta.pk
    fields = [key, *(_field(model, name) for name in columns)]
    source, parameters = _table_of(fields, rows)
    table = _quote(model._meta.db_table)
    setters = ", ".join(
        f"{_quote(field.column)} = "
        + (f"{table}.{_quote(field.column)} + " if field.name in add else "")
        + f"v.{_quote(field.column)}"
        for field in fields[1:]
    )
    column = _quote(key.column)
    statement = f"UPDATE {table} SET {setters} FROM {source} WHERE {table}.{column} = v.{column}"
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def survey(keys: Sequence[LevelKey]) -> list[tuple[UUID, UUID, str, UUID | None, UUID | None]]:
    """What there is of (sku, warehouse) `keys`: sku, warehouse, the SKU's code key, level or None, summary or None.

    Holds the SKUs against being renamed meanwhile (FOR KEY SHARE): a rename copies the code to levels and summaries,
    and would miss one that is only being made.
    """
    sku, warehouse = _field(StockLevel, "sku"), _field(StockLevel, "warehouse")
    source, parameters = _table_of((sku, warehouse), keys)
    statement = (
        "SELECT v.sku_id, v.warehouse_id, k.code_key, l.id, u.sku_id"
        f" FROM {source} JOIN inventory_sku k ON k.id = v.sku_id"
        " LEFT JOIN inventory_stocklevel l ON l.sku_id = v.sku_id AND l.warehouse_id = v.warehouse_id"
        " LEFT JOIN inventory_stocksummary u ON u.sku_id = v.sku_id"
        " ORDER BY v.sku_id, v.warehouse_id" + _lock("KEY SHARE", "k")
    )
    fields = (sku, warehouse, _field(Sku, "code_key"), _field(StockLevel, "id"), _field(StockSummary, "sku"))
    return _fetch(statement, parameters, fields)


def lock_levels(keys: Sequence[LevelKey]) -> list[tuple[Any, ...]]:
    """Lock the stock levels of (sku, warehouse) `keys` in one global order and return them.

    Rows: id, sku_id, warehouse_id, on_hand, reserved, held, safety_stock, reorder_point, reorder_quantity, version,
    updated_at. PostgreSQL locks in the order of ORDER BY, so two batches never wait for each other in a circle; on
    SQLite the transaction already holds the only write lock.
    """
    names = (
        "id sku warehouse on_hand reserved held safety_stock reorder_point reorder_quantity version updated_at"
    ).split()
    fields = [_field(StockLevel, name) for name in names]
    source, parameters = _table_of((_field(StockLevel, "sku"), _field(StockLevel, "warehouse")), keys)
    columns = ", ".join(f"l.{_quote(field.column)}" for field in fields)
    statement = (
        f"SELECT {columns} FROM inventory_stocklevel l"
        f" JOIN {source} ON l.sku_id = v.sku_id AND l.warehouse_id = v.warehouse_id"
        " ORDER BY l.sku_id, l.warehouse_id" + _lock("NO KEY UPDATE", "l")
    )
    return _fetch(statement, parameters, fields)


def lock_summaries(sku_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Lock the summaries of SKUs in key order, always after the levels; SKU → version."""
    ordered = [(sku_id,) for sku_id in sorted(set(sku_ids))]
    fields = (_field(StockSummary, "sku"), _field(StockSummary, "version"))
    source, parameters = _table_of(fields[:1], ordered)
    statement = (
        "SELECT u.sku_id, u.version FROM inventory_stocksummary u"
        f" JOIN {source} ON u.sku_id = v.sku_id ORDER BY u.sku_id" + _lock("NO KEY UPDATE", "u")
    )
    return dict(_fetch(statement, parameters, fields))


def places(
    warehouse_ids: Iterable[UUID], bin_ids: Iterable[UUID]
) -> list[tuple[UUID, UUID, bool, bool, bool, bool, bool]]:
    """The default bins of the warehouses, and the named bins, with what matters about them at this instant.

    Rows: bin, warehouse, is the bin the default, is it active, is its room sellable, is the warehouse active, is it
    read-only. Holds both as they are (FOR SHARE): a place that is just being closed is closed before or after.
    """
    warehouse, key = _field(Bin, "warehouse"), _field(Bin, "id")
    parameters = [warehouse.get_db_prep_value(value, connection) for value in sorted(set(warehouse_ids))]
    in_warehouses = ", ".join(["%s"] * len(parameters))
    named = [key.get_db_prep_value(value, connection) for value in sorted(set(bin_ids))]
    or_named = f" OR b.id IN ({', '.join(['%s'] * len(named))})" if named else ""
    statement = (
        "SELECT b.id, b.warehouse_id, b.is_default, b.is_active, r.is_sellable, w.is_active, w.is_readonly"
        " FROM warehouses_bin b JOIN warehouses_room r ON r.id = b.room_id"
        " JOIN warehouses_warehouse w ON w.id = b.warehouse_id"
        f" WHERE b.is_default AND b.warehouse_id IN ({in_warehouses}){or_named}"
        " ORDER BY w.id, b.id" + _lock("SHARE", "w, b")
    )
    fields = (
        key,
        warehouse,
        _field(Bin, "is_default"),
        _field(Bin, "is_active"),
        _field(Room, "is_sellable"),
        _field(Warehouse, "is_active"),
        _field(Warehouse, "is_readonly"),
    )
    return _fetch(statement, [*parameters, *named], fields)


def _lock(strength: str, alias: str) -> str:
    return f" FOR {strength} OF {alias}" if connection.vendor == "postgresql" else ""


def _field(model: type[Model], name: str) -> Any:
    return model._meta.get_field(name)


def _fetch(statement: str, parameters: Sequence[Any], fields: Sequence[Any]) -> Any:
    """The rows, each value as the field's own type: SQLite keeps UUIDs, booleans and instants in others."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows = cursor.fetchall()
    if connection.vendor == "postgresql":
        return list(rows)
    converters = [_converters(field) for field in fields]
    database = _database()
    return [
        tuple(
            _convert(value, chain, field, database)
            for value, chain, field in zip(row, converters, fields, strict=True)
        )
        for row in rows
    ]


def _converters(field: Any) -> list[Any]:
    expression = field.get_col(field.model._meta.db_table)
    return [*connection.ops.get_db_converters(expression), *expression.get_db_converters(connection)]


def _convert(value: Any, chain: list[Any], field: Any, database: BaseDatabaseWrapper) -> Any:
    for converter in chain:
        value = converter(value, field, database)
    return value


def _database() -> BaseDatabaseWrapper:
    """What `connection` stands for in this thread. `connection` itself looks for it again at each use: too often."""
    return connections[DEFAULT_DB_ALIAS]


def _table_of(fields: Sequence[Any], rows: Sequence[Sequence[Any]]) -> tuple[str, list[Any]]:
    """A derived table `v` with a column for each field, and its parameters."""
    database = _database()
    prepared = [
        [field.get_db_prep_save(value, database) for field, value in zip(fields, row, strict=True)]
        for row in rows
    ]
    names = [_quote(field.column) for field in fields]
    if connection.vendor == "postgresql":
        casts = ", ".join(f"%s::{_cast(field)}[]" for field in fields)
        return f"unnest({casts}) AS v({', '.join(names)})", [
            list(column) for column in zip(*prepared, strict=True)
        ]
    picked = ", ".join(f"json_extract(value, '$[{place}]') AS {name}" for place, name in enumerate(names))
    # A derived table, because SQLite's UPDATE ... FROM cannot name the columns of a table function.
    return f"(SELECT {picked} FROM json_each(%s)) AS v", [json.dumps(prepared, default=str)]


def _cast(field: Any) -> str:
    """The element type of a column's array: a varchar's length belongs to the column, not to the parameter."""
    return str(field.rel_db_type(connection) if field.is_relation else field.db_type(connection)).split("(")[
        0
    ]


def _quote(name: str) -> str:
    return connection.ops.quote_name(name)
