"""Set-wise statements: a constant number of them, whatever the batch.

Django's `bulk_create` and `bulk_update` split a batch where SQLite counts parameters, and build a CASE per row. Here a
whole batch is one parameter per column (PostgreSQL arrays) or one JSON document (SQLite).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model

from inventory.models import StockLevel, StockSummary

__all__ = ["insert", "lock_levels", "lock_summaries", "update"]


def insert(
    model: type[Model], columns: Sequence[str], rows: Sequence[Sequence[Any]], *, or_ignore: bool = False
) -> None:
    """Insert `rows` (values in the order of the field names `columns`); with `or_ignore`, skip those that exist."""
    if not rows:
        return
    fields = [model._meta.get_field(name) for name in columns]
    names = ", ".join(_quote(field.column) for field in fields)
    source, parameters = _table_of(fields, rows)
    picked = ", ".join(f"v.{_quote(field.column)}" for field in fields)
    # Table and column names come from our own models.
    statement = f"INSERT INTO {_quote(model._meta.db_table)} ({names}) SELECT {picked} FROM {source}"  # noqa: S608
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
    key = model._meta.pk
    fields = [key, *(model._meta.get_field(name) for name in columns)]
    source, parameters = _table_of(fields, rows)
    table = _quote(model._meta.db_table)
    setters = ", ".join(
        f"{_quote(field.column)} = "
        + (f"{table}.{_quote(field.column)} + " if field.name in add else "")
        + f"v.{_quote(field.column)}"
        for field in fields[1:]
    )
    column = _quote(key.column)
    statement = f"UPDATE {table} SET {setters} FROM {source} WHERE {table}.{column} = v.{column}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def lock_levels(keys: Iterable[tuple[UUID, UUID]]) -> list[tuple[Any, ...]]:
    """Lock the stock levels of (sku, warehouse) `keys` in one global order and return them.

    Rows: id, sku_id, warehouse_id, on_hand, reserved, held, safety_stock, reorder_point, reorder_quantity, version,
    updated_at. PostgreSQL locks in the order of ORDER BY, so two batches never wait for each other in a circle; on
    SQLite the transaction already holds the only write lock.
    """
    ordered = sorted(set(keys))
    names = (
        "id sku warehouse on_hand reserved held safety_stock reorder_point reorder_quantity version updated_at"
    ).split()
    fields = [StockLevel._meta.get_field(name) for name in names]
    key_fields = [StockLevel._meta.get_field("sku"), StockLevel._meta.get_field("warehouse")]
    source, parameters = _table_of(key_fields, ordered)
    columns = ", ".join(f"l.{_quote(field.column)}" for field in fields)
    statement = (
        f"SELECT {columns} FROM {_quote(StockLevel._meta.db_table)} l"  # noqa: S608
        f" JOIN {source} ON l.sku_id = v.sku_id AND l.warehouse_id = v.warehouse_id"
        " ORDER BY l.sku_id, l.warehouse_id" + _for_update("l")
    )
    return _fetch(statement, parameters, fields)


def lock_summaries(sku_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Lock the summaries of SKUs in key order, always after the levels; SKU → version."""
    ordered = [(sku_id,) for sku_id in sorted(set(sku_ids))]
    fields = [StockSummary._meta.get_field("sku"), StockSummary._meta.get_field("version")]
    source, parameters = _table_of(fields[:1], ordered)
    statement = (
        f"SELECT s.sku_id, s.version FROM {_quote(StockSummary._meta.db_table)} s"  # noqa: S608
        f" JOIN {source} ON s.sku_id = v.sku_id ORDER BY s.sku_id" + _for_update("s")
    )
    return {sku_id: version for sku_id, version in _fetch(statement, parameters, fields)}


def _for_update(alias: str) -> str:
    return f" FOR NO KEY UPDATE OF {alias}" if connection.vendor == "postgresql" else ""


def _fetch(statement: str, parameters: Sequence[Any], fields: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows = cursor.fetchall()
    if connection.vendor == "postgresql":
        return list(rows)
    converters = [_converters(field) for field in fields]
    return [
        tuple(_convert(value, chain, field) for value, chain, field in zip(row, converters, fields, strict=True))
        for row in rows
    ]


def _converters(field: Any) -> list[Any]:
    expression = field.get_col(field.model._meta.db_table)
    return [*connection.ops.get_db_converters(expression), *expression.get_db_converters(connection)]


def _convert(value: Any, chain: list[Any], field: Any) -> Any:
    for converter in chain:
        value = converter(value, field, connection)
    return value


def _table_of(fields: Sequence[Any], rows: Sequence[Sequence[Any]]) -> tuple[str, list[Any]]:
    """A derived table `v` with a column for each field, and its parameters."""
    prepared = [
        [field.get_db_prep_save(value, connection) for field, value in zip(fields, row, strict=True)] for row in rows
    ]
    names = [_quote(field.column) for field in fields]
    if connection.vendor == "postgresql":
        casts = ", ".join(f"%s::{_cast(field)}[]" for field in fields)
        return f"unnest({casts}) AS v({', '.join(names)})", [list(column) for column in zip(*prepared, strict=True)]
    picked = ", ".join(f"json_extract(value, '$[{place}]') AS {name}" for place, name in enumerate(names))
    # A derived table, because SQLite's UPDATE ... FROM cannot name the columns of a table function.
    return f"(SELECT {picked} FROM json_each(%s)) AS v", [json.dumps(prepared, default=str)]  # noqa: S608


def _cast(field: Any) -> str:
    """The element type of a column's array: a varchar's length belongs to the column, not to the parameter."""
    return str(field.rel_db_type(connection) if field.is_relation else field.db_type(connection)).split("(")[0]


def _quote(name: str) -> str:
    return connection.ops.quote_name(name)
