"""Very many rows into one table: COPY on PostgreSQL, prepared inserts on SQLite."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model

from warehouses.identifiers import new_id

__all__ = ["Ids", "begin", "text_of", "without_indexes", "write"]

# Foreign keys are checked at the end of each COPY: what waits for that is kept in the server's memory.
_ROWS_PER_STATEMENT = 200_000
_ROWS_PER_WRITE = 5_000


class Ids:
    """Consecutive UUIDv7s, made by counting: the hex digits of the one of each number."""

    def __init__(self) -> None:
        self._prefix = new_id().hex[:20]

    def __getitem__(self, number: int) -> str:
        return f"{self._prefix}{number:012x}"


def begin() -> None:
    """Make the caller's transaction one for very many rows; its end ends that."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SET LOCAL synchronous_commit = off")
            # Otherwise every row's foreign keys wait, in the server's memory, for the commit.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@contextlib.contextmanager
def without_indexes(models: Iterable[type[Model]]) -> Iterator[None]:
    """Take the indexes and foreign keys of `models` away meanwhile and build them anew, on PostgreSQL.

    Sorting ten million rows once is many times faster than finding the place of each, and so is checking a foreign
    key by one join. The definitions are PostgreSQL's own words, and all of it happens in the caller's transaction:
    nobody ever sees the tables without, everybody else waits for them, and an error leaves them as they were.
    Primary keys stay. SQLite keeps everything.
    """
    if connection.vendor != "postgresql":
        yield
        return
    tables = [model._meta.db_table for model in models]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
        cursor.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = ANY(%s::regclass[]) AND contype IN ('f', 'u') ORDER BY contype DESC, conname",
            [tables],
        )
        constraints = cursor.fetchall()
        for table, name, _definition in constraints:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {connection.ops.quote_name(name)}")
        cursor.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
            " WHERE indrelid = ANY(%s::regclass[]) AND NOT indisprimary ORDER BY 1",
            [tables],
        )
        indexes = cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {name}")
    yield
    with connection.cursor() as cursor:
        for _name, definition in indexes:
            cursor.execute(definition)
        for table, name, definition in constraints:
            cursor.execute(
                f"ALTER TABLE {table} ADD CONSTRAINT {connection.ops.quote_name(name)} {definition}"
            )


def text_of(value: object) -> str:
    """A value as both engines store it from text: instants in UTC without a zone, UUIDs as 32 hex digits."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    if isinstance(value, UUID):
        return value.hex
    return str(value)


def write(
    model: type[Model],
    columns: Sequence[str],
    rows: Iterable[tuple[int | str, ...]],
    *,
    constants: Mapping[str, Any],
    advance: Callable[[int], Any],
) -> None:
    """Insert `rows` (values of the fields `columns`), each with the same `constants`; report progress to `advance`.

    Texts in `rows` must be as `text_of` gives them, without tabs, line breaks and backslashes. Runs in the caller's
    transaction, after `begin`; PostgreSQL's session is in UTC, as Django sets it.
    """
    names = ", ".join(_column(model, name) for name in (*constants, *columns))
    table = connection.ops.quote_name(model._meta.db_table)
    fixed = [_constant(model, name, value) for name, value in constants.items()]
    source = iter(rows)
    if connection.vendor == "postgresql":
        # Percent signs and backslashes of a constant are its own, not the template's or COPY's.
        texts = ["\\N" if value is None else _escaped(str(value)).replace("%", "%%") for value in fixed]
        template = "\t".join([*texts, *("%s" for _ in columns)]) + "\n"
        _copy(f"COPY {table} ({names}) FROM STDIN", template, source, advance)
        return
    marks = ", ".join("%s" for _ in (*constants, *columns))
    statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"
    prefix: tuple[Any, ...] = tuple(fixed)
    with connection.cursor() as cursor:
        while part := [prefix + row for row in islice(source, _ROWS_PER_WRITE)]:
            cursor.executemany(statement, part)
            advance(len(part))


def _copy(
    statement: str, template: str, source: Iterator[tuple[Any, ...]], advance: Callable[[int], Any]
) -> None:
    part = list(islice(source, _ROWS_PER_WRITE))
    while part:
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            written = 0
            while part and written < _ROWS_PER_STATEMENT:
                copy.write("".join([template % row for row in part]))
                written += len(part)
                advance(len(part))
                part = list(islice(source, _ROWS_PER_WRITE))


def _constant(model: type[Model], name: str, value: object) -> object:
    field = model._meta.get_field(name)
    prepared = field.get_db_prep_save(value, connection)  # type: ignore[union-attr]
    return text_of(prepared) if isinstance(prepared, datetime | UUID) else prepared


def _column(model: type[Model], name: str) -> str:
    column: str = model._meta.get_field(name).column  # type: ignore[union-attr, assignment]
    return connection.ops.quote_name(column)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
