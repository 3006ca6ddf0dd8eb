"""Set-wise statements: a constant number of them, whatever the batch.

Django's `bulk_create` and `bulk_update` split a batch where SQLite counts parameters, and build a CASE per row. Here a
whole batch is one parameter per column (PostgreSQL arrays) or one JSON document (SQLite).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from warehouses import replica

__all__ = ["cast_of", "fetch", "field_of", "insert", "quote", "table_of", "update"]


def insert(
    model: type[Model], columns: Sequence[str], rows: Sequence[Sequence[Any]], *, or_ignore: bool = False
) -> None:
    """Insert `rows` (values in the order of the field names `columns`); with `or_ignore`, skip those that exist."""
    if not rows:
        return
    fields = [field_of(model, name) for name in columns]
    names = ", ".join(quote(field.column) for field in fields)
    source, parameters = table_of(fields, rows)
    picked = ", ".join(f"v.{quote(field.column)}" for field in fields)
    # Table and column names come from our own models.
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({names}) SELECT {picked} FROM {source}"
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
    fields = [key, *(field_of(model, name) for name in columns)]
    source, parameters = table_of(fields, rows)
    table = quote(model._meta.db_table)
    setters = ", ".join(
        f"{quote(field.column)} = "
        + (f"{table}.{quote(field.column)} + " if field.name in add else "")
        + f"v.{quote(field.column)}"
        for field in fields[1:]
    )
    column = quote(key.column)
    statement = f"UPDATE {table} SET {setters} FROM {source} WHERE {table}.{column} = v.{column}"
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def field_of(model: type[Model], name: str) -> Any:
    return model._meta.get_field(name)


def fetch(statement: str, parameters: Sequence[Any], fields: Sequence[Any]) -> Any:
    """The rows, each value as the field's own type: SQLite keeps UUIDs, booleans and instants in others."""
    with connections[replica.alias()].cursor() as cursor:
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


def table_of(fields: Sequence[Any], rows: Sequence[Sequence[Any]]) -> tuple[str, list[Any]]:
    """A derived table `v` with a column for each field, and its parameters."""
    database = _database()
    prepared = [
        [field.get_db_prep_save(value, database) for field, value in zip(fields, row, strict=True)]
        for row in rows
    ]
    names = [quote(field.column) for field in fields]
    if connection.vendor == "postgresql":
        casts = ", ".join(f"%s::{cast_of(field)}[]" for field in fields)
        return f"unnest({casts}) AS v({', '.join(names)})", [
            list(column) for column in zip(*prepared, strict=True)
        ]
    picked = ", ".join(f"json_extract(value, '$[{place}]') AS {name}" for place, name in enumerate(names))
    # A derived table, because SQLite's UPDATE ... FROM cannot name the columns of a table function.
    return f"(SELECT {picked} FROM json_each(%s)) AS v", [json.dumps(prepared, default=str)]


def cast_of(field: Any) -> str:
    """The element type of a column's array: a varchar's length belongs to the column, not to the parameter."""
    return str(field.rel_db_type(connection) if field.is_relation else field.db_type(connection)).split("(")[
        0
    ]


def quote(name: str) -> str:
    return connection.ops.quote_name(name)
