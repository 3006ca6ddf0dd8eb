"""What a slow fixture has written, kept to be written again: each test begins with it, and only the first one waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.db import connection, transaction

from inventory.models import StockTally
from warehouses.models.base import PublicModel

__all__ = ["Remembered"]

Record = TypeVar("Record", bound=PublicModel)


class Remembered(Generic[Record]):
    """Calls `make` once in each process, and from then on writes the rows that it has left, table by table.

    For a database with what the migrations leave and no more. Emptied after a test with transactions of its own, it
    has its roles and permissions under other keys: then `make` is called again.
    """

    def __init__(self, make: Callable[[], Record]) -> None:
        self._make = make
        self._made: Record | None = None
        self._rows: dict[type[Any], tuple[list[str], list[tuple[Any, ...]]]] = {}
        self._found: list[Any] = []

    def __call__(self) -> Record:
        found_here = [sorted(self._keys(model)) for model in (Group, Permission, ContentType)]
        if self._made is None or self._found != found_here:
            self._found, self._rows = found_here, {}
            before = {model: self._keys(model) for model in self._models()}
            self._made = self._make()
            for model, known in before.items():
                self._keep(model, known)
        else:
            self._write()
        # A record of its own for each test: they change it.
        found: Record = type(self._made)._base_manager.get(pk=self._made.pk)
        return found

    @staticmethod
    def _models() -> list[type[Any]]:
        return [
            model
            for model in apps.get_models(include_auto_created=True)
            if model._meta.managed and not model._meta.proxy and model is not StockTally  # triggers write it
        ]

    @staticmethod
    def _keys(model: type[Any]) -> set[Any]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {_quote(model._meta.pk.column)} FROM {_quote(model._meta.db_table)}")
            return {key for (key,) in cursor.fetchall()}

    def _keep(self, model: type[Any], known: set[Any]) -> None:
        columns = [field.column for field in model._meta.local_concrete_fields if not field.generated]
        place = columns.index(model._meta.pk.column)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(map(_quote, columns))} FROM {_quote(model._meta.db_table)}")
            rows = [row for row in cursor.fetchall() if row[place] not in known]
        if rows:
            self._rows[model] = columns, rows

    def _write(self) -> None:
        """Foreign keys are looked at when the transaction ends, so the order of the tables makes no difference."""
        with transaction.atomic(), connection.cursor() as cursor:
            for model, (columns, rows) in self._rows.items():
                names, marks = ", ".join(map(_quote, columns)), ", ".join(["%s"] * len(columns))
                table = _quote(model._meta.db_table)
                cursor.executemany(
                    f"INSERT INTO {table} ({names}) VALUES ({marks})",
                    [tuple(_adapted(value) for value in row) for row in rows],
                )
            for statement in connection.ops.sequence_reset_sql(no_style(), list(self._rows)):
                cursor.execute(statement)


def _adapted(value: Any) -> Any:
    """What was read as a document (PostgreSQL's JSON) is written as one."""
    if isinstance(value, list | dict) and connection.vendor == "postgresql":
        return connection.ops.adapt_json_value(value, None)
    return value


def _quote(name: str) -> str:
    return connection.ops.quote_name(name)
